"""The hours in which a department lets itself be read."""

from __future__ import annotations

from datetime import datetime, time


def is_open(window: str, now: datetime) -> bool:
    """Return whether local time `now` lies in `window` ("HH:MM-HH:MM", the end excluded; it may pass midnight).

    An empty window is always open.
    """
    if not window:
        return True
    begins, ends = (time.fromisoformat(part.strip()) for part in window.split("-"))
    moment = now.time()
    return begins <= moment < ends if begins < ends else moment >= begins or moment < ends
