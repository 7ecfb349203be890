"""Measure on this machine whether every fault does what it claims: with real sockets, beside a control without it.

Exit status 4 if one does not, 0 otherwise. What the platform can't do is said to be "not here", with the reason.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from vaurien_core.cli.logs import colourful
from vaurien_core.cli.output import say_result
from vaurien_core.cli.registries import make_registry
from vaurien_core.engine.loops import raise_descriptor_limit
from vaurien_core.errors import UsageError
from vaurien_core.model.profile import PluginSpec
from vaurien_core.profiles import load
from vaurien_core.registry import Registry
from vaurien_core.verify import claims, profile
from vaurien_core.verify.running import SECONDS, chosen, verify
from vaurien_core.verify.values import Finding, Subject, Verdict

FAILED = 4
_COLOURS = {Verdict.OK: "32", Verdict.NOT_HERE: "33", Verdict.FAIL: "31"}
_WIDTH = 108


def configure(parser: argparse.ArgumentParser) -> None:
    """The flags of `vaurien verify`."""
    parser.add_argument("name", metavar="NAME", nargs="*", help="a fault, toxic or proxy; without, all of them")
    parser.add_argument(
        "--config", metavar="PROFILE.ini", type=Path, help="the faults of this profile, as set up there"
    )
    parser.add_argument("--errors", action="store_true", help="every error of every protocol instead")
    parser.add_argument(
        "--seconds", metavar="S", type=_seconds, default=SECONDS, help=f"how long rates are measured ({SECONDS:g})"
    )
    parser.add_argument("--list", action="store_true", help="say what would be measured")


def run(args: argparse.Namespace) -> int:
    """Measure and print the table.

    Raises:
        UsageError: a name means nothing. ProfileError: the profile can't be read.
    """
    registry = make_registry()
    subjects = chosen(_subjects(args.config, registry, errors=args.errors), args.name)
    if not subjects:
        say_result("Nothing here is faulty: there is nothing to verify.")
        return 0
    if args.list:
        for subject in subjects:
            say_result(subject.name)
        return 0
    raise_descriptor_limit()
    findings = verify(registry, subjects, _progress, seconds=args.seconds)
    _clear()
    for line in table(findings, colours=colourful(sys.stdout)):
        say_result(line)
    return FAILED if any(f.verdict is Verdict.FAIL for f in findings) else 0


def table(findings: Sequence[Finding], *, colours: bool = False) -> list[str]:
    """The lines for people: a block per fault, then the sum."""
    lines: list[str] = []
    for finding in findings:
        mark = f"\x1b[{_COLOURS[finding.verdict]}m{finding.verdict}\x1b[0m" if colours else str(finding.verdict)
        lines.append(f"{finding.subject.name}: {mark}{_because(finding)}")
        rows = (("claimed", finding.claimed), ("measured", finding.measured), ("control", finding.control))
        for name, text in rows:
            if text:
                lines += textwrap.wrap(f"{name:<9} {text}", _WIDTH, initial_indent="  ", subsequent_indent=" " * 12)
    counts = {verdict: sum(f.verdict is verdict for f in findings) for verdict in Verdict}
    failed = [f.subject.name for f in findings if f.verdict is Verdict.FAIL]
    sentence = f"{counts[Verdict.OK]} of {len(findings)} do what they claim"
    sentence += f", {counts[Verdict.NOT_HERE]} not here" if counts[Verdict.NOT_HERE] else ""
    return [*lines, "", f"{sentence}; failed: {', '.join(failed)}." if failed else f"{sentence}."]


def _because(finding: Finding) -> str:
    if not finding.why:
        return ""
    return f", because {finding.why}" if finding.verdict is Verdict.NOT_HERE else f": {finding.why}"


def _subjects(config: Path | None, registry: Registry, *, errors: bool) -> list[Subject]:
    if config is not None and errors:
        raise UsageError("--errors goes without --config: it is about what Vaurien ships.")
    if config is None:
        return list(claims.errors(registry) if errors else claims.subjects(registry))

    def load_plugin(spec: PluginSpec) -> None:
        from vaurien_core import plugins

        plugins.load(registry, spec, config.parent)

    return list(profile.subjects(load(config, registry, load_plugins=load_plugin).profile, registry))


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.5 <= seconds <= 60:
        raise argparse.ArgumentTypeError(f'expected 0.5..60 seconds, got "{text}"')
    return seconds


def _progress(finding: Finding, done: int, count: int) -> None:
    text = f"{done}/{count} {finding.subject.name}: {finding.verdict}"
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    else:
        print(text, file=sys.stderr, flush=True)


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
