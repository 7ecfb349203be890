"""Export for CI: the INI, the command, and the verdict of the loader that CI uses."""

from __future__ import annotations

from dataclasses import dataclass

from vaurien_core.errors import VaurienError
from vaurien_core.model.profile import Profile
from vaurien_core.registry import Registry
from vaurien_gui.files import Text, check_text, profile_text
from vaurien_gui.presenters.texts import plural
from vaurien_gui.session import Session


@dataclass(frozen=True, slots=True)
class Export:
    """What the sheet shows."""

    ini: str
    command: str
    ok: bool
    verdict: str
    detail: str


def export(session: Session, registry: Registry) -> Export:
    """The open profile as CI gets it; validated by reading the text as the headless program does."""
    document = session.document
    name = document.path.name if document.path else "profile.ini"
    command = f"vaurien-gui --headless --config {_quoted(name)}"
    try:
        ini = profile_text(document, registry)
        read = check_text(ini, document.path.parent if document.path else None, registry)
    except VaurienError as error:
        return Export("", command, ok=False, verdict="The profile can't be written", detail=str(error))
    if read.problem:
        return Export(ini, command, ok=False, verdict="The headless core refuses this file", detail=read.problem)
    if read.profile != document.profile:
        return Export(
            ini, command, ok=False, verdict="This file reads back differently", detail="Nothing was exported."
        )
    return Export(ini, command, ok=True, verdict="Headless core accepts this file", detail=_counts(read))


def _counts(read: Text) -> str:
    profile = read.profile
    assert profile is not None
    rules = sum(len(p.faults) for p in profile.proxies)
    parts = [plural(len(profile.proxies), "proxy", "proxies"), plural(rules, "rule")]
    if profile.expectations:
        parts.append(plural(len(profile.expectations), "expectation"))
    parts.append(_seed(profile))
    return ", ".join(parts)


def _seed(profile: Profile) -> str:
    return f"seed {profile.seed}" if profile.seed is not None else "a new seed each run"


def _quoted(name: str) -> str:
    return f"'{name}'" if any(c.isspace() for c in name) else name
