"""Every error the house raises, as one tree.

CityhubError
├── ConfigurationError        a mistake in a YAML file (Terminal)
├── SourceError               a department's source
│   ├── SourceUnreachable     down, refused connection, timed out (Transient)
│   ├── SourceBusy            locked, too many connections (Transient)
│   ├── SourceRefused         wrong password, no permission (Terminal)
│   ├── SourceDrift           a table or column is missing or new (Terminal)
│   └── SourceDamaged         wrong encoding, truncated file, archive bomb (Terminal)
├── LakeError                 (Terminal unless said)
│   ├── LakeKeyMissing        a lake without the city key that made its ids (Terminal)
│   └── LakeConflict          another writer came first (Transient)
├── LedgerError               (Terminal unless said)
│   ├── LedgerBusy            the hub database is locked (Transient)
│   ├── FenceLost             a newer run took over; this one must write nothing (Terminal)
│   ├── JudgementRefused      it contradicts judgements that stand, or says nothing (Terminal)
│   └── Unbalanced            rows or statements went missing (Terminal)
├── GateError                 a rule of the gate could not be run: a fault of the rule, not of the data (Terminal)
├── EvidenceBroken            evidence or a report was altered, or cannot be proved (Terminal)
├── EngineError               a named SQL step failed (Terminal)
├── LinkageError              (Terminal)
│   ├── ModelError            a linkage model that is missing, of another format, or altered
│   ├── CrowdedBlock          a block rule with keys that too many rows share
│   ├── TooLittleToTrain      too few records to learn weights from
│   ├── UnusableIds           a column of ids that does not tell records apart
│   └── SpecificationChanged  links were made by another specification; nobody has accepted this one
├── UnknownEntity             no such hub id or number (Terminal)
└── PublishRefused            the audit of the staged version failed; the last good one stays (Terminal)

`Transient` and `Terminal` are separate bases: a DAG retries what is `Transient`, never what is `Terminal`. Facts are
attributes; the message ends with the next step. Messages carry table, column and rule names, counts and hub ids,
never a person's number, name or phone: whoever raises masks first.
"""

# ruff: noqa: N818 - an error is named after what happened, not "...Error"

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class Transient:
    """Trying again later may work."""


class Terminal:
    """Trying again changes nothing until a person acts."""


class CityhubError(Exception):
    """The root. `next_step` says what to do; it is part of the message."""

    next_step: str = ""

    def __init__(self, message: str, *, next_step: str = "") -> None:
        self.next_step = next_step or type(self).next_step
        self.message = message
        apart = "\n" if "\n" in message else " "  # a step behind the last line of a diff would be read as part of it
        super().__init__(f"{message}{apart}▸ 下一步 next: {self.next_step}" if self.next_step else message)

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive pickling between processes whatever the subclass's constructor takes."""
        return (_rebuild, (type(self), self.args, self.__dict__))


def _rebuild(kind: type[CityhubError], args: tuple[Any, ...], facts: dict[str, Any]) -> CityhubError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(facts)
    return error


class ConfigurationError(Terminal, CityhubError):
    """A mistake in a YAML file: `file`, `line` (from 1), `key` (dotted), `value`, what was `expected`, `nearest` word.

    Whoever finds a secret in a file passes "***" as `value`.
    """

    def __init__(
        self, file: Path | str, line: int, key: str, value: str, expected: str, nearest: str = ""
    ) -> None:
        self.file, self.line, self.key = Path(file), line, key
        self.value, self.expected, self.nearest = value, expected, nearest
        shown = value if len(value) <= 80 else value[:77] + "…"
        where = f"{self.file.name}:{line}" if line else self.file.name
        place = f"{where}: {key}: " if key else f"{where}: "
        hint = f"; 是否想写 did you mean {nearest!r}?" if nearest else ""
        step = f"改正 edit {self.file}:{line}" if line else f"改正 mend {key}"
        super().__init__(f"{place}{shown!r}: 应为 expected {expected}{hint}", next_step=step)


class SourceError(CityhubError):
    """Something about a department's source. `detail` names tables, columns and counts, never a person's values."""

    phrase = "数据源出错 source error"

    def __init__(self, department: str, connection: str, detail: str, *, next_step: str = "") -> None:
        self.department, self.connection, self.detail = department, connection, detail
        super().__init__(f"{department} ({connection}): {self.phrase}: {detail}", next_step=next_step)


