"""The match keys that each kind of value has (`name.pinyin`), so that a specification is checked where it is read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# What `keys` of each file of values/ returns, and its plainest key first; a test holds the two together.
VALUE_KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "text": ("folded", "words", "first", "sound"),
    "citizen_id": ("number", "birth_sequence"),
    "document": ("number",),
    "uscc": ("code", "organisation"),
    "registration_number": ("number",),
    "person_name": (
        "folded", "shape", "surname", "given", "pinyin", "readings", "spelled", "words", "sound", "initials",
    ),
    "company_name": ("folded", "core", "own_name"),
    "code": ("code",),
    "date": ("date", "month", "year", "day"),
    "phone": ("number", "last8", "last4", "first7"),
    "address": ("letters", "road", "number", "building", "house"),
    "plate": ("number",),
    "vin": ("number", "serial"),
    "tax_number": ("number", "organisation"),
    "amount": ("number",),
    "path": ("one_part", "two_parts", "three_parts"),
})  # fmt: skip
# Comparisons that need no kind: equal or not, and how far two numbers lie apart. They have no keys.
PLAIN_COMPARISONS = ("exact", "number")
