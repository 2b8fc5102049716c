"""What the doctor looks at on the machine: Python, libraries, the home folder, disk, clock and the city key."""

from __future__ import annotations

import importlib.metadata
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pipeline.examination import Examined, bad, warn, well
from pipeline.settings import Settings
from schemas.errors import CityhubError
from warehouse.keys import CityKey, has_data

OLDEST, NEWEST = (3, 11), (3, 13)
LOW_BYTES, LEAST_BYTES = 20 * 2**30, 2 * 2**30  # a version's staging and its swap need room beside the last one
EARLIEST_YEAR = 2025  # a clock before the product itself has lost its battery


def python() -> Examined:
    """Whether this is a Python the locks were resolved for."""
    have = ".".join(str(part) for part in sys.version_info[:3])
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return well("Python", have)
    return bad("Python", f"{have}; 需要 needed 3.11–3.13", "make install PYTHON=python3.11")


def libraries() -> Iterator[Examined]:
    """Whether each library the product calls is installed in a version it was built for."""
    from packaging.requirements import Requirement

    try:
        lines = importlib.metadata.requires("cityhub") or []
    except importlib.metadata.PackageNotFoundError:
        yield warn("库 libraries", "未安装为包 cityhub is not installed as a package", "make install")
        return
    wanted = [Requirement(line) for line in lines if "extra ==" not in line]
    wrong = []
    for one in wanted:
        try:
            have = importlib.metadata.version(one.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{one.name} 缺失 missing")
            continue
        if not one.specifier.contains(have, prereleases=True):
            wrong.append(f"{one.name} {have}, 需要 needed {one.specifier}")
    if wrong:
        yield bad("库 libraries", "; ".join(wrong), "make install")
    else:
        yield well("库 libraries", f"{len(wanted)} 个版本相符 as needed")


def home(settings: Settings) -> Examined:
    """Whether the home folder can be written, or made."""
    place = _standing(settings.home)
    if not place.is_dir():
        return bad("目录 home", "不是文件夹 not a folder", f"改正 mend CITYHUB_HOME: {place}")
    try:
        with tempfile.TemporaryDirectory(dir=place):  # a mode may allow what the file system does not
            return well("目录 home", "可写 writable")
    except OSError:
        return bad("目录 home", "不可写 not writable", f"检查属主和权限 check owner and mode: {place}")


def disk(settings: Settings) -> Examined:
    """How much room is left where the hub lives."""
    free = shutil.disk_usage(_standing(settings.home)).free
    text = f"剩余 free {free / 2**30:,.1f} GB"
    if free < LEAST_BYTES:
        return bad("磁盘 disk", text, "腾出空间 make room: below 2 GB a version may not be finished")
    if free < LOW_BYTES:
        return warn("磁盘 disk", text, "尽快扩容 make room soon: less than 20 GB")
    return well("磁盘 disk", text)


def clock(settings: Settings) -> Examined:
    """Whether the machine's clock can be right at all; the ledger is asked about the rest."""
    now = datetime.now(UTC)
    if now.year < EARLIEST_YEAR:
        return bad("时钟 clock", f"{now:%Y-%m-%d %H:%M}Z", "校时 set the clock (NTP)")
    return well("时钟 clock", f"{now:%Y-%m-%d %H:%M}Z")


def key(settings: Settings) -> Examined:
    """Whether the city key is there, is this lake's, and is nobody else's to read. Never makes one."""
    file, lake = settings.home / "city.key", settings.home / "lake"
    name = "城市密钥 city key"
    if settings.city_key is None and not file.exists():
        if has_data(lake):
            return bad(
                name, "缺失，湖已有数据 missing, and the lake has data", "恢复 restore city.key 或 CITYHUB_CITY_KEY"
            )
        return well(name, "首次运行时生成 made at the first run")
    if settings.city_key is None and (mode := stat.S_IMODE(file.stat().st_mode)) & 0o077:
        return bad(name, f"权限过宽 mode {mode:04o}", f"chmod 600 {file}")
    if not lake.exists():
        return well(name, "有，湖未建 present, no lake yet")
    try:
        found = CityKey.open(file, lake, settings.city_key)
    except CityhubError as error:
        return bad(name, error.message, error.next_step)
    where = "环境变量 environment" if settings.city_key else "文件 file, mode 0600"
    return well(name, f"{where}, 指纹 fingerprint {found.fingerprint}")


def _standing(place: Path) -> Path:
    """Return the folder itself, or the nearest one above it that exists."""
    while not place.exists() and place != place.parent:
        place = place.parent
    return place
