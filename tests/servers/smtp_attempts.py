"""One thing tried with a server by three clients, and what each of them saw: plain sockets, smtplib, aiosmtplib."""

from __future__ import annotations

import asyncio
import hmac
import smtplib
import socket
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.servers.smtp_server import CHALLENGE

aiosmtplib = pytest.importorskip("aiosmtplib", reason="aiosmtplib is missing: pip install aiosmtplib")
SUBJECT = b"Subject: x\r\n\r\nhello\r\n"
THEN = ("NOOP", "MAIL FROM:<c@example.com>", "RCPT TO:<b@example.com>")
GONE = "the connection is closed"


@dataclass(frozen=True)
class Try:
    """What is tried: up to and with `place`, then three more commands.

    Attributes:
        place: greeting, EHLO, HELO, MAIL, RCPT, DATA, message, BDAT, AUTH, AUTH response, STARTTLS or NOOP.
        size: of the message, announced at MAIL; 0: not announced.
        to: the recipients; the last one's answer counts at RCPT.
        bare: DATA without a MAIL before it.
    """

    place: str
    name: str = "me.example"
    sender: str = "me@example.com"
    to: tuple[str, ...] = ("a@example.com",)
    size: int = 0
    body: bytes = SUBJECT
    user: str = "joe"
    password: str = "secret"
    then: tuple[str, ...] = THEN
    bare: bool = False


@dataclass(frozen=True)
class Seen:
    """The reply at the place tried, or an exception with its code; and what the next commands were answered."""

    what: object
    then: tuple[object, ...]


def raw(port: int, it: Try) -> Seen:
    """By sockets: every byte of the reply that counts."""
    with socket.create_connection(("127.0.0.1", port), 20) as sock, sock.makefile("rb") as heard:

        def ask(line: bytes) -> bytes:
            try:
                sock.sendall(line)
                reply = heard.readline()
                while reply[-1:] == b"\n" and reply.splitlines()[-1][3:4] == b"-":
                    reply += heard.readline()
            except ConnectionError:
                return b""
            return reply

        reply = ask(b"")
        for line in _lines(it):
            reply = ask(line)
        return Seen(reply, tuple(ask(f"{line}\r\n".encode())[:3].decode() or GONE for line in it.then))


def _lines(it: Try) -> list[bytes]:
    if it.place == "greeting":
        return []
    hello = [f"{it.place if it.place in ('HELO', 'EHLO') else 'EHLO'} {it.name}\r\n".encode()]
    plain = b64encode(f"\0{it.user}\0{it.password}".encode())
    digest = b64encode(f"{it.user} {hmac.new(it.password.encode(), CHALLENGE, 'md5').hexdigest()}".encode())
    alone = {
        "EHLO": [], "HELO": [], "NOOP": [b"NOOP\r\n"], "STARTTLS": [b"STARTTLS\r\n"],
        "AUTH": [b"AUTH PLAIN %s\r\n" % plain], "AUTH response": [b"AUTH CRAM-MD5\r\n", digest + b"\r\n"],
    }  # fmt: skip
    if it.place in alone:
        return hello + alone[it.place]
    size = f" SIZE={it.size}" if it.size else ""
    lines = [] if it.bare else [f"MAIL FROM:<{it.sender}>{size}\r\n".encode()]
    if it.place != "MAIL" and not it.bare:
        lines += [f"RCPT TO:<{to}>\r\n".encode() for to in it.to]
    if it.place in ("DATA", "message"):
        lines.append(b"DATA\r\n")
    if it.place == "message":
        lines.append(it.body + b".\r\n")
    if it.place == "BDAT":
        lines.append(b"BDAT %d LAST\r\n%s" % (len(it.body), it.body))
    return hello + lines


