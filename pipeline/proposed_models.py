"""Models shown with a difference, kept until somebody accepts them: what was shown is what is accepted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matching.model import Model
from pipeline.evidence import EVIDENCE, keep_model, load_model, model_path
from pipeline.hub import Hub
from pipeline.models_in_force import models_of
from warehouse.versions import Version


def propose(hub: Hub, published: Version, models: Mapping[str, Model]) -> dict[str, str]:
    """Keep the models that a difference against `published` was made by; return their versions by entity.

    An earlier proposal is replaced: only the last difference shown can be accepted.
    """
    versions = {entity: model.version for entity, model in models.items()}
    for model in models.values():
        keep_model(hub, model)
    path = _path(hub)
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"version": published.number, "specifications": models_of(hub), "models": versions}
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(told, sort_keys=True, ensure_ascii=False), encoding="utf-8")
    part.replace(path)
    return versions


def proposal(hub: Hub, published: Version | None) -> dict[str, Any] | None:
    """Return {"version", "specifications", "models"} of the last difference shown; None where there is none to accept:
    the specification is another one by now, or its models are in force already."""
    path = _path(hub)
    if published is None or not path.exists():
        return None
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    taken = published.number > told["version"] and published.counts.get(EVIDENCE, {}) == told["models"]
    return None if taken or told["specifications"] != models_of(hub) else told


def proposed_models(hub: Hub, told: Mapping[str, Any] | None) -> dict[str, Model]:
    """Return the models of a proposal by entity. Raises ModelError for a missing or altered file."""
    return {entity: load_model(hub, entity, version) for entity, version in (told or {}).get("models", {}).items()}


def _path(hub: Hub) -> Path:
    return model_path(hub, "", "").with_name("proposed.json")
