from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from schemas.yaml_source import YamlNode, parse_yaml, read_yaml

PATH = Path("city/a.yaml")


def parse(text: str) -> YamlNode:
    return parse_yaml(text, PATH)


def test_scalars_stay_what_was_written() -> None:
    text = "{N: no, code: 01, date: 2020-01-02, float: 1e3, null: ~, quoted: \"yes\", empty: }"
    assert parse(text).plain() == {
        "N": "no", "code": "01", "date": "2020-01-02", "float": "1e3", "null": "~", "quoted": "yes", "empty": "",
    }  # fmt: skip


def test_every_value_knows_its_line_and_dotted_key() -> None:
    root = parse("# one\na:\n  b:\n    - x\n    - c: 5\n")
    inner = root.entries()["a"].entries()["b"]
    assert (inner.line, inner.key) == (3, "a.b")
    assert (inner.items()[0].line, inner.items()[0].key) == (4, "a.b[0]")
    assert (inner.items()[1].entries()["c"].line, inner.items()[1].entries()["c"].key) == (5, "a.b[1].c")


def test_plain_is_equal_for_other_comments_and_layout() -> None:
    assert parse("a: {b: 1, c: [x, y]}").plain() == parse("# comment\na:\n  b: '1'\n  c:\n    - x\n    - y\n").plain()


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("a: 1\na: 2", 2, "each key once"),
        ("a:\n  b: 1\n  b: 2", 3, "each key once"),
        ("a: 1\n\tb: 2", 2, "tab"),
        ("a: &x [1]\nb: *x", 1, "no anchors or aliases"),
        ("a: *nowhere", 1, "no anchors or aliases"),
        ("a: !!python/object/apply:os.system [ls]", 1, "no tags"),
        ("a: [1, 2\nb: 3", 2, "sound YAML"),
        ("a: 1\n---\nb: 2", 2, "one document"),
        ("a: b: c", 1, "sound YAML"),
        ("? {a: b}\n: c", 1, "one word"),
        ("# only a comment\n", 1, "empty"),
        ("", 1, "empty"),
        ("a: 1\nb: \x07", 2, "sound YAML"),
        ("a: " + "[" * 200 + "]" * 200, 1, "at most 24 levels"),
    ],
)  # fmt: skip
def test_refuses_at_the_line_of_the_fault(text: str, line: int, expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected) as caught:
        parse(text)
    assert (caught.value.file, caught.value.line) == (PATH, line)


def test_a_file_in_another_encoding_is_refused_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("a: 1\nb: 民政局\n".encode("gb18030"))
    with pytest.raises(ConfigurationError, match="UTF-8") as caught:
        read_yaml(path)
    assert caught.value.line == 2


def test_a_missing_file_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="readable file"):
        read_yaml(tmp_path / "none.yaml")


def test_an_oversized_file_is_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_text("a: " + "x" * 2_000_001)
    with pytest.raises(ConfigurationError, match="at most 2000000 bytes"):
        read_yaml(path)


def test_a_byte_order_mark_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_yaml(path).plain() == {"a": "1"}


def test_an_unknown_key_is_named_with_the_nearest_right_one() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse("owner: x\nschedul: y\n").keys(("owner",), ("schedule",))
    assert (caught.value.line, caught.value.value, caught.value.nearest) == (2, "schedul", "schedule")


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ConfigurationError, match="the key 'owner', which is missing"):
        parse("basis: x").keys(("owner",), ("basis",))


def test_words_refuse_repeats_and_nesting() -> None:
    with pytest.raises(ConfigurationError, match="each name once"):
        parse("[a, b, a]").words()
    with pytest.raises(ConfigurationError, match="a name"):
        parse("[a, [b]]").words()
    assert parse("a").words(single=True) == ("a",)


@pytest.mark.parametrize("text", ["1.5", "-1", "１２", "x", "", "[1]"])
def test_integers_are_ascii_digits(text: str) -> None:
    with pytest.raises(ConfigurationError, match="whole number"):
        parse(f"n: {text}").entries()["n"].integer()


def test_flags_are_true_or_false_only() -> None:
    assert parse("true").flag() is True
    assert parse("false").flag() is False
    with pytest.raises(ConfigurationError, match="true or false"):
        parse("yes").flag()
