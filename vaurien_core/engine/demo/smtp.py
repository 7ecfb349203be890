"""The demo's mail server: takes every mail and keeps the last few.

Source: RFC 5321; PIPELINING RFC 2920, 8BITMIME RFC 6152, SIZE RFC 1870, enhanced status codes RFC 2034.
"""

from __future__ import annotations

from collections import deque

from vaurien_core.engine.demo.serving import HELD_MAX, Session
from vaurien_core.frozen import dataclass

SIZE_MAX = 10 * 2**20
KEPT = 20
RECIPIENTS_MAX = 100


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that was taken."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    """As sent, the dots that SMTP adds taken out; its beginning if it is large."""


class Mailbox:
    """The last mails, and how many there were."""

    def __init__(self) -> None:
        self.taken = 0
        self.last: deque[Mail] = deque(maxlen=KEPT)

    def take(self, mail: Mail) -> None:
        """Keep one."""
        self.taken += 1
        self.last.append(mail)


class SmtpSession(Session):
    """One client."""

    def __init__(self, mailbox: Mailbox) -> None:
        super().__init__()
        self._mailbox = mailbox
        self._buffer = b""
        self._greeted = False
        self._content: bytearray | None = None
        self._size = 0
        self._sender: str | None = None
        self._recipients: list[str] = []

    def begin(self) -> bytes:
        """The greeting."""
        return b"220 demo.vaurien.test ESMTP Vaurien demo\r\n"

    def feed(self, data: bytes) -> bytes:
        """Commands or content, in whole or in parts; the replies to what is complete."""
        *lines, self._buffer = (self._buffer + data).split(b"\r\n")
        out = []
        for line in lines:
            out.append(self._line(line))
            if self.over:
                break
        if len(self._buffer) > HELD_MAX:
            self.over = True
        return "".join(f"{reply}\r\n" for reply in out if reply).encode()

    def _line(self, line: bytes) -> str:
        if self._content is not None:
            return self._taken(line)
        verb, _, rest = line.decode("utf-8", "replace").partition(" ")
        match verb.upper():
            case "EHLO" | "HELO":
                return self._hello(verb.upper(), rest)
            case "MAIL" | "RCPT" | "DATA" if not self._greeted:
                return "503 5.5.1 Error: send HELO/EHLO first"
            case "MAIL":
                return self._mail(rest)
            case "RCPT":
                return self._rcpt(rest)
            case "DATA":
                return self._data()
            case "RSET":
                self._reset()
                return "250 2.0.0 Ok"
            case "NOOP":
                return "250 2.0.0 Ok"
            case "VRFY":
                return "252 2.0.0 Send some mail, I'll try my best"
            case "HELP":
                return "214 2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP VRFY QUIT"
            case "QUIT":
                self.over = True
                return "221 2.0.0 Bye"
        return "500 5.5.2 Error: command not recognized"

    def _hello(self, verb: str, name: str) -> str:
        if not name.strip():
            return f"501 Syntax: {verb} hostname"
        self._greeted = True
        self._reset()
        if verb == "HELO":
            return "250 demo.vaurien.test"
        extensions = ("PIPELINING", f"SIZE {SIZE_MAX}", "8BITMIME", "ENHANCEDSTATUSCODES")
        return "\r\n".join(["250-demo.vaurien.test", *(f"250-{e}" for e in extensions[:-1]), f"250 {extensions[-1]}"])

    def _mail(self, rest: str) -> str:
        path = _path(rest, "FROM:")
        if path is None:
            return "501 5.5.4 Syntax: MAIL FROM:<address>"
        if self._sender is not None:
            return "503 5.5.1 Error: nested MAIL command"
        size = rest.upper().partition(" SIZE=")[2].partition(" ")[0]
        if size.isdigit() and int(size) > SIZE_MAX:
            return "552 5.3.4 Message size exceeds fixed limit"
        self._sender = path
        return "250 2.1.0 Ok"

    def _rcpt(self, rest: str) -> str:
        path = _path(rest, "TO:")
        if self._sender is None:
            return "503 5.5.1 Error: need MAIL command"
        if not path:
            return "501 5.5.4 Syntax: RCPT TO:<address>"
        if len(self._recipients) >= RECIPIENTS_MAX:
            return "452 4.5.3 Error: too many recipients"
        self._recipients.append(path)
        return "250 2.1.5 Ok"

    def _data(self) -> str:
        if not self._recipients:
            return "503 5.5.1 Error: need RCPT command" if self._sender is not None else "503 5.5.1 Error: need MAIL"
        self._content, self._size = bytearray(), 0
        return "354 End data with <CR><LF>.<CR><LF>"

    def _taken(self, line: bytes) -> str:
        """A line of content; the reply at its end."""
        assert self._content is not None
        if line != b".":
            self._size += len(line) + 2
            if len(self._content) < HELD_MAX:
                self._content += line.removeprefix(b".") + b"\r\n"
            return ""
        mail = Mail(self._sender or "", tuple(self._recipients), bytes(self._content))
        self._content = None
        self._reset()
        if self._size > SIZE_MAX:
            return "552 5.3.4 Error: message too big"
        self._mailbox.take(mail)
        return f"250 2.0.0 Ok: queued as {self._mailbox.taken}"

    def _reset(self) -> None:
        self._sender, self._recipients = None, []


def _path(text: str, keyword: str) -> str | None:
    """The address of `FROM:<a@b> SIZE=1`; None: it is none."""
    if text[: len(keyword)].upper() != keyword:
        return None
    rest = text[len(keyword) :].lstrip()
    return rest[1:].partition(">")[0] if rest.startswith("<") and ">" in rest else None
