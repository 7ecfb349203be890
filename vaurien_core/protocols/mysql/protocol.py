"""The protocol `mysql`: one framer per connection, and its errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from vaurien_core.frozen import dataclass
from vaurien_core.model.answer import Answer
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.options import OptionSet, opt
from vaurien_core.protocols.base import ProtocolType
from vaurien_core.protocols.mysql.errors import ENTRIES, mysql_error
from vaurien_core.protocols.mysql.framer import MysqlFramer
from vaurien_core.protocols.mysql.remedies import remedy
from vaurien_core.protocols.mysql.talk import Seen
from vaurien_core.protocols.mysql.upgrade import BackendLogin, ClientLogin
from vaurien_core.protocols.negotiation import Negotiator


@dataclass(frozen=True, slots=True)
class MysqlOptions(OptionSet):
    """Where a fault needs a number."""

    rows: int = opt(1, "After how many rows the error lost-after-rows cuts the connection", minimum=0, advanced=True)


class Mysql(ProtocolType):
    """MySQL and MariaDB."""

    name: ClassVar[str] = "mysql"
    title: ClassVar[str] = "MySQL"
    summary: ClassVar[str] = "MySQL and MariaDB: statements, prepared ones too, also compressed"
    default_port: ClassVar[int] = 3306
    upgrade: ClassVar[str] = "SSLRequest"
    greets: ClassVar[bool] = True
    errors: ClassVar[tuple[ErrorInfo, ...]] = tuple(entry.info for entry in ENTRIES)
    Options: ClassVar[type[OptionSet]] = MysqlOptions

    def __init__(self, options: OptionSet) -> None:
        super().__init__(options)
        self._seen = Seen()

    def framer(self) -> MysqlFramer:
        """A new connection's machine."""
        return MysqlFramer(self._seen)

    def negotiator(self, side: str) -> Negotiator | None:
        """The login of a side that turns to TLS, or is kept from it."""
        if side == "backend":
            return BackendLogin()
        if self.ways.client == "passthrough":
            return None
        return ClientLogin(offer=self.ways.client == "terminate", backend_plain=self.ways.backend in ("", "off"))

    def error(
        self, name: str, exchange: Exchange, *, close: bool, wall: float, extra: Mapping[str, object]
    ) -> Answer | None:
        """A catalogue entry; see `mysql_error`."""
        options = self.options
        assert isinstance(options, MysqlOptions)
        return mysql_error(name, exchange, rows=options.rows, mariadb=self._seen.mariadb)

    def remedy(self, name: str, exchange: Exchange) -> bytes:
        """What makes the error true; see `remedies`."""
        return remedy(name, exchange)
