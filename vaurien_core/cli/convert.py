"""Turn a JSON configuration of Toxiproxy into a profile: print the INI, or write it with --output."""

from __future__ import annotations

import argparse
from pathlib import Path

from vaurien_core.cli.output import say_result
from vaurien_core.cli.registries import make_registry
from vaurien_core.cli.toxiproxy import read_any
from vaurien_core.engine.checks import check_profile
from vaurien_core.errors import UsageError
from vaurien_core.profiles import dumps


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `vaurien convert`."""
    parser.add_argument("file", metavar="FILE.json", type=Path, help="as Toxiproxy reads it; its toxics are kept")
    parser.add_argument("-o", "--output", metavar="FILE.ini", type=Path, help="write it there; never over another file")


def run(args: argparse.Namespace) -> int:
    """Convert one file; returns the exit status.

    Raises:
        UsageError: it can't be read, or not be written there.
    """
    registry = make_registry()
    profile = check_profile(read_any(args.file, registry), registry)
    text = dumps(profile, registry.catalogue())
    if args.output is None:
        say_result(text.rstrip("\n"))
        return 0
    try:
        with args.output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{args.output} is there already; name another file.") from None
    except OSError as error:
        raise UsageError(f"{args.output} can't be written: {error.strerror}.") from None
    return 0
