"""Which specification and model each kind of party is linked by, and that nobody changes it unseen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.events import redact
from pipeline.hub import Hub
from pipeline.ladder_rules import ladder_rules
from schemas.errors import SpecificationChanged
from warehouse.versions import Version


@dataclass(frozen=True)
class Acceptance:
    """Who accepts that links are made by another specification from now on, and why."""

    who: str
    why: str


def acceptance_of(version: Version) -> dict[str, str] | None:
    """Return {"who", "why"} of the acceptance by which a version was made, masked; None for any other version."""
    told = version.counts.get("accepted")
    return {name: redact(str(told[name])) for name in ("who", "why")} if told else None


def last_acceptance(hub: Hub) -> dict[str, Any] | None:
    """Return {"version", "who", "why"} of the newest published version that an acceptance made. None where there is
    none: the specification is the one that the first version was made by."""
    for version in sorted(hub.ledger.versions("published"), key=lambda one: one.number, reverse=True):
        if told := acceptance_of(version):
            return {"version": version.number, **told}
    return None


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
