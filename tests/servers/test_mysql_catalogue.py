"""Every entry of the catalogue: what the client raises, and what comes next, as after the real error."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import ClassVar

import pytest
from mysql_cases import CASES, MINE, Case, setting
from mysql_greets import as_mysql
from mysql_outcomes import Outcome, experience, fresh, log_in, say
from mysql_server import PASSWORD, Server, mysql_server, program, pymysql, running

from tests.proxy.lab import lab, named
from vaurien_core.behaviors.base import Intervention
from vaurien_core.behaviors.error import Error
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.mysql import Mysql
from vaurien_core.protocols.mysql.errors import BY_NAME, ENTRIES

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]
__all__ = ["mysql_server"]
OPEN = (((1,),), ((1, "new"), (2, "mine"), (3, "new")), 1)
"""The three statements after an error that leaves the transaction open."""
NOTHING_HAPPENED = ((1, "new"), (2, "new"), (3, "new"))
NOTHING_BUT_MINE = ((1, "new"), (2, "mine"), (3, "new"))
AT_LOGIN = ("access-denied", "host-blocked", "too-many-connections", "too-many-user-connections")


@asynccontextmanager
async def injecting(
    port: int, name: str, chosen: Callable[[Exchange], bool] = lambda _e: False, *, spared: int = 0
) -> AsyncIterator[int]:
    """The port of a proxy that answers the first such exchange with this error.

    Args:
        port: of the backend.
        name: of the error; it comes before the backend acts if it can.
        chosen: which exchange.
        spared: how many connections get no error that belongs to the login.
    """
    left = [1]
    connections = [spared]
    phase = BY_NAME[name].info.phases[0]

    class Chosen(Error):  # noqa: N818 - a behavior, not an exception
        name: ClassVar[str] = "error"

        def begin(self, act: Intervention) -> None:
            if not act.exchange.ordinal and connections[0]:
                connections[0] -= 1
                act.skip("spared")
            elif not act.exchange.ordinal:
                super().begin(act)  # asked again at the login if it needs that
            elif left[0] and chosen(act.exchange):
                left[0] -= 1
                super().begin(act)
            else:
                act.skip("not chosen")

    async with lab(
        Chosen, mix="100:error", behaviors=(named("error", error=name, phase=phase),), handler=None,
        protocols=(Mysql,), protocol="mysql", backend=f"127.0.0.1:{port}",
    ) as it:  # fmt: skip
        assert it.server.bound is not None
        yield it.server.bound.port
        await it.until(lambda: it.server.connections == 0)
        assert it.server.counters.injected == 1


def suffer(server: Server, case: Case, port: int, *, real: bool) -> Outcome:
    """What the client of this server experiences."""
    fresh(server)
    with ExitStack() as stack:
        if real:
            stack.enter_context(case.world(server))
        connection = server.connect(port)
        stack.callback(connection._force_close)
        for sql in case.setup:
            say(connection, sql)
        if real:
            assert case.provoke is not None
            return experience(connection, server, case.sql, case.provoke(server, connection))
        return experience(connection, server, case.sql)


def expected(case: Case) -> Outcome:
    """What follows where MariaDB can't be brought to say it: an open transaction, or no connection."""
    info = BY_NAME[case.name].info
    if info.closes:
        gone = ("OperationalError", "gone")
        return Outcome(
            gone, b"", True, (gone, ("InterfaceError", (0, "")), ("InterfaceError", (0, ""))), NOTHING_HAPPENED
        )
    kept = ((1, "new"), (2, "mine"), (3, "next"))
    return Outcome(("", ()), b"", False, OPEN, kept)


