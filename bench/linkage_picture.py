"""Draws docs/pictures/linkage.svg from a real run of the example: all candidates by weight, one pair as a waterfall.

Run: python -m bench.linkage_picture [FILE.svg]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.febrl import EXAMPLES, write
from matching.explanation_words import level_word
from matching.linkage import ranges
from matching.model import from_json
from matching.prepared import prepare
from matching.scoring import Scorer
from pipeline.file_linkage import MODEL, FileWish, engine_of, match_files, opened
from pipeline.pair_explanation import explain_pair
from pipeline.settings import Settings

PLACE = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "linkage.svg"
PAIR = ("rec-1070-org", "rec-1070-dup-0")
WIDTH, HEIGHT, STEP = 980, 420, 5  # STEP: bits a bar of the histogram
LEFT, RIGHT, TOP, BOTTOM = (64, 470), (640, 960), 76, 350
SAME, OTHER, INK, GRID = "#33507a", "#c9812d", "#26354a", "#d8dee8"


def main(place: Path) -> None:
    settings = Settings.from_environment()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        files = (folder / "dataset4a.csv", folder / "dataset4b.csv")
        wish = FileWish(files, EXAMPLES / "febrl4.yaml", folder / "out")
        match_files(wish, settings)
        again = FileWish(files, wish.spec, wish.out, folder / "out" / MODEL)
        weights, same = candidate_weights(again, settings)
        pair = explain_pair(again, settings, PAIR)
    place.write_text(picture(weights, same, pair), encoding="utf-8")
    print(f"{place}: {len(weights):,} candidates, {int(same.sum()):,} of them the same person")


def candidate_weights(wish: FileWish, settings: Settings) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return the weight of every candidate with its prior, in bits, and whether it is a true pair."""
    ready = opened(wish, settings)
    left, right = ready.tables
    model = from_json((wish.model or Path()).read_text("utf-8"))
    prepared = prepare(right, left, ready.spec, ready.given.context, model)
    scorer = Scorer.of(model, prepared.comparers)
    people = [np.array([one.split("-")[1] for one in table.column(0).to_pylist()]) for table in (left, right)]
    weights, same = [], []
    with engine_of(settings) as engine:
        for _, _, pairs, _ in ranges(engine, prepared):
            weights.append(scorer.score(pairs.record, pairs.base).match + scorer.prior(pairs.record))
            same.append(people[0][pairs.base] == people[1][pairs.record])
    return np.concatenate(weights), np.concatenate(same)


def picture(weights: npt.NDArray[np.float64], same: npt.NDArray[np.bool_], pair: dict[str, Any]) -> str:
    """Return the SVG."""
    font = "'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="{font}" font-size="12">',
        "<title>关联的权重 · weights of candidates, and one pair</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fbfaf7"/>',
        *histogram(weights, same),
        *waterfall(pair),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def histogram(weights: npt.NDArray[np.float64], same: npt.NDArray[np.bool_]) -> list[str]:
    """Return the candidates by weight, those of one person and the others, on a logarithmic scale."""
    low, high = np.floor(weights.min() / STEP) * STEP, np.ceil(weights.max() / STEP) * STEP
    edges = np.arange(low, high + STEP, STEP)
    counts = [np.histogram(weights[flags], edges)[0] for flags in (~same, same)]
    top = np.log10(max(int(one.max()) for one in counts)) * 1.05
    x = lambda bits: LEFT[0] + (bits - low) / (high - low) * (LEFT[1] - LEFT[0])  # noqa: E731
    y = lambda count: BOTTOM - np.log10(max(count, 1)) / top * (BOTTOM - TOP)  # noqa: E731
    parts = [_text(LEFT[0], 34, "候选对的权重 weights of candidates", size=16, bold=True)]
    parts.append(_text(LEFT[0], 54, f"{len(weights):,} 对 pairs; 纵轴为对数 logarithmic", size=12))
    for power in range(int(top) + 1):
        parts.append(_line(LEFT[0], y(10**power), LEFT[1], y(10**power), GRID))
        parts.append(_text(LEFT[0] - 8, y(10**power) + 4, f"{10**power:,}", anchor="end"))
    for values, colour, shift in zip(counts, (OTHER, SAME), (0.08, 0.5), strict=True):
        for edge, count in zip(edges[:-1], values, strict=True):
            if count:
                wide = x(edge + STEP * 0.42) - x(edge)
                parts.append(_box(x(edge + shift * STEP), y(count), wide, BOTTOM - y(count) + 1, colour))
    ticks = np.arange(np.ceil(low / 20) * 20, high + 1, 20)
    parts += [_text(x(bits), BOTTOM + 18, f"{bits:+.0f}", anchor="middle") for bits in ticks]
    parts.append(_line(x(0), TOP - 6, x(0), BOTTOM, "#9a2f2f", dashed=True))
    parts.append(_text(x(0) + 4, TOP + 4, "概率 probability 0.5"))
    parts.append(_text(LEFT[0], BOTTOM + 40, "比特 bits (先验已计入 with the prior)"))
    parts.append(_box(LEFT[0], BOTTOM + 50, 10, 10, SAME) + _text(LEFT[0] + 16, BOTTOM + 60, "同一人 the same person"))
    return [*parts, _box(240, BOTTOM + 50, 10, 10, OTHER) + _text(256, BOTTOM + 60, "不同的人 different people")]


