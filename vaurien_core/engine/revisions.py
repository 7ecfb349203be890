"""Revisions: which change came when, who made it, and whether a late writer may still be heard.

A native write names the revision on which it was based. It is refused only if a path that it touches was
changed since; else its edits are laid over the newest profile.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import fields

from vaurien_core.errors import ConflictError, UsageError
from vaurien_core.frozen import dataclass
from vaurien_core.model.change import Edit, Path
from vaurien_core.model.profile import BehaviorSpec, ControlSpec, Profile, ProxySpec, ToxicSpec
from vaurien_core.options import OptionValues

HISTORY = 200
"""How many former profiles are kept, for whole-profile writes that are based on one of them."""


@dataclass(frozen=True, slots=True)
class _Touch:
    revision: int
    author: str


class Revisions:
    """The number of the newest revision, the former profiles and the last change of each path. Owned by the engine."""

    def __init__(self, profile: Profile) -> None:
        self.number = 1
        self._profiles: OrderedDict[int, Profile] = OrderedDict({1: profile})
        self._touched: dict[Path, _Touch] = {}

    def check_base(self, base: int | None, paths: Iterable[Path]) -> None:
        """Hold that none of these paths was changed since `base` (None: not asked for).

        Raises:
            ConflictError: one was. UsageError: there is no such revision yet.
        """
        if base is None or base == self.number:
            return
        if base > self.number or base < 0:
            raise UsageError(f"base: expected a revision up to {self.number}, got {base}.")
        late = {
            touched: touch
            for touched, touch in self._touched.items()
            if touch.revision > base and any(_overlap(touched, path) for path in paths)
        }
        if late:
            newest = max(late.values(), key=lambda t: t.revision)
            who = newest.author or "somebody else"
            texts = ["/".join(p) for p in late]
            raise ConflictError(
                f"{', '.join(texts)}: changed by {who} since revision {base}; now at revision {self.number}.",
                self.number, texts, newest.author,
            )  # fmt: skip

    def at(self, base: int) -> Profile:
        """The profile of a former revision.

        Raises:
            ConflictError: it is too old to be remembered.
        """
        try:
            return self._profiles[base]
        except KeyError:
            message = f"revision {base} is too old to build on; now at revision {self.number}."
            raise ConflictError(message, self.number, (), "") from None

    def record(self, profile: Profile, paths: Iterable[Path], author: str) -> int:
        """Note an accepted change; returns its revision."""
        self.number += 1
        self._profiles[self.number] = profile
        while len(self._profiles) > HISTORY:
            self._profiles.popitem(last=False)
        for path in paths:
            self._touched[path] = _Touch(self.number, author)
        return self.number


def edits_between(before: Profile, after: Profile) -> tuple[Edit, ...]:
    """The edits that make `after` out of `before` (the order of proxies aside), finest paths first."""
    edits: list[Edit] = []
    for field in fields(Profile):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if field.name in ("proxies", "control") or not field.compare or old == new:
            continue
        edits.append(Edit((field.name,), new))
    edits += [
        Edit(("control", field.name), getattr(after.control, field.name))
        for field in fields(ControlSpec)
        if getattr(before.control, field.name) != getattr(after.control, field.name)
    ]
    former = {p.name: p for p in before.proxies}
    edits += [Edit(("proxies", name), None) for name in former if all(p.name != name for p in after.proxies)]
    for spec in after.proxies:
        if spec.name not in former:
            edits.append(Edit(("proxies", spec.name), spec))
        elif former[spec.name] != spec:
            edits += _proxy_edits(former[spec.name], spec)
    return tuple(edits)


def _proxy_edits(before: ProxySpec, after: ProxySpec) -> list[Edit]:
    place: Path = ("proxies", after.name)
    edits: list[Edit] = []
    for field in fields(ProxySpec):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old == new:
            continue
        if field.name == "mix" and [r.behavior for r in old] == [r.behavior for r in new]:
            edits += [
                Edit((*place, "mix", b.behavior), b.weight)
                for a, b in zip(old, new, strict=True)
                if a.weight != b.weight
            ]
        elif field.name == "toxics" and [t.name for t in old] == [t.name for t in new]:
            for a, b in zip(old, new, strict=True):
                edits += _toxic_edits((*place, "toxics", b.name), a, b)
        elif field.name == "protocol_options":
            edits += _option_edits((*place, "protocol_options"), old, new)
        elif field.name == "behaviors":
            for name in sorted({b.name for b in (*old, *new)}):
                edits += _behavior_edits(place, before.behavior(name), after.behavior(name))
        else:
            edits.append(Edit((*place, field.name), new))
    return edits


def _behavior_edits(place: Path, before: BehaviorSpec, after: BehaviorSpec) -> list[Edit]:
    """A named variant that came, went or changed its type goes as a whole."""
    there = (*place, "behaviors", after.name)
    if before.type == after.type:
        return _option_edits(there, before.options, after.options)
    return [Edit(there, after if after.type or after.options else None)]


def _toxic_edits(place: Path, before: ToxicSpec, after: ToxicSpec) -> list[Edit]:
    """One that changed its type goes as a whole."""
    if before.type != after.type:
        return [Edit(place, after)]
    fields = [key for key in ("stream", "toxicity", "enabled") if getattr(before, key) != getattr(after, key)]
    edits = [Edit((*place, key), getattr(after, key)) for key in fields]
    return edits + _option_edits((*place, "options"), before.options, after.options)


def _option_edits(place: Path, before: OptionValues, after: OptionValues) -> list[Edit]:
    old, new = dict(before), dict(after)
    names = sorted({*old, *new})
    return [Edit((*place, name), new.get(name)) for name in names if old.get(name) != new.get(name)]


def _overlap(a: Path, b: Path) -> bool:
    shorter = min(len(a), len(b))
    return a[:shorter] == b[:shorter]
