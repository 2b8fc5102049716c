"""Where the program `cityhub` begins: light, so that Ctrl-C while libraries are loading ends as politely as later."""

from __future__ import annotations

import sys

from engine.memory import keep_freed_memory
from pipeline.exit_codes import INTERRUPTED


def main() -> None:
    """Run the command line."""
    try:
        keep_freed_memory()
        from pipeline.command_line import main as commands
    except KeyboardInterrupt:
        sys.stderr.write("\n已中断 interrupted\n")
        sys.exit(INTERRUPTED)
    commands()


if __name__ == "__main__":
    main()
