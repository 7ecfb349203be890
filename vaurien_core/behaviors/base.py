"""What a behavior is, and the verbs with which it acts on an exchange.

A behavior object is made once per rule and proxy with its options and lives until the rule becomes
inactive; so counters of its own are per proxy. `begin` is called when an exchange that it was drawn for begins,
before any byte of it is passed on. It acts by calling verbs of the `Intervention`; calling none leaves the exchange
untouched. Verbs never block. `begin` may be a coroutine function (plugins): the request is then held until it
returns, and a crash in it passes the exchange on and is journalled.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, Protocol, TypeVar

from vaurien_core.behaviors.stream import Stream, Toxic
from vaurien_core.behaviors.wording import escape
from vaurien_core.model.answer import Answer
from vaurien_core.model.catalogue import BehaviorInfo, ErrorInfo, ProtocolInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.options import OptionSet


class Closes(Protocol):
    """Something with an end."""

    def close(self) -> None:
        """End it; idempotent, doesn't wait."""
        ...


T = TypeVar("T", bound=Closes)
Render = Callable[[bool], "Answer | None"]
"""Makes an answer; its argument says whether the connection is closed after it. None: not legal here."""


class Intervention(Protocol):
    """One behavior acting on one exchange of one connection. Made by the data plane."""

    @property
    def exchange(self) -> Exchange:
        """What is known of the request."""
        ...

    @property
    def protocol(self) -> str:
        """Name of the proxy's protocol; `tcp` once the connection is opaque."""
        ...

    @property
    def opaque(self) -> str:
        """Why the stream is not framed any more, or ""."""
        ...

    @property
    def errors(self) -> tuple[ErrorInfo, ...]:
        """The protocol's catalogue."""
        ...

    @property
    def hit(self) -> int:
        """Which hit of this rule since it became active this is, from 1."""
        ...

    def draw(self, purpose: str) -> float:
        """A number within [0, 1) for a further choice, from the seed, this exchange's place and the purpose."""
        ...

    def draw_bytes(self, count: int, purpose: str) -> bytes:
        """`count` bytes from the same."""
        ...

    def error_answer(self, name: str, *, close: bool) -> Answer | None:
        """A catalogue entry as the answer to this exchange; None: not legal here."""
        ...

    def note(self, **used: object) -> None:
        """Record in the journal what was chosen (`error="503"`)."""
        ...

    def phase(self, phase: str) -> None:
        """Record the phase (`before`, `after`) in the journal."""
        ...

    def not_applicable(self, reason: str) -> None:
        """The fault can't act here: the exchange passes, the journal says why."""
        ...

    def skip(self, reason: str) -> None:
        """Pass by the fault's own rule (warm-up, agitation over): not counted as injected."""
        ...

    def hold_request(self, seconds: float) -> None:
        """The request's bytes leave `seconds` after its first one arrived, in order."""
        ...

    def hold_answer(self, seconds: float) -> None:
        """The answer's first byte leaves `seconds` after it arrived, the rest follows in order."""
        ...

    def reply(self, render: Render, *, close: bool = False, upstream: bytes = b"") -> None:
        """Read the request to its end, drop it, and answer with this in turn.

        Where `exchange.answer_now` becomes true, it is answered at once and the connection closed.

        Args:
            render: makes the answer.
            close: close the connection behind it.
            upstream: what the backend gets in the request's place; its answer is read to its end and dropped first.
        """
        ...

    def repeat(self) -> None:
        """Forward the request, and when all of it has been passed on, once more; the second answer is dropped."""
        ...

    def alert(self) -> None:
        """Answer a ClientHello that is passed through with a fatal TLS alert, and close."""
        ...

    def remedy(self, name: str) -> bytes:
        """What the backend must get in the request's place where it is answered with this catalogue entry."""
        ...

    def failed(self, name: str) -> None:
        """The exchange is answered with this catalogue entry: the session remembers what that makes it owe."""
        ...

    def replace_answer(self, render: Render, *, close: bool = False) -> None:
        """Forward the request; read the real answer to its end, drop it and send this in its place.

        What is made from the real answer (`Remade`) is sent as that comes.
        """
        ...

    def insert(self, data: bytes) -> None:
        """Forward the request; put these bytes after the first piece of the answer. Opaque from there."""
        ...

    def hang(self) -> None:
        """Keep the request (up to 1 MiB, then reading stops); nothing more is sent to either side until released."""
        ...

    def close(self) -> None:
        """Forward nothing; in turn, discard what is readable and send FIN to both sides."""
        ...

    def reset(self) -> None:
        """Forward the request; at the first byte of the answer (if none is due: at its end) send RST to the client."""
        ...

    def mount(self, toxic: Callable[[Stream], Toxic | None], stream: str, *, for_good: bool = False) -> None:
        """Let a toxic act on this exchange's bytes alone.

        Args:
            toxic: makes it.
            stream: `upstream`, `downstream` or `both`.
            for_good: on all that follows on the connection too, ends included.
        """
        ...

    def keep(self, key: object, make: Callable[[], T | None]) -> T | None:
        """What this connection keeps under `key`, made when first asked for; `close()` is called when it ends.

        Nothing is kept if `make` makes None.
        """
        ...

    def drop(self, key: object) -> None:
        """Keep it no longer; it isn't closed."""
        ...

    async def pause(self, seconds: float) -> None:
        """Wait; ends early when released. For coroutines only."""
        ...

    async def request(self) -> bytes:
        """The whole request, at most 1 MiB of it. For coroutines only."""
        ...

    def forward(self, data: bytes) -> None:
        """Send this in the request's place. For coroutines, after `request`."""
        ...

    async def answer(self) -> bytes:
        """The whole answer, at most 1 MiB, held back from the client. For coroutines, after `forward` or alone."""
        ...

    def answer_with(self, data: bytes) -> None:
        """Send this in the answer's place. For coroutines, after `answer`."""
        ...


