"""Connections that are lost while a server answers: the real answer, cut where its rows are.

Made from the backend's own bytes, so they come after it has done the statement. Given to the data plane by `errors`.
"""

from __future__ import annotations

from vaurien_core.model.answer import Ending, Remade, Script, Step, Untouched
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.mysql.constants import CHUNK_MAX, COMMANDS, Answer
from vaurien_core.protocols.mysql.cutter import HEADER
from vaurien_core.protocols.mysql.replies import HEAD, Results
from vaurien_core.protocols.mysql.replies import Step as Place

NO_ROWS = "the answer has no row"


class Rows:
    """A `Remaker` that passes a result up to a place among its rows, then closes.

    What comes before the first row is kept, as an answer without rows is left alone. A result with fewer rows than
    asked for is cut before the packet that ends it.
    """

    def __init__(self, caps: int, *, whole: int, half: bool) -> None:
        """Begin.

        Args:
            caps: the capabilities of the connection.
            whole: how many rows pass.
            half: whether one half of the next one does.
        """
        self._reply = Results(caps)
        self._left_of_rows = whole
        self._half = half
        self._buffer = bytearray()
        self._kept = bytearray()
        self._skip = 0
        self._more = False
        self._ends = False
        """What passes now is the last."""
        self._sure = False
        """A row has come, or none is asked for."""

    def feed(self, data: bytes, *, interim: bool, last: bool) -> Script | Untouched:
        """See `Remaker`."""
        if interim:
            return Script((Step(data),))
        self._buffer += data
        ending = Ending.GO_ON
        while ending is Ending.GO_ON and self._take():
            if self._ends:
                ending = Ending.CLOSE
                break
            if self._more or len(self._buffer) < HEADER:
                if not self._more or not self._continue():
                    break
                continue
            size = int.from_bytes(self._buffer[:3], "little")
            head = bytes(self._buffer[HEADER : HEADER + HEAD])
            if len(head) < min(size, HEAD):
                break
            among_rows = self._reply.among_rows
            step = self._reply.packet(size, head)
            over = step is Place.END or not self._reply.among_rows
            if step is Place.UNKNOWN or (over and among_rows and not self._sure):
                return Untouched(NO_ROWS)
            if among_rows:
                ending = self._among_rows(size, over=over)
            elif over and step is Place.END:
                return Untouched(NO_ROWS)
            else:
                self._begin(size)
                if self._reply.among_rows and not self._left_of_rows and not self._half:
                    self._sure = self._ends = True
        if ending is Ending.GO_ON and last:
            ending = Ending.CLOSE
        return self._made(ending)

    def _among_rows(self, size: int, *, over: bool) -> Ending:
        """A row, or what ends them, begins."""
        if over:
            return Ending.CLOSE
        self._sure = True
        if self._left_of_rows:
            self._left_of_rows -= 1
            self._begin(size)
            return Ending.GO_ON
        if self._half:
            self._skip, self._ends = HEADER + size // 2, True
            return Ending.GO_ON
        return Ending.CLOSE

    def _begin(self, size: int) -> None:
        self._skip, self._more = HEADER + size, size == CHUNK_MAX

    def _continue(self) -> bool:
        """The next part of a packet of more than 16 MB, once its header is there."""
        if len(self._buffer) < HEADER:
            return False
        self._begin(int.from_bytes(self._buffer[:3], "little"))
        return True

    def _take(self) -> bool:
        """Pass on what is there of the packet under way; whether that is all of it."""
        passed = self._buffer[: self._skip]
        self._kept += passed
        del self._buffer[: len(passed)]
        self._skip -= len(passed)
        return not self._skip

    def _made(self, ending: Ending) -> Script:
        if not self._sure:
            return Script()
        out, self._kept = bytes(self._kept), bytearray()
        return Script((Step(out),) if out else (), ending)


class Whole:
    """A `Remaker` that passes all of the answer, then closes."""

    def feed(self, data: bytes, *, interim: bool, last: bool) -> Script | Untouched:
        """See `Remaker`."""
        return Script((Step(data),), Ending.CLOSE if last else Ending.GO_ON)


def lost(name: str, exchange: Exchange, rows: int) -> Remade | None:
    """The answer of an entry that loses the connection; None: not on this exchange.

    Args:
        name: of the entry.
        exchange: whose answer it is.
        rows: how many rows pass with `lost-after-rows`.
    """
    facts = exchange.facts
    command, caps = facts.get("command"), facts.get("caps")
    if name == "lost-idle":
        return Remade(Whole)
    if not isinstance(command, int) or not isinstance(caps, int) or COMMANDS[command][1] is not Answer.RESULTS:
        return None
    if "frame" in facts:
        return None  # packets have no borders that could be seen within compressed frames
    if name == "lost-in-row":
        return Remade(lambda: Rows(caps, whole=0, half=True))
    return Remade(lambda: Rows(caps, whole=rows, half=False))
