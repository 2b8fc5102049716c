"""The source's own time of a row, read from its cursor or observed column."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

TIMESTAMP = pa.timestamp("us")
_BLANKS = " \t\r\n\u3000\ufeff"
_FORM = r"^(?P<y>\d{4})[-/.年]?(?P<m>\d{1,2})[-/.月]?(?P<d>\d{1,2})日?(?:[T ]*(?P<h>\d{1,2}):?(?P<i>\d{2})(?::?(?P<s>\d{2}))?(?P<f>\.\d{1,9})?)?(?P<z>Z|[+-]\d{2}:?\d{2})?$"  # noqa: E501


def source_times(texts: pa.Array | pa.ChunkedArray, timezone: str) -> pa.Array:
    """Return the local time of each text (`timestamp[us]`, no zone); null where no time can be read.

    Reads ISO forms with `-`, `/` or `.`, with `T` or a space, fractions of a second, 14 and 8 digits, and 年月日.
    A text with its own offset is brought to the local time of `timezone` (an IANA name). Never raises on any text.
    """
    array = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    trimmed = pc.utf8_trim(array.cast(pa.string()), characters=_BLANKS)
    blank = pc.equal(pc.utf8_length(trimmed), 0)
    trimmed = pc.if_else(blank, pa.scalar(None, pa.string()), trimmed)
    try:
        return trimmed.cast(TIMESTAMP)  # one form throughout is the usual case, and the fast one
    except pa.ArrowInvalid:
        return _each_form(trimmed, timezone)


def _each_form(texts: pa.Array, timezone: str) -> pa.Array:
    distinct = texts.dictionary_encode()
    parts = pc.extract_regex(distinct.dictionary, pattern=_FORM)
    piece = {name: pc.struct_field(parts, name) for name in ("y", "m", "d", "h", "i", "s", "f", "z")}
    plain = pc.binary_join_element_wise(
        pc.binary_join_element_wise(piece["y"], _two(piece["m"]), _two(piece["d"]), "-"),
        pc.binary_join_element_wise(_two(piece["h"]), _two(piece["i"]), _two(piece["s"]), ":"),
        " ",
    )
    times = pc.strptime(plain, format="%Y-%m-%d %H:%M:%S", unit="us", error_is_null=True)
    # strptime carries an impossible day over into the next month; such a text is not a time
    same = pc.equal(pc.strftime(times, format="%Y-%m-%d %H:%M:%S"), pc.binary_join_element_wise(plain, ".000000", ""))
    times = pc.if_else(same, times, pa.scalar(None, TIMESTAMP))
    fraction = pc.utf8_slice_codeunits(pc.utf8_rpad(pc.utf8_slice_codeunits(piece["f"], 1), 6, "0"), 0, 6)
    micros = pc.if_else(pc.equal(pc.utf8_length(fraction), 6), fraction, "0").cast(pa.int64())
    times = pc.add(times, pc.fill_null(micros, 0).cast(pa.duration("us")))
    return _to_local(times, piece["z"], timezone).take(distinct.indices)


def _two(digits: pa.Array) -> pa.Array:
    """Pad to two digits; an absent part is 00."""
    return pc.utf8_lpad(pc.if_else(pc.equal(digits, ""), "00", digits), 2, "0")


def _to_local(times: pa.Array, zones: pa.Array, timezone: str) -> pa.Array:
    zoned = pc.and_kleene(pc.is_valid(times), pc.greater(pc.utf8_length(zones), 0))
    if not pc.any(zoned).as_py():
        return times
    signed = pc.if_else(pc.equal(zones, "Z"), "+0000", pc.replace_substring(zones, ":", ""))
    known = pc.if_else(pc.greater(pc.utf8_length(signed), 0), signed, "+0000")
    hours = pc.utf8_slice_codeunits(known, 1, 3).cast(pa.int64())
    minutes = pc.add(pc.multiply(hours, 60), pc.utf8_slice_codeunits(known, 3, 5).cast(pa.int64()))
    sign = pc.if_else(pc.starts_with(known, "-"), 1, -1)
    shift = pc.multiply(pc.multiply(minutes, sign), 60_000_000).cast(pa.duration("us"))
    utc = pc.assume_timezone(pc.add(times, shift), "UTC")
    local = pc.local_timestamp(utc.cast(pa.timestamp("us", tz=timezone)))
    return pc.if_else(zoned, local, times)
