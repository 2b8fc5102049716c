"""Guards before a workbook is unpacked: is it a workbook at all, and does it stay within bounds when it grows.

The bounds are checked in the zip directory before anything is read. A directory that lies is caught while reading:
`zipfile` hands out no more bytes than the directory admits and then compares the checksum.
"""

from __future__ import annotations

import zipfile
from typing import BinaryIO

from connectors.failures import Damage
from connectors.source import ReadSettings

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PARTS = 10_000
_SMALL = 8 * 2**20  # a part this size is harmless whatever its ratio
_STRINGS = 512 * 2**20  # shared strings are held in memory whole


def check_workbook(file: BinaryIO, settings: ReadSettings) -> None:
    """Raise `Damage`, with the way out, for what is no .xlsx or would unpack beyond the settings' bounds."""
    file.seek(0)
    start = file.read(8)
    if start == _OLE:
        raise _old_or_locked(file)
    if not start:
        raise Damage("文件是空的 the file is empty")
    if not start.startswith(b"PK"):
        raise Damage(
            "不是 .xlsx 文件（内容是别的格式） not an .xlsx file: its content is of another format",
            "请用 Excel 另存为 .xlsx，或在契约中写 format: csv have it saved as .xlsx, or set `format: csv`",
        )
    try:
        with zipfile.ZipFile(file) as archive:
            _within_bounds(archive, settings)
            _no_entities(archive)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError):
        raise broken() from None
    file.seek(0)


def broken() -> Damage:
    """Return the damage of a zip that cannot be read through."""
    return Damage(
        "工作簿损坏或不完整 the workbook is corrupt or cut off",
        "请部门重新上传该文件 have the department send the file again",
    )


def _old_or_locked(file: BinaryIO) -> Damage:
    file.seek(0)
    if _ENCRYPTED in file.read(16 * 2**20):
        return Damage(
            "工作簿有打开密码 the workbook is protected by a password",
            "请部门去掉打开密码后重新上传 have the department remove the password and send it again",
        )
    return Damage(
        "旧版 .xls 文件 an old .xls file",
        "在契约中写 format: xls，或另存为 .xlsx set `format: xls`, or have it saved as .xlsx",
    )


def _within_bounds(archive: zipfile.ZipFile, settings: ReadSettings) -> None:
    parts = archive.infolist()
    total = sum(part.file_size for part in parts)
    packed = max(sum(part.compress_size for part in parts), 1)
    way_out = "若确属正常，请改交 CSV if it is genuine, have it sent as CSV"
    if len(parts) > _PARTS:
        raise Damage(f"压缩包内有 {len(parts)} 个部件 the workbook has {len(parts)} parts", way_out)
    if total > settings.archive_bytes:
        raise Damage(
            f"解压后有 {total / 2**20:,.0f} MB，上限 {settings.archive_bytes / 2**20:,.0f} MB it would unpack to more "
            "than is allowed (an archive bomb?)",
            way_out,
        )
    if total > _SMALL and total / packed > settings.archive_ratio:
        raise Damage(f"压缩比 {total // packed}:1 过高 it would unpack {total // packed} times its size", way_out)
    for part in parts:
        if part.filename.endswith("sharedStrings.xml") and part.file_size > _STRINGS:
            raise Damage("文字表过大 its table of texts is too large", way_out)


def _no_entities(archive: zipfile.ZipFile) -> None:
    # office programs never write a document type; an entity bomb needs one
    for part in archive.infolist():
        if part.filename.endswith((".xml", ".rels")):
            with archive.open(part) as file:
                if b"<!DOCTYPE" in file.read(2_048):
                    raise Damage("工作簿含有实体定义 the workbook's XML defines entities", "")
