"""Routes one number column to the citizen id or to another document, as its type column says and its form proves."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.contract import Emit, FieldMapping
from schemas.reasons import Reason
from standardise.cleaning import clean_kind
from standardise.notes import Notes
from standardise.plan import TablePlan
from values import document
from values.cleaned import Cleaned
from values.document_types import (
    CITIZEN,
    FOREIGN_PASSPORT,
    HK_MACAO,
    HOUSEHOLD_BOOK,
    PASSPORT,
    RESIDENCE,
    TAIWAN,
    fits,
    proven_types,
)  # fmt: skip

Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]

# Papers whose number is the citizen id; a household booklet carries its holder's.
CITIZEN_TYPES = pa.array([CITIZEN, HOUSEHOLD_BOOK, RESIDENCE])
# Regions of residence permits: departments file them under the permits of Hong Kong, Macao and Taiwan.
RESIDENCE_REGIONS = pa.array(["81", "82", "83"])
SEVERAL = "several"
_FOREIGN_PASSPORT = re.compile(r"[A-Z]{1,2}[0-9]{6,8}")  # the form most countries print; other forms need a type
_DATE = re.compile(r"(19|20)[0-9]{2}(0[1-9]|1[0-2])[0-3][0-9]")  # eight digits that are rather a birth date


@dataclass(frozen=True)
class Routing:
    """Whose numbers are routed, and where the findings go."""

    emit: Emit
    plan: TablePlan
    notes: Notes


@dataclass(frozen=True)
class Routed:
    """The three fields of an identity; at most one of `citizen_id` and `document_number` holds a value in a row."""

    citizen_id: pa.Array
    document_type: pa.Array
    document_number: pa.Array

    def columns(self) -> dict[str, pa.Array]:
        return {
            "citizen_id": self.citizen_id,
            "document_type": self.document_type,
            "document_number": self.document_number,
        }


def route(numbers: pa.Array, types: pa.Array, mapping: FieldMapping, routing: Routing) -> Routed:
    """Return the identity fields of one number column and note what was found, under the field it belongs to.

    A right citizen number is one whatever the type says; a number of another document's form under the type of an
    identity card goes by its form. Both are TYPE_CONTRADICTED on the type; what fits nothing stays where its type says.
    """
    plan, notes = routing.plan, routing.notes
    kinds = _city_types(types, mapping, routing)
    citizen = clean_kind("citizen_id", numbers, plan)
    right = _mask(pc.is_valid(citizen.values))
    stated = _mask(pc.is_valid(kinds.values))
    says_citizen = _mask(pc.is_in(kinds.values, value_set=CITIZEN_TYPES))
    elsewhere = ~right & stated & ~says_citizen  # what the type sends to another document
    other = kinds.values
    unsure = np.flatnonzero(~right & ~elsewhere & _mask(pc.is_valid(numbers)))
    moved, forms = _proven_by_form(numbers, unsure, stated, plan)
    if len(moved):
        elsewhere[moved] = True
        other = _replace(other, moved, forms)
        notes.add("document_type", Reason.TYPE_CONTRADICTED, moved[stated[moved]])
    notes.add_findings("document_type", kinds.findings)
    for finding in citizen.findings:
        notes.add("citizen_id", finding.reason, finding.rows[~elsewhere[finding.rows]])
    permit = _mask(pc.is_in(pc.utf8_slice_codeunits(citizen.values, 0, 2), value_set=RESIDENCE_REGIONS))
    says_permit = _mask(pc.fill_null(pc.equal(kinds.values, RESIDENCE), False))
    contradicted = stated & np.where(permit, False, ~says_citizen | says_permit)
    notes.add("document_type", Reason.TYPE_CONTRADICTED, np.flatnonzero(right & contradicted))
    return Routed(citizen.values, *_documents(numbers, other, elsewhere, routing))


def _city_types(types: pa.Array, mapping: FieldMapping, routing: Routing) -> Cleaned:
    plan = routing.plan
    crosswalk = plan.crosswalk(mapping.type_codes) if mapping.type_codes else None
    allowed = plan.allowed(plan.standard_field(routing.emit, "document_type").codes)
    return clean_kind("code", types, plan, {"crosswalk": crosswalk, "allowed": allowed})


def _proven_by_form(numbers: pa.Array, unsure: Positions, stated: Mask, plan: TablePlan) -> tuple[Positions, pa.Array]:
    """Return which of the unsure rows hold the number of another document by their form alone, and its type.

    The type is null where the form is that of several documents and the row states none.
    """
    if not len(unsure):
        return unsure, pa.array([], pa.string())
    shown = clean_kind("document", numbers.take(pa.array(unsure)), plan).values
    types = proven_types(shown)
    texts = shown.to_pylist()
    for place in np.flatnonzero(types == "").tolist():
        types[place] = _form(texts[place] or "", bool(stated[unsure[place]]))
    found = (types != "") & (types != CITIZEN) & (types != RESIDENCE)
    return unsure[found], pa.array([None if one == SEVERAL else one for one in types[found].tolist()], pa.string())


def _form(text: str, stated: bool) -> str:
    """Return the document whose form a number has, "" for none, `SEVERAL` where more than one has it.

    Against a stated identity card only clear forms count.
    """
    if fits(PASSPORT, text) and text[0].isalpha():
        return PASSPORT
    if fits(HK_MACAO, text):  # M and eight digits is a passport of some countries, too
        return HK_MACAO if stated else SEVERAL
    if stated:
        return ""
    if fits(TAIWAN, text) and not _DATE.fullmatch(text):
        return TAIWAN
    return FOREIGN_PASSPORT if _FOREIGN_PASSPORT.fullmatch(text) else ""


def _documents(numbers: pa.Array, types: pa.Array, elsewhere: Mask, routing: Routing) -> tuple[pa.Array, pa.Array]:
    """Return types and numbers of the rows that hold another document; a type stands only beside a number."""
    empty = pa.nulls(len(numbers), pa.string())
    rows = np.flatnonzero(elsewhere)
    if not len(rows):
        return empty, empty
    take = pa.array(rows)
    said = types.take(take)
    cleaned = clean_kind("document", numbers.take(take), routing.plan, {"types": said})
    routing.notes.add_findings("document_number", cleaned.findings, within=rows)
    known = document.infer_types(cleaned.values, said)
    known = pc.if_else(pc.is_valid(cleaned.values), known, pa.scalar(None, pa.string()))
    return _replace(empty, rows, known), _replace(empty, rows, cleaned.values)


def _replace(values: pa.Array, rows: Positions, replacements: pa.Array) -> pa.Array:
    mask = np.zeros(len(values), bool)
    mask[rows] = True
    return pc.replace_with_mask(values, pa.array(mask), replacements)


def _mask(flags: pa.Array) -> Mask:
    result: Mask = flags.to_numpy(zero_copy_only=False)
    return result
