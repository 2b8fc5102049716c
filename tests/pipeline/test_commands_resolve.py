"""What `cityhub resolve` takes for records, and what it says of anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.commands_resolve import asked_records
from schemas.errors import LinkageError


def test_a_record_or_a_file_of_them(tmp_path: Path) -> None:
    path = tmp_path / "asked.jsonl"
    path.write_text('﻿{"name": "张三"}\n\n{"name": "李四", "citizen_id": 5}\n', "utf-8")
    assert asked_records(str(path)) == [{"name": "张三"}, {"name": "李四", "citizen_id": 5}]
    assert asked_records(' {"name": "王五"}') == [{"name": "王五"}]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{bad 张三", "第 1 行 第 2 列"),
        ("[]", "no object"),
        ("{}", "no object"),
        ('[{"name": "张三"}]', "no object"),
        ('{"name": {"张三": 1}}', "text: name"),
        ("/nope.jsonl", "No such file"),
        ("\0", "neither JSON nor a file"),
    ],
)
def test_bad_input_is_told_in_a_sentence_that_quotes_no_value(text: str, told: str) -> None:
    with pytest.raises(LinkageError, match="下一步 next: cityhub resolve") as caught:
        asked_records(text)
    assert told in str(caught.value) and "张三" not in str(caught.value)


def test_a_file_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "asked.jsonl"
    path.write_text('{"name": "张三"}\n{"name": \n', "utf-8")
    with pytest.raises(LinkageError, match="line 2"):
        asked_records(str(path))
    path.write_bytes('{"name": "张三"}'.encode("gb18030"))
    with pytest.raises(LinkageError, match="not UTF-8"):
        asked_records(str(path))
    path.write_text("\n", "utf-8")
    with pytest.raises(LinkageError, match="no record"):
        asked_records(str(path))
