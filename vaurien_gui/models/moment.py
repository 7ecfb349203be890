"""What `History` remembers of a moment, and what it has yet to write. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vaurien_core.model.events import ProxySample
from vaurien_gui.models.rates import fell, total


class Moment:
    """The counters at one history time, by proxy; those of all together are added up once, when they are asked for."""

    __slots__ = ("_whole", "h", "proxies")

    def __init__(self, h: float, proxies: Mapping[str, ProxySample]) -> None:
        self.h, self.proxies = h, proxies
        self._whole: ProxySample | None = None

    @property
    def whole(self) -> ProxySample:
        """All of them together."""
        if self._whole is None:
            self._whole = total(self.proxies.values())
        return self._whole


@dataclass(frozen=True, slots=True)
class Due:
    """The newest slot and bin, as far as they are known: written where they are read, or when they are over."""

    moment: Moment
    slot: int
    number: int
    base: Moment | None
    """What the rates are taken from; None: too little time has passed."""
    bin_base: Moment
    bridge: bool
    """Whether slots without a sample before this one get its rates."""


def pair(name: str | None, now: Moment, base: Moment) -> tuple[ProxySample, ProxySample]:
    """The counters of a proxy (None: of all that are there now) at two moments; zeros for one that is new."""
    if name is None:
        if now.proxies.keys() == base.proxies.keys() and not any(
            fell(each, base.proxies[key]) for key, each in now.proxies.items()
        ):
            return now.whole, base.whole
        pairs = [pair(each, now, base) for each in now.proxies]
        return total(p[0] for p in pairs), total(p[1] for p in pairs)
    counters, before = now.proxies[name], base.proxies.get(name)
    return counters, ProxySample(name) if before is None or fell(counters, before) else before
