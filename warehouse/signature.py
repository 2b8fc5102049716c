"""Signatures of reports: Ed25519. The private key stays with the hub; the public one goes to whoever verifies."""

from __future__ import annotations

import base64
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from schemas.errors import EvidenceBroken
from schemas.evidence import digest


@dataclass(frozen=True)
class Signer:
    """A private key. Its text form shows the public fingerprint only."""

    _key: Ed25519PrivateKey

    @property
    def public_pem(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        """Return 16 hex digits that tell public keys apart."""
        return fingerprint(self._key.public_key())

    def __repr__(self) -> str:
        return f"Signer(fingerprint={self.fingerprint!r})"

    def sign(self, data: bytes) -> str:
        """Return the signature of `data` in Base64; the same data always has the same signature."""
        return base64.b64encode(self._key.sign(data)).decode()


def open_signer(path: Path) -> Signer:
    """Return the signer whose key lies in `path` (PEM), making one of mode 0600 where there is none.

    Raises EvidenceBroken for a key that others may read, or a file that holds none.
    """
    if not path.exists():
        _create(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise EvidenceBroken(str(path), ("签名私钥可被他人读取 others may read the signing key: chmod 600",))
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        raise EvidenceBroken(str(path), ("不是签名私钥 this is no signing key",)) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise EvidenceBroken(str(path), ("应为 Ed25519 私钥 the signing key must be Ed25519",))
    return Signer(key)


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    part = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # whoever comes first; never over a key that stands
            os.link(part, path)
    finally:
        part.unlink()


def load_public_key(path: Path) -> Ed25519PublicKey:
    """Return the public key in a PEM file. Raises EvidenceBroken where there is none."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, TypeError):
        raise EvidenceBroken(str(path), ("读不到公钥 no public key could be read here",)) from None
    if not isinstance(key, Ed25519PublicKey):
        raise EvidenceBroken(str(path), ("应为 Ed25519 公钥 the public key must be Ed25519",))
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return 16 hex digits that tell public keys apart."""
    return digest(key.public_bytes(Encoding.Raw, PublicFormat.Raw))[:16]


def is_signed(key: Ed25519PublicKey, data: bytes, signature: str) -> bool:
    """Return whether `signature` (Base64) is this key's of exactly these bytes."""
    try:
        key.verify(base64.b64decode(signature, validate=True), data)
    except (InvalidSignature, ValueError):
        return False
    return True
