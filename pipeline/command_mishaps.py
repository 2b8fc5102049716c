"""What may go wrong around a command: wrong words, Ctrl-C, a full disk, a fault of our own. One sentence, one code."""

from __future__ import annotations

import errno
import logging
import sys
import traceback
from pathlib import Path
from typing import Any

import click

from pipeline.events import redact
from pipeline.exit_codes import FAULT, INTERRUPTED

_ROOT = Path(__file__).resolve().parent.parent
_DISK = {
    errno.ENOSPC: "磁盘已满 the disk is full",
    errno.EDQUOT: "配额已满 the quota is used up",
    errno.EROFS: "文件系统只读 the file system is read-only",
    errno.EACCES: "没有权限 no permission",
    errno.EPERM: "没有权限 no permission",
    errno.ENAMETOOLONG: "名字过长 a name is too long",
}


class Commands(click.Group):
    """A group that lists commands in the order they were added, and ends every mishap with a sentence in two languages.

    Exit codes: 2 wrong words, 130 Ctrl-C, 1 what a person can mend, 70 a fault of the product (its traceback is shown
    with `--log-level debug`).
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise in_two_languages(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise in_two_languages(error) from None
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except (KeyboardInterrupt, click.Abort):
            said = "已中断 interrupted ▸ 下一步 next: 原样重跑 run it again: nothing is lost or doubled"
            click.echo(f"\n{said}", err=True)
            sys.exit(INTERRUPTED)
        except Exception as error:
            sys.exit(_unexpected(error))


def in_two_languages(error: click.UsageError) -> click.UsageError:
    """Return the error with its message in Chinese first; one that is so already stays."""
    message = error.format_message()
    if type(error) is click.UsageError and any("\u4e00" <= letter <= "\u9fff" for letter in message[:4]):
        return error
    if isinstance(error, click.NoSuchOption):
        where = "；--json 写在命令之后 --json goes after the command" if error.option_name == "--json" else ""
        return click.UsageError(f"没有这个选项: {message}{where}", ctx=error.ctx)
    kinds = (
        (click.MissingParameter, "缺少参数"),
        (click.BadParameter, "参数不对"),
        (click.BadOptionUsage, "选项用法不对"),
    )
    word = next((word for kind, word in kinds if isinstance(error, kind)), "用法不对")
    return click.UsageError(f"{word}: {message}", ctx=error.ctx)


def _unexpected(error: Exception) -> int:
    """Tell an error that nobody named, without its message: that may quote a row. Return the exit code."""
    if logging.getLogger().isEnabledFor(logging.DEBUG):
        click.echo(redact("".join(traceback.format_exception(error))), err=True)
    code = error.errno if isinstance(error, OSError) else None
    if code in _DISK:
        name = getattr(error, "filename", None)
        place = f" ({name})" if name else ""
        then = "查磁盘和权限后重跑 mend the disk or the rights, then run again"
        click.echo(f"错误 error: {_DISK[code]}{place} ▸ 下一步 next: {then}", err=True)
        return 1
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT) and ".venv" not in frame.filename]
    place = f"{Path(ours[-1].filename).relative_to(_ROOT)}:{ours[-1].lineno}" if ours else "?"
    click.echo(
        f"程序出错 a fault of the product: {type(error).__name__}, {place} ▸ 下一步 next: "
        "加 --log-level debug 重跑并报告 run it again with --log-level debug and report it",
        err=True,
    )
    return FAULT
