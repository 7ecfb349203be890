"""What the engine itself counts: `/metrics`, read ten times a second while pictures are taken, and rates made of it.

The second opinion that the graphs are held against; it shares no code with the window's history. Owned by the set.
"""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

import aiohttp

EVERY_S = 0.1
KEPT_S = 90.0
SLIDE_S = 1.0
"""Over how long the graphs take a rate."""
RECENT = (2.0, 2.25, 2.5)
"""Over how long they may take that of one behavior: older samples are kept half a second apart."""
LATE_S = 0.7
"""How old the newest value of a graph may be: a sample, a frame of 5 Hz, and a slot's cut."""
_LINE = re.compile(r"^(\w+?)(?:_total)?(?:\{([^}]*)\})? (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Scrape:
    """One reading. Names are without `_total`, labels without `proxy`, summed over the proxies asked for."""

    at: float
    """`time.monotonic()` in the middle of the call."""
    values: Mapping[Key, float]

    def get(self, name: str, **labels: str) -> float:
        """One value; 0 while it isn't counted."""
        return self.values.get((name, tuple(sorted(labels.items()))), 0.0)


def parsed(text: str, proxy: str | None) -> dict[Key, float]:
    """The sums of one proxy or (None) of all."""
    found: dict[Key, float] = {}
    for name, labels, value in _LINE.findall(text):
        pairs = dict(_LABEL.findall(labels))
        if proxy is None or pairs.get("proxy", proxy) == proxy:
            key = (name, tuple(sorted((k, v) for k, v in pairs.items() if k != "proxy")))
            found[key] = found.get(key, 0.0) + float(value)
    return found


class Meter:
    """Reads one engine's `/metrics` until it is closed; its task belongs to whoever called `watch`."""

    def __init__(self, url: str, proxy: str | None = None) -> None:
        self._url, self._proxy = f"{url}/metrics", proxy
        self.scrapes: deque[Scrape] = deque(maxlen=round(KEPT_S / EVERY_S))

    async def watch(self) -> None:
        """Read on and on; an engine that is gone for a while leaves a hole."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2.0), trust_env=False) as session:
            while True:
                with suppress(aiohttp.ClientError, TimeoutError, OSError):
                    before = time.monotonic()
                    async with session.get(self._url) as answer:
                        text = await answer.text()
                    after = time.monotonic()
                    self.scrapes.append(Scrape((before + after) / 2, parsed(text, self._proxy)))
                await asyncio.sleep(EVERY_S)

    def counted(self, name: str, seconds: float, **labels: str) -> float:
        """By how much a counter rose within the last so many seconds; NaN if it was not watched so long."""
        now, old = self.scrapes[-1], self._before(self.scrapes[-1].at - seconds) if self.scrapes else None
        return now.get(name, **labels) - old.get(name, **labels) if old is not None else math.nan

    def pairs(self, seconds: float) -> Iterator[tuple[Scrape, Scrape]]:
        """Readings `seconds` apart of which the later one may be what a graph shows now."""
        now = time.monotonic()
        for scrape in self.scrapes:
            if now - scrape.at <= LATE_S and (old := self._before(scrape.at - seconds)) is not None:
                yield old, scrape

    def rates(self, name: str, seconds: float = SLIDE_S, **labels: str) -> tuple[float, ...]:
        """What a graph may show of a counter now, per second."""
        return tuple(
            (new.get(name, **labels) - old.get(name, **labels)) / (new.at - old.at) for old, new in self.pairs(seconds)
        )

    def largest(self, name: str, **labels: str) -> float:
        """The most that a sample of late added to a counter, at least 1."""
        late = [scrape.get(name, **labels) for scrape in self.scrapes if self.scrapes[-1].at - scrape.at <= 3.0]
        return max((after - before for before, after in pairwise(late)), default=0.0) + 1.0

    def levels(self, name: str) -> tuple[float, ...]:
        """What a graph may show of a gauge now."""
        return tuple(new.get(name) for _, new in self.pairs(SLIDE_S))

    def quantiles(self, q: float, share: float) -> Iterator[tuple[float, float]]:
        """Between which bounds (seconds) a quantile of the latencies may lie now, by the histogram's buckets.

        `share` of the exchanges, those of one sample, may be others.
        """
        for old, new in self.pairs(SLIDE_S):
            counts = [(bound, _bucket(new, le) - _bucket(old, le)) for bound, le in _bounds(new)]
            total = counts[-1][1] if counts else 0.0
            if total:
                below = [bound for bound, count in counts if count < (q - share) * total]
                above = [bound for bound, count in counts if count >= min(1.0, q + share) * total]
                yield below[-1] if below else 0.0, above[0]

    def _before(self, at: float) -> Scrape | None:
        """The reading nearest to a time, if there is one within a sample and a half."""
        near = min(self.scrapes, key=lambda scrape: abs(scrape.at - at), default=None)
        return near if near is not None and abs(near.at - at) <= 1.5 * EVERY_S else None


def _bounds(scrape: Scrape) -> list[tuple[float, str]]:
    name = "vaurien_latency_seconds_bucket"
    found = {dict(labels)["le"] for key, labels in scrape.values if key == name}
    return sorted((math.inf if le == "+Inf" else float(le), le) for le in found)


def _bucket(scrape: Scrape, le: str) -> float:
    return sum(scrape.get("vaurien_latency_seconds_bucket", faulted=way, le=le) for way in ("no", "yes"))
