"""The command line of the demo city: progress on a terminal, quiet otherwise, a summary at the end."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from demo.build import BuildError, Order, Summary
from demo.days import bring_to_day
from demo.departments import DEPARTMENTS
from demo.profile import ProfileError, load
from demo.touch import touch_cell
from demo.world import Size


@click.group()
def main() -> None:
    """演示城市 · a synthetic city with known truth: departments' databases and files, deterministic by seed."""


@main.command()
@click.option(
    "--residents", default=20_000, show_default=True, type=click.IntRange(200), help="人口 · how many people live here"
)
@click.option("--seed", default=7, show_default=True, type=click.IntRange(0), help="随机种子 · same seed, same city")
@click.option(
    "--out",
    default="var/demo",
    show_default=True,
    type=click.Path(path_type=Path),
    help="各部门数据的位置 · where sources go",
)
@click.option(
    "--truth",
    default="demo/truth",
    show_default=True,
    type=click.Path(path_type=Path),
    help="真值的位置 · where the truth goes",
)
@click.option(
    "--profile", default="assumed", show_default=True, help="误差配置 · name of a shipped error profile, or a path"
)
@click.option(
    "--day",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="第几天 · day 0 is 2026-06-30; an older folder is brought forward",
)
@click.option("--postgres", default="", help="PostgreSQL URL for chosen departments (schema = department)")
@click.option("--mysql", default="", help="MySQL URL for chosen departments (tables in its database)")
@click.option(
    "--departments",
    default="",
    help="用服务器的部门 · comma-separated departments on the server; default all but the paper one",
)
@click.option("--fresh", is_flag=True, help="重建 · build from day 0 even where a city stands")
def build(  # noqa: PLR0913  # one argument an option
    residents: int,
    seed: int,
    out: Path,
    truth: Path,
    profile: str,
    day: int,
    postgres: str,
    mysql: str,
    departments: str,
    fresh: bool,
) -> None:
    """生成演示城市 · build day 0, or bring an existing city to a later day."""
    try:
        servers = choose_servers(postgres, mysql, departments)
        order = Order(Size(residents, seed), load(profile), out, truth, day, servers)
        if sys.stderr.isatty():
            with click.progressbar(length=residents, label="演示城市 demo city", file=sys.stderr) as bar:
                summaries = bring_to_day(order, bar.update, fresh)
        else:
            summaries = bring_to_day(order, fresh=fresh)
    except (ProfileError, BuildError) as error:
        raise click.ClickException(str(error)) from None
    for summary in summaries:
        show(summary)
    click.echo(f"数据 sources: {out}    真值 truth: {truth}")


def choose_servers(postgres: str, mysql: str, departments: str) -> dict[str, str]:
    """Return the URL of each department that goes to a server. Raises `BuildError` for unknown names."""
    if not (postgres or mysql):
        if departments:
            raise BuildError("--departments 需要 --postgres 或 --mysql / --departments needs --postgres or --mysql")
        return {}
    if postgres and mysql:
        raise BuildError("一次一个数据库:请分开指定 / one kind of server a build: give --postgres or --mysql")
    chosen = [one.strip() for one in departments.split(",") if one.strip()] or [
        one for one in DEPARTMENTS if one != "agriculture"
    ]
    unknown = [one for one in chosen if one not in DEPARTMENTS or one == "agriculture"]
    if unknown:
        raise BuildError(
            f"不能放到服务器 / cannot go on a server: {', '.join(unknown)}; known: {', '.join(DEPARTMENTS)}"
        )
    return dict.fromkeys(chosen, postgres or mysql)


def show(summary: Summary) -> None:
    """Print one day's figures."""
    if summary.rows:
        click.echo(
            f"第 {summary.day} 天 day {summary.day}: {sum(summary.rows.values()):,} 行 rows, 埋入错误 planted errors "
            f"{summary.errors:,} (可察觉 detectable {summary.detectable:,}), {summary.seconds:.1f} s"
        )
        for (department, table), rows in summary.rows.items():
            click.echo(f"  {department:<20}{table:<22}{rows:>12,}")
    elif summary.changes:
        changes = sum(summary.changes.values())
        click.echo(f"第 {summary.day} 天 day {summary.day}: {changes:,} 处变化 changes, {summary.seconds:.1f} s")
        for (department, change), rows in sorted(summary.changes.items()):
            click.echo(f"  {department:<20}{change:<22}{rows:>12,}")
    else:
        click.echo(f"已是第 {summary.day} 天,没有可做的 / already day {summary.day}, nothing to do")


@main.command()
@click.option(
    "--out",
    default="var/demo",
    show_default=True,
    type=click.Path(path_type=Path),
    help="各部门数据的位置 · where sources are",
)
@click.option(
    "--department", required=True, type=click.Choice(list(DEPARTMENTS)), help="部门 · whose program changes a cell"
)
def touch(out: Path, department: str) -> None:
    """改一个单元格 · change one cell as the department's own program would: its update time moves."""
    try:
        for line in touch_cell(out, department):
            click.echo(line)
    except BuildError as error:
        raise click.ClickException(str(error)) from None
