"""Every entry of the catalogue: what real clients raise, what they can do then, and that a real server does the same.

A server is made to give the error by its own means: limits, TLS policy, unknown users, passwords, or, for refusals
that hang on somebody's policy, Postfix's access tables and aiosmtpd's handlers, which choose the reply; what becomes
of connection, transaction and mail is then the server's own doing. Variable parts of a reply: the text behind its codes
unless `exact`, the server's name, and enhanced codes where `other_code` says why.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import pytest

from tests.proxy.lab import lab, named
from tests.servers.postfix_server import Postfix, postfix
from tests.servers.sasl_server import sasl_server
from tests.servers.smtp_attempts import CLIENTS, GONE, SUBJECT, Seen, Try
from tests.servers.smtp_server import smtp_server
from vaurien_core.behaviors.transient import Transient
from vaurien_core.protocols.smtp import Smtp
from vaurien_core.protocols.smtp.errors import SMTP_ERRORS

pytestmark = [pytest.mark.server, pytest.mark.timeout(120), pytest.mark.filterwarnings("ignore:Requiring AUTH")]
LARGE = SUBJECT + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 400
CLOSED = (GONE, GONE, GONE)
FRESH, OPEN, NO_MAIL = ("250", "250", "250"), ("250", "503", "250"), ("250", "503", "250")
NOTHING_OPEN = ("NOOP", "RCPT TO:<b@example.com>", "RSET")
PLACES = {"MAIL": "SMTPSenderRefused", "RCPT": "SMTPRecipientsRefused"}
EHLO_HAS_NONE = "RFC 2034 section 4 puts none behind EHLO, Postfix does"


@dataclass(frozen=True)
class Case:
    """One entry at one place.

    Attributes:
        attempt: what is tried through the proxy.
        then: what plain commands get after the error.
        raises: the exception of both clients; (): none, they go on by other means.
        real: `aiosmtpd` or a service of Postfix: where it is provoked; "": no server can be asked for it.
        provoked: what is tried there.
        exact: the whole reply is the server's.
        other_code: why the server's enhanced code may be another one.
        warmup: how many exchanges come before the one meant.
        times: how often smtplib and aiosmtplib have to be told.
        phase: before or after.
        mails: arrive though: after, or for other recipients.
    """

    name: str
    attempt: Try
    then: tuple[str, ...]
    raises: tuple[object, ...] | None = None
    real: str = ""
    provoked: Try | None = None
    exact: bool = False
    other_code: str = ""
    warmup: int = 0
    phase: str = "before"
    times: int = 1
    mails: int = 0

    @property
    def code(self) -> int:
        return int(next(e for e in SMTP_ERRORS if e.name == self.name).wire[:3])

    @property
    def exception(self) -> tuple[object, ...]:
        if self.raises is not None:
            return self.raises
        place = self.attempt.place
        by_place = {
            "EHLO": "SMTPHeloError",
            "AUTH": "SMTPAuthenticationError",
            "AUTH response": "SMTPAuthenticationError",
        }
        return {**PLACES, **by_place}.get(place, "SMTPDataError"), self.code


def at(place: str, name: str, real: str = "", **fields: object) -> Case:
    """A case with what most of its place have in common; fields of `Try` for the provocation are given by `provoke`."""
    attempt = Try(place, **fields.pop("attempt", {}))  # type: ignore[arg-type]
    provoke = fields.pop("provoke", None)
    provoked = replace(attempt, **provoke) if provoke is not None else None  # type: ignore[arg-type]
    return Case(name, attempt, real=real, provoked=provoked, **fields)  # type: ignore[arg-type]


def sender(name: str, real: str, address: str = "", **fields: object) -> Case:
    given = {"then": NO_MAIL, "attempt": {"then": NOTHING_OPEN}, "provoke": {"sender": address}, **fields}
    return at("MAIL", name, real, **given)


def recipient(name: str, user: str, **fields: object) -> Case:
    return at("RCPT", name, "plain", then=OPEN, provoke={"to": (f"{user}@example.com",)}, **fields)


def message(name: str, real: str, provoke: dict[str, object], **fields: object) -> Case:
    return at("message", name, real, **{"then": FRESH, "provoke": provoke, **fields})


def closing(place: str, warmup: int, provoke: dict[str, object], **fields: object) -> Case:
    raises = {"EHLO": ("SMTPServerDisconnected", 0)}.get(place)
    return at(place, "421", "plain", then=CLOSED, warmup=warmup, provoke=provoke, raises=raises, **fields)


AFTER = {"phase": "after", "mails": 1, "then": FRESH}
CASES = [
    at("greeting", "greeting-554", "closed", then=("503", "503", "221"), raises=("SMTPConnectError", 554), provoke={},
       attempt={"then": ("EHLO me.example", "MAIL FROM:<c@example.com>", "QUIT")},
       other_code="RFC 2034 section 4 puts none into greetings, Postfix does"),
    at("greeting", "greeting-421", "single", then=CLOSED, raises=("SMTPConnectError", 421), provoke={},
       other_code="Postfix calls too many connections a matter of policy (X.7.0)"),
    closing("EHLO", 0, {"name": "code-421.example"}),
    closing("MAIL", 1, {"sender": "421@example.com"}),
    closing("RCPT", 2, {"to": ("421@example.com",)}),
    closing("DATA", 3, {"sender": "data-421@example.com"}),
    closing("message", 4, {"sender": "message-421@example.com"}),
    at("NOOP", "421", then=CLOSED, warmup=1, raises=("SMTPResponseException", 421)),
    at("message", "421", then=CLOSED, warmup=4, phase="after", mails=1),
    at("EHLO", "ehlo-502", "old", then=("250", "250", "250"), raises=(), provoke={},
       attempt={"then": ("NOOP", "RSET", "HELO me.example")}, other_code=EHLO_HAS_NONE),
    at("EHLO", "ehlo-504", "plain", then=("250", "250", "250"), times=2, provoke={"name": "code-504.example"},
       attempt={"then": ("NOOP", "RSET", "EHLO me.example")}, other_code=EHLO_HAS_NONE),
    at("EHLO", "ehlo-550", "plain", then=("250", "250", "250"), times=2, provoke={"name": "code-550.example"},
       attempt={"then": ("NOOP", "RSET", "EHLO me.example")}, other_code=EHLO_HAS_NONE),
    sender("mail-451", "plain", "451@example.com"),
    sender("mail-452", "full", "me@example.com", exact=True),
    sender("mail-530", "aiosmtpd", "me@example.com", exact=True, then=("250", "250", "250"),
           attempt={"then": ("NOOP", "RSET", "NOOP")}),
    sender("mail-530-starttls", "tls", "me@example.com", exact=True, then=("250", "250", "250"),
           attempt={"then": ("NOOP", "EHLO me.example", "NOOP")}),
    sender("mail-550", "plain", "550@example.com"),
    sender("mail-552", "small", "me@example.com", attempt={"then": NOTHING_OPEN, "body": LARGE, "size": len(LARGE)}),
    sender("mail-553", "plain", "553@example.com"),
    recipient("rcpt-450", "450"),
    recipient("rcpt-451", "451"),
    at("RCPT", "rcpt-452", "few", then=("250", "250", "250"), warmup=4, mails=1, provoke={},
       attempt={"to": ("a@example.com", "b@example.com", "c@example.com"),
                "then": ("NOOP", "RSET", "MAIL FROM:<c@example.com>")}),
    recipient("rcpt-550", "unknown"),
    recipient("rcpt-551", "551"),
    recipient("rcpt-552", "552"),
    recipient("rcpt-553", "553"),
    at("DATA", "data-451", "plain", then=OPEN, provoke={"sender": "data-451@example.com"}),
    at("DATA", "data-503", "plain", then=FRESH, attempt={"bare": True}, provoke={}),
    at("DATA", "data-554", "plain", then=OPEN, provoke={}, attempt={"to": ()}),
    message("message-451", "aiosmtpd", {"sender": "message-451@example.com"}, exact=True),
    message("message-452", "aiosmtpd", {"sender": "message-452@example.com"}, exact=True),
    message("message-550", "plain", {"body": b"X-Refuse: yes\r\n" + SUBJECT}, exact=True),
    message("message-552", "small", {"body": LARGE}),
    message("message-554", "aiosmtpd", {"sender": "message-554@example.com"}, exact=True),
    *(at("message", f"message-{code}", **AFTER) for code in (451, 452, 550, 552, 554)),
    at("message", "lost-250", then=CLOSED, phase="after", mails=1),
    at("AUTH", "auth-454", "auth", then=FRESH, provoke={"user": "later"}),
    at("AUTH response", "auth-454", "aiosmtpd", warmup=2, then=FRESH, provoke={"user": "later"}, exact=True),
    at("AUTH", "auth-535", "aiosmtpd", then=FRESH, provoke={"password": "wrong"}, exact=True),
    at("AUTH response", "auth-535", "aiosmtpd", warmup=2, then=FRESH, provoke={"password": "wrong"}, exact=True),
    at("STARTTLS", "starttls-454", "tls", then=("250", "250", "250"), provoke={},
       raises=("SMTPResponseException", 454), attempt={"then": ("NOOP", "EHLO me.example", "NOOP")}),
]  # fmt: skip
OTHER_NAMES = {"SMTPConnectError": "SMTPConnectResponseError"}
"""What aiosmtplib calls the same."""


def called(case: Case) -> str:
    return f"{case.name}-{case.attempt.place}-{case.phase}".replace(" ", "-")


async def injected(case: Case, client: str, port: int) -> Seen:
    """The attempt through a proxy that gives this error once."""
    times = case.times if client != "raw" else 1
    spec = named("transient", error=case.name, phase=case.phase, warmup=case.warmup, agitate=times)
    async with lab(
        Transient, mix="100:transient", handler=None, backend=f"127.0.0.1:{port}", protocols=(Smtp,), protocol="smtp",
        behaviors=(spec,), everything=True,
    ) as it:  # fmt: skip
        seen = await asyncio.to_thread(CLIENTS[client], it.server.bound.port, case.attempt)
        await it.until(lambda: not it.server.connections)
        assert it.journal.outcomes().count(f"{case.name} injected") == times
        return seen


def usual(case: Case, client: str) -> tuple[object, ...]:
    """The exception as that client calls it; () where none is raised."""
    name, *code = case.exception or ("",)
    if case.attempt.place == "NOOP" and client == "smtplib":  # noop() returns what it is answered
        return ()
    if not name:
        return ()
    if client == "aiosmtplib":
        if name == "SMTPServerDisconnected":  # it stops at EHLO's 421 where smtplib goes on to HELO
            return "SMTPHeloError", case.code
        return OTHER_NAMES.get(str(name), name), *code
    return name, *code


def test_every_entry_is_in_the_table_in_each_of_its_phases():
    assert {(c.name, c.phase) for c in CASES} == {(e.name, phase) for e in SMTP_ERRORS for phase in e.phases}


@pytest.fixture(scope="module")
def mailserver():
    with smtp_server() as running:
        yield running


@pytest.mark.parametrize("case", CASES, ids=called)
async def test_clients_raise_what_they_document_and_go_on(case: Case, mailserver):
    port, mailbox = mailserver
    for client in CLIENTS:
        mailbox.mails.clear()
        seen = await injected(case, client, port)
        if client == "raw":
            assert isinstance(seen.what, bytes)
            assert int(seen.what[:3]) == case.code
            assert seen.then == case.then
        else:
            assert seen.what == usual(case, client)
            if case.then == CLOSED:
                assert set(seen.then) <= {GONE}
            elif case.raises is None:
                assert GONE not in seen.then
        assert len(mailbox.mails) == (case.mails if client != "raw" or case.attempt.place == "message" else 0)


@pytest.fixture(scope="module")
def real() -> Iterator[Postfix]:
    with sasl_server() as auth, postfix(auth) as running:
        yield running


def status(reply: object) -> tuple[str, str]:
    """Code and enhanced code of a reply that is one line."""
    assert isinstance(reply, bytes)
    found = re.fullmatch(rb"([2-5][0-9]{2}) (?:([245]\.[0-9]+\.[0-9]+) )?[ -~]+\r\n", reply)
    assert found, reply
    return found[1].decode(), (found[2] or b"").decode()


@contextmanager
def provoking(case: Case, client: str, servers: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """A port where the error is the server's own, and one of a server that is the same but for the reason."""
    with ExitStack() as stack:
        if case.real == "aiosmtpd":
            required = case.name == "mail-530"
            yield tuple(  # type: ignore[misc]
                stack.enter_context(smtp_server(auth_required=wanted))[0] for wanted in (required, False)
            )
            return
        it: Postfix = servers.getfixturevalue("real")
        if case.real == "single":
            stack.enter_context(it.one_more("single"))
        plain = "auth" if case.real == "auth" else "tls" if case.name == "starttls-454" else "plain"
        yield it.ports[case.real], it.ports[plain]


@pytest.mark.parametrize("case", [c for c in CASES if c.real], ids=called)
@pytest.mark.parametrize("client", CLIENTS)
async def test_a_real_server_does_the_same(case: Case, client: str, request: pytest.FixtureRequest):
    assert case.provoked is not None
    with provoking(case, client, request) as (there, plain):
        theirs = await asyncio.to_thread(CLIENTS[client], there, case.provoked)
        ours = await injected(case, client, plain)
    if client == "raw":
        if case.exact:
            assert ours.what == theirs.what
        mine, real = status(ours.what), status(theirs.what)
        assert mine[0] == real[0]
        assert (mine[1] == real[1]) is not bool(case.other_code)
    else:
        assert ours.what == theirs.what
    assert ours.then == theirs.then
