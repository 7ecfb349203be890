"""The command line of `vaurien` as data: argparse made from the declared options, read into an `Invocation`.

Flags that mean something to a profile become texts by section and key; `profiles.load` lays them over the file, so the
precedence is resolved in one place. The rest steers this run only.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from dataclasses import field
from pathlib import Path
from typing import NoReturn

from vaurien_core import __version__
from vaurien_core.cli.rule_flags import named, variants, without_type
from vaurien_core.errors import OptionError, UsageError, did_you_mean
from vaurien_core.frozen import dataclass
from vaurien_core.model.selectors import SELECTORS, selectors_of
from vaurien_core.options import Kind, Option
from vaurien_core.options.kinds import read_duration
from vaurien_core.profiles import keys
from vaurien_core.registry import Registry

RULES = (
    "--behavior-NAME-type BEHAVIOR makes NAME a rule that a mix can name, --behavior-NAME-OPTION sets its options. "
    "Selectors say which exchanges a rule is for, of any NAME: "
    + ", ".join(f"--behavior-NAME-{option.flag}" for option in SELECTORS)
    + " (see vaurien describe selector)."
)
SUBCOMMANDS = {
    "certificate": "make a certificate for a proxy that ends TLS",
    "check": "say all that is wrong in a profile",
    "convert": "make a profile of Toxiproxy's JSON configuration",
    "describe": "what behaviors, toxics, protocols, errors and selectors there are",
    "doctor": "check this machine",
    "toxiproxy": "serve Toxiproxy's API on localhost:8474, in the place of toxiproxy-server",
    "verify": "measure whether every fault does here what it claims",
}
EPILOG = """\
examples:
  vaurien --protocol http --proxy localhost:8000 --backend localhost:80 --behavior 20:delay --behavior-delay-sleep 2
  vaurien --config profile.ini --report build/run -- pytest tests

subcommands (each with its own --help):
""" + "\n".join(f"  vaurien {name:<12}{text}" for name, text in SUBCOMMANDS.items())
_NAMED = re.compile(r"\s*(?P<name>[^<>=]+?)\s*=\s*(?P<text>[^<>=\s]+\s*(?:<=|>=|<|>|=).*)", re.DOTALL)
_SECTION = "vaurien"
_HELP = frozenset({"-h", "--help"})


@dataclass(frozen=True, slots=True)
class Invocation:
    """What one command line asks for."""

    config: Path | None = None
    preset: str = ""
    """The name or file of a preset, or ""."""
    flags: dict[str, dict[str, str]] = field(default_factory=dict)
    """Section to key to text, for `profiles.load`."""
    duration_s: float | None = None
    ready_file: Path | None = None
    journal: Path | None = None
    journal_all: bool = False
    report: Path | None = None
    command: tuple[str, ...] = ()
    any_host: bool = False
    """Callers of Toxiproxy's API may call this machine by any name; see `control.access`."""

    @property
    def records(self) -> tuple[Path, ...]:
        """Where the journal is written while it happens."""
        in_report = (self.report / "journal.jsonl",) if self.report else ()
        return (*in_report, *((self.journal,) if self.journal else ()))


class SentenceParser(argparse.ArgumentParser):
    """An argparse parser whose complaints are our errors."""

    def error(self, message: str) -> NoReturn:
        """One sentence instead of argparse's usage and exit."""
        raise UsageError(f"{message[:1].upper()}{message[1:]}; see {self.prog} --help.")


