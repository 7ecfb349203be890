"""Whole answers of ours: status line, headers, body (RFC 9110, RFC 9112). Called by the error catalogue."""

from __future__ import annotations

from email.utils import formatdate

from vaurien_core.model.exchange import Exchange

TEXT = "text/plain; charset=utf-8"


def head(
    status: str, exchange: Exchange, *, wall: float, close: bool = False, content: str = TEXT, lines: tuple[str, ...]
) -> bytes:
    """A head up to its empty line.

    An HTTP/1.0 client gets one that it understands too: the status line says HTTP/1.1, as RFC 9112 section 2.3
    asks, and the connection is kept only in the words that 1.0 has for it.

    Args:
        status: code and phrase.
        exchange: what it answers; its facts hold `method`, `version` and `keep_alive`.
        wall: Unix time, for `Date`.
        close: the connection is closed behind it.
        content: the media type of the body.
        lines: further header lines, such as the length.
    """
    said = [f"HTTP/1.1 {status}", f"Date: {formatdate(wall, usegmt=True)}", f"Content-Type: {content}", *lines]
    facts = exchange.facts
    if close or facts.get("close_after") or facts.get("keep_alive") is False:
        said.append("Connection: close")
    elif facts.get("version") == "1.0":
        said.append("Connection: keep-alive")
    return "\r\n".join(said).encode("ascii") + b"\r\n\r\n"


def with_length(body: bytes, *more: str) -> tuple[str, ...]:
    """The header line for a body's length, then others."""
    return (f"Content-Length: {len(body)}", *more)
