"""Every rule in force, as a list; each predicate is tried on no rows, so that a mistake shows before a night's run."""

from __future__ import annotations

from typing import Any

from engine.quoting import quote
from engine.step import Step
from pipeline.hub import Hub
from quality.judged import REFUSED, judged_step
from quality.rule import RowRule
from quality.rulebook import Place, places_of, row_rules, whole_row_rules
from schemas.arrow import statement_schema
from schemas.errors import ConfigurationError, EngineError


def rules_listed(hub: Hub, department: str = "") -> list[dict[str, Any]]:
    """Return one line a rule with the departments it holds in. Raises ConfigurationError at the place of a city rule
    whose condition cannot be understood, or for an unknown department."""
    contracts = [hub.contract(department)] if department else list(hub.city.contracts.values())
    found: dict[str, dict[str, Any]] = {}
    for contract in contracts:
        policy = hub.city.quality
        placed = [(place, row_rules(contract, place, policy)) for place in places_of(contract, hub.city.standard)]
        for place, rules in placed:
            for one in rules:
                check_predicate(hub, place, one)
        whole = [one for table in contract.tables for one in whole_row_rules(contract, table, policy)]
        for one in [*(one for _, rules in placed for one in rules), *whole]:
            line = found.setdefault(one.rule.id, _line(one))
            if contract.department not in line["departments"]:
                line["departments"].append(contract.department)
    return [found[name] for name in sorted(found)]


def check_predicate(hub: Hub, place: Place, one: RowRule) -> None:
    """Try the rule on no rows. Raises ConfigurationError where the city's condition cannot be understood."""
    source = next((rule for rule in hub.city.quality.rules if rule.code == one.rule.code), None)
    if source is None or source.check.kind != "holds":
        return
    empty = statement_schema(place.entity).empty_table()
    where = (place.table, place.emit.name, place.entity)
    steps = [
        judged_step("judged", "accepted", "refused", where, hub.as_of),
        Step("asked", f"SELECT CAST({one.holds} AS BOOLEAN) AS holds FROM {quote('judged')}"),  # noqa: S608
    ]
    try:
        hub.engine.run(steps, {"accepted": empty, "refused": REFUSED.empty_table()}, "asked")
    except EngineError as error:
        fields = ", ".join(field.name for field in place.entity.fields)
        raise ConfigurationError(
            source.file, source.line, f"rules.{source.code}.check.holds", source.check.expression,
            f"a condition over as_of, observed_at, {fields} ({error.detail})",
        ) from None  # fmt: skip


def _line(one: RowRule) -> dict[str, Any]:
    rule = one.rule
    return {
        "rule": rule.id, "zh": rule.sentence.zh, "en": rule.sentence.en, "why_zh": rule.purpose.zh,
        "dimension": rule.dimension.value, "severity": rule.severity, "tolerance": rule.tolerance, "owner": rule.owner,
        "basis": rule.basis, "departments": [],
    }  # fmt: skip
