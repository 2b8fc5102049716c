"""Drift is a diff between contract and source."""

from __future__ import annotations

from connectors.drift import compare
from connectors.source import ColumnShape, TableShape
from tests.connectors.contracts import table


def shape(*columns: str) -> TableShape:
    return TableShape("RKXX", tuple(ColumnShape(column) for column in columns))


def test_the_contracts_own_columns_are_no_drift() -> None:
    drift = compare(table(ignore=("BZ",)), shape("RYID", "XM", "GXSJ", "BZ"))
    assert not drift.fatal
    assert drift.lines == ()


def test_a_new_column_is_reported_and_does_not_stop() -> None:
    drift = compare(table(), shape("RYID", "XM", "GXSJ", "SJHM"))
    assert (drift.new, drift.fatal, drift.lines) == (("SJHM",), False, ("+ SJHM",))


def test_a_renamed_column_stops_and_names_its_likely_successor() -> None:
    drift = compare(table(), shape("RYID", "XM", "GXSJ_NEW"))
    assert drift.fatal
    assert drift.missing == ("GXSJ",)
    assert drift.renamed == {"GXSJ": "GXSJ_NEW"}
    assert drift.lines == ("- GXSJ  (改名为 renamed to GXSJ_NEW?)", "+ GXSJ_NEW")


def test_letter_case_is_a_difference_with_an_obvious_answer() -> None:
    assert compare(table(), shape("ryid", "XM", "GXSJ")).renamed == {"RYID": "ryid"}


def test_an_ignored_column_may_go() -> None:
    drift = compare(table(ignore=("BZ",)), shape("RYID", "XM", "GXSJ"))
    assert (drift.fatal, drift.gone) == (False, ("BZ",))


def test_a_missing_table_names_the_nearest() -> None:
    drift = compare(table("RKXX"), None, ["RKXX_2026", "YZXX"])
    assert drift.fatal
    assert drift.lines == ("- RKXX  (最像 nearest: RKXX_2026)",)
