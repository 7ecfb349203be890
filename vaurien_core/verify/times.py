"""Faults that make bytes late: latency, delay, loss, slow_close."""

from __future__ import annotations

import time
from functools import partial

from vaurien_core.behaviors.delay import DelayOptions, holding_time
from vaurien_core.behaviors.latency import LatencyOptions
from vaurien_core.behaviors.loss import Losses, LossOptions
from vaurien_core.behaviors.slow_close import SlowCloseOptions
from vaurien_core.behaviors.spread import spread
from vaurien_core.verify.backend import answering, pattern
from vaurien_core.verify.judging import judge_time, judge_times, ms, percentile, spans
from vaurien_core.verify.stand import Stand, Way, until
from vaurien_core.verify.values import MIX, Measured, NotHereError, Problem

TRIPS = 9
LONGEST_S = 10.0
"""What takes longer than this is not waited for."""
SIZE = 64


def streams(stand: Stand) -> tuple[bool, ...]:
    """Those on which the fault acts: True for upstream, False for downstream."""
    stream = stand.subject.stream
    if stand.subject.mount == MIX:
        stream = str(getattr(stand.options, "stream", "downstream"))
    return {"upstream": (True,), "downstream": (False,)}.get(stream, (True, False))


def where(stand: Stand) -> str:
    """`downstream`, `upstream`, `both ways`."""
    found = streams(stand)
    return "both ways" if len(found) == 2 else "upstream" if found[0] else "downstream"


def bounded(seconds: float) -> None:
    """Refuse to wait that long.

    Raises:
        NotHereError: it is too long.
    """
    if seconds > LONGEST_S:
        raise NotHereError(f"it would take {ms(seconds)}, longer than {LONGEST_S:g} s")


def trips(way: Way, count: int) -> list[float]:
    """Seconds of so many round trips on a new connection; infinite where no answer came."""
    way.serve(answering(SIZE, SIZE))
    found = []
    with way.connect() as client:
        for _ in range(count):
            took, answer = client.ask(pattern(SIZE), SIZE, 2 * LONGEST_S)
            found.append(took if answer == pattern(SIZE) else float("inf"))
            if client.ended:
                break
    return found


def _compare(stand: Stand, planned: list[float], claimed: str) -> Measured:
    control, faulted = trips(stand.control, len(planned)), trips(stand.faulted, len(planned))
    if len(faulted) < len(planned) or float("inf") in faulted:
        return Measured(claimed, "an answer is missing or wrong", spans(control), (Problem("an answer is missing"),))
    figures = {"p50": percentile(faulted, 50), "p99": percentile(faulted, 99), "control": percentile(control, 50)}
    return Measured(claimed, spans(faulted), spans(control), tuple(judge_times(faulted, planned, control)), figures)


def latency(stand: Stand) -> Measured:
    """Round trips against what each piece draws."""
    options = stand.options
    assert isinstance(options, LatencyOptions)
    copies = stand.subject.copies
    worst = (options.latency + 2 * options.jitter) / 1000 * copies * len(streams(stand))
    bounded(worst)
    count = max(1, min(TRIPS, int(LONGEST_S / (2 * worst or 0.001))))
    planned = [0.0] * count
    for upstream in streams(stand):
        for copy in range(copies):
            name = stand.subject.rule if copy == 0 else f"{stand.subject.rule} {copy + 1}"
            draws = stand.draws(1, upstream=upstream, name=name)
            for number in range(count):
                if stand.subject.mount == MIX:
                    draws = stand.draws(1, number + 1)
                wait = spread(options.latency, options.jitter, options.distribution, draws.fraction)
                planned[number] += wait / 1000
    text = f"{options.latency:g} ms" + (f" ± {options.jitter:g} ms as drawn" if options.jitter else "")
    each = " of each of two toxics" if copies > 1 else ""
    return _compare(stand, planned, f"{text}{each} {where(stand)}")


def delay(stand: Stand) -> Measured:
    """Round trips on a connection of its own each, as `before` and not."""
    options = stand.options
    assert isinstance(options, DelayOptions)
    bounded(options.sleep + 2 * options.jitter)
    count = max(1, min(TRIPS, int(LONGEST_S / (2 * options.sleep or 0.001))))
    planned = [holding_time(options, stand.draws(1, n + 1).single) for n in range(count)]
    side = "before the backend sees it" if options.before else "before its answer goes back"
    began = time.monotonic()
    measured = _compare(stand, planned, f"{ms(options.sleep)} {side}")
    heard = stand.faulted.backend.heard[0]
    reached = heard.first_at - began - sum(trips(stand.control, 1))
    early = options.before and reached < planned[0] - 0.05
    problems = [Problem(f"the backend saw the request {ms(max(0.0, reached))} after the start")] if early else []
    return Measured(
        measured.claimed, measured.client, measured.control, (*measured.problems, *problems), measured.figures
    )


def loss(stand: Stand) -> Measured:
    """Round trips against the stalls that the seed says; those over 1 s end the series."""
    options = stand.options
    assert isinstance(options, LossOptions)
    planned: list[float] = []
    sequences = []
    for upstream in streams(stand):
        draws = stand.draws(1, upstream=upstream)
        sequences.append(Losses(options, partial(draws.fraction, "loss")))
    while len(planned) < 40 and sum(planned) < 2.0:
        stall = sum(each.stall() for each in sequences)
        if stall > LONGEST_S:
            break
        planned.append(stall)
    stalled = sum(stall > 0 for stall in planned)
    if not planned:
        raise NotHereError(f"the first piece would be stalled for more than {LONGEST_S:g} s")
    measured = _compare(stand, planned, f"{options.rate:g} % of pieces late by 200 ms, 600 ms, ... as drawn")
    client = f"{stalled} of {len(planned)} stalled: {measured.client}"
    return Measured(measured.claimed, client, measured.control, measured.problems, measured.figures)


def slow_close(stand: Stand) -> Measured:
    """How long after the last byte the end comes."""
    options = stand.options
    assert isinstance(options, SlowCloseOptions)
    delay_s = options.delay / 1000
    bounded(delay_s)
    took: list[float] = []
    problems: list[Problem] = []
    for upstream in streams(stand):
        pair = [_close(way, upstream, delay_s) for way in stand.ways()]
        problems += judge_time(pair[1], delay_s, pair[0], "upstream" if upstream else "downstream")
        took += pair
    claimed = f"the end comes {ms(delay_s)} after the bytes, {where(stand)}"
    return Measured(claimed, f"after {ms(max(took[1::2]))}", f"after {ms(max(took[::2]))}", tuple(problems))


def _close(way: Way, upstream: bool, delay_s: float) -> float:
    """Seconds from the last byte, or the client's FIN, to the end as the other side sees it."""
    way.serve(answering(SIZE, SIZE, once=not upstream))
    with way.connect() as client:
        client.ask(pattern(SIZE), SIZE)
        began = time.monotonic()
        if upstream:
            client.sock.shutdown(1)
            heard = way.backend.heard[-1]
            return heard.ended_at - began if until(lambda: heard.ended, delay_s + 3) else float("inf")
        ended = client.ending(delay_s + 3)
        return client.ended_at - began if ended == "FIN" else float("inf")
