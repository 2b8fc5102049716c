"""Names of lake tables: `raw/civil_affairs/MARRIAGE_REG` ↔ a folder below the lake's root, and never outside it."""

from __future__ import annotations

import re
from pathlib import Path

from schemas.errors import LakeError

# One folder name has at most 255 bytes on the file systems we know; an escaped byte takes three.
LONGEST_PART = 240
PLAIN = re.compile(r"[A-Za-z0-9_-]")
ESCAPED = re.compile(r"\+([0-9a-f]{2})")


def escape_part(part: str) -> str:
    """Return one path part as a folder name made of letters, digits, `_`, `-` and `+xx` escapes of UTF-8 bytes.

    Dots and slashes are always escaped, so no part can mean "the parent folder"; a leading `_` is escaped because
    Delta readers hide such folders. Raises `LakeError` for an empty or an overlong part.
    """
    if not part:
        raise LakeError("湖表名有空段 a lake table name has an empty part")
    folder = "".join(
        character if PLAIN.match(character) and not (position == 0 and character == "_") else _escape(character)
        for position, character in enumerate(part)
    )
    if len(folder) > LONGEST_PART:
        raise LakeError(f"湖表名过长 a part of a lake table name is too long: {part[:40]}…")
    return folder


def unescape_part(folder: str) -> str:
    """Return the path part that `escape_part` turned into `folder`."""
    raw = ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), folder)
    return raw.encode("latin-1").decode("utf-8")


def table_folder(root: Path, name: str) -> Path:
    """Return the folder of table `name` below `root`. Raises `LakeError` for a name that is not parts joined by `/`."""
    return root.joinpath(*(escape_part(part) for part in name.split("/")))


def table_name(root: Path, folder: Path) -> str:
    """Return the name of the table whose folder this is: the inverse of `table_folder`."""
    return "/".join(unescape_part(part) for part in folder.relative_to(root).parts)


def _escape(character: str) -> str:
    return "".join(f"+{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
