"""Fields: the columns of two tables as a specification compares them, each kind of value with its own verbs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.comparing import CompareRows, FieldComparer, Levels, Rows
from matching.encoding import EncodedField, encode, hash_together, mixed_keys, row_keys
from matching.few_rows import FEW, FewColumn, FewRows
from matching.text_hashes import Hashes
from matching.workers import in_order
from schemas.linkage_spec import Comparison, LinkageField, LinkageSpec
from values.kinds import KINDS

PLAIN_LEVELS = ("missing", "different", "same")
NUMBER_LEVELS = ("missing", "different", "within_10_percent", "within_1_percent", "same")
# Two values of these kinds are told apart faster than a pair is found again.
_CHEAP = frozenset({"date", "exact", "number", "code", "path", "person_name", "phone"})
_FEW = 5_000
_TEXTS, _DAYS = pa.string(), pa.date32()
_NUMBER = r"^\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$"


@dataclass(frozen=True)
class Fields:
    """All fields of a specification, encoded over both sides; `context` is what kinds need of a city."""

    spec: LinkageSpec
    columns: Mapping[str, EncodedField]
    context: Mapping[str, Any]
    few: bool = False  # rows, so that calls cost more than what they do

    @property
    def itself(self) -> bool:
        """Whether records are compared with one another."""
        return all(column.itself for column in self.columns.values())

    def comparers(self) -> tuple[FieldComparer, ...]:
        """Return how each compared field is compared, in the order of the specification."""
        return tuple(self._comparer(one) for one in self.spec.compare)

    def _comparer(self, one: Comparison) -> FieldComparer:
        column = self.columns[one.field]
        if one.kind == "exact":
            return FieldComparer(column, PLAIN_LEVELS, _never, once=False, instead_of=one.instead_of)
        if one.kind == "number":
            return FieldComparer(column, NUMBER_LEVELS, _numbers(column.values), once=False, instead_of=one.instead_of)
        kind, once = KINDS[one.kind], one.kind not in _CHEAP
        if len(column.values) < _FEW:
            compare = _when_asked(partial(kind.compare_rows_with_context, column.values, self.context))
        else:
            compare = kind.compare_rows_with_context(column.values, self.context)
        shared = (kind.equal_is_top, kind.level_keys, kind.kin_key, kind.chance_key)
        return FieldComparer(column, kind.levels, compare, once, *shared, one.instead_of)

    def rule_keys(self, rule: tuple[str, ...], side: str) -> Hashes:
        """Return one key a row of a side for a rule: all its fields and keys mixed; 0 where one is missing."""
        return row_keys([self._part(word) for word in rule], side)

    def keys_of_rules(self, rules: Sequence[tuple[str, ...]], side: str) -> list[Hashes]:
        """Return `rule_keys` of each rule; of few rows the rules of one length are mixed together."""
        if not self.few:
            return [self.rule_keys(rule, side) for rule in rules]
        words = dict.fromkeys(word for rule in rules for word in rule)
        hash_together(dict.fromkeys(self._part(word) for word in words))
        hashes = {word: column.row_hashes(key, side) for word in words for column, key in [self._part(word)]}
        made: dict[tuple[str, ...], Hashes] = {}
        for length in {len(rule) for rule in rules}:
            some = [rule for rule in rules if len(rule) == length]
            parts = [np.stack([hashes[rule[place]] for rule in some]) for place in range(length)]
            made |= zip(some, mixed_keys(parts), strict=True)
        return [made[rule] for rule in rules]

    def _part(self, word: str) -> tuple[EncodedField, str]:
        name, _, key = word.partition(".")
        return self.columns[name], key


def _when_asked(make: Callable[[], CompareRows]) -> CompareRows:
    """Return a comparison that reads its values when a pair is first compared: of few, all may be equal or missing."""
    made = cache(make)

    def compare(a: Rows, b: Rows) -> Levels:
        return made()(a, b)

    return compare


def encoded_fields(
    records: pa.Table | FewRows, base: pa.Table | FewRows | None, spec: LinkageSpec, context: Mapping[str, Any]
) -> Fields:
    """Return the fields of both tables; `base` None compares the records with one another.

    Columns are those of the specification: `base` is its left side, `records` its right. Raises KeyError for a column
    that a table lacks.
    """

    rows = records.num_rows + (0 if base is None else base.num_rows)
    wanted, blocked, compared = _asked_of(spec)
    if rows < FEW:  # the keys that only rarities ask for are made when they do
        wanted = blocked if base is None else {}

    def encoded(field: LinkageField) -> EncodedField:
        own = _column(records, field.right if base is not None else field.left, field)
        other = None if base is None else _column(base, field.left, field)
        keys = wanted.get(field.name, frozenset())
        return encode(field.name, own, other, _keys_of(field, context), keys, compared=field.name in compared)

    names = [field.name for field in spec.fields]
    # For a few rows a thread would cost more than the work.
    made = map(encoded, spec.fields) if rows < _FEW else in_order(encoded, spec.fields)
    return Fields(spec, dict(zip(names, made, strict=True)), context, rows < FEW)


def _column(table: pa.Table | FewRows, name: str, field: LinkageField) -> pa.ChunkedArray | FewColumn:
    column = table.column(name)
    if isinstance(column, FewColumn):
        if column.type == (_DAYS if field.kind == "date" else _TEXTS):
            return column
        column = column.array()
    if field.kind == "date":
        return column if pa.types.is_date(column.type) else _dates(column)
    return column if pa.types.is_dictionary(column.type) or column.type == _TEXTS else column.cast(_TEXTS)


def _dates(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return texts as dates: what is no date of a usual form is missing."""
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    cleaned = KINDS["date"].clean_with(encoded.dictionary, {}).values
    return pa.chunked_array([cleaned.cast(pa.date32()).take(encoded.indices)])


