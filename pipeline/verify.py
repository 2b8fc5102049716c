"""Verify: prove that a report, or the ledger of evidence, is what it was. A file needs nothing but the public key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipeline.evidence_records import anchors_file
from pipeline.hub import Hub
from pipeline.report_files import KEY, PROOF, SIGNATURE, proof_text
from quality.report.proof import body_faults
from schemas.errors import EvidenceBroken
from schemas.evidence import canonical_json, digest, entry_of, faults_of
from warehouse.evidence import chain_faults
from warehouse.signature import fingerprint, is_signed, load_public_key

_LARGEST = 500_000_000  # bytes of a file to be proved


def verify_file(path: Path, key_path: Path | None) -> dict[str, Any]:
    """Prove one file of a report and return what was proved, in words.

    A page carries its own signature; the file of proof (`report.json`) its signature, the chain up to its entry and
    the digests of the other files, which are compared where they lie beside it. Workbooks and lists need the file of
    proof beside them. Raises EvidenceBroken naming everything that does not hold.
    """
    data = _read(path)
    place = key_path or _key_beside(path)
    key = load_public_key(place)
    if path.suffix == ".html":
        proved = _page(path, data, key)
    elif path.suffix == ".json":
        proved = _proof(path, data, key)
    else:
        proved = _member(path, data, key)
    return {"file": str(path), "key": fingerprint(key), "key_file": str(place), "proved": proved}


def verify_ledger(hub: Hub) -> dict[str, Any]:
    """Prove the whole chain of evidence in the hub against its anchors. Raises EvidenceBroken."""
    entries = hub.ledger.evidence()
    faults = chain_faults(entries, anchors_file(hub))
    for one in entries:
        if one.kind == "report" and not faults:
            faults += [f"第 {one.seq} 条 entry {one.seq}: {fault}" for fault in body_faults(one.content)]
    if faults:
        raise EvidenceBroken("账本 ledger", tuple(faults))
    head = entries[-1].hash if entries else ""
    return {"entries": len(entries), "head": head, "anchors": str(anchors_file(hub))}


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise EvidenceBroken(str(path), (f"文件过大 larger than {_LARGEST:,} bytes",))
        return path.read_bytes()
    except OSError as error:
        raise EvidenceBroken(str(path), (f"读不到文件 cannot be read ({error.strerror})",)) from None


def _key_beside(path: Path) -> Path:
    """Return the public key that came with the report; whoever relies on it compares its fingerprint first."""
    for folder in (path.resolve().parent, path.resolve().parent.parent):
        if (folder / KEY).is_file():
            return folder / KEY
    raise EvidenceBroken(str(path), ("没有公钥，请用 --key 指明 no public key beside it: name one with --key",))


def _page(path: Path, data: bytes, key: Ed25519PublicKey) -> list[str]:
    content, found, rest = data.rpartition(SIGNATURE.encode())
    words = rest.decode("ascii", "replace").removesuffix(" -->\n").split(" ")
    if not found or not rest.endswith(b" -->\n") or len(words) != 2:
        raise EvidenceBroken(str(path), ("末行没有签名 the last line is no signature",))
    if words[0] != fingerprint(key) or not is_signed(key, content, words[1]):
        raise EvidenceBroken(
            str(path), ("签名不符：内容被改动，或不是这把公钥 the signature does not fit: altered, or another key",)
        )
    proved = ["页面每个字节均与签名相符 every byte of the page is what was signed"]
    beside = path.with_name(PROOF)
    if beside.is_file():
        proved += _member(path, data, key)
    return proved


def _proof(path: Path, data: bytes, key: Ed25519PublicKey) -> list[str]:
    told = _told(path, data, key)
    payload = told["payload"]
    faults = []
    try:
        chain = [entry_of(one) for one in payload["chain"]]
        entry = entry_of(payload["entry"])
        faults += faults_of(chain, [(entry.seq, entry.hash)])
        if entry.body_sha256 != digest(canonical_json(payload["body"])):
            faults.append("内容与条目指纹不符 the body is not what its entry says")
        faults += body_faults(payload["body"])
        missing, compared = [], 0
        for name, value in payload["files"].items():
            member = path.parent / name
            if not member.is_file():
                missing.append(name)
                continue
            compared += 1
            if digest(member.read_bytes()) != value:
                faults.append(f"{name} 被改动 was altered")
    except (KeyError, TypeError, ValueError) as error:
        raise EvidenceBroken(str(path), (f"不是本报告的格式 not of this form ({type(error).__name__})",)) from None
    if faults:
        raise EvidenceBroken(str(path), tuple(faults))
    return [
        "签名相符 the signature fits",
        f"证据链第 1 至 {entry.seq} 条完整 the chain is whole from entry 1 to {entry.seq}",
        "得分可由计数重算，流向平衡 scores follow from the counts, the flow balances",
        f"同批文件 files beside it: {compared} 相符 as signed, {len(missing)} 未随附 not here",
    ]


def _told(path: Path, data: bytes, key: Ed25519PublicKey) -> dict[str, Any]:
    """Return the content of a file of proof whose signature fits and whose every byte is as it was written."""
    try:
        told = json.loads(data)
        signed = canonical_json(told["payload"]).encode()
        signature, owner = told["signature"], told["key"]
        exact = proof_text({"key": owner, "payload": told["payload"], "signature": signature}).encode() == data
    except (KeyError, TypeError, ValueError, RecursionError):
        raise EvidenceBroken(str(path), ("不是报告的证明文件 this is no file of proof of a report",)) from None
    if owner != fingerprint(key) or not isinstance(signature, str) or not is_signed(key, signed, signature):
        raise EvidenceBroken(
            str(path), ("签名不符：内容被改动，或不是这把公钥 the signature does not fit: altered, or another key",)
        )
    if not exact:
        raise EvidenceBroken(str(path), ("文件被改写过 the file is not as it was written",))
    return dict(told)


def _member(path: Path, data: bytes, key: Ed25519PublicKey) -> list[str]:
    """Prove a workbook, list or page by the file of proof beside it."""
    for folder in (path.resolve().parent, path.resolve().parent.parent):
        if (folder / PROOF).is_file():
            files = _told(folder / PROOF, _read(folder / PROOF), key)["payload"]["files"]
            name = str(path.resolve().relative_to(folder))
            if name not in files:
                raise EvidenceBroken(str(path), ("不属于这份报告 no part of the report beside it",))
            if files[name] != digest(data):
                raise EvidenceBroken(str(path), ("内容被改动 it was altered",))
            return ["与证明文件所记指纹相符 it is what the file of proof says"]
    raise EvidenceBroken(str(path), (f"旁边没有 {PROOF}，无法证明 without {PROOF} beside it nothing can be proved",))
