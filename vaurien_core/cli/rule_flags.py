"""`--behavior-NAME-OPTION` for rules that no declaration names: variants of a profile, or defined by these very flags.

Which names there are is looked up before argparse runs, so that each flag is declared like any other: `NAME` gets a
type by `--behavior-NAME-type` or by its section in the profile, and has that behavior's options and the selectors.
Called by `cli.parser`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from vaurien_core.model.selectors import selectors_of
from vaurien_core.options import Kind, Option
from vaurien_core.profiles.implied import KIND, error_names
from vaurien_core.profiles.mixes import tokens
from vaurien_core.profiles.reading import named_rules
from vaurien_core.registry import Registry

TYPE = Option("type", Kind.TEXT, None, "The behavior that this rule is a variant of")
_PREFIX = "--behavior-"
_DEFINES = re.compile(rf"{_PREFIX}(?P<name>.+)-type")


def rule_options(registry: Registry, behavior: str) -> tuple[Option, ...]:
    """Everything that a rule of a registered behavior can set."""
    own = registry.own_options(behavior)
    return (*own, *selectors_of(own))


def variants(argv: Sequence[str], registry: Registry, known: Iterable[str]) -> dict[str, tuple[Option, ...]]:
    """The rules that flags may set up beside the registered behaviors: name to options, longest name first.

    Args:
        argv: the words before `--`.
        registry: the behaviors that there are.
        known: flags that are declared already, and mean no variant.
    """
    declared = set(known)
    types: dict[str, str] = {}
    for config in values_of(argv, "--config"):
        types |= named_rules(Path(config)) if config else {}
    for word in argv:
        found = _DEFINES.fullmatch(word.partition("=")[0])
        if found is not None and found[0] not in declared:
            given = values_of(argv, found[0])
            types[found["name"]] = given[-1] if given else ""
    others = [name for name in _mixed(argv) if not registry.mixes(name)]
    errors = error_names(registry.protocol_names, registry) if others else []
    types = {**{name: KIND for name in others if name in errors}, **types}
    names = sorted((n for n in types if not registry.mixes(n)), key=len, reverse=True)
    return {name: _options(argv, registry, name, types[name], declared) for name in names}


def named(kind: str, argv: Sequence[str]) -> list[str]:
    """What NAME may be in words that begin with `--KIND-NAME-OPTION`; one with several hyphens has several."""
    start = f"--{kind}-"
    parts = [word.removeprefix(start).split("-") for word in argv if word.startswith(start)]
    return sorted({"-".join(words[:count]) for words in parts for count in range(1, len(words))})


def values_of(argv: Sequence[str], flag: str) -> list[str]:
    """The values of a flag, however it is written."""
    beside = [value for word, value in pairwise(argv) if word == flag]
    return [*beside, *(word.partition("=")[2] for word in argv if word.startswith(f"{flag}="))]


def without_type(flag: str, argv: Sequence[str], named: Mapping[str, object]) -> str:
    """The rule of the mix that a flag which nobody declared may mean, and that nothing says the type of; or ""."""
    meant = [n for n in _mixed(argv) if n not in named and flag.startswith(f"{_PREFIX}{n}-")]
    return max(meant, key=len, default="")


def _mixed(argv: Sequence[str]) -> list[str]:
    """What the mix on this command line names."""
    items = [token.text for text in values_of(argv, "--behavior") for token in tokens(text)]
    return [name for item in items if (name := item.rpartition(":")[2].strip())]


def _options(argv: Sequence[str], registry: Registry, name: str, kind: str, declared: set[str]) -> tuple[Option, ...]:
    """Those of its type; of a type that only the profile's plugin has, whatever is set: the profile judges it."""
    if registry.mixes(kind):
        return (TYPE, *rule_options(registry, kind))
    own = f"{_PREFIX}{name}-"
    words = {word.partition("=")[0] for word in argv if word.startswith(own)} - declared
    keys = sorted({word.removeprefix(own).replace("-", "_") for word in words} - {TYPE.name, ""})
    return (TYPE, *(Option(key, Kind.TEXT, None, "") for key in keys))
