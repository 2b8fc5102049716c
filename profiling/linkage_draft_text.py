"""A draft linkage specification as YAML with comments: it runs as it stands, and says what to look at first."""

from __future__ import annotations

import json
import re
from unicodedata import east_asian_width

from profiling.linkage_draft import FieldDraft, LinkageDraft

_PLAIN = re.compile(r"[^\W\d][\w-]*")
_DECIDE = "{link: 0.95, review: 0.5, margin: 3, enough: 10}"


def linkage_text(draft: LinkageDraft, files: tuple[str, ...]) -> str:
    """Return the file's text; `files` are the names of what it was drafted from. It reads with `load_file_spec`."""
    sizes = ", ".join(f"{name} ({rows:,} 行 rows)" for name, rows in zip(files, draft.rows, strict=False))
    command = "match" if len(files) == 2 else "dedupe"
    lines = [
        f"# 草稿 draft made by `cityhub {command} --draft-spec`: {sizes}",
        "# 可直接运行；逐行核对会更准 it runs as it stands; reading it line by line makes it better.",
        f"id: {_id(draft.id)}",
    ]
    if named := [one for one in draft.fields if (one.left, one.right) != (one.name, one.name)]:
        lines += ["", "fields:                 # 字段在各文件中的列 the columns that hold a field"]
        lines += [f"  {_word(one.name)}: {_sides(one.left, one.right)}" for one in named]
    lines += _ladder(draft)
    lines += ["", "# 候选：至少一条规则相同的两行才比较 two rows are compared where they agree in one rule or more."]
    lines.append("block:")
    rules = _padded([_rule(rule.words) for rule in draft.rules])
    lines += [
        f"  - {shown}  # 约 about {rule.pairs:,} 对 pairs" for shown, rule in zip(rules, draft.rules, strict=True)
    ]
    if not draft.rules:
        lines.append("  []    # 待填 to fill in: 没有足够分散的列 no column tells rows apart well enough")
    lines += ["", "# as: 比较方式 how two values are alike; term_frequency: 少见的值更有分量 a rare value weighs more."]
    lines.append("compare:")
    compared = _padded([_comparison(one) for one in draft.fields])
    lines += [f"  {shown}  # {one.look}" for shown, one in zip(compared, draft.fields, strict=True)]
    lines += _limits(draft)
    return "\n".join(lines) + "\n"


def _id(ids: tuple[str, str]) -> str:
    shown = tuple(_word(one) if one else "待填" for one in ids)
    doubt = "" if all(ids) else "   # 待填 to fill in: 没有唯一的列 no column is distinct in every row"
    return (shown[0] if shown[0] == shown[1] else f"{{left: {shown[0]}, right: {shown[1]}}}") + doubt


def _ladder(draft: LinkageDraft) -> list[str]:
    anchors = [one for one in draft.fields if one.anchor]
    names = [one for one in draft.fields if one.term_frequency and not one.anchor]
    if not anchors or not names:
        return []
    lines = ["", "# 号码相同且姓名一致：关联，并用来训练 same number, agreeing name: linked, and learned from."]
    lines.append("ladder:")
    agree = _word(names[0].name)
    return lines + [f"  - {{same: {_word(one.name)}, agree: [{agree}], else: review}}" for one in anchors]


def _limits(draft: LinkageDraft) -> list[str]:
    lines = ["", "# link, review: 概率 probabilities; margin: 领先第二名 ahead of the runner-up, in bits;"]
    lines.append("# enough: 字段至少能证明这么多 bits that the filled fields must be able to prove, else insufficient.")
    lines.append(f"decide: {_DECIDE}")
    if draft.household:
        lines += ["", "# 一家人的姓、住址、电话只算一份证据 of kin, surname, address and phone are one evidence."]
        lines.append(f"household: [{', '.join(_rule(rule) for rule in draft.household)}]")
    lines += ["", "# one_to_one: true      # 左边一行最多对应右边一行 a left row has one right row at most"]
    if draft.left_out:
        lines += ["", "# 未用的列 columns not used:"]
        lines += [f"#   {column}: {why}" for column, why in draft.left_out]
    return lines


def _comparison(one: FieldDraft) -> str:
    options = f"as: {one.kind}" + (", term_frequency: true" if one.term_frequency else "")
    return f"{_word(one.name)}: {{{options}}}"


def _padded(texts: list[str]) -> list[str]:
    """Return the texts filled up to one width; an ideograph takes two columns."""
    widths = [sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text) for text in texts]
    return [text + " " * (max(widths) - width) for text, width in zip(texts, widths, strict=True)]


def _rule(words: tuple[str, ...]) -> str:
    return f"[{', '.join(_word(word) for word in words)}]"


def _sides(left: str, right: str) -> str:
    return _word(left) if left == right else f"{{left: {_word(left)}, right: {_word(right)}}}"


def _word(text: str) -> str:
    return text if _PLAIN.fullmatch(text.replace(".", "_", 1)) else json.dumps(text, ensure_ascii=False)
