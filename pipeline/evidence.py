"""Evidence in the hub: the model in force of each kind of party, its file, and the stored block keys.

A model's file is named by its version and never changes; which one is in force stands in the published version. A
missing or altered file ends the link run: links by another model would be links that nobody can explain.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.relation import ParquetFiles
from matching.evidence import Evidence
from matching.evidence_steps import INDEX
from matching.model import Model, from_json
from pipeline.hub import Hub
from pipeline.lake_tables import block_keys_table
from schemas.errors import ModelError
from warehouse.versions import Version

RETRAIN = (
    "从备份恢复该文件 restore the file from the backup；或重新训练 or train the model again: cityhub link --difference"
    "，再 then cityhub link --accept WHY --who NAME"
)
EVIDENCE = "evidence"  # the name under which a version's counts keep the models in force
Models = Mapping[str, Model]


def evidence_of(hub: Hub, entity: str, models: Models, *, afresh: bool) -> Evidence | None:
    """Return what comparing `entity` needs, None where the city's specification has no evidence.

    `afresh`: nothing stored counts; without a model of `models` one is trained in the run.
    """
    spec = hub.city.linkage[entity]
    if not spec.compare:
        return None
    model = models.get(entity)
    files = () if afresh or model is None else tuple(hub.lake.files(block_keys_table(entity)))
    return Evidence(spec, context(hub), ParquetFiles(files, INDEX), model, hub.as_of.isoformat())


def context(hub: Hub) -> dict[str, Any]:
    """Return what kinds of values need of the city."""
    return {"gazetteer": hub.city.gazetteer, "regions": hub.city.locality.company_prefixes}


def models_in_force(hub: Hub, published: Version | None) -> dict[str, Model]:
    """Return the models of the published version by entity. Raises ModelError for a missing or altered file."""
    names: Mapping[str, str] = published.counts.get(EVIDENCE, {}) if published else {}
    return {entity: load_model(hub, entity, version) for entity, version in names.items()}


def load_model(hub: Hub, entity: str, version: str) -> Model:
    """Return the model of that version. Raises ModelError, whose next step is the way to another model in force."""
    path = model_path(hub, entity, version)
    try:
        model = from_json(path.read_text(encoding="utf-8"), path.name)
    except FileNotFoundError:
        made = "它决定了现有关联 the links in force were made by it"
        raise ModelError(path.name, "文件不存在 no such file", made, next_step=RETRAIN) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(path.name, "文件读不了 not readable", type(error).__name__, next_step=RETRAIN) from None
    except ModelError as error:
        raise ModelError(error.name, error.what, error.detail, next_step=RETRAIN) from None
    if model.version != version:
        what = "不是现用模型 another model than the one in force"
        raise ModelError(path.name, what, model.version, next_step=RETRAIN)
    return model


def keep_model(hub: Hub, model: Model) -> Path:
    """Write a model's file, whole or not at all; one that is there already is the same, unless somebody altered it."""
    path, text = model_path(hub, model.entity, model.version), model.to_json()
    if path.is_file() and path.read_bytes() == text.encode():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(text.encode())
    part.replace(path)
    return path


def model_path(hub: Hub, entity: str, version: str) -> Path:
    """Return where a model's file is."""
    return hub.settings.home / "models" / f"{entity}-{version}.json"
