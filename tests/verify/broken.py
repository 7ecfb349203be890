"""Faults that don't do what they claim, each in its own way, under the names of those that do."""

from __future__ import annotations

from dataclasses import replace

from vaurien_core.behaviors.abort import Abort
from vaurien_core.behaviors.bandwidth import Bandwidth, BandwidthOptions
from vaurien_core.behaviors.base import Intervention
from vaurien_core.behaviors.blackout import Blackout
from vaurien_core.behaviors.corrupt import Corrupt
from vaurien_core.behaviors.delay import Delay, DelayOptions
from vaurien_core.behaviors.duplicate_request import DuplicateRequest
from vaurien_core.behaviors.error import Error
from vaurien_core.behaviors.half_open import HalfOpen
from vaurien_core.behaviors.hang import Hang
from vaurien_core.behaviors.latency import Late, Latency
from vaurien_core.behaviors.limit_data import LimitData, LimitDataOptions
from vaurien_core.behaviors.loss import Loss
from vaurien_core.behaviors.noop import Noop
from vaurien_core.behaviors.reset_peer import ResetPeer
from vaurien_core.behaviors.short_write import ShortWrite
from vaurien_core.behaviors.slicer import Slicer
from vaurien_core.behaviors.slow_close import SlowClose
from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.behaviors.timeout import Timeout
from vaurien_core.behaviors.transient import Transient


class HalfAsLate(Late):
    def received(self, data: bytes) -> None:
        self.stream.pass_on(data, self.options.latency / 2000)


class SleepsHalf(Latency):
    def toxic(self, stream: Stream) -> Toxic:
        return HalfAsLate(stream, self.options)


class SleepsTooLong(Delay):
    def begin(self, act: Intervention) -> None:
        assert isinstance(self.options, DelayOptions)
        self.options = DelayOptions(sleep=0.15, before=self.options.before)
        super().begin(act)


class Passes(Toxic):
    """Does nothing."""


class FlipsNothing(Corrupt):
    def toxic(self, stream: Stream) -> Toxic:
        return Passes(stream, self.options)


class Ends(Toxic):
    def received(self, data: bytes) -> None:
        self.stream.swallow(len(data))
        self.stream.close()


class SendsFin(ResetPeer):
    def toxic(self, stream: Stream) -> Toxic:
        return Ends(stream, self.options)


class LeaksAnEnd(HalfOpen):
    def toxic(self, stream: Stream) -> Toxic:
        return Ends(stream, self.options)


class TwiceAsFast(Bandwidth):
    def __init__(self, options: BandwidthOptions) -> None:
        super().__init__(replace(options, rate=options.rate * 2))


class OneByteMore(LimitData):
    def __init__(self, options: LimitDataOptions) -> None:
        super().__init__(replace(options, bytes=options.bytes + 1))


class CutsNothing(Slicer):
    def toxic(self, stream: Stream) -> Toxic:
        return Passes(stream, self.options)


class LosesNothing(Loss):
    def toxic(self, stream: Stream) -> Toxic:
        return Passes(stream, self.options)


class ClosesAtOnce(SlowClose):
    def toxic(self, stream: Stream) -> Toxic:
        return Passes(stream, self.options)


class TakesAll(ShortWrite):
    @property
    def window(self) -> int:
        return 0

    def toxic(self, stream: Stream) -> Toxic:
        return Passes(stream, self.options)


class LetsPass(Timeout):
    def toxic(self, stream: Stream) -> Toxic:
        return Passes(stream, self.options)


class Shifts(Toxic):
    def received(self, data: bytes) -> None:
        self.stream.pass_on(data[1:] + data[:1])


class NotSoNoop(Noop):
    def toxic(self, stream: Stream) -> Toxic:
        return Shifts(stream, self.options)


class EndsOrderly(Abort):
    def begin(self, act: Intervention) -> None:
        act.close()


class Resets(Blackout):
    def begin(self, act: Intervention) -> None:
        act.reset()


class ForgetsToHold(Hang):
    def begin(self, act: Intervention) -> None:
        return


class NoError(Error):
    def begin(self, act: Intervention) -> None:
        return


class SaysItOnce(DuplicateRequest):
    def begin(self, act: Intervention) -> None:
        return


class FailsOnce(Transient):
    def begin(self, act: Intervention) -> None:
        if act.hit == 1:
            super().begin(act)


BROKEN = (
    SleepsHalf, SleepsTooLong, FlipsNothing, SendsFin, LeaksAnEnd, TwiceAsFast, OneByteMore, CutsNothing, LosesNothing,
    ClosesAtOnce, TakesAll, LetsPass, NotSoNoop, EndsOrderly, Resets, ForgetsToHold, NoError, SaysItOnce, FailsOnce,
)  # fmt: skip
