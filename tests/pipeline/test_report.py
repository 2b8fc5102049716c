"""The auditors' report over a small city: planted errors under their rules, reproducible, provable."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench.defect_reasons import ACCEPTED, CONTRADICTIONS
from pipeline.command_line import main
from pipeline.hub import Hub
from pipeline.lake_tables import problems_table
from pipeline.report import report
from pipeline.verify import verify_file, verify_ledger
from pipeline.whole_run import run_all
from quality.reason_groups import FIELD_GROUPS, PARTY_GROUPS, ROW_GROUPS
from schemas.errors import EvidenceBroken
from tests.pipeline.story import CORE, Story, gathered, story

RULES_OF: dict[str, set[str]] = defaultdict(set)
for _groups in (FIELD_GROUPS, ROW_GROUPS, PARTY_GROUPS):
    for _group in _groups.values():
        for _reason in _group.reasons:
            RULES_OF[_reason.value].add(_group.code)
REASON_RULES = set().union(*RULES_OF.values())
CONTRADICTED = set().union(*(RULES_OF[reason.value] for reason in CONTRADICTIONS))
Row = dict[str, Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Story, Hub]]:
    """One city with its core departments, run once; the run wrote its report."""
    tale = story(tmp_path_factory.mktemp("report"), residents=1500, seed=11)
    tale.bring()
    with tale.hub() as hub:
        assert run_all(hub, CORE) == []
        assert hub.ledger.batches("held") == []  # the city's own rules hold nobody's batch for planted errors
        yield tale, hub


def folder(tale: Story) -> Path:
    return (tale.home / "report" / "latest").resolve()


def book(hub: Hub) -> list[Row]:
    rows = gathered(hub, problems_table).to_pylist()
    return [row for row in rows if row["change"] != "mended"]


def rule_code(row: Row) -> str:
    return str(row["rule"]).rpartition(".")[2]


def answers(defect: Row, row: Row) -> bool:
    """Say whether a problem stands under a right rule for a planted error: on its cell, or where two cells disagree."""
    on_cell = defect["column"] in (row["column"] or "").split(" + ")
    right = set().union(*(RULES_OF[reason.value] for reason in ACCEPTED[defect["defect"]]), set())
    if on_cell and rule_code(row) in right | CONTRADICTED:
        return True
    return defect["evidence"] == "row" and rule_code(row) in CONTRADICTED


def by_row(rows: list[Row]) -> dict[tuple[str, str, str | None], list[Row]]:
    found: dict[tuple[str, str, str | None], list[Row]] = defaultdict(list)
    for row in rows:
        found[(row["department"], row["source_table"], row["source_key"])].append(row)
    return found


def planted(tale: Story, hub: Hub) -> list[Row]:
    """The errors of departments that ran, in columns their contracts read, that a reader of the rows can see."""
    known = [row for row in tale.planted("defects").to_pylist() if row["defect"] in ACCEPTED]
    rows = [row for row in known if row["department"] in CORE]
    tables = {(name, table.name): table for name in CORE for table in hub.contract(name).tables}
    return [row for row in rows if row["column"] not in (*tables[row["department"], row["table"]].ignore, "")]


def accepted_readers(hub: Hub) -> set[tuple[str, str, str, str]]:
    """(department, table, key, column) of every cell that an accepted statement was made from."""
    cells = set()
    for name in CORE:
        contract = hub.contract(name)
        for table in hub.lake.tables(f"current/{name}"):
            for row in hub.lake.read(table).select(["source_table", "source_key", "statement"]).to_pylist():
                emits = contract.table(row["source_table"]).emit
                emit = next(one for one in emits if one.name == row["statement"].partition("#")[0])
                for mapping in emit.fields:
                    for column in (*mapping.columns, mapping.type_column):
                        cells.add((name, row["source_table"], row["source_key"], column))
    return cells


def test_every_visible_planted_error_stands_under_the_right_rule(told: tuple[Story, Hub]) -> None:
    tale, hub = told
    problems, readable = by_row(book(hub)), accepted_readers(hub)
    missed = []
    found: Counter[str] = Counter()
    for defect in planted(tale, hub):
        if not defect["detectable"]:
            continue
        key = defect["key"].strip() if defect["key"] else None
        rows = problems[(defect["department"], defect["table"], key)]
        if any(answers(defect, row) for row in rows):
            found[defect["defect"]] += 1
        elif (defect["department"], defect["table"], key, defect["column"]) in readable:
            missed.append((defect, [(row["rule"], row["reason"]) for row in rows]))
    assert missed == []
    assert len(found) > 15
    assert found.total() > 120


def test_no_rule_counts_an_error_that_nobody_planted(told: tuple[Story, Hub]) -> None:
    tale, hub = told
    errors = by_row([{**row, "source_table": row["table"], "source_key": row["key"]} for row in planted(tale, hub)])
    invented = [
        row
        for row in book(hub)
        if rule_code(row) in REASON_RULES and row["rule"].count(".") == 2
        if not any(
            answers(error, row) for error in errors[(row["department"], row["source_table"], row["source_key"])]
        )
    ]
    assert invented == []


def test_counts_in_the_report_are_the_rows_in_the_lists(told: tuple[Story, Hub]) -> None:
    tale, hub = told
    body = json.loads((folder(tale) / "report.json").read_text("utf-8"))["payload"]["body"]
    rows = Counter((row["department"], row["rule"]) for row in book(hub))
    for name, department in body["departments"].items():
        failed: Counter[str] = Counter()
        for rule, _, _, count, _, _ in department["results"]:
            if body["rules"][rule]["dimension"] != "timeliness":
                failed[rule] += count
        for rule, count in failed.items():
            listed = rows[(name, rule)]
            # Table rules have no rows: a table is late, rows leapt, copies were left out.
            assert listed == count or rule.split(".")[0] in ("table", "source", "row") or "." not in rule, rule
        assert sum(one["open"] for one in department["problems"]["by_rule"].values()) == department["problems"]["open"]


def test_copies_and_repeated_keys_are_counted_exactly(told: tuple[Story, Hub]) -> None:
    tale, _ = told
    body = json.loads((folder(tale) / "report.json").read_text("utf-8"))["payload"]["body"]
    defects = Counter((row["department"], row["defect"]) for row in tale.planted("defects").to_pylist())
    for name in CORE:
        copies = sum(row[3] for row in body["departments"][name]["results"] if row[0] == "row.no_copies")
        assert copies == defects[(name, "identical_row")]
        keys = sum(row[3] for row in body["departments"][name]["results"] if row[0] == "row.key_present")
        assert keys == defects[(name, "null_key")]


def test_the_flow_balances_and_grades_are_given(told: tuple[Story, Hub]) -> None:
    tale, _ = told
    body = json.loads((folder(tale) / "report.json").read_text("utf-8"))["payload"]["body"]
    assert body["flow"]["unexplained"] == 0
    assert body["flow"]["gaps"] == {}
    assert body["flow"]["rows"]["extracted"] > 2500
    assert {one["grade"] for name, one in body["scores"].items() if name in CORE} <= {"A", "B", "C", "D"}
    assert body["scores"]["civil_affairs"]["coverage"] > 0.9


def test_the_report_is_the_same_bytes_from_the_ledger(told: tuple[Story, Hub]) -> None:
    tale, hub = told
    files = {path: path.read_bytes() for path in sorted(folder(tale).rglob("*")) if path.is_file()}
    entries = len(hub.ledger.evidence())
    shutil.rmtree(folder(tale))
    report(hub)
    assert {path: path.read_bytes() for path in sorted(folder(tale).rglob("*")) if path.is_file()} == files
    assert len(hub.ledger.evidence()) == entries
    assert len(files) == 4 + 2 * len(hub.city.contracts)


def test_judging_again_changes_no_problem(told: tuple[Story, Hub]) -> None:
    _, hub = told
    before = {row["fingerprint"]: row for row in book(hub)}
    report(hub, again=True)
    assert {row["fingerprint"]: row for row in book(hub)} == before


def test_every_file_of_the_report_is_proved(told: tuple[Story, Hub]) -> None:
    tale, hub = told
    for name in ("report.html", "report.json", "report.xlsx", "problems/civil_affairs.csv", "problems/tax.xlsx"):
        assert verify_file(folder(tale) / name, folder(tale) / "report.pub")["proved"]
    assert verify_ledger(hub)["entries"] >= 1


def test_a_page_or_file_of_proof_needs_nothing_but_the_public_key(told: tuple[Story, Hub], tmp_path: Path) -> None:
    tale, _ = told
    for name in ("report.html", "report.json", "report.pub"):
        shutil.copy(folder(tale) / name, tmp_path / name)
    for name in ("report.html", "report.json"):
        alone = tmp_path / f"alone-{name}"
        alone.mkdir()
        shutil.copy(tmp_path / name, alone / name)
        assert verify_file(alone / name, tmp_path / "report.pub")["proved"]


@pytest.mark.parametrize("name", ["report.html", "report.json", "report.xlsx", "problems/police_population.csv"])
def test_one_changed_byte_is_detected_wherever_it_is(told: tuple[Story, Hub], name: str, tmp_path: Path) -> None:
    tale, _ = told
    copied = tmp_path / "report"
    shutil.copytree(folder(tale), copied)
    data = (copied / name).read_bytes()
    places = sorted({0, 1, len(data) // 3, len(data) // 2, len(data) - 120, len(data) - 2, len(data) - 1})
    for place in places:
        (copied / name).write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(EvidenceBroken):
            verify_file(copied / name, folder(tale) / "report.pub")
    (copied / name).write_bytes(data[:-1])
    with pytest.raises(EvidenceBroken):
        verify_file(copied / name, folder(tale) / "report.pub")


def test_a_changed_number_signed_by_another_key_is_detected(told: tuple[Story, Hub], tmp_path: Path) -> None:
    """Someone who makes a key of his own and signs other numbers is told apart by the public key one was given."""
    from pipeline.report_files import signed_page
    from warehouse.signature import open_signer

    tale, _ = told
    html = (folder(tale) / "report.html").read_text("utf-8").rpartition("<!-- cityhub-signature ")[0]
    forged = tmp_path / "report.html"
    forged.write_bytes(signed_page(html.replace("99.", "98."), open_signer(tmp_path / "other.key")))
    with pytest.raises(EvidenceBroken, match="another key"):
        verify_file(forged, folder(tale) / "report.pub")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("absent.html", None, "cannot be read"),
        ("empty.html", b"", "no signature"),
        ("page.html", b"<html></html>\n<!-- cityhub-signature a b -->\n", "does not fit"),
        ("broken.json", b"{", "no file of proof"),
        ("list.json", b"[]", "no file of proof"),
        ("other.json", b'{"payload":{},"signature":1,"key":2}', "does not fit"),
        ("alone.xlsx", b"PK", "without report.json"),
    ],
)
def test_what_is_no_report_is_told(
    told: tuple[Story, Hub], name: str, content: bytes | None, expected: str, tmp_path: Path
) -> None:
    tale, _ = told
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(EvidenceBroken, match=expected):
        verify_file(tmp_path / name, folder(tale) / "report.pub")


def test_the_page_asks_nothing_of_any_network(told: tuple[Story, Hub]) -> None:
    tale, _ = told
    page = (folder(tale) / "report.html").read_text("utf-8")
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#)[^"']*""", page)
    assert not re.findall(r"url\(|@import|<script|<link|<iframe|<img", page)
    assert "default-src 'none'" in page
    assert len(page.encode()) < 2_000_000


