"""Where in a run an exchange stands: the request's key with its occurrence, or its ordinals.

One `Places` per proxy, kept by its server for as long as the engine runs: plan changes and
disable/enable don't reset the counts.
"""

from __future__ import annotations

from array import array

from vaurien_core.proxy.draw import key_digest, ordinal_place, request_place

EXACT_KEYS = 262_144
TABLE_BITS = 20


def occurrence(place: bytes) -> int:
    """The number of occurrences in a place, with the one that it is of; 0 for ordinals."""
    return int.from_bytes(place[-8:], "big") if place[:1] == b"r" else 0


class Places:
    """Occurrence counts: exact for the first 262,144 different keys, a fixed table of 2**20 counters for the rest.

    Keys that share a counter of the table share their count: bounded memory at the price of
    exactness in runs with more than a quarter of a million different requests.
    """

    __slots__ = ("_exact", "_table")

    def __init__(self) -> None:
        self._exact: dict[bytes, int] = {}
        self._table: array[int] | None = None

    def seen(self, digest: bytes) -> int:
        """How many occurrences of a key were counted."""
        seen = self._exact.get(digest)
        if seen is not None:
            return seen
        if self._table is None or len(self._exact) < EXACT_KEYS:
            return 0
        return self._table[_slot(digest)]

    def count(self, digest: bytes) -> int:
        """Count one more occurrence of a key; its number, from 1."""
        seen = self._exact.get(digest)
        if seen is not None or len(self._exact) < EXACT_KEYS:
            self._exact[digest] = number = (seen or 0) + 1
            return number
        if self._table is None:
            self._table = array("Q", bytes(8 << TABLE_BITS))
        slot = _slot(digest)
        self._table[slot] += 1
        return self._table[slot]

    def place(self, key: bytes | None, connection: int, ordinal: int) -> bytes:
        """The place of an exchange that begins now; with a key its occurrence is counted."""
        if key is None:
            return ordinal_place(connection, ordinal)
        digest = key_digest(key)
        return request_place(digest, self.count(digest))


def _slot(digest: bytes) -> int:
    return int.from_bytes(digest[:4], "big") >> (32 - TABLE_BITS)
