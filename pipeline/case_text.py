"""The work list of stewards, and one case with its records side by side, for a person to read."""

from __future__ import annotations

from typing import Any

from matching.explanation_words import short_reason
from pipeline.text_table import text_table


def cases_text(result: dict[str, Any]) -> str:
    """Return the work list, or the cases that rest with who put them off, when and why."""
    head = ["待办 case", "类 entity", "种 kind", "优先 priority", "记录 records", "事实 facts", "原因 reason"]
    keys = ("id", "entity", "kind", "priority", "records", "facts")
    rows = [[*(str(case[key]) for key in keys), short_reason(case["reason"])] for case in result["cases"]]
    if any("rests" in case for case in result["cases"]):
        head += ["存疑 put off by", "于 at", "依据 why"]
        rests = [case["rests"] for case in result["cases"]]
        rows = [[*row, one["who"], _moment(one["at"]), one["why"]] for row, one in zip(rows, rests, strict=True)]
    ending = (
        f"待办 open {result['open']:,}，已判待下次关联 decided, obeyed by the next run {result['decided']:,}，"
        f"存疑 unsure {result['unsure']:,}"
    )
    if result["unsure"]:
        ending += " ▸ cityhub cases --unsure"
    return text_table([head, *rows]) + "\n" + ending


def case_text(result: dict[str, Any]) -> str:
    """Return one case: the question, why it is asked, who put it off if it rests, and its records side by side."""
    lines = [f"{result['id']}  {result['question']}？  优先 priority {result['priority']}"]
    if result["reason"]:
        lines.append(f"原因 reason  {result['reason_words']}")
    if rests := result.get("rests"):
        numbers = ", ".join(map(str, rests["judgements"]))
        by = f"第 {numbers} 号判定 judgement {numbers}"
        lines.append(f"存疑搁置 it rests  {rests['who']} {_moment(rests['at'])}: {rests['why']}（{by}）")
    if result["judgements"]:
        lines.append("判定 judgements: " + ", ".join(map(str, result["judgements"])))
    for row in result["records_shown"]:
        mark = "主体 entity" if row["of_entity"] else "记录 record"
        lines.append(f"{mark}  {row['record']}  {row['department']}.{row['table']}")
        told = (name for name in row if name not in ("record", "of_entity", "department", "table"))
        lines.append("    " + "  ".join(f"{name}={row[name]}" for name in told))
    if result["kind"] not in ("contradiction", "apart"):
        lines.append(f"判定 decide: cityhub judge same|not-same|unsure {result['id']} --who 经办人 --why 依据")
    return "\n".join(lines)


def _moment(at: Any) -> str:
    return f"{str(at)[:16]}Z" if at else ""
