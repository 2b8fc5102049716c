"""Logs are events with fields: one JSON object a line, never a person's number, name or phone."""

from __future__ import annotations

import json
import logging
import re

LOGGER = logging.getLogger("cityhub")

# The last net, not the first: stages log references and counts only. What looks like an identity number (or one and
# two digits more: a certificate of disability), a social credit code or a mobile phone is masked even so, because a
# driver's message may quote a row.
_PERSONAL = re.compile(r"(?<![0-9A-Za-z])([0-9]{6}[0-9Xx]{8,13}[0-9Xx]|9[0-9A-Z]{17}|1[3-9][0-9]{9})(?![0-9A-Za-z])")


def redact(text: str) -> str:
    """Return `text` with everything that looks like a personal number masked to its first three characters."""
    return _PERSONAL.sub(lambda found: found.group(0)[:3] + "*" * (len(found.group(0)) - 3), text)


class Redaction(logging.Filter):
    """Masks personal numbers in every record that passes, its arguments included."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        return True


def log_event(event: str, **fields: object) -> None:
    """Log one event as a line of canonical JSON. Fields are references and counts, never values of people."""
    LOGGER.info(redact(json.dumps({"event": event, **fields}, ensure_ascii=False, sort_keys=True, default=str)))
