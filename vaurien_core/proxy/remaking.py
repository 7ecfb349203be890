"""The real answer to one exchange on its way through a remaker, with what it was fed while it may still refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaurien_core.model.answer import Ending, Remaker, Script, Untouched
from vaurien_core.protocols.base import Piece

if TYPE_CHECKING:
    from vaurien_core.proxy.intervention import Acting

KEPT_MAX = 64 * 1024
"""Bytes of an answer within which a remaker must know what it wants."""


class Remaking:
    """Owned by its turn.

    Attributes:
        act: the behavior's hand on the exchange, which counts and notes.
        kept: what was fed while the remaker may still refuse.
        decided: it has returned something.
        altered: what it returned differs from what it was fed, or ends the connection.
        grown: by how many bytes what it returned last is longer than what that was made from.
    """

    __slots__ = ("_remaker", "_size", "act", "altered", "decided", "grown", "kept")

    def __init__(self, remaker: Remaker, act: Acting) -> None:
        self._remaker, self.act = remaker, act
        self.kept: list[Piece] = []
        self._size = self.grown = 0
        self.decided = self.altered = False

    def feed(self, piece: Piece) -> Script | Untouched:
        """What becomes of a piece of the real answer."""
        made = self._remaker.feed(piece.data, interim=piece.interim, last=piece.last)
        if isinstance(made, Untouched):
            self.kept.append(piece)
            return made
        out = made.data
        self.grown = 0
        if piece.interim:
            self.grown = len(out) - len(piece.data)
            self.altered = self.altered or out != piece.data
            return made
        if not self.decided and not out and made.ending is Ending.GO_ON:
            self.kept.append(piece)
            self._size += len(piece.data)
            if piece.last:
                return Untouched("the answer ended too early")
            return Untouched("the answer begins with too much") if self._size > KEPT_MAX else made
        fed = b"".join(kept.data for kept in self.kept) + piece.data if self.kept else piece.data
        self.decided = True
        self.grown = len(out) - len(fed)
        self.kept = []
        self.altered = self.altered or out != fed or made.ending is not Ending.GO_ON
        return made
