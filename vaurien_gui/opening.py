"""What passes between a session and whoever makes its engines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from vaurien_core.engine.base import Engine
from vaurien_core.errors import UsageError
from vaurien_core.model.change import check_mixes
from vaurien_core.model.profile import Profile


@dataclass(frozen=True, slots=True)
class Opened:
    """An engine that was just made, and what the user should know about how."""

    engine: Engine
    notice: str = ""


OpenEngine = Callable[[Profile, Path | None], Awaitable[Opened]]
"""Makes an engine that runs this profile, whose files lie in this folder; raises `VaurienError`."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that deserves a marker on the graphs. Those with the same non-empty `key` within 2 s are one."""

    text: str
    kind: str
    t: float
    key: str = ""


def refuse_code(profile: Profile) -> None:
    """Hold that a profile names no code: the window can't ask yet whether it is trusted, so it runs none.

    Raises:
        UsageError: it does; says which, and what runs it.
    """
    if profile.plugins:
        named = ", ".join(f"{p.name}: {p.callable}" for p in profile.plugins)
        raise UsageError(
            f"This profile names code of its own ({named}), which the window does not run. "
            "The command line does: vaurien --config PROFILE, with --http for live control."
        )


def runnable_part(profile: Profile) -> Profile:
    """The profile, without its mixes if they can't be run (over 100 %): it can still be mended in the window."""
    try:
        check_mixes(profile)
    except UsageError:
        return replace(profile, proxies=tuple(replace(p, mix=()) for p in profile.proxies))
    return profile
