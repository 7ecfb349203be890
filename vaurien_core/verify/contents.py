"""Faults that change what arrives, and those that must not: corrupt, slicer, limit_data, noop, dummy."""

from __future__ import annotations

from functools import partial
from itertools import accumulate

from vaurien_core.behaviors.corrupt import CorruptOptions, Flips
from vaurien_core.behaviors.limit_data import LimitDataOptions
from vaurien_core.behaviors.slicer import SlicerOptions, sizes
from vaurien_core.verify.backend import answering, pattern
from vaurien_core.verify.judging import expect, ms
from vaurien_core.verify.phrases import PHRASES, serving
from vaurien_core.verify.stand import Stand, Way, until
from vaurien_core.verify.times import bounded, streams, where
from vaurien_core.verify.values import Measured, NotHereError, Problem

SIZE = 100_000
REQUEST = b"GET /twice HTTP/1.1\r\nHost: verify\r\n\r\n"
GAP_S = 0.005
"""Pieces that leave at least so far apart are read one by one."""


def through(way: Way, up: int, down: int) -> tuple[bytes, bytes, str]:
    """What the backend heard and the client read of one exchange, and how the connection ended ("": it is open)."""
    way.serve(answering(up, down))
    with way.connect() as client:
        _, answer = client.ask(pattern(up), down)
        if client.ended:
            until(lambda: way.backend.heard and way.backend.heard[-1].ended)
        heard = bytes(way.backend.heard[-1].data) if way.backend.heard else b""
        return heard, answer, client.ended


def untouched(stand: Stand) -> Measured:
    """Every byte both ways, identical; also of a fault whose toxicity is 0."""
    found = [through(way, SIZE, SIZE) for way in stand.ways()]
    whole = (pattern(SIZE), pattern(SIZE), "")
    problems = [] if found[1] == whole else [Problem("what passed is not what was sent")]
    texts = [f"{len(heard)} B and {len(got)} B back, {_same((heard, got, '') == whole)}" for heard, got, _ in found]
    return Measured("bytes both ways are identical", texts[1], texts[0], tuple(problems))


def _same(identical: bool) -> str:
    return "identical" if identical else "not identical"


def corrupt(stand: Stand) -> Measured:
    """Exactly the bits that the seed says, and no other."""
    options = stand.options
    assert isinstance(options, CorruptOptions)
    ways = streams(stand)
    controls = through(stand.control, SIZE, SIZE)
    got = through(stand.faulted, SIZE, SIZE)
    problems = [] if controls[:2] == (pattern(SIZE),) * 2 else [Problem("the control was altered")]
    flipped = 0
    for upstream, received in ((True, got[0]), (False, got[1])):
        wanted = pattern(SIZE)
        if upstream in ways:
            draws = stand.draws(1, upstream=upstream)
            wanted = Flips(options.probability, partial(draws.number, "flip")).apply(wanted)
        flips = bits(received, pattern(SIZE))
        flipped += flips
        due = bits(wanted, pattern(SIZE))
        if received != wanted:
            name = "upstream" if upstream else "downstream"
            problems.append(Problem(f"{name} {flips} bits differ, the seed says {due}, or others"))
    share = flipped / (SIZE * len(ways))
    return Measured(
        f"a bit of {options.probability:.3g} of the bytes {where(stand)}, as the seed says",
        f"{flipped} bits in {SIZE * len(ways)} B",
        f"{bits(controls[0], pattern(SIZE)) + bits(controls[1], pattern(SIZE))} bits",
        tuple(problems),
        {"share": share},
    )


def bits(a: bytes, b: bytes) -> int:
    """How many bits differ; those of bytes that are missing count too."""
    size = max(len(a), len(b))
    return (int.from_bytes(a.ljust(size, b"\0"), "big") ^ int.from_bytes(b.ljust(size, b"\0"), "big")).bit_count()


