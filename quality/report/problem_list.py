"""A department's own list of problems: its keys, the rule, the reason, the masked value, and by when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from quality.report.words import CHANGES, SEVERITIES
from quality.workbook import Cell, Sheet, csv_bytes, workbook_bytes
from schemas.reason_sentences import SENTENCES
from schemas.reasons import Reason

YES = "是 yes"
HEADS: tuple[tuple[str, int], ...] = (
    ("主键 source key", 26), ("表 table", 18), ("列 column", 22), ("规则 rule", 42), ("原因 reason", 34),
    ("内容（已遮蔽） masked value", 24), ("级别 severity", 14), ("状态 state", 16), ("首次发现 first seen", 14),
    ("期限 due", 14), ("逾期 overdue", 12), ("豁免 waived", 10), ("次数 times", 8), ("规则代码 rule id", 34),
    ("指纹 fingerprint", 36),
)  # fmt: skip


def rows_of(problems: list[Mapping[str, Any]], rules: Mapping[str, Any], day: date) -> Iterator[list[Cell]]:
    """Yield one line a problem that stands, in the order given; `rules` are those of the report's body."""
    for one in problems:
        overdue = one["due"] < day and not one["waived"]
        told = rules.get(one["rule"], {"zh": one["rule"], "en": ""})
        yield [
            one["source_key"] or f"第 {one['row_number']} 行 row", one["source_table"], one["column"],
            f"{told['zh']} {told['en']}".strip(), _reason(one["reason"]), one["masked"],
            _both(SEVERITIES[one["severity"]]), _both(CHANGES[one["change"]]), one["first_on"].isoformat(),
            "" if one["waived"] else one["due"].isoformat(), YES if overdue else "", YES if one["waived"] else "",
            one["times"], one["rule"], one["fingerprint"],
        ]  # fmt: skip


def problem_csv(rows: list[list[Cell]]) -> bytes:
    """Return the list as CSV."""
    return csv_bytes([head for head, _ in HEADS], rows)


def problem_workbook(label: str, period: str, rows: list[list[Cell]]) -> bytes:
    """Return the list as XLSX."""
    return workbook_bytes(f"{label} {period}", [Sheet("问题清单 problems", HEADS, rows)])


def _both(text: Any) -> str:
    return f"{text.zh} {text.en}"


def _reason(code: str) -> str:
    try:
        found = SENTENCES[Reason(code)]
    except ValueError:
        return ""  # the rule's own sentence says it
    return f"{found.zh} {found.en}"
