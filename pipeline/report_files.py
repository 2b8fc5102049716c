"""The files of a report, made from the ledger alone: page, workbook, lists, and the signed file of proof."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from engine.step import Step
from pipeline.hub import Hub
from pipeline.problem_book import problems_of
from quality.report.document import Document, document
from quality.report.page import html_page
from quality.report.period import trend
from quality.report.problem_list import problem_csv, problem_workbook, rows_of
from quality.report.summary_workbook import summary_workbook
from schemas.evidence import EvidenceEntry, canonical_json, digest
from warehouse.signature import Signer, open_signer

PAGE, BOOK, PROOF, KEY, LISTS = "report.html", "report.xlsx", "report.json", "report.pub", "problems"
SIGNATURE = "<!-- cityhub-signature "
LATEST = "latest"


def report_folder(hub: Hub) -> Path:
    return hub.settings.home / "report"


def signing_key(hub: Hub) -> Path:
    """Where the hub's private signing key lies; its copy is kept apart, as the city key's is."""
    return hub.settings.home / "report.key"


def write_report(hub: Hub, entry: EvidenceEntry) -> Path:
    """Write the report of one entry into `report/<version>/` and return the page's path.

    Everything follows from the ledger and the lake's pinned versions: writing again gives the same bytes.
    """
    body = entry.content
    entries = hub.ledger.evidence()
    chain = [one for one in entries if one.seq <= entry.seq]
    signer = open_signer(signing_key(hub))
    proof = {
        "seq": entry.seq, "hash": entry.hash, "body_sha256": entry.body_sha256, "recorded_at": entry.recorded_at,
        "key": signer.fingerprint,
    }  # fmt: skip
    bodies = trend([one.content for one in chain[:-1] if one.kind == "report"], body)
    made = document(bodies, proof)
    folder = report_folder(hub) / str(body["version"])
    (folder / LISTS).mkdir(parents=True, exist_ok=True)
    (folder / LISTS).chmod(0o700)  # a department's own keys stand in its list
    files = {PAGE: signed_page(html_page(made), signer), BOOK: summary_workbook(made)}
    files |= _lists(hub, made)
    digests = {}
    for name, data in files.items():
        _write(folder / name, data)
        digests[name] = digest(data)
    _write(folder / PROOF, signed_proof(entry, chain, digests, signer))
    _write(folder / KEY, signer.public_pem)
    _point(report_folder(hub) / LATEST, folder)
    return folder / PAGE


def signed_page(html: str, signer: Signer) -> bytes:
    """Return the page with its signature as the last line: it covers every byte before it."""
    data = html.rstrip("\n").encode() + b"\n"
    return data + f"{SIGNATURE}{signer.fingerprint} {signer.sign(data)} -->\n".encode()


def signed_proof(
    entry: EvidenceEntry, chain: Sequence[EvidenceEntry], digests: dict[str, str], signer: Signer
) -> bytes:
    """Return the file of proof: the entry with its body, the whole chain up to it, what the other files must be."""
    payload: dict[str, Any] = {
        "entry": entry.link,
        "body": json.loads(entry.body or "null"),
        "chain": [one.link for one in chain],
        "files": dict(sorted(digests.items())),
    }
    signature = signer.sign(canonical_json(payload).encode())
    return proof_text({"key": signer.fingerprint, "payload": payload, "signature": signature}).encode()


def proof_text(told: dict[str, Any]) -> str:
    """Return the one way the file of proof is written: whoever reads it can tell a changed byte anywhere."""
    return canonical_json(told) + "\n"


def _lists(hub: Hub, made: Document) -> dict[str, bytes]:
    body = made.body
    day, files = date.fromisoformat(body["as_of"]), {}
    order = "CASE severity WHEN 'critical' THEN 0 WHEN 'major' THEN 1 ELSE 2 END"
    sql = f"SELECT * FROM book WHERE change <> 'mended' ORDER BY {order}, rule, source_table, source_key, fingerprint"  # noqa: S608
    for page in made.departments:
        book = problems_of(hub, page.name, page.problems["lake"])
        problems = hub.engine.run([Step("open", sql)], {"book": book}, "open").to_pylist()
        rows = list(rows_of(problems, body["rules"], day))
        files[f"{LISTS}/{page.name}.csv"] = problem_csv(rows)
        files[f"{LISTS}/{page.name}.xlsx"] = problem_workbook(page.label, body["period"], rows)
    return files


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def _point(link: Path, folder: Path) -> None:
    """Let the link lead to the folder, at no moment to nothing."""
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder.name, target_is_directory=True)
    fresh.replace(link)
