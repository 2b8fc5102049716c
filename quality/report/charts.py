"""Charts as inline SVG: drawn from numbers alone, in millimetre-like units, readable in print and without colour."""

# ruff: noqa: E501 - markup is read as it is written

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

INK, MUTED, LINE = "#1d2a33", "#6b7a84", "#d7dee2"
GOOD, BAD, ACCENT = "#2a7f7a", "#b4472f", "#2f5d8a"


@dataclass(frozen=True)
class Step:
    """One bar of a flow: what it is called, how many, and whether it stays in the flow or leaves it."""

    zh: str
    en: str
    count: int
    leaves: bool = False


def number(value: float) -> str:
    """Return a coordinate with at most two digits: short, and the same on every machine."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def thousands(count: int) -> str:
    return f"{count:,}"


def sparkline(values: Sequence[float | None], width: int = 88, height: int = 22, colour: str = ACCENT) -> str:
    """Return a line of values in time, its last point marked; gaps where there is no value. One value is a dot."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    step = (width - 6) / max(len(values) - 1, 1)

    def place(index: int, value: float) -> tuple[str, str]:
        across = 3 + index * step if len(values) > 1 else width - 3
        up = height - 4 - (value - low) / span * (height - 8) if high > low else height / 2
        return number(across), number(up)

    parts: list[list[tuple[str, str]]] = []
    path: list[tuple[str, str]] = []
    for index, value in enumerate(values):
        if value is None:
            parts += [path] if path else []
            path = []
        else:
            path.append(place(index, value))
    parts += [path] if path else []
    lines = "".join(
        f'<polyline points="{" ".join(",".join(point) for point in part)}" fill="none" stroke="{colour}" '
        'stroke-width="1.4" stroke-linejoin="round" stroke-linecap="round"/>'
        for part in parts
        if len(part) > 1
    )
    across, up = parts[-1][-1]
    dot = f'<circle cx="{across}" cy="{up}" r="2.1" fill="{colour}"/>'
    return f'<svg class="spark" viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true">{lines}{dot}</svg>'


def flow_chart(steps: Sequence[Step], title: str, width: int = 380) -> str:
    """Return a waterfall: the first bar is everything, bars that leave hang at its end, the last is what goes on.

    What leaves is mostly far less than what stays: it is drawn to scale, but never thinner than can be seen.
    """
    total = max((one.count for one in steps), default=0) or 1
    left, right, line = 112, 66, 23
    room = width - left - right
    height = len(steps) * line + 10
    marks, edge = [], float(room)
    for index, one in enumerate(steps):
        top = index * line + 5
        length = max(one.count / total * room, 1.6 if one.count else 0.0)
        start = 0.0
        if one.leaves:
            start = max(edge - length, 0.0)
            edge = start
        colour = BAD if one.leaves else (GOOD if index == len(steps) - 1 else ACCENT)
        marks.append(
            f'<text x="{left - 8}" y="{top + 9}" text-anchor="end" font-size="11.5" fill="{INK}">{escape(one.zh)}</text>'
            f'<text x="{left - 8}" y="{top + 18.5}" text-anchor="end" font-size="8" fill="{MUTED}">{escape(one.en)}</text>'
            f'<rect x="{left}" y="{top + 1}" width="{room}" height="15" fill="#f2f5f6"/>'
            f'<rect x="{number(left + start)}" y="{top + 1}" width="{number(length)}" height="15" fill="{colour}"/>'
            f'<text x="{width}" y="{top + 13}" text-anchor="end" font-size="11.5" fill="{INK}" '
            f'class="figures">{"−" if one.leaves and one.count else ""}{thousands(one.count)}</text>'
        )
        if index + 1 < len(steps):
            foot = left + (edge if one.leaves or steps[index + 1].leaves else length)
            marks.append(
                f'<line x1="{number(foot)}" y1="{top + 16}" x2="{number(foot)}" y2="{top + line + 1}" '
                f'stroke="{MUTED}" stroke-width="0.7" stroke-dasharray="1.5 1.5"/>'
            )
    label = escape(title)
    return (
        f'<svg class="flow" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">'
        f"<title>{label}</title>{''.join(marks)}</svg>"
    )


def share_bar(share: float, limit: float, most: float, width: int = 120) -> str:
    """Return a bar of a failing share, with a mark where the tolerance ends; the scale reaches a little beyond `most`
    and the tolerance, whichever is more."""
    reach = width - 2
    full = max(most, limit, share) * 1.15 or 1.0

    def place(value: float) -> float:
        return min(max(value, 0.0) / full, 1.0) * reach

    over, at = share > limit, number(1 + place(limit))
    length = max(place(share), 1.2 if share else 0.0)
    mark = f'<line x1="{at}" y1="0" x2="{at}" y2="12" stroke="{INK}" stroke-width="1"/>'
    return (
        f'<svg class="bar" viewBox="0 0 {width} 12" width="{width}" height="12" aria-hidden="true">'
        f'<rect x="1" y="3" width="{reach}" height="6" fill="#edf1f3"/>'
        f'<rect x="1" y="3" width="{number(length)}" height="6" fill="{BAD if over else ACCENT}"/>{mark}</svg>'
    )