def _keys_of(field: LinkageField, context: Mapping[str, Any]) -> Any:
    if field.kind not in KINDS:
        return lambda *_: {}
    kind = KINDS[field.kind]
    return lambda values, wanted: kind.keys_with_context(values, {**context, "wanted": wanted})


Wanted = Mapping[str, frozenset[str]]  # of each field, some of its keys


@lru_cache(maxsize=16)
def _asked_of(spec: LinkageSpec) -> tuple[Wanted, Wanted, frozenset[str]]:
    """Return which keys each field is asked for, those for blocking alone, and which fields are compared."""
    rungs = (name for rung in spec.ladder for name in (*rung.same, *rung.agree))
    compared = frozenset((*(one.field for one in spec.compare), *spec.never_share, *rungs))
    whole = {field.name: wanted_keys(spec, field) for field in spec.fields}
    return whole, {field.name: _keys_in(spec.block, field) for field in spec.fields}, compared


def wanted_keys(spec: LinkageSpec, field: LinkageField) -> frozenset[str]:
    """Return the keys of a field that linking by the specification asks for."""
    keys = _keys_in((*spec.block, *spec.household), field)
    if any(one.field == field.name and one.term_frequency and one.kind in KINDS for one in spec.compare):
        kind = KINDS[next(one.kind for one in spec.compare if one.field == field.name)]
        keys |= {*kind.level_keys.values(), kind.kin_key or "", kind.chance_key or ""} - {""}
    return keys


def _keys_in(rules: Sequence[tuple[str, ...]], field: LinkageField) -> frozenset[str]:
    words = [word.partition(".") for rule in rules for word in rule]
    return frozenset(key for name, _, key in words if name == field.name and key)


def _never(a: Rows, b: Rows) -> Levels:
    return np.ones(len(a), np.int8)


def _numbers(values: pa.Array) -> CompareRows:
    good = pc.match_substring_regex(values, _NUMBER)
    numbers = pc.utf8_trim_whitespace(pc.if_else(good, values, pa.scalar(None, pa.string()))).cast(pa.float64())
    plain = numbers.to_numpy(zero_copy_only=False).astype(float)

    def compare(a: Rows, b: Rows) -> Levels:
        x, y = plain[a], plain[b]
        apart = np.abs(x - y) / np.maximum(np.maximum(np.abs(x), np.abs(y)), 1e-12)
        levels = np.ones(len(a), np.int8)
        levels[apart <= 0.1], levels[apart <= 0.01], levels[x == y] = 2, 3, 4
        levels[np.isnan(x) | np.isnan(y)] = 0
        return levels

    return compare
