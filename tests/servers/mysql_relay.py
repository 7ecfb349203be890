"""Client and server with a framer between them, on blocking sockets: records exchanges, and injects by the book."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Framer, Piece
from vaurien_core.protocols.mysql import Mysql

Decide = Callable[[Exchange], str]


@dataclass
class Relay:
    """`decide` names the error for an exchange, or ""; the error drops the request, `remedy` takes its place."""

    backend: int
    decide: Decide
    port: int = 0
    exchanges: list[Exchange] = field(default_factory=list)
    opaque: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    protocol: Mysql = field(default_factory=lambda: Mysql(Mysql.Options()))

    def serve(self, client: socket.socket) -> None:
        """One connection."""
        with client, socket.create_connection(("127.0.0.1", self.backend)) as server:
            machine = self.protocol.framer()
            Session(self, client, server, machine).run()
            self.opaque.append(machine.opaque)


@dataclass
class Session:
    """One connection under way."""

    relay: Relay
    client: socket.socket
    server: socket.socket
    machine: Framer
    chosen: dict[int, str] = field(default_factory=dict)
    over: bool = False

    def run(self) -> None:
        both = {self.client: self._upstream, self.server: self._downstream}
        while not self.over:
            for ready in select.select(list(both), [], [], 15)[0]:
                try:
                    data = ready.recv(65536)
                except ConnectionError:
                    data = b""
                if not data:
                    return
                both[ready](data)

    def _upstream(self, data: bytes) -> None:
        pieces = self.machine.upstream(data)
        self._check(pieces, data)
        for piece in pieces:
            exchange = piece.exchange
            name = self._name(exchange) if exchange is not None else ""
            if not name or exchange is None:
                self.server.sendall(piece.data)
            elif piece.last:
                self._inject(exchange, name)

    def _inject(self, exchange: Exchange, name: str) -> None:
        protocol = self.relay.protocol
        remedy = protocol.remedy(name, exchange)
        if remedy:
            self.machine.substituted(exchange, remedy)
            self.server.sendall(remedy)
            return
        self.machine.dropped(exchange)
        self._answer(exchange, name)

    def _answer(self, exchange: Exchange, name: str) -> None:
        entry = next(e for e in self.relay.protocol.errors if e.name == name)
        answer = self.relay.protocol.error(name, exchange, close=entry.closes, wall=0.0, extra={})
        assert answer is not None
        self.machine.answered(exchange)
        self.machine.failed(exchange, name)
        self.client.sendall(answer)
        self.over = entry.closes

    def _downstream(self, data: bytes) -> None:
        pieces = self.machine.downstream(data)
        self._check(pieces, data)
        for piece in pieces:
            exchange = piece.exchange
            name = self.chosen.get(id(exchange), "") if exchange is not None else ""
            if not name or exchange is None:
                self.client.sendall(piece.data)
            elif piece.last:
                self._answer(exchange, name)

    def _name(self, exchange: Exchange) -> str:
        if id(exchange) not in self.chosen:
            self.relay.exchanges.append(exchange)
            self.chosen[id(exchange)] = self.relay.decide(exchange)
        return self.chosen[id(exchange)]

    def _check(self, pieces: list[Piece], data: bytes) -> None:
        if len(data) < 60_000 and sum(len(p.data) for p in pieces) < len(data) - 40_000:
            self.relay.broken.append("bytes are missing")


@contextmanager
def relay(backend: int, decide: Decide = lambda _exchange: "") -> Iterator[Relay]:
    """A relay that listens until the end."""
    listener = socket.create_server(("127.0.0.1", 0))
    it = Relay(backend, decide, listener.getsockname()[1])
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=it.serve, args=(client,))
            thread.start()
            threads.append(thread)

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield it
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(5)
        for thread in threads:
            thread.join(5)
