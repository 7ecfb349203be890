"""The errors of HTTP/1.1 as data, and their bytes (RFC 9110, RFC 9112)."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus
from types import MappingProxyType

from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange

RETRY_AFTER_S = 5
"""Seconds that 429 and 503 ask the client to wait."""

# status, the sentence of its body, and the section that defines it
_ENTRIES: tuple[tuple[HTTPStatus, str, str], ...] = (
    (HTTPStatus.REQUEST_TIMEOUT, "The server gave up waiting for the request.", "RFC 9110 section 15.5.9"),
    (HTTPStatus.TOO_MANY_REQUESTS, "Too many requests; try again later.", "RFC 6585 section 4"),
    (HTTPStatus.INTERNAL_SERVER_ERROR, "The server met an unexpected condition.", "RFC 9110 section 15.6.1"),
    (HTTPStatus.NOT_IMPLEMENTED, "The server can't do what was asked.", "RFC 9110 section 15.6.2"),
    (HTTPStatus.BAD_GATEWAY, "The server behind this one gave an invalid answer.", "RFC 9110 section 15.6.3"),
    (HTTPStatus.SERVICE_UNAVAILABLE, "The server can't serve now; try again later.", "RFC 9110 section 15.6.4"),
    (HTTPStatus.GATEWAY_TIMEOUT, "The server behind this one gave no answer in time.", "RFC 9110 section 15.6.5"),
)
_RANDOM = frozenset({500, 502, 503, 504})
_RETRY = frozenset({429, 503})
_CLOSES = frozenset({408})

HTTP_ERRORS: tuple[ErrorInfo, ...] = tuple(
    ErrorInfo(
        name=str(status.value),
        title=status.phrase,
        closes=status.value in _CLOSES,
        random=status.value in _RANDOM,
        wire=f"HTTP/1.1 {status.value} {status.phrase}",
        source=source,
    )
    for status, _, source in _ENTRIES
)
_BODIES: Mapping[str, tuple[HTTPStatus, str]] = MappingProxyType(
    {str(status.value): (status, sentence) for status, sentence, _ in _ENTRIES}
)


def http_error(name: str, exchange: Exchange, *, close: bool, wall: float) -> bytes | None:
    """The bytes of an entry as the answer to this exchange; None: there is no request to answer or no such entry.

    An HTTP/1.0 client gets an answer that it understands too: the status line says HTTP/1.1, as RFC 9112 section 2.3
    asks, the body has a length, and the connection is kept only in the words that 1.0 has for it.

    Args:
        name: of an entry.
        exchange: what it answers; its facts hold `method`, `version` and `keep_alive`.
        close: the connection is closed after it.
        wall: Unix time, for `Date`.
    """
    if name not in _BODIES or exchange.ordinal == 0 or "method" not in exchange.facts:
        return None
    status, sentence = _BODIES[name]
    body = f"{status.value} {status.phrase}: {sentence}\n".encode("ascii")
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Date: {formatdate(wall, usegmt=True)}",
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Length: {len(body)}",
    ]
    if status.value in _RETRY:
        lines.append(f"Retry-After: {RETRY_AFTER_S}")
    facts = exchange.facts
    if exchange.status == "101" or (facts["method"] == "CONNECT" and exchange.status.startswith("2")):
        facts["close_after"] = True  # the backend has left HTTP, so nothing can follow
    if close or facts.get("close_after") or facts.get("keep_alive") is False:
        lines.append("Connection: close")
    elif facts.get("version") == "1.0":
        lines.append("Connection: keep-alive")
    head = "\r\n".join(lines).encode("ascii") + b"\r\n\r\n"
    return head if facts["method"] == "HEAD" else head + body
