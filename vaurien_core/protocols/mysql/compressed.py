"""Compressed frames (CLIENT_COMPRESS, zlib): they are looked into, and passed on as they came.

A frame is 3 bytes of length, a sequence number, 3 bytes of the length before compression (0: it isn't compressed), the
payload: any part of the stream of packets. Source: MySQL source documentation, page_protocol_basic_compression.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.mysql.cutter import Cutter
from vaurien_core.protocols.mysql.talk import Talk

HEADER = 7
HELD_MAX = 60 * 1024
"""Bytes of frames that may wait until they can be told whose they are."""
INFLATED_MAX = 64 * 1024
"""Bytes that are inflated at once."""


class Frames:
    """One direction's frames around its packets.

    Attributes:
        begun: something has been fed.
    """

    def __init__(self, talk: Talk, cutter: Cutter, framing: Callable[[], bool]) -> None:
        """Begin.

        Args:
            talk: of the connection.
            cutter: gets the packets.
            framing: whether this direction is still looked into.
        """
        self._talk, self._cutter, self._framing = talk, cutter, framing
        self.begun = False
        self._header = b""
        self._wire = b""
        self._left = 0
        self._sequence = 0
        self._inflate: zlib._Decompress | None = None
        self._over: Exchange | None = None

    def feed(self, data: bytes) -> tuple[list[Piece], bytes]:
        """Cut at the borders of packets as far as frames allow it; what is left over once it isn't looked into."""
        self.begun = True
        data, self._header = self._header + data, b""
        pieces: list[Piece] = []
        pos = 0
        while pos < len(data) and self._framing():
            if not self._left:
                if len(data) - pos < HEADER:
                    self._header = data[pos:]
                    break
                step = HEADER
                self._begin(data[pos : pos + HEADER])
                self._wire += data[pos : pos + step]
            else:
                step = min(self._left, len(data) - pos)
                self._left -= step
                self._wire += data[pos : pos + step]
                found = self._packets(data[pos : pos + step])
                if found:
                    pieces.append(self._merged(found))
            pos += step
            if not self._left and self._over is not None:
                pieces.append(self._take(self._over, last=True))
                self._over = None
            if len(self._wire) > HELD_MAX:
                self._talk.lose("compressed frames without an end")
        return (pieces, b"") if self._framing() else (pieces, self.release() + data[pos:])

    def release(self) -> bytes:
        """What is held back."""
        held, self._wire, self._header = self._wire + self._header, b"", b""
        return held

    def _begin(self, header: bytes) -> None:
        self._left = int.from_bytes(header[:3], "little")
        self._sequence = header[3]
        self._inflate = zlib.decompressobj() if any(header[4:]) else None

    def _packets(self, payload: bytes) -> list[Piece]:
        """The pieces that a part of a frame's payload completes."""
        inflate = self._inflate
        if inflate is None:
            return self._cut(payload)
        found: list[Piece] = []
        try:
            while payload and not inflate.eof and self._framing():
                found += self._cut(inflate.decompress(payload, INFLATED_MAX))
                payload = inflate.unconsumed_tail
        except zlib.error:
            self._talk.lose("a compressed frame that is none")
        return found

    def _cut(self, packets: bytes) -> list[Piece]:
        """Pieces without their bytes: the frame's are passed on."""
        pieces = self._cutter.feed(packets)[0] if packets else []
        return [Piece(b"", p.exchange, first=p.first, last=p.last, interim=p.interim) for p in pieces]

    def _merged(self, found: list[Piece]) -> Piece:
        """The frame's bytes so far, as the piece of the exchange that they are of."""
        first, last = found[0], found[-1]
        exchange = first.exchange
        if exchange is not None:
            exchange.facts["frame"] = (self._sequence + 1) & 0xFF
        if self._over is not None or last.exchange is not exchange or any(p.last for p in found[:-1]):
            self._talk.lose("several commands in one compressed frame")
        if last.last and self._left:
            self._over = exchange
        opening = any(piece.first for piece in found)
        over = last.last and not self._left
        return self._take(exchange, first=opening, last=over, interim=all(piece.interim for piece in found))

    def _take(
        self, exchange: Exchange | None, *, first: bool = False, last: bool = False, interim: bool = False
    ) -> Piece:
        wire, self._wire = self._wire, b""
        return Piece(wire, exchange, first=first, last=last, interim=interim)


def framed(packet: bytes, sequence: int) -> bytes:
    """A packet of ours in a frame, not compressed."""
    return len(packet).to_bytes(3, "little") + bytes([sequence & 0xFF]) + b"\0\0\0" + packet
