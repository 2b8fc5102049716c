"""Bad input: a clear message or a quarantined statement; watermark unmoved, nothing half written, the city goes on."""

from __future__ import annotations

import csv
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest

from pipeline.hub import Hub
from pipeline.quarantine import quarantined
from pipeline.trace import Shown
from pipeline.whole_run import run_to_published
from schemas.errors import CityhubError, SourceDamaged, SourceDrift, SourceRefused, SourceUnreachable, Transient
from tests.pipeline.story import CORE, Story, story, versions

DEPARTMENT, TABLE = "civil_affairs", "MARRIAGE_REG"
Mischief = Callable[[Path], None]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """A small city that has run once; tests take copies of it."""
    tale = story(tmp_path_factory.mktemp("sound"), residents=300)
    tale.bring()
    with tale.hub() as hub:
        assert run_to_published(hub, CORE) == []
    return tale


@pytest.fixture
def tale(sound: Story, tmp_path: Path) -> Story:
    """A copy of the sound city, for this test to spoil."""
    shutil.copytree(sound.home, tmp_path / "var", symlinks=True)
    shutil.copytree(sound.truth, tmp_path / "truth")
    return Story(tmp_path / "var", tmp_path / "truth", residents=300)


@pytest.fixture
def hub(tale: Story) -> Iterator[Hub]:
    with tale.hub() as opened:
        yield opened


def database(tale: Story, department: str = DEPARTMENT) -> Path:
    return tale.home / "demo" / "sources" / f"{department}.sqlite"


