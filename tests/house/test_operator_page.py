"""The contract on the operator's page is one the city would read, and leaves out no word about landing."""

from __future__ import annotations

import re
from pathlib import Path

from schemas.code_table import code_table_names, load_code_table
from schemas.contract import FILE_FORMATS
from schemas.contract_file import load_contract
from schemas.landing_file import LANDING_KEYS
from schemas.standard_file import load_standard
from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "operator.md").read_text("utf-8")


def test_the_contract_on_the_page_reads_and_says_every_word_of_landing(tmp_path: Path) -> None:
    [text] = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "office.yaml").write_text(text, "utf-8")
    tables = {name: load_code_table(name) for name in code_table_names()}
    contract = load_contract(tmp_path / "office.yaml", load_standard(), tables)
    assert [one.name for one in contract.tables] == ["CARDS", "VEHICLES", "PUPILS", "subsidies"]
    assert not [word for word in LANDING_KEYS if f"{word}:" not in text]


def test_every_kind_of_source_is_on_the_page() -> None:
    from connectors.opening import FOLDERS, KINDS, SFTP

    assert not [name for name in FILE_FORMATS if f"`{name}`" not in PAGE]
    starts = [f"{kind}://" for kind in KINDS if kind not in ("postgres", "mariadb")]
    assert not [start for start in (*starts, FOLDERS[0], SFTP) if start not in PAGE]
