"""The report as a workbook: grades, dimensions, every rule's counts, linkage, deadlines, waivers."""

from __future__ import annotations

from collections.abc import Iterator

from quality.linkage_quality import Stratum
from quality.report.document import DepartmentPage, Document
from quality.report.words import DECISIONS, DIMENSIONS, SEVERITIES, STATES, evidence_words, word
from quality.workbook import Cell, Sheet, workbook_bytes


def summary_workbook(one: Document) -> bytes:
    """Return the workbook; the same document gives the same bytes."""
    title = f"{one.body['city']['label']}数据质量报告 {one.body['period']}"
    return workbook_bytes(title, [_grades(one), _rules(one), _linkage(one), _deadlines(one), _flow(one), _waivers(one)])


def _pages(one: Document) -> list[DepartmentPage]:
    return [one.city, *one.departments]


def _grades(one: Document) -> Sheet:
    heads = [
        ("部门 department", 26), ("等级 grade", 8), ("得分 Q", 10), ("比上期 change", 10), ("目标 target", 10),
        *((f"{text.zh} {text.en}", 14) for text in DIMENSIONS.values()), ("覆盖率 coverage", 12), ("合格 passed", 10),
        ("超限 failed", 10), ("未测 not tested", 10), ("出错 error", 10), ("说明 reasons", 60),
    ]  # fmt: skip
    rows = [
        [
            page.label, page.scores["grade"] or "无 none", page.scores["q"], page.change, page.scores["target"],
            *(None if (d := page.scores["dimensions"][name]) is None else round(100 * d, 4) for name in DIMENSIONS),
            page.scores["coverage"], page.scores["passed"], page.scores["failed"], page.scores["not_tested"],
            page.scores["errors"], "; ".join(page.scores["reasons"]),
        ]
        for page in _pages(one)
    ]  # fmt: skip
    return Sheet("等级 grades", heads, rows)


def _rules(one: Document) -> Sheet:
    heads = [
        ("部门 department", 26), ("规则 rule", 44), ("rule", 44), ("规则代码 id", 34), ("维度 dimension", 16),
        ("级别 severity", 14), ("容忍度 tolerance", 10), ("检查 tested", 12), ("不合格 failed", 12),
        ("不合格率 share", 12),
        ("状态 state", 18), ("豁免 waived", 10), ("依据 basis", 34), ("规则错误 error", 30),
    ]  # fmt: skip
    return Sheet("规则 rules", heads, _rule_rows(one))


def _rule_rows(one: Document) -> Iterator[list[Cell]]:
    for page in one.rules:
        for line in page.departments:
            yield [
                line.label, line.facts["zh"], line.facts["en"], line.rule, DIMENSIONS[line.facts["dimension"]].zh,
                SEVERITIES[line.facts["severity"]].zh, line.tolerance, line.tested, line.failed, round(line.share, 6),
                f"{STATES[line.state].zh} {STATES[line.state].en}", "是 yes" if line.waived else "",
                line.facts["basis"], line.error,
            ]  # fmt: skip


def _linkage(one: Document) -> Sheet:
    heads = [
        ("主体 entity", 12), ("决定 decision", 18), ("依据 evidence", 44), ("记录 records", 12), ("同一 same", 10),
        ("非同一 different", 10), ("不确定 unsure", 10), ("比例 share", 10), ("下限 low", 10), ("上限 high", 10),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for name, facts in one.body["linkage"].items():
        for stratum in (Stratum(**told) for told in facts["strata"]):
            found, decision, evidence = (
                stratum.share_same,
                word(DECISIONS, stratum.decision),
                evidence_words(stratum.evidence),
            )
            estimate = (
                (round(found.value, 6), round(found.low, 6), round(found.high, 6)) if found else (None, None, None)
            )
            rows.append(
                [name, f"{decision.zh} {decision.en}", f"{evidence.zh} {evidence.en}", stratum.size, stratum.same,
                 stratum.different, stratum.unsure, *estimate]
            )  # fmt: skip
    return Sheet("归并 linkage", heads, rows)


def _deadlines(one: Document) -> Sheet:
    heads = [
        ("部门 department", 26), ("待改 open", 10), ("新 new", 10), ("仍在 persisting", 12), ("又出现 returned", 12),
        ("已改 mended", 10), ("逾期 overdue", 10), ("五日内 soon", 10), ("豁免 waived", 10), ("先做 first", 70),
    ]  # fmt: skip
    names = ("open", "new", "persisting", "returned", "mended", "overdue", "soon", "waived")
    rows = [
        [
            page.label, *(page.problems[name] for name in names),
            "；".join(f"{act.zh}（{act.count}，{act.due}）" for act in page.actions),
        ]
        for page in _pages(one)
    ]  # fmt: skip
    return Sheet("期限 deadlines", heads, rows)


def _flow(one: Document) -> Sheet:
    flow = one.body["flow"]
    heads = [("范围 scope", 26), ("单位 unit", 14), ("项 part", 20), ("数 count", 14)]
    rows: list[list[Cell]] = []
    for unit in ("rows", "statements", "records"):
        rows += [["全市 city", unit, part, count] for part, count in flow[unit].items()]
    rows += [
        ["全市 city", f"golden {name}", part, count]
        for name, one_ in flow["golden"].items()
        for part, count in one_.items()
    ]
    for name, units in flow["departments"].items():
        rows += [[name, unit, part, count] for unit, parts in units.items() for part, count in parts.items()]
    return Sheet("流向 flow", heads, [*rows, ["全市 city", "all", "unexplained", flow["unexplained"]]])


def _waivers(one: Document) -> Sheet:
    heads = [
        ("规则 rule", 40), ("部门 department", 20), ("理由 reason", 50), ("批准 approved by", 24), ("起 since", 12),
        ("止 until", 12), ("生效 in force", 10),
    ]  # fmt: skip
    names = ("rule", "department", "reason", "approved_by", "since", "until")
    rows = [
        [*(told[name] for name in names), "是 yes" if told["in_force"] else "否 no"] for told in one.body["waivers"]
    ]
    return Sheet("豁免 waivers", heads, rows)
