"""Print which behaviors, toxics, protocols, errors, selectors, messages and presets there are, and their options."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from typing import TypeVar

from vaurien_core.cli import preset_text
from vaurien_core.cli.registries import make_registry
from vaurien_core.errors import UsageError, did_you_mean
from vaurien_core.messages import MESSAGES, advice, message
from vaurien_core.model.catalogue import BehaviorInfo, Catalogue, ErrorInfo, ProtocolInfo
from vaurien_core.model.toxics import TOXIC_KEYS
from vaurien_core.options import Option
from vaurien_core.options.kinds import number_text

T = TypeVar("T", BehaviorInfo, ProtocolInfo, Option)
WIDTH = 88
PRESET = "preset"
TOPICS = ("behavior", "toxic", "protocol", "error", "selector", "message", PRESET)
SELECTING = (
    "A rule of a mix with selectors acts on some exchanges only. Such rules come first, in written order. Each "
    "counts the exchanges that match, as `match`, `header`, `client` and `at` say, from the moment on when its weight "
    "leaves 0 (or its override starts), whichever rule is hit. Of those, `skip` leaves out the first n, `every` takes "
    "every n-th of the rest, `first` only the first n of these; then the rule draws for itself, its weight being the "
    "percentage of what is left, and "
    "`times` ends it after n hits. The first hit wins; what none hits is drawn from the rules without selectors. "
    "Weights of rules with selectors don't count toward 100 %."
)
LABELS = (
    "A glob is for the whole label and minds case: * is anything, ? one character, [ab] one of these. A regular "
    "expression behind re: is searched in the label. Labels carry names, not values, as the journal shows them: "
    "GET /cart?q=?, UPDATE orders, SET key. Names of headers don't mind case, their globs do. In the connect phase the "
    "label is connect: a delay then makes the dial late, hang never dials, blackout closes and abort resets at once, "
    "error names an entry that takes the greeting's place."
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `vaurien describe`."""
    parser.add_argument(
        "topic", nargs="?", metavar="behavior|toxic|protocol|error|selector|message|preset", help="all unless given"
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="one of them, in full; error: NAME or PROTOCOL")


def run(args: argparse.Namespace) -> int:
    """Print what was asked for; returns the exit status.

    Raises:
        UsageError: there is no such thing; names the nearest.
    """
    registry = make_registry()
    if args.topic == PRESET:
        print(preset_text.described(registry, args.name))
    else:
        print(described(registry.catalogue(), args.topic, args.name))
    return 0


def described(catalogue: Catalogue, topic: str | None = None, name: str | None = None) -> str:
    """The text for a topic, or for one thing of it.

    Raises:
        UsageError: no such topic or name.
    """
    if topic is None:
        parts = [
            _behaviors(catalogue),
            _toxics(catalogue),
            _protocols(catalogue),
            _errors_of_all(catalogue),
            _selectors(catalogue.selectors),
        ]
        return "\n\n".join(part for part in parts if part)
    if topic not in TOPICS:
        raise UsageError(f'unknown topic "{topic}",{did_you_mean(topic, TOPICS)}')
    if name is None:
        overview = {
            "behavior": _behaviors, "toxic": _toxics, "protocol": _protocols, "error": _errors_of_all, "selector": _selecting,
            "message": _messages,
        }  # fmt: skip
        return overview[topic](catalogue)
    if topic == "behavior":
        return _behavior(_named(catalogue.behaviors, name, topic), catalogue)
    if topic == "toxic":
        return _toxic(_named(catalogue.toxics, name, topic), catalogue)
    if topic == "selector":
        return _selectors([_named(catalogue.selectors, name, topic)])
    if topic == "protocol":
        return _protocol(_named(catalogue.protocols, name, topic))
    if topic == "message":
        return _message(name)
    return _error(catalogue, name)


def _messages(_: Catalogue) -> str:
    return _table("Messages", ("id", "what it says", "what to do"), [(m.id, m.says, advice(m.id)) for m in MESSAGES])


def _message(code: str) -> str:
    found = message(code.upper())
    if found is None:
        raise UsageError(f'unknown message "{code}",{did_you_mean(code, (m.id for m in MESSAGES))}')
    return f"{found.id}: {found.says}\n\n{textwrap.fill(advice(found.id), WIDTH)}"


def _behaviors(catalogue: Catalogue) -> str:
    rows = [(b.name, b.group, b.summary) for b in catalogue.behaviors if "mix" in b.mounts]
    return _table("Behaviors", ("name", "group", "what it does"), rows)


def _toxics(catalogue: Catalogue) -> str:
    rows = [(b.name, b.group, b.summary) for b in catalogue.toxics]
    return _table("Toxics, in toxics = NAME", ("name", "group", "what it does"), rows) if rows else ""


def _toxic(info: BehaviorInfo, catalogue: Catalogue) -> str:
    mixed = "also drawn from a mix" if "mix" in info.mounts else "only as a toxic"
    return "\n\n".join(
        [
            _heading(info.name, info.title),
            textwrap.fill(f"{info.summary}.", WIDTH),
            textwrap.fill(f"On the wire: {info.wire}", WIDTH),
            f"Group: {info.group}. Mounted: {mixed}." + (f" From {info.origin}." if info.origin else ""),
            _options(f"[toxic:NAME] with type = {info.name}", catalogue.toxic_options(info.name)),
            _options("[toxic:NAME] of every type", TOXIC_KEYS),
        ]
    )


