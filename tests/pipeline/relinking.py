"""The law of increments: deciding every stored statement again changes nothing, and breaks no law; lookups are true."""

from __future__ import annotations

from sqlalchemy import delete, select

from engine.relation import ParquetFiles
from matching.laws import two_identities
from pipeline.evidence import models_in_force
from pipeline.hub import Hub
from pipeline.link import link
from pipeline.lookup import files, found_by_value
from pipeline.models_in_force import Acceptance
from pipeline.resolve_index import refresh_index
from pipeline.staging import HUB_FENCE
from warehouse.resolve_index import resolve_key, resolve_row, resolve_state


def assert_relinking_changes_nothing(hub: Hub) -> dict[str, int]:
    """Decide every stored statement again by the models in force: no link and no identity may come out otherwise.

    Return how many links each kind of party has.
    """
    published = hub.ledger.published_version()
    found = link(hub, Acceptance("auditor", "the law of increments"), models_in_force(hub, published))
    moved = {name: count for name, count in found.items() if "_links." in name or "_identity." in name}
    assert moved == {}
    links = {entity.name: hub.lake.read(f"links/{entity.name}") for entity in hub.city.standard.parties}
    for table in links.values():
        assert hub.engine.run([two_identities()], {"links": table}, "two_identities").to_pylist() == []
    decided = {name: sum(v for key, v in found.items() if f"{name}_decided." in key) for name in links}
    assert decided == {name: table.num_rows for name, table in links.items()}  # it did decide every one
    return decided


def assert_the_index_is_made_alike_anew(hub: Hub) -> None:
    """The index for resolving, kept by what each version changed, holds what one made anew of the lake holds."""
    published = hub.ledger.published_version()
    assert published is not None
    kept = _index(hub)
    assert all(kept)
    with hub.database.write() as connection:
        connection.execute(delete(resolve_state))
    refresh_index(hub, published, hub.ledger.acquire(HUB_FENCE, "auditor", hub.clock()))
    assert _index(hub) == kept


def _index(hub: Hub) -> list[list[tuple[object, ...]]]:
    with hub.database.read() as connection:
        return [sorted(map(tuple, connection.execute(select(table)))) for table in (resolve_row, resolve_key)]


def assert_lookups_are_the_lake(hub: Hub) -> None:
    """Every row of the published tables, and no other, is found by value."""
    published = hub.ledger.published_version()
    assert published is not None
    for entity in hub.city.standard.parties:
        found = found_by_value(hub, entity, published)
        assert found is not None
        for name, paths in files(hub, entity, published).items():
            shape = found[name].shape
            held = hub.engine.run([], {"rows": ParquetFiles(paths, shape.schema)}, "rows").sort_by(shape.key)
            assert found[name].near({shape.key: held[shape.key]}).sort_by(shape.key).equals(held.cast(shape.schema))
            assert sum(segment.rows - len(dead) for segment, dead in found[name].parts) == held.num_rows
