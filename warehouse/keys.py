"""The city key: 32 secret bytes that make record ids impossible to reverse, and the check that a lake keeps its key.

A bare hash of an identity number is undone in minutes by hashing all numbers; a keyed one is not. Whoever loses the
key can no longer tell which stored record a source row is: hence a lake without its key is an error, never a new key.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from schemas.errors import LakeError, LakeKeyMissing

KEY_BYTES = 32
FINGERPRINT_FILE = "_key_fingerprint"
_RESTORE = "恢复原来的 city.key 或 CITYHUB_CITY_KEY restore the city's own key"
HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


class CityKey:
    """The city's secret. Its text form never shows the secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            said = f"城市密钥应为 {KEY_BYTES} 字节 the city key must be {KEY_BYTES} bytes, not {len(secret)}"
            raise LakeError(said, next_step=_RESTORE)
        self._secret = secret

    def __repr__(self) -> str:
        return f"CityKey(fingerprint={self.fingerprint!r})"

    @classmethod
    def open(cls, file: Path, lake: Path, secret: str | None = None) -> CityKey:
        """Return the key of the lake in folder `lake`: from `secret` (64 hex digits) or else from `file`.

        A lake still without data gets a new key, written to `file` with mode 0600, once, whoever comes first. The
        lake keeps the key's fingerprint. Raises `LakeKeyMissing` when the lake has data and there is no key;
        `LakeError` for a key of another lake, a damaged key, or a file others may read.
        """
        if secret is not None:
            key = cls(_from_hex(secret))
        elif file.exists():
            key = cls(_read(file))
        elif has_data(lake):
            raise LakeKeyMissing(lake)
        else:
            key = cls(_create(file))
        key._claim(lake)
        return key

    @property
    def fingerprint(self) -> str:
        """Return 16 hex digits that tell two keys apart and reveal nothing of either."""
        return hashlib.blake2b(key=self._secret, digest_size=8, person=b"cityhub.finger").hexdigest()

    def record_ids(self, department: str, table: str, statement: str, source_keys: pa.Array) -> pa.Array:
        """Return one id (32 hex digits) for each source key, null for a null key: keyed BLAKE2b-128.

        The same key in another department, table or statement gives an unrelated id. `source_keys` are text; a key of
        several columns is joined by the caller without ambiguity.
        """
        if isinstance(source_keys, pa.ChunkedArray):
            source_keys = source_keys.combine_chunks()
        domain = self._domain(department, table, statement)
        start = hashlib.blake2b(domain, key=self._secret, digest_size=16, person=b"cityhub.record").copy
        digests: list[bytes] = []
        keep = digests.append
        for text in source_keys.drop_null().cast(pa.binary()).to_pylist():
            hasher = start()
            hasher.update(text)
            keep(hasher.digest())
        return _hex_column(b"".join(digests), source_keys)

    def _domain(self, department: str, table: str, statement: str) -> bytes:
        """Return 32 bytes for this place; lengths go in, so that ("ab", "c") and ("a", "bc") differ."""
        hasher = hashlib.blake2b(key=self._secret, digest_size=32, person=b"cityhub.domain")
        for part in (department, table, statement):
            raw = part.encode()
            hasher.update(len(raw).to_bytes(4, "big") + raw)
        return hasher.digest()

    def _claim(self, lake: Path) -> None:
        """Leave the fingerprint in the lake, or refuse a lake that another key has claimed."""
        lake.mkdir(parents=True, exist_ok=True)
        place = lake / FINGERPRINT_FILE
        if not place.exists():
            _write_once(place, self.fingerprint.encode())
        if place.read_text().strip() != self.fingerprint:
            raise LakeError(
                f"密钥与数据湖不符 the city key is not the one this lake was made with: {lake}",
                next_step="恢复原来的 city.key; restore the lake's own key, or start a new lake",
            )


def has_data(lake: Path) -> bool:
    """Return whether the lake has been claimed by a key or holds any table."""
    return (lake / FINGERPRINT_FILE).exists() or any(lake.rglob("_delta_log"))


def _from_hex(secret: str) -> bytes:
    try:
        return bytes.fromhex(secret.strip())
    except ValueError:
        raise LakeError("城市密钥应为 64 位十六进制 the city key must be 64 hex digits", next_step=_RESTORE) from None


def _read(file: Path) -> bytes:
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        raise LakeError(
            f"密钥文件权限过宽 others may read the city key: {file} has mode {mode:04o}",
            next_step=f"chmod 600 {file}",
        )
    return file.read_bytes()


def _create(file: Path) -> bytes:
    """Return the new key, or the one another process has just written."""
    file.parent.mkdir(parents=True, exist_ok=True)
    _write_once(file, secrets.token_bytes(KEY_BYTES))
    return _read(file)


def _write_once(file: Path, content: bytes) -> None:
    """Create `file` with mode 0600 and its whole content in one step; an existing file stays as it is."""
    handle, work = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # O_EXCL, 0600
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.link(work, file)  # unlike rename, link never replaces
    except FileExistsError:
        pass
    finally:
        Path(work).unlink()


def _hex_column(digests: bytes, source_keys: pa.Array) -> pa.Array:
    """Return the 16-byte digests as a string column, with nulls where the source keys are null."""
    raw = np.frombuffer(digests, dtype=np.uint8)
    text = np.empty(raw.size * 2, dtype=np.uint8)
    text[0::2], text[1::2] = HEX[raw >> 4], HEX[raw & 15]
    present = np.asarray(source_keys.is_valid())
    offsets = np.zeros(len(source_keys) + 1, dtype=np.int32)
    np.cumsum(present * np.int32(32), out=offsets[1:])
    validity = None if present.all() else pa.array(present).buffers()[1]
    return pa.StringArray.from_buffers(len(source_keys), pa.py_buffer(offsets), pa.py_buffer(text), validity)
