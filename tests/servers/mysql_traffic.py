"""Generated commands: every one of the protocol, in any order, with values of all sizes; one seed, the same again."""

from __future__ import annotations

import random
import struct
from collections import Counter
from collections.abc import Callable
from hashlib import blake2b
from itertools import cycle

from mysql_raw import Raw

BIG = 20 << 20
SIMPLE = (0x00, 0x05, 0x06, 0x07, 0x08, 0x0B, 0x0D, 0x0E, 0x0F, 0x10, 0x14, 0x1D)
"""Answered with one packet, whatever it says; the user may not do the dangerous ones."""
LAST = (0x12, 0x13, 0x15, 0x1E)
"""Replication: the connection is given up behind them."""


class Traffic:
    """Says `count` operations and keeps what was said, in short.

    Attributes:
        said: per operation its name and the digest of all packets that came.
        times: how often each command was sent.
    """

    def __init__(self, connect: Callable[[], Raw], seed: int, *, big: int = 0) -> None:
        self._connect = connect
        self._draw = random.Random(seed)
        self._big = big
        self._letters = bytes(n for n in range(256) if n not in b"'\\")
        self._simple, self._last, self._tell = cycle(SIMPLE), cycle(LAST), cycle(range(5))
        self.raw = connect()
        self.said: list[tuple[str, str]] = []
        self.times: Counter[int] = Counter()
        self._count_commands()

    def run(self, count: int) -> None:
        often = [self.query] * 6 + [self.change] * 4 + [self.prepared] * 4 + [self.simple] * 4 + [self.tell] * 2
        rarely = [
            self.multiple, self.wrong, self.cursor, self.long_data, self.bulk, self.upload, self.user, self.session,
            self.kill, self.quit, self.replication, self.replication,
        ]  # fmt: skip
        operations = often + rarely
        for number in range(count):
            operation = self._draw.choice(operations)
            if self._big and number % (count // self._big) == 7:
                operation = self.big
            self._note(operation.__name__, operation())
        self.raw.close()

    def _count_commands(self) -> None:
        raw, silent = self.raw, self.raw.silent

        def counted(command: int, payload: bytes = b"") -> None:
            self.times[command] += 1
            silent(command, payload)

        raw.silent = counted  # type: ignore[method-assign]

    def _note(self, name: str, packets: list[bytes]) -> None:
        digest = blake2b(digest_size=8)
        for packet in packets:
            digest.update(len(packet).to_bytes(8, "big") + packet)
        self.said.append((name, f"{len(packets)} {digest.hexdigest()} {packets[0][:60]!r}"))

    def _value(self) -> bytes:
        """Binary; without what would have to be quoted."""
        size = self._draw.choice([0, 0, 1, 5, 250, 251, 300, 5000, 66_000])
        return self._draw.randbytes(size).translate(None, b"'\\")

    def query(self) -> list[bytes]:
        kind = self._draw.randrange(5)
        if kind == 0:
            return self.raw.results(3, b"SELECT * FROM t WHERE id < %d ORDER BY id" % self._draw.randrange(12))
        if kind == 1:
            return self.raw.results(
                3, b"SELECT seq, NULL, REPEAT('x', seq) FROM seq_1_to_%d" % self._draw.randrange(300)
            )
        if kind == 2:
            return self.raw.results(3, b"SELECT _binary'" + self._value() + b"' AS v, 1 /* " + b"c" * 9 + b" */")
        return self.raw.results(3, b"SELECT COUNT(*), SUM(LENGTH(body)) FROM t")

    def change(self) -> list[bytes]:
        row = self._draw.randrange(40)
        kind = self._draw.randrange(4)
        if kind == 0:
            return self.raw.results(3, b"DELETE FROM t WHERE id = %d" % row)
        if kind == 1:
            return [
                *self.raw.results(3, b"BEGIN"),
                *self.raw.results(3, b"UPDATE t SET body = NULL WHERE id = %d" % row),
                *self.raw.results(3, self._draw.choice([b"COMMIT", b"ROLLBACK"])),
            ]
        return self.raw.results(3, b"REPLACE INTO t VALUES (%d, 'x', _binary'" % row + self._value() + b"')")

    def multiple(self) -> list[bytes]:
        parts = [b"SELECT 1", b"DO 0", b"SELECT seq FROM seq_1_to_40", b"SET @a = 1", b"SELECT nothing"]
        return self.raw.results(3, b"; ".join(self._draw.choice(parts) for _ in range(1 + self._draw.randrange(4))))

    def wrong(self) -> list[bytes]:
        return self.raw.results(
            3, self._draw.choice([b"", b"SELEC 1", b"SELECT * FROM nowhere", b"INSERT INTO t VALUES ()"])
        )

    def _execute(self, number: bytes, values: list[bytes | None], *, cursor: bool = False) -> bytes:
        nulls = sum(1 << n for n, v in enumerate(values) if v is None).to_bytes((len(values) + 7) // 8, "little")
        kinds = b"\x01" + b"\xfc\x00" * len(values) if values else b""
        body = b"".join(lenenc(v) for v in values if v is not None)
        return number + bytes([cursor]) + b"\1\0\0\0" + (nulls + kinds + body if values else b"")

    def prepared(self) -> list[bytes]:
        number, said = self.raw.prepare(b"REPLACE INTO t VALUES (?, ?, ?)")
        for _ in range(1 + self._draw.randrange(3)):
            values = [b"%d" % self._draw.randrange(40), b"y", self._draw.choice([None, self._value()])]
            said += self.raw.results(0x17, self._execute(number, values))
        if self._draw.random() < 0.9:
            self.raw.silent(0x19, number)
        return said

    def cursor(self) -> list[bytes]:
        number, said = self.raw.prepare(b"SELECT seq, ? FROM seq_1_to_%d" % (1 + self._draw.randrange(9)))
        said += self.raw.results(0x17, self._execute(number, [self._value()], cursor=True))
        for _ in range(1 + self._draw.randrange(4)):
            said += plain(self.raw.rows(0x1C, number + struct.pack("<I", 1 + self._draw.randrange(4))))
        if self._draw.random() < 0.7:
            said += self.raw.one(0x1A, number)
        self.raw.silent(0x19, number)
        return said

    def long_data(self) -> list[bytes]:
        number, said = self.raw.prepare(b"SELECT LENGTH(?), MD5(?)")
        for place in range(2):
            for _ in range(self._draw.randrange(1, 4)):
                self.raw.silent(0x18, number + bytes([place, 0]) + self._draw.randbytes(self._draw.choice([1, 70_000])))
        said += self.raw.results(0x17, number + b"\0\1\0\0\0\0\1\xfc\0\xfc\0")
        self.raw.silent(0x19, number)
        return said

    def bulk(self) -> list[bytes]:
        number, said = self.raw.prepare(b"REPLACE INTO t VALUES (?, 'bulk', ?)")
        rows = b""
        for _ in range(self._draw.randrange(1, 30)):
            rows += b"\0" + lenenc(b"%d" % self._draw.randrange(40))
            rows += b"\1" if self._draw.random() < 0.2 else b"\0" + lenenc(self._value()[:300])
        said += self.raw.results(0xFA, number + b"\x80\0" + b"\xfe\0\xfc\0" + rows)
        self.raw.silent(0x19, number)
        return said

    def upload(self) -> list[bytes]:
        lines = [b"%d\tup\t%d\n" % (self._draw.randrange(40), n) for n in range(self._draw.randrange(200))]
        parts = [b"".join(lines[at : at + 50]) for at in range(0, len(lines), 50)]
        return self.raw.upload(b"LOAD DATA LOCAL INFILE 'rows' REPLACE INTO TABLE t (id, status, body)", parts)

    def user(self) -> list[bytes]:
        said = self.raw.change_user(b"app", "sesame")
        return [*said, *self._settle()]

    def session(self) -> list[bytes]:
        return [*self.raw.one(0x1F), *self._settle()]

    def _settle(self) -> list[bytes]:
        return self.raw.results(3, b"SET autocommit = 1, NAMES utf8mb4")

    def tell(self) -> list[bytes]:
        kind = next(self._tell)
        if kind == 0:
            return [b"text" if self.raw.one(0x09)[0][:6] == b"Uptime" else b"?"]
        if kind == 1:
            return self.raw.results(0x0A)[:1]
        if kind == 2:
            return self.raw.rows(0x04, b"t\0%")
        return self.raw.one(0x02, b"shop") if kind == 3 else self.raw.one(0x1B, b"\0\0")

    def simple(self) -> list[bytes]:
        return self.raw.one(next(self._simple), b"\0")

    def kill(self) -> list[bytes]:
        return self.raw.one(0x0C, b"\xff\xff\xff\x7f")

    def quit(self) -> list[bytes]:
        self.raw.silent(0x01)
        return self._again([])

    def replication(self) -> list[bytes]:
        command = next(self._last)
        return self._again(self.raw.one(command, bytes(20)))

    def _again(self, said: list[bytes]) -> list[bytes]:
        self.raw.close()
        self.raw = self._connect()
        self._count_commands()
        return [*said, *self._settle()]

    def big(self) -> list[bytes]:
        body = self._draw.randbytes(1 << 18).translate(None, b"'\\")
        body = (body * (BIG // len(body) + 1))[:BIG]
        said = self.raw.results(3, b"REPLACE INTO t VALUES (1, 'big', _binary'" + body + b"')")
        said += self.raw.results(3, b"SELECT body FROM t WHERE id = 1")
        assert said[-2][-100:] == body[-100:] or len(said[-1]) > len(said[-2])
        return [*said, *self.raw.results(3, b"DELETE FROM t WHERE id = 1")]


def plain(packets: list[bytes]) -> list[bytes]:
    """An error names a statement's number, which another session counts otherwise."""
    return [packet[:20] if packet[:1] == b"\xff" else packet for packet in packets]


def lenenc(value: bytes) -> bytes:
    size = len(value)
    if size < 251:
        return bytes([size]) + value
    return (b"\xfc" + struct.pack("<H", size) if size < 1 << 16 else b"\xfd" + size.to_bytes(3, "little")) + value
