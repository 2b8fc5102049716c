"""Looking for people in what was written: names, numbers, phones and addresses, in files of every kind, unpacked."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

_RUN = re.compile(rb"[0-9]{10,}[0-9Xx]?")


def leaks(secrets: Iterable[str], folder: Path) -> list[tuple[str, str]]:
    """Return (secret, file) for every secret that stands in a file below the folder, as UTF-8 or escaped as in JSON."""
    wanted = {form: secret for secret in secrets for form in forms(secret)}
    # Thousands of numbers are looked up among the runs of digits; only words are searched for one by one.
    numbers = {form: secret for form, secret in wanted.items() if _RUN.fullmatch(form)}
    words = {form: secret for form, secret in wanted.items() if form not in numbers}
    lengths = {len(form) for form in numbers}
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            for name, data in unpacked(path):
                pieces = {
                    run[start : start + length]
                    for run in set(_RUN.findall(data))
                    for length in lengths
                    for start in range(len(run) - length + 1)
                }
                found += [(numbers[piece], name) for piece in sorted(pieces & numbers.keys())]
                found += [(secret, name) for form, secret in words.items() if form in data]
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
