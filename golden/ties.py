"""Ties between entities: a branch and its company, a sole trader and the person who operates it.

Both are entities of their own, never merged with what they belong to. A business has at most one tie. Relations read:
`businesses` (columns COLUMNS of golden businesses, all of them) and `stored` (TIES). Relations made: `ties`,
`tie_upserts` (TIES), `tie_removals` (`hub_id`).
"""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from engine.quoting import literal, literals
from engine.step import AnyStep, MapStep, Step
from values import company_name

TIES = pa.schema(
    [
        ("hub_id", pa.string()),  # the branch, or the sole trader
        ("kind", pa.string()),  # branch, sole_trader
        ("belongs_to_entity", pa.string()),  # business, person
        ("belongs_to", pa.string()),  # hub id of the company or person; null where nobody can say
        ("basis", pa.string()),  # same_number, name, representative; null with `belongs_to`
        ("doubt", pa.string()),  # of TIE_DOUBTS, or what is doubtful about the representative
        ("commit", pa.int64()),
    ]
)
COLUMNS = (
    "hub_id", "name", "business_type", "uscc", "registration_number", "representative", "representative_doubt",
)  # fmt: skip
TIE_DOUBTS = {
    "head_unknown": ("没有找到总公司", "no business of the head company's name or number is known"),
    "heads_several": ("总公司不止一家", "several businesses bear the head company's name"),
}
_HEADS = pa.schema([("hub_id", pa.string()), ("head_name", pa.string())])
_SOLE_TRADER = "92%"  # GB 32100: 9 market regulation, 2 sole trader
_BRANCHES = ("分公司", "分支机构", "代表机构", "办事处")
_TRADERS = ("个体",)


def branch_types(labels: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return, of (code, label) pairs of a city's types of business, the codes of branches and those of sole traders."""
    branches = [code for code, label in labels if any(word in label for word in _BRANCHES)]
    return branches, [code for code, label in labels if label.startswith(_TRADERS)]


def ties(branches: Sequence[str], traders: Sequence[str], commit: int, regions: tuple[str, ...] = ()) -> list[AnyStep]:
    """Return the steps up to `tie_upserts` and `tie_removals`. `branches` and `traders` are types of business.

    A branch is one by its type, or by a name that goes on after a company's legal form; its head is the one business
    that bears its number, else the one whose name its own begins with. A sole trader's operator is its representative.
    """
    plain = "replace(replace(replace({}, '（', '('), '）', ')'), '有限责任公司', '有限公司')"
    return [
        Step("named", "SELECT hub_id, name FROM businesses WHERE name IS NOT NULL"),
        MapStep("heads", "named", partial(_heads, regions), _HEADS),
        Step(
            "branches",
            f"""
            SELECT b.*, h.head_name FROM businesses b LEFT JOIN heads h ON h.hub_id = b.hub_id
            WHERE h.head_name IS NOT NULL OR b.business_type IN {literals([*branches, ""])}
            """,
            materialise=True,
        ),
        Step(
            "companies",
            f"""
            SELECT hub_id, uscc, registration_number, {plain.format("name")} AS plain_name FROM businesses
            WHERE hub_id NOT IN (SELECT hub_id FROM branches)
            """,
            materialise=True,
        ),
        Step(
            "candidates",
            f"""
            SELECT b.hub_id, c.hub_id AS head, 0 AS rank FROM branches b JOIN companies c ON c.uscc = b.uscc
            UNION SELECT b.hub_id, c.hub_id, 0 FROM branches b
                JOIN companies c ON c.registration_number = b.registration_number
            UNION SELECT b.hub_id, c.hub_id, 1 FROM branches b
                JOIN companies c ON c.plain_name = {plain.format("b.head_name")}
            """,
            materialise=True,
        ),
        *_chosen(traders, commit),
    ]


def _chosen(traders: Sequence[str], commit: int) -> list[Step]:
    unequal = " OR ".join(f"n.{name} IS DISTINCT FROM o.{name}" for name in TIES.names if name != "commit")
    return [
        Step(
            "foremost",
            """
            SELECT hub_id, rank, min(head) AS head, count(*) AS many FROM candidates
            WHERE rank = (SELECT min(c.rank) FROM candidates c WHERE c.hub_id = candidates.hub_id)
            GROUP BY hub_id, rank
            """,
        ),
        Step(
            "ties",
            f"""
            SELECT b.hub_id, 'branch' AS kind, 'business' AS belongs_to_entity,
                CASE WHEN f.many = 1 THEN f.head END AS belongs_to,
                CASE WHEN f.many = 1 THEN CASE f.rank WHEN 0 THEN 'same_number' ELSE 'name' END END AS basis,
                CASE WHEN f.hub_id IS NULL THEN 'head_unknown' WHEN f.many > 1 THEN 'heads_several' END AS doubt,
                {commit}::BIGINT AS commit
            FROM branches b LEFT JOIN foremost f ON f.hub_id = b.hub_id
            UNION ALL
            SELECT hub_id, 'sole_trader', 'person', representative,
                CASE WHEN representative IS NOT NULL THEN 'representative' END, representative_doubt, {commit}::BIGINT
            FROM businesses
            WHERE hub_id NOT IN (SELECT hub_id FROM branches)
                AND (business_type IN {literals([*traders, ""])}
                    OR (business_type IS NULL AND uscc LIKE {literal(_SOLE_TRADER)}))
            """,
            materialise=True,
        ),
        Step(
            "tie_upserts",
            f"SELECT n.* FROM ties n LEFT JOIN stored o ON o.hub_id = n.hub_id WHERE {unequal} ORDER BY n.hub_id",
        ),
        Step(
            "tie_removals",
            "SELECT hub_id FROM stored WHERE hub_id NOT IN (SELECT hub_id FROM ties) ORDER BY hub_id",
        ),
    ]


def _heads(regions: tuple[str, ...], batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return `hub_id`, `head_name` of the rows whose name goes on after a legal form: what stands before that."""
    # Cutting a name costs; only one that could go on after a legal form is cut.
    likely = pc.match_substring_regex(batch["name"], pattern="(公司|合作社|联合社|合伙企业|\\)|）).{2,}$")
    some = batch.filter(likely)
    branch = company_name.parts(some["name"], regions=regions).field("branch")
    names, parts = some["name"].to_pylist(), branch.to_pylist()
    heads = [
        name[: -len(part)] if part and name.endswith(part) else None
        for name, part in zip(names, parts, strict=True)
    ]  # fmt: skip
    made = pa.RecordBatch.from_arrays([some["hub_id"], pa.array(heads, pa.string())], schema=_HEADS)
    return made.filter(pc.is_valid(made["head_name"]))
