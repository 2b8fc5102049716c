"""What the documents tell a reader to type exists, and what they link to is there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT

BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)#\s]+)[^)]*\)")


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def typed(path: Path) -> list[str]:
    """Return the commands a document shows at a prompt, continued lines joined."""
    blocks = "\n".join(BLOCK.findall(path.read_text(encoding="utf-8"))).replace("\\\n", " ")
    return [line[2:].strip() for line in blocks.splitlines() if line.startswith("$ ")]


@cache
def make_targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@cache
def commands() -> dict[str, frozenset[str]]:
    """Return every `cityhub` command with the option strings it takes; what `--help` lists is made from the same."""
    from pipeline.command_line import main

    taken = {}
    for name, command in main.commands.items():
        below = getattr(command, "commands", {})
        taken[name] = _options(command)
        taken |= {f"{name} {part}": _options(one) for part, one in below.items()}
    return taken


def _options(command: Any) -> frozenset[str]:
    return frozenset(option for item in command.params for option in [*item.opts, *item.secondary_opts])


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_a_console_block_is_real(document: Path) -> None:
    wrong = []
    for line in typed(document):
        for part in re.split(r"\s*(?:&&|\||;)\s*", line):
            words = [word for word in part.split() if "=" not in word or word.startswith("-")]
            if not words:
                continue
            program = words[0].rpartition("/")[2]
            if program == "make" and not set(words[1:2]) <= make_targets():
                wrong.append(line)
            if program == "cityhub" and (problem := _unknown(words[1:])):
                wrong.append(f"{line}: {problem}")
    assert not wrong, "\n".join(wrong)


def _unknown(words: list[str]) -> str:
    """Return what `cityhub` would not understand of these words, or nothing."""
    if not words or words[0].startswith("-"):
        return ""
    if words[0] not in commands():
        return f"no command {words[0]}"
    name = " ".join(words[:2]) if " ".join(words[:2]) in commands() else words[0]
    options = {word.partition("=")[0] for word in words[1:] if word.startswith("-")} - {"--help"}
    return ", ".join(sorted(options - commands()[name]))


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(document: Path) -> None:
    targets = [link for link in LINK.findall(document.read_text(encoding="utf-8")) if "://" not in link]
    assert not [target for target in targets if not (document.parent / target).exists()]


def test_every_target_of_the_makefile_says_what_it_does() -> None:
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    phony = {line.split(":")[1].strip() for line in lines if line.startswith(".PHONY")}
    assert phony == {line.partition(":")[0] for line in lines if re.match(r"[a-z-]+:.* ## \S", line)}
