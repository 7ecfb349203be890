"""Read a profile and say everything that is wrong with it, at once; code that it names runs only on request."""

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
    parser.add_argument(
        "--plugins", action="store_true", help="run the code that the profile names, to check its options"
    )
    parser.add_argument("--no-plugins", action="store_true", help=argparse.SUPPRESS)  # once the way to say the default


def run(args: argparse.Namespace) -> int:
    """Check one profile; returns the exit status: 2 if it can't be used."""
    registry = make_registry()

    def load_plugin(spec: PluginSpec) -> None:
        from vaurien_core import plugins

        plugins.load(registry, spec, args.profile.parent)

    try:
        loaded = load(args.profile, registry, load_plugins=load_plugin if args.plugins else None)
    except ProfileError as error:
        _print(error.problems)
        return _end(args.profile, [p for p in error.problems if p.severity == "error"])
    _print(loaded.problems)
    if args.strict and loaded.problems:
        return _end(args.profile, list(loaded.problems))
    if loaded.profile.plugins and not args.plugins:
        named = ", ".join(plugin.callable for plugin in loaded.profile.plugins)
        print(f"note: {named} was not loaded, so its options are not checked (--plugins).", file=sys.stderr)
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
