"""What can be measured of one subject: each takes it fresh, loads it for a bounded time, and returns named figures."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from benchmarks import asking, generator
from benchmarks.processes import Running, environment
from benchmarks.subjects import Subject

Figures = dict[str, float]
Measure = Callable[[Subject, Mapping[str, int], float], Figures]
"""Of a subject, the backends' ports by kind, and how long to load (seconds)."""

DELAY_MS = 50
PERCENT = re.compile(r"(\d\d)%\s+([\d.]+)(us|ms|s)\b")
UNITS_US = {"us": 1.0, "ms": 1e3, "s": 1e6}
REDIS_ROW = re.compile(r'"(SET|GET)","([\d.]+)"')
CONNECTIONS_IDLE = 2000


@contextmanager
def started(subject: Subject, backend: int) -> Iterator[Running]:
    """The subject while it is measured."""
    running = subject.start(backend)
    try:
        yield running
    finally:
        running.stop()


def bulk(connections: int) -> Measure:
    """A download over so many connections: MB/s, and CPU seconds of the subject per GB."""

    def measure(subject: Subject, ports: Mapping[str, int], seconds: float) -> Figures:
        with started(subject, ports["source"]) as running:
            before, began = running.cpu_s(), time.monotonic()
            found = generator.load("bulk", running.port, connections, seconds)
            used, took = running.cpu_s() - before, time.monotonic() - began
            return {"MB/s": found["MBps"], "CPU s/GB": used / took / max(found["MBps"] / 1000, 1e-9)}

    return measure


def trips(connections: int) -> Measure:
    """64-byte round trips: microseconds at p50 and p99, and trips a second."""

    def measure(subject: Subject, ports: Mapping[str, int], seconds: float) -> Figures:
        with started(subject, ports["echo"]) as running:
            found = generator.load("pp", running.port, connections, seconds, 64)
            return {"p50 us": found["p50"], "p99 us": found["p99"], "trips/s": found["rps"]}

    return measure


def wrk(subject: Subject, ports: Mapping[str, int], seconds: float) -> Figures:
    """HTTP over 64 kept connections: requests a second."""
    with started(subject, ports["nginx"]) as running:
        found = _wrk(running, seconds)
        found.pop("requests")
        return found


def costs(subject: Subject, ports: Mapping[str, int], seconds: float) -> Figures:
    """The same, and microseconds of the subject's processor time for one request."""
    with started(subject, ports["nginx"]) as running:
        before = running.cpu_s()
        found = _wrk(running, seconds)
        return {"CPU us/req": (running.cpu_s() - before) * 1e6 / found.pop("requests"), **found}


