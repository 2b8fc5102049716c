import pyarrow as pa

from matching.record_groups import evidence_classes, name_kinds


def test_a_class_is_the_fields_a_record_has() -> None:
    table = pa.table({"name": ["张伟", "", None], "phone": ["1", "2", None], "other": ["x", "x", "x"]})
    assert evidence_classes(table, ("name", "phone")).to_pylist() == ["name+phone", "phone", "—"]
    assert evidence_classes(table.slice(0, 0), ("name",)).to_pylist() == []


def test_kinds_of_names() -> None:
    han = ["张伟", "张大伟", "欧阳大伟", "阿卜杜拉·买买提"]
    names = pa.array([*han, "John O'Neil", "José", "李4", "", None], pa.string())
    assert name_kinds(names).to_pylist() == [
        "han_2", "han_3", "han_4_or_more", "minority", "latin", "latin", "other", "—", "—"
    ]  # fmt: skip