def slicer(stand: Stand) -> Measured:
    """The cuts that the seed says, and every byte."""
    options = stand.options
    assert isinstance(options, SlicerOptions)
    size = max(2, min(1000, options.average_size * 25))
    stream = streams(stand)[0]
    draws = stand.draws(1, upstream=stream)
    planned = sizes(size, options, lambda: draws.fraction("slice"))
    apart = options.delay / 1_000_000
    bounded(apart * len(planned))
    control, faulted = (_pieces(way, size, stream) for way in stand.ways())
    cuts, made = set(accumulate(faulted)), set(accumulate(planned))
    problems = expect("bytes", sum(faulted), size)
    if not cuts <= made:
        problems.append(Problem(f"cut at {min(cuts - made)}, where the seed has no cut"))
    if apart >= GAP_S and len(faulted) < len(planned) * 0.6:
        problems.append(Problem(f"{len(faulted)} reads where {len(planned)} pieces were due", late=True))
    if len(planned) > 1 and len(faulted) <= len(control):
        problems.append(Problem("what arrives is not cut", late=apart < GAP_S))
    return Measured(
        f"{size} B in the {len(planned)} pieces that the seed says, {ms(apart)} apart, {where(stand)}",
        f"{len(faulted)} reads",
        f"{len(control)} read{'s' if len(control) != 1 else ''}",
        tuple(problems),
        {"reads": len(faulted), "planned": len(planned)},
    )


def _pieces(way: Way, size: int, upstream: bool) -> list[int]:
    way.serve(answering(size, 4) if upstream else answering(4, size))
    with way.connect() as client:
        if upstream:
            client.ask(pattern(size), 4)
            return [count for _, count in way.backend.heard[-1].times]
        client.ask(pattern(4), size)
        return [count for _, count in client.arrivals]


def limit_data(stand: Stand) -> Measured:
    """Exactly so many bytes, then FIN."""
    options = stand.options
    assert isinstance(options, LimitDataOptions)
    limit, stream = options.bytes, streams(stand)[0]
    if limit > 16 << 20:
        raise NotHereError(f"{limit} B are more than 16 MiB")
    size = limit * 2 + 1000
    sent = (size, 16) if stream else (16, size)
    control, faulted = through(stand.control, *sent), through(stand.faulted, *sent)
    got = faulted[0] if stream else faulted[1]
    problems = [*expect("bytes", len(got), limit), *expect("at the client", faulted[2] or "open", "FIN")]
    if got != pattern(size)[: len(got)]:
        problems.append(Problem("the bytes are not those that were sent"))
    ended = stand.faulted.backend.heard[-1].ended
    problems += [] if ended == "FIN" else [Problem(f"the backend saw {ended or 'no end'} instead of FIN")]
    whole = control[0] if stream else control[1]
    return Measured(
        f"exactly {limit} B {where(stand)}, then FIN to both",
        f"{len(got)} B, {faulted[2] or 'open'}; backend: {ended or 'open'}",
        f"{len(whole)} B, {control[2] or 'open'}",
        tuple(problems),
        {"bytes": len(got)},
    )


def duplicate_request(stand: Stand) -> Measured:
    """The backend gets the request twice, the client one answer."""
    control, faulted = twice(stand.control), twice(stand.faulted)
    problems = [*expect("the control", control, (1, 1)), *expect("requests and answers", faulted, (2, 1))]
    texts = [f"{seen} at the backend, answers at the client: {answers}" for seen, answers in (control, faulted)]
    return Measured("the request reaches the backend twice, one answer comes back", texts[1], texts[0], tuple(problems))


def twice(way: Way) -> tuple[int, int]:
    """How often a request came to the backend, and how many answers to the client."""
    way.serve(serving(PHRASES["http"]))
    with way.connect() as client:
        answer = client.ask(REQUEST, 4096, 0.5)[1]
    seen = sum(bytes(heard.data).count(REQUEST) for heard in way.backend.heard)
    return seen, answer.count(b"HTTP/1.1 200")
