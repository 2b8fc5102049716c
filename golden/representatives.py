"""Representatives: the person behind each business, as the register knows them, and what is doubtful about it.

A business has no identity at the police but that of its legal representative: the link of the representative's record
to the population register. What is doubtful about that link is doubtful about the business, and travels to its golden
row. Relations read: `representation` (REPRESENTATION: statements of who represents whom), `members` (record_id, hub_id
of business records), `person_links` (record_id, decision, hub_id, reason), `person_identity` (hub_id, state,
anchor_record), `wanted` (hub_id).
"""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from engine.quoting import literal
from engine.step import Step

REPRESENTATION = pa.schema(
    [(name, pa.string()) for name in ("record_id", "department", "business_record", "person_record")]
    + [("observed_at", pa.timestamp("us")), ("until", pa.date32())]
)
REPRESENTATIVES = pa.schema([(name, pa.string()) for name in ("hub_id", "representative", "representative_doubt")])

DOUBTS = {
    "representative_unknown": ("没有法定代表人信息", "no department names a representative"),
    "representative_review": ("法定代表人待人工核定", "who the representative is waits for a person's decision"),
    "representative_insufficient": ("法定代表人信息不足以核定", "too little is said of the representative to decide"),
    "representative_not_in_register": ("人口库中没有法定代表人", "the population register does not hold them"),
    "representatives_differ": ("各部门的法定代表人不一致", "departments name different representatives"),
}


def representatives(trusted: Sequence[str]) -> list[Step]:
    """Return `representatives` (REPRESENTATIVES), one row a wanted business. `trusted` are departments, best first.

    The representative is whom the most trusted department names last; another person named by another trusted
    department at present is a doubt, and so is whatever keeps that person's record from an anchored link.
    """
    ranks = " ".join(f"WHEN {literal(name)} THEN {place}" for place, name in enumerate(trusted))
    rank = f"CASE department {ranks} ELSE {len(trusted)} END" if ranks else "0"
    return [
        Step(
            "named",
            f"""
            SELECT m.hub_id, s.department, {rank} AS rank, s.observed_at, s.record_id, l.decision, l.hub_id AS person,
                i.anchor_record IS NOT NULL AS anchored
            FROM members m
            JOIN representation s ON s.business_record = m.record_id
            LEFT JOIN person_links l ON l.record_id = s.person_record
            LEFT JOIN person_identity i ON i.hub_id = l.hub_id AND i.state = 'active'
            WHERE m.hub_id IN (SELECT hub_id FROM wanted) AND s.person_record IS NOT NULL AND s.until IS NULL
            """,
            materialise=True,
        ),
        Step(
            "foremost",
            """
            SELECT * FROM named
            QUALIFY row_number() OVER (PARTITION BY hub_id ORDER BY rank, observed_at DESC NULLS LAST, record_id) = 1
            """,
            materialise=True,
        ),
        Step(
            "others",
            f"""
            SELECT DISTINCT n.hub_id FROM named n JOIN foremost b ON b.hub_id = n.hub_id
            WHERE n.rank < {max(len(trusted), 1)} AND n.rank > b.rank AND n.person IS NOT NULL AND n.person <> b.person
            """,
        ),
        Step(
            "representatives",
            """
            SELECT w.hub_id, b.person AS representative,
                CASE
                    WHEN b.hub_id IS NULL THEN 'representative_unknown'
                    WHEN b.decision = 'review' THEN 'representative_review'
                    WHEN b.person IS NULL THEN 'representative_insufficient'
                    WHEN NOT b.anchored THEN 'representative_not_in_register'
                    WHEN o.hub_id IS NOT NULL THEN 'representatives_differ'
                END AS representative_doubt
            FROM (SELECT DISTINCT hub_id FROM wanted) w
            LEFT JOIN foremost b ON b.hub_id = w.hub_id
            LEFT JOIN others o ON o.hub_id = w.hub_id
            ORDER BY w.hub_id
            """,
        ),
    ]