def build_parser(registry: Registry, argv: Sequence[str] = (), *, spare: bool = False) -> argparse.ArgumentParser:
    """The parser; `--behavior-NAME-OPTION` and `--protocol-NAME-OPTION` come from the declarations.

    Args:
        registry: what is declared.
        argv: the words that will be read; they may define rules of their own.
        spare: leave out behaviors and protocols that no word can mean, which then need not be imported.
    """
    behaviors, protocols = (
        (registry.behavior_names, registry.protocol_names)
        if not spare
        else (
            tuple(filter(registry.mixes, named("behavior", argv))),
            tuple(name for name in named("protocol", argv) if name in registry.protocol_names),
        )
    )
    parser = SentenceParser(
        prog="vaurien",
        usage="vaurien [options] [-- COMMAND ...]",
        description="A proxy that breaks the connection between a program and its backend on purpose.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    group = parser.add_argument_group("options")  # a parser's own arguments ask the terminal for its width
    group.add_argument("-h", "--help", action="help", help="show this help message and exit")
    group.add_argument("--version", action="version", version=f"vaurien {__version__}")
    group.add_argument("--config", type=_path, metavar="FILE", help="profile to run (INI)")
    _proxy_group(parser)
    _run_group(parser)
    _control_group(parser)
    _statsd_group(parser)
    for name in behaviors:
        _declared(parser, f"behavior:{name}", registry.own_options(name))
    for name in protocols:
        _declared(parser, f"protocol:{name}", registry.protocol(name).Options.describe())
    _rules_group(parser, registry, argv, behaviors)
    return parser


def read(argv: Sequence[str], registry: Registry) -> Invocation:
    """An argument list as an invocation.

    Raises:
        UsageError: a flag is unknown, lacks its value, or has one that doesn't fit.
    """
    before, after = _split(argv)
    found, unknown = build_parser(registry, before, spare=_HELP.isdisjoint(before)).parse_known_args(before)
    if unknown:
        raise UsageError(_unknown(unknown[0], build_parser(registry, before), before, registry))
    if len(before) < len(argv) and not after:
        raise UsageError("After -- expected a command to run, got nothing.")
    flags: dict[str, dict[str, str]] = {}
    for place, value in vars(found).items():
        section, dot, key = place.partition("\0")
        if dot and value is not None:
            flags.setdefault(section, {})[key] = value
    for expression in found.expect:
        name, text = split_expectation(expression)
        flags.setdefault("expect", {})[name] = text
    return Invocation(
        config=found.config, preset=found.preset, flags=flags, duration_s=_duration(found.duration),
        ready_file=found.ready_file, journal=found.journal, journal_all=found.journal_all, report=found.report,
        command=tuple(after),
    )  # fmt: skip


def split_expectation(expression: str) -> tuple[str, str]:
    """`NAME = METRIC OP VALUE` as name and rest; without a name, the expression names itself."""
    match = _NAMED.fullmatch(expression)
    if match is not None:
        return match["name"], match["text"]
    return expression.strip(), expression.strip()


def _split(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    if "--" not in argv:
        return list(argv), []
    at = list(argv).index("--")
    return list(argv[:at]), list(argv[at + 1 :])


def _proxy_group(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("proxy")
    for option in keys.ADDRESSES:
        _add(group, f"--{option.flag}", _SECTION, option.name, option.help, option)
    group.add_argument(
        "--preset", default="", metavar="NAME", help="a known way to fail (vaurien describe preset); other flags win"
    )
    tuning = keys.named(keys.TUNING)
    _add(group, "--timeout", _SECTION, "connect_timeout", tuning["connect_timeout"].help, tuning["connect_timeout"])
    for name in ("stay_connected", "backlog", *keys.TLS):
        _add(group, f"--{tuning[name].flag}", _SECTION, name, tuning[name].help, tuning[name])
    for name in sorted(keys.WITHOUT_EFFECT):
        _add(
            group, f"--{name.replace('_', '-')}", _SECTION, name, "accepted, without effect", None, bare=name == "sync"
        )


def _run_group(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("run")
    shared = keys.named(keys.SHARED)
    for name in ("seed", "log_level", "log_output"):
        _add(group, f"--{shared[name].flag}", _SECTION, name, shared[name].help, shared[name])
    group.add_argument("--duration", metavar="TIME", help="end after this time (90s, 5min)")
    group.add_argument("--ready-file", type=_path, metavar="FILE", help="written (JSON) when every listener is bound")
    group.add_argument("--journal", type=_path, metavar="FILE.jsonl", help="write the journal while it happens")
    group.add_argument("--journal-all", action="store_true", help="journal untouched exchanges too")
    group.add_argument("--report", type=_path, metavar="DIR", help="write report.html, summary.json and more")
    group.add_argument(
        "--expect", action="append", default=[], metavar="EXPR", help="judged at the end: 'NAME = delay@web >= 3'"
    )


def _control_group(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("control server")
    control = keys.named(keys.CONTROL)
    group.add_argument("--http", action="store_const", const="true", dest="control\0http", help=control["http"].help)
    _add(group, "--http-host", "control", "host", control["host"].help, control["host"])
    _add(group, "--http-port", "control", "port", control["port"].help, control["port"])
    group.add_argument(
        "--allow-remote",
        action="store_const",
        const="true",
        dest="control\0allow_remote",
        help=control["allow_remote"].help,
    )


def _statsd_group(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("statsd")
    for option in keys.STATSD:
        _add(group, f"--statsd.{option.name}", "statsd", option.name, option.help, option)


def _declared(parser: argparse.ArgumentParser, section: str, options: Sequence[Option]) -> None:
    kind, _, name = section.partition(":")
    if options:
        group = parser.add_argument_group(f"{kind} {name}")
        for option in options:
            _add(group, f"--{kind}-{name}-{option.flag}", section, option.name, option.help, option)


def _rules_group(
    parser: argparse.ArgumentParser, registry: Registry, argv: Sequence[str], behaviors: Iterable[str]
) -> None:
    """Selectors of all behaviors, shown once as those of NAME; then the rules that the words themselves define."""
    group = parser.add_argument_group("rules of your own", RULES)
    for name in behaviors:
        for option in selectors_of(registry.own_options(name)):
            _add(group, f"--behavior-{name}-{option.flag}", f"behavior:{name}", option.name, None, option)
    for name, options in variants(argv, registry, parser._option_string_actions).items():
        for option in options:
            flag = f"--behavior-{name}-{option.flag}"
            if flag not in parser._option_string_actions:
                _add(group, flag, f"behavior:{name}", option.name, None, option)


def _add(
    group: argparse._ArgumentGroup,
    flag: str,
    section: str,
    key: str,
    help_text: str | None,
    option: Option | None,
    *,
    bare: bool = False,
) -> None:
    """One flag whose text goes to `section`, `key`; a yes-or-no may stand without a value. No help: hidden."""
    bare = bare or (option is not None and option.kind is Kind.BOOL)
    shown = option.format(option.default) if option is not None and option.default is not None else ""
    text = argparse.SUPPRESS if help_text is None else _plain(f"{help_text} ({shown})" if shown else help_text)
    metavar = option.unit.upper() or option.kind.upper() if option is not None else "VALUE"
    if bare:
        group.add_argument(flag, nargs="?", const="true", dest=f"{section}\0{key}", metavar="BOOL", help=text)
    else:
        group.add_argument(flag, dest=f"{section}\0{key}", metavar=metavar, help=text)


def _path(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("expected a path, got an empty text (an unset variable?)")
    return Path(text)


def _plain(text: str) -> str:
    return text.replace("%", "%%")


def _duration(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        seconds = read_duration(text, "s")
    except ValueError as error:
        raise OptionError("--duration", str(error), repr(text)) from None
    if seconds <= 0:
        raise OptionError("--duration", "more than 0 s", text)
    return seconds


def _unknown(word: str, parser: argparse.ArgumentParser, argv: Sequence[str], registry: Registry) -> str:
    if not word.startswith("-"):
        known = did_you_mean(word, SUBCOMMANDS) if word.isidentifier() else ""
        return f'Unexpected word "{word}",{known}' if known else f'Unexpected word "{word}"; see {parser.prog} --help.'
    flag = word.partition("=")[0]
    flags = [s for action in parser._actions for s in action.option_strings if s.startswith("--")]
    if flag.endswith("-type") and flag[len("--behavior-") : -len("-type")] in registry.behavior_names:
        name = flag[len("--behavior-") : -len("-type")]
        return f"Unknown option {flag}: {name} is a behavior itself; give the rule a name of its own."
    rule = without_type(flag, argv, dict.fromkeys(registry.behavior_names))
    if rule and f"--behavior-{rule}-type" not in flags:
        return f"Unknown option {flag}: nothing says what {rule} is; add --behavior-{rule}-type BEHAVIOR."
    close = did_you_mean(flag, flags)
    if not close.startswith(" did"):
        close = f" see {parser.prog} --help."
        return f"Unknown option {flag};{close}"
    return f"Unknown option {flag},{close}"
