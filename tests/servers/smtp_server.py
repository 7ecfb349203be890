"""An SMTP server of aiosmtpd on a free port, in a thread of its own, with mailboxes that say no."""

from __future__ import annotations

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


@dataclass
class Mailbox:
    """What was delivered: (sender, recipients, content); recipients called by a code are refused with it."""

    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        name = address.partition("@")[0]
        if name.isdigit():
            return f"{name} {name[0]}.2.1 refused"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        return "250 2.0.0 queued"


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> Any:
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
