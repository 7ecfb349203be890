"""Presets: known ways to fail, as INI snippets that are laid over one proxy of a profile.

A snippet has `[preset]` (title, description, protocols) and what a profile would say of one proxy: `behavior`, `state`
and `toxics` in `[vaurien]`, `[behavior:NAME]`, `[toxic:NAME]`, `[scenario]` and `[phase:NAME]`. It names no address:
applying one never moves a proxy.

It has two halves, and one that it doesn't bring is left alone: what happens (mix, state, scenario), and what is always
on (toxics). So a network and a mix can be laid over each other, in either order.
Built-in ones lie in `resources/presets`, the user's in a folder of theirs; theirs win by name. Called by the
window, by `vaurien describe preset` and for `--preset`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs

from vaurien_core.errors import Problem, ProfileError, UsageError, did_you_mean
from vaurien_core.frozen import dataclass
from vaurien_core.model.change import Edit, edit_all, value_at
from vaurien_core.model.profile import BehaviorSpec, Profile, ProxySpec, Rule, Scenario, ToxicSpec
from vaurien_core.options.kinds import read_list
from vaurien_core.profiles.document import read_document
from vaurien_core.profiles.lines import scan
from vaurien_core.profiles.preset_rules import SECTION, foreign, unknown_protocols
from vaurien_core.profiles.reading import loads
from vaurien_core.registry import Registry
from vaurien_core.resources import resource

FOLDER_VARIABLE = "VAURIEN_PRESETS"
UP = "up"


@dataclass(frozen=True, slots=True)
class Preset:
    """One preset, read."""

    name: str
    """Of its file, less the suffix."""
    title: str
    description: str
    protocols: tuple[str, ...] = ()
    """Those that it is for; empty: any."""
    mix: tuple[Rule, ...] = ()
    behaviors: tuple[BehaviorSpec, ...] = ()
    scenario: Scenario | None = None
    state: str = UP
    toxics: tuple[ToxicSpec, ...] = ()
    builtin: bool = True

    def fits(self, protocol: str) -> bool:
        """Whether it can do what it says on a proxy of this protocol."""
        return not self.protocols or protocol in self.protocols

    @property
    def happens(self) -> bool:
        """Whether it brings a mix, a state or a scenario; if not, it leaves those that there are."""
        return bool(self.mix or self.scenario or self.state != UP)


@dataclass(frozen=True, slots=True)
class Listed:
    """What two folders hold."""

    presets: tuple[Preset, ...]
    """By title."""
    problems: tuple[Problem, ...] = ()
    """Why others can't be used, with file and line."""

    def named(self, name: str) -> Preset:
        """One of them.

        Raises:
            ProfileError: it can't be read. UsageError: there is none; names the nearest.
        """
        for preset in self.presets:
            if preset.name == name:
                return preset
        own = [problem for problem in self.problems if Path(problem.file).stem == name]
        if own:
            raise ProfileError(own)
        raise UsageError(f'unknown preset "{name}",{did_you_mean(name, (p.name for p in self.presets))}')


def user_folder() -> Path:
    """Where the user's own presets lie; `VAURIEN_PRESETS` names another folder."""
    own = os.environ.get(FOLDER_VARIABLE, "")
    return Path(own) if own else platformdirs.user_config_path("vaurien", appauthor=False) / "presets"


def presets(registry: Registry, folder: Path | None = None) -> Listed:
    """All presets, built-in and the user's in `folder` (`user_folder()` unless given); what is wrong with others."""
    own = user_folder() if folder is None else folder
    found: dict[str, Preset] = {}
    problems: list[Problem] = []
    for place, builtin in ((resource("presets"), True), (own, False)):
        for path in sorted(place.glob("*.ini")) if place.is_dir() else ():
            try:
                found[path.stem] = replace(read(path, registry), builtin=builtin)
            except ProfileError as error:
                problems += error.problems
    return Listed(tuple(sorted(found.values(), key=lambda p: p.title.lower())), tuple(problems))


def read(path: Path, registry: Registry) -> Preset:
    """A preset from its file.

    Raises:
        ProfileError: every problem, with file and line.
    """
    return reads(read_document(path).text, str(path), registry)


