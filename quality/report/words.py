"""The words of the report, Chinese first: dimensions, severities, states, decisions, changes."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.standard import Text

DIMENSIONS: Mapping[str, Text] = {
    "conformity": Text("规范性", "conformity"),
    "completeness": Text("完整性", "completeness"),
    "accuracy": Text("准确性", "accuracy"),
    "consistency": Text("一致性", "consistency"),
    "timeliness": Text("时效性", "timeliness"),
    "accessibility": Text("可访问性", "accessibility"),
}
SEVERITIES: Mapping[str, Text] = {
    "critical": Text("关键", "critical"),
    "major": Text("重要", "major"),
    "minor": Text("一般", "minor"),
}
STATES: Mapping[str, Text] = {
    "failed": Text("超出容忍度", "failed"),
    "passed": Text("合格", "passed"),
    "not_tested": Text("未测", "not tested"),
    "error": Text("规则出错", "rule error"),
}
DECISIONS: Mapping[str, Text] = {
    "link": Text("自动归并", "automatic"),
    "new": Text("新建主体", "new entity"),
    "review": Text("人工复核", "review"),
    "insufficient": Text("依据不足", "insufficient"),
    "refused": Text("源头拒收", "refused"),
}
CHANGES: Mapping[str, Text] = {
    "new": Text("新出现", "new"),
    "persisting": Text("仍存在", "persisting"),
    "returned": Text("又出现", "returned"),
    "mended": Text("已改正", "mended"),
}
EVIDENCE: Mapping[str, Text] = {
    "deterministic": Text("证件号相同", "the same number"),
    "probabilistic": Text("多项比对", "several fields compared"),
    "steward": Text("人工判定", "a person's judgement"),
    "register": Text("底册本身", "the register itself"),
    "anchored_identifier": Text("号码在底册", "the number stands in the register"),
    "provisional_identifier": Text("底册外同号", "one number the register does not know"),
    "none": Text("无可用依据", "no evidence"),
    "former_identifier": Text("曾用号码", "a former number"),
    "person": Text("人工判定", "a person's judgement"),
}
FLOW: Mapping[str, Text] = {
    "extracted": Text("抽取行", "rows extracted"),
    "rejected": Text("整行拒收", "rows rejected"),
    "identical": Text("未变或重复", "unchanged, copies"),
    "superseded": Text("被后行取代", "superseded"),
    "deleted": Text("删除标记", "delete markers"),
    "standardised": Text("标准化行", "standardised"),
    "emitted": Text("产生陈述", "statements"),
    "quarantined": Text("隔离", "quarantined"),
    "held": Text("暂挂", "held"),
    "accepted": Text("接受陈述", "accepted"),
    "standing": Text("现有记录", "records standing"),
    "link": Text("归并到主体", "linked"),
}


def word(table: Mapping[str, Text], key: str) -> Text:
    """Return the word for a key; a key from a later edition stands for itself."""
    return table.get(key, Text(key.replace("_", " "), key.replace("_", " ")))


def evidence_words(evidence: str) -> Text:
    """Return a class of evidence ("deterministic/anchored_identifier") in both languages."""
    parts = [word(EVIDENCE, part) for part in evidence.split("/") if part]
    shown = parts[-1:] if len(parts) == 2 and evidence.split("/")[1] in EVIDENCE else parts
    return Text(" · ".join(part.zh for part in shown), " · ".join(part.en for part in shown))
