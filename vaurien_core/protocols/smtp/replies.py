"""The errors of SMTP as data.

Which code may answer which command: RFC 5321 section 4.3.2, RFC 4954 sections 4 and 6, RFC 3207 section 4; enhanced
codes: RFC 3463, and none in a greeting of 554 and in answers to EHLO (RFC 2034 section 4). 451 at DATA was in the
list of RFC 2821 and isn't in that of RFC 5321, but servers send it.
"""

from __future__ import annotations

from vaurien_core.frozen import dataclass
from vaurien_core.protocols.smtp.verbs import MESSAGE, RESPONSE

_BEFORE = ("before",)
_BOTH = ("before", "after")
_SEQUENCES = "RFC 5321 section 4.3.2"
REFUSES = "greeting-554"
LOST = "lost-250"
DOMAIN = "<domain>"
"""In a text: the server's name, which programs may read there (RFC 5321 section 4.2)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One entry: the verbs that it answers, and what it says."""

    name: str
    title: str
    verbs: tuple[str, ...]
    text: str
    source: str
    phases: tuple[str, ...] = _BEFORE
    random: bool = False
    closes: bool = False
    at: str = "request"


_EHLO, _MAIL, _RCPT, AT_MESSAGE, AT_AUTH = (
    ("EHLO", "HELO"),
    ("MAIL",),
    ("RCPT",),
    ("DATA", MESSAGE, "BDAT"),
    ("AUTH", RESPONSE),
)
REPLIES: tuple[Reply, ...] = (
    Reply(
        REFUSES, "No service here", (), "554 No SMTP service here", "RFC 5321 sections 3.1 and 4.3.2", at="connect",
    ),
    Reply(
        "greeting-421", "The server is too busy to greet", (),
        "421 4.3.2 <domain> Service not available, try again later",
        "RFC 5321 section 3.8; RFC 3463 section 3.4 (X.3.2)", closes=True, at="connect",
    ),
    Reply(
        "421", "The server shuts down and closes", (),
        "421 4.3.2 <domain> Service not available, closing transmission channel",
        "RFC 5321 section 3.8; RFC 3463 section 3.4 (X.3.2)", _BOTH, closes=True,
    ),
    Reply("ehlo-502", "EHLO is not known", ("EHLO",), "502 Command not implemented", _SEQUENCES),
    Reply("ehlo-504", "The name in EHLO is not taken", _EHLO, "504 Command parameter not implemented", _SEQUENCES),
    Reply("ehlo-550", "The client is not welcome", _EHLO, "550 Access denied for policy reasons", _SEQUENCES),
    Reply(
        "mail-451", "Local error at MAIL", _MAIL, "451 4.3.0 Requested action aborted: local error in processing",
        f"{_SEQUENCES}; RFC 3463 section 3.4 (X.3.0)", random=True,
    ),
    Reply(
        "mail-452", "No storage at MAIL", _MAIL, "452 4.3.1 Insufficient system storage",
        f"{_SEQUENCES}; RFC 3463 section 3.4 (X.3.1)", random=True,
    ),
    Reply(
        "mail-530", "MAIL needs AUTH first", _MAIL, "530 5.7.0 Authentication required", "RFC 4954 section 6",
    ),
    Reply(
        "mail-530-starttls", "MAIL needs STARTTLS first", _MAIL, "530 5.7.0 Must issue a STARTTLS command first",
        "RFC 3207 section 4; RFC 3463 section 3.8 (X.7.0)",
    ),
    Reply(
        "mail-550", "The sender is refused", _MAIL, "550 5.7.1 Sender refused for policy reasons",
        f"{_SEQUENCES}; RFC 3463 section 3.8 (X.7.1)",
    ),
    Reply(
        "mail-552", "The announced message is too large", _MAIL,
        "552 5.3.4 Message size exceeds fixed maximum message size",
        f"{_SEQUENCES}; RFC 1870 section 6.1; RFC 3463 section 3.4 (X.3.4)",
    ),
    Reply(
        "mail-553", "The sender's name is not allowed", _MAIL, "553 5.1.7 Sender address not allowed",
        f"{_SEQUENCES}; RFC 3463 section 3.2 (X.1.7)",
    ),
    Reply(
        "rcpt-450", "The mailbox is busy", _RCPT, "450 4.2.1 Mailbox temporarily unavailable",
        f"{_SEQUENCES}; RFC 3463 section 3.3 (X.2.1)", random=True,
    ),
    Reply(
        "rcpt-451", "Greylisted", _RCPT, "451 4.7.1 Greylisting in action, please come back later",
        f"{_SEQUENCES}; RFC 6647 section 2.1; RFC 3463 section 3.8 (X.7.1)", random=True,
    ),
    Reply(
        "rcpt-452", "Too many recipients", _RCPT, "452 4.5.3 Too many recipients",
        "RFC 5321 section 4.5.3.1.10; RFC 3463 section 3.6 (X.5.3)", random=True,
    ),
    Reply(
        "rcpt-550", "No such mailbox", _RCPT, "550 5.1.1 No such user here",
        f"{_SEQUENCES}; RFC 3463 section 3.2 (X.1.1)",
    ),
    Reply(
        "rcpt-551", "The user is elsewhere", _RCPT,
        "551 5.7.1 User not local; please try <postmaster@elsewhere.example>",
        "RFC 5321 sections 3.4 and 4.3.2; RFC 3463 section 3.8 (X.7.1)",
    ),
    Reply(
        "rcpt-552", "The mailbox is full", _RCPT, "552 5.2.2 Mailbox full",
        f"{_SEQUENCES}; RFC 3463 section 3.3 (X.2.2)",
    ),
    Reply(
        "rcpt-553", "The mailbox's name is not allowed", _RCPT, "553 5.1.3 Mailbox name not allowed",
        f"{_SEQUENCES}; RFC 3463 section 3.2 (X.1.3)",
    ),
    Reply(
        "data-451", "Local error at DATA", ("DATA",), "451 4.3.0 Requested action aborted: local error in processing",
        "RFC 2821 section 4.3.2; RFC 3463 section 3.4 (X.3.0)", random=True,
    ),
    Reply(
        "data-503", "DATA out of sequence", ("DATA",), "503 5.5.1 Bad sequence of commands",
        f"RFC 5321 section 3.3; {_SEQUENCES}",
    ),
    Reply(
        "data-554", "DATA without a valid recipient", ("DATA",), "554 5.5.1 No valid recipients",
        f"RFC 5321 section 3.3; {_SEQUENCES}",
    ),
    Reply(
        "message-451", "Local error with the message", AT_MESSAGE,
        "451 4.3.0 Requested action aborted: local error in processing",
        f"{_SEQUENCES}; RFC 3463 section 3.4 (X.3.0)", _BOTH, random=True,
    ),
    Reply(
        "message-452", "No storage for the message", AT_MESSAGE, "452 4.3.1 Insufficient system storage",
        f"{_SEQUENCES}; RFC 3463 section 3.4 (X.3.1)", _BOTH, random=True,
    ),
    Reply(
        "message-550", "The message is refused as such", AT_MESSAGE, "550 5.7.1 Message refused for policy reasons",
        f"{_SEQUENCES}; RFC 3463 section 3.8 (X.7.1)", _BOTH,
    ),
    Reply(
        "message-552", "The message is too large", AT_MESSAGE, "552 5.3.4 Message too big for system",
        f"{_SEQUENCES}; RFC 3463 section 3.4 (X.3.4)", _BOTH,
    ),
    Reply(
        "message-554", "The transaction failed", AT_MESSAGE, "554 5.7.1 Transaction failed",
        f"{_SEQUENCES}; RFC 3463 section 3.8 (X.7.1)", _BOTH,
    ),
    Reply(
        LOST, "The final 250 is lost: the mail is delivered, and the client can't know", (MESSAGE, "BDAT"),
        "421 4.4.2 <domain> Connection dropped",
        "RFC 5321 sections 3.8 and 4.5.4.1, RFC 1047; RFC 3463 section 3.5 (X.4.2)",
        ("after",), closes=True,
    ),
    Reply(
        "auth-454", "Authentication fails for now", AT_AUTH, "454 4.7.0 Temporary authentication failure",
        "RFC 4954 section 6", random=True,
    ),
    Reply(
        "auth-535", "The credentials are refused", AT_AUTH, "535 5.7.8 Authentication credentials invalid",
        "RFC 4954 section 6",
    ),
    Reply(
        "starttls-454", "TLS is not available for now", ("STARTTLS",),
        "454 4.7.0 TLS not available due to temporary reason",
        "RFC 3207 section 4", random=True,
    ),
)  # fmt: skip
