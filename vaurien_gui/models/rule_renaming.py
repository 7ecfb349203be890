"""Another name for a rule, everywhere in a profile at once: set-ups, mixes, phases and expectations. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vaurien_core.model.change import Path
from vaurien_core.model.profile import Expectation, PhaseChange, Profile, Rule

Edits = list[tuple[Path, Any]]
_MATCHED = ".matched"


def renaming(profile: Profile, rule: str, wanted: str) -> Edits:
    """The edits, in an order in which nothing is ever named that isn't there.

    The place within a mix stays, so a rule without selectors goes on drawing the same; one with selectors draws by its
    name, and so draws anew.
    """
    owners = [spec for spec in profile.proxies if any(b.name == rule for b in spec.behaviors)]
    edits: Edits = [
        (("proxies", spec.name, "behaviors", wanted), replace(spec.behavior(rule), name=wanted)) for spec in owners
    ]
    edits += [
        (("proxies", spec.name, "mix"), _mix(spec.mix, rule, wanted))
        for spec in profile.proxies
        if any(r.behavior == rule for r in spec.mix)
    ]
    scenario = profile.scenario and replace(
        profile.scenario,
        defined=tuple(
            replace(phase, changes=tuple(_change(change, rule, wanted) for change in phase.changes))
            for phase in profile.scenario.defined
        ),
    )
    expectations = tuple(_expectation(item, rule, wanted) for item in profile.expectations)
    pairs: Edits = [(("scenario",), scenario), (("expectations",), expectations)]
    edits += [(path, value) for path, value in pairs if value != getattr(profile, path[0])]
    return [*edits, *((("proxies", spec.name, "behaviors", rule), None) for spec in owners)]


def _mix(mix: tuple[Rule, ...], rule: str, wanted: str) -> tuple[Rule, ...]:
    return tuple(replace(r, behavior=wanted) if r.behavior == rule else r for r in mix)


def _change(change: PhaseChange, rule: str, wanted: str) -> PhaseChange:
    return change if change.mix is None else replace(change, mix=_mix(change.mix, rule, wanted))


def _expectation(item: Expectation, rule: str, wanted: str) -> Expectation:
    metrics = {rule: wanted, f"{rule}{_MATCHED}": f"{wanted}{_MATCHED}"}
    return replace(item, metric=metrics.get(item.metric, item.metric))
