"""The demo's backend of each protocol: one line per protocol. A protocol that has none (a plugin's) gets the echo."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vaurien_core.engine.demo.database import Database
from vaurien_core.engine.demo.echo import EchoSession
from vaurien_core.engine.demo.memcache import MemcacheSession
from vaurien_core.engine.demo.mysql import MysqlSession
from vaurien_core.engine.demo.redis import RedisSession
from vaurien_core.engine.demo.serving import Backend, DemoServer
from vaurien_core.engine.demo.smtp import Mailbox, SmtpSession
from vaurien_core.engine.demo.store import Store
from vaurien_core.engine.demo.web import WebServer


def _tcp() -> Backend:
    return DemoServer(EchoSession)


def _redis() -> Backend:
    store = Store()
    return DemoServer(lambda: RedisSession(store))


def _memcache() -> Backend:
    store = Store()
    return DemoServer(lambda: MemcacheSession(store))


def _smtp() -> Backend:
    mailbox = Mailbox()
    return DemoServer(lambda: SmtpSession(mailbox))


def _mysql() -> Backend:
    database = Database()
    return DemoServer(lambda: MysqlSession(database))


BACKENDS: Mapping[str, Callable[[], Backend]] = {
    "http": WebServer, "memcache": _memcache, "mysql": _mysql, "redis": _redis, "smtp": _smtp, "tcp": _tcp,
}  # fmt: skip


def make_backend(protocol: str) -> Backend:
    """A backend that speaks a protocol, not yet listening."""
    return BACKENDS.get(protocol, _tcp)()