@pytest.mark.parametrize("greets", ["mariadb", "mysql"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.sql.partition(' ')[0]}")
async def test_an_error_of_ours_is_as_the_servers_own(mysql_server: Server, case: Case, greets: str) -> None:
    entry = BY_NAME[case.name]
    words = entry.mariadb if greets == "mariadb" else entry.mysql
    if greets == "mariadb" and case.name == "idle-timeout":
        pytest.skip("MariaDB has no such error")
    key = b"\x03" + case.sql.encode()

    async def ours(port: int) -> Outcome:
        async with injecting(port, case.name, lambda e: e.key == key[: 32 * 1024]) as proxied:
            return await asyncio.to_thread(suffer, mysql_server, case, proxied, real=False)

    if greets == "mysql":
        async with as_mysql(mysql_server.port) as port:
            got = await ours(port)
    else:
        got = await ours(mysql_server.port)
    real = await asyncio.to_thread(suffer, mysql_server, case, 0, real=True) if case.provoke else None
    if words is not None and case.name != "idle-timeout":
        assert got.raised[0] == "OperationalError"
        assert got.raised[1][0] == words.code
    elif case.name == "lost-idle":
        assert got.raised == NOTHING_BUT_MINE
    else:
        assert got.raised == ("OperationalError", "gone")
    if real is not None and (greets == "mariadb" or words is None):
        assert got == real
    else:
        like = real or expected(case)
        assert (got.closed, got.kept) == (like.closed, like.kept)
        assert got.later[-2:] == like.later[-2:]
        assert real is not None or got.later[0] == like.later[0] or got.raised[1] == "gone"


def test_every_entry_is_among_them() -> None:
    assert {case.name for case in CASES} | set(AT_LOGIN) == {entry.info.name for entry in ENTRIES}
    assert all(bool(case.provoke) is not bool(case.why) for case in CASES)


# -- refused at the login


async def refused(server: Server, name: str, **options: object) -> Outcome:
    async with injecting(server.port, name, spared=1) as port:
        await asyncio.to_thread(lambda: server.connect(port).close())  # now it knows who greets
        return await asyncio.to_thread(log_in, port, **options)


async def test_a_refused_password(mysql_server: Server) -> None:
    for wrong in ("wrong", ""):
        real = await asyncio.to_thread(log_in, mysql_server.port, password=wrong)
        assert real.raised[1][0] == 1045
        assert await refused(mysql_server, "access-denied", password=wrong) == real


async def test_too_many_connections_of_a_user(mysql_server: Server) -> None:
    def really() -> Outcome:
        with setting("max_user_connections", 1)(mysql_server), mysql_server.connect(user="two", database=None):
            return log_in(mysql_server.port)

    real = await asyncio.to_thread(really)
    assert real.raised[1][0] == 1203
    assert await refused(mysql_server, "too-many-user-connections") == real


async def test_too_many_connections(mysql_server: Server) -> None:
    def really() -> Outcome:
        with ExitStack() as stack:
            for _ in range(12):
                stack.enter_context(mysql_server.connect())
            stack.enter_context(mysql_server.root())  # the place more that is kept for an administrator
            return log_in(mysql_server.port)

    real = await asyncio.to_thread(really)
    assert real.packet == b"\x17\0\0\0\xff\x10\x04Too many connections"
    assert await refused(mysql_server, "too-many-connections") == real


async def test_a_blocked_host() -> None:
    def really(port: int) -> Outcome:
        for _ in range(2):
            assert "Bad handshake" in knock(port)
        return log_in(port, "127.0.0.2")

    with running("--max-connect-errors=2", resolve=True) as server:
        with server.root() as root:
            say(root, "CREATE USER anybody@'%'")
        real = await asyncio.to_thread(really, server.port)
        ours = await refused(server, "host-blocked")
    assert real.raised[1][0] == 1129
    assert ours.raised[1][0] == 1129
    assert ours.closed
    assert ours.packet[4:].replace(b"127.0.0.1", b"127.0.0.2") == real.packet[4:]
    assert ours.packet == real.packet.replace(b"127.0.0.2", b"127.0.0.1")
    assert real.closed


def knock(port: int) -> str:
    """Say nonsense in a login's place, from another address."""
    with socket.create_connection(("127.0.0.1", port), 10, ("127.0.0.2", 0)) as sock:
        sock.recv(4096)
        sock.sendall(b"\x05\0\0\1hello")
        return sock.recv(4096).decode("latin-1")


# -- MariaDB's C library


@pytest.mark.parametrize("case", {case.name: case for case in reversed(CASES)}.values(), ids=lambda case: case.name)
async def test_the_c_library_says_the_code_and_the_state(mysql_server: Server, case: Case) -> None:
    entry = BY_NAME[case.name]
    key = b"\x03" + case.sql.encode()
    fresh(mysql_server)
    script = f"{MINE};\n{case.sql};\nSELECT 1;\n"
    line = 3 if case.name == "lost-idle" else 2

    def ask(port: int) -> subprocess.CompletedProcess[str]:
        words = [program("mariadb"), "--no-defaults", "-h127.0.0.1", f"-P{port}", "-uapp", f"-p{PASSWORD}", "shop"]
        return subprocess.run(words, input=script, capture_output=True, text=True, timeout=20)

    async with as_mysql(mysql_server.port) as mysql:
        port = mysql_server.port if entry.mariadb or not entry.mysql else mysql
        async with injecting(port, case.name, lambda e: e.key == key[: 32 * 1024]) as proxied:
            said = (await asyncio.to_thread(ask, proxied)).stderr
    words = entry.mariadb or entry.mysql
    if words is None:
        assert re.search(
            rf"^ERROR 20(06|13) \(HY000\) at line {line}: (Lost connection|Server has gone)", said, re.M
        ), said
    else:
        assert f"\nERROR {words.code} ({words.state}) at line {line}: " in said


@pytest.mark.parametrize(("name", "read"), [("lost-in-row", 0), ("lost-after-rows", 1), ("lost-idle", 3)])
async def test_the_client_has_read_rows_before_it_is_lost(mysql_server: Server, name: str, read: int) -> None:
    fresh(mysql_server)

    def work(port: int) -> tuple[int, int]:
        connection = mysql_server.connect(port, cursorclass=pymysql.cursors.SSCursor)
        cursor, rows = connection.cursor(), 0
        code = 0
        try:
            cursor.execute("SELECT id, status FROM orders ORDER BY id")
            while cursor.fetchone():
                rows += 1
        except pymysql.err.OperationalError as error:
            code = error.args[0]
        connection._force_close()
        if cursor._result is not None:
            cursor._result.unbuffered_active = False  # it would read on when it is forgotten
        return rows, code

    async with injecting(mysql_server.port, name, lambda e: e.label.startswith("SELECT id")) as port:
        assert await asyncio.to_thread(work, port) == (read, 0 if name == "lost-idle" else 2013)


async def test_a_cut_between_rows_is_as_a_server_that_is_killed(mysql_server: Server) -> None:
    sql = "SELECT REPEAT('x', 1000) FROM seq_1_to_200000"

    def read(server: Server, port: int, strike: Callable[[], None]) -> tuple[bool, object, list[object]]:
        connection = server.connect(port, cursorclass=pymysql.cursors.SSCursor)
        cursor = connection.cursor()
        cursor.execute(sql)
        rows, raised = 0, ()
        try:
            while cursor.fetchone():
                rows += 1
                if rows == 1:
                    strike()
        except pymysql.err.OperationalError as error:
            raised = (type(error), error.args)
        cursor._result.unbuffered_active = False  # it would read on when it is forgotten
        return 0 < rows < 200_000, raised, [say(connection, other) for other in ("SELECT 1", "COMMIT", "SELECT 2")]

    def really() -> tuple[bool, object, list[object]]:
        with running() as server:
            number = int((server.folder / "pid").read_text())
            return read(server, server.port, lambda: os.kill(number, signal.SIGKILL))

    real = await asyncio.to_thread(really)
    async with injecting(mysql_server.port, "lost-after-rows", lambda e: e.label.startswith("SELECT REPEAT")) as port:
        ours = await asyncio.to_thread(read, mysql_server, port, lambda: None)
    assert ours == real
    assert real[1][1][0] == 2013