def interval(value: float, low: float, high: float, floor: float = 0.9, width: int = 220) -> str:
    """Return a dot with its interval between `floor` and 1 (or from 0, where it reaches below)."""
    start = floor if low >= floor else 0.0
    reach = width - 12

    def place(share: float) -> str:
        return number(6 + (share - start) / (1 - start) * reach)

    ticks = "".join(
        f'<line x1="{place(tick)}" y1="6" x2="{place(tick)}" y2="18" stroke="{LINE}"/>'
        f'<text x="{place(tick)}" y="27" font-size="7.5" text-anchor="middle" fill="{MUTED}">{tick:.0%}</text>'
        for tick in (start, (start + 1) / 2, 1.0)
    )
    return (
        f'<svg class="interval" viewBox="0 0 {width} 30" width="{width}" height="30" aria-hidden="true">{ticks}'
        f'<line x1="{place(low)}" y1="12" x2="{place(high)}" y2="12" stroke="{ACCENT}" stroke-width="3" '
        f'stroke-linecap="round" opacity="0.45"/><circle cx="{place(value)}" cy="12" r="4" fill="{ACCENT}"/></svg>'
    )


def stacked(parts: Sequence[tuple[str, int, str]], width: int = 300) -> str:
    """Return one bar of (label, count, colour) parts, each wide enough to be seen."""
    total = sum(count for _, count, _ in parts) or 1
    at, marks = 0.0, []
    for label, count, colour in parts:
        length = count / total * width
        if count:
            drawn = max(length, 1.5)
            marks.append(
                f'<rect x="{number(at)}" y="0" width="{number(drawn)}" height="14" fill="{colour}">'
                f"<title>{escape(label)} {thousands(count)}</title></rect>"
            )
        at += length
    return f'<svg class="stack" viewBox="0 0 {width} 14" width="{width}" height="14" aria-hidden="true">{"".join(marks)}</svg>'


def trend_chart(periods: Sequence[str], values: Sequence[float | None], target: float, width: int = 560) -> str:
    """Return the city's score over the periods against its target, scores written at the first and last point."""
    height, left, right, top, foot = 132, 34, 46, 14, 22
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low = min([*known, target])
    high = max([*known, target])
    margin = max((high - low) * 0.18, 0.05)
    low, high = low - margin, min(high + margin, 100.0)
    step = (width - left - right) / max(len(periods) - 1, 1)

    def across(index: int) -> float:
        return left + index * step if len(periods) > 1 else (left + width - right) / 2

    def up(value: float) -> float:
        return height - foot - (value - low) / (high - low) * (height - top - foot)

    points = [(across(index), up(value), value) for index, value in enumerate(values) if value is not None]
    line = " ".join(f"{number(x)},{number(y)}" for x, y, _ in points)
    area = f"{number(points[0][0])},{height - foot} {line} {number(points[-1][0])},{height - foot}"
    dots = "".join(f'<circle cx="{number(x)}" cy="{number(y)}" r="2.2" fill="{ACCENT}"/>' for x, y, _ in points)
    every = max(1, (len(periods) + 7) // 8)
    shown = [index for index in range(len(periods)) if (len(periods) - 1 - index) % every == 0]
    labels = "".join(
        f'<text x="{number(across(index))}" y="{height - 6}" font-size="9" text-anchor="middle" fill="{MUTED}">'
        f"{escape(periods[index])}</text>"
        for index in shown
    )
    goal = number(up(target))
    last_x, last_y, last = points[-1]
    return (
        f'<svg class="trend" viewBox="0 0 {width} {height}" role="img" aria-label="全市得分走势 the city\'s score over time">'
        f'<line x1="{left}" y1="{goal}" x2="{width - right}" y2="{goal}" stroke="{BAD}" stroke-width="1" stroke-dasharray="4 3"/>'
        f'<text x="{left - 4}" y="{number(up(target) + 3)}" font-size="9" text-anchor="end" fill="{BAD}">{target:g}</text>'
        f'<polygon points="{area}" fill="{ACCENT}" opacity="0.09"/>'
        f'<polyline points="{line}" fill="none" stroke="{ACCENT}" stroke-width="2" stroke-linejoin="round"/>{dots}'
        f'<text x="{number(last_x + 7)}" y="{number(last_y + 4)}" font-size="12" font-weight="600" fill="{INK}">{last:.2f}</text>'
        f'<line x1="{left}" y1="{height - foot}" x2="{width - right}" y2="{height - foot}" stroke="{LINE}"/>{labels}</svg>'
    )
