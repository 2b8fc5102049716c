"""An evaluation for a person to read: measures with intervals, by group, and the curve, Chinese first."""

from __future__ import annotations

from typing import Any

from pipeline.text_table import text_table

_HEAD = ("查准 precision", "查全 recall", "F1", "正确 correct", "找到 found", "应有 true")


def evaluation_text(told: dict[str, Any]) -> str:
    """Return what `evaluate_files` told."""
    if told["kind"] == "clerical":
        return _clerical_text(told)
    lines = [text_table([["", *_HEAD], ["成对 pairs", *_measures(told["pairs"])]]), _intervals(told["pairs"])]
    if told["b_cubed"]:
        one = told["b_cubed"]
        shares = f"查准 precision {one['precision']:.4f}  查全 recall {one['recall']:.4f}  F1 {one['f1']:.4f}"
        lines.append(f"B³ ({one['records']:,} 条 records): {shares}")
    if told["unknown_records"]:
        lines.append(f"结果中有 {told['unknown_records']:,} 条不在真值里，未计 records unknown to the truth, left out")
    if told["groups"]:
        rows = [[name, *_measures(one["pairs"])] for name, one in told["groups"].items()]
        lines += ["", text_table([["分组 group", *_HEAD], *rows])]
    if told.get("decisions"):
        lines += ["", _decisions_text(told["decisions"])]
    if told.get("curve"):
        lines += ["", _curve_text(told["curve"])]
    return "\n".join(lines)


def _measures(one: dict[str, Any]) -> list[str]:
    shares = [_share(one[name]) for name in ("precision", "recall", "f1")]
    return [*shares, *(f"{one[name]:,}" for name in ("correct", "found", "true"))]


def _share(share: float | None) -> str:
    return "—" if share is None else f"{share:.4f}"


def _intervals(one: dict[str, Any]) -> str:
    told = [
        f"{word} {one[name][0]:.4f}–{one[name][1]:.4f}"
        for word, name in (("查准 precision", "precision_interval"), ("查全 recall", "recall_interval"))
        if one[name]
    ]
    return f"95% 区间 intervals (Wilson): {'  '.join(told) or '—'}"


def _decisions_text(decisions: dict[str, dict[str, int]]) -> str:
    made = {name for counts in decisions.values() for name in counts}
    names = [name for name in ("link", "review", "new", "insufficient") if name in made]
    rows = []
    for group, counts in decisions.items():
        total = max(sum(counts.values()), 1)
        cells = [f"{counts.get(name, 0):,} ({counts.get(name, 0) / total:.2%})" for name in names]
        rows.append([group or "全部 all", f"{total:,}", *cells])
    return text_table([["决定 decisions", "条 records", *names], *rows])


def _curve_text(curve: dict[str, Any]) -> str:
    points = curve["points"]
    # of points that say the same the strictest speaks for all
    turns = [one for one, after in zip(points, [*points[1:], {}], strict=True) if _counts(one) != _counts(after)]
    rows = [[f"{one['threshold']:g}", *_measures(one)] for one in turns]
    lines = [text_table([["阈值 threshold ≥", *_HEAD], *rows])]
    if (best := curve["best"]) and best["f1"] is not None:
        lines.append(f"F1 最高 best: {best['f1']:.4f} 在 at ≥ {best['threshold']:.6g}")
    return "\n".join(lines)


def _counts(point: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(point.get(name) for name in ("correct", "found", "true"))


def _clerical_text(told: dict[str, Any]) -> str:
    head = ["概率段 band ≥", "对数 pairs", "相同 same", "不同 not_same", "不确定 unsure", "相同率 share", "95% 区间"]
    rows = [_judged_row(one, one["band"]) for one in (*told["bands"], {**told["whole"], "band": "全部 all"})]
    return text_table([head, *rows])


def _judged_row(one: dict[str, Any], name: str) -> list[str]:
    interval = one["interval"]
    shown = f"{interval['low']:.4f}–{interval['high']:.4f}" if interval else "—"
    counts = (f"{one[key]:,}" for key in ("pairs", "same", "not_same", "unsure"))
    return [name, *counts, _share(one["share"]), shown]
