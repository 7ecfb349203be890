"""What a command line of SMTP says (RFC 5321 section 4.1, RFC 3030 section 2, RFC 4954 section 4)."""

from __future__ import annotations

import re

from vaurien_core.frozen import dataclass

MESSAGE = "message"
"""Not a command: the content behind DATA, to the dot that ends it."""
RESPONSE = "AUTH response"
"""Not a command: what the client says in the dialogue of AUTH."""
EMPTY = "(empty line)"
CHUNK_MAX = 2**63 - 1
KNOWN = frozenset(
    {
        "EHLO", "HELO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "VRFY", "EXPN", "HELP", "NOOP", "QUIT", "AUTH",
        "STARTTLS", "ETRN", "TURN", "ATRN", "XCLIENT", "XFORWARD", "BURL", "SEND", "SOML", "SAML",
    }
)  # fmt: skip
_REFUSED = {"LHLO": "LMTP", "GET": "HTTP", "POST": "HTTP", "HEAD": "HTTP", "PUT": "HTTP", "CONNECT": "HTTP"}
_VERB = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,19}")
_MECHANISM = re.compile(rb"[A-Za-z0-9_-]{1,20}")  # RFC 4422 section 3.1
_LABELS = {"MAIL": "MAIL FROM:<?>", "RCPT": "RCPT TO:<?>"}


@dataclass(frozen=True, slots=True)
class Verb:
    """One command.

    Attributes:
        name: in capitals; "" where it is not known.
        label: for the journal: no address, no credential.
        drawn: what identifies it for the draw, without credentials.
        chunk: bytes of a BDAT's chunk, or -1.
        last: of a BDAT: the message ends with it.
        waits: what follows can't be read before its answer is known.
    """

    name: str
    label: str
    drawn: bytes
    chunk: int = -1
    last: bool = False
    waits: bool = False


def read_verb(line: bytes) -> Verb | str:
    """A complete command line; or why what follows it can't be read."""
    words = line.split()
    if not words:
        return Verb("", EMPTY, b"")
    if not _VERB.fullmatch(words[0]):
        return "not SMTP"
    name = words[0].decode("ascii").upper()
    if name in _REFUSED:
        return _REFUSED[name]
    if name not in KNOWN:
        return Verb("", "unknown command", line.strip())
    if name == "BDAT":
        return _bdat(words)
    if name == "AUTH":
        found = _MECHANISM.fullmatch(words[1]) if len(words) > 1 else None
        mechanism = found[0].decode("ascii").upper() if found else "?"
        return Verb(name, f"AUTH {mechanism}", f"AUTH {mechanism}".encode(), waits=True)
    waits = name in ("DATA", "STARTTLS", "TURN", "ATRN")
    return Verb(name, _LABELS.get(name, name), line.strip(), waits=waits)


def _bdat(words: list[bytes]) -> Verb | str:
    last = len(words) == 3 and words[2].upper() == b"LAST"
    digits = words[1] if len(words) == 2 or last else b""
    if not digits.isdigit() or len(digits) > 19 or int(digits) > CHUNK_MAX:
        return "a malformed BDAT"
    return Verb("BDAT", "BDAT LAST" if last else "BDAT", b" ".join(words), int(digits), last)
