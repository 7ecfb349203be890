"""delay: hold the exchange, or its answer, for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.behaviors.spread import SPREADS, spread
from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionSet, opt

A_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class DelayOptions(OptionSet):
    """How long, how much it varies, and on which side of the backend."""

    sleep: float = opt(1.0, "How long to hold the exchange", unit="s", minimum=0, maximum=A_DAY)
    jitter: float = opt(0.0, "How much the time varies around it", unit="s", minimum=0, maximum=A_DAY)
    distribution: str = opt(
        "uniform",
        "How the time varies",
        choices=SPREADS,
        depends_on="jitter",
    )
    before: bool = opt(True, "Hold it before the backend sees it; otherwise hold the answer")


def holding_time(options: DelayOptions, draw: Callable[[str], float]) -> float:
    """Seconds to hold one exchange: `sleep`, varied as `spread.spread` says.

    Args:
        options: of the rule.
        draw: a number within [0, 1) by purpose.
    """
    return spread(options.sleep, options.jitter, options.distribution, draw)


def _time(seconds: float) -> str:
    return f"{round(seconds * 1000, 3):g} ms" if 0 < seconds < 1 else f"{round(seconds, 3):g} s"


def _span(options: DelayOptions) -> str:
    sleep, jitter = options.sleep, options.jitter
    if not jitter:
        return f"<b>{_time(sleep)}</b>"
    if options.distribution == "pareto":
        return f"at least <b>{_time(sleep)}</b>, <b>{_time(sleep + jitter)}</b> on average (pareto),"
    if options.distribution != "uniform":
        return f"<b>{_time(sleep)} ± {_time(jitter)}</b> ({options.distribution})"
    low, high = _time(max(0.0, sleep - jitter)), _time(sleep + jitter)
    if low.split()[1] == high.split()[1]:
        low = low.split()[0]
    elif low == "0 s":
        low = "0"
    return f"<b>{low}–{high}</b> (uniform)"


class Delay(Behavior):
    """Makes exchanges late."""

    name: ClassVar[str] = "delay"
    title: ClassVar[str] = "Delay"
    summary: ClassVar[str] = "Holds the exchange, or its answer, for a while"
    wire: ClassVar[str] = (
        "The bytes of the request leave for the backend the given time after its first one arrived, in order. With "
        "before off, the request is passed on at once and the first byte of the answer waits; the rest follows in "
        "order. The connection goes on."
    )
    group: ClassVar[str] = "Timing"
    fails: ClassVar[bool] = False
    Options: ClassVar[type[OptionSet]] = DelayOptions

    def begin(self, act: Intervention) -> None:
        """Hold the request or the answer."""
        options = self.options
        assert isinstance(options, DelayOptions)
        if options.before:
            act.phase("before")
            act.hold_request(holding_time(options, act.draw))
        elif not act.exchange.answer_expected:
            act.not_applicable("the request gets no answer")
        else:
            act.phase("after")
            act.hold_answer(holding_time(options, act.draw))

    @classmethod
    def sentence(cls, options: OptionSet) -> str:
        """`wait 200–400 ms (uniform) before they reach the backend`."""
        assert isinstance(options, DelayOptions)
        end = "before they reach the backend" if options.before else "before their answer goes back"
        return f"wait {_span(options)} {end}"
