"""Commands of stewards: the work list, judging, and the history of a hub id."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from pipeline.case_text import case_text, cases_text
from pipeline.command_frame import hub_command, show
from pipeline.history import history as history_of
from pipeline.history import history_text
from pipeline.hub import Hub
from pipeline.judge import Decision, withdrawal
from pipeline.judge import judge as judge_stage
from pipeline.judge_preview import preview as preview_stage
from pipeline.judge_preview import preview_text
from pipeline.steward import case_row, case_view, rest_row, work_list
from warehouse.judgements import Verdict

WHO = click.option("--who", default="", help="经办人 the handler who decides")
WHY = click.option("--why", default="", help="依据 what the decision rests on")
PREVIEW = click.option("--preview", is_flag=True, help="先看后果 what it would change; nothing is written")
VERDICTS: dict[str, Verdict] = {"same": "same", "not-same": "not_same", "unsure": "unsure"}


@click.command("cases")
@click.argument("identity", metavar="[CASE]", default="")
@click.option("--limit", type=click.IntRange(1), default=20, metavar="N", help="最多 N 件 at most N cases")
@click.option("--unsure", is_flag=True, help="存疑搁置的 those that rest: who put them off, when and why")
@hub_command
def cases_command(hub: Hub, json_output: bool, identity: str, limit: int, unsure: bool) -> None:
    """待办 what people have to decide, the weightiest first; one CASE with its records side by side, masked."""
    found = work_list(hub)
    if identity:
        show(case_view(hub, found, found.case(identity)), json_output, case_text)
        return
    rows = [rest_row(one) for one in found.resting] if unsure else [case_row(case) for case in found.open]
    result = {
        "cases": rows[:limit],
        "open": len(found.open),
        "decided": found.decided,
        "unsure": found.unsure,
    }
    show(result, json_output, cases_text)


@click.group("judge")
def judge_command() -> None:
    """判定 decide: same, not-same, unsure; withdraw a decision; the next run obeys."""


def verdict_command(name: str, sentence: str) -> click.Command:
    """Return the command that enters one kind of verdict about a case, or about two records or hub ids."""

    @click.command(name, help=sentence)
    @click.argument("subject", metavar="CASE|RECORD|HUB_ID")
    @click.argument("other", metavar="[RECORD|HUB_ID]", default="")
    @WHO
    @WHY
    @PREVIEW
    @hub_command
    def command(hub: Hub, json_output: bool, subject: str, other: str, preview: bool, **said: str) -> None:
        judge_or_preview(hub, json_output, Decision(VERDICTS[name], subject, other, **said), preview)

    return command


@click.command("withdraw")
@click.argument("number", type=int, metavar="NUMBER")
@WHO
@WHY
@PREVIEW
@hub_command
def withdraw_command(hub: Hub, json_output: bool, number: int, who: str, why: str, preview: bool) -> None:
    """撤回 take judgement NUMBER back; it stays on record, and what it did is undone by the next run."""
    judge_or_preview(hub, json_output, withdrawal(hub, number, who, why), preview)


def judge_or_preview(hub: Hub, json_output: bool, decision: Decision, preview: bool) -> None:
    """Enter the decision, or show what it would change. A judgement needs a name and a reason, a preview does not."""
    if preview:
        told = replace(decision, who=decision.who or "preview", why=decision.why or "preview")
        show(preview_stage(hub, told), json_output, preview_text)
        return
    for name in ("who", "why"):
        if not getattr(decision, name):
            raise click.MissingParameter(param_type="option", param_hint=f"--{name}")
    show(judge_stage(hub, decision), json_output, judged_text)


for verdict, sentence in (
    ("same", "相同 they are one party"),
    ("not-same", "不同 they are two parties"),
    ("unsure", "存疑 nobody can tell for now: the case rests"),
):
    judge_command.add_command(verdict_command(verdict, sentence))
judge_command.add_command(withdraw_command)


@click.command("history")
@click.argument("identity", metavar="HUB_ID")
@hub_command
def history_command(hub: Hub, json_output: bool, identity: str) -> None:
    """沿革 all that ever happened to a hub id: what it stood for, who joined and left, who judged, when and why."""
    show(history_of(hub, identity), json_output, history_text)


def judged_text(result: dict[str, Any]) -> str:
    """Return what was entered."""
    numbers = ", ".join(map(str, result["judgements"]))
    entered = f"已记入 entered: {result['entity']} {result['verdict']}，第 {numbers} 号判定 judgement"
    if result["verdict"] == "unsure":
        return f"{entered}；搁置，待有新情况 it rests until something new is said: cityhub cases --unsure"
    return f"{entered}；下次关联生效 the next run obeys: cityhub link"


COMMANDS = (cases_command, judge_command, history_command)
