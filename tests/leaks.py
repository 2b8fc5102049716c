"""Looking for people in what was written: names, numbers, phones and addresses, in files of every kind, unpacked."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path


def leaks(secrets: Iterable[str], folder: Path) -> list[tuple[str, str]]:
    """Return (secret, file) for every secret that stands in a file below the folder, as UTF-8 or escaped as in JSON."""
    wanted = {form: secret for secret in secrets for form in forms(secret)}
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            for name, data in unpacked(path):
                found += [(secret, name) for form, secret in wanted.items() if form in data]
    return found


def forms(secret: str) -> set[bytes]:
    escaped = secret.encode("ascii", "backslashreplace")
    return {secret.encode(), escaped, secret.encode("gb18030")}


def unpacked(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the bytes of a file; of a workbook or archive those of every member."""
    data = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield f"{path}!{name}", archive.read(name)
    yield str(path), data
