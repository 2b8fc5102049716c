"""A department whose server keeps dates and amounts in types of their own says the same as its file would."""

from dataclasses import replace
from pathlib import Path

import psycopg

from demo.days import bring_to_day
from demo.departments import DEPARTMENTS
from tests.demo.city import order, rows


def test_typed_columns_hold_what_a_file_would(tmp_path: Path, postgres_url: str) -> None:
    table = DEPARTMENTS["housing_fund"].TABLES[0]
    bring_to_day(order(tmp_path / "file", day=2, residents=600))
    wanted = order(tmp_path / "server", day=2, residents=600)
    bring_to_day(replace(wanted, servers={"housing_fund": postgres_url}))
    with psycopg.connect(postgres_url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        cells = ", ".join(f'"{column}"::text' for column in table.columns)
        found = connection.execute(f"SELECT {cells} FROM housing_fund.gr_zhxx").fetchall()
        kinds = dict(
            connection.execute(
                "SELECT column_name, data_type FROM information_schema.columns"
                " WHERE table_schema = 'housing_fund' AND table_name = 'gr_zhxx'"
            ).fetchall()
        )
    assert {kinds[name] for name in table.types} == {"date", "numeric", "timestamp without time zone"}
    kept = [tuple(row.values()) for row in rows(tmp_path / "file", table)]
    # a server's text holds no NUL, so that the few cells with one may differ
    assert len(found) == len(kept) > 50
    assert len(set(found) & set(kept)) >= len(kept) - 5
