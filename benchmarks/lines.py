"""The lines of the table: what is measured, of whom, which figure counts, and which ratio is aimed at."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks import measures
from benchmarks.many import Headless, Shown
from benchmarks.measures import DELAY_MS, Measure
from benchmarks.scale import A_SECOND, scale
from benchmarks.subjects import Direct, HAProxy, Product, Subject, Toxiproxy, Window

DIRECT, HAPROXY, TUNED, TOXIPROXY = Direct(), HAProxy(), HAProxy("HAProxy, tuned", tuned=True), Toxiproxy()
TCP, WINDOW = Product(), Window()
PORTABLE = Product("vaurien, portable port", env=(("VAURIEN_PORT", "transport"),))
HTTP = Product("vaurien, http", ("--protocol", "http"), watched=True)
HTTP_BARE = Product("vaurien, http, nobody asks", ("--protocol", "http"))
REDIS = Product("vaurien, redis", ("--protocol", "redis"), watched=True)
DUMMY = Product("vaurien, 100:dummy", ("--protocol", "http", "--behavior", "100:dummy"), counted=True)
_SLEEP = ("--behavior-delay-sleep", f"{DELAY_MS}ms")
PART = Product("vaurien, 20:delay", ("--protocol", "http", "--behavior", "20:delay", *_SLEEP), counted=True)
MIXES = {DUMMY: {"dummy": 100}, PART: {"delay": 20}}
METRICS = Product("vaurien, http, no journal", ("--protocol", "http"), counted=True)
ALL = Product("vaurien, http, --journal-all", ("--protocol", "http", "--journal-all"), watched=True)
_BRIEF = ("--protocol", "http", "--behavior", "20:delay", "--behavior-delay-sleep", "1ms")
BRIEF = Product("vaurien, http, 20:delay of 1 ms", _BRIEF, watched=True)
BRIEF_BARE = Product("vaurien, http, 20:delay of 1 ms, nobody asks", _BRIEF)
MANY, MANY_SHOWN = Headless(), Shown()
LATE = Product("vaurien", ("--behavior", "100:delay", *_SLEEP))
LATE_TOXIPROXY = Toxiproxy(delay_ms=DELAY_MS)
PEERS: tuple[Subject, ...] = (DIRECT, HAPROXY, TOXIPROXY)


@dataclass(frozen=True)
class Aim:
    """`figure` of `subject` over that of `against` (None: the figure itself), at least or at most `value`."""

    text: str
    subject: Subject
    figure: str
    against: Subject | None
    value: float
    most: bool = False


@dataclass(frozen=True)
class Line:
    """One measurement of several subjects, interleaved."""

    name: str
    measure: Measure
    subjects: tuple[Subject, ...]
    needs: frozenset[str] = frozenset()
    """Backends beyond `lg serve`."""
    aims: tuple[Aim, ...] = field(default=())


def _both(
    text: str, subject: Subject, figure: str, haproxy: float, toxiproxy: float, *, most: bool = False
) -> tuple[Aim, Aim]:
    return (
        Aim(text, subject, figure, HAPROXY, haproxy, most),
        Aim(text, subject, figure, TOXIPROXY, toxiproxy, most),
    )


NGINX, REDIS_SERVER = frozenset({"nginx"}), frozenset({"redis"})
LINES: tuple[Line, ...] = (
    Line("bulk1", measures.bulk(1), (*PEERS, TUNED, TCP, PORTABLE), aims=(
        *_both("bulk, 1 connection", TCP, "MB/s", 2.0, 3.0),
        Aim("bulk, 1 connection", TCP, "MB/s", TUNED, 1.1),
        *_both("CPU seconds per GB", TCP, "CPU s/GB", 0.25, 0.15, most=True),
    )),
    Line("bulk8", measures.bulk(8), (*PEERS, TUNED, TCP, PORTABLE), aims=_both(
        "bulk, 8 connections", TCP, "MB/s", 1.5, 3.0)),
    Line("trip", measures.trips(1), (*PEERS, TCP, PORTABLE), aims=_both(
        "64-byte round trip p50", TCP, "p50 us", 1.0, 0.8, most=True)),
    Line("wrk", measures.wrk, (*PEERS, TCP, PORTABLE, HTTP, HTTP_BARE, WINDOW), NGINX, (
        *_both("wrk, 64 kept, tcp", TCP, "req/s", 0.85, 1.15),
        *_both("wrk, 64 kept, http", HTTP, "req/s", 0.5, 0.7),
        Aim("window open, graphs at 5 Hz", WINDOW, "req/s", TCP, 0.85),
    )),
    Line("redis", measures.redis(1, 20_000), (*PEERS, TCP, REDIS), REDIS_SERVER, (
        *_both("redis-benchmark, tcp", TCP, "GET/s", 0.75, 1.15),
        *_both("redis-benchmark, redis", REDIS, "GET/s", 0.4, 0.6),
    )),
    Line("redis16", measures.redis(16, 150_000), (*PEERS, TCP), REDIS_SERVER, _both(
        "redis-benchmark -P 16, tcp", TCP, "GET/s", 0.85, 1.15)),
    Line("connections", measures.connections, (*PEERS, TCP, PORTABLE), aims=_both(
        "new connections per second", TCP, "conn/s", 0.6, 1.6)),
    Line("idle", measures.idle(), (HAPROXY, TOXIPROXY, TCP, PORTABLE), aims=(
        Aim("KiB per idle connection, tcp", TCP, "KiB/conn", None, 3.3, most=True),)),
    Line("idle-framed", measures.idle(redis=True), (REDIS,), REDIS_SERVER, (
        Aim("KiB per idle connection, framed", REDIS, "KiB/conn", None, 5.0, most=True),)),
    Line("late", measures.lateness, (LATE, LATE_TOXIPROXY), aims=(
        Aim("50 ms delay, never early (us)", LATE, "min us late", None, 0.0),
        Aim("50 ms delay, p50 late (us)", LATE, "p50 us late", None, 400.0, most=True),
        Aim("50 ms delay, p99 late (us)", LATE, "p99 us late", None, 1500.0, most=True),
        Aim("50 ms delay, p50 late", LATE, "p50 us late", LATE_TOXIPROXY, 0.5, most=True),
    )),
    Line("normal", measures.normal_share(MIXES), (DUMMY, PART), NGINX, (
        Aim("normal exchanges beside 20:delay, p50", PART, "p50 us", DUMMY, 1.15, most=True),
        Aim("normal exchanges beside 20:delay, p99", PART, "p99 us", DUMMY, 1.30, most=True),
        Aim("exchanges delayed that the seed doesn't say", PART, "off the seed's", None, 0.0, most=True),
    )),
    Line("journal", measures.costs, (HTTP_BARE, METRICS, HTTP, ALL, BRIEF_BARE, BRIEF), NGINX),
    Line("scale", scale(), (MANY, MANY_SHOWN), aims=(
        Aim("9,500 connections, 50 proxies, headless", MANY, "exch/s", None, A_SECOND * 0.99),
        Aim("9,500 connections, 50 proxies, window open", MANY_SHOWN, "exch/s", None, A_SECOND * 0.99),
    )),
    Line("start", measures.start_up, (TCP,), aims=(
        Aim("start to listening / import asyncio", TCP, "x import asyncio", None, 1.8, most=True),
        Aim("MiB when listening", TCP, "MiB", None, 35.0, most=True),
    )),
)  # fmt: skip
