"""Which body follows a head (RFC 9112 section 6.3), and what a head says about the connection."""

from __future__ import annotations

from vaurien_core.protocols.http.body import SIZE_MAX, Body, ChunkedBody, LengthBody, UntilClose
from vaurien_core.protocols.http.head import HeadScanner


class UnknownFramingError(Exception):
    """Where the message ends can't be known; `str()` says why."""


def body_of(head: HeadScanner, version: str, *, answer: bool) -> Body:
    """The body that follows, told by its headers alone.

    Args:
        head: scanned to its end.
        version: `1.0` or `1.1` (or a later 1.x).
        answer: without a length it runs until close; a request then has none.

    Raises:
        UnknownFramingError: lengths that conflict or are none, an unknown last coding.
    """
    if head.broken:
        raise UnknownFramingError("a length header beyond all bounds")
    codings = [c for c in head.items(b"transfer-encoding") if c != b"identity"]
    if codings:
        if version == "1.0":
            raise UnknownFramingError("Transfer-Encoding in HTTP/1.0")
        if codings[-1] == b"chunked":
            return ChunkedBody()
        if answer:
            return UntilClose()
        raise UnknownFramingError("a request whose last transfer coding is not chunked")
    lengths = set(head.items(b"content-length"))
    if lengths:
        return LengthBody(_length(lengths))
    return UntilClose() if answer else LengthBody(0)


def _length(texts: set[bytes]) -> int:
    values = set()
    for text in texts:
        digits = text.lstrip(b"0") or text[:1]
        if not digits.isdigit() or len(digits) > 19 or int(digits) > SIZE_MAX:
            raise UnknownFramingError("a Content-Length that is no length")
        values.add(int(digits))
    if len(values) > 1:
        raise UnknownFramingError("conflicting Content-Length headers")
    return values.pop()


def stays_open(head: HeadScanner, version: str) -> bool:
    """Whether the sender of this head wants the connection to go on after the answer (RFC 9112 section 9.3)."""
    wishes = head.items(b"connection")
    if b"close" in wishes:
        return False
    return version != "1.0" or b"keep-alive" in wishes
