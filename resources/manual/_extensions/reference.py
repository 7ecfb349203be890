"""The directive `reference`: tables made from the code that they describe, so that they can't be out of date.

`{reference} behaviors`, `protocols`, `selectors`, `keys`, `expectations`, `command-line` or `messages`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

from vaurien_core.cli.describe import default_text, kind_text
from vaurien_core.cli.parser import build_parser
from vaurien_core.messages import MESSAGES
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.toxics import TOXIC_KEYS
from vaurien_core.options import Option
from vaurien_core.profiles import METRICS, keys
from vaurien_core.profiles.scenarios import PHASES, SCENARIO
from vaurien_core.registry import Registry

Lines = list[str]


def behaviors() -> Lines:
    """Every behavior with its options."""
    lines: Lines = []
    for info in Registry.builtin().catalogue().behaviors:
        works = f" Only for {', '.join(info.protocols)}." if info.protocols else ""
        works += "" if "mix" in info.mounts else " Only as a toxic."
        lines += [f"## {info.name}", "", f"{info.summary}.{works}", "", f"On the wire: {info.wire}", ""]
        lines += option_table(info.options)
    return lines


def protocols() -> Lines:
    """Every protocol with its options and its errors."""
    lines: Lines = []
    for info in Registry.builtin().catalogue().protocols:
        port = f" Usual port: {info.default_port}." if info.default_port else ""
        lines += [f"## {info.name}", "", f"{info.summary}.{port}", "", *option_table(info.options)]
        if info.errors:
            lines += ["### Errors", "", *table(("error", "what it says", "where", "then"), map(error_row, info.errors))]
    return lines


def error_row(error: ErrorInfo) -> Sequence[str]:
    """One error of a catalogue."""
    where = "the greeting" if error.at == "connect" else " or ".join(error.phases)
    chance = "; `random` may pick it" if error.random else ""
    return (
        f"`{error.name}`",
        f"{error.title}. `{error.wire}`",
        where,
        ("closes" if error.closes else "goes on") + chance,
    )


def selectors() -> Lines:
    """What narrows a rule."""
    return option_table(Registry.builtin().catalogue().selectors)


def key_tables() -> Lines:
    """The keys of the sections that no behavior or protocol declares."""
    sections = {
        "A proxy: `[vaurien]` or `[proxy:NAME]`": (*keys.ADDRESSES, keys.TOXICS, *keys.TUNING),
        "`[toxic:NAME]`, beside `type` and the options of that type": TOXIC_KEYS,
        "The whole profile: `[vaurien]`": keys.SHARED,
        "`[control]`": keys.CONTROL,
        "`[scenario]`": SCENARIO,
        "`[phase:NAME]`": PHASES,
        "`[statsd]`": keys.STATSD,
    }
    return [line for title, options in sections.items() for line in (f"## {title}", "", *option_table(options))]


def expectations() -> Lines:
    """What can be expected."""
    return [", ".join(f"`{name}`" for name in METRICS), ""]


def command_line() -> Lines:
    """The flags of `vaurien`."""
    lines: Lines = []
    for group in build_parser(Registry.builtin())._action_groups:
        rows = [flag_row(action) for action in group._group_actions if action.option_strings]
        if rows:
            lines += [f"## {group.title}", "", *table(("flag", "meaning"), rows)]
    return lines


def flag_row(action: argparse.Action) -> Sequence[str]:
    """One flag."""
    value = f" {action.metavar}" if action.metavar else ""
    return (f"`{', '.join(action.option_strings)}{value}`", (action.help or "").replace("%%", "%"))


def option_table(options: Iterable[Option]) -> Lines:
    """Options as a table."""
    rows = [(f"`{o.name}`", kind_text(o), default_text(o), o.help) for o in options]
    return table(("key", "value", "default", "meaning"), rows) if rows else ["No options.", ""]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Lines:
    """A pipe table."""
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return [*lines, *(f"| {' | '.join(cell(c) for c in row)} |" for row in rows), ""]


def cell(text: str) -> str:
    """A text within a pipe table."""
    return (
        text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
        if "`" not in text
        else text.replace("|", "\\|")
    )


def messages() -> Lines:
    """Every message with an id."""
    return table(("id", "what it says", "what to do"), [(m.id, m.says, m.advice) for m in MESSAGES])


PARTS: dict[str, Callable[[], Lines]] = {
    "behaviors": behaviors,
    "protocols": protocols,
    "selectors": selectors,
    "keys": key_tables,
    "expectations": expectations,
    "command-line": command_line,
    "messages": messages,
}


class Reference(Directive):
    """Puts a part of the reference into a page."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The part, parsed as the page itself is."""
        lines = PARTS[self.arguments[0]]()
        parent = nodes.section()
        parent.document = self.state.document
        self.state.nested_parse(StringList(lines, "reference"), self.content_offset, parent, match_titles=True)
        return parent.children


def setup(app: Any) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("reference", Reference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
