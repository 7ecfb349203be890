"""Read a profile and say everything that is wrong with it, at once."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vaurien_core.cli.registries import make_registry
from vaurien_core.errors import Problem, ProfileError
from vaurien_core.model.profile import PluginSpec
from vaurien_core.profiles import load
from vaurien_core.profiles.export import counts

OK, WRONG = 0, 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `vaurien check`."""
    parser.add_argument("profile", metavar="PROFILE", type=Path, help="the INI file")
    parser.add_argument("--strict", action="store_true", help="warnings are errors")
    parser.add_argument("--no-plugins", action="store_true", help="do not load the code that the profile names")


def run(args: argparse.Namespace) -> int:
    """Check one profile; returns the exit status: 2 if it can't be used."""
    registry = make_registry()

    def load_plugin(spec: PluginSpec) -> None:
        from vaurien_core import plugins

        plugins.load(registry, spec, args.profile.parent)

    try:
        loaded = load(args.profile, registry, load_plugins=None if args.no_plugins else load_plugin)
    except ProfileError as error:
        _print(error.problems)
        return _end(args.profile, [p for p in error.problems if p.severity == "error"])
    _print(loaded.problems)
    if args.strict and loaded.problems:
        return _end(args.profile, list(loaded.problems))
    print(f"{args.profile}: {counts(loaded.profile)}.")
    return OK


def _end(profile: Path, problems: list[Problem]) -> int:
    print(f"{profile}: {len(problems)} problem{'s' if len(problems) != 1 else ''}.", file=sys.stderr)
    return WRONG


def _print(problems: tuple[Problem, ...]) -> None:
    """Errors to stdout, as they are the result; warnings to stderr."""
    for problem in problems:
        if problem.severity == "error":
            print(problem)
        else:
            print(f"warning: {problem}", file=sys.stderr)
