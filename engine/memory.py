"""The memory of this process: what is freed is kept for what comes next.

Columns come and go by tens of megabytes. By default the C library gives each back to the system when it is freed, and
the next one is of new pages, which the system must fill with zeros first: a fifth of a linkage's processor time.
"""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of mallopt(3)
_KEPT = 256 << 20  # bytes: larger blocks, and what is free beyond it, go back at once


def keep_freed_memory() -> None:
    """Let all threads share one heap that keeps up to 256 MB of what is freed. Call it first; with another C library
    than glibc nothing happens."""
    try:
        tune = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for option, value in ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, _KEPT), (_TRIM_THRESHOLD, _KEPT)):
        tune(option, value)