class SourceUnreachable(Transient, SourceError):
    """The source does not answer."""

    phrase = "数据源连不上 source unreachable"
    next_step = "查网络和对方服务 check the network and the department's server; the run retries by itself"


class SourceBusy(Transient, SourceError):
    """The source answers, but is locked or has no connection to spare."""

    phrase = "数据源忙 source busy"
    next_step = "稍后自动重试 the run retries by itself"


class SourceRefused(Terminal, SourceError):
    """The source refuses us: wrong password or no permission."""

    phrase = "数据源拒绝访问 source refused access"
    next_step = "更新该连接的账号 renew the user or password of this connection"


class SourceDrift(Terminal, SourceError):
    """The source's tables or columns are not the contract's; `diff` has one line per difference (`- X`, `+ X`)."""

    phrase = "数据源结构变了 source drifted from its contract"
    next_step = "与部门核对后修改契约 agree with the department, then edit its contract"

    def __init__(self, department: str, connection: str, detail: str, *, diff: tuple[str, ...] = ()) -> None:
        self.diff = diff
        super().__init__(department, connection, detail + "".join(f"\n  {line}" for line in diff))


class SourceDamaged(Terminal, SourceError):
    """What the source holds cannot be read as text in rows."""

    phrase = "数据源内容损坏 source damaged"
    next_step = "请部门重新提供 ask the department for a sound copy"


class LakeError(CityhubError):
    """Something about the lake."""


class LakeKeyMissing(Terminal, LakeError):
    """The lake at `path` exists, but the city key that made its record ids does not."""

    next_step = "恢复 city.key 或设置 CITYHUB_CITY_KEY; restore city.key or set CITYHUB_CITY_KEY, never make a new one"

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        super().__init__(f"数据湖缺少密钥 the lake has lost its city key: {path}")


class LakeConflict(Transient, LakeError):
    """Another writer changed `table` first; nothing of ours was written."""

    next_step = "自动重试 the run retries by itself"

    def __init__(self, table: str, detail: str = "") -> None:
        self.table, self.detail = table, detail
        super().__init__(f"数据湖写冲突 another writer changed {table} first" + (f": {detail}" if detail else ""))


class LedgerError(CityhubError):
    """Something about the ledger of batches, watermarks, runs and versions."""


class LedgerBusy(Transient, LedgerError):
    """The hub database is locked by another process."""

    next_step = "自动重试 the run retries by itself"


class FenceLost(Terminal, LedgerError):
    """A newer run holds the fence `name`; `token` is ours, `current` is theirs. Nothing of ours was committed."""

    next_step = "无需处理 nothing to do: the newer run carries on"

    def __init__(self, name: str, token: int, current: int) -> None:
        self.name, self.token, self.current = name, token, current
        super().__init__(f"已被新的运行接管 a newer run holds {name} (ours {token}, theirs {current})")


class JudgementRefused(Terminal, LedgerError):
    """A judgement that cannot stand: `chain` are the numbers of the judgements it contradicts, or that stand in
    place of the one it takes back; none where it is empty. Nothing was written."""

    def __init__(self, why: str, chain: Sequence[int] = (), *, next_step: str = "") -> None:
        self.chain = tuple(chain)
        super().__init__(f"判定未采纳 the judgement was not taken: {why}", next_step=next_step)


class Unbalanced(Terminal, LedgerError):
    """The conservation law broke: `parts` should add up to `total` in `unit` (rows or statements) of `what`."""

    next_step = "停止发布并查该批次 nothing is published; look into this batch with: cityhub status"

    def __init__(self, what: str, unit: str, total: int, parts: Mapping[str, int]) -> None:
        self.what, self.unit, self.total, self.parts = what, unit, total, dict(parts)
        sums = " + ".join(f"{name} {count}" for name, count in self.parts.items())
        super().__init__(f"{what}: 账不平 {unit} do not balance: {total} ≠ {sums} (= {sum(self.parts.values())})")


class GateError(Terminal, CityhubError):
    """`rule` of the gate of `department`'s `table` raised instead of answering."""

    next_step = "修改规则 mend the rule; the batch stays held"

    def __init__(self, department: str, table: str, rule: str, detail: str) -> None:
        self.department, self.table, self.rule, self.detail = department, table, rule, detail
        super().__init__(f"{department} {table}: 规则出错 rule {rule} failed to run: {detail}")


