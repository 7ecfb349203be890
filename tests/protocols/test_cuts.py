"""However bytes are cut into reads, a framer makes the same of them: its shorter way for whole messages is no other."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from tests.protocols.test_glance import NAMES, ODD, OPENING, PLAIN, REGISTRY, mutated
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Framer, Piece

SLOTS = tuple(name for name in Exchange.__slots__ if name not in ("facts", "answer_now"))
by_name = pytest.mark.parametrize("name", NAMES)


@dataclass
class Heap:
    """The bytes of one exchange that came in a row."""

    number: int
    data: bytes
    interim: bool
    last: bool


class Heard:
    """What came out of one framer."""

    def __init__(self, name: str) -> None:
        kind = REGISTRY.protocol(name)
        self.framer: Framer = kind(kind.Options()).framer()
        self.exchanges: list[Exchange] = []
        self.sides: dict[str, list[Heap]] = {"up": [], "down": []}
        for side, data in OPENING.get(name, ()):
            self.say(side, data, len(data))

    def say(self, side: str, data: bytes, cut: int) -> None:
        feed = self.framer.upstream if side == "up" else self.framer.downstream
        for begin in range(0, len(data), cut):
            self._take(side, feed(data[begin : begin + cut]))

    def end(self) -> None:
        self._take("up", self.framer.upstream_eof())
        self._take("down", self.framer.downstream_eof())

    def _take(self, side: str, pieces: list[Piece]) -> None:
        rows = self.sides[side]
        for piece in pieces:
            exchange = piece.exchange
            if exchange is not None and exchange not in self.exchanges:
                self.exchanges.append(exchange)
            number = -1 if exchange is None else self.exchanges.index(exchange)
            last = rows[-1] if rows else None
            if last and last.number == number and last.interim == piece.interim and not (last.last or piece.first):
                last.data += piece.data
                last.last = piece.last
            elif piece.data or piece.last:
                rows.append(Heap(number, piece.data, piece.interim, piece.last))

    @property
    def told(self) -> object:
        """All that may not hang on how bytes were cut."""
        facts = [[getattr(e, slot) for slot in SLOTS] + [_plain(e.facts)] for e in self.exchanges]
        return self.sides, facts, self.framer.opaque


def _plain(facts: dict[str, object]) -> dict[str, object]:
    return {key: repr(value) for key, value in facts.items()}


@by_name
@pytest.mark.parametrize("seed", range(6))
def test_the_same_is_made_of_whole_reads_and_of_crumbs(name: str, seed: int) -> None:
    dice = random.Random(seed)
    framed = 0
    for _ in range(150):
        whole, crumbs = Heard(name), Heard(name)
        said = []
        for _ in range(dice.randrange(1, 6)):
            for side in (0, 1):
                texts = [dice.choice((*PLAIN[name][side] * 3, *ODD[name][side])) for _ in range(dice.choice((1, 1, 3)))]
                data = b"".join(mutated(dice, text) if dice.random() < 0.1 else text for text in texts)
                said.append((("up", "down")[side], data))
        cut = dice.choice((1, 2, 7))
        for side_name, data in said:
            whole.say(side_name, data, max(1, len(data)))
            crumbs.say(side_name, data, cut)
            if whole.framer.opaque or crumbs.framer.opaque:  # from here on each read is a piece of its own
                break
            assert whole.told == crumbs.told, (said, cut)
            framed += len(data)
        else:
            whole.end()
            crumbs.end()
            assert whole.told == crumbs.told, (said, cut)
    assert framed > 5000
