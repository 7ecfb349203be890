"""One exchange of one connection: what was drawn for it, what is done to its bytes, and how far it is."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from vaurien_core.behaviors.base import Render
from vaurien_core.model.answer import Answer
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.proxy.plan import ActiveRule
from vaurien_core.proxy.remaking import Remaking

if TYPE_CHECKING:
    from vaurien_core.proxy.toxics.drawn import DrawnMount


class Flow(Enum):
    """What happens to the bytes of one direction of an exchange."""

    PASS = "pass"  # noqa: S105 - not a password
    HOLD = "hold"
    """They wait in the outbox until released."""
    DROP = "drop"
    STAGE = "stage"
    """They wait for a decision of a coroutine."""


class Turn:
    """See the module. Owned by its connection; times are seconds of the clock."""

    __slots__ = (
        "acted",
        "altered",
        "answer_due_s",
        "answer_end",
        "answer_flow",
        "backend_answers",
        "bad",
        "began",
        "down",
        "down_mount",
        "draw",
        "ending",
        "exchange",
        "failed",
        "finished",
        "first_answer",
        "held",
        "hit",
        "insertion",
        "local",
        "marks",
        "measured_s",
        "note",
        "ordinal",
        "outcome",
        "owned",
        "phase",
        "place",
        "planned_s",
        "reason",
        "released",
        "remaking",
        "render",
        "reply_closes",
        "reported",
        "request_due",
        "request_end",
        "request_flow",
        "rule",
        "scenario",
        "script_began",
        "staged",
        "staged_size",
        "substitute",
        "task",
        "up",
        "up_mount",
        "waiters",
    )  # fmt: skip

    def __init__(self, exchange: Exchange, ordinal: int, began: float) -> None:
        self.exchange = exchange
        self.ordinal = ordinal
        self.began = began
        self.rule: ActiveRule | None = None
        self.draw: float | None = None
        """0..100."""
        self.owned: tuple[float, float] | None = None
        """The range of draws that its rule owned."""
        self.place = b""
        self.hit = 0
        self.note: dict[str, object] | None = None
        self.phase = ""
        self.scenario = ""
        """The scenario's phase in which it began."""
        self.reason = ""
        """Why the fault could not act."""
        self.acted = self.failed = False
        self.bad = False
        """It ended in an error of the backend or the client."""
        self.outcome = ""
        self.up = 0
        self.down = 0
        self.request_flow = Flow.PASS
        self.request_due = 0.0
        self.request_end = False
        self.answer_flow = Flow.PASS
        self.answer_due_s: float | None = None
        """How long the answer's first byte waits; None: not at all."""
        self.backend_answers = True
        """The backend gets the request, or something in its place."""
        self.answer_end = False
        """All of the answer has been passed on (the framer may be ahead of it)."""
        self.first_answer = False
        """The first byte of the final answer has come."""
        self.planned_s: float | None = None
        self.measured_s: float | None = None
        self.render: Render | None = None
        self.reply_closes = False
        self.local: Answer | None = None
        """An answer of ours that waits for its turn."""
        self.remaking: Remaking | None = None
        """What the real answer is made into on its way."""
        self.script_began = 0.0
        """When its first pause began; 0: there was none."""
        self.substitute = b""
        """What the backend gets in the request's place, once all of that has been read."""
        self.insertion = b""
        self.up_mount: DrawnMount | None = None
        self.down_mount: DrawnMount | None = None
        """A stream fault that its bytes meet on their way."""
        self.ending = ""
        """`close`, `reset` or `stall`: what its turn brings to the connection."""
        self.staged: deque[Piece] | None = None
        """Pieces of the answer that wait for their turn or for a decision."""
        self.staged_size = 0
        self.held = False
        self.released = False
        self.altered = False
        """Bytes of it were dropped, put in or replaced."""
        self.marks = 0
        """Pieces of it on their way that are being measured."""
        self.finished = False
        self.reported = False
        self.task: asyncio.Task[None] | None = None
        self.waiters: list[Callable[[], None]] | None = None

    @property
    def needs_backend(self) -> bool:
        """Whether its end depends on what the backend still sends."""
        return self.backend_answers and not self.exchange.answer_done

    def drop(self, upstream: bytes = b"") -> None:
        """Nothing of the request goes to the backend, and nothing of what it answers to the client.

        Args:
            upstream: what it gets instead; empty: nothing, so it won't answer.
        """
        self.request_flow = self.answer_flow = Flow.DROP
        self.substitute = upstream
        self.backend_answers = bool(upstream)

    def catch_up(self) -> None:
        """Between reads the framer knows best: some answers only end when the next request begins."""
        if self.exchange.answer_done and self.staged is None:
            self.answer_end = True

    def wake(self) -> None:
        """Something happened that its coroutine may wait for."""
        if self.waiters:
            waiters, self.waiters = self.waiters, None
            for call in waiters:
                call()
