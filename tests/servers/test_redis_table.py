"""The table of commands against a server's own: names, flags, where the keys are, and what blocks."""

from __future__ import annotations

import pytest

from tests.servers.redis_server import needs_redis, redis_server
from vaurien_core.protocols.redis.commands import COMMANDS, Command

redis_py = pytest.importorskip("redis")
pytestmark = [pytest.mark.server, needs_redis]
FLAGS = {
    "write": "w", "denyoom": "d", "loading": "l", "stale": "s", "allow_busy": "y", "no_auth": "a", "blocking": "b",
}  # fmt: skip
NEWER = {
    "CLIENT|NO-TOUCH", "CLIENT|SETINFO", "HEXPIRE", "HEXPIREAT", "HEXPIRETIME", "HGETDEL", "HGETEX", "HPERSIST",
    "HPEXPIRE", "HPEXPIREAT", "HPEXPIRETIME", "HPTTL", "HSETEX", "HTTL", "WAITAOF",
}  # fmt: skip
"""Younger than the 7.0 of Debian 12."""


@pytest.fixture(scope="module")
def told():
    """What the server says of each of its commands, by name."""
    found: dict[str, list] = {}

    def take(rows) -> None:
        for row in rows:
            found[row[0].decode().upper()] = row
            take(row[9])

    with redis_server() as server:
        db = redis_py.Redis(port=server.port, protocol=2)
        db.response_callbacks.clear()
        take(db.execute_command("COMMAND"))
        db.close()
    return found


def text(word) -> str:
    return word.decode() if isinstance(word, bytes) else str(word)


def test_the_table_has_every_command_of_the_server(told):
    assert sorted(set(told) - set(COMMANDS)) == []
    assert set(COMMANDS) - set(told) <= NEWER


def test_the_flags_are_the_servers(told):
    for name, row in told.items():
        flags = {FLAGS[text(f)] for f in row[2] if text(f) in FLAGS}
        waits = {"b"} if name == "WAIT" else set()  # it blocks; 7.0 doesn't say so
        assert COMMANDS[name].flags == flags | waits, name


def spec_of(row) -> list[tuple[str, object, str, object]]:
    """(how the search begins, where; how the keys are found, where) for each of the server's key specifications."""
    found = []
    for spec in row[8]:
        parts = {text(k): v for k, v in zip(spec[::2], spec[1::2], strict=True)}
        begin, keys = ({text(k): v for k, v in zip(p[::2], p[1::2], strict=True)}
                       for p in (parts["begin_search"], parts["find_keys"]))  # fmt: skip
        if begin["spec"]:  # else it hangs on values (SORT BY, GET, STORE)
            found.append((text(begin["type"]), begin["spec"][1], text(keys["type"]), keys["spec"]))
    return found


def test_the_keys_are_where_the_server_looks_for_them(told):
    for name, row in told.items():
        ours: Command = COMMANDS[name]
        if ours.channels:
            assert b"channels" in row[2] or "channels" in map(text, row[2]) or "pubsub" in map(text, row[2]), name
            assert row[3] == 0, name
            continue
        first, last, step = row[3:6]
        assert (ours.begin, ours.end, ours.step if ours.begin else 0) == (first, last, step), name
        specs = spec_of(row)
        counted = [begin for kind, begin, keys, _ in specs if (kind, keys) == ("index", "keynum")]
        assert [ours.number] * bool(ours.number) == counted[:1], name
        words = [text(begin) for kind, begin, _, _ in specs if kind == "keyword"]
        if not ours.begin:
            assert [ours.word.decode()] * bool(ours.word) == words[:1], name


def test_a_request_has_the_keys_that_the_server_finds_in_it(told):
    requests = [
        "GET a", "MGET a b c", "MSET a 1 b 2", "BLPOP a b 0", "EVAL x 2 a b c", "ZUNIONSTORE t 2 a b",
        "LMPOP 2 a b LEFT", "XREAD COUNT 1 STREAMS a b 0 0", "XREADGROUP GROUP g c STREAMS a b > >",
        "BITOP AND d a b", "RENAME a b", "OBJECT ENCODING a", "XGROUP CREATE a g $", "COPY a b", "LCS a b",
        "SINTERCARD 2 a b LIMIT 1", "BZMPOP 0 2 a b MIN", "FCALL f 1 a", "XINFO STREAM a", "ZDIFF 2 a b",
        "GEOSEARCHSTORE d a FROMMEMBER m BYRADIUS 1 m", "SMOVE a b m",
    ]  # fmt: skip
    with redis_server() as server:
        db = redis_py.Redis(port=server.port, protocol=2, decode_responses=True)
        for request in requests:
            words = request.split()
            name = words[0] if words[0] in COMMANDS and words[0] not in ("OBJECT", "XGROUP", "XINFO") else None
            command = COMMANDS[name or f"{words[0]}|{words[1]}"]
            arguments = [w.encode() for w in words]
            keys = db.execute_command("COMMAND GETKEYS", *words)
            shown = [n.decode() for n in command.names(arguments, len(words))]
            assert command.how_many(arguments, len(words)) == len(keys), request
            assert keys[: len(shown)] == shown, request
        db.close()
