"""States of a proxy: down, syn_blackhole."""

from __future__ import annotations

import sys
import time

from vaurien_core.verify.backend import name_of, pattern
from vaurien_core.verify.client import Client
from vaurien_core.verify.judging import expect, ms
from vaurien_core.verify.stand import Stand, Way
from vaurien_core.verify.values import Measured, NotHereError

CONNECT_S = 1.0
"""How long the client waits for its connect: a SYN that is dropped is sent anew after 1 s only."""


def connecting(port: int, patience_s: float = CONNECT_S) -> tuple[str, float]:
    """What a connect comes to: `connected` or the name of the error, and the seconds it took."""
    began = time.monotonic()
    try:
        client = Client(port, patience_s)
    except OSError as error:
        return name_of(error), time.monotonic() - began
    client.sock.close()
    return "connected", time.monotonic() - began


def _set(stand: Stand) -> tuple[tuple[str, float], tuple[str, float], str]:
    """Connects to the control and to the faulted proxy, and how a connection fares that was open before."""
    wanted = stand.subject.kind
    stand.use(lambda spec: spec.with_state("up"))
    stand.find_ports()
    way: Way = stand.faulted
    with way.connect() as client:
        client.ask(pattern(4), 4)
        stand.use(lambda spec: spec.with_state(wanted))
        found = connecting(way.port)
        answer = client.ask(pattern(4), 4, 1.0)[1]
        before = "lives" if answer == pattern(4) else client.ended or "is silent"
    return connecting(stand.control.port), found, before


def down(stand: Stand) -> Measured:
    """Connects are refused, and what was open is cut."""
    control, found, before = _set(stand)
    problems = [*expect("connect()", found[0], "ECONNREFUSED"), *expect("the control", control[0], "connected")]
    problems += [] if before in ("FIN", "ECONNRESET", "EPIPE") else expect("an open connection", before, "an end")
    return Measured(
        "connects are refused, open connections are cut",
        f"{found[0]}; an open one: {before}", f"{control[0]}", tuple(problems),
    )  # fmt: skip


def syn_blackhole(stand: Stand) -> Measured:
    """Connects time out, and what was open lives."""
    if sys.platform != "linux":
        raise NotHereError("only Linux keeps silent where the queue of a listener is full")
    control, found, before = _set(stand)
    problems = [
        *expect("connect()", found[0], "timed out"),
        *expect("an open connection", before, "lives"),
        *expect("the control", control[0], "connected"),
    ]
    stand.use(lambda spec: spec.with_state("up"))
    stand.find_ports()
    again = connecting(stand.faulted.port, 5.0)
    problems += expect("connect() once it is up again", again[0], "connected")
    return Measured(
        "connects time out, open connections live",
        f"connect(): {found[0]} after {ms(found[1])}; an open one {before}",
        f"{control[0]} in {ms(control[1])}",
        tuple(problems),
        {"waited": found[1]},
    )
