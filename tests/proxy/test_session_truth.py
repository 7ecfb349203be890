"""What an injected error claims is made true on the backend's side, in turn, whatever is drawn later."""

from __future__ import annotations

from typing import ClassVar

from tests.proxy.lab import Line, LineFramer, Place, behavior, lab, named, on_both_ports
from vaurien_core.behaviors.base import Intervention
from vaurien_core.behaviors.error import Error
from vaurien_core.behaviors.failing import ErrorOptions
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Duty

FULL = ErrorInfo("full", "No room", ("before",), at="connect", closes=True)
LOST = ErrorInfo("lost", "It is undone", ("before",), random=True)


class TrueFramer(LineFramer):
    """`end` behind a failed exchange is owed an answer; the backend gets `undo`, or nothing for `stop`."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = False
        self.told: list[tuple[str, str]] = []

    def substituted(self, exchange: Exchange, data: bytes) -> None:
        self.told.append(("substituted", exchange.label))

    def dropped(self, exchange: Exchange) -> None:
        self.told.append(("dropped", exchange.label))
        super().dropped(exchange)

    def failed(self, exchange: Exchange, error: str) -> None:
        self.broken = True

    def duty(self, exchange: Exchange) -> Duty | None:
        if not self.broken or exchange.label not in ("end", "stop"):
            return None
        self.broken = False
        return Duty(b"-aborted\n", b"undo 0\n" if exchange.label == "end" else b"")


class TrueLine(Line):
    """Lines with a session."""

    errors: ClassVar[tuple[ErrorInfo, ...]] = (FULL, LOST)
    made: ClassVar[list[TrueFramer]] = []

    def framer(self) -> TrueFramer:
        self.made.append(TrueFramer())
        return self.made[-1]

    def error(self, name: str, exchange: Exchange, **_: object) -> bytes | None:
        return f"-{name}\n".encode() if (name == "full") is (exchange.ordinal == 0) else None

    def remedy(self, name: str, exchange: Exchange) -> bytes:
        return b"rollback 0\n"


def by_word(act: Intervention) -> None:
    """Fail where the request says so, and delay what ends."""
    if act.exchange.label in ("fail", "slow"):
        Error(ErrorOptions()).begin(act)
    elif act.exchange.label == "late":
        act.hold_answer(0.05)
    elif act.exchange.label in ("end", "stop"):
        act.reply(lambda _close: b"-not owed\n")
    else:
        act.skip("plain")


BY_WORD = behavior("word", by_word)


@on_both_ports
def test_the_backend_gets_the_remedy_and_its_answer_is_never_seen(place: Place) -> None:
    async def main() -> None:
        words = ["late", "fail", "plain", "fail", "end", "plain", "end", "fail", "stop", "plain"]
        want = ["ok late", "-lost", "ok plain", "-lost", "-aborted", "ok plain", "-not owed", "-lost", "-aborted"]
        TrueLine.made.clear()
        async with lab(BY_WORD, mix="100:word", protocols=(TrueLine,), everything=True) as it:
            reader, writer = await it.client()
            writer.write("".join(f"{word} {n}\n" for n, word in enumerate(words)).encode())
            got = [(await reader.readline()).decode().strip() for _ in words]
            assert [" ".join(g.split()[:2]) for g in got] == [*want, "ok plain"]
            writer.close()
            await it.until(lambda: not it.server.connections)
            told = [("substituted", w) for w in ("fail", "fail", "end", "fail")]
            assert [t for t in TrueLine.made[0].told if t[0] == "substituted"] == told
            assert [t[1] for t in TrueLine.made[0].told if t[0] == "dropped"] == ["end", "stop"]
            owed = [(e.label, e.rule) for e in it.journal.entries if e.outcome == "owed to the session"]
            assert owed == [("end", "word"), ("stop", "word")]
            assert it.server.counters.injected == 5

    place.run(main)


@on_both_ports
def test_an_error_of_the_connect_phase_is_drawn_there_and_only_there(place: Place) -> None:
    async def main() -> None:
        full = named("error", error="full")
        async with lab(Error, mix="50:error", behaviors=(full,), protocols=(TrueLine,), everything=True) as it:
            refused = 0
            for _ in range(40):
                reader, writer = await it.client()
                writer.write(b"plain 1\n")
                said = await reader.readline()
                refused += said == b"-full\n"
                if said == b"-full\n":
                    assert await reader.read() == b""
                writer.close()
            await it.until(lambda: not it.server.connections)
            assert 8 < refused < 32
            assert it.server.counters.injected == refused
            assert it.server.counters.exchanges == 40
            hits = [e for e in it.journal.entries if e.outcome == "full injected"]
            assert [e.ex for e in hits] == [0] * refused

    place.run(main)
