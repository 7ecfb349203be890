"""What is known of a statement: its label (names, not values), its verb and its table."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b

from vaurien_core.frozen import dataclass
from vaurien_core.protocols.mysql.constants import lenenc

LABEL_MAX = 200
"""Characters."""
READ_MAX = 4096
"""Bytes of a statement that are looked at for its label."""
# what is changed in a label, and quoted names, which are skipped; a lone space or ", " is left alone
# No possessive groups: Python 3.11.2 matches them wrongly.
_TOKEN = re.compile(
    rb"""
    (?P<value> (?:\b[nNxXbB])?'(?:[^'\\]++|\\.?|'')*(?:'|\Z) | "(?:[^"\\]++|\\.?|"")*(?:"|\Z)
             | (?<![\w$@`.\x80-\xff])(?:0[xX][0-9a-fA-F]+|0b[01]+|(?:\d++\.?\d*+|\.\d++)(?:[eE][+-]?\d++)?)(?![\w$]) )
  | (?P<name> `[^`]*+(?:`|\Z) )
  | (?P<comma> (?!,\x20\S) \s*+,\s*+ )
  | (?P<gap> (?!\x20[^\s/\#-]) (?: \s++ | /\*[^*]*+\*++(?:[^/*][^*]*+\*++)*/ | /\*.*\Z
             | --(?=[\s]|\Z)[^\n]*+ | \#[^\n]*+ )+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_LIST = re.compile(r"\bIN ?\(\?(?:, \?)+\)", re.IGNORECASE)
_REPEATED = re.compile(r"(\([^()]*\))(?:, \1)+")
_VERB = re.compile(rb"(?:\s|\(|/\*[^*]*+\*++(?:[^/*][^*]*+\*++)*/|--\s[^\n]*+\n|\#[^\n]*+\n)*([A-Za-z]+)", re.DOTALL)
_TABLE = re.compile(
    rb"(?:\bINTO\s+(?:TABLE\s+)?|\bUPDATE\s+(?:LOW_PRIORITY\s+|IGNORE\s+)*|\bTABLE\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?"
    rb"|\bFROM\s+)((?:`[^`]+`|[\w$]+)(?:\.(?:`[^`]+`|[\w$]+))?)",
    re.IGNORECASE,
)
_TEMPORARY = re.compile(rb"\s+(?:OR\s+REPLACE\s+)?TEMPORARY\b", re.IGNORECASE)
_FIXED = {1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 6: 0, 8: 8, 9: 4, 13: 2}
"""Sizes of binary values by field type; other types are length-encoded (dates and times by one byte)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement without its values."""

    label: str
    verb: str = ""
    """Its first word in capitals."""
    table: str = ""
    digest: bytes = b""
    """Stands for its text in the keys of prepared executions."""
    temporary: bool = False
    """It makes, changes or drops a temporary table."""


UNKNOWN = Statement("unknown statement")


def read_statement(sql: bytes) -> Statement:
    """What is to be known of it."""
    return _read(sql[:READ_MAX] if len(sql) > READ_MAX else sql)


@lru_cache(maxsize=256)
def _read(sql: bytes) -> Statement:
    verb = _VERB.match(sql)
    table = _TABLE.search(sql)
    name = table[1].replace(b"`", b"").rpartition(b".")[2].decode("utf-8", "replace") if table else ""
    temporary = verb is not None and _TEMPORARY.match(sql, verb.end()) is not None
    return Statement(label_of(sql), verb[1].decode("ascii").upper() if verb else "", name, temporary=temporary)


def prepared(sql: bytes) -> Statement:
    """The same, with the digest of its text."""
    known = read_statement(sql)
    return replace(known, digest=blake2b(sql, digest_size=16).digest())


def label_of(sql: bytes) -> str:
    """`UPDATE orders SET status = ?`: literals become `?`, comments go, lists of values are shown once."""
    text = _TOKEN.sub(_normal, sql).decode("utf-8", "replace").strip().rstrip("; ")
    text = _REPEATED.sub(r"\1", _LIST.sub("IN (?)", text))
    return shorten(text)


def shorten(text: str) -> str:
    """Printable, on one line, at most 200 characters."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "?" for c in text[: LABEL_MAX + 1])
    return text if len(text) <= LABEL_MAX else text[: LABEL_MAX - 1] + "…"


def _normal(token: re.Match[bytes]) -> bytes:
    if token["value"] is not None:
        return b"?"
    if token["comma"] is not None:
        return b", "
    return token["name"] if token["name"] is not None else b" "


def behind_attributes(payload: bytes) -> int:
    """Where the statement begins behind the query attributes of a COM_QUERY; 1 if they can't be read.

    Source: MySQL source documentation, page_protocol_com_query.
    """
    try:
        count, pos = lenenc(payload, 1)
        _, pos = lenenc(payload, pos)
        if not count:
            return pos
        nulls = payload[pos : pos + (count + 7) // 8]
        pos += len(nulls) + 1
        kinds = []
        for _ in range(count):
            kinds.append(payload[pos])
            length, pos = lenenc(payload, pos + 2)
            pos += length
        for index, kind in enumerate(kinds):
            if nulls[index // 8] >> (index % 8) & 1:
                continue
            fixed = _FIXED.get(kind)
            if fixed is None:
                fixed, pos = lenenc(payload, pos)
            pos += fixed
    except IndexError:
        return 1
    return pos if pos <= len(payload) else 1
