"""A first crosswalk from a department's codes to the city's: by label where the values are labels."""

from __future__ import annotations

from dataclasses import dataclass

from profiling.column_profile import Distinct
from profiling.likely_field import label_forms
from schemas.code_table import CodeTable

TOO_MANY = 120  # distinct values: no list of codes
SHOWN_LENGTH = 20


@dataclass(frozen=True)
class CrosswalkDraft:
    """`entries` lead to codes of `table`; those in `guessed` only by likeness; `unknown` found no match."""

    name: str
    table: str
    entries: tuple[tuple[str, str], ...]
    guessed: frozenset[str]
    unknown: tuple[str, ...]


def draft_crosswalk(kept: Distinct, table: CodeTable, crosswalks: dict[str, CrosswalkDraft]) -> str | None:
    """Return "" where the column holds the city's own codes, else the name of the crosswalk added; None for no match.

    Only texts that are short and repeated, or are labels, are ever written down: a name in a code column is not.
    """
    values = kept.values.to_pylist()
    if len(values) > TOO_MANY and not set(values) <= set(table.entries):
        return None
    own = sum(count for value, count in zip(values, kept.counts.tolist(), strict=True) if value in table.entries)
    if kept.rows and own / kept.rows >= 0.9:
        return ""
    labels = {form: code for code, text in table.entries.items() for form in label_forms(text.zh, text.en)}
    entries, guessed, unknown = [], set(), []
    for value, count in sorted(zip(values, kept.counts.tolist(), strict=True)):
        code = value if value in table.entries else labels.get(value) or _alike(value, labels)
        if code is not None:
            entries.append((value, code))
            if value not in labels and value not in table.entries:
                guessed.add(value)
        elif count > 1 and len(value) <= SHOWN_LENGTH and value.isascii():
            unknown.append(value)
    if not entries:
        return None
    name = table.name
    if name in crosswalks and crosswalks[name].entries != tuple(entries):
        name = f"{table.name}_{sum(one.table == table.name for one in crosswalks.values()) + 1}"
    crosswalks[name] = CrosswalkDraft(name, table.name, tuple(entries), frozenset(guessed), tuple(unknown))
    return name


def _alike(value: str, labels: dict[str, str]) -> str | None:
    """Return the code of the shortest label that holds the value, or that the value holds; None for none."""
    if len(value) < 2:
        return None
    near = [label for label in labels if len(label) > 1 and (value in label or label in value)]
    return labels[min(near, key=lambda label: (len(label), label))] if near else None
