"""Traffic for pictures and tests: samples of an engine that is deterministic and looks alive."""

import random

from vaurien_core.model.events import ProxySample, Sample
from vaurien_core.model.histogram import Histogram

WALL = 1_700_000_000.0 - 1_700_000_000 % 86400 + 15 * 3600 + 46 * 60 + 22
MIX = (("delay", 0.10), ("error", 0.05), ("abort", 0.03), ("hang", 0.02))


class Traffic:
    """An engine with one proxy; feed() gives its samples."""

    def __init__(self, name="web", per_second=122, mix=MIX, seed=4):
        self.name, self.per_second, self.mix = name, per_second, mix
        self.random = random.Random(seed)
        self.t = 0.0
        self.on = False
        self.n = self.up = self.down = self.injected = self.client = self.backend = 0
        self.hits = dict.fromkeys((name for name, _ in mix), 0)
        self.plain, self.faulted = Histogram(), Histogram()
        self.pace = 1.0

    def step(self):
        """A tenth of a second later."""
        draw = self.random
        self.t = round(self.t + 0.1, 6)
        self.pace += 0.05 * (1 - self.pace) + draw.gauss(0, 0.02)
        expected = self.per_second / 10 * self.pace
        count = max(0, round(draw.gauss(expected, expected**0.5 / 2)))
        for _ in range(count):
            self.n += 1
            self.up += 190
            roll, fate = draw.random(), ""
            for name, share in self.mix if self.on else ():
                if roll < share:
                    fate = name
                    break
                roll -= share
            if fate:
                self.hits[fate] += 1
                self.injected += 1
            if fate == "delay":
                self.faulted.record(draw.uniform(0.2, 0.4))
            elif fate != "hang":
                self.plain.record(0.0008 * draw.lognormvariate(0, 0.5))
            if fate not in ("error", "abort", "hang"):
                self.down += round(draw.gauss(2500, 300))
        self.client += draw.random() < 0.04
        self.backend += draw.random() < 0.01
        return self.sample()

    def sample(self):
        errors = sum(self.hits.get(name, 0) for name in ("error", "abort", "hang"))
        return Sample(
            self.t,
            WALL + self.t,
            (
                ProxySample(
                    self.name,
                    up_read=self.up,
                    up_written=self.up,
                    down_read=self.down,
                    down_written=self.down,
                    connections=self.n // 10,
                    connections_open=38,
                    exchanges=self.n,
                    injected=self.injected,
                    hits=tuple(self.hits.items()),
                    errors_injected=errors,
                    errors_backend=self.backend,
                    errors_client=self.client,
                    latency=self.plain.snapshot(),
                    latency_faulted=self.faulted.snapshot(),
                ),
            ),
        )

    def feed(self, history, seconds, on=None):
        """Give a history some seconds of it."""
        if on is not None:
            self.on = on
        for _ in range(round(seconds * 10)):
            history.add(self.step())
