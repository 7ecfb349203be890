"""Random transactions under injected errors: what the client was told is what the server's table says in the end."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

import pytest
from mysql_outcomes import fresh, rows, say
from mysql_server import Server, mysql_server, pymysql

from tests.proxy.lab import Lab, lab
from vaurien_core.behaviors.error import Error
from vaurien_core.model.profile import BehaviorSpec
from vaurien_core.options import values_of
from vaurien_core.protocols.mysql import Mysql

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]
__all__ = ["mysql_server"]
FAULTS = {
    "dead": {"error": "deadlock"},
    "waited": {"error": "lock-timeout"},
    "late": {"error": "query-timeout"},
    "refused": {"error": "read-only"},
    "lost": {"error": "lost-before"},
    "unheard": {"error": "lost-mid-packet", "phase": "after"},
}
MIX = "3:dead,3:waited,2:late,2:refused,1:lost,2:unheard"
DDL = "ALTER TABLE scratch COMMENT 'x'"


@dataclass
class Client:
    """Does random things, and keeps the books of what it was told."""

    server: Server
    port: int
    it: Lab
    draw: random.Random
    committed: dict[int, str] = field(default_factory=lambda: {1: "new", 2: "new", 3: "new"})
    pending: dict[int, str] = field(default_factory=dict)
    told: Counter[object] = field(default_factory=Counter)

    def run(self, rounds: int) -> Client:
        self.connection = self.server.connect(self.port)
        for number in range(rounds):
            for _ in range(self.draw.randrange(4)):
                row, value = self.draw.randint(1, 3), f"v{number}-{self.draw.randrange(1000)}"
                self.do(f"UPDATE orders SET status = '{value}' WHERE id = {row}", {row: value})
            if self.draw.random() < 0.3:
                self.look()
            if self.draw.random() < 0.15:
                self.do(DDL, {}, commits=True)
            if self.draw.random() < 0.8:
                self.do("COMMIT", {}, commits=True)
            else:
                self.do("ROLLBACK", {}, forgets=True)
            self.look()
        self.connection._force_close()
        return self

    def do(self, sql: str, change: dict[int, str], *, commits: bool = False, forgets: bool = False) -> None:
        """Say it; then the books say what it has told."""
        said = say(self.connection, sql)
        error = said[1] if isinstance(said, tuple) and said and said[0] == "OperationalError" else ()
        self.told[(sql.split()[0], error if error == "gone" else error[0] if error else "done")] += 1
        if error == "gone":
            self.lost(change, commits=commits)
        elif not error:
            self.pending.update(change)
            if commits:
                self.commit()
            elif forgets:
                self.pending.clear()
        elif sql == DDL:  # it commits before it waits or runs, and after it looks whether it may
            if error[0] != 1290:
                self.commit()
        elif error[0] == 1213:
            self.pending.clear()

    def lost(self, change: dict[int, str], *, commits: bool) -> None:
        """Gone: all of the transaction, or nothing if it was the COMMIT's answer that was lost."""
        if commits and self.fault() == "unheard":
            self.commit()
        self.pending.clear()
        while True:
            try:
                self.connection = self.server.connect(self.port)
                break
            except pymysql.err.OperationalError as error:  # the statements of a new connection have their faults, too
                assert error.args[0] in (1205, 1213, 1969, 2013)
        self.settled()

    def fault(self) -> str:
        """Which one the journal says came last."""
        return next(e.rule for e in reversed(self.it.journal.entries) if e.outcome.endswith("injected"))

    def commit(self) -> None:
        self.committed.update(self.pending)
        self.pending.clear()

    def look(self) -> None:
        """What the transaction itself sees."""
        said = say(self.connection, "SELECT id, status FROM orders ORDER BY id")
        if said == ("OperationalError", "gone"):
            self.lost({}, commits=False)
        elif said[0] == "OperationalError":
            if said[1][0] == 1213:
                self.pending.clear()
        else:
            assert dict(said) == {**self.committed, **self.pending}

    def settled(self) -> None:
        """What everybody sees."""
        for _ in range(100):  # a lost session is rolled back soon, not at once
            if dict(rows(self.server)) == self.committed:
                break
        assert dict(rows(self.server)) == self.committed


@pytest.mark.parametrize(
    ("seed", "rounds"), [(1, 150), *[pytest.param(n, 600, marks=pytest.mark.slow) for n in range(2, 6)]]
)
async def test_what_a_client_was_told_is_what_the_server_holds(mysql_server: Server, seed: int, rounds: int) -> None:
    fresh(mysql_server)
    with mysql_server.root() as root:
        say(root, "CREATE TABLE IF NOT EXISTS scratch (a INT)")
    behaviors = tuple(BehaviorSpec(name, "error", values_of(options)) for name, options in FAULTS.items())
    async with lab(
        Error, mix=MIX, behaviors=behaviors, handler=None, everything=True, seed=seed, protocols=(Mysql,),
        protocol="mysql", backend=f"127.0.0.1:{mysql_server.port}", draw_by="ordinal",
    ) as it:  # fmt: skip
        assert it.server.bound is not None
        client = Client(mysql_server, it.server.bound.port, it, random.Random(seed))
        await asyncio.to_thread(client.run, rounds)
        await asyncio.to_thread(client.settled)
        await it.until(lambda: it.server.connections == 0)
    outcomes = Counter(e.outcome for e in it.journal.entries)
    for options in FAULTS.values():
        assert outcomes[f"{options['error']} injected"] > 1
    assert client.told[("UPDATE", 1213)]
    assert client.told[("COMMIT", "gone")]
    assert client.told[("COMMIT", "done")] > rounds // 3


@pytest.mark.parametrize(
    ("fault", "executed", "code"),
    [
        ("deadlock", False, 1213),
        ("lost-before", False, "gone"),
        ("lost-mid-packet", True, "gone"),
        ("shutdown", True, 1053),
    ],
)
async def test_the_row_of_a_lost_commit_exists_and_that_of_a_deadlock_does_not(
    mysql_server: Server, fault: str, executed: bool, code: object
) -> None:
    fresh(mysql_server)
    phase = "after" if executed else "before"

    class OnCommit(Error):  # noqa: N818 - a behavior, not an exception
        def begin(self, act):
            if act.exchange.label == "COMMIT":
                super().begin(act)
            else:
                act.skip("not chosen")

    def work(port: int) -> object:
        connection = mysql_server.connect(port)
        say(connection, "INSERT INTO orders (id, status) VALUES (4, 'ordered')")
        said = say(connection, "COMMIT")
        connection._force_close()
        return said

    behavior = BehaviorSpec("error", "", values_of({"error": fault, "phase": phase}))
    async with lab(
        OnCommit, mix="100:error", behaviors=(behavior,), handler=None, protocols=(Mysql,), protocol="mysql",
        backend=f"127.0.0.1:{mysql_server.port}",
    ) as it:  # fmt: skip
        kind, args = await asyncio.to_thread(work, it.server.bound.port)
        await it.until(lambda: it.server.connections == 0)
    assert kind == "OperationalError"
    assert (args if args == "gone" else args[0]) == code
    seen = await asyncio.to_thread(rows, mysql_server)
    assert ((4, "ordered") in seen) is executed
