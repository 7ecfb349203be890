"""The protocol `redis`: its options, and one framer per connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from vaurien_core.addresses import Address
from vaurien_core.frozen import dataclass
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.options import OptionSet, opt
from vaurien_core.protocols.base import ProtocolType
from vaurien_core.protocols.redis.commands import Command
from vaurien_core.protocols.redis.errors import DISCARD, REDIS_ERRORS, redis_error
from vaurien_core.protocols.redis.framer import RedisFramer


@dataclass(frozen=True, slots=True)
class RedisOptions(OptionSet):
    """Where redirections lead."""

    redirect: str = opt(
        "", "host:port that the errors MOVED and ASK send the client to: another proxy; empty: they can't be sent"
    )

    def __post_init__(self) -> None:
        """Refuse what is no address.

        Raises:
            OptionError: `redirect` is neither empty nor host:port.
        """
        if self.redirect:
            Address.parse(self.redirect, name="redirect")


class Redis(ProtocolType):
    """Redis and what speaks like it."""

    name: ClassVar[str] = "redis"
    title: ClassVar[str] = "Redis"
    summary: ClassVar[str] = "Redis: RESP2 and RESP3, with pipelines, transactions and subscriptions"
    default_port: ClassVar[int] = 6379
    passes_tls: ClassVar[bool] = True
    errors: ClassVar[tuple[ErrorInfo, ...]] = REDIS_ERRORS
    Options: ClassVar[type[OptionSet]] = RedisOptions

    def framer(self) -> RedisFramer:
        """A new connection's machine."""
        return RedisFramer()

    def error(
        self, name: str, exchange: Exchange, *, close: bool, wall: float, extra: Mapping[str, object]
    ) -> bytes | None:
        """The bytes of a catalogue entry; see `redis_error`. A rule's own `redirect` goes before the protocol's."""
        options = self.options
        assert isinstance(options, RedisOptions)
        return redis_error(name, exchange, str(extra.get("redirect") or options.redirect))

    def remedy(self, name: str, exchange: Exchange) -> bytes:
        """EXEC that was answered with an error has ended its transaction: the backend discards what it queued."""
        command = exchange.facts.get("command")
        ends = isinstance(command, Command) and command.name == "EXEC" and "multi" in exchange.facts
        return DISCARD if ends else b""
