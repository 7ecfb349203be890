"""What `behaviors.base.Intervention` lets a behavior ask, note and keep: nothing that changes what happens to bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from vaurien_core.behaviors.base import T
from vaurien_core.model.answer import Answer
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.proxy import draw
from vaurien_core.proxy.turn import Turn

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection


class Asking:
    """One behavior's view of one exchange; the verbs are in `intervention.Acting`."""

    __slots__ = ("_conn", "_turn")

    def __init__(self, conn: Connection, turn: Turn) -> None:
        self._conn, self._turn = conn, turn

    @property
    def exchange(self) -> Exchange:
        """What is known of the request."""
        return self._turn.exchange

    @property
    def protocol(self) -> str:
        """Name of the protocol; `tcp` once the connection is opaque."""
        return "tcp" if self._conn.opaque else self._conn.server.protocol.name

    @property
    def opaque(self) -> str:
        """Why the stream is not framed any more, or ""."""
        return self._conn.opaque

    @property
    def errors(self) -> tuple[ErrorInfo, ...]:
        """The protocol's catalogue; empty once the connection is opaque."""
        return () if self._conn.opaque else self._conn.server.protocol.errors

    @property
    def hit(self) -> int:
        """Which hit of this rule since it became active this is, from 1."""
        return self._turn.hit

    def draw(self, purpose: str) -> float:
        """A number within [0, 1)."""
        server = self._conn.server
        return draw.fraction(server.seed, server.spec.name, self._turn.place, purpose)

    def draw_bytes(self, count: int, purpose: str) -> bytes:
        """`count` bytes."""
        server = self._conn.server
        return draw.stream_bytes(count, server.seed, server.spec.name, self._turn.place, purpose)

    def error_answer(self, name: str, *, close: bool) -> Answer | None:
        """A catalogue entry as the answer to this exchange."""
        if self._conn.opaque:
            return None
        server = self._conn.server
        rule = self._turn.rule
        extra: dict[str, object] = dict(rule.options) if rule is not None else {}
        return server.protocol.error(name, self.exchange, close=close, wall=server.clock.wall(), extra=extra)

    def remedy(self, name: str) -> bytes:
        """What the backend must get in the request's place; nothing where there is no request."""
        return (
            b""
            if self._conn.opaque or not self.exchange.ordinal
            else self._conn.server.protocol.remedy(name, self.exchange)
        )

    def note(self, **used: object) -> None:
        """Record in the journal what was chosen."""
        self._turn.note = {**(self._turn.note or {}), **used}

    def phase(self, phase: str) -> None:
        """Record the phase."""
        self._turn.phase = phase

    def keep(self, key: object, make: Callable[[], T | None]) -> T | None:
        """What this connection keeps under `key`."""
        kept = self._conn.kept
        if kept is None:
            kept = self._conn.kept = {}
        if key not in kept:
            made = make()
            if made is None:
                return None
            kept[key] = made
        return cast("T", kept[key])

    def drop(self, key: object) -> None:
        """Keep it no longer."""
        if self._conn.kept is not None:
            self._conn.kept.pop(key, None)
