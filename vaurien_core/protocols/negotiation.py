"""How a protocol turns from plain text to TLS: what its negotiators say, and on which sides they are wanted.

A negotiator is sans-io and stands between one side's socket and the framer, for one connection. It sees what the
peer sends and what is sent to the peer, and answers with acts, so that the framer sees a conversation that knows no
TLS. Once `settled`, nothing passes through it any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vaurien_core.frozen import dataclass


@dataclass(frozen=True, slots=True)
class TlsWays:
    """What a proxy's keys ask for."""

    client: str = "passthrough"
    """`passthrough`, `terminate` or `strip`."""
    backend: str = ""
    """`off`, `on`, `starttls` or ""."""


@dataclass(frozen=True, slots=True)
class Deliver:
    """Bytes of the peer, on to the connection."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes to the peer, as the side is now."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Secure:
    """TLS begins, behind what was sent; `secured` is called once it stands."""

    first: bytes = b""
    """Bytes of the peer that were read already and belong to TLS."""


@dataclass(frozen=True, slots=True)
class Fail:
    """It can't be done: a sentence."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Notice:
    """It won't go well: a sentence for the journal."""

    sentence: str


Act = Deliver | Send | Secure | Fail | Notice


class Negotiator(Protocol):
    """See the module.

    Attributes:
        settled: nothing is left to be done.
        held: bytes of `sent` that wait for TLS.
    """

    settled: bool
    held: int

    def received(self, data: bytes) -> Sequence[Act]:
        """Bytes from the peer."""
        ...

    def sent(self, data: bytes) -> Sequence[Act]:
        """Bytes to the peer; must not ask for `Deliver`."""
        ...

    def secured(self) -> Sequence[Act]:
        """TLS stands."""
        ...

    def ended(self) -> Sequence[Act]:
        """The peer sends no more: what was kept of its bytes."""
        ...
