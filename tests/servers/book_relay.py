"""Client and server with a framer between them, on blocking sockets: injects what protocol and framer say it takes."""

from __future__ import annotations

import select
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.support.serving import served
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Framer, ProtocolType

Decide = Callable[[Exchange], str]
"""The error for an exchange: "", `NAME` (before) or `NAME after`."""


@dataclass
class Relay:
    """What one relay heard."""

    protocol: ProtocolType
    backend: int
    decide: Decide
    port: int = 0
    exchanges: list[Exchange] = field(default_factory=list)
    opaque: list[str] = field(default_factory=list)
    crashes: list[BaseException] = field(default_factory=list)

    @property
    def injected(self) -> list[str]:
        return [str(e.facts["injected"]) for e in self.exchanges if e.facts.get("injected")]


@dataclass
class Turn:
    """The answer to an exchange, as far as it is there."""

    exchange: Exchange
    data: bytes = b""
    done: bool = False


class Session:
    """One connection under way."""

    def __init__(self, relay: Relay, client: socket.socket, server: socket.socket) -> None:
        self.relay, self.client, self.server = relay, client, server
        self.machine: Framer = relay.protocol.framer()
        self.chosen: dict[int, tuple[str, str]] = {}
        self.kept: list[Exchange] = []
        self.owing: dict[int, bytes] = {}
        self.turns: deque[Turn] = deque()
        self.over = False

    def run(self) -> None:
        while not self.over:
            for ready in select.select([self.client, self.server], [], [], 20)[0]:
                data = b""
                with suppress(ConnectionError):
                    data = ready.recv(65536)
                if not data:
                    self.relay.opaque.append(self.machine.opaque)
                    return
                (self._upstream if ready is self.client else self._downstream)(data)

    def _upstream(self, data: bytes) -> None:
        for piece in self.machine.upstream(data):
            exchange = piece.exchange
            if exchange is None:
                self.server.sendall(piece.data)
                continue
            name, phase = self._choice(exchange)
            owed = self.owing.get(id(exchange))
            if owed is not None:
                if piece.last:
                    self.machine.answered(exchange)
                    self._send(exchange, owed, last=True)
            elif not name or phase == "after":
                self.server.sendall(piece.data)
            elif piece.last:
                remedy = self.relay.protocol.remedy(name, exchange)
                if remedy:
                    self.machine.substituted(exchange, remedy)
                    self.server.sendall(remedy)
                else:
                    self._answer(exchange, name, phase)

    def _downstream(self, data: bytes) -> None:
        for piece in self.machine.downstream(data):
            exchange = piece.exchange
            name, phase = self._choice(exchange) if exchange is not None else ("", "")
            if exchange is None or not name:
                self._send(exchange, piece.data, last=piece.last)
            elif piece.last:
                self._answer(exchange, name, phase)

    def _answer(self, exchange: Exchange, name: str, phase: str) -> None:
        protocol = self.relay.protocol
        entry = next(e for e in protocol.errors if e.name == name)
        answer = protocol.error(name, exchange, close=entry.closes, wall=0.0, extra={"phase": phase})
        assert answer is not None
        if phase == "before":
            self.machine.failed(exchange, name)
            if exchange.ordinal:
                self.machine.answered(exchange)
        self._send(exchange, answer, last=True)
        self.over = entry.closes

    def _send(self, exchange: Exchange | None, data: bytes, *, last: bool) -> None:
        """Answers leave in request order; what belongs to nobody, or may come or not, leaves at once."""
        turn = next((t for t in self.turns if t.exchange is exchange), None)
        if turn is None:
            self.client.sendall(data)
            return
        turn.data += data
        turn.done = turn.done or last
        while self.turns:
            head = self.turns[0]
            self.client.sendall(head.data)
            head.data = b""
            if not head.done:
                break
            self.turns.popleft()

    def _choice(self, exchange: Exchange) -> tuple[str, str]:
        """What is done to an exchange, decided when it begins."""
        if id(exchange) not in self.chosen:
            self.kept.append(exchange)
            if exchange.answer_expected:
                self.turns.append(Turn(exchange))
            self.relay.exchanges.append(exchange)
            duty = self.machine.duty(exchange)
            if duty is not None:
                self.owing[id(exchange)] = duty.reply
                self.machine.dropped(exchange)
            name, _, phase = ("" if duty else self.relay.decide(exchange)).partition(" ")
            phase = phase or "before"
            extra = {"phase": phase}
            if name and self.relay.protocol.error(name, exchange, close=False, wall=0.0, extra=extra) is None:
                name = ""
            if name:
                exchange.facts["injected"] = name
                if phase == "before" and exchange.ordinal and not self.relay.protocol.remedy(name, exchange):
                    self.machine.dropped(exchange)
            self.chosen[id(exchange)] = (name, phase)
        return self.chosen[id(exchange)]


@contextmanager
def relay(protocol: ProtocolType, backend: int, decide: Decide = lambda _exchange: "") -> Iterator[Relay]:
    """A relay that listens until the end."""
    listener = socket.create_server(("127.0.0.1", 0))
    it = Relay(protocol, backend, decide, listener.getsockname()[1])

    def serve(client: socket.socket) -> None:
        try:
            with client, socket.create_connection(("127.0.0.1", backend)) as server:
                Session(it, client, server).run()
        except OSError:
            pass
        except BaseException as error:
            it.crashes.append(error)

    with served(listener, serve):
        yield it
    assert it.crashes == []
