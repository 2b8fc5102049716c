"""The ledger of evidence on both databases: appended, never changed, proved against its anchors."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from schemas.errors import EvidenceBroken, FenceLost, LedgerError
from tests.warehouse.conftest import NOON, Hub
from warehouse.evidence import anchor, chain_faults, read_anchors
from warehouse.signature import is_signed, load_public_key, open_signer


def recorded(hub: Hub, count: int = 3) -> None:
    for number in range(count):
        hub.ledger.record_evidence(hub.fence, "report", str(number), {"q": number}, NOON)


def test_entries_are_chained_in_order(hub: Hub, tmp_path: Path) -> None:
    recorded(hub)
    entries = hub.ledger.evidence()
    assert [one.seq for one in entries] == [1, 2, 3]
    assert entries[1].content == {"q": 1}
    for one in entries:
        anchor(tmp_path / "anchors.txt", one)
    assert chain_faults(entries, tmp_path / "anchors.txt") == []
    assert [one.subject for one in hub.ledger.evidence("report", "1")] == ["1"]


def test_the_same_again_is_the_entry_that_stands(hub: Hub) -> None:
    first = hub.ledger.record_evidence(hub.fence, "report", "1", {"q": 1}, NOON)
    assert hub.ledger.record_evidence(hub.fence, "report", "1", {"q": 1}, NOON) == first
    assert hub.ledger.record_evidence(hub.fence, "report", "1", {"q": 2}, NOON).seq == 2


def test_an_old_run_may_not_append(hub: Hub) -> None:
    hub.ledger.acquire("hub", "run-2", NOON)
    with pytest.raises(FenceLost):
        recorded(hub)


@pytest.mark.parametrize("sql", ["UPDATE evidence SET body = '{}' WHERE seq = 2", "DELETE FROM evidence WHERE seq = 2"])
def test_the_database_itself_refuses_a_change(hub: Hub, sql: str) -> None:
    recorded(hub)
    with pytest.raises(LedgerError), hub.database.write() as connection:
        connection.execute(text(sql))
    assert len(hub.ledger.evidence()) == 3


def test_a_change_behind_the_database_is_found(hub: Hub, tmp_path: Path) -> None:
    recorded(hub)
    anchors = tmp_path / "anchors.txt"
    anchor(anchors, hub.ledger.evidence()[-1])
    triggers = (
        ["DROP TRIGGER evidence_no_update"]
        if hub.database.is_sqlite
        else ["ALTER TABLE evidence DISABLE TRIGGER evidence_stands"]
    )
    with hub.database.write() as connection:
        for sql in triggers:
            connection.execute(text(sql))
        connection.execute(text("""UPDATE evidence SET body = '{}' WHERE seq = 2"""))
    try:
        assert chain_faults(hub.ledger.evidence(), anchors)
    finally:
        if not hub.database.is_sqlite:
            with hub.database.write() as connection:
                connection.execute(text("ALTER TABLE evidence ENABLE TRIGGER evidence_stands"))


def test_a_lost_end_and_a_lost_file_of_anchors_are_found(hub: Hub, tmp_path: Path) -> None:
    recorded(hub)
    entries, anchors = hub.ledger.evidence(), tmp_path / "anchors.txt"
    anchor(anchors, entries[-1])
    assert chain_faults(entries[:-1], anchors)
    anchors.unlink()
    assert chain_faults(entries, anchors)


def test_an_anchor_is_set_once_and_a_broken_file_is_told(hub: Hub, tmp_path: Path) -> None:
    recorded(hub, 1)
    path = tmp_path / "anchors.txt"
    for _ in range(2):
        anchor(path, hub.ledger.evidence()[0])
    assert len(read_anchors(path)) == 1
    path.write_text("1 abc\n", encoding="utf-8")
    with pytest.raises(EvidenceBroken, match="line 1 is no anchor"):
        read_anchors(path)


def test_a_signature_fits_one_key_and_these_bytes_only(tmp_path: Path) -> None:
    signer, other = open_signer(tmp_path / "a.key"), open_signer(tmp_path / "b.key")
    assert open_signer(tmp_path / "a.key").fingerprint == signer.fingerprint
    (tmp_path / "a.pub").write_bytes(signer.public_pem)
    key = load_public_key(tmp_path / "a.pub")
    signature = signer.sign(b"report")
    assert is_signed(key, b"report", signature)
    assert not is_signed(key, b"Report", signature)
    assert not is_signed(key, b"report", other.sign(b"report"))
    assert not is_signed(key, b"report", "no signature")
    assert "PRIVATE" not in repr(signer)


@pytest.mark.parametrize(("content", "mode", "expected"), [("nothing", 0o600, "no signing key"), ("", 0o644, "others")])
def test_a_key_that_is_none_or_open_to_others_is_refused(
    content: str, mode: int, expected: str, tmp_path: Path
) -> None:
    path = tmp_path / "report.key"
    path.write_text(content, encoding="utf-8")
    path.chmod(mode)
    with pytest.raises(EvidenceBroken, match=expected):
        open_signer(path)


def test_a_public_key_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvidenceBroken, match="no public key"):
        load_public_key(tmp_path / "absent.pub")