def _told(error: object) -> tuple[str, int]:
    """The exception's name and its code, of either library."""
    one: object = error
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        one = smtplib.SMTPResponseException(list(error.recipients.values())[-1][0], "")
    elif isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        one = error.recipients[-1]
    code = one.smtp_code if isinstance(one, smtplib.SMTPResponseException) else getattr(one, "code", 0)
    return type(error).__name__, int(code)


def by_smtplib(port: int, it: Try) -> Seen:
    """By smtplib, as its documentation says to send, to log in and to start TLS."""
    try:
        client = smtplib.SMTP("127.0.0.1", port, local_hostname=it.name, timeout=20)
    except smtplib.SMTPException as error:
        return Seen(_told(error), ())
    what: object = ()
    try:
        _work(client, it)
    except smtplib.SMTPException as error:
        what = _told(error)

    def next_one(line: str) -> object:
        try:
            return str(client.docmd(line)[0])
        except (smtplib.SMTPServerDisconnected, ConnectionError):
            return GONE

    then = tuple(next_one(line) for line in it.then)
    client.close()
    return Seen(what, then)


def _work(client: smtplib.SMTP, it: Try) -> None:
    client.ehlo_or_helo_if_needed()
    if it.place == "AUTH":
        client.user, client.password = it.user, it.password
        client.auth("PLAIN", client.auth_plain)
    elif it.place == "AUTH response":
        client.user, client.password = it.user, it.password
        client.auth("CRAM-MD5", client.auth_cram_md5)
    elif it.place == "STARTTLS":
        client.esmtp_features.setdefault("starttls", "")
        client.starttls()
    elif it.place == "NOOP":
        client.noop()
    elif it.bare:
        client.data(it.body)
    elif not it.to:
        client.mail(it.sender)
        client.data(it.body)
    elif it.place not in ("EHLO", "HELO"):
        if not it.size:
            client.esmtp_features.pop("size", None)
        refused = client.sendmail(it.sender, list(it.to), it.body)
        if refused:
            raise smtplib.SMTPRecipientsRefused(refused)


def by_aiosmtplib(port: int, it: Try) -> Seen:
    """By aiosmtplib, in a loop of its own."""
    return asyncio.run(_by_aiosmtplib(port, it))


async def _by_aiosmtplib(port: int, it: Try) -> Seen:
    client = aiosmtplib.SMTP(
        hostname="127.0.0.1", port=port, local_hostname=it.name, timeout=20, start_tls=False, use_tls=False
    )
    try:
        await client.connect()
    except aiosmtplib.SMTPException as error:
        return Seen(_told(error), ())
    what: object = ()
    try:
        await _work_async(client, it)
    except aiosmtplib.SMTPException as error:
        what = _told(error)
    then: list[object] = []
    for line in it.then:
        try:
            then.append(str((await client.execute_command(line.encode())).code))
        except (aiosmtplib.SMTPServerDisconnected, ConnectionError):
            then.append(GONE)
    client.close()
    return Seen(what, tuple(then))


async def _work_async(client: aiosmtplib.SMTP, it: Try) -> None:
    await client._ehlo_or_helo_if_needed()
    if it.place == "AUTH":
        await client.auth_plain(it.user, it.password)
    elif it.place == "AUTH response":
        await client.auth_crammd5(it.user, it.password)
    elif it.place == "STARTTLS":
        client.esmtp_extensions.setdefault("starttls", "")
        await client.starttls()
    elif it.place == "NOOP":
        await client.noop()
    elif it.bare:
        await client.data(it.body)
    elif not it.to:
        await client.mail(it.sender)
        await client.data(it.body)
    elif it.place not in ("EHLO", "HELO"):
        if not it.size:
            client.esmtp_extensions.pop("size", None)
        refused, _ = await client.sendmail(it.sender, list(it.to), it.body)
        if refused:
            code, text = list(refused.values())[-1]
            raise aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(code, text, "")])


CLIENTS: dict[str, Callable[[int, Try], Seen]] = {"raw": raw, "smtplib": by_smtplib, "aiosmtplib": by_aiosmtplib}
