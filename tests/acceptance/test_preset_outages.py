"""Presets of outages do what their words say, to sockets and real clients: dead, silent, torn, flapping, and
the failures that everybody has seen, by name.
"""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import random
import smtplib
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import pymysql
import pytest
from preset_stage import Stage, under, unsure_commits

from tests.support.backends import backend
from tests.support.timing import soon_enough_async
from vaurien_core.profiles.expect import judge, parse_expectation

ECHO = b"marco\n"


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


@contextmanager
def dialled(port: int, patience_s: float = 5.0) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), patience_s) as sock:
        yield sock


def said(sock: socket.socket, data: bytes = ECHO) -> str:
    """How a round ends: `answered`, `late`, `reset` or `closed`."""
    try:
        sock.sendall(data)
        got = sock.recv(len(data))
    except TimeoutError:
        return "late"
    except ConnectionError:
        return "reset"
    return "answered" if got else "closed"


def knocked(port: int, patience_s: float = 5.0) -> str:
    """How a new connection fares; also `refused`."""
    try:
        with dialled(port, patience_s) as sock:
            return said(sock)
    except ConnectionRefusedError:
        return "refused"
    except ConnectionError:
        return "reset"


def rounds(port: int, seconds: float, ask: Callable[[int], str] = knocked) -> list[str]:
    """What is answered until then, without repetitions."""
    found: list[str] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = ask(port)
        if not found or found[-1] != answer:
            found.append(answer)
        time.sleep(0.01)
    return found


# --- gone, silent


async def test_a_dead_backend_process_cuts_and_refuses_until_another_preset() -> None:
    async with backend(_echo) as server, under("dsl", "tcp", server.address) as stage:
        with dialled(stage.port) as sock:
            assert await asyncio.to_thread(said, sock) == "answered"
            await stage.use("backend-dead")
            assert await asyncio.to_thread(said, sock) in ("closed", "reset")
            assert await stage.talked(knocked) == "refused"
            await stage.use("flaky")
            assert await stage.talked(lambda port: Counter(knocked(port) for _ in range(5))["answered"]) >= 3


async def test_a_host_that_is_gone_answers_no_connect_and_open_connections_live() -> None:
    async with backend(_echo) as server, under("dsl", "tcp", server.address) as stage:
        with dialled(stage.port) as sock:
            assert await asyncio.to_thread(said, sock) == "answered"
            await stage.use("host-gone")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.open_connection("127.0.0.1", stage.port), 0.5)
            assert await asyncio.to_thread(said, sock) == "answered"


async def test_accepts_and_never_answers_though_the_backend_speaks() -> None:
    async with backend(_echo) as server, under("accept-never-answer", "tcp", server.address) as stage:
        assert await stage.talked(lambda port: knocked(port, 0.3)) == "late"
        assert await asyncio.to_thread(knocked, server.port, 0.3) == "answered"
        assert bytes(server.heard[0]) == b""


async def test_half_open_hides_that_the_host_is_gone_and_breaks_in_the_end() -> None:
    async with backend(_echo) as server, under("half-open-failover", "tcp", server.address) as stage:
        with dialled(stage.port, 0.3) as sock:
            assert await asyncio.to_thread(said, sock) == "answered"
            await stage.play_until("gone")
            assert await asyncio.to_thread(said, sock) == "late"
            await server.aclose()  # not even its end is seen
            assert await asyncio.to_thread(said, sock) == "late"
            await stage.engine.scenario("jump", "back")
            sock.settimeout(5)
            assert await asyncio.to_thread(said, sock) in ("closed", "reset")


async def test_a_timeout_is_for_the_client_to_find() -> None:
    def talk(port: int) -> Counter[str]:
        return Counter(knocked(port, 0.15) for _ in range(40))

    async with backend(_echo) as server, under("timeout", "tcp", server.address) as stage:
        outcomes = await stage.talked(talk)
        assert set(outcomes) == {"answered", "late"}
        assert {e.behavior for e in await stage.hits()} == {"hang"}
        assert outcomes["late"] >= len({e.conn for e in await stage.hits()}) >= 2


