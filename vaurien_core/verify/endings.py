"""Faults that end connections or leave them hanging: reset_peer, abort, blackout, timeout, half_open, hang."""

from __future__ import annotations

import socket
import time
from contextlib import suppress

from vaurien_core.behaviors.reset_peer import ResetPeerOptions
from vaurien_core.behaviors.timeout import TimeoutOptions
from vaurien_core.frozen import dataclass
from vaurien_core.verify.backend import answering, pattern
from vaurien_core.verify.judging import expect, judge_time, ms
from vaurien_core.verify.stand import Stand, Way, until
from vaurien_core.verify.times import bounded, streams, where
from vaurien_core.verify.values import MIX, Measured, Problem

SIZE = 64
QUIET_S = 0.4
"""So long nothing may happen where nothing is claimed to happen."""
RESET, FIN, OPEN = "ECONNRESET", "FIN", "open"


@dataclass(frozen=True, slots=True)
class Ending:
    """One exchange and its end, as both sides saw it."""

    got: int
    client: str
    heard: int
    backend: str
    took: float

    def __str__(self) -> str:
        """`client: ECONNRESET after 0 B; backend: FIN after 64 B`."""
        return f"client: {self.client} after {self.got} B; backend: {self.backend} after {self.heard} B"


def end_of(way: Way, within_s: float, backend_s: float = 3.0) -> Ending:
    """Ask once, read the answer, and wait so long for the end on both sides."""
    way.serve(answering(SIZE, SIZE))
    with way.connect() as client:
        began = time.monotonic()
        got = client.ask(pattern(SIZE), SIZE, within_s)[1]
        if not client.ended:
            client.ending(within_s)
        took = (client.ended_at or time.monotonic()) - began
        heard = way.backend.heard
        if client.ended:
            until(lambda: heard and heard[-1].ended, backend_s if heard else 0.2)
        last = heard[-1] if heard else None
        return Ending(
            len(got), client.ended or OPEN, last.size if last else 0, (last.ended or OPEN) if last else "nothing", took
        )


def _measured(claimed: str, stand: Stand, faulted: Ending, problems: list[Problem], **figures: float) -> Measured:
    control = end_of(stand.control, QUIET_S)
    answered = expect("the control", (control.got, control.client), (SIZE, OPEN))
    text = f"{faulted}, {ms(faulted.took)}" if faulted.client != OPEN else str(faulted)
    return Measured(claimed, text, str(control), (*answered, *problems), figures)


def reset_peer(stand: Stand) -> Measured:
    """ECONNRESET at both ends, never an orderly end, when it is due."""
    options = stand.options
    assert isinstance(options, ResetPeerOptions)
    after = options.timeout / 1000
    bounded(after)
    faulted = end_of(stand.faulted, after + 3)
    problems = [
        *expect("at the client", faulted.client, RESET),
        *expect("at the backend", faulted.backend, RESET),
        *expect("bytes at the client", faulted.got, 0),
        *judge_time(faulted.took, after, 0.002, "the reset"),
    ]
    if stand.subject.mount == MIX:
        heard = {"before": 0, "inside": SIZE // 2, "after": SIZE}[options.phase]
    else:
        heard = 0 if True in streams(stand) else SIZE
    problems += expect("bytes at the backend", faulted.heard, heard)
    claimed = f"RST to both {_when(after)} the first bytes {where(stand)}"
    if stand.subject.mount == MIX:
        claimed = f"RST to both, {options.phase} the request" if options.phase != "inside" else "RST within the request"
    return _measured(claimed, stand, faulted, problems)


def _when(after: float) -> str:
    return f"{ms(after)} after" if after else "at"


def abort(stand: Stand) -> Measured:
    """The backend does it, the client gets RST; the backend's side ends after its answer, at most 5 s later."""
    faulted = end_of(stand.faulted, 3, 6.0)
    problems = [
        *expect("at the client", faulted.client, RESET),
        *expect("bytes at the client", faulted.got, 0),
        *expect("bytes at the backend", faulted.heard, SIZE),
        *expect("at the backend", faulted.backend, FIN),
    ]
    return _measured("the backend gets the request, the client RST", stand, faulted, problems)


def blackout(stand: Stand) -> Measured:
    """Nothing is forwarded, both sides get FIN."""
    faulted = end_of(stand.faulted, 3)
    problems = [
        *expect("at the client", faulted.client, FIN),
        *expect("bytes at the client", faulted.got, 0),
        *expect("bytes at the backend", faulted.heard, 0),
    ]
    if faulted.backend not in (FIN, "nothing"):
        problems.append(Problem(f"at the backend: expected FIN, got {faulted.backend}"))
    return _measured("nothing is forwarded, FIN to both", stand, faulted, problems)


def timeout(stand: Stand) -> Measured:
    """Bytes vanish; FIN when it is due, or never."""
    options = stand.options
    assert isinstance(options, TimeoutOptions)
    after = options.timeout / 1000
    bounded(after)
    faulted = end_of(stand.faulted, after + 3 if after else QUIET_S)
    problems = [
        *expect("at the client", faulted.client, FIN if after else OPEN),
        *expect("bytes at the client", faulted.got, 0),
        *expect("bytes at the backend", faulted.heard, 0 if True in streams(stand) else SIZE),
    ]
    if after:
        problems += expect("at the backend", faulted.backend, FIN)
        problems += judge_time(faulted.took, after - 0.005, 0.005, "the close")
    claimed = f"bytes vanish {where(stand)}; FIN to both after {ms(after)}" if after else "bytes vanish, no end"
    return _measured(claimed, stand, faulted, problems)


def half_open(stand: Stand) -> Measured:
    """The client waits until its own timeout, though the backend has gone."""
    way = stand.faulted
    way.serve(answering(SIZE, SIZE))
    with way.connect() as client:
        took, got = client.ask(pattern(SIZE), SIZE, QUIET_S)
        waited = client.ended or OPEN
        if until(lambda: way.backend.heard, 1.0):
            with suppress(OSError):
                way.backend.heard[-1].sock.shutdown(socket.SHUT_RDWR)
        client.ending(QUIET_S)
        heard = way.backend.heard[-1].size if way.backend.heard else 0
        faulted = Ending(len(got), client.ended or OPEN, heard, "left itself", took)
    problems = [
        *expect("at the client", waited, OPEN),
        *expect("at the client, once the backend had left", faulted.client, OPEN),
        *expect("bytes at the client", faulted.got, 0),
        *expect("bytes at the backend", faulted.heard, 0),
    ]
    if took < QUIET_S:
        problems.append(Problem("the client did not wait until its own timeout"))
    return _measured("silence, no end, also once the backend has left", stand, faulted, problems, waited=took)


def hang(stand: Stand) -> Measured:
    """Nothing is sent to either side until it is released; then the true answer comes."""
    way = stand.faulted
    way.serve(answering(SIZE, SIZE))
    with way.connect() as client:
        took, got = client.ask(pattern(SIZE), SIZE, QUIET_S)
        heard = way.backend.heard[-1].size if way.backend.heard else 0
        faulted = Ending(len(got), client.ended or OPEN, heard, OPEN, took)
        problems = [
            *expect("at the client", faulted.client, OPEN),
            *expect("bytes at the client", faulted.got, 0),
            *expect("bytes at the backend", heard, 0),
        ]
        held = stand.sample().held
        problems += expect("held exchanges", held, 1)
        stand.release()
        problems += expect("after the release", client.read(SIZE, 3), pattern(SIZE))
    return _measured("held until released, then the true answer", stand, faulted, problems, waited=took)
