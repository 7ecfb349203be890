"""The errors of HTTP/1.1 as data, and their bytes (RFC 9110, RFC 9112): statuses here, broken answers in `broken`."""

from __future__ import annotations

from vaurien_core.frozen import dataclass
from vaurien_core.model.answer import Answer
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.http import own
from vaurien_core.protocols.http.broken import BROKEN, broken_answer

RETRY_AFTER_S = 5
"""Seconds that 429 and 503 ask the client to wait."""
_RETRY = ("429", "503")
_NO_CONTENT = frozenset({"GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
"""Methods whose requests have no content as a rule (RFC 9110 section 9.3)."""


@dataclass(frozen=True, slots=True)
class Status:
    """A final status that says no; `sentence` is what its body says."""

    code: str
    phrase: str
    sentence: str
    source: str
    closes: bool = False
    random: bool = False

    @property
    def line(self) -> str:
        """Code and phrase."""
        return f"{self.code} {self.phrase}"

    @property
    def info(self) -> ErrorInfo:
        """As an entry of the catalogue."""
        phases = ("before",) if self.code == "413" else ("before", "after")
        return ErrorInfo(
            self.code, self.phrase, phases, closes=self.closes, random=self.random, wire=f"HTTP/1.1 {self.line}",
            source=self.source,
        )  # fmt: skip


_STATUSES: tuple[Status, ...] = (
    Status("408", "Request Timeout", "The server gave up waiting for the request.", "RFC 9110 15.5.9", closes=True),
    Status("413", "Content Too Large", "The request's body is too large.", "RFC 9110 15.5.14", closes=True),
    Status("429", "Too Many Requests", "Too many requests; try again later.", "RFC 6585 4"),
    Status("500", "Internal Server Error", "The server met an unexpected condition.", "RFC 9110 15.6.1", random=True),
    Status("501", "Not Implemented", "The server can't do what was asked.", "RFC 9110 15.6.2"),
    Status("502", "Bad Gateway", "The server behind this one gave an invalid answer.", "RFC 9110 15.6.3", random=True),
    Status(
        "503", "Service Unavailable", "The server can't serve now; try again later.", "RFC 9110 15.6.4", random=True
    ),
    Status(
        "504", "Gateway Timeout", "The server behind this one gave no answer in time.", "RFC 9110 15.6.5", random=True
    ),
)
_BY_CODE = {status.code: status for status in _STATUSES}

HTTP_ERRORS: tuple[ErrorInfo, ...] = (*(status.info for status in _STATUSES), *(entry.info for entry in BROKEN))


def http_error(
    name: str, exchange: Exchange, *, close: bool, wall: float, phase: str = "before", drip_s: float = 0.0
) -> Answer | None:
    """An entry as the answer to this exchange; None: there is no request to answer, no such entry, or not here.

    Args:
        name: of an entry.
        exchange: what it answers; its facts hold `method`, `version` and `keep_alive`.
        close: the connection is closed after it.
        wall: Unix time, for `Date`.
        phase: `before`: an answer of ours; `after`: broken ones are made from the real one.
        drip_s: seconds between the bytes of those that drip.
    """
    if exchange.ordinal == 0 or "method" not in exchange.facts:
        return None
    status = _BY_CODE.get(name)
    if status is None:
        return broken_answer(name, exchange, wall=wall, phase=phase, drip_s=drip_s, close=close)
    facts = exchange.facts
    if status.code == "413" and facts["method"] in _NO_CONTENT:
        return None
    if exchange.status == "101" or (facts["method"] == "CONNECT" and exchange.status.startswith("2")):
        facts["close_after"] = True  # the backend has left HTTP, so nothing can follow
    body = f"{status.line}: {status.sentence}\n".encode("ascii")
    retry = (f"Retry-After: {RETRY_AFTER_S}",) if status.code in _RETRY else ()
    head = own.head(status.line, exchange, wall=wall, close=close, lines=own.with_length(body, *retry))
    return head if facts["method"] == "HEAD" else head + body