async def test_without_descriptors_connects_succeed_and_wait_and_a_leak_shows_in_connections_max() -> None:
    leaks = parse_expectation("leak", "connections.max <= 20", behaviors=(), proxies=("default",))
    async with backend(_echo) as server, under("too-many-open-files", "tcp", server.address) as stage:
        outcomes = await stage.talked(lambda port: Counter(knocked(port, 0.15) for _ in range(20)))
        assert set(outcomes) == {"answered", "late"}
        assert len({e.conn for e in await stage.hits()}) >= 4
        assert 4 <= len(server.heard) <= 20 - len({e.conn for e in await stage.hits()})
        (well,) = judge((leaks,), await stage.engine.sample())
        assert well.ok
        held = [socket.create_connection(("127.0.0.1", stage.port), 2) for _ in range(25)]  # none is refused
        try:
            await stage.talked(knocked_through)
            (verdict,) = judge((leaks,), await stage.engine.sample())
            assert not verdict.ok
            assert "expected connections.max <= 20, got " in verdict.sentence
        finally:
            for sock in held:
                sock.close()


def knocked_through(port: int) -> None:
    """Until one is answered: so all before it were accepted."""
    while knocked(port, 0.15) != "answered":
        pass


# --- torn


async def test_short_reads_are_one_to_three_bytes_and_nothing_is_missing() -> None:
    def whole(port: int) -> bytes:
        with dialled(port) as sock:
            sock.sendall(bytes(range(250)))
            sock.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: sock.recv(100), b""))

    async with backend(_echo) as server, under("short-reads", "tcp", server.address) as stage:
        assert await stage.talked(whole) == bytes(range(250))
        assert 1 <= await stage.talked(_first_read) <= 3 < await asyncio.to_thread(_first_read, server.port)


def _first_read(port: int) -> int:
    """The shortest read of a few first ones, each on a connection of its own."""
    shortest = 1_000
    for _ in range(30):
        with dialled(port) as sock:
            sock.sendall(bytes(300))
            shortest = min(shortest, len(sock.recv(300)))
    return shortest


async def test_slow_loris_requests_reach_the_backend_byte_by_byte() -> None:
    async with backend(_echo) as server, under("slow-loris-requests", "tcp", server.address) as stage:
        with dialled(stage.port) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\n")
            began, seen = time.monotonic(), []
            while len(seen) < 3:
                if server.heard and len(server.heard[0]) > len(seen):
                    seen.append((len(server.heard[0]), time.monotonic() - began))
                await asyncio.sleep(0.005)
            assert [count for count, _ in seen] == [1, 2, 3]
            assert seen[2][1] > 1.95


async def test_one_byte_in_a_hundred_is_corrupt_each_way() -> None:
    data = random.Random(4).randbytes(100_000)

    def talk(port: int) -> bytes:
        with dialled(port) as sock:
            sock.sendall(data)
            got = b""
            while len(got) < len(data):
                got += sock.recv(65_536)
            return got

    async with backend(_echo) as server, under("corrupt", "tcp", server.address) as stage:
        got = await stage.talked(talk)
        up = bytes(server.heard[0])
        for sent, received in ((data, up), (up, got)):
            flips = [(a ^ b).bit_count() for a, b in zip(sent, received, strict=True) if a != b]
            assert 800 < len(flips) < 1200
            assert set(flips) == {1}