def reads(text: str, name: str, registry: Registry) -> Preset:
    """A preset from its text; `name` is its file's, for messages and as its own. Else like `read`."""
    ini = scan(text)
    values = {key: item.text for key, item in ini.sections[SECTION].items.items()} if SECTION in ini.sections else {}
    protocols = tuple(read_list(values.get("protocols", ""), ""))
    problems = [*foreign(ini, name), *unknown_protocols(ini, name, protocols, registry)]
    if problems:
        raise ProfileError(problems)
    profile = Profile()
    for protocol in protocols or ("",):
        flags = {"vaurien": {"protocol": protocol}} if protocol else {}
        loaded = loads(text, name, registry, env={}, flags=flags)
        profile = loaded.profile
        wrong = [p for p in loaded.problems if p.section != SECTION]
        if wrong:
            raise ProfileError(wrong)
    (spec,) = profile.proxies
    stem = Path(name).stem
    title = " ".join(values.get("title", "").split()) or stem
    description = " ".join(values.get("description", "").split())
    preset = Preset(
        stem, title, description, protocols, spec.mix, spec.behaviors, profile.scenario, spec.state, spec.toxics
    )
    if not preset.happens and not preset.toxics:
        message = "expected a mix, toxics, a state or a scenario, got a preset that does nothing."
        raise ProfileError([Problem(message, name)])
    return preset


def apply(profile: Profile, proxy: str, preset: Preset) -> tuple[Edit, ...]:
    """The edits that lay a preset over one proxy; none where all is so already.

    Mix and state become the preset's. Behaviors that it names get its options, those that it doesn't keep theirs.
    Phases are those of the proxy alone where there are several; without phases of its own, what a scenario did to this
    proxy ends. A preset of toxics alone leaves all that; one without toxics leaves the toxics, others replace them.

    Raises:
        UsageError: no such proxy, or it speaks a protocol that the preset isn't for.
    """
    spec = value_at(profile, ("proxies", proxy))
    if not isinstance(spec, ProxySpec):
        raise UsageError(f'unknown proxy "{proxy}",{did_you_mean(proxy, (p.name for p in profile.proxies))}')
    if not preset.fits(spec.protocol):
        raise UsageError(f"{preset.title} is for {', '.join(preset.protocols)}; {proxy} speaks {spec.protocol}.")
    at = ("proxies", proxy)
    edits = [Edit((*at, "behaviors", name), _setup(preset, name)) for name in _named(preset)]
    if preset.toxics:
        edits.append(Edit((*at, "toxics"), preset.toxics))
    if preset.happens:
        edits.append(Edit((*at, "mix"), preset.mix))
        edits.append(Edit((*at, "state"), preset.state))
        edits.append(Edit(("scenario",), _scenario(profile, spec, preset)))
    return tuple(edit for edit in edits if _current(profile, edit) != edit.value)


def applied(profile: Profile, proxy: str, preset: Preset) -> Profile:
    """The profile with a preset laid over one proxy.

    Raises:
        UsageError: see `apply`.
    """
    return edit_all(profile, apply(profile, proxy, preset))


def present(profile: Profile, proxy: str, among: Iterable[Preset]) -> Preset | None:
    """The preset that a proxy follows now to the letter, with nothing beside it, if any."""
    spec = profile.proxy(proxy)
    happens = bool(spec.faults or profile.scenario or spec.state != UP)
    halves = (happens, bool(spec.toxics))
    fitting = (p for p in among if p.fits(spec.protocol) and (p.happens, bool(p.toxics)) == halves)
    return next((preset for preset in fitting if any(halves) and not apply(profile, proxy, preset)), None)


def _named(preset: Preset) -> tuple[str, ...]:
    """The behaviors of its mixes, each once; set-ups first that a mix doesn't name."""
    phases = preset.scenario.defined if preset.scenario else ()
    mixes = [preset.mix, *(change.mix or () for phase in phases for change in phase.changes)]
    names = [spec.name for spec in preset.behaviors] + [rule.behavior for mix in mixes for rule in mix]
    return tuple(name for name in dict.fromkeys(names) if name != "dummy")


def _setup(preset: Preset, name: str) -> BehaviorSpec | None:
    return next((spec for spec in preset.behaviors if spec.name == name), None)


def _scenario(profile: Profile, spec: ProxySpec, preset: Preset) -> Scenario | None:
    """The scenario that a profile has then."""
    alone = len(profile.proxies) == 1
    if preset.scenario is None:
        return None if alone else _without(profile.scenario, spec.name)
    if alone:
        return preset.scenario
    phases = tuple(
        replace(phase, changes=tuple(replace(c, proxy=spec.name) for c in phase.changes))
        for phase in preset.scenario.defined
    )
    return replace(preset.scenario, defined=phases)


def _without(scenario: Scenario | None, proxy: str) -> Scenario | None:
    """A scenario less what it does to one proxy; None if that was all."""
    if scenario is None:
        return None
    phases = tuple(
        replace(phase, changes=tuple(c for c in phase.changes if c.proxy != proxy)) for phase in scenario.defined
    )
    return replace(scenario, defined=phases) if any(phase.changes for phase in phases) else None


def _current(profile: Profile, edit: Edit) -> Any:
    return value_at(profile, edit.path)