def test_the_commands_say_what_they_did(told: tuple[Story, Hub]) -> None:
    tale, _ = told
    environment = {"CITYHUB_HOME": str(tale.home), "CITYHUB_THREADS": "2"}

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, [*words], env=environment)

    told_report = run("report", "--json")
    assert json.loads(told_report.output)["unexplained"] == 0
    assert run("report", "--version", "99").exit_code == 1
    assert "未被改动" in run("verify", str(folder(tale) / "report.html")).output
    assert run("verify").exit_code == 0
    absent = run("verify", "nothing.html")
    assert absent.exit_code == 1
    assert "cannot be read" in absent.output
    listed = json.loads(run("rules", "--json", "-d", "civil_affairs").output)
    assert {"person.name.filled", "birth_date_as_police"} <= {one["rule"] for one in listed}
    assert run("rules", "-d", "civil_afairs").exit_code == 1


def browser() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "the report is tested in a real browser: apt-get install chromium"
    return found


def test_a_browser_without_network_draws_every_page(told: tuple[Story, Hub], tmp_path: Path) -> None:
    tale, _ = told
    page, printed = folder(tale) / "report.html", tmp_path / "report.pdf"
    alone = ["unshare", "--net", "--map-root-user"]  # no network at all: whatever is fetched from outside is missing
    drawn = [
        *alone, browser(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1280,800", "--virtual-time-budget=3000",
    ]  # fmt: skip
    dump = [*drawn, "--dump-dom", page.as_uri()]
    seen = subprocess.run(dump, capture_output=True, text=True, timeout=120, check=True)
    for part in ("谁要做什么", "部门 × 维度", "规则", "归并质量", "问题与期限", "一人溯源", "方法与验证"):
        assert part in seen.stdout
    assert seen.stdout.count("<svg") >= 5
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", seen.stdout)
    subprocess.run([*drawn, f"--print-to-pdf={printed}", page.as_uri()], capture_output=True, timeout=120, check=True)
    assert printed.stat().st_size > 50_000
