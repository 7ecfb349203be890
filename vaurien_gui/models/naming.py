"""What else a profile says of a proxy: when it goes or gets another name, phases and expectations follow. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vaurien_core.model.change import Path
from vaurien_core.model.profile import Profile
from vaurien_gui.models.phases import without_proxy

Edits = list[tuple[Path, Any]]


def leaving(profile: Profile | None, proxy: str) -> Edits:
    """The edits that come before a proxy goes: nothing names it any more."""
    if profile is None:
        return []
    items = tuple(item for item in profile.expectations if item.proxy != proxy)
    return _edits(profile, replace(profile, expectations=items, scenario=without_proxy(profile.scenario, proxy)))


def renaming(profile: Profile, proxy: str, wanted: str) -> Edits:
    """The edits that come after a proxy has got another name: what named it names it again."""
    items = tuple(replace(item, proxy=wanted) if item.proxy == proxy else item for item in profile.expectations)
    new = replace(profile, expectations=items, scenario=without_proxy(profile.scenario, proxy, wanted))
    return _edits(profile, new)


def _edits(profile: Profile, new: Profile) -> Edits:
    pairs = (("expectations",), new.expectations), (("scenario",), new.scenario)
    return [(path, value) for path, value in pairs if value != getattr(profile, path[0])]