def waterfall(pair: dict[str, Any]) -> list[str]:
    """Return one pair: what each field adds or takes, from nothing to the whole weight."""
    steps: Sequence[Sequence[Any]] = pair["waterfall"]
    ends = [0.0, *(step[2] for step in steps)]
    low, high = min(ends), max(ends)
    x = lambda bits: RIGHT[0] + (bits - low) / (high - low) * (RIGHT[1] - RIGHT[0] - 50)  # noqa: E731
    height = (BOTTOM - TOP) / (len(steps) + 1)
    parts = [_text(500, 34, "一对记录的瀑布图 one pair as a waterfall", size=16, bold=True)]
    parts.append(_text(500, 54, "每个字段给出多少比特 what each field gives, in bits", size=12))
    parts.append(_line(x(0), TOP - 4, x(0), BOTTOM, GRID))
    levels = {part["name"]: part["level"] for part in pair["parts"]}
    for row, (name, start, end) in enumerate(steps):
        top = TOP + row * height
        colour = SAME if end >= start else OTHER
        word = {"prior": "先验 prior"}.get(name, level_word(levels[name]))
        parts.append(_text(500, top + height / 2 + 4, name) + _text(590, top + height / 2 + 4, word.split(" ")[0]))
        first, last = x(min(start, end)), x(max(start, end))
        parts.append(_box(first, top + 4, max(last - first, 1), height - 8, colour))
        parts.append(_text(last + 4, top + height / 2 + 4, f"{end - start:+.1f}"))
    top = TOP + len(steps) * height
    parts.append(_text(500, top + height / 2 + 4, "合计 weight", bold=True))
    parts.append(_box(x(min(0, ends[-1])), top + 4, abs(x(ends[-1]) - x(0)), height - 8, "#5d7f54"))
    parts.append(_text(x(ends[-1]) + 4, top + height / 2 + 4, f"{ends[-1]:+.1f}", bold=True))
    kept = pair["kept"] or {"decision": "—", "probability": 0.0}
    told = f"概率 probability {kept['probability']:.6f} → {kept['decision']}"
    return [*parts, _text(500, BOTTOM + 40, told, bold=True)]


def _text(x: float, y: float, text: str, *, size: int = 12, bold: bool = False, anchor: str = "start") -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{INK}" text-anchor="{anchor}"{weight}>{text}</text>'


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _line(x: float, y: float, x2: float, y2: float, colour: str, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return f'<path d="M{x:.1f} {y:.1f} L{x2:.1f} {y2:.1f}" stroke="{colour}" fill="none"{dash}/>'


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PLACE)
