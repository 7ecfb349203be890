"""Very many connections to very many proxies, and a steady rate of exchanges over them. See `lines`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing

from benchmarks import asking, generator, measures
from benchmarks.many import MIX, Many
from benchmarks.measures import Figures, Measure
from benchmarks.processes import Running
from benchmarks.subjects import Subject

CONNECTIONS = 9500
"""Each takes two descriptors of the engine, of the 20,000 that a process usually may have."""
A_SECOND = 10_000
LONGER = 10
"""The load lasts so many times as long as others."""
REST_S = 1.0


def scale(connections: int = CONNECTIONS, a_second: float = A_SECOND, longer: float = LONGER) -> Measure:
    """Exchanges a second that were answered in time, their latency from when each was due, memory, stalls, journal."""

    def measure(subject: Subject, ports: Mapping[str, int], seconds: float) -> Figures:
        assert isinstance(subject, Many)
        answer = measures.answer_size(ports["web"])
        with measures.started(subject, ports["web"]) as running:
            time.sleep(REST_S)
            idle = subject.memories(running)
            load = generator.Rate(running.ports, connections, a_second, seconds * longer, answer)
            with closing(load):
                assert load.opened == connections, f"{load.opened} of {connections} connections were opened"
                time.sleep(REST_S)
                held = subject.memories(running)
                subject.begin(running)
                before = running.cpu_s()
                found = load.run()
                used = running.cpu_s() - before
                after = subject.memories(running)
                own = subject.told(running)
                written, kept = asking.journal(running)
                _exact(running, int(found["sent"]))
        assert found["errors"] == 0, found
        if "rows" in own:  # of what the window doesn't show it says that it was dropped; a gap counts samples too
            own["rows too many"] = own["rows"] + own["rows dropped"] - written
            assert 0 <= own["rows too many"] <= written // 100, (own, written)
        memory = {
            f"{who} MiB {when}": sizes[who] / 1024
            for who in idle
            for when, sizes in (("idle", idle), ("connected", held), ("loaded", after))
        }
        return {
            "exch/s": found["rps"], "p50 us": found["p50"], "p99 us": found["p99"], "not offered": found["missed"],
            "CPU us/exch": used * 1e6 / max(1, found["answered"]), **memory,
            "entries": written, "kept": kept, "dropped": written - kept, **own,
        }  # fmt: skip

    return measure


def _exact(running: Running, sent: int) -> None:
    """Every exchange was counted, and as many were delayed as was to be foreseen."""
    proxies = asking.counters(running)
    counted = sum(proxy["exchanges"] for proxy in proxies)
    assert counted == sent, f"{counted} exchanges were counted, {sent} were sent"
    for proxy in proxies:
        foreseen = asking.predicted(proxy["name"], MIX, proxy["exchanges"])
        assert proxy["injected"] == foreseen, f"{proxy['name']}: {proxy['injected']} delayed, {foreseen} foreseen"