def _protocols(catalogue: Catalogue) -> str:
    rows = [(p.name, str(p.default_port or "any"), p.summary) for p in catalogue.protocols]
    return _table("Protocols", ("name", "port", "what an exchange is"), rows)


def _errors_of_all(catalogue: Catalogue) -> str:
    return "\n\n".join(_errors(p) for p in catalogue.protocols if p.errors)


def _selecting(catalogue: Catalogue) -> str:
    texts = [textwrap.fill(text, WIDTH) for text in (SELECTING, LABELS)]
    return "\n\n".join([_selectors(catalogue.selectors), *texts])


def _selectors(options: Sequence[Option]) -> str:
    rows = [(o.name, kind_text(o), default_text(o), o.help) for o in options]
    return _table("Selectors, in any [behavior:NAME]", ("name", "value", "default", "which exchanges"), rows)


def _behavior(info: BehaviorInfo, catalogue: Catalogue) -> str:
    selectors = ", ".join(option.name for option in catalogue.selectors_of(info.name))
    works = f"Protocols: {', '.join(info.protocols)}." if info.protocols else "Protocols: all."
    return "\n\n".join(
        [
            _heading(info.name, info.title),
            textwrap.fill(f"{info.summary}.", WIDTH),
            textwrap.fill(f"On the wire: {info.wire}", WIDTH),
            f"Group: {info.group}. {works}" + (f" From {info.origin}." if info.origin else ""),
            _options(f"[behavior:{info.name}]", info.options),
            textwrap.fill(f"Selectors (see vaurien describe selector): {selectors}.", WIDTH),
        ]
    )


def _protocol(info: ProtocolInfo) -> str:
    parts = [
        _heading(info.name, info.title),
        textwrap.fill(f"{info.summary}.", WIDTH),
        f"Default port: {info.default_port or 'none'}." + (f" From {info.origin}." if info.origin else ""),
        _options(f"[protocol:{info.name}]", info.options),
    ]
    return "\n\n".join([*parts, *([_errors(info)] if info.errors else [])])


def _error(catalogue: Catalogue, name: str) -> str:
    protocol = catalogue.protocol(name)
    if protocol is not None:
        return _errors(protocol) if protocol.errors else f"{name} has no errors of its own."
    found = [(p, e) for p in catalogue.protocols for e in p.errors if e.name == name]
    if not found:
        known = [*(e.name for p in catalogue.protocols for e in p.errors), *(p.name for p in catalogue.protocols)]
        raise UsageError(f'unknown error "{name}",{did_you_mean(name, known)}')
    return "\n\n".join(_one_error(p, e) for p, e in found)


def _one_error(protocol: ProtocolInfo, error: ErrorInfo) -> str:
    lines = [
        f"{protocol.name} {_heading(error.name, error.title)}",
        "",
        f"  on the wire   {error.wire or '-'}",
        f"  phase         {' or '.join(error.phases)}",
        f"  instead of    the {'answer to a request' if error.at == 'request' else 'greeting'}",
        f"  afterwards    {'the connection closes' if error.closes else 'the connection goes on'}",
        f"  by chance     {'yes' if error.random else 'no, only by name'}",
    ]
    return "\n".join([*lines, *([f"  source        {error.source}"] if error.source else [])])


def _errors(protocol: ProtocolInfo) -> str:
    rows = [(e.name, " or ".join(e.phases), "closes" if e.closes else "goes on", e.title) for e in protocol.errors]
    return _table(f"Errors of {protocol.name}", ("name", "phase", "connection", "what it says"), rows)


def _options(section: str, options: Sequence[Option]) -> str:
    if not options:
        return "No options."
    rows = [(o.name, kind_text(o), default_text(o), o.help) for o in options]
    return _table(f"Options, in {section}", ("name", "value", "default", "meaning"), rows)


def kind_text(option: Option) -> str:
    """What may be written: `time in s, at least 0`."""
    if option.choices:
        return " | ".join(option.choices)
    unit = f" in {option.unit}" if option.unit else ""
    low, high = option.minimum, option.maximum
    if low is not None and high is not None:
        return f"{option.kind}{unit}, {number_text(low)}..{number_text(high)}"
    if low is not None:
        return f"{option.kind}{unit}, at least {number_text(low)}"
    if high is not None:
        return f"{option.kind}{unit}, at most {number_text(high)}"
    return f"{option.kind}{unit}"


def default_text(option: Option) -> str:
    """What holds where nothing is set."""
    if option.default is None:
        return "unset"
    return option.format(option.default) or '""'


def _named(entries: Sequence[T], name: str, topic: str) -> T:
    for entry in entries:
        if entry.name == name:
            return entry
    raise UsageError(f'unknown {topic} "{name}",{did_you_mean(name, (e.name for e in entries))}')


def _heading(name: str, title: str) -> str:
    return f"{name}: {title}" if title and title.lower() != name else name


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they need to be; the last one is wrapped."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head) - 1)]
    indent = 2 + sum(widths) + 2 * len(widths)
    lines = [title, ""]
    for row in [head, *rows]:
        cells = "".join(f"{cell:<{width}}  " for cell, width in zip(row, widths, strict=False))
        wrapped = textwrap.wrap(row[-1], max(WIDTH - indent, 30)) or [""]
        lines.append(f"  {cells}{wrapped[0]}".rstrip())
        lines += [" " * indent + more for more in wrapped[1:]]
    return "\n".join(lines)
