"""What the doctor looks at in the hub: ledger, lake, dataset, staging, moments, and every department's source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as parquet

from connectors.opening import open_source
from connectors.source import ReadSettings
from pipeline.events import redact
from pipeline.evidence import EVIDENCE, load_model
from pipeline.examination import Examined, bad, warn, well
from pipeline.hub import Hub, open_hub
from pipeline.next_steps import VERSION_STEPS
from pipeline.settings import Settings
from schemas.city import City
from schemas.contract import Contract
from schemas.errors import CityhubError, ModelError, Transient
from warehouse.database import Database

PATIENCE = ReadSettings(connect_seconds=5, lock_seconds=5, statement_seconds=20)
FUTURE = timedelta(minutes=5)  # two machines' clocks may differ by this much


def examine_hub(settings: Settings, city: City) -> Iterator[Examined]:
    """Yield the checks of a hub that has been run before; only the ledger when that is not sound."""
    ledger = _ledger(settings)
    yield ledger
    if ledger.verdict == "bad":
        return
    try:
        with open_hub(settings) as hub:
            yield from (_lake(hub), _published(hub), *_models(hub), _unfinished(hub), _staging(hub), _moments(hub))
            for contract in city.contracts.values():
                yield _source(hub, contract)
    except CityhubError as error:
        yield bad("枢纽 hub", redact(error.message), error.next_step)


def _ledger(settings: Settings) -> Examined:
    name = "台账 ledger"
    if settings.database_url.startswith("sqlite:///") and not Path(settings.database_url[10:]).exists():
        return warn(name, "尚未建立 not made yet", "cityhub run")
    try:
        database = Database(settings.database_url)
        try:
            have, newest = database.revisions()
        finally:
            database.close()
    except CityhubError as error:
        return bad(name, redact(error.message), error.next_step or "检查数据库 check the hub database")
    if have != newest:
        # any command that opens the hub migrates it
        return warn(name, f"结构 schema {have or '—'} → {newest}", "cityhub status 会自动升级 brings it up to date")
    return well(name, f"可达 reachable, 结构 schema {have}")


def _lake(hub: Hub) -> Examined:
    broken: list[str] = []
    tables = hub.lake.tables()
    for name in tables:
        try:
            for path in hub.lake.files(name):
                parquet.read_metadata(path.removeprefix("file://"))
        except (CityhubError, OSError, pa.ArrowException) as error:
            broken.append(f"{name} ({type(error).__name__})")
    if broken:
        return bad(
            "数据湖 lake",
            f"{len(broken)} 张表打不开 tables do not open: {', '.join(broken[:5])}",
            "从备份恢复 restore them from the backup",
        )
    return well("数据湖 lake", f"{len(tables)} 张表可读 tables open")


def _published(hub: Hub) -> Examined:
    name, version = "数据集 dataset", hub.ledger.published_version()
    if version is None:
        return warn(name, "尚未发布 nothing published yet", "cityhub run")
    current = hub.published.current()
    if current != version.number:
        return bad(
            name, f"文件 files {current}, 台账 ledger {version.number}", "cityhub publish 会补齐 brings the files up"
        )
    damaged = hub.published.damaged()
    if damaged:
        return bad(
            name,
            f"{len(damaged)} 个文件缺失或校验不符 files missing or altered",
            "从备份恢复后 restore from the backup, cityhub publish",
        )
    return well(name, f"版本 version {version.number}，校验相符 checksums hold")


def _models(hub: Hub) -> Iterator[Examined]:
    """Yield how the models are that the published links were made by: without them nothing is linked or resolved."""
    name, published = "关联模型 linkage models", hub.ledger.published_version()
    names = dict(published.counts.get(EVIDENCE, {})) if published else {}
    sound = []
    for entity, version in names.items():
        try:
            sound.append(load_model(hub, entity, version).version)
        except ModelError as error:
            yield bad(f"{name} {entity}", redact(error.message), error.next_step)
    if len(sound) == len(names):
        yield well(name, f"{len(sound)} 个相符 as published")


def _unfinished(hub: Hub) -> Examined:
    version = hub.ledger.unfinished_version()
    if version is None:
        return well("未完成版本 unfinished version", "无 none")
    return warn(
        "未完成版本 unfinished version",
        f"{version.number} ({version.state}, {version.opened_at:%Y-%m-%d %H:%M}Z)",
        f"若无运行中的任务 if nothing is running: {VERSION_STEPS[version.state]}",
    )


def _staging(hub: Hub) -> Examined:
    """A folder is an orphan when its batch or version is settled, or unknown."""
    batches = {one.id for one in hub.ledger.batches(("opening", "landed", "standardised", "held"))}
    version = hub.ledger.unfinished_version()
    living = {hub.work / "batches" / str(number) for number in batches}
    living |= {hub.work / "versions" / str(version.number)} if version else set()
    folders = [path for kind in ("batches", "versions") for path in (hub.work / kind).glob("*") if path.is_dir()]
    orphans = [path for path in folders if path not in living]
    if orphans:
        return warn(
            "暂存 staging",
            f"遗留目录 left behind: {', '.join(f'{one.parent.name}/{one.name}' for one in orphans[:5])}",
            f"确认无运行后删除 when nothing runs, remove them below {hub.work}",
        )
    return well("暂存 staging", f"{len(folders)} 个目录在用 folders in use")


def _moments(hub: Hub) -> Examined:
    now = hub.clock()
    landed = max((one.landed_at for one in hub.ledger.batches() if one.landed_at), default=None)
    if landed is None:
        return well("时序 moments", "尚无批次 no batch yet")
    if landed > now + FUTURE:
        ahead = landed - now
        return bad(
            "时序 moments",
            f"最新批次在未来 the newest batch is {ahead} ahead",
            "校时 set the clock (NTP)",
        )
    return well("时序 moments", f"最新批次 newest batch {landed.astimezone(UTC):%Y-%m-%d %H:%M}Z")


def _source(hub: Hub, contract: Contract) -> Examined:
    name = f"数据源 source {contract.department}"
    try:
        source = open_source(contract, hub.connection_url(contract.connection), PATIENCE)
        try:
            shapes = source.describe()
        finally:
            source.close()
    except CityhubError as error:
        verdict = warn if isinstance(error, Transient) and _outside(hub, contract) else bad
        return verdict(name, redact(error.message), error.next_step)
    missing = [table.name for table in contract.tables if table.name not in shapes]
    if missing:
        return bad(
            name, f"缺表 tables missing: {', '.join(missing)}", "与部门核对后修改契约 agree, then edit the contract"
        )
    return well(name, f"{len(shapes)} 张表可达 tables reachable")


def _outside(hub: Hub, contract: Contract) -> bool:
    """Whether the department does not promise to answer at this hour."""
    window = contract.schedule.window
    if not window:
        return False
    opens, closes = window.split("-")
    now = hub.clock().astimezone(ZoneInfo(hub.city.timezone)).strftime("%H:%M")
    inside = opens <= now <= closes if opens < closes else now >= opens or now <= closes
    return not inside
