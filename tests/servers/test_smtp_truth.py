"""What was delivered is what the client was told: random sessions with refusals put in, against two real servers.

The oracle believes every reply, by RFC 5321 sections 3.3 and 4.1.1: a transaction opens with MAIL's 250, has the
recipients that got one, and is over with RSET or the reply to a message. Only faults of the phase `after` may lie,
and then the mail must have arrived.
"""

from __future__ import annotations

import asyncio
import random
import re
import socket
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.proxy.lab import lab
from tests.servers.postfix_server import postfix
from tests.servers.smtp_server import smtp_server
from vaurien_core.behaviors.error import Error
from vaurien_core.model.profile import BehaviorSpec
from vaurien_core.options import values_of
from vaurien_core.protocols.smtp import Smtp

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
VARIANTS = {
    "refuse": {"error": "random"},
    "late": {"error": "random", "phase": "after"},
    "lose": {"error": "lost-250", "phase": "after"},
    "shut": {"error": "421"},
    "shut-late": {"error": "421", "phase": "after"},
}
MIX = "14:refuse, 8:late, 3:lose, 1:shut, 1:shut-late"


class GoneError(Exception):
    """The connection is over."""


@dataclass
class Told:
    """A mail that was sent: to whom, as far as was said; the final reply's code; and its place in the journal."""

    to: list[str]
    code: str
    place: tuple[int, int]


@dataclass
class Client:
    """Believes what it is told."""

    port: int
    chance: random.Random
    chunking: bool
    told: dict[int, Told] = field(default_factory=dict)
    connection: int = 0
    exchange: int = 0
    to: list[str] = field(default_factory=list)

    def session(self) -> None:
        """Connect, send some mails, leave."""
        self.connection, self.exchange, self.to = self.connection + 1, 0, []
        with (
            socket.create_connection(("127.0.0.1", self.port), 30) as self.sock,
            self.sock.makefile("rb") as self.heard,
        ):
            try:
                self._hear()
                self._ask(b"EHLO me.example")
                for _ in range(self.chance.randrange(1, 5)):
                    self._mail()
                self._ask(b"QUIT")
            except (GoneError, ConnectionError):
                pass

    def _hear(self) -> str:
        while (line := self.heard.readline())[3:4] == b"-":
            pass
        if not line:
            raise GoneError
        return line[:3].decode()

    def _ask(self, line: bytes) -> str:
        self.exchange += 1
        self.sock.sendall(line + b"\r\n")
        return self._hear()

    def _mail(self) -> None:
        if self.chance.randrange(3):
            self._reset(self._ask(b"RSET"))
        sender = b"MAIL FROM:<s%d@example.com>" % (len(self.told) + self.exchange)
        users = self.chance.sample(["a", "b", "c", "d", "550", "450"], self.chance.randrange(1, 5))
        lines = [sender, *(b"RCPT TO:<%s@example.com>" % user.encode() for user in users)]
        chunks = self.chunking and self.chance.randrange(2) == 0
        if not chunks:
            lines.append(b"DATA")
        if self.chance.randrange(2):
            self.exchange += len(lines)
            self.sock.sendall(b"".join(line + b"\r\n" for line in lines))
            codes = []
            for line in lines:
                codes.append(self._hear())
                self._believe(line, codes[-1])
        else:
            codes = []
            for line in lines:
                codes.append(self._ask(line))
                self._believe(line, codes[-1])
        if chunks:
            self._chunks()
        elif codes[-1] == "354":
            body = self._body()
            self._send(body[0], body[1] + b".\r\n")

    def _believe(self, line: bytes, code: str) -> None:
        if line.startswith(b"MAIL") and code == "250":
            self.to = []
        elif line.startswith(b"RCPT") and code == "250":
            user = line[9:-13].decode()
            self.to += [user] if user not in self.to else []

    def _reset(self, code: str) -> None:
        if code == "421":
            raise GoneError
        assert code == "250"
        self.to = []

    def _body(self) -> tuple[int, bytes]:
        number = len(self.told) + 1
        return number, b"X-Number: %d\r\n\r\n..hello\r\n" % number

    def _send(self, number: int, data: bytes) -> None:
        self.exchange += 1
        self.told[number] = told = Told(self.to, "", (self.connection, self.exchange))
        self.to = []
        self.sock.sendall(data)
        told.code = self._hear()

    def _chunks(self) -> None:
        """RFC 3030 section 2: after a refusal the state is unclear until RSET."""
        number, body = self._body()
        border = self.chance.randrange(len(body))
        first, rest = body[:border], body[border:]
        if border:
            self.exchange += 1
            self.sock.sendall(b"BDAT %d\r\n%s" % (len(first), first))
            if self._hear() != "250":
                self._reset(self._ask(b"RSET"))
                return
        self._send(number, b"BDAT %d LAST\r\n%s" % (len(rest), rest))
        if self.told[number].code != "250":
            self._reset(self._ask(b"RSET"))


