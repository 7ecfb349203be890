"""An answer of ours to an exchange: bytes, bytes in steps with an ending of their own, or the real answer remade.

Protocols make them (`ProtocolType.error`), behaviors hand them on, the data plane plays them in their turn.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Protocol

from vaurien_core.frozen import dataclass


class Ending(Enum):
    """What follows the last step."""

    GO_ON = "go on"
    """The connection goes on; of the real answer, more is to come."""
    CLOSE = "close"
    """FIN to both sides."""
    RESET = "reset"
    """RST to the client."""
    STALL = "stall"
    """Nothing more is sent to either side; open until the client leaves, a release, all-normal (both reset) or stop."""


@dataclass(frozen=True, slots=True)
class Step:
    """Bytes, and the pause before them in seconds."""

    data: bytes
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Script:
    """Steps and an ending. No step and `GO_ON`: nothing."""

    steps: tuple[Step, ...] = ()
    ending: Ending = Ending.GO_ON

    @property
    def data(self) -> bytes:
        """All its bytes."""
        return b"".join(step.data for step in self.steps)

    @property
    def lasts_s(self) -> float:
        """All its pauses."""
        return sum(max(0.0, step.wait_s) for step in self.steps)


@dataclass(frozen=True, slots=True)
class Untouched:
    """The real answer can't be remade: it passes, and the journal says why."""

    reason: str


class Remaker(Protocol):
    """Makes a client's answer from the real one, piece by piece; one per exchange, sans-io.

    It may refuse (`Untouched`) as long as it has returned nothing but empty scripts. What it was fed until then
    (at most 64 KiB, beyond that it is taken as refused) is kept by the data plane. After an ending it is fed no more.
    """

    def feed(self, data: bytes, *, interim: bool, last: bool) -> Script | Untouched:
        """Bytes of the real answer as they come.

        Args:
            data: bytes, as the framer cut them.
            interim: they belong to an answer before the answer.
            last: they end the answer. Not told where the backend ends it by closing and the framer can't tell.
        """
        ...


@dataclass(frozen=True, slots=True)
class Remade:
    """The real answer, remade: legal in phase `after` only.

    It counts as injected once the remaker returns something, as until then it may refuse.
    """

    make: Callable[[], Remaker]


Answer = bytes | Script | Remade

Find = Callable[[bytes, bool], "int | str | None"]
"""Where to cut, from the answer so far and whether that is all of it. None: not known yet; str: why it can't be cut."""


class Cutter:
    """A `Remaker` that passes the first bytes of the real answer, then ends.

    Args:
        find: asked until it knows; what it says may lie ahead of what has come.
        ending: what follows.
    """

    __slots__ = ("_ending", "_find", "_left", "_seen")

    def __init__(self, find: Find, ending: Ending) -> None:
        self._find, self._ending = find, ending
        self._seen = bytearray()
        self._left: int | None = None

    def feed(self, data: bytes, *, interim: bool, last: bool) -> Script | Untouched:
        """See `Remaker`."""
        if interim:
            return Script((Step(data),))
        if self._left is None:
            self._seen += data
            data = bytes(self._seen)
            found = self._find(data, last)
            if found is None:
                return Untouched("the answer has no such place") if last else Script()
            if isinstance(found, str):
                return Untouched(found)
            self._left = found
        passed = data[: self._left]
        self._left -= len(passed)
        ends = last or not self._left
        return Script((Step(passed),), self._ending if ends else Ending.GO_ON)


def cut(find: Find, ending: Ending = Ending.CLOSE) -> Remade:
    """The real answer up to where `find` says, then the ending."""
    return Remade(lambda: Cutter(find, ending))
