"""Which bytes an error of SMTP is at an exchange, and what the backend must get in the request's place.

Where a message is refused `before`, DATA is answered 354 by us while the backend gets RSET, the message is swallowed,
and the refusal is sent at its end: no server can be told to forget a message under way. That is done only where the
backend might take a message: without a recipient it refuses DATA itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.smtp.replies import AT_AUTH, AT_MESSAGE, DOMAIN, LOST, REPLIES, Reply
from vaurien_core.protocols.smtp.talk import verb_of
from vaurien_core.protocols.smtp.verbs import MESSAGE, RESPONSE

BAD_SEQUENCE = b"503 5.5.1 Bad sequence of commands\r\n"
GO_AHEAD = b"354 End data with <CR><LF>.<CR><LF>\r\n"
_BY_NAME: Mapping[str, Reply] = {r.name: r for r in REPLIES}
SMTP_ERRORS: tuple[ErrorInfo, ...] = tuple(
    ErrorInfo(
        r.name, r.title, r.phases, r.at, r.closes, r.random, r.text + (", then close" if r.closes else ""), r.source
    )
    for r in REPLIES
)


def smtp_error(name: str, exchange: Exchange, phase: str, host: str = "localhost") -> bytes | None:
    """The bytes of an entry as the answer to this exchange; None: not legal here.

    Args:
        name: of an entry.
        exchange: what it answers; its facts hold `verb`, `last`, `ready` and `host`.
        phase: `before` or `after`.
        host: the server's name where its greeting has not told it.
    """
    reply = _BY_NAME.get(name)
    if reply is None or phase not in reply.phases or (reply.at == "connect") is not (exchange.ordinal == 0):
        return None
    said = (reply.text.replace(DOMAIN, str(exchange.facts.get("host") or host)) + "\r\n").encode("ascii", "replace")
    if exchange.ordinal == 0:
        return said
    verb = verb_of(exchange)
    if "verb" not in exchange.facts or (reply.verbs and verb not in reply.verbs):
        return None
    if reply.verbs == AT_MESSAGE or name == LOST:
        if phase == "after":
            return said if verb == MESSAGE or (verb == "BDAT" and exchange.facts.get("last")) else None
        if not exchange.facts.get("ready"):
            return None
        return said if verb == "BDAT" else GO_AHEAD if verb == "DATA" else None
    return said


def smtp_remedy(name: str, exchange: Exchange) -> bytes:
    """What the backend gets in the request's place: it forgets the message, or gives up the dialogue of AUTH."""
    reply = _BY_NAME.get(name)
    if reply is None:
        return b""
    if reply.verbs == AT_MESSAGE:
        return b"RSET\r\n"
    return b"*\r\n" if reply.verbs == AT_AUTH and verb_of(exchange) == RESPONSE else b""


def owed_to_message(name: str) -> bytes:
    """What a message is answered whose DATA we answered in the name of this entry; empty: it is not one of these."""
    reply = _BY_NAME.get(name)
    return reply.text.encode("ascii") + b"\r\n" if reply is not None and reply.verbs == AT_MESSAGE else b""
