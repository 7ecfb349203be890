"""The protocol `memcache`: its options, and one framer per connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from vaurien_core.frozen import dataclass
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.options import OptionSet
from vaurien_core.protocols.base import ProtocolType
from vaurien_core.protocols.memcache.errors import MEMCACHE_ERRORS, memcache_error, memcache_remedy
from vaurien_core.protocols.memcache.framer import MemcacheFramer


@dataclass(frozen=True, slots=True)
class MemcacheOptions(OptionSet):
    """None."""


class Memcache(ProtocolType):
    """Memcached's text protocol."""

    name: ClassVar[str] = "memcache"
    title: ClassVar[str] = "Memcached"
    summary: ClassVar[str] = "Memcached's text protocol and meta commands; the binary protocol is passed on unread"
    default_port: ClassVar[int] = 11211
    passes_tls: ClassVar[bool] = True
    errors: ClassVar[tuple[ErrorInfo, ...]] = MEMCACHE_ERRORS
    Options: ClassVar[type[OptionSet]] = MemcacheOptions

    def framer(self) -> MemcacheFramer:
        """A new connection's machine."""
        return MemcacheFramer()

    def error(
        self, name: str, exchange: Exchange, *, close: bool, wall: float, extra: Mapping[str, object]
    ) -> bytes | None:
        """The bytes of a catalogue entry; see `memcache_error`."""
        return memcache_error(name, exchange)

    def remedy(self, name: str, exchange: Exchange) -> bytes:
        """What the backend gets in a refused request's place; see `memcache_remedy`."""
        return memcache_remedy(name, exchange)
