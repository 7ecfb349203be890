"""What a client says in each protocol, and the backends that answer it: something that an error can stand in for.

The backends are the sessions of the demo, on the sockets of `backend`, so that what they saw is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vaurien_core.engine.demo.database import Database
from vaurien_core.engine.demo.echo import EchoSession
from vaurien_core.engine.demo.memcache import MemcacheSession
from vaurien_core.engine.demo.mysql import MysqlSession
from vaurien_core.engine.demo.redis import RedisSession
from vaurien_core.engine.demo.serving import Session
from vaurien_core.engine.demo.smtp import Mailbox, SmtpSession
from vaurien_core.engine.demo.store import Store
from vaurien_core.frozen import dataclass
from vaurien_core.verify.backend import Heard, Serve
from vaurien_core.verify.client import Client

SILENCE_S = 0.2
"""An answer is complete when nothing more comes for so long."""
_MOST = 1 << 20


class HttpSession(Session):
    """Answers every request with the same page; in chunks where `/chunks` is asked for."""

    PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n"
    CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello\n\r\n0\r\n\r\n"

    def __init__(self) -> None:
        super().__init__()
        self._buffer = b""

    def feed(self, data: bytes) -> bytes:
        """A page for each end of a head; a body is what stands in front of the next request's GET."""
        *heads, self._buffer = (self._buffer + data).split(b"\r\n\r\n")
        return b"".join(self.CHUNKS if b"/chunks" in head else self.PAGE for head in heads)


@dataclass(frozen=True, slots=True)
class Phrases:
    """A conversation; the server's greeting, if there is one, comes before the first request."""

    session: Callable[[], Session]
    requests: tuple[bytes, ...]
    steady: int = _MOST
    """So many bytes of a greeting are always the same."""


def _words(*words: str) -> bytes:
    return "".join([f"*{len(words)}\r\n", *(f"${len(w)}\r\n{w}\r\n" for w in words)]).encode()


def _packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


# PROTOCOL_41, SECURE_CONNECTION, LONG_PASSWORD; no password
_LOGIN = (0x8201).to_bytes(4, "little") + (2**24).to_bytes(4, "little") + b"\x2d" + bytes(23) + b"demo\0\0"
PHRASES: Mapping[str, Phrases] = {
    "tcp": Phrases(EchoSession, (b"to be or not to be",)),
    "http": Phrases(
        HttpSession,
        (
            b"GET /verify HTTP/1.1\r\nHost: verify\r\n\r\n",
            b"GET /chunks HTTP/1.1\r\nHost: verify\r\n\r\n",
            b"POST /verify HTTP/1.1\r\nHost: verify\r\nContent-Length: 4\r\n\r\nping",
        ),
    ),
    "redis": Phrases(
        lambda: RedisSession(Store()), (_words("SET", "verify", "1"), _words("GET", "verify"), _words("PING"))
    ),
    "memcache": Phrases(
        lambda: MemcacheSession(Store()),
        (b"set verify 0 60 1\r\n1\r\n", b"get verify\r\n", b"add other 0 60 1\r\n1\r\n"),
    ),
    "mysql": Phrases(
        lambda: MysqlSession(Database()),
        (
            _packet(1, _LOGIN),
            _packet(0, b"\x03SELECT id, item FROM orders WHERE id = 1"),
            _packet(0, b"\x03UPDATE orders SET quantity = 2 WHERE id = 1"),
        ),
        steady=5,
    ),
    "smtp": Phrases(
        lambda: SmtpSession(Mailbox()),
        (
            b"EHLO verify\r\n",
            b"MAIL FROM:<a@verify.test>\r\n",
            b"RCPT TO:<b@verify.test>\r\n",
            b"DATA\r\n",
            b"Subject: verify\r\n\r\nHello.\r\n.\r\n",
        ),
    ),
}


def serving(phrases: Phrases) -> Serve:
    """The session on a recorded connection."""

    def serve(heard: Heard) -> None:
        session = phrases.session()
        greeting = session.begin()
        if greeting and not heard.say(greeting):
            return
        while data := heard.read():
            answer = session.feed(data)
            if (answer and not heard.say(answer)) or session.over:
                return

    return serve


def converse(client: Client, phrases: Phrases, known: list[bytes] | None = None) -> list[bytes]:
    """The greeting and each answer, up to the first that differs from the known ones or ends the connection.

    Args:
        client: just connected.
        phrases: what is said.
        known: the answers without a fault; they need not be waited for in silence.
    """
    found: list[bytes] = []
    for number, request in enumerate((b"", *phrases.requests)):
        if request:
            client.say(request)
        usual = known[number] if known is not None and number < len(known) else None
        if number == 0 and phrases.steady < _MOST:
            usual = None
        answer = _answer(client, usual, SILENCE_S if number else SILENCE_S / 2)
        found.append(answer[: phrases.steady] if number == 0 else answer)
        if client.ended or (known is not None and found[-1] != known[number]):
            break
    return found


def _answer(client: Client, usual: bytes | None, silence_s: float) -> bytes:
    """What comes until silence; the usual answer is known to be complete without that."""
    if usual:
        answer = client.read_like(usual, 2.0)
        return answer if answer == usual or client.ended else answer + client.read(_MOST, silence_s)
    first = client.read(1, silence_s if usual is not None else 2 * silence_s)
    return first + client.read(_MOST, silence_s) if first else first
