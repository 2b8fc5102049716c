"""From the ledger of judgements to the constraints that a version obeys."""

from __future__ import annotations

from collections.abc import Iterable

from matching.judgements import Judged, Judgement, judged
from pipeline.hub import Hub
from warehouse.judgements import StoredJudgement
from warehouse.versions import Version


def constraining(stored: Iterable[StoredJudgement]) -> list[Judgement]:
    """Return what of the stored judgements binds linking: the two records and the verdict, by number."""
    return [Judgement(one.number, one.left_record, one.right_record, one.verdict) for one in stored]


def judged_of(hub: Hub, version: Version, entity: str) -> Judged:
    """Return what `version` must obey about `entity`, and what is new in it since the published version."""
    published = hub.ledger.published_version()
    since = published.judged_through if published else 0
    ledger = constraining(hub.ledger.judgements(entity, version.judged_through))
    return judged(ledger, since, version.judged_through)