class Behavior:
    """Base of all faults."""

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    wire: ClassVar[str] = ""
    group: ClassVar[str] = "Timing"
    protocols: ClassVar[tuple[str, ...]] = ()
    mounts: ClassVar[tuple[str, ...]] = ("mix",)
    """Where it works: `mix` (drawn for exchanges), `toxic` (mounted on streams)."""
    mix_only: ClassVar[tuple[str, ...]] = ()
    """Names of options that mean nothing on a toxic."""
    both_ways: ClassVar[bool] = False
    """As a toxic it acts on both streams of a connection or on none, whatever `stream` says."""
    adds_time: ClassVar[bool] = False
    """As a toxic it makes bytes wait without slowing their sender: up to 64 MiB may have to wait in memory."""
    fails: ClassVar[bool] = True
    """Whether a hit counts as an injected error; one that only made the exchange wait never does."""
    needs_answer: ClassVar[bool] = False
    """Not applicable to exchanges that get no answer; the data plane then journals it and calls nothing."""
    Options: ClassVar[type[OptionSet]]

    def __init__(self, options: OptionSet) -> None:
        self.options = options

    def begin(self, act: Intervention) -> Awaitable[None] | None:
        """An exchange that this behavior was drawn for begins."""
        raise NotImplementedError

    def toxic(self, stream: Stream) -> Toxic | None:
        """What it is on one stream of one connection; None where it is no toxic."""
        return None

    @property
    def window(self) -> int:
        """Bytes of the receive window that clients' connections get while this is mounted upstream; 0: as always."""
        return 0

    def at_connect(self, errors: tuple[ErrorInfo, ...]) -> bool:
        """Whether it acts on exchange 0 and nowhere else; otherwise it acts on exchanges 1, 2, ...

        Args:
            errors: the protocol's catalogue.
        """
        return False

    @classmethod
    def info(cls) -> BehaviorInfo:
        """The behavior as data."""
        return BehaviorInfo(
            cls.name, cls.title, cls.summary, cls.wire, cls.group, cls.protocols, cls.mounts, cls.Options.describe(),
            mix_only=cls.mix_only,
        )  # fmt: skip

    @classmethod
    def check(cls, options: OptionSet, protocol: ProtocolInfo) -> str:
        """What is wrong with these options on this protocol, as a sentence without the option's place; "" if nothing.

        Called when a profile is checked: what an option means may depend on the protocol (the name of an error).
        """
        return ""

    @classmethod
    def check_toxic(cls, options: OptionSet) -> str:
        """What is wrong with these options of a toxic, as `option: sentence` or a sentence; "" if nothing."""
        return ""

    @classmethod
    def wants_kernel_loss(cls, options: OptionSet) -> str:
        """The setting, as `how = kernel`, for which toxics want segments dropped (`Toxic.drops`); "" if none does."""
        return ""

    @classmethod
    def sentence(cls, options: OptionSet) -> str:
        """What follows "10 % of exchanges " in the window's live preview: rich text, options as they are set."""
        return f"meet <b>{escape(cls.title or cls.name)}</b>"

    @classmethod
    def toxic_sentence(cls, options: OptionSet) -> str:
        """What follows "Downstream, on all connections: bytes " in the preview of a toxic, written as `sentence`."""
        return cls.sentence(options)
