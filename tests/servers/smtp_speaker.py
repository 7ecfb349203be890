"""A client that says generated SMTP, every command of the framer's table, and writes down what it hears.

The same seed says the same to every server; only 354, 334 and closed connections are reacted to.
"""

from __future__ import annotations

import hmac
import random
import re
import socket
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from typing import BinaryIO

from tests.servers.smtp_server import CHALLENGE

HOSTNAME = b"me.example"
LINES = (
    b"", b".", b"..", b"...", b".x", b"QUIT", b"DATA", b"250 OK", b"BDAT 5 LAST", b"\xff\x00\x80\x16", b"\t. ",
    b"x" * 900, bytes(range(14, 256)),
)  # fmt: skip
USERS = ("a", "b", "c", "d", "450", "451", "550", "552", "unknown")


class Speaker:
    """One client with one connection at a time.

    Attributes:
        heard: all replies, in order; variable parts replaced.
        said: how often each verb was said.
        number: of the mails that were sent whole.
    """

    def __init__(self, port: int, seed: int, *, chunking: bool, extended: bool, crumbs: bool = False) -> None:
        """Begin.

        Args:
            port: where the server, or the proxy, is.
            seed: of all that is said.
            chunking: the server knows BDAT, so that one reply belongs to it.
            extended: the server takes XCLIENT and XFORWARD.
            crumbs: send single bytes.
        """
        self.port, self.chance = port, random.Random(seed)
        self.chunking, self.extended, self.crumbs = chunking, extended, crumbs
        self.heard: list[bytes] = []
        self.said: Counter[str] = Counter()
        self.number = 0
        self._sock: socket.socket | None = None
        self._reader: BinaryIO | None = None
        self._kinds: list[tuple[int, Callable[[], None]]] = [
            (10, self._mail), (4, self._pipelined), (6, self._chunks), (5, self._auth), (30, self._simple),
            (2, self._quit), (1, self._odd), (1, self._rude),
        ]  # fmt: skip

    def work(self, operations: int) -> None:
        """Say this many commands, or a few more."""
        kinds, weights = [k for _, k in self._kinds], [w for w, _ in self._kinds]
        while self.said.total() < operations:
            if self._sock is None:
                self._connect()
            self.chance.choices(kinds, weights)[0]()
        self._quit()

    def close(self) -> None:
        """Leave without a word."""
        if self._reader is not None:
            self._reader.close()
        if self._sock is not None:
            self._sock.close()
        self._sock = self._reader = None

    # ---- the wire ----------------------------------------------------------------------------------------------------
    def _connect(self) -> None:
        self._sock = socket.create_connection(("127.0.0.1", self.port), 30)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = self._sock.makefile("rb")
        self._hear()
        self._ask(self.chance.choice([b"EHLO " + HOSTNAME, b"ehlo " + HOSTNAME, b"HELO " + HOSTNAME, b"EHLO"]))

    def _send(self, data: bytes) -> None:
        if self._sock is None:
            return
        try:
            if self.crumbs and len(data) < 3000:
                for at in range(len(data)):
                    self._sock.sendall(data[at : at + 1])
            else:
                self._sock.sendall(data)
        except ConnectionError:
            pass

    def _hear(self) -> bytes:
        """One reply; b"": the connection is over."""
        if self._reader is None:
            return b""
        reply = b""
        try:
            while line := self._reader.readline():
                reply += line
                if line[3:4] != b"-":
                    break
        except ConnectionError:
            pass
        self.heard.append(re.sub(rb"queued as [0-9A-F]+", b"queued", reply))
        if not reply:
            self.close()
        return reply

    def _note(self, line: bytes) -> None:
        words = line.split()
        self.said[words[0].decode("latin-1").upper() if words else ""] += 1

    def _ask(self, line: bytes) -> bytes:
        self._note(line)
        self._send(line + b"\r\n")
        return self._hear()

    # ---- what is said ------------------------------------------------------------------------------------------------
    def _body(self) -> bytes:
        self.number += 1
        lines = [self.chance.choice(LINES) for _ in range(self.chance.randrange(8))]
        kind = self.chance.randrange(12)
        if not kind:
            return b""
        head = b"Subject: %d\r\nX-Number: %d\r\n\r\n" % (self.number, self.number)
        return head + b"".join(line + b"\r\n" for line in lines) * (60 if kind == 1 else 1)

    def _sender(self) -> bytes:
        extra = self.chance.choice([b"", b"", b" BODY=8BITMIME", b" SIZE=1000", b" FOO=bar"])
        return self.chance.choice([b"MAIL FROM:", b"mail from:"]) + b"<s%d@example.com>" % self.number + extra

    def _recipients(self) -> list[bytes]:
        names = self.chance.choices(USERS, k=self.chance.randrange(1, 5))
        return [b"RCPT TO:<%s@example.com>" % name.encode() for name in names]

    def _content(self, reply: bytes) -> None:
        if reply.startswith(b"354"):
            body = self._body()
            stuffed = re.sub(rb"(^|(?<=\r\n))\.", b"..", body)
            self.said["message"] += 1
            self._send(stuffed + b".\r\n")
            self._hear()

    def _mail(self) -> None:
        self._ask(self._sender())
        for line in self._recipients():
            self._ask(line)
        self._content(self._ask(self.chance.choice([b"DATA", b"data"])))

    def _pipelined(self) -> None:
        lines = [b"RSET", self._sender(), *self._recipients(), b"DATA"]
        for line in lines:
            self._note(line)
        self._send(b"".join(line + b"\r\n" for line in lines))
        self._content([self._hear() for _ in lines][-1])

    def _chunks(self) -> None:
        if not self.chunking:
            self._ask(b"BDAT 2 LAST")
            self._send(b"\r\n")  # not with it: the server may close behind the first reply
            self._hear()
            return
        if self.chance.randrange(4):
            self._ask(self._sender())
            for line in self._recipients():
                self._ask(line)
        body = self._body()
        borders = sorted(self.chance.randrange(len(body) + 1) for _ in range(self.chance.randrange(3)))
        parts = [body[a:b] for a, b in zip([0, *borders], [*borders, len(body)], strict=True)]
        said = [b"BDAT %d\r\n%s" % (len(p), p) for p in parts[:-1]]
        said.append(b"BDAT %d LAST\r\n%s" % (len(parts[-1]), parts[-1]))
        self.said["BDAT"] += len(said)
        if self.chance.randrange(2):
            self._send(b"".join(said))
            for _ in said:
                self._hear()
        else:
            for one in said:
                self._send(one)
                self._hear()

    def _auth(self) -> None:
        password = self.chance.choice([b"secret", b"wrong"])
        plain = b64encode(b"\0joe\0" + password)
        digest = b64encode(b"joe " + hmac.new(password, CHALLENGE, "md5").hexdigest().encode())
        first, answers = self.chance.choice([
            (b"AUTH PLAIN " + plain, []), (b"AUTH PLAIN", [plain]),
            (b"AUTH LOGIN", [b64encode(b"joe"), b64encode(password)]),
            (b"AUTH LOGIN " + b64encode(b"joe"), [b64encode(password)]), (b"AUTH CRAM-MD5", [digest]),
            (b"AUTH CRAM-MD5", [b"*"]), (b"AUTH LOGIN", [b64encode(b"joe"), b"*"]), (b"AUTH PLAIN", [b"*"]),
            (b"AUTH PLAIN", [b"not base64!"]), (b"AUTH NOSUCH", []), (b"AUTH", []), (b"AUTH LOGIN", [b"*"]),
        ])  # fmt: skip
        reply = self._ask(first)
        for answer in answers:
            if not reply.startswith(b"334"):
                return
            self.said["AUTH response"] += 1
            self._send(answer + b"\r\n")
            reply = self._hear()

    def _simple(self) -> None:
        lines = [
            b"RSET", b"NOOP", b"NOOP with words", b"HELP", b"HELP MAIL", b"VRFY a@example.com", b"EXPN list",
            b"EHLO again", b"HELO again", b"STARTTLS", b"STARTTLS x", b"ETRN example.com", b"TURN", b"ATRN",
            b"BURL imap://x LAST",
            b"SEND FROM:<a@example.com>", b"SOML FROM:<a@example.com>", b"SAML FROM:<a@example.com>", b"DATA x",
            b"MAIL FROM: nothing", b"RCPT TO:<>", b"RCPT TO:<a@example.com>", b"BDAT 0 LAST",
        ]  # fmt: skip
        lines += (
            [b"XCLIENT ADDR=192.0.2.1", b"XFORWARD ADDR=192.0.2.1"] if self.extended else [b"XCLIENT A=b", b"XFORWARD"]
        )
        line = self.chance.choice(lines)
        self._content(self._ask(line))

    def _odd(self) -> None:
        self._ask(self.chance.choice([b"FOO bar", b"x" * 600, b"noop ", b"\tNOOP"]))

    def _rude(self) -> None:
        """At a session's end: what a framer can't follow."""
        kind = self.chance.randrange(3)
        if kind == 0:
            self._ask(b"\xff\xfe\x00")
        elif kind == 1:
            lines = [b"RSET", b"MAIL FROM:<a@example.com>", b"RCPT TO:<a@example.com>", b"DATA"]
            for line in lines:
                self._note(line)
            self._send(
                b"".join(line + b"\r\n" for line in lines) + b"X-Number: 0\r\n\r\nnot asked for\r\n.\r\nNOOP\r\n"
            )
            for _ in range(len(lines) + 2):
                self._hear()
        self._quit()

    def _quit(self) -> None:
        if self._sock is not None and self.chance.randrange(8):
            self._ask(b"QUIT")
            self._hear()
        self.close()
