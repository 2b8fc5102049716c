"""Which specification and model each kind of party is linked by, and that nobody changes it unseen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.hub import Hub
from pipeline.ladder_rules import ladder_rules
from schemas.errors import SpecificationChanged
from warehouse.versions import Version


@dataclass(frozen=True)
class Acceptance:
    """Who accepts that links are made by another specification from now on, and why."""

    who: str
    why: str


def models_of(hub: Hub) -> dict[str, str]:
    """Return, by entity, the fingerprint of what its links would be made by now."""
    return {entity.name: ladder_rules(hub.city, entity.name).model for entity in hub.city.standard.parties}


def refuse_unaccepted(published: Version | None, models: Mapping[str, str]) -> None:
    """Raise SpecificationChanged where the published links were made otherwise: half of them by one specification and
    half by another would be links that nobody can explain."""
    accepted = published.counts.get("models", {}) if published else {}
    changed = [name for name, model in models.items() if name in accepted and accepted[name] != model]
    if changed and published is not None:
        raise SpecificationChanged(changed, published.number)
