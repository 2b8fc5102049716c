"""Markers, archives and SFTP: what counts as dropped, what is put away, and whom we believe."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.opening import open_source
from connectors.source import Extraction, ReadRequest, ReadSettings
from schemas.contract import FileShape
from schemas.errors import SourceBusy, SourceDamaged, SourceRefused, SourceUnreachable
from tests import sftp
from tests.connectors.contracts import contract, rows, table

TEXT = b"RYID,XM\n1,a\n2,b\n"
SHAPE = FileShape("people*.csv", "csv", "utf-8", ready=True, archive="landed")
PEOPLE = table("people", ("RYID", "XM"), file=SHAPE)


@pytest.fixture(params=["local", "sftp"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A drop folder and the URL that leads to it."""
    if request.param == "local":
        yield tmp_path, f"files://{tmp_path}"
        return
    with sftp.server(tmp_path) as running:
        yield tmp_path, running.url()


def drop(folder: Path, name: str, text: bytes = TEXT, marker: str | None = None) -> None:
    (folder / name).write_bytes(text)
    told = f"{len(text)} sha256:{hashlib.sha256(text).hexdigest()}" if marker is None else marker
    (folder / f"{name}.ready").write_text(told)


def read(url: str, since: str | None = None) -> Extraction:
    return open_source(contract(PEOPLE), url, ReadSettings(connect_seconds=3)).stream(ReadRequest(PEOPLE, since))


def test_a_file_counts_once_its_marker_stands(place: tuple[Path, str]) -> None:
    folder, url = place
    (folder / "people1.csv").write_bytes(TEXT)
    with pytest.raises(SourceUnreachable, match=r"without their \.ready"):
        read(url)
    drop(folder, "people1.csv")
    (folder / "people2.csv").write_bytes(TEXT)
    extraction = read(url)
    assert [row["XM"] for row in rows(extraction)] == ["a", "b"]
    assert str(extraction.high_water).startswith("people1.csv|")


def test_an_empty_marker_says_only_that_the_file_is_whole(place: tuple[Path, str]) -> None:
    drop(place[0], "people1.csv", marker="")
    assert len(rows(read(place[1]))) == 2


@pytest.mark.parametrize("marker", [f"9 sha256:{'0' * 64}", f"{len(TEXT)} sha256:{'0' * 64}", "done"])
def test_a_file_that_is_not_its_markers_is_refused(tmp_path: Path, marker: str) -> None:
    drop(tmp_path, "people1.csv", marker=marker)
    with pytest.raises(SourceDamaged, match="marker"):
        read(f"files://{tmp_path}")


def test_what_was_landed_is_put_away_with_its_marker_once(place: tuple[Path, str]) -> None:
    folder, url = place
    drop(folder, "people2.csv")
    drop(folder, "people1.csv")
    extraction = read(url)
    rows(extraction)
    source = open_source(contract(PEOPLE), url)
    for _ in range(2):
        assert source.settle(PEOPLE, str(extraction.high_water), 7) == "landed/7"
    assert sorted(path.name for path in (folder / "landed" / "7").iterdir()) == [
        "people1.csv", "people1.csv.ready", "people2.csv", "people2.csv.ready",
    ]  # fmt: skip
    again = read(url, extraction.high_water)
    assert rows(again) == []
    assert again.unchanged
    assert again.high_water == extraction.high_water
    assert len(rows(read(url))) == 2  # a changed contract reads it from where it was put


def test_another_file_under_the_same_name_stays(tmp_path: Path) -> None:
    drop(tmp_path, "people2.csv")
    extraction = read(f"files://{tmp_path}")
    rows(extraction)
    drop(tmp_path, "people2.csv", b"RYID,XM\n3,c\n")
    open_source(contract(PEOPLE), f"files://{tmp_path}").settle(PEOPLE, str(extraction.high_water), 7)
    assert (tmp_path / "people2.csv").exists()
    assert len(rows(read(f"files://{tmp_path}", extraction.high_water))) == 1


def test_a_file_dated_before_the_last_one_is_not_taken(tmp_path: Path) -> None:
    drop(tmp_path, "people20260302.csv")
    mark = read(f"files://{tmp_path}")
    rows(mark)
    (tmp_path / "people20260302.csv").unlink()
    drop(tmp_path, "people20260301.csv", b"RYID,XM\n9,old\n")
    late = read(f"files://{tmp_path}", mark.high_water)
    assert rows(late) == []
    assert "older than what was landed" in late.notes[0]


def test_a_file_replaced_while_it_is_read_is_busy(tmp_path: Path) -> None:
    text = b"RYID,XM\n" + b"".join(b"%d,a\n" % number for number in range(2000))
    drop(tmp_path, "people1.csv", text)
    extraction = open_source(contract(PEOPLE), f"files://{tmp_path}").stream(ReadRequest(PEOPLE, batch_rows=100))
    with pytest.raises(SourceBusy, match="replaced"):
        for number, _ in enumerate(extraction):
            if number == 3:
                drop(tmp_path, "people1.csv", text + b"9999,b\n")


def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    with sftp.server(tmp_path) as running, pytest.raises(SourceRefused, match="password") as caught:
        read(running.url(password="guess"))
    assert "guess" not in str(caught.value)


@pytest.mark.parametrize("key", ["", "A" * 43], ids=["unknown host", "another host's key"])
def test_a_server_that_is_not_the_one_we_know_is_refused(tmp_path: Path, key: str) -> None:
    with sftp.server(tmp_path) as running, pytest.raises(SourceRefused, match="host key"):
        read(running.url(key=key))


def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(SourceUnreachable):
        read(sftp.Running(port, "A" * 43).url())


def test_a_server_that_goes_silent_is_left_alone(tmp_path: Path) -> None:
    drop(tmp_path, "people1.csv")
    with sftp.server(tmp_path) as running:
        running.stalled.set()
        source = open_source(contract(PEOPLE), running.url(), ReadSettings(connect_seconds=3, silent_seconds=1))
        with pytest.raises(SourceUnreachable):
            source.stream(ReadRequest(PEOPLE))
        running.stalled.clear()
        assert len(rows(read(running.url()))) == 2
