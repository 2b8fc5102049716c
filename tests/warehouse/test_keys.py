"""The city key: made once, private, bound to its lake; ids keyed and separated by place."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pyarrow as pa
import pytest

from schemas.errors import LakeError, LakeKeyMissing
from warehouse.keys import CityKey
from warehouse.lake import Lake

SECRET = "ab" * 32


def ids(key: CityKey, *texts: str | None, place: tuple[str, str, str] = ("civil_affairs", "REG", "husband")) -> list:
    return key.record_ids(*place, pa.array(texts, pa.string())).to_pylist()


def test_a_new_lake_gets_a_private_key_and_keeps_it(tmp_path: Path) -> None:
    file, lake = tmp_path / "city.key", tmp_path / "lake"
    first, second = CityKey.open(file, lake), CityKey.open(file, lake)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and len(file.read_bytes()) == 32
    assert ids(first, "1") == ids(second, "1")
    assert list(tmp_path.iterdir()) == [file, lake] or set(tmp_path.iterdir()) == {file, lake}


def test_a_lake_without_its_key_is_an_error(tmp_path: Path) -> None:
    file, lake = tmp_path / "city.key", tmp_path / "lake"
    CityKey.open(file, lake)
    file.unlink()
    with pytest.raises(LakeKeyMissing):
        CityKey.open(file, lake)
    assert not file.exists()


def test_a_lake_with_tables_but_no_fingerprint_still_misses_its_key(tmp_path: Path) -> None:
    Lake(tmp_path / "lake").append("raw/a/T", pa.table({"x": ["1"]}))
    with pytest.raises(LakeKeyMissing):
        CityKey.open(tmp_path / "city.key", tmp_path / "lake")


def test_another_key_is_refused(tmp_path: Path) -> None:
    CityKey.open(tmp_path / "city.key", tmp_path / "lake")
    with pytest.raises(LakeError, match="not the one"):
        CityKey.open(tmp_path / "city.key", tmp_path / "lake", secret=SECRET)


def test_a_key_file_others_may_read_is_refused(tmp_path: Path) -> None:
    file, lake = tmp_path / "city.key", tmp_path / "lake"
    CityKey.open(file, lake)
    file.chmod(0o640)
    with pytest.raises(LakeError, match="0640"):
        CityKey.open(file, lake)


@pytest.mark.parametrize("secret", ["", "short", "zz" * 32, "ab" * 31])
def test_a_wrong_secret_is_refused_and_not_shown(tmp_path: Path, secret: str) -> None:
    with pytest.raises(LakeError) as caught:
        CityKey.open(tmp_path / "city.key", tmp_path / "lake", secret=secret)
    assert not secret or secret not in str(caught.value)


def test_neither_text_form_nor_lake_shows_the_secret(tmp_path: Path) -> None:
    key = CityKey.open(tmp_path / "city.key", tmp_path / "lake", secret=SECRET)
    assert SECRET not in repr(key) and SECRET not in (tmp_path / "lake" / "_key_fingerprint").read_text()


def test_ids_depend_on_key_place_and_text() -> None:
    key, other = CityKey(b"k" * 32), CityKey(b"j" * 32)
    [one] = ids(key, "13030219800101123X")
    assert len(one) == 32 and set(one) <= set("0123456789abcdef")
    variants = [
        ids(other, "13030219800101123X"),
        ids(key, "130302198001011231"),
        ids(key, "13030219800101123X", place=("civil_affairs", "REG", "wife")),
        ids(key, "13030219800101123X", place=("civil_affair", "sREG", "husband")),
        ids(key, "13030219800101123X", place=("civil_affairs", "REGh", "usband")),
    ]
    assert len({one, *(variant[0] for variant in variants)}) == 6


def test_ids_equal_the_definition_row_by_row() -> None:
    secret = b"k" * 32
    domain = hashlib.blake2b(key=secret, digest_size=32, person=b"cityhub.domain")
    for part in (b"d", b"t", b"s"):
        domain.update(len(part).to_bytes(4, "big") + part)
    expected = hashlib.blake2b(domain.digest() + "张".encode(), key=secret, digest_size=16, person=b"cityhub.record")
    assert ids(CityKey(secret), "张", place=("d", "t", "s")) == [expected.hexdigest()]


def test_null_keys_have_null_ids_and_slices_work() -> None:
    key = CityKey(b"k" * 32)
    texts = pa.array(["x", "a", None, "", "b"]).slice(1)
    found = key.record_ids("d", "t", "s", pa.chunked_array([texts]))
    found.validate(full=True)
    assert found.to_pylist()[1] is None and found.null_count == 1
    assert found.to_pylist()[0] == key.record_ids("d", "t", "s", pa.array(["a"]))[0].as_py()
    assert key.record_ids("d", "t", "s", pa.array([], pa.string())).to_pylist() == []
