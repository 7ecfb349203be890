"""Cuts one direction's bytes at packet borders: 3 bytes of length, a sequence number, the payload.

A payload of 0xFFFFFF bytes goes on in the next packet; such packets are one here. Bytes are counted, not kept: held
back is a packet's beginning only, until it can be told whose it is.
"""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Piece
from vaurien_core.protocols.mysql.constants import CHUNK_MAX

HEADER = 4


class Cutter:
    """Base of both directions; they say whose a packet is (`begins`) and what ends with it (`ends`).

    Attributes:
        owner: whose the packet under way is; set by `begins`, as are `opening` (it begins the request or answer) and
            `interim`.
        stopped: set by them when what follows is not to be cut here any more.
    """

    def __init__(self) -> None:
        self.owner: Exchange | None = None
        self.opening = False
        self.interim = False
        self.stopped = False
        self._held = b""
        self._left = 0
        self._more = False
        self._inside = False

    def wanted(self, sequence: int, size: int) -> int:
        """How many bytes of a payload of `size` must be there before `begins` is asked."""
        return 0

    def begins(self, sequence: int, size: int, head: bytes) -> None:
        """A packet begins: whose is it? If `stopped` is set, it isn't cut but left over."""

    def ends(self) -> bool:
        """The packet has ended; returns whether the request or answer has, too."""
        return False

    def feed(self, data: bytes) -> tuple[list[Piece], bytes]:
        """Cut; returns the pieces, and what is left over if cutting has stopped."""
        if self._held:
            data, self._held = self._held + data, b""
        pieces: list[Piece] = []
        pos = start = 0
        total = len(data)
        while not self.stopped:
            if self._inside:
                step = min(self._left, total - pos)
                pos += step
                self._left -= step
                if self._left or (self._more and total - pos < HEADER):
                    break
                if self._more:
                    self._chunk(int.from_bytes(data[pos : pos + 3], "little"))
                    pos += HEADER
                    continue
                self._inside = False
                if self.ends():
                    pieces.append(self._piece(data[start:pos], last=True))
                    start = pos
                continue
            if total - pos < HEADER:
                break
            size = int.from_bytes(data[pos : pos + 3], "little")
            head = pos + HEADER
            if total - head < (want := self.wanted(data[pos + 3], size)):
                break
            owner, interim, opening = self.owner, self.interim, self.opening
            self.opening = False
            self.begins(data[pos + 3], size, data[head : head + want])
            if start < pos and (self.stopped or self.owner is not owner or self.interim is not interim):
                pieces.append(Piece(data[start:pos], owner, first=opening, interim=interim))
                start = pos
            else:
                self.opening = self.opening or opening
            if not self.stopped:
                self._inside = True
                self._chunk(size)
                pos = head
        if start < pos:
            pieces.append(self._piece(data[start:pos]))
        if self.stopped:
            return pieces, data[pos:]
        self._held = data[pos:]
        return pieces, b""

    def _chunk(self, size: int) -> None:
        self._left, self._more = size, size == CHUNK_MAX

    def release(self) -> bytes:
        """What is held back; it is no packet any more."""
        held, self._held = self._held, b""
        return held

    @property
    def between(self) -> bool:
        """Whether nothing is under way."""
        return not self._inside and not self._held

    def _piece(self, data: bytes, *, last: bool = False) -> Piece:
        piece = Piece(data, self.owner, first=self.opening, last=last, interim=self.interim)
        self.opening = False
        return piece