class EvidenceBroken(Terminal, CityhubError):
    """What `subject` (a file, the ledger) says cannot be proved, for `faults`."""

    next_step = "找回未改动的原件 find the copy that was not altered; the anchors and the public key say which it is"

    def __init__(self, subject: str, faults: tuple[str, ...]) -> None:
        self.subject, self.faults = subject, faults
        super().__init__(f"{subject}: 证据不成立 the evidence does not hold: " + "; ".join(faults))


class EngineError(Terminal, CityhubError):
    """The named SQL step `step` failed."""

    def __init__(self, step: str, detail: str, *, next_step: str = "") -> None:
        self.step, self.detail = step, detail
        super().__init__(f"计算步骤失败 step {step} failed: {detail}", next_step=next_step)


class LinkageError(Terminal, CityhubError):
    """Linking cannot be done as asked."""


class ModelError(LinkageError):
    """The model file `name` cannot be used: `what` is wrong with it."""

    next_step = "重新训练 train the model again, or restore the file from the backup"

    def __init__(self, name: str, what: str, detail: str = "", *, next_step: str = "") -> None:
        self.name, self.what, self.detail = name, what, detail
        super().__init__(
            f"模型不可用 model {name} cannot be used: {what}{'; ' + detail if detail else ''}", next_step=next_step
        )


class CrowdedBlock(LinkageError):
    """Block rule `rule` has `keys` whose blocks hold more than `at_most` pairs, and the specification refuses them."""

    next_step = "给规则加一个字段，或写 skew: {else: split} add a field to the rule, or let skew split"

    def __init__(self, rule: str, keys: int, at_most: int) -> None:
        self.rule, self.keys, self.at_most = rule, keys, at_most
        super().__init__(f"分块过大 block rule {rule}: {keys} keys make more than {at_most} pairs each")


class TooLittleToTrain(LinkageError):
    """A side has fewer than `needed` rows (`rows`): no weight could be trusted."""

    next_step = "给出已训练的模型 give a model trained on more data"

    def __init__(self, rows: int, needed: int) -> None:
        self.rows, self.needed = rows, needed
        super().__init__(f"记录太少，无法训练 too few rows to train: {rows}, at least {needed}")


class UnusableIds(LinkageError):
    """The id `column` of `file` does not tell records apart: so many rows repeat another's, or have none."""

    next_step = "换一列作 id，或先去掉重复行 name another id column, or take out the repeated rows first"

    def __init__(self, file: str, column: str, *, repeated: int = 0, empty: int = 0) -> None:
        self.file, self.column, self.repeated, self.empty = file, column, repeated, empty
        told = [f"{repeated:,} 行重复 rows repeat another's"] if repeated else []
        told += [f"{empty:,} 行为空 rows are empty"] if empty else []
        super().__init__(f"id 列不能区分记录 {file}, column {column}: {', '.join(told)}")


class SpecificationChanged(LinkageError):
    """How `entities` are linked is not what the published links were made by, and nobody has accepted that."""

    next_step = (
        "看差异 look at the difference: cityhub link --difference；采纳 accept it: cityhub link --accept WHY --who NAME"
        "；或恢复原配置 or restore the old files"
    )

    def __init__(self, entities: Sequence[str], version: int) -> None:
        self.entities, self.version = tuple(entities), version
        named = ", ".join(entities)
        super().__init__(f"关联规格已变 the linkage specification of {named} differs from version {version}'s")


class UnknownEntity(Terminal, CityhubError):
    """No entity for `shown`: a hub id, or a number already masked."""

    next_step = "核对编号 check the id; cityhub show takes a hub id or a full number"

    def __init__(self, entity: str, shown: str) -> None:
        self.entity, self.shown = entity, shown
        super().__init__(f"库中无此号 no {entity} {shown}")


class PublishRefused(Terminal, CityhubError):
    """The staged version `commit` failed its audit for `reasons`; readers still see the last good version."""

    next_step = "查看原因后重新发布 look at the reasons, mend, then: cityhub publish"

    def __init__(self, commit: int, reasons: tuple[str, ...]) -> None:
        self.commit, self.reasons = commit, reasons
        super().__init__(f"版本 {commit} 未通过发布检查 version {commit} refused: " + "; ".join(reasons))
