"""An SMTP server of aiosmtpd on a free port, in a thread of its own, with mailboxes that say no.

It speaks AUTH PLAIN, LOGIN and CRAM-MD5 for `joe` with `secret`; `later` gets a temporary failure.
"""

from __future__ import annotations

import hmac
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support import real

aiosmtpd = pytest.importorskip("aiosmtpd", reason="aiosmtpd is missing: pip install aiosmtpd")
from aiosmtpd.controller import Controller  # noqa: E402 - behind importorskip
from aiosmtpd.smtp import AuthResult, LoginPassword  # noqa: E402 - behind importorskip

CHALLENGE = b"<1896.697170952@mx.example>"
LATER = "454 4.7.0 Temporary authentication failure"
MESSAGES = {
    "451": "451 4.3.0 Requested action aborted: local error in processing",
    "452": "452 4.3.1 Insufficient system storage",
    "554": "554 5.7.1 Transaction failed",
}


@dataclass
class Mailbox:
    """What was delivered: (sender, recipients, content).

    Recipients called by a code are refused with it, and so are the messages of senders like `message-452`.
    """

    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        name = address.partition("@")[0]
        if name.isdigit():
            return f"{name} {name[0]}.2.1 refused"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        word, _, code = str(envelope.mail_from).partition("@")[0].partition("-")
        if word == "message":
            return MESSAGES[code]
        self.mails.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        return "250 2.0.0 queued"

    async def auth_CRAM__MD5(self, server: Any, args: list[str]) -> Any:
        said = await server.challenge_auth(CHALLENGE)
        if not isinstance(said, bytes):
            return AuthResult(success=False)
        if said.startswith(b"later "):
            return AuthResult(success=False, handled=False, message=LATER)
        right = said == b"joe " + hmac.new(b"secret", CHALLENGE, "md5").hexdigest().encode()
        return AuthResult(success=right, handled=right)


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> Any:
    if isinstance(data, LoginPassword) and data.login == b"later":
        return AuthResult(success=False, handled=False, message=LATER)
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"joe", b"secret")
    return AuthResult(success=right, handled=right)


@contextmanager
def smtp_server(**options: Any) -> Iterator[tuple[int, Mailbox]]:
    """Run one: its port and its mailbox."""
    mailbox = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=port, ready_timeout=10, server_hostname="mx.example", enable_SMTPUTF8=True,
        authenticator=_authenticate, auth_require_tls=False, **options,
    )  # fmt: skip
    controller.start()
    try:
        real.ran("aiosmtpd")
        yield port, mailbox
    finally:
        controller.stop()
