"""Resolve: who one record is, now, against the published version: candidates, score, decision, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from matching.judgements import constraints, in_force
from matching.online import Online, identifier_hash, keys_of, resolve, settled, values_table
from matching.online_ladder import Answer, Asked, Row, identifiers
from pipeline.hub import Hub
from pipeline.judged import constraining
from pipeline.resolve_index import online_of
from schemas.arrow import statement_schema
from schemas.errors import LinkageError, UnknownEntity
from schemas.standard import Entity
from values.kinds import KINDS
from warehouse.judgements import JudgementLedger
from warehouse.resolve_index import IDENTIFIER, ResolveIndex
from warehouse.serving_reader import ServingReader

MOST_CANDIDATES = 500
AT_ONCE = 200  # records compared together
RECORD = "record_id"  # among the values of a record that the hub has: what people decided about it counts


@dataclass(frozen=True)
class People:
    """What people decided, as far as a version obeys it (`through`), and where the records in question are now."""

    ledger: JudgementLedger
    reader: ServingReader
    through: int

    def judged(self, entity: str, record: str) -> tuple[frozenset[str], str | None]:
        """Return the hub ids that a record is held apart from, and the one that it was put to."""
        if not self.ledger.judgements_about(entity, [record]):
            return frozenset(), None
        now = constraints(in_force(constraining(self.ledger.judgements(entity, self.through)), self.through))
        apart, same = (
            [one.right if one.left == record else one.left for one in side if record in one.pair]
            for side in (now.apart, now.same)
        )
        hubs = self.reader.hub_ids([*apart, *same])
        together = [hubs[one] for one in same if one in hubs]
        return frozenset(hubs[one] for one in apart if one in hubs), together[0] if together else None


@dataclass(frozen=True)
class Resolver:
    """Everything that resolving one record after another needs, opened once. `version` is what it answers from."""

    entity: Entity
    online: Online
    index: ResolveIndex
    version: int
    dates: frozenset[str]
    people: People | None = None

    def standard(self, raw: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return records' values as the standard writes them; what cannot be read is left out, as a bad cell is."""
        known = {RECORD: RECORD, **{field.name: field.kind for field in self.entity.fields}}
        if unknown := sorted({name for one in raw for name in one} - set(known)):
            raise LinkageError(f"未知字段 unknown fields {', '.join(unknown)}", next_step=f"fields: {', '.join(known)}")
        told: list[dict[str, Any]] = [{} for _ in raw]
        for name, kind in known.items():
            given = [(place, str(one[name])) for place, one in enumerate(raw) if one.get(name) not in (None, "")]
            cleaned = self._clean(kind, [text for _, text in given]) if given else ()
            for (place, _), value in zip(given, cleaned, strict=True):
                if value is not None:
                    told[place][name] = value
        return told

    def answer(self, values: Mapping[str, Any]) -> Answer:
        """Return the decision about one record in standard values."""
        return self.answers([values])[0]

    def answers(self, asked: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Return the decision about each record in standard values.

        Where an identifier settles it, as it does for most, no block key is made. Many at once cost less than each.
        """
        keys = [self._identifiers(values) for values in asked]
        held = [self._judged(values) for values in asked]
        found = [
            settled(self.online, Asked(values, self._rows(own), *judged))
            for values, own, judged in zip(asked, keys, held, strict=True)
        ]
        left = [place for place, answer in enumerate(found) if answer is None]
        if left:
            schema = statement_schema(self.entity)
            blocked = keys_of(self.online, values_table(self.online, [asked[place] for place in left], schema))
            near = []
            for place, own in zip(left, blocked, strict=True):
                wanted = keys[place] + [(rule, int(key)) for rule, key in enumerate(own) if key]
                rows = [*self._rows(wanted), *self._own(asked[place])]
                near.append(Asked(asked[place], rows, *held[place]))
            for place, answer in zip(left, resolve(self.online, near, schema), strict=True):
                found[place] = answer
        return [answer for answer in found if answer is not None]

    def _judged(self, values: Mapping[str, Any]) -> tuple[frozenset[str], str | None]:
        record = values.get(RECORD)
        if record is None or self.people is None:
            return frozenset(), None
        return self.people.judged(self.entity.name, str(record))

    def _identifiers(self, values: Mapping[str, Any]) -> list[tuple[int, int]]:
        return [(IDENTIFIER, key) for key in identifier_hash(identifiers(self.online.rules, values))]

    def _rows(self, keys: list[tuple[int, int]]) -> list[Row]:
        return [self._row(row) for row in self.index.candidates(self.entity.name, keys, MOST_CANDIDATES)]

    def _own(self, values: Mapping[str, Any]) -> list[Row]:
        """Return the index's row of a record that the hub has: it may have no key that leads there."""
        if RECORD not in values:
            return []
        return [self._row(row) for row in self.index.row_of(self.entity.name, str(values[RECORD])) if not row["anchor"]]

    def _clean(self, kind: str, texts: list[str]) -> list[Any]:
        if kind not in KINDS:
            return texts
        values = KINDS[kind].clean_with(pa.array(texts, pa.string()), dict(self.online.context)).values.to_pylist()
        return [date.fromisoformat(one) if kind == "date" and isinstance(one, str) else one for one in values]

    def _row(self, row: Mapping[str, Any]) -> Row:
        content = json.loads(row["content"])
        values = {
            name: date.fromisoformat(value) if name in self.dates and isinstance(value, str) else value
            for name, value in content.items()
        }
        rung = values.get("rung") or "register"
        return Row(row["record_id"], row["hub_id"], row["unit"], row["anchor"], values, rung)


def open_resolver(hub: Hub, entity_name: str) -> Resolver:
    """Return the resolver of one kind of party. Raises UnknownEntity, LinkageError while there is no index."""
    parties = {entity.name: entity for entity in hub.city.standard.parties}
    if entity_name not in parties:
        raise UnknownEntity("kind of party", entity_name)
    index = ResolveIndex(hub.database)
    state = index.state(entity_name)
    if state is None:
        raise LinkageError("索引未就绪 the index is not ready", next_step="cityhub publish")
    entity, version = parties[entity_name], hub.ledger.version(state.version)
    online = online_of(hub, version, entity_name)
    if (online.model.version if online.model else "") != state.model:
        raise LinkageError("索引与模型不符 the index is of another model", next_step="cityhub publish")
    dates = frozenset(field.name for field in entity.fields if field.kind == "date")
    people = People(hub.ledger, hub.reader, version.judged_through)
    return Resolver(entity, online, index, state.version, dates, people)


def resolve_record(hub: Hub, entity_name: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return {"version", "decision", "hub_id", "probability", "rung", "reason", "candidates"} of one record, given as
    the fields of the standard."""
    return resolve_records(hub, entity_name, [raw])[0]


def resolve_records(hub: Hub, entity_name: str, raw: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the same of many records, in their order."""
    resolver = open_resolver(hub, entity_name)
    asked = resolver.standard(raw)
    parts = (asked[start : start + AT_ONCE] for start in range(0, len(asked), AT_ONCE))
    return [{"version": resolver.version, **asdict(answer)} for part in parts for answer in resolver.answers(part)]
