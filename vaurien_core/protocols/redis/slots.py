"""The hash slot of a key (Redis cluster specification, section "Key distribution model")."""

from __future__ import annotations

from binascii import crc_hqx

SLOTS = 16384


def hash_tag(key: bytes) -> bytes:
    """What of a key is hashed: the text within its first pair of braces, unless that is empty; else all of it."""
    opening = key.find(b"{")
    if opening < 0:
        return key
    closing = key.find(b"}", opening + 1)
    return key if closing <= opening + 1 else key[opening + 1 : closing]


def slot_of(key: bytes) -> int:
    """CRC16 (XMODEM: polynomial 0x1021, begin 0) of the key's hash tag, modulo 16384."""
    return crc_hqx(hash_tag(key), 0) % SLOTS
