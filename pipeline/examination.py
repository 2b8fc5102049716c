"""One finding of the doctor: what was looked at, how it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["ok", "warn", "bad"]
ORDER: tuple[Verdict, ...] = ("ok", "warn", "bad")
WORDS = {"ok": "正常 ok", "warn": "注意 warn", "bad": "故障 bad"}


@dataclass(frozen=True)
class Examined:
    """One check. `detail` holds names, counts, versions, never a value or URL; `next` is empty if well."""

    check: str
    verdict: Verdict
    detail: str
    next: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def well(check: str, detail: str) -> Examined:
    return Examined(check, "ok", detail)


def warn(check: str, detail: str, step: str) -> Examined:
    return Examined(check, "warn", detail, step)


def bad(check: str, detail: str, step: str) -> Examined:
    return Examined(check, "bad", detail, step)


def worst(found: Iterable[Examined]) -> Verdict:
    """Return the worst verdict of all; ok for none."""
    return max((one.verdict for one in found), key=ORDER.index, default="ok")
