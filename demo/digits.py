"""Identity numbers as byte matrices: one row a number, one column a character.

A matrix turns into an Arrow string array without touching Python objects, which is what makes millions of
numbers a second possible. Check digits follow GB 11643, GB 32100, GB 11714, GB/T 17710 and ICAO 9303.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
Whole = npt.NDArray[np.int64]

CITIZEN_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CITIZEN_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
ORGANISATION_CHECKS = np.frombuffer(b"0123456789X", dtype=np.uint8)
USCC_ALPHABET = b"0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_LETTERS = np.frombuffer(USCC_ALPHABET, dtype=np.uint8)
USCC_WEIGHTS = np.array([pow(3, power, 31) for power in range(17)])
USCC_VALUES = np.full(256, -1, dtype=np.int64)
USCC_VALUES[USCC_LETTERS] = np.arange(31)


def text(matrix: Bytes) -> pa.Array:
    """Return the rows of an ASCII byte matrix as a string array."""
    rows, width = matrix.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * width
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(matrix)))


def matrix(values: npt.ArrayLike, width: int) -> Bytes:
    """Return whole numbers as a matrix of `width` decimal digits, zero-padded, high digits cut off."""
    numbers = np.asarray(values, dtype=np.int64)
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return ((numbers[:, None] // powers) % 10 + 48).astype(np.uint8)


def constant(value: str, rows: int) -> Bytes:
    """Return `rows` copies of one ASCII text as a matrix."""
    return np.tile(np.frombuffer(value.encode("ascii"), dtype=np.uint8), (rows, 1))


def join(*parts: Bytes) -> Bytes:
    """Return matrices side by side."""
    return np.concatenate(parts, axis=1)


def citizen(region: Whole, birth: Whole, sequence: Whole) -> Bytes:
    """Return 18-character numbers from region (6 digits), birth date (YYYYMMDD) and sequence (odd = male)."""
    return with_citizen_check(join(matrix(region, 6), matrix(birth, 8), matrix(sequence, 3)))


def with_citizen_check(body: Bytes) -> Bytes:
    """Return 17-digit bodies with the GB 11643 check character appended."""
    total = ((body.astype(np.int64) - 48) * CITIZEN_WEIGHTS).sum(axis=1) % 11
    return join(body, CITIZEN_CHECKS[total][:, None])


def organisation(body: Bytes) -> Bytes:
    """Return 8-character organisation bodies with the GB 11714 check character appended."""
    values = np.where(body >= 65, body.astype(np.int64) - 55, body.astype(np.int64) - 48)
    rest = (11 - (values * ORGANISATION_WEIGHTS).sum(axis=1) % 11) % 11
    return join(body, ORGANISATION_CHECKS[rest][:, None])


def uscc(head: Bytes, region: Whole, body: Bytes) -> Bytes:
    """Return 18-character credit codes from a 2-character head, the region and the 8-character organisation body."""
    front = join(head, matrix(region, 6), organisation(body))
    total = (USCC_VALUES[front] * USCC_WEIGHTS).sum(axis=1) % 31
    return join(front, USCC_LETTERS[(31 - total) % 31][:, None])


def registration(authority: Whole, sequence: Whole) -> Bytes:
    """Return 15-digit registration numbers: 6 authority, 8 sequence, ISO 7064 MOD 11,10."""
    front = join(matrix(authority, 6), matrix(sequence, 8))
    product = np.full(len(front), 10, dtype=np.int64)
    for column in (front.astype(np.int64) - 48).T:
        total = (column + product) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    return join(front, ((11 - product) % 10 + 48).astype(np.uint8)[:, None])


VIN_WEIGHTS = np.array([8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2])
VIN_ALPHABET = b"0123456789ABCDEFGHJKLMNPRSTUVWXYZ"  # no I O Q
VIN_LETTERS = np.frombuffer(VIN_ALPHABET, dtype=np.uint8)
VIN_VALUES = np.zeros(256, dtype=np.int64)
VIN_VALUES[VIN_LETTERS] = [int(one) for one in "012345678912345678123457923456789"]
PLATE_LETTERS = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", dtype=np.uint8)  # no I O


def vin(maker: Bytes, values: npt.ArrayLike) -> Bytes:
    """Return 17-character vehicle numbers of a 3-character maker, each value its own, with the GB 16735 check."""
    numbers = np.asarray(values, dtype=np.int64) * 7368787 + 2718281
    body = VIN_LETTERS[(numbers[:, None] // 33 ** np.arange(5, 0, -1)) % 33]
    year = VIN_LETTERS[10 + numbers % 16][:, None]
    front = join(maker, body, constant("0", len(body)), year, constant("A", len(body)), matrix(values, 6))
    check = (VIN_VALUES[front] * VIN_WEIGHTS).sum(axis=1) % 11
    front[:, 8] = ORGANISATION_CHECKS[check]
    return front


def plates(values: npt.ArrayLike) -> Bytes:
    """Return the five characters of plates behind province and city: a permutation of all numbers below 34^4 · 10.

    The last one is a digit: a plate of letters only is given to nobody.
    """
    numbers = (np.asarray(values, dtype=np.int64) * 15485863 + 31415926) % (34**4 * 10)
    return join(PLATE_LETTERS[(numbers[:, None] // 34 ** np.arange(3, -1, -1)) % 34], matrix(numbers // 34**4, 1))


def green_plates(values: npt.ArrayLike) -> Bytes:
    """Return the six characters of small new-energy plates: a permutation of all numbers below 10 · 34 · 10^4."""
    numbers = (np.asarray(values, dtype=np.int64) * 15485863 + 31415926) % (10 * 34 * 10**4)
    kind = np.frombuffer(b"ABCDEFGHJK", dtype=np.uint8)[numbers // (34 * 10**4)][:, None]
    return join(kind, PLATE_LETTERS[numbers // 10**4 % 34][:, None], matrix(numbers, 4))


def icao(front: Bytes) -> Bytes:
    """Return matrices with the 7-3-1 check digit of ICAO 9303 appended (A = 10)."""
    values = np.where(front >= 65, front.astype(np.int64) - 55, front.astype(np.int64) - 48)
    weights = np.resize(np.array([7, 3, 1]), front.shape[1])
    return join(front, ((values * weights).sum(axis=1) % 10 + 48).astype(np.uint8)[:, None])


def year_month_day(days: npt.ArrayLike) -> Whole:
    """Return days since 1970-01-01 as whole numbers YYYYMMDD."""
    dates = np.asarray(days, dtype=np.int64).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    year = months.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    whole: Whole = year * 10000 + month * 100 + day
    return whole


def dates(days: npt.ArrayLike, separator: str = "") -> pa.Array:
    """Return days since 1970 as text YYYYMMDD, or with `separator` between the parts."""
    return text(date_matrix(days, separator))


def date_matrix(days: npt.ArrayLike, separator: str = "-") -> Bytes:
    """Return days since 1970 as a matrix YYYYMMDD, or with `separator` between the parts."""
    plain = matrix(year_month_day(days), 8)
    if not separator:
        return plain
    mark = constant(separator, len(plain))
    return join(plain[:, :4], mark, plain[:, 4:6], mark, plain[:, 6:])


def stamps(days: npt.ArrayLike, seconds: npt.ArrayLike, form: str = "%Y-%m-%d %H:%M:%S") -> pa.Array:
    """Return times of day as text in a form of strftime: %Y%m%d%H%M%S in this order, with marks between or none."""
    clock = np.asarray(seconds, dtype=np.int64)
    day = date_matrix(days, "")
    parts = {
        "Y": day[:, :4],
        "m": day[:, 4:6],
        "d": day[:, 6:],
        "H": matrix(clock // 3600, 2),
        "M": matrix(clock // 60 % 60, 2),
        "S": matrix(clock % 60, 2),
    }
    pieces = []
    for piece in form.split("%")[1:]:
        pieces.append(parts[piece[0]])
        if piece[1:]:
            pieces.append(constant(piece[1:], len(day)))
    return text(join(*pieces))


def scramble(values: npt.ArrayLike, width: int) -> Bytes:
    """Return running numbers as digits that do not run: a permutation of all numbers of `width` digits."""
    modulus = 10**width
    multiplier = 48271301 if width < 12 else 7368787
    numbers = np.asarray(values, dtype=np.int64) % modulus
    return matrix((numbers * multiplier + 3141592653) % modulus, width)
