"""The verbs of `behaviors.base.Intervention` on one exchange: they set what is to be done; the lanes do it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from vaurien_core.behaviors.base import Render
from vaurien_core.model.answer import Answer, Ending, Remade, Script
from vaurien_core.protocols.tls import ALERT
from vaurien_core.proxy.asking import Asking
from vaurien_core.proxy.outbox import LIMIT
from vaurien_core.proxy.remaking import Remaking
from vaurien_core.proxy.toxics.drawn import MakeToxic, mount_on
from vaurien_core.proxy.turn import Flow, Turn

if TYPE_CHECKING:
    from vaurien_core.proxy.connection import Connection


class Acting(Asking):
    """One behavior acting on one exchange; made when it begins, dropped when it ends."""

    __slots__ = ("_passed_by",)

    def __init__(self, conn: Connection, turn: Turn) -> None:
        super().__init__(conn, turn)
        self._passed_by = False

    def not_applicable(self, reason: str) -> None:
        """The exchange passes, the journal says why."""
        self.forget()
        if not self._turn.reason:
            self._turn.reason = reason
            self._conn.server.counters.not_applicable += 1

    def skip(self, reason: str) -> None:
        """Pass by the fault's own rule."""
        self.forget()
        self._turn.outcome = ""

    def forget(self) -> None:
        """Nothing is to be done to this exchange after all."""
        self._passed_by = True
        turn = self._turn
        turn.render, turn.ending, turn.insertion, turn.answer_due_s = None, "", b"", None
        turn.substitute = b""
        turn.remaking = None
        turn.request_due = 0.0
        turn.backend_answers = True
        if turn.task is None:
            turn.request_flow = turn.answer_flow = Flow.PASS

    def hold_request(self, seconds: float) -> None:
        """The request's bytes leave `seconds` after its first one arrived."""
        self._acts()
        self._turn.planned_s = seconds
        self._turn.request_due = self._turn.began + max(0.0, seconds)
        self._conn.accounts.hold(self._turn)

    def hold_answer(self, seconds: float) -> None:
        """The answer's first byte leaves `seconds` after it arrived."""
        self._acts()
        self._turn.planned_s = seconds
        self._turn.answer_due_s = max(0.0, seconds)

    def reply(self, render: Render, *, close: bool = False, upstream: bytes = b"") -> None:
        """Drop the request and answer with this in turn; the backend gets `upstream`, if anything."""
        if self._refused(answer := render(close)):
            return
        if isinstance(answer, Remade):
            self.not_applicable("it is made from the real answer, and there is none")
            return
        self._reply(render, close=close or _ends(answer), upstream=upstream)

    def repeat(self) -> None:
        """Let the backend get it twice."""
        self._acts(fails=True)
        self._conn.requests.repeats.begin(self._turn)
        self._decide(Flow.PASS)

    def alert(self) -> None:
        """Answer a ClientHello with a fatal alert; nobody frames the stream, but this is where its answer belongs."""
        self._reply(lambda _close: ALERT, close=True)

    def _reply(self, render: Render, *, close: bool, upstream: bytes = b"") -> None:
        turn = self._turn
        self._acts(fails=True)
        turn.render, turn.reply_closes = render, close
        turn.drop(upstream)
        self._decide()

    def failed(self, name: str) -> None:
        """The framer remembers what the session owes, the connection whose doing it was."""
        turn = self._turn
        if turn.acted and not self._passed_by:
            self._conn.framer.failed(turn.exchange, name)
            self._conn.cause = turn.rule

    def replace_answer(self, render: Render, *, close: bool = False) -> None:
        """Forward the request and replace its answer, or remake it as it comes."""
        if self._refused(answer := render(close)):
            return
        if isinstance(answer, Remade):
            self._turn.remaking = Remaking(answer.make(), self)
            self._decide(Flow.PASS)
            return
        self._acts(fails=True)
        self._turn.render, self._turn.reply_closes = render, close or _ends(answer)
        self._turn.answer_flow = Flow.DROP
        self._decide(Flow.PASS)

    def mount(self, toxic: MakeToxic, stream: str, *, for_good: bool = False) -> None:
        """Let a toxic act on this exchange's bytes alone."""
        self._acts()
        turn = self._turn
        mount_on(self._conn, turn, toxic, stream, lambda: self._acts(fails=True), for_good=for_good)
        self._decide(Flow.PASS)

    def insert(self, data: bytes) -> None:
        """Put these bytes after the first piece of the answer."""
        if self._conn.refuses_errors:
            self.not_applicable(f"the stream is opaque: {self._conn.opaque}")
            return
        self._acts(fails=True)
        self._turn.insertion = bytes(data)
        self._decide(Flow.PASS)

    def hang(self) -> None:
        """Keep the request; silence until released."""
        self._acts(fails=True)
        self._turn.request_flow = self._turn.answer_flow = Flow.HOLD
        self._turn.outcome = "held"
        self._conn.hang(self._turn)
        self._decide()

    def close(self) -> None:
        """In turn, FIN to both sides."""
        self._acts(fails=True)
        self._turn.ending = "close"
        self._turn.request_flow = self._turn.answer_flow = Flow.DROP
        self._turn.backend_answers = False
        self._decide()

    def reset(self) -> None:
        """RST in the answer's place."""
        self._acts(fails=True)
        self._turn.ending = "reset"
        self._turn.answer_flow = Flow.DROP
        self._decide(Flow.PASS)

    async def pause(self, seconds: float) -> None:
        """Wait; ends early when released."""
        self._acts()
        if self._turn.released:
            return
        server = self._conn.server
        due = server.clock.now() + seconds
        woken = self._until(lambda: self._turn.released or server.clock.now() >= due)
        handle = server.timers.call_at(due, self._turn.wake)
        try:
            await woken
        finally:
            handle.cancel()

    async def request(self) -> bytes:
        """The whole request, at most 1 MiB of it."""
        turn = self._turn
        read = self._conn.requests.staged_of
        if turn.request_flow is not Flow.STAGE:
            return b""
        await self._until(lambda: turn.exchange.request_done or turn.up >= LIMIT or turn.released)
        return read(turn)[:LIMIT]

    def forward(self, data: bytes) -> None:
        """Send this in the request's place."""
        self._acts()
        turn = self._turn
        if turn.request_flow is Flow.STAGE:
            turn.altered = True
            turn.request_flow = Flow.DROP
            self._conn.up.put(bytes(data))
            self._conn.requests.decided()

    async def answer(self) -> bytes:
        """The whole answer, at most 1 MiB of it, held back from the client."""
        turn = self._turn
        if turn.first_answer and turn.staged is None:
            return b""
        turn.answer_flow = Flow.STAGE
        self._decide(Flow.PASS)
        endless = turn.exchange.facts.get("unframed")  # no end to be seen: the first piece is the answer
        await self._until(
            lambda: (
                turn.exchange.answer_done
                or turn.staged_size >= LIMIT
                or turn.released
                or (bool(endless) and turn.staged_size > 0)
            )
        )
        return b"".join(piece.data for piece in turn.staged or () if not piece.interim)[:LIMIT]

    def answer_with(self, data: bytes) -> None:
        """Send this in the answer's place."""
        self._acts(fails=True)
        turn = self._turn
        if turn.answer_flow is Flow.STAGE:
            turn.altered = True
            if turn.exchange.facts.get("unframed") and not turn.exchange.answer_done:
                self._conn.answers.restage(turn, bytes(data))
                turn.answer_flow = Flow.PASS
            else:
                turn.local = bytes(data)
                turn.answer_flow = Flow.DROP
            self._conn.answers.unstage(turn)
            self._conn.answers.settle()

    def remade(self) -> None:
        """The first that was made from the real answer is on its way."""
        self._acts(fails=True)
        self._turn.outcome = self._conn.accounts.injected_outcome(self._turn)

    def untouched(self, reason: str) -> None:
        """The real answer turned out not to be what the fault needs: no hit, it passes."""
        if self._turn.rule is not None:
            self._turn.rule.hits -= 1
        self.not_applicable(reason)

    async def run(self, waiting: Awaitable[None]) -> None:
        """Run a coroutine's `begin`; then what it did not decide passes."""
        turn = self._turn
        try:
            await waiting
            if not self._passed_by:
                self._acts()
        except Exception as error:
            rule = turn.rule.name if turn.rule is not None else ""
            self._conn.server.notice(f"The behavior {rule} failed, the exchange passes: {error!r}", severity="error")
        finally:
            turn.task = None
            self._conn.coroutine_done(turn)

    def _acts(self, *, fails: bool = False) -> None:
        """Count it, once; `fails`: what is done to the exchange is no mere delay."""
        turn, counters = self._turn, self._conn.server.counters
        if turn.rule is None:
            return
        if not turn.acted:
            turn.acted = True
            counters.acted(turn.rule.name)
        if fails and not turn.failed and turn.rule.behavior.fails:
            turn.failed = True
            counters.errors_injected += 1

    def _refused(self, answer: Answer | None) -> bool:
        if self._conn.refuses_errors:
            self.not_applicable(f"the stream is opaque: {self._conn.opaque}")
            return True
        if answer is None:
            self.not_applicable("the error is not legal here")
            return True
        return False

    def _decide(self, flow: Flow | None = None) -> None:
        """A coroutine has decided about its request by a verb that doesn't wait."""
        turn = self._turn
        if turn.task is None:
            return
        if not turn.backend_answers:
            self._conn.framer.dropped(turn.exchange)
        if flow is not None and turn.request_flow is Flow.STAGE:
            turn.request_flow = flow
        if turn.request_flow is not Flow.STAGE:
            self._conn.requests.decided()
            self._conn.answers.settle()

    def _until(self, condition: Callable[[], bool]) -> asyncio.Future[None]:
        """A future that is done once the condition holds; looked at whenever the turn is woken."""
        turn = self._turn
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def look() -> None:
            if future.done():
                return
            if condition():
                future.set_result(None)
            else:
                turn.waiters = [*(turn.waiters or ()), look]

        look()
        return future


def _ends(answer: Answer | None) -> bool:
    """Whether nothing follows this answer on its connection."""
    return isinstance(answer, Script) and answer.ending is not Ending.GO_ON
