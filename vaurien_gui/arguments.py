"""The command line of `vaurien-gui`, read before anything of Qt is imported."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vaurien_core import __version__

THEMES = ("system", "light", "dark")
EPILOG = """\
With --headless it is `vaurien`: the rest of the line is handed to it, and neither Qt nor a display is needed.
    vaurien-gui --headless --config profile.ini -- pytest
"""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the command line says."""

    profile: Path | None = None
    demo: bool = False
    engine: str = ""
    """`child`, `local`, a URL, or "": what the preferences say."""
    token: str = ""
    theme: str = ""
    doctor: bool = False


def parser() -> argparse.ArgumentParser:
    """The flags of the window."""
    result = argparse.ArgumentParser(
        prog="vaurien-gui",
        description="Break the connection between a program and its backend on purpose, and watch what happens.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("profile", nargs="?", type=Path, metavar="PROFILE.ini", help="profile to open")
    result.add_argument("--demo", action="store_true", help="run the demo: built-in backend and traffic on free ports")
    result.add_argument(
        "--engine",
        default="",
        metavar="child|local|URL",
        help="where the engine runs: a process of its own (default), this process, or behind a control URL",
    )
    result.add_argument("--token", default="", help="bearer token of the engine behind URL")
    result.add_argument("--theme", choices=THEMES, default="", help="colours (default: as last time, else system)")
    result.add_argument("--headless", action="store_true", help="run without a window; see below")
    result.add_argument("--doctor", action="store_true", help="say what this installation can and can't do")
    result.add_argument("--version", action="version", version=f"vaurien {__version__}")
    return result


def read(argv: Sequence[str]) -> Arguments:
    """The arguments; ends the program with status 2 and one sentence where they make no sense."""
    made = parser()
    given = made.parse_args(argv)
    engine: str = given.engine
    if engine and engine not in ("child", "local") and "://" not in engine and ":" not in engine:
        made.error(f'argument --engine: expected child, local or a URL, got "{engine}"')
    if given.token and engine in ("", "child", "local"):
        made.error("argument --token: only an engine behind a URL takes one")
    return Arguments(given.profile, given.demo, engine, given.token, given.theme, given.doctor)
