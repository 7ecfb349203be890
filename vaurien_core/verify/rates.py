"""Faults that make bytes slow: bandwidth."""

from __future__ import annotations

import math
import threading
import time
from itertools import accumulate

from vaurien_core.behaviors.bandwidth import BandwidthOptions
from vaurien_core.verify.backend import answering, pattern
from vaurien_core.verify.judging import rate_text
from vaurien_core.verify.stand import Stand, Way
from vaurien_core.verify.times import streams, where
from vaurien_core.verify.values import Measured, NotHereError, Problem

SHARE = 0.05
"""How far off the rate may be."""
LEAST = 2000
"""Bytes; less says nothing of a rate."""
SILENT_S = 0.3


def bandwidth(stand: Stand) -> Measured:
    """The rate at the receiver, from its first bytes on."""
    options = stand.options
    assert isinstance(options, BandwidthOptions)
    rate = options.rate * 1000
    if not rate:
        return _stall(stand)
    if rate * stand.seconds < LEAST:
        raise NotHereError(f"{rate_text(rate)} for {stand.seconds:g} s are too few bytes to measure")
    size = int(rate * stand.seconds)
    found: list[float] = []
    problems: list[Problem] = []
    for upstream in streams(stand):
        (control, _), (_, faulted) = (_rates(way, size, upstream, stand.seconds) for way in stand.ways())
        found += [control, faulted]
        if control < rate * 1.1:
            raise NotHereError(f"this machine moves only {rate_text(control)} through a proxy without it")
        if abs(faulted - rate) > rate * SHARE:
            problems.append(Problem(f"{rate_text(faulted)} instead of {rate_text(rate)}", late=faulted < rate))
    return Measured(
        f"{rate_text(rate)} {where(stand)}, within 5 %",
        f"{' and '.join(rate_text(r) for r in found[1::2])} over {stand.seconds:g} s",
        " and ".join(rate_text(r) for r in found[::2]),
        tuple(problems),
        {"rate": found[1], "control": found[0]},
    )


def _rates(way: Way, size: int, upstream: bool, seconds: float) -> tuple[float, float]:
    """Bytes a second at the receiver: of all since they were asked for, and of those behind what came first."""
    patience = 3 * seconds + 3
    began = time.monotonic()
    if upstream:
        way.serve(answering(size, 4))
        with way.connect() as client:
            client.sock.settimeout(patience)
            sender = threading.Thread(target=client.pour, args=(size,), name="verify sender")
            sender.start()
            client.read(4, patience)
            sender.join()
            arrivals = way.backend.heard[-1].times
    else:
        way.serve(answering(4, size))
        with way.connect() as client:
            client.say(pattern(4))
            arrivals = client.count(size, patience)
    sizes = list(accumulate(n for _, n in arrivals))
    if not sizes or sizes[-1] < size:
        return 0.0, 0.0
    took = arrivals[-1][0] - arrivals[0][0]
    return size / (arrivals[-1][0] - began), (sizes[-1] - sizes[0]) / took if took > 0 else math.inf


def _stall(stand: Stand) -> Measured:
    """Rate 0: nothing passes, and nothing is lost."""
    problems: list[Problem] = []
    for way in stand.ways():
        way.serve(answering(4, 4))
    with stand.control.connect() as client:
        control = client.ask(pattern(4), 4, SILENT_S)[1]
    with stand.faulted.connect() as client:
        got = client.ask(pattern(4), 4, SILENT_S)[1]
        if got or client.ended:
            problems.append(Problem("bytes passed at rate 0"))
        stand.use(lambda spec: spec.with_mix(()).without_toxic(stand.subject.rule))
        if stand.subject.mount == "toxic" and not problems and client.read(4, 2.0) != pattern(4):
            problems.append(Problem("the bytes were lost"))
    return Measured(
        "nothing passes, nothing is lost",
        "nothing; then all, once it was removed",
        f"{len(control)} of 4 bytes",
        tuple(problems),
    )
