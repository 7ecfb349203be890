"""The text that CI reads, and whether the headless loader accepts it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vaurien_core.errors import ProfileError, VaurienError
from vaurien_core.frozen import dataclass
from vaurien_core.model.profile import Profile
from vaurien_core.profiles.document import Document
from vaurien_core.profiles.reading import loads
from vaurien_core.profiles.saving import render
from vaurien_core.registry import Registry


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the headless loader says of a text."""

    ok: bool
    sentence: str
    """`2 proxies, 4 rules, 2 expectations, seed 42`, or what is wrong, one problem to a line."""
    warnings: tuple[str, ...] = ()


def ini(document: Document | None, old: Profile, new: Profile, registry: Registry) -> str:
    """The INI text of a profile: the file with its changes, or a fresh one.

    Raises:
        UsageError: INI text can't hold the profile.
    """
    return render(document, old, new, registry)


def validate(
    text: str, registry: Registry, *, env: Mapping[str, str] | None = None, folder: Path | None = None
) -> Verdict:
    """Read a text as CI will."""
    try:
        loaded = loads(text, "profile.ini", registry, env=env, folder=folder)
    except ProfileError as error:
        return Verdict(False, "\n".join(str(problem) for problem in error.problems))
    except VaurienError as error:
        return Verdict(False, str(error))
    return Verdict(True, counts(loaded.profile), tuple(str(problem) for problem in loaded.problems))


def counts(profile: Profile) -> str:
    """What is in a profile: `2 proxies, 4 rules, 2 expectations, seed 42`."""
    rules = sum(len(spec.faults) for spec in profile.proxies)
    parts = [_count(len(profile.proxies), "proxy", "proxies"), _count(rules, "rule", "rules")]
    if toxics := sum(len(spec.toxics) for spec in profile.proxies):
        parts.append(_count(toxics, "toxic", "toxics"))
    if profile.expectations:
        parts.append(_count(len(profile.expectations), "expectation", "expectations"))
    parts.append(f"seed {profile.seed}" if profile.seed is not None else "a new seed for each run")
    return ", ".join(parts)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
