"""The line that runs a profile without a screen, and the one that needs no file where flags can say everything."""

from __future__ import annotations

import shlex

from vaurien_core.errors import VaurienError
from vaurien_core.model.profile import Profile, StatsdSpec
from vaurien_core.options.kinds import write_text
from vaurien_core.profiles import keys
from vaurien_core.profiles.expect import expectation_text
from vaurien_core.profiles.export.source import Source
from vaurien_core.profiles.layers import flag_name
from vaurien_core.profiles.reading import load
from vaurien_core.profiles.writing import (
    CLASSIC,
    behavior_lines,
    control_lines,
    option_lines,
    own_protocol_options,
    protocol_options,
    proxy_lines,
)
from vaurien_core.registry import Registry

PROGRAM = "vaurien-gui --headless"
REPORT = "build/vaurien"
_FLAGGED = frozenset({"proxy", "backend", "protocol", "behavior", "connect_timeout", "stay_connected", "backlog",
                      "seed", "log_level", "log_output"})  # fmt: skip
"""Keys of `[vaurien]` that have a flag."""
_CONTROL_FLAGGED = frozenset({"http", "host", "port", "allow_remote"})
Flags = dict[str, dict[str, str]]


def headless(name: str) -> str:
    """The line that CI runs, quoted for a shell."""
    return f"{PROGRAM} --config {shlex.quote(name)}"


def with_command(name: str) -> str:
    """The line that runs a command against the proxies and leaves a report."""
    return f"{headless(name)} --report {REPORT} -- pytest tests/"


def command(source: Source) -> str:
    """The line, and what else can be done with it, as comments: pasted into a shell, only the line runs."""
    alone = without_file(source.profile, source.registry)
    parts = [
        headless(source.name),
        "# With a command it runs until that ends, judges [expect] and leaves a report:\n"
        f"#   {with_command(source.name)}",
    ]
    if alone is not None:
        parts.append(f"# The same without a file:\n#   {alone}")
    return "\n\n".join(parts) + "\n"


def without_file(profile: Profile, registry: Registry) -> str | None:
    """One line of flags that means exactly this profile; None where only a file can hold it.

    Flags describe one proxy called `default`. Scenarios, plugins, selectors of several proxies, TLS and texts from the
    environment have none.
    """
    flags = _flags(profile, registry)
    if flags is None:
        return None
    try:
        again = load(None, registry, env={}, flags=flags).profile
    except VaurienError:
        return None
    return " ".join(["vaurien", *map(shlex.quote, _words(flags))]) if again == profile else None


def _flags(profile: Profile, registry: Registry) -> Flags | None:
    """Section to key to text, as the command line's parser makes them; None where a key has no flag."""
    if len(profile.proxies) != 1 or profile.references or profile.scenario or profile.plugins or profile.expect_none:
        return None
    spec, catalogue = profile.proxies[0], registry.catalogue()
    try:
        own = dict(proxy_lines(spec))
        control, rules = dict(control_lines(profile.control)), list(spec.behaviors)
        options = protocol_options(catalogue, spec.protocol)
        protocol = dict(option_lines(own_protocol_options(spec, catalogue), options))
        flags: Flags = {f"behavior:{rule.name}": dict(behavior_lines(rule, catalogue)) for rule in rules}
    except ValueError:
        return None
    if spec.name != CLASSIC or own.keys() - _FLAGGED or control.keys() - _CONTROL_FLAGGED:
        return None
    shared = {o.name: getattr(profile, o.name) for o in keys.SHARED if o.name in _FLAGGED}
    blank = Profile()
    own |= {key: str(value) for key, value in shared.items() if value != getattr(blank, key)}
    statsd = {
        option.name: write_text(option.kind, option.unit, getattr(profile.statsd, option.name))
        for option in keys.STATSD
        if getattr(profile.statsd, option.name) != getattr(StatsdSpec(), option.name)
    }
    expect = {item.name: expectation_text(item) for item in profile.expectations}
    sections = {"vaurien": own, **flags, f"protocol:{spec.protocol}": protocol, "control": control, "statsd": statsd}
    return {name: values for name, values in {**sections, "expect": expect}.items() if values}


def _words(flags: Flags) -> list[str]:
    words = []
    for section, values in flags.items():
        for key, text in values.items():
            if section == "expect":
                words.append(f"--expect={key} = {text}")
            elif section == "control" and text == "true":
                words.append(flag_name(section, key))
            else:
                words.append(f"{flag_name(section, key)}={text}")
    return words
