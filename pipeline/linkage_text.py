"""What linking plain files came to, and one pair of them explained, for a person to read."""

from __future__ import annotations

from typing import Any

from matching.explanation_words import REASON_WORDS, level_word
from pipeline.text_table import text_table

_DECISIONS = (
    ("link", "已关联 link"), ("review", "待人工 review"), ("new", "新 new"), ("insufficient", "信息不足 insufficient"),
)  # fmt: skip

_ORDERS = {"month_first": "按月/日/年读 read as month/day/year", "day_first": "按日/月/年读 read as day/month/year"}
_PAIRS = (("joined_pairs", "合并的对 pairs joined"), ("review", "待人工 for review"), ("refused", "拒绝 refused"))


def linkage_summary_text(told: dict[str, Any]) -> str:
    """Return the summary of `match_files` or `dedupe_file`."""
    facts = told["facts"]
    lines = [_file_line(one) for one in told["files"]]
    lines += [f"  注意 note: {note}" for one in told["files"] for note in _notes(one)]
    if facts.get("empty_side"):
        lines.append("一边没有数据行，全部判为新 one side has no rows: there is nothing to link")
    if facts.get("one_row"):
        lines.append("不足两行，无可比较 fewer than two rows: nothing to compare")
    if by_rule := facts.get("candidates_by_rule"):
        rows = [[name, f"{count:,}"] for name, count in by_rule.items()]
        rows.append(["合计 all", f"{facts['candidates']:,}"])
        lines += ["", text_table([["分块规则 block rule", "候选对 pairs"], *rows])]
    if any(facts.get("crowded_keys") or ()):
        lines.append(f"过大的块 crowded keys set apart: {sum(facts['crowded_keys']):,}")
    if told["model"]:
        report = told["model"]["report"]
        source = f"{report.get('labels', 0):,} 个标签 labels ({report.get('label_source', 'none')})"
        lines.append(f"模型 model {told['model']['version']}: {source}")
    lines.append("")
    counted = [f"{word} {facts[name]:,}" for name, word in _DECISIONS if name in facts]
    if "clusters" in facts:
        counted = [f"类 clusters {facts['clusters']:,}"]
        counted += [f"{word} {facts[name]:,}" for name, word in _PAIRS if name in facts]
    lines.append("  ".join(counted) or "无 nothing")
    if told["out"]:
        lines.append(f"结果 written to: {told['out']}")
    return "\n".join(lines)


def plan_text(told: dict[str, Any]) -> str:
    """Return the plan of `plan_files`: what the specification does, and what each rule makes of these files."""
    lines = [_file_line(one) for one in told["files"]]
    lines += [f"  注意 note: {note}" for one in told["files"] for note in _notes(one)]
    return "\n".join([*lines, "", *told["words"], "", *rule_lines(told["rules"])])


def city_plan_text(told: dict[str, Any]) -> str:
    """Return the plan of `link_plan`, one kind of party after another."""
    lines = []
    for entity, one in told.items():
        lines += [f"── {entity}", *one["words"], ""]
        lines.append(f"待比对 to compare {one['records']:,} 条 records，登记 register {one['base']:,} 行 rows")
        lines += rule_lines(one["rules"]) if one["rules"] else []
    return "\n".join(lines)


def rule_lines(rules: list[dict[str, Any]]) -> list[str]:
    """Return the table of block rules with their candidate pairs, and a line a crowded key."""
    head = ["分块规则 block rule", "候选对 pairs", "过大的键 crowded keys", "加字段后 narrowed to"]
    counts = ("pairs", "crowded_keys", "narrowed")
    lines = [text_table([head, *([one["rule"], *(f"{one[name]:,}" for name in counts)] for one in rules)])]
    for rule in rules:
        for key in rule["crowded"]:
            named = ", ".join(f"{field} {value}" for field, value in zip(key["fields"], key["values"], strict=True))
            lines.append(f"  {rule['rule']}: {named} 单独就有 alone makes {key['pairs']:,} 对 pairs")
    return lines


def _file_line(one: dict[str, Any]) -> str:
    return f"{one['file']}: {one['rows']:,} 行 rows"


def _notes(one: dict[str, Any]) -> list[str]:
    notes = []
    if one["ragged"]:
        notes.append(f"{one['file']}: {one['ragged']:,} 行列数不符，未读 lines do not fit the header, left out")
    if one["empty_fields"]:
        notes.append(f"{one['file']}: 全空的字段 fields without any value: {', '.join(one['empty_fields'])}")
    notes += [f"{one['file']}: {note}" for note in one["notes"]]
    notes += [f"{one['file']}: {name} {_ORDERS[order]}" for name, order in one["day_orders"].items()]
    notes += [
        f"{one['file']}: {name} 有 {count:,} 个值不合其类，视为缺失 values are none of their kind: missing"
        for name, count in one["refused"].items()
    ]
    return notes


def pair_text(told: dict[str, Any]) -> str:
    """Return one pair explained: a line a field with both values (masked), its bits, and the running sum as bars."""
    rows, running = [], 0.0
    for part in told["parts"]:
        running += part["bits"]
        level = level_word(part["level"])
        rows.append([
            part["name"], part.get("left", ""), part.get("right", ""), level, f"{part['bits']:+.1f}",
            f"{running:+.1f}", ("█" if part["bits"] > 0 else "░") * round(min(abs(part["bits"]), 30)),
        ])  # fmt: skip
    head = ["字段 field", "左 left", "右 right", "程度 level", "比特 bits", "累计 sum", ""]
    lines = [text_table([head, *rows])]
    rules = ", ".join(told["rules"]) or "无：从不比较这一对 none: this pair is never compared"
    lines.append(f"合计 weight {told['weight']:+.1f} 比特 bits；候选规则 block rules: {rules}")
    if told["kept"]:
        kept = told["kept"]
        reason = REASON_WORDS.get(kept["reason"], kept["reason"])
        lines.append(f"决定 decided: {kept['decision']}，概率 probability {kept['probability']:.6f}：{reason}")
    return "\n".join(lines)
