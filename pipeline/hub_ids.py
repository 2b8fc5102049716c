"""Fresh hub ids: opaque, random, handed in to the pure rooms."""

from __future__ import annotations

import secrets

import numpy as np
import pyarrow as pa

# Crockford's alphabet: nothing that reads like something else over a telephone.
ALPHABET = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", np.uint8)
LENGTH = 16  # characters of 5 bits: two of three million ids meet by chance once in 10^11 hubs
PREFIXES = {"person": "P", "business": "B"}


def mint(entity: str, count: int) -> pa.Array:
    """Return `count` hub ids never used before (string): P or B and 16 characters that say nothing."""
    random = np.frombuffer(secrets.token_bytes(count * LENGTH), np.uint8).reshape(count, LENGTH)
    letters = np.empty((count, LENGTH + 1), np.uint8)
    letters[:, 0] = ord(PREFIXES[entity])
    letters[:, 1:] = ALPHABET[random & 31]
    offsets = np.arange(count + 1, dtype=np.int32) * (LENGTH + 1)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets.tobytes()), pa.py_buffer(letters.tobytes()))
