"""What passes between a session and whoever makes its engines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from vaurien_core.engine.base import Engine
from vaurien_core.errors import UsageError
from vaurien_core.model.change import check_mixes
from vaurien_core.model.profile import Profile, ProxySpec


@dataclass(frozen=True, slots=True)
class Opened:
    """An engine that was just made, and what the user should know about how."""

    engine: Engine
    notice: str = ""
    revision: int = 0
    """At which the profile that it runs stands; 0: to be learned from the engine."""
    profile: Profile | None = None
    """What it runs, where that isn't what was asked for: it ran before."""


OpenEngine = Callable[[Profile, Path | None], Awaitable[Opened]]
"""Makes an engine that runs this profile, whose files and plugins lie in this folder; raises `VaurienError`."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that deserves a marker on the graphs. Those with the same non-empty `key` within 2 s are one."""

    text: str
    kind: str
    t: float
    key: str = ""


def without_code(profile: Profile) -> Profile:
    """The profile without the code that it names, and without the rules and proxies that need it."""
    behaviors = {p.name for p in profile.plugins if p.kind == "behavior"}
    protocols = {p.name for p in profile.plugins if p.kind == "protocol"}

    def plain(spec: ProxySpec) -> ProxySpec:
        mix = tuple(rule for rule in spec.mix if spec.behavior(rule.behavior).kind not in behaviors)
        setups = tuple(setup for setup in spec.behaviors if setup.kind not in behaviors)
        return replace(spec, mix=mix, behaviors=setups)

    proxies = tuple(plain(spec) for spec in profile.proxies if spec.protocol not in protocols)
    return replace(profile, plugins=(), proxies=proxies) if profile.plugins else profile


def runnable_part(profile: Profile) -> Profile:
    """The profile, without its mixes if they can't be run (over 100 %): it can still be mended in the window."""
    try:
        check_mixes(profile)
    except UsageError:
        return replace(profile, proxies=tuple(replace(p, mix=()) for p in profile.proxies))
    return profile
