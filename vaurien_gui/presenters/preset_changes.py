"""What some edits would change, in words: `Delay 0 → 40 %`, `delay: sleep 1 s → 800 ms`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vaurien_core.model.change import Edit, value_at
from vaurien_core.model.profile import BehaviorSpec, Phase, Profile, Rule, Scenario, ToxicSpec
from vaurien_core.options import Option, OptionValue
from vaurien_core.options.kinds import number_text
from vaurien_core.profiles.mixes import weight_text
from vaurien_gui.presenters.texts import option_text
from vaurien_gui.presenters.toxics import toxic_line
from vaurien_gui.session import Session

ARROW = " → "
STATES = {"down": "refuses connections", "syn_blackhole": "connects time out"}


def changes(session: Session, profile: Profile, edits: Sequence[Edit]) -> Iterator[str]:
    """A line for each weight, toxic, set-up and phase that the edits change; weights first."""
    for edit in sorted(edits, key=lambda e: e.path[-1] != "mix"):
        before = value_at(profile, edit.path)
        match edit.path:
            case ("proxies", _, "mix"):
                yield from _weights(session, before, edit.value)
            case ("proxies", _, "state"):
                yield f"State {before}{ARROW}{edit.value}"
            case ("proxies", _, "toxics"):
                yield from _toxics(session, before, edit.value)
            case ("proxies", _, "behaviors", name):
                yield from _setup(session, name, before, edit.value)
            case ("scenario",):
                yield from _scenario(before, edit.value)


def _weights(session: Session, before: tuple[Rule, ...], after: tuple[Rule, ...]) -> Iterator[str]:
    old = {rule.behavior: rule.weight for rule in before}
    new = {rule.behavior: rule.weight for rule in after}
    for name in dict.fromkeys((*new, *old)):
        was, now = old.get(name, 0), new.get(name, 0)
        if was != now:
            yield f"{_title(session, name)} {number_text(float(was))}{ARROW}{number_text(float(now))} %"


def _title(session: Session, name: str) -> str:
    info = session.catalogue.behavior(name)
    return info.title if info is not None else name


def _setup(session: Session, name: str, before: BehaviorSpec | None, after: BehaviorSpec | None) -> Iterator[str]:
    old, new = dict(before.options if before else ()), dict(after.options if after else ())
    kind = (after or before or BehaviorSpec(name)).kind
    declared = {option.name: option for option in session.catalogue.options(kind)}
    if before is None and after is not None and after.type:
        said = ", ".join(_said(declared, key, value) for key, value in new.items())
        yield f"New rule {name}: {kind}{f', {said}' if said else ''}"
        return
    for key in dict.fromkeys((*new, *old)):
        if old.get(key) != new.get(key):
            was, now = (_value(declared, key, values.get(key)) for values in (old, new))
            if was != now:
                yield f"{_title(session, name)}: {key.replace('_', ' ')} {was}{ARROW}{now}"


def _toxics(session: Session, before: tuple[ToxicSpec, ...], after: tuple[ToxicSpec, ...]) -> Iterator[str]:
    """What goes and what comes; one that stays as it is isn't told of."""
    for toxic in before:
        if toxic not in after:
            yield f"Toxic {toxic.name} is removed"
    for toxic in after:
        if toxic not in before:
            yield f"Toxic {toxic.name}: {toxic_line(toxic, session.catalogue.toxic_options(toxic.kind))}"


def _said(declared: dict[str, Option], key: str, value: OptionValue) -> str:
    return f"{key.replace('_', ' ')} {_value(declared, key, value)}"


def _value(declared: dict[str, Option], key: str, value: OptionValue) -> str:
    option = declared.get(key)
    if option is None:
        return str(value)
    shown = option.default if value is None else value
    return "unset" if shown is None else option_text(option, shown) or "unset"


def _scenario(before: Scenario | None, after: Scenario | None) -> Iterator[str]:
    if after is None:
        yield "The scenario is removed"
        return
    rounds = "forever" if after.repeat is None else "once" if after.repeat == 1 else f"{after.repeat} times"
    starts = {"launch": "at Start", "first-exchange": "at the first exchange", "api": "when it is told to"}
    kind = "Another scenario" if before is not None else "A scenario"
    yield f"{kind}, {rounds}, begins {starts[after.start]}:"
    for name in after.phases:
        yield f"    {_phase(after.phase(name))}"


def _phase(phase: Phase) -> str:
    length = f"{number_text(phase.length_s)} s" if phase.length_s is not None else "from then on"
    rules = [rule for change in phase.changes for rule in change.mix or () if rule.behavior != "dummy"]
    does = [f"{weight_text(rule.weight)} % {rule.behavior}" for rule in rules]
    does += [STATES[change.state] for change in phase.changes if change.state in STATES]
    does += [_mounts(change.toxics) for change in phase.changes if change.toxics is not None]
    return f"{phase.name}, {length}: {', '.join(does) or 'normal'}"


def _mounts(toxics: tuple[str, ...]) -> str:
    return f"mounts {', '.join(toxics)}" if toxics else "no toxics"