async def sessions(backend: int, count: int, *, chunking: bool, seed: int) -> tuple[dict[int, Told], dict[Any, Any]]:
    """What a client was told in random sessions, and the journal by connection and exchange."""
    kinds = tuple(BehaviorSpec(name, "error", values_of(options)) for name, options in VARIANTS.items())
    async with lab(
        Error, mix=MIX, behaviors=kinds, handler=None, everything=True, seed=seed, backend=f"127.0.0.1:{backend}",
        protocols=(Smtp,), protocol="smtp",
    ) as it:  # fmt: skip
        client = Client(it.server.bound.port, random.Random(seed), chunking)

        def work() -> None:
            for _ in range(count):
                client.session()

        await asyncio.to_thread(work)
        await it.until(lambda: not it.server.connections)
        assert it.server.counters.opaque == 0
        return client.told, {(e.conn, e.ex): e for e in it.journal.entries if e.kind == "exchange"}


def judge(told: dict[int, Told], journal: dict[Any, Any], arrived: dict[int, list[tuple[str, ...]]]) -> Counter[str]:
    """Compare belief and truth; how often each case came."""
    cases: Counter[str] = Counter()
    assert set(arrived) <= set(told)
    for number, mail in told.items():
        entry = journal.get(mail.place)
        if entry is None:  # said behind a 421 that closed the connection
            assert not mail.code
            assert number not in arrived
            continue
        acted = entry.outcome.endswith(" injected")
        lied = acted and entry.phase == "after"
        if mail.code == "250" or (lied and mail.to):  # without a recipient the server refused, whoever said so
            assert arrived[number] == [tuple(sorted(mail.to))], (number, mail, entry)
            cases["delivered although told otherwise" if lied else "delivered"] += 1
        else:
            assert number not in arrived, (number, mail, entry)
            cases["refused by us" if acted or entry.outcome.startswith("owed") else "refused"] += 1
    return cases


async def on_aiosmtpd(count: int) -> Counter[str]:
    with smtp_server() as (backend, mailbox):
        told, journal = await sessions(backend, count, chunking=False, seed=3)
    arrived: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for _, to, content in mailbox.mails:
        number = int(re.findall(rb"X-Number: (\d+)", content)[0])
        arrived[number].append(tuple(sorted({address.partition("@")[0] for address in to})))
    return judge(told, journal, arrived)


async def test_two_hundred_sessions_with_aiosmtpd():
    cases = await on_aiosmtpd(200)
    assert min(cases["delivered"], cases["refused by us"], cases["delivered although told otherwise"]) > 10


@pytest.mark.slow
async def test_two_thousand_sessions_with_aiosmtpd():
    cases = await on_aiosmtpd(2000)
    assert min(cases["delivered"], cases["refused by us"], cases["delivered although told otherwise"]) > 200


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.slow)])
async def test_sessions_with_postfix_and_chunks(count: int):
    with postfix() as it:
        told, journal = await sessions(it.ports["plain"], count, chunking=True, seed=4)
        mails = await asyncio.to_thread(it.settle, 120)
    arrived: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    by_number: dict[int, list[str]] = defaultdict(list)
    for box, mail in mails:
        by_number[int(re.findall(rb"X-Number: (\d+)", mail)[0])].append(box.partition("@")[0])
    for number, boxes in by_number.items():
        arrived[number].append(tuple(sorted(boxes)))
    cases = judge(told, journal, arrived)
    assert min(cases["delivered"], cases["refused by us"], cases["delivered although told otherwise"]) > count / 20
