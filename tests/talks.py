"""Drives the framer of any protocol with scripted conversations and says what came out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import strategies as st

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Framer, Piece

UP, DOWN = ">", "<"
CUTS = (0, 1, 2, 3, 7)
Script = Iterable[tuple[str, bytes]]
Row = tuple[int | None, bytes]


@dataclass
class Talk:
    """A conversation that went through a framer."""

    machine: Framer
    up: list[Piece] = field(default_factory=list)
    down: list[Piece] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    def say(self, way: str, data: bytes) -> None:
        if way == UP:
            self._take(self.up, self.machine.upstream(data))
        else:
            self._take(self.down, self.machine.downstream(data))

    def end(self) -> None:
        self._take(self.up, self.machine.upstream_eof())
        self._take(self.down, self.machine.downstream_eof())

    def play(self, script: Script, cut: int = 0) -> Talk:
        """Say all lines, each in parts of `cut` bytes (0: whole)."""
        for way, data in script:
            for at in range(0, len(data), cut or len(data) or 1):
                self.say(way, data[at : at + cut] if cut else data)
        return self

    def _take(self, side: list[Piece], pieces: list[Piece]) -> None:
        side += pieces
        for piece in pieces:
            if piece.exchange is not None and piece.exchange not in self.exchanges:
                self.exchanges.append(piece.exchange)


def joined(pieces: list[Piece]) -> bytes:
    return b"".join(p.data for p in pieces)


def rows(pieces: list[Piece]) -> list[Row]:
    """(ordinal, its bytes), neighbours merged, without those that carry no byte."""
    found: list[Row] = []
    for piece in pieces:
        ordinal = piece.exchange.ordinal if piece.exchange is not None else None
        if found and found[-1][0] == ordinal:
            found[-1] = (ordinal, found[-1][1] + piece.data)
        elif piece.data:
            found.append((ordinal, piece.data))
    return found


@st.composite
def cut(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """The same bytes in pieces."""
    marks = [0, *sorted(draw(st.lists(st.integers(0, len(data)), max_size=10))), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(marks) if a < b]


@st.composite
def noisy_script(draw: st.DrawFn, up: list[bytes], down: list[bytes]) -> list[tuple[str, bytes]]:
    """Fragments and garbage in both directions, in any order and cut anywhere."""

    def noise(fragments: list[bytes]) -> st.SearchStrategy[bytes]:
        part = st.one_of(st.sampled_from(fragments), st.sampled_from(fragments), st.binary(max_size=12))
        return st.lists(part, max_size=20).map(b"".join)

    said = {UP: draw(noise(up).flatmap(cut)), DOWN: draw(noise(down).flatmap(cut))}
    order = draw(st.permutations([UP] * len(said[UP]) + [DOWN] * len(said[DOWN])))
    parts = {way: iter(data) for way, data in said.items()}
    return [(way, next(parts[way])) for way in order]


def assert_no_byte_is_lost(machine: Framer, script: list[tuple[str, bytes]], drops: int, held_max: int = 65536) -> None:
    """Whatever is said, joined output equals input, and little is held back; some exchanges are answered by us."""
    heard = Talk(machine)
    said = {UP: b"", DOWN: b""}
    seen = 0
    for way, data in script:
        said[way] += data
        heard.say(way, data)
        out = joined(heard.up if way == UP else heard.down)
        assert said[way].startswith(out)
        assert len(said[way]) - len(out) <= held_max
        while seen < len(heard.exchanges):
            exchange = heard.exchanges[seen]
            if drops >> seen & 1 and not exchange.status:
                machine.dropped(exchange)
                machine.answered(exchange)
            seen += 1
    heard.end()
    assert joined(heard.up) == said[UP]
    assert joined(heard.down) == said[DOWN]
    for side in (heard.up, heard.down):
        for exchange in heard.exchanges:
            pieces = [p for p in side if p.exchange is exchange]
            if "unframed" not in exchange.facts:
                assert [p.last for p in pieces if p.last] in ([], [True])
                assert not pieces or not pieces[-1].last or all(not p.last for p in pieces[:-1])
