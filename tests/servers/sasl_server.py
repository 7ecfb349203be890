"""What Postfix asks about passwords: the server's side of Dovecot's authentication protocol, 1.1.

Knows `joe` with `secret`; is restarted when `later` is asked for. Source: Dovecot's documentation, "Authentication
Protocol"; how Postfix reads it: its `src/xsasl/xsasl_dovecot_server.c`.
"""

from __future__ import annotations

import hmac
import socketserver
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.smtp_server import CHALLENGE

HELLO = (
    "VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nMECH\tCRAM-MD5\tdictionary\n"
    "SPID\t1\nCUID\t1\nCOOKIE\t0123456789abcdef0123456789abcdef\nDONE\n"
)
QUESTIONS = {"PLAIN": [b""], "LOGIN": [b"Username:", b"Password:"], "CRAM-MD5": [CHALLENGE]}


class _Asked(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(HELLO.encode())
        under_way: dict[str, tuple[str, list[bytes]]] = {}
        for raw in self.rfile:
            word, *rest = raw.decode().rstrip("\n").split("\t")
            if word not in ("AUTH", "CONT"):
                continue
            number = rest[0]
            if word == "AUTH":
                under_way[number] = (rest[1], [])
                given = [part[5:] for part in rest if part.startswith("resp=")]
            else:
                given = rest[1:]
            mechanism, said = under_way[number]
            said += [b64decode(part) for part in given[:1]]
            if len(said) < len(QUESTIONS[mechanism]):
                answer = f"CONT\t{number}\t{b64encode(QUESTIONS[mechanism][len(said)]).decode()}\n"
            else:
                del under_way[number]
                answer = _verdict(number, mechanism, said)
                if not answer:
                    return
            self.wfile.write(answer.encode())


def _verdict(number: str, mechanism: str, said: list[bytes]) -> str:
    """The line; empty: the connection breaks."""
    if mechanism == "PLAIN":
        _, user, password = (*said[0].split(b"\0"), b"", b"")[:3]
        right = password == b"secret"
    elif mechanism == "LOGIN":
        user, right = said[0], said[1] == b"secret"
    else:
        user, _, digest = said[0].partition(b" ")
        right = digest == hmac.new(b"secret", CHALLENGE, "md5").hexdigest().encode()
    name = user.decode()
    if name == "later":
        return ""
    return f"OK\t{number}\tuser={name}\n" if name == "joe" and right else f"FAIL\t{number}\tuser={name}\n"


@contextmanager
def sasl_server() -> Iterator[int]:
    """Listens on a free port until the end; yields it."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Asked) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