def _wrk(running: Running, seconds: float) -> Figures:
    program = generator.find("wrk", "wrk")
    url = f"http://127.0.0.1:{running.port}/"
    command = [program, "-t1", "-c64", f"-d{max(1, round(seconds))}s", "--latency", url]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    count = re.search(r"(\d+) requests in", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    times = {m[1]: float(m[2]) * UNITS_US[m[3]] for m in PERCENT.finditer(said)}
    bad = re.search(r"Socket errors|Non-2xx", said)
    assert rate is not None and count is not None and bad is None, said
    return {"requests": float(count[1]), "req/s": float(rate[1]), "p50 us": times["50"], "p99 us": times["99"]}


def redis(pipelined: int, requests_per_second: int) -> Measure:
    """redis-benchmark with 50 connections: GET and SET a second."""

    def measure(subject: Subject, ports: Mapping[str, int], seconds: float) -> Figures:
        program = generator.find("redis-benchmark", "redis-tools")
        with started(subject, ports["redis"]) as running:
            command = [
                program, "-h", "127.0.0.1", "-p", str(running.port), "-t", "set,get", "-c", "50",
                "-n", str(int(requests_per_second * seconds)), "-P", str(pipelined), "--csv",
            ]  # fmt: skip
            said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
        rates = {m[1]: float(m[2]) for m in REDIS_ROW.finditer(said)}
        return {"GET/s": rates["GET"], "SET/s": rates["SET"]}

    return measure


def connections(subject: Subject, ports: Mapping[str, int], seconds: float) -> Figures:
    """Short connections, 32 at a time: connect, ask, read to the end, close."""
    with started(subject, ports["short"]) as running:
        found = generator.load("cps", running.port, 32, seconds)
        assert found["errors"] == 0, found
        return {"conn/s": found["cps"], "p99 us": found["p99"]}


def idle(*, redis: bool = False) -> Measure:
    """Connections that were used once and are quiet: KiB of resident memory of each."""

    def measure(subject: Subject, ports: Mapping[str, int], seconds: float) -> Figures:
        with started(subject, ports["redis" if redis else "echo"]) as running:
            generator.Idle(running.port, 4, redis=redis).close()
            time.sleep(0.1)
            before = running.rss_kib()
            held = generator.Idle(running.port, CONNECTIONS_IDLE, redis=redis)
            try:
                time.sleep(0.3)
                grown = running.rss_kib() - before
                assert not held.errors, held.errors
                return {"KiB/conn": grown / held.opened, "base MiB": before / 1024}
            finally:
                held.close()

    return measure


def lateness(subject: Subject, ports: Mapping[str, int], seconds: float) -> Figures:
    """A delay of 50 ms on 16 connections with pauses: microseconds beyond it."""
    with started(subject, ports["echo"]) as running:
        found = generator.load("pp", running.port, 16, seconds + 0.5, 64, 20000)
        late = {name: found[name] - DELAY_MS * 1000 for name in ("min", "p50", "p99")}
        return {f"{name} us late": value for name, value in late.items()}


def normal_share(mixes: Mapping[Subject, Mapping[str, int]]) -> Measure:
    """64 HTTP connections with pauses, some exchanges delayed by 50 ms: how fast the others are, and how many are.

    Exactly those must be delayed that the seed says, as the engine counts it; a client can only see more that are late.

    Args:
        mixes: of each subject, weights in percent.
    """

    def measure(subject: Subject, ports: Mapping[str, int], seconds: float) -> Figures:
        with started(subject, ports["nginx"]) as running:
            size = answer_size(ports["nginx"])
            found = generator.load("split", running.port, 64, seconds, size, 20000, 45000)
            (proxy,) = asking.counters(running)
            foreseen = asking.predicted(proxy["name"], mixes[subject], int(found["n"]))
        assert found["errors"] == 0 and proxy["exchanges"] == found["n"], (found, proxy)
        assert proxy["injected"] == foreseen <= found["slow"], f"{foreseen} foreseen, {found}, {proxy['injected']} told"
        return {
            "p50 us": found["p50"], "p99 us": found["p99"], "% delayed": 100 * foreseen / found["n"],
            "delayed": foreseen, "off the seed's": proxy["injected"] - foreseen,
            "late beside them": found["slow"] - foreseen,
        }  # fmt: skip

    return measure


def answer_size(port: int) -> int:
    """Bytes of nginx's answer, its header's constant length included."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n")
        return len(sock.recv(65536))


def start_up(subject: Subject, ports: Mapping[str, int], seconds: float) -> Figures:
    """From the start of the process to the first accepted connection: milliseconds, as a ratio, and MiB then.

    Both are measured at their second start: the first one compiles what has changed and fills the system's caches.
    """
    bare = [_import_asyncio() for _ in range(2)][-1]
    subject.start(ports["echo"]).stop()
    began = time.perf_counter()
    running = subject.start(ports["echo"])
    took = time.perf_counter() - began
    try:
        return {"ms": took * 1e3, "x import asyncio": took / bare, "MiB": running.rss_kib() / 1024}
    finally:
        running.stop()


def _import_asyncio() -> float:
    """Seconds that a Python takes which imports asyncio and ends.

    Without a timeout, with which `subprocess` looks for the end after 63 ms and then not before 113 ms.
    """
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import asyncio"], check=True, env=environment())
    return time.perf_counter() - began
