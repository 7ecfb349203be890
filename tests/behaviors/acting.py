"""An Intervention that writes down what was asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vaurien_core.behaviors.base import Behavior, Render
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.options import OptionValue


class FakeAct:
    """Records verbs in `calls`; draws come from a table, 0.5 where it has none."""

    def __init__(
        self,
        *,
        protocol: str = "tcp",
        errors: tuple[ErrorInfo, ...] = (),
        hit: int = 1,
        opaque: str = "",
        draws: Mapping[str, float] | None = None,
        exchange: Exchange | None = None,
        render: Callable[[str, Exchange, bool], bytes | None] = lambda name, exchange, close: name.encode(),
    ) -> None:
        self.protocol, self.errors, self.hit, self.opaque = protocol, errors, hit, opaque
        self.exchange = exchange or Exchange(1)
        self.calls: list[tuple[Any, ...]] = []
        self.remedies: dict[str, bytes] = {}
        self.failures: list[str] = []
        self.noted: dict[str, object] = {}
        self.phases: list[str] = []
        self.drawn: list[str] = []
        self._draws = draws or {}
        self._render = render

    def draw(self, purpose: str) -> float:
        self.drawn.append(purpose)
        return self._draws.get(purpose, 0.5)

    def draw_bytes(self, count: int, purpose: str) -> bytes:
        self.drawn.append(purpose)
        return purpose[:1].encode() * count

    def error_answer(self, name: str, *, close: bool) -> bytes | None:
        return self._render(name, self.exchange, close)

    def note(self, **used: object) -> None:
        self.noted.update(used)

    def phase(self, phase: str) -> None:
        self.phases.append(phase)

    def not_applicable(self, reason: str) -> None:
        self.calls.append(("not_applicable", reason))

    def skip(self, reason: str) -> None:
        self.calls.append(("skip", reason))

    def hold_request(self, seconds: float) -> None:
        self.calls.append(("hold_request", seconds))

    def hold_answer(self, seconds: float) -> None:
        self.calls.append(("hold_answer", seconds))

    def reply(self, render: Render, *, close: bool = False, upstream: bytes = b"") -> None:
        self.calls.append(("reply", render(close), close, upstream) if upstream else ("reply", render(close), close))

    def remedy(self, name: str) -> bytes:
        return self.remedies.get(name, b"")

    def failed(self, name: str) -> None:
        self.failures.append(name)

    def replace_answer(self, render: Render, *, close: bool = False) -> None:
        self.calls.append(("replace_answer", render(close), close))

    def insert(self, data: bytes) -> None:
        self.calls.append(("insert", data))

    def hang(self) -> None:
        self.calls.append(("hang",))

    def close(self) -> None:
        self.calls.append(("close",))

    def reset(self) -> None:
        self.calls.append(("reset",))

    async def pause(self, seconds: float) -> None:
        self.calls.append(("pause", seconds))

    async def request(self) -> bytes:
        return b""

    def forward(self, data: bytes) -> None:
        self.calls.append(("forward", data))

    async def answer(self) -> bytes:
        return b""

    def answer_with(self, data: bytes) -> None:
        self.calls.append(("answer_with", data))


def act_with(kind: type[Behavior], act: FakeAct, **options: OptionValue) -> FakeAct:
    """Let a behavior with these options act once."""
    kind(kind.Options.build(options)).begin(act)
    return act
