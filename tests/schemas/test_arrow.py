import pyarrow as pa

from schemas.arrow import golden_schema, statement_schema
from schemas.standard_file import load_standard

ENTITIES = load_standard().entities


def test_a_statement_has_its_own_columns_then_the_fields() -> None:
    schema = statement_schema(ENTITIES["person"])
    assert schema.names[:11] == [
        "record_id", "department", "source_table", "statement", "source_key", "batch", "row_number", "row_hash",
        "content_hash", "observed_at", "issues",
    ]  # fmt: skip
    assert schema.names[11:] == [field.name for field in ENTITIES["person"].fields]
    assert schema.field("observed_at").type == pa.timestamp("us")


def test_a_fact_has_its_parties_before_its_fields() -> None:
    names = statement_schema(ENTITIES["marriage"]).names[11:]
    assert names == [
        "husband_record", "wife_record", "kind", "registered_on", "registration_number", "authority", "division",
    ]  # fmt: skip


def test_dates_are_dates_and_everything_else_is_text() -> None:
    for entity in ENTITIES.values():
        for field in entity.fields:
            wanted = pa.date32() if field.kind == "date" else pa.string()
            assert statement_schema(entity).field(field.name).type == wanted
            assert golden_schema(entity).field(field.name).type == wanted


def test_golden_people_carry_identifiers_and_businesses_do_not() -> None:
    assert "identifiers" in golden_schema(ENTITIES["person"]).names
    assert "identifiers" not in golden_schema(ENTITIES["business"]).names
    assert golden_schema(ENTITIES["business"]).names[0] == "hub_id"


def test_golden_facts_are_keyed_by_fact_id_and_name_their_parties_by_role() -> None:
    assert golden_schema(ENTITIES["employment"]).names == [
        "fact_id", "employer", "employee", "status", "started_on", "ended_on", "origins", "content_hash", "commit",
    ]  # fmt: skip


def test_no_column_stands_twice() -> None:
    for entity in ENTITIES.values():
        for schema in (statement_schema(entity), golden_schema(entity)):
            assert len(set(schema.names)) == len(schema.names)