def change(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def missing_file(path: Path) -> None:
    path.rename(path.with_suffix(".away"))


def not_a_database(path: Path) -> None:
    path.write_bytes(b"This is no database at all. " * 200)


def no_table(path: Path) -> None:
    change(path, f"ALTER TABLE {TABLE} RENAME TO MARRIAGE_OLD")


def no_column(path: Path) -> None:
    change(path, f"ALTER TABLE {TABLE} RENAME COLUMN NAME_MAN TO MAN_NAME")


@pytest.mark.parametrize(
    ("mischief", "error", "words"),
    [
        (missing_file, SourceUnreachable, "civil_affairs"),
        (not_a_database, SourceDamaged, "civil_affairs"),
        (no_table, SourceDrift, "MARRIAGE_REG"),
        (no_column, SourceDrift, "NAME_MAN"),
    ],
)
def test_a_spoilt_database_is_told_and_the_city_goes_on(
    tale: Story, hub: Hub, mischief: Mischief, error: type[CityhubError], words: str
) -> None:
    before, watermark = versions(hub), hub.ledger.watermark(DEPARTMENT, TABLE)
    mischief(database(tale))
    [failure] = run_to_published(hub, CORE)
    assert isinstance(failure, error)
    assert words in str(failure) and "▸" in str(failure)
    assert hub.ledger.watermark(DEPARTMENT, TABLE) == watermark
    assert versions(hub) == before
    assert hub.ledger.batches("opening") == []


def test_a_source_that_comes_back_is_caught_up_with(tale: Story, hub: Hub) -> None:
    path = database(tale)
    missing_file(path)
    [failure] = run_to_published(hub, CORE)
    assert isinstance(failure, Transient)
    path.with_suffix(".away").rename(path)
    change(path, f"UPDATE {TABLE} SET TEL_MAN = '13900001111', UPDATE_TIME = '2026-06-30 23:59:58' WHERE rowid = 1")
    assert run_to_published(hub, CORE) == []
    assert hub.ledger.batches("accepted", DEPARTMENT)[-1].counts["changed"] == 1


def test_a_wrong_password_is_refused_without_showing_it(tale: Story, postgres_url: str) -> None:
    wrong = postgres_url.replace("let-me-in", "guess-me-not")
    with tale.hub(CITYHUB_CONNECTION_CIVIL_AFFAIRS=wrong) as hub:
        [failure] = run_to_published(hub, CORE)
    assert isinstance(failure, SourceRefused)
    assert "guess-me-not" not in str(failure)


def test_an_emptied_table_is_held_for_a_person_and_deletes_nobody(tale: Story, hub: Hub) -> None:
    """A list of nobody is read whole and held: the people it had stay."""
    path = tale.home / "demo" / "drop" / "agriculture" / "subsidy_recipients.csv"
    before = versions(hub)
    head = path.read_bytes().split(b"\r\n", 1)[0]
    spoil_list(path, head + b"\r\n")
    assert run_to_published(hub, CORE) == []
    [held] = hub.ledger.batches("held", "agriculture")
    assert "rows_changed" in (held.held_reason or "")
    assert versions(hub) == before


@pytest.mark.parametrize(
    ("spoilt", "error"),
    [
        (lambda content: content.decode("gb18030").encode("utf-8"), SourceDamaged),  # another encoding
        (lambda content: content[: len(content) // 2] + b"\x81", SourceDamaged),  # cut in the middle of a character
        (lambda content: content + b'NB1,"open quote', SourceDamaged),
        (lambda content: content.replace("姓名".encode("gb18030"), b"XM", 1), SourceDrift),
    ],
    ids=["encoding", "truncated", "quote", "column"],
)
def test_a_spoilt_list_is_told_and_nothing_of_it_is_taken(
    tale: Story, hub: Hub, spoilt: Callable[[bytes], bytes], error: type[CityhubError]
) -> None:
    path = tale.home / "demo" / "drop" / "agriculture" / "subsidy_recipients.csv"
    before = versions(hub)
    spoil_list(path, spoilt(path.read_bytes()))
    [failure] = run_to_published(hub, CORE)
    assert isinstance(failure, error), failure
    assert versions(hub) == before


def spoil_list(path: Path, content: bytes) -> None:
    """Replace a dropped list; its marker, which vouches for the old content, goes with it."""
    path.write_bytes(content)
    marker = path.with_name(path.name + ".ready")
    if marker.exists():
        from hashlib import sha256

        marker.write_text(f"{len(content)} sha256:{sha256(content).hexdigest()}\n")


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(tale: Story, hub: Hub) -> None:
    path = tale.home / "demo" / "drop" / "agriculture" / "cooperatives.xlsx"
    bomb = path.with_name("bomb.zip")
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in whole.namelist():
            with packed.open(name, "w", force_zip64=True) as part:
                part.write(whole.read(name))
                if name.endswith("sheet1.xml"):
                    for _ in range(300):
                        part.write(b" " * (1 << 20))
    spoil_list(path, bomb.read_bytes())
    bomb.unlink()
    [failure] = run_to_published(hub, CORE)
    assert isinstance(failure, SourceDamaged), failure


def test_bad_rows_are_refused_one_by_one(tale: Story, hub: Hub) -> None:
    """Null key, repeated key, ragged row, over-long value, formula, a line in UTF-8, an unreadable key: the good rows
    of the list are taken."""
    path = tale.home / "demo" / "drop" / "agriculture" / "subsidy_recipients.csv"
    text = path.read_bytes().decode("gb18030")
    head, first, *_ = list(csv.reader(text.splitlines()))
    good = dict(zip(head, first, strict=True))
    lines = [
        {**good, "登记编号": ""},
        {**good, "登记编号": "NBX1", "联系电话": "13800000001"},
        {**good, "登记编号": "NBX1", "联系电话": "13800000002"},
        {**good, "登记编号": "NBX2", "姓名": "王" * 5000},
        {**good, "登记编号": "NBX3", "姓名": "=HYPERLINK(1)"},
    ]
    more = "".join(",".join(line[name] for name in head) + "\r\n" for line in lines) + "NBX4,只有两格\r\n"
    other = ",".join({**good, "登记编号": "NBX5", "姓名": "张三丰"}[name] for name in head) + "\r\n"
    unreadable = ",".join({**good, "登记编号": "NBX?"}[name] for name in head).encode("gb18030") + b"\r\n"
    unreadable = unreadable.replace(b"NBX?", b"NBX\xff")
    spoil_list(path, (text + more).encode("gb18030") + other.encode("utf-8") + unreadable)
    assert run_to_published(hub, CORE) == []
    refused = hub.lake.read("quarantine/agriculture", batch=hub.ledger.batches("accepted", "agriculture")[-2].id)
    reasons = {(row["source_key"], row["reason"]) for row in refused.to_pylist()}
    assert {("NBX1", "repeated_key"), ("NBX2", "too_long"), ("NBX5", "damaged_text")} <= reasons
    assert ("NBX\ufffd", "damaged_text") in reasons
    assert {reason for _, reason in reasons} >= {"null_key", "ragged_row"}
    assert any(key == "NBX3" for key, _ in reasons)
    shown = quarantined(hub, ["agriculture"], 99, Shown())
    assert {line["key"] for line in shown if line["reason"] == "ragged_row"} == {"****"}  # the whole line stands there
    assert "只有两格" not in str(shown)


def test_nul_in_text_is_kept_out_of_the_golden_values(tale: Story, hub: Hub) -> None:
    change(
        database(tale, "social_security"),
        "UPDATE AC01 SET AAC003 = '张' || char(0) || '伟', AAE036 = '2026-06-30 23:59:59' WHERE rowid = 2",
    )
    assert run_to_published(hub, CORE) == []
    names = hub.lake.read("golden/person").column("name").to_pylist()
    assert not any("\0" in name for name in names if name)


def test_a_formula_in_a_workbook_is_never_taken_for_a_value(tale: Story, hub: Hub) -> None:
    path = tale.home / "demo" / "drop" / "agriculture" / "cooperatives.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    sheet.cell(2, heads.index("合作社名称") + 1).value = "=1+1"
    book.save(path)
    spoil_list(path, path.read_bytes())
    assert run_to_published(hub, CORE) == []
    assert "2" not in hub.lake.read("golden/business").column("name").to_pylist()
    assert "=1+1" not in hub.lake.read("golden/business").column("name").to_pylist()