async def test_packet_loss_is_late_and_complete() -> None:
    async def client(port: int) -> list[float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        took = []
        for _ in range(10):
            began = time.monotonic()
            writer.write(ECHO)
            assert await reader.readexactly(len(ECHO)) == ECHO
            took.append(time.monotonic() - began)
        writer.close()
        return took

    async with backend(_echo) as server, under("packet-loss", "tcp", server.address) as stage:
        took = [t for each in await asyncio.gather(*(client(stage.port) for _ in range(30))) for t in each]
        late = sum(1 for t in took if t >= 0.199)
        assert 12 <= late <= 60  # 300 rounds, one of ten
        assert all(t < 0.199 for each in await asyncio.gather(*(client(server.port) for _ in range(30))) for t in each)


# --- short sends

MESSAGES = [random.Random(n).randbytes(2_000_000) for n in range(8)]
"""Each is more than is free in a send buffer that doesn't drain; together they are more than the buffers on the way."""
DIGEST = hashlib.sha256(b"".join(MESSAGES)).digest()


async def _hash(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take all, and answer with its hash."""
    digest = hashlib.sha256()
    while data := await reader.read(65_536):
        digest.update(data)
    writer.write(digest.digest())
    await writer.drain()


def _snippet(sock: socket.socket, data: bytes) -> None:
    sock.send(data)


def _loop(sock: socket.socket, data: bytes) -> None:
    total = 0
    while total < len(data):
        sent = sock.send(data[total:])
        if sent == 0:
            raise RuntimeError("socket connection broken")
        total += sent


def _sendall(sock: socket.socket, data: bytes) -> None:
    sock.sendall(data)


async def test_a_short_send_loses_what_nobody_counts() -> None:
    def talk(port: int, send: Callable[[socket.socket, bytes], None]) -> bool:
        """Whether the backend has it all, by its hash."""
        with dialled(port, 20) as sock:  # with a timeout; a socket without one would wait in send()
            for message in MESSAGES:
                send(sock, message)
                time.sleep(0.1)
            sock.shutdown(socket.SHUT_WR)
            return sock.recv(32) == DIGEST

    async def outcomes(port: int) -> list[bool]:
        ways = (_snippet, _loop, _sendall)
        return list(await asyncio.gather(*(asyncio.to_thread(talk, port, send) for send in ways)))

    async with backend(_hash) as server, under("short-send", "tcp", server.address) as stage:
        assert await outcomes(stage.port) == [False, True, True]
        controls = [await outcomes(server.port)]  # without it nobody notices, unless the machine is too busy to read
        while not all(controls[-1]) and len(controls) < 4:
            controls.append(await outcomes(server.port))
        assert all(controls[-1])


# --- lost answers


async def test_a_lost_reply_was_done_and_ends_in_a_reset() -> None:
    done = 0

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal done
        while await reader.readline():
            done += 1
            writer.write(b"done\n")

    async with backend(count) as server, under("lost-reply", "tcp", server.address) as stage:
        outcomes = await stage.talked(lambda port: Counter(knocked(port) for _ in range(50)))
        assert set(outcomes) == {"answered", "reset"}
        assert outcomes["reset"] == len(await stage.hits()) >= 3
        assert done == 50


def _mysql(port: int, **more: Any) -> Any:
    return pymysql.connect(host="127.0.0.1", port=port, user="demo", password="", connect_timeout=2, **more)


async def test_a_reset_at_commit_leaves_the_transaction_done() -> None:
    def talk(port: int) -> tuple[int, int]:
        return unsure_commits(lambda: _mysql(port), 800, "reset", (pymysql.err.MySQLError, ConnectionError))

    async with under("reset-in-transaction", "mysql") as stage:
        lost, there = await stage.talked(talk)
        assert lost == len(await stage.hits()) >= 2
        assert there == 12
        assert {(e.behavior, e.label.split()[0]) for e in await stage.hits()} == {("abort", "COMMIT")}


async def test_the_connection_to_mysql_is_lost_during_a_query_and_before_one() -> None:
    def talk(port: int) -> Counter[int]:
        numbers = Counter[int]()
        connection: Any = None
        for n in range(80):
            try:
                connection = connection or _mysql(port, autocommit=True)
                with connection.cursor() as cursor:
                    cursor.execute(f"UPDATE orders SET item = '{n}' WHERE id = 1")
                numbers[0] += 1
                time.sleep(0.005)  # the close has come before the next one
            except pymysql.err.MySQLError as error:
                numbers[error.args[0]] += 1
                with suppress(Exception):
                    connection.close()
                connection = None
        if connection is not None:
            connection.close()
        return numbers

    async with under("lost-connection-to-mysql", "mysql") as stage:
        numbers = await stage.talked(talk)
        hits = Counter(e.rule for e in await stage.hits())
        assert set(numbers) <= {0, 2006, 2013}
        assert min(hits["during-query"], hits["gone-away"]) >= 1
        assert numbers[2006] + numbers[2013] in (sum(hits.values()), sum(hits.values()) - 1)
        assert numbers[0] > 50


# --- too many


async def test_http_has_too_many_connections_for_a_third() -> None:
    def talk(port: int) -> Counter[int]:
        found = Counter[int]()
        for n in range(40):
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as client:
                client.request("GET", f"/items?n={n}")
                answer = client.getresponse()
                answer.read()
                found[answer.status] += 1
                assert (answer.getheader("Retry-After") is not None) == (answer.status == 503)
        return found

    async with under("too-many-connections-http", "http") as stage:
        found = await stage.talked(talk)
        assert set(found) == {200, 503}
        assert found[503] == len(await stage.hits()) >= 5


async def test_smtp_greets_a_third_with_421() -> None:
    def talk(port: int) -> Counter[int]:
        found = Counter[int]()
        for _ in range(40):
            try:
                with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
                    found[client.noop()[0]] += 1
            except smtplib.SMTPConnectError as error:
                found[error.smtp_code] += 1
        return found

    async with under("too-many-connections-smtp", "smtp") as stage:
        found = await stage.talked(talk)
        assert set(found) == {250, 421}
        assert found[421] >= 5


# --- over time


async def test_reconnects_thunder_and_get_in_one_by_one() -> None:
    def held(port: int, count: int) -> list[socket.socket]:
        return [socket.create_connection(("127.0.0.1", port), 5) for _ in range(count)]

    def admitted(port: int) -> list[float]:
        """Seconds that each of them waits for its first answer."""
        began, socks = time.monotonic(), held(port, 12)
        took = []
        for sock in socks:
            sock.sendall(ECHO)
        for sock in socks:
            assert sock.recv(100)
            took.append(time.monotonic() - began)
            sock.close()
        return took

    async with backend(_echo) as server, under("thundering-reconnect", "tcp", server.address, 0.05) as stage:
        socks = await asyncio.to_thread(held, stage.port, 8)
        assert {await asyncio.to_thread(said, sock) for sock in socks} == {"answered"}
        await stage.play_until("kicked")
        assert {await asyncio.to_thread(said, sock) for sock in socks} <= {"closed", "reset"}
        for sock in socks:
            sock.close()
        await stage.play_until("crowded")
        await stage.engine.scenario("pause")
        took = await stage.talked(admitted)
        assert max(took) > 1
        assert {e.rule for e in await stage.hits()} == {"queue"}
        waits = [e.planned_ms for e in await stage.hits() if e.planned_ms is not None]
        assert max(waits) - min(waits) > 1000


async def test_a_brown_out_grows_over_its_phase() -> None:
    async def shares(stage: Stage) -> tuple[float, float]:
        """Of the exchanges that were hit: in the first third of the ramp, and at its end."""
        begun = time.monotonic()
        tasks, times = [], []
        while await stage.phase() != "worst":
            times.append(time.monotonic() - begun)
            tasks.append(asyncio.create_task(_one(stage.port)))
            await asyncio.sleep(0.01)
        names = await asyncio.gather(*tasks)
        hits = {e.client for e in await stage.hits()}
        third = times[-1] / 3
        early = [name in hits for name, t in zip(names, times, strict=True) if t < third]
        late = [name in hits for name, t in zip(names, times, strict=True) if t > 2 * third]
        return sum(early) / len(early), sum(late) / len(late)

    async with backend(_echo) as server, under("brown-out", "tcp", server.address, 0.006) as stage:
        assert await stage.talked(knocked) == "answered"
        await stage.play_until("browning")
        early, late = await shares(stage)
        assert early < 0.4 < 0.55 < late
        waits = sorted(e.planned_ms or 0 for e in await stage.hits())
        assert waits[-1] > 3 * waits[len(waits) // 2]
        await stage.engine.scenario("jump", "recovered")
        assert await stage.talked(lambda port: {knocked(port) for _ in range(5)}) == {"answered"}


async def _one(port: int) -> str:
    """A round on a connection of its own; its address, as the journal has it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    host, number = writer.get_extra_info("sockname")
    writer.write(ECHO)
    await reader.readexactly(len(ECHO))
    writer.close()
    return f"{host}:{number}"


async def test_flapping_is_up_and_down_and_up() -> None:
    async with backend(_echo) as server, under("flapping", "tcp", server.address) as stage:
        found = await stage.talked(lambda port: rounds(port, 1.6))
        assert [f for f in found if f in ("answered", "refused")][:4] == ["answered", "refused", "answered", "refused"]


@pytest.mark.parametrize(("name", "bad", "far_s"), [("flapping-network", "bad", 0.8), ("sawtooth", "three", 0.3)])
async def test_latency_comes_and_goes_with_the_phases_and_connections_live(name: str, bad: str, far_s: float) -> None:
    async with backend(_echo) as server, under(name, "tcp", server.address) as stage:
        with dialled(stage.port, 20) as sock:
            first = await stage.phase()
            await stage.engine.scenario("pause")

            async def took() -> float:
                began = time.monotonic()
                assert await asyncio.to_thread(said, sock) == "answered"
                return time.monotonic() - began

            await soon_enough_async(took, far_s)
            await stage.engine.scenario("jump", bad)
            assert await took() >= far_s * 0.99
            await stage.engine.scenario("jump", first)
            await soon_enough_async(took, far_s)


async def test_sawtooth_climbs_in_its_phases() -> None:
    async with backend(_echo) as server, under("sawtooth", "tcp", server.address) as stage:
        with dialled(stage.port, 20) as sock:
            steps = []
            await stage.engine.scenario("pause")
            for phase in ("none", "one", "two", "three", "four", "none"):
                await stage.engine.scenario("jump", phase)
                best = 9.0
                for _ in range(2):
                    began = time.monotonic()
                    assert await asyncio.to_thread(said, sock) == "answered"
                    best = min(best, time.monotonic() - began)
                steps.append(best)
            assert steps[1:5] == sorted(steps[1:5])
            assert all(n * 0.1 <= steps[n] for n in (1, 2, 3, 4))
            assert steps[5] < steps[1]
