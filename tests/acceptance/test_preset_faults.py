"""Every built-in preset does what its words say, to real clients of the demo's backends."""

from __future__ import annotations

import http.client
import smtplib
import socket
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pymysql
import redis
from preset_stage import under, unsure_commits
from pymemcache.client.base import Client as Memcache

from vaurien_core.resources import resource


def get(port: int, path: str = "/", method: str = "GET", patience_s: float = 5.0) -> str:
    """The status, or how it ended."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience_s)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        answer.read()
        return str(answer.status)
    except TimeoutError:
        return "late"
    except ConnectionRefusedError:
        return "refused"
    except (OSError, http.client.HTTPException):
        return "cut"
    finally:
        connection.close()


def gets(count: int, patience_s: float = 5.0) -> Callable[[int], list[str]]:
    return lambda port: [get(port, f"/items?n={n}", patience_s=patience_s) for n in range(count)]


def over_time(ask: Callable[[int], str], seconds: float) -> Callable[[int], list[str]]:
    """What is answered until then, without repetitions."""

    def talk(port: int) -> list[str]:
        found: list[str] = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            said = ask(port)
            if not found or found[-1] != said:
                found.append(said)
            time.sleep(0.01)
        return found

    return talk


async def test_rate_limited_refuses_five_requests_behind_ten() -> None:
    async with under("rate-limited", "http") as stage:
        assert await stage.talked(gets(20)) == ["200"] * 10 + ["429"] * 5 + ["200"] * 5


async def test_fails_once_fails_once() -> None:
    async with under("retry-once", "http") as stage:
        said = await stage.talked(gets(10, patience_s=1.0))
        assert said[1:] == ["200"] * 9
        (hit,) = await stage.hits()
        assert hit.behavior == "transient"


async def test_an_overloaded_backend_is_late_and_answers_503() -> None:
    async with under("overloaded-backend", "http") as stage:
        said = await stage.talked(gets(30, patience_s=0.4))
        kinds = Counter(said)
        assert kinds["503"] >= 1
        assert kinds["200"] >= 5
        assert {e.behavior for e in await stage.hits()} == {"delay", "error"}


async def test_a_flaky_network_delays_resets_and_cuts() -> None:
    async with under("flaky", "http") as stage:
        said = Counter(await stage.talked(gets(150)))
        hits = Counter(e.behavior for e in await stage.hits())
        assert set(hits) == {"delay", "abort", "blackout"}
        assert said["cut"] == hits["abort"] + hits["blackout"]
        assert said["200"] > 100


async def test_a_broken_pipe_resets_what_the_backend_has_done() -> None:
    async with under("broken-pipe", "http") as stage:
        said = Counter(await stage.talked(gets(100)))
        assert said["cut"] == len(await stage.hits()) >= 1
        assert {e.behavior for e in await stage.hits()} == {"abort"}


async def test_slow_answers_come_from_half_a_second_on() -> None:
    def timed(port: int) -> float:
        begun = time.monotonic()
        assert get(port) == "200"
        return time.monotonic() - begun

    async with under("slow-answers", "http") as stage:
        assert await stage.talked(timed) > 0.49
        (hit,) = await stage.hits()
        assert dict(hit.options)["before"] is False


async def test_a_lost_answer_hits_writes_only() -> None:
    def talk(port: int) -> list[tuple[str, str]]:
        return [(m, get(port, f"/x?{n}", m)) for n in range(30) for m in ("GET", "POST")]

    async with under("lost-answer", "http") as stage:
        said = await stage.talked(talk)
        assert {how for method, how in said if method == "GET"} == {"404"}
        assert {how for method, how in said if method == "POST"} == {"404", "cut"}
        assert {e.phase for e in await stage.hits()} == {"after"}


async def test_slow_loris_answers_drip() -> None:
    def timed(port: int, n: int) -> float:
        begun = time.monotonic()
        assert get(port, f"/?{n}") == "200"  # 29 bytes, and never so long between two of them
        return time.monotonic() - begun

    def talk(port: int) -> list[float]:
        with ThreadPoolExecutor(10) as pool:
            return sorted(pool.map(lambda n: timed(port, n), range(20)))

    async with under("slow-loris", "http") as stage:
        took = await stage.talked(talk)
        hits = await stage.hits()
        assert {dict(e.options)["error"] for e in hits} == {"body-drip"}
        assert min(took[-len(hits) :]) > 2 > max(took[: -len(hits)])


async def test_a_blackout_comes_and_goes() -> None:
    async with under("blackout-10s-a-minute", "http") as stage:
        said = await stage.talked(over_time(get, 6.6))
        assert said[:3] == ["200", "cut", "200"]


async def test_a_rolling_restart_refuses_then_is_slow_then_well() -> None:
    async with under("rolling-restart", "tcp") as stage:
        said = await stage.talked(over_time(_knock, 3.4))
        assert said[0] == "in"
        assert "refused" in said
        assert said[-1] == "in"
        assert {e.behavior for e in await stage.hits()} <= {"delay"}


def _knock(port: int) -> str:
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as connection:
            connection.sendall(b"hello")
            return "in" if connection.recv(100) else "cut"
    except ConnectionRefusedError:
        return "refused"
    except OSError:
        return "cut"


# --- redis


def _set(port: int) -> str:
    """What a client is told that connects and writes."""
    client = redis.Redis("127.0.0.1", port, socket_timeout=2, retry=None)
    try:
        client.set("order:1", "x")
        return "ok"
    except redis.exceptions.BusyLoadingError:
        return "loading"
    except redis.exceptions.TimeoutError:
        return "late"
    except redis.exceptions.ConnectionError as error:
        cause = error.__cause__ or error.__context__ or error
        return "refused" if isinstance(cause, ConnectionRefusedError) or "refused" in str(error) else "closed"
    finally:
        client.close()


async def test_the_failover_of_redis_goes_through_its_phases_in_order() -> None:
    async with under("failover-redis", "redis") as stage:
        said = await stage.talked(over_time(_set, 1.8))
        assert [s for s in said if s != "closed"] == ["ok", "refused", "loading", "ok"]
        assert said[1] == "closed"


async def test_redis_hangs_and_waits() -> None:
    def talk(port: int) -> Counter[str]:
        said = Counter[str]()
        for n in range(60):
            client = redis.Redis("127.0.0.1", port, socket_timeout=0.1, retry=None)
            with closing(client):
                try:
                    client.get(f"k{n}")
                    said["ok"] += 1
                except redis.exceptions.TimeoutError:
                    said["late"] += 1
        return said

    async with under("redis-hang", "redis") as stage:
        said = await stage.talked(talk)
        assert {e.behavior for e in await stage.hits()} == {"delay", "hang"}
        assert said["ok"] > 30
        assert said["late"] >= 2


async def test_redis_has_too_many_clients_for_a_third() -> None:
    async with under("too-many-connections-redis", "redis") as stage:
        said = Counter(await stage.talked(lambda port: [_set(port) for _ in range(40)]))
        assert set(said) == {"ok", "closed"}
        assert said["closed"] == len(await stage.hits()) >= 5


# --- mysql


def _mysql(port: int, **more: Any) -> Any:
    return pymysql.connect(host="127.0.0.1", port=port, user="demo", password="", connect_timeout=2, **more)


class Pool:
    """Keeps its connection until that breaks, as a pool does."""

    def __init__(self) -> None:
        self.connection: Any = None

    def write(self, port: int) -> str:
        try:
            self.connection = self.connection or _mysql(port, autocommit=True)
            with self.connection.cursor() as cursor:
                cursor.execute("UPDATE orders SET item = 'seen' WHERE id = 1")
        except pymysql.err.MySQLError as error:
            number = error.args[0]
            if number not in (1290,):
                self.close()
            refused = number == 2003 and "refused" in str(error)
            return "refused" if refused else str(number)
        return "ok"

    def close(self) -> None:
        if self.connection is not None:
            with suppress(Exception):
                self.connection.close()
        self.connection = None


async def test_the_failover_of_mysql_is_shutdown_refused_read_only_success() -> None:
    pool = Pool()
    async with under("failover-mysql", "mysql") as stage:
        said = await stage.talked(over_time(pool.write, 2.0))
        pool.close()
        between = ("2013", "2006")  # what was under way when the listener went
        assert [s for s in said if s not in between] == ["ok", "1053", "refused", "1290", "ok"]
        assert {e.scenario for e in await stage.hits()} == {"shutting-down", "read-only"}


async def test_mysql_greets_a_third_with_1040() -> None:
    def talk(port: int) -> Counter[str]:
        said = Counter[str]()
        for _ in range(40):
            try:
                _mysql(port).close()
                said["in"] += 1
            except pymysql.err.MySQLError as error:
                said[str(error.args[0])] += 1
        return said

    async with under("too-many-connections-mysql", "mysql") as stage:
        said = await stage.talked(talk)
        assert set(said) == {"in", "1040"}
        assert said["1040"] >= 5


async def test_deadlocks_end_writes_with_1213() -> None:
    def talk(port: int) -> Counter[str]:
        said = Counter[str]()
        with closing(_mysql(port, autocommit=True)) as connection, connection.cursor() as cursor:
            for n in range(60):
                try:
                    cursor.execute(f"UPDATE orders SET item = '{n}' WHERE id = 1")
                    said["ok"] += 1
                except pymysql.err.MySQLError as error:
                    said[str(error.args[0])] += 1
        return said

    async with under("deadlocks", "mysql") as stage:
        said = await stage.talked(talk)
        assert set(said) == {"ok", "1213"}
        assert said["1213"] == len(await stage.hits())


async def test_a_lost_commit_is_done_and_nobody_is_told() -> None:
    def talk(port: int) -> tuple[int, int]:
        return unsure_commits(lambda: _mysql(port), 900, "paid", (pymysql.err.MySQLError,))

    async with under("lost-commit", "mysql") as stage:
        lost, there = await stage.talked(talk)
        assert lost == len(await stage.hits()) >= 2
        assert there == 12


# --- memcache and smtp


async def test_a_cache_stampede_misses_what_is_there() -> None:
    def talk(port: int) -> Counter[bytes | None]:
        with closing(Memcache(("127.0.0.1", port), timeout=5)) as cache:
            cache.set("k", b"there", noreply=False)
            return Counter(cache.get("k") for _ in range(40))

    async with under("cache-stampede", "memcache") as stage:
        said = await stage.talked(talk)
        hits = Counter(e.rule for e in await stage.hits())
        assert said[None] == hits["miss"] >= 10
        assert said[b"there"] == 40 - hits["miss"]
        assert hits["delay"] >= 1


async def test_memcache_has_too_many_connections_for_a_third() -> None:
    def talk(port: int) -> Counter[bytes]:
        said = Counter[bytes]()
        for _ in range(40):
            with socket.create_connection(("127.0.0.1", port), 2) as client, suppress(OSError):
                client.sendall(b"get k\r\n")
                said[client.recv(100)] += 1
        return said

    async with under("too-many-connections-memcache", "memcache") as stage:
        said = await stage.talked(talk)
        assert len(said) == 2
        assert said[b"END\r\n"] < 40


def _mail(port: int, to: tuple[str, ...] = ("a@x.example",)) -> list[int]:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.ehlo()
        client.mail("me@x.example")
        return [client.rcpt(address)[0] for address in to]


async def test_greylisting_ends_behind_two_recipients() -> None:
    async with under("smtp-greylisting", "smtp") as stage:
        assert await stage.talked(lambda port: [_mail(port)[0] for _ in range(4)]) == [451, 451, 250, 250]


async def test_every_third_receipt_is_lost() -> None:
    def send(port: int) -> str:
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
                client.sendmail("me@x.example", ["you@x.example"], "Subject: hi\r\n\r\nhi\r\n")
        except smtplib.SMTPDataError as error:
            return f"lost: {error.smtp_code}"
        return "sent"

    async with under("mail-lost-250", "smtp") as stage:
        assert await stage.talked(lambda port: [send(port) for _ in range(6)]) == ["sent", "sent", "lost: 421"] * 2


def test_every_preset_is_shown_here_or_beside_it() -> None:
    told = "".join(path.read_text() for path in Path(__file__).parent.glob("test_preset_*.py"))
    assert [p.stem for p in resource("presets").glob("*.ini") if f'"{p.stem}"' not in told] == []
