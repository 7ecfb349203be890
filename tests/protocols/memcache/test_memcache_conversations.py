"""A table of conversations: what was said, and the exchanges that it is."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.talks import CUTS, DOWN, UP, Row, Talk, joined, rows
from vaurien_core.protocols.memcache import Memcache


@dataclass(frozen=True)
class Conversation:
    """`exchanges`: (label, status, answer expected, answer done)."""

    name: str
    script: list[tuple[str, bytes]]
    exchanges: list[tuple[str, str, bool, bool]]
    down: list[Row] = field(default_factory=list)
    opaque: str = ""


def done(label: str, status: str) -> tuple[str, str, bool, bool]:
    return (label, status, True, True)


def silent(label: str) -> tuple[str, str, bool, bool]:
    return (label, "", False, False)


def passed(label: str) -> tuple[str, str, bool, bool]:
    """Quiet, and a later answer shows that none came."""
    return (label, "", False, True)


SET = b"set user:1 0 60 5\r\nhello\r\n"
BINARY = b"\x80\x00\x00\x01" + bytes(20) + b"k"
TABLE = [
    Conversation("a set", [(UP, SET), (DOWN, b"STORED\r\n")], [done("set user:1", "STORED")], [(1, b"STORED\r\n")]),
    Conversation(
        "a pipeline",
        [
            (UP, SET + b"get user:1 b c\r\n" + b"delete b\r\nincr n 3\r\ntouch n 0\r\n"),
            (DOWN, b"STORED\r\nVALUE user:1 0 5\r\nhello\r\nVALUE c 1 5\r\nEND\r\n\r\nEND\r\n"),
            (DOWN, b"NOT_FOUND\r\n7\r\nTOUCHED\r\n"),
        ],
        [
            done("set user:1", "STORED"), done("get user:1 +2", "VALUE"), done("delete b", "NOT_FOUND"),
            done("incr n", "7"), done("touch n", "TOUCHED"),
        ],
        [
            (1, b"STORED\r\n"), (2, b"VALUE user:1 0 5\r\nhello\r\nVALUE c 1 5\r\nEND\r\n\r\nEND\r\n"),
            (3, b"NOT_FOUND\r\n"), (4, b"7\r\n"), (5, b"TOUCHED\r\n"),
        ],
    ),
    Conversation(
        "a data block that looks like commands",
        [(UP, b"set k 0 0 14\r\nget a\r\nget b\r\n\r\nget c\r\n"), (DOWN, b"STORED\r\nEND\r\n")],
        [done("set k", "STORED"), done("get c", "END")],
        [(1, b"STORED\r\n"), (2, b"END\r\n")],
    ),
    Conversation(
        "an empty block, cas and gets",
        [
            (UP, b"cas k 0 0 0 77\r\n\r\ngets k\r\ngat 5 k\r\n"),
            (DOWN, b"EXISTS\r\nVALUE k 0 0 78\r\n\r\nEND\r\nEND\r\n"),
        ],
        [done("cas k", "EXISTS"), done("gets k", "VALUE"), done("gat k", "END")],
        [(1, b"EXISTS\r\n"), (2, b"VALUE k 0 0 78\r\n\r\nEND\r\n"), (3, b"END\r\n")],
    ),
    Conversation(
        "noreply gets no answer",
        [
            (UP, b"set k 0 0 1 noreply\r\nx\r\ndelete k noreply\r\nflush_all noreply\r\nincr k 1 noreply\r\n"),
            (UP, b"version\r\n"),
            (DOWN, b"VERSION 1.6.18\r\n"),
        ],
        [silent("set k"), silent("delete k"), silent("flush_all"), silent("incr k"), done("version", "VERSION")],
        [(5, b"VERSION 1.6.18\r\n")],
    ),
    Conversation(
        "a key called noreply is a key",
        [(UP, b"get noreply\r\nversion noreply\r\n"), (DOWN, b"END\r\nVERSION 1\r\n")],
        [done("get noreply", "END"), done("version", "VERSION")],
        [(1, b"END\r\n"), (2, b"VERSION 1\r\n")],
    ),
    Conversation(
        "statistics and other lists",
        [
            (UP, b"stats\r\nstats reset\r\nstats items\r\nlru_crawler metadump all\r\nverbosity 1\r\n"),
            (DOWN, b"STAT pid 1\r\nSTAT x END\r\nEND\r\nRESET\r\nEND\r\nkey=a exp=-1\r\nkey=b exp=2\r\nEND\r\nOK\r\n"),
        ],
        [
            done("stats", "STAT"), done("stats reset", "RESET"), done("stats items", "END"),
            done("lru_crawler metadump", "key=a"), done("verbosity", "OK"),
        ],
        [
            (1, b"STAT pid 1\r\nSTAT x END\r\nEND\r\n"), (2, b"RESET\r\n"), (3, b"END\r\n"),
            (4, b"key=a exp=-1\r\nkey=b exp=2\r\nEND\r\n"), (5, b"OK\r\n"),
        ],
    ),
    Conversation(
        "meta commands",
        [
            (UP, b"ms k 5 T0 c\r\nVA 9 \r\nmg k v s\r\nmg no v\r\nma n v\r\nmd k\r\nme k\r\nmn\r\n"),
            (DOWN, b"HD c3\r\nVA 5 s5\r\nVA 9 \r\nEN\r\nVA 1\r\n4\r\nNF\r\nME k a=b\r\nMN\r\n"),
        ],
        [
            done("ms k", "HD"), done("mg k", "VA"), done("mg no", "EN"), done("ma n", "VA"), done("md k", "NF"),
            done("me k", "ME"), done("mn", "MN"),
        ],
        [
            (1, b"HD c3\r\n"), (2, b"VA 5 s5\r\nVA 9 \r\n"), (3, b"EN\r\n"), (4, b"VA 1\r\n4\r\n"), (5, b"NF\r\n"),
            (6, b"ME k a=b\r\n"), (7, b"MN\r\n"),
        ],
    ),
    Conversation(
        "quiet reads: the opaque tokens say whose answer it is",
        [(UP, b"mg a v q O1\r\nmg b v q O2\r\nmg c v q O3\r\nmn\r\n"), (DOWN, b"VA 1 O2\r\nx\r\nMN\r\nEN\r\n")],
        [passed("mg a"), ("mg b", "VA", False, True), passed("mg c"), done("mn", "MN")],
        [(2, b"VA 1 O2\r\nx\r\n"), (4, b"MN\r\n"), (None, b"EN\r\n")],
    ),
    Conversation(
        "quiet reads: the keys say whose answer it is",
        [(UP, b"mg a v q k\r\nmg b v q k\r\nget z\r\n"), (DOWN, b"VA 1 kb\r\nx\r\nEND\r\n")],
        [passed("mg a"), ("mg b", "VA", False, True), done("get z", "END")],
        [(2, b"VA 1 kb\r\nx\r\n"), (3, b"END\r\n")],
    ),
    Conversation(
        "quiet writes: the kind says whose answer it is",
        [
            (UP, b"mg a v q\r\nms b 1 q ME\r\nx\r\nmd c q\r\nms d 1 q\r\nx\r\nmn\r\nget e\r\n"),
            (DOWN, b"NS\r\nNF\r\nMN\r\nEND\r\n"),
        ],
        [
            passed("mg a"), ("ms b", "NS", False, True), ("md c", "NF", False, True), passed("ms d"),
            done("mn", "MN"), done("get e", "END"),
        ],
        [(2, b"NS\r\n"), (3, b"NF\r\n"), (5, b"MN\r\n"), (6, b"END\r\n")],
    ),
    Conversation(
        "a quiet error before a no-op",
        [(UP, b"ms b 9999999 q\r\n"), (DOWN, b"SERVER_ERROR object too large for cache\r\n")],
        [("ms b", "SERVER_ERROR object too large for cache", False, True)],
        [(1, b"SERVER_ERROR object too large for cache\r\n")],
    ),
    Conversation(
        "a refusal that comes before the block was read",
        [
            (UP, b"set k 0 0 6\r\n12"), (DOWN, b"SERVER_ERROR object too large for cache\r\n"),
            (UP, b"3456\r\nget k\r\n"), (DOWN, b"END\r\n"),
        ],
        [done("set k", "SERVER_ERROR object too large for cache"), done("get k", "END")],
        [(1, b"SERVER_ERROR object too large for cache\r\n"), (2, b"END\r\n")],
    ),
    Conversation(
        "values broken off by an error",
        [(UP, b"get a b\r\nget c\r\n"), (DOWN, b"VALUE a 0 1\r\nx\r\nSERVER_ERROR out of memory\r\nEND\r\n")],
        [done("get a +1", "VALUE"), done("get c", "END")],
        [(1, b"VALUE a 0 1\r\nx\r\nSERVER_ERROR out of memory\r\n"), (2, b"END\r\n")],
    ),
    Conversation(
        "bare line feeds, spaces and an empty line",
        [(UP, b" set  k 0 0 2 \nhi\n\nversion\n\r\nmn\r\n"), (DOWN, b"STORED\r\nVERSION 1\r\nERROR\r\nMN\r\n")],
        [done("set k", "STORED"), done("version", "VERSION"), done("(empty line)", "ERROR"), done("mn", "MN")],
        [(1, b"STORED\r\n"), (2, b"VERSION 1\r\n"), (3, b"ERROR\r\n"), (4, b"MN\r\n")],
    ),
    Conversation("quit gets no answer", [(UP, b"quit\r\n")], [silent("quit")]),
    Conversation(
        "no room for the connection", [(DOWN, b"ERROR Too many open connections\r\n")],
        [("", "ERROR Too many open connections", True, True)], [(0, b"ERROR Too many open connections\r\n")],
    ),
    Conversation(
        "the binary protocol",
        [(UP, BINARY), (DOWN, b"\x81" + bytes(23)), (UP, BINARY)],
        [("exchange 1", "", True, True), ("exchange 2", "", True, False)],
        [(1, b"\x81" + bytes(23))],
        opaque="the binary protocol, of which nothing is read; have the client use the text protocol",
    ),
    Conversation(
        "TLS", [(UP, b"\x16\x03\x01"), (DOWN, b"\x16\x03\x03")], [("exchange 1", "", True, True)],
        [(1, b"\x16\x03\x03")], opaque="TLS",
    ),
    Conversation(
        "an unknown command behind one that is known",
        [(UP, b"get a\r\nGET / HTTP/1.1\r\n\r\n"), (DOWN, b"END\r\nERROR\r\n")],
        [done("get a", "END"), ("exchange 2", "", True, True)],
        [(1, b"END\r\n"), (2, b"ERROR\r\n")], opaque="unknown command GET",
    ),
    Conversation(
        "a malformed set: servers differ in whether its block is read",
        [(UP, b"set k 0 0 x\r\nget a\r\n"), (DOWN, b"CLIENT_ERROR bad command line format\r\nEND\r\n")],
        [("exchange 1", "", True, True)],
        [(1, b"CLIENT_ERROR bad command line format\r\nEND\r\n")], opaque="a malformed set",
    ),
    Conversation(
        "watch", [(UP, b"watch\r\n"), (DOWN, b"OK\r\n"), (DOWN, b"ts=1 gid=2\r\n")], [("watch", "OK", True, True)],
        [(1, b"OK\r\nts=1 gid=2\r\n")], opaque="watch: the server reports from here on",
    ),
    Conversation(
        "an answer of another protocol",
        [(UP, b"get a\r\nget b\r\n"), (DOWN, b"\x00\x01"), (UP, b"more")],
        [("get a", "", True, True), ("get b", "", True, True), ("exchange 3", "", True, False)],
        [(2, b"\x00\x01")], opaque="an answer that is not memcached's text protocol",
    ),
]  # fmt: skip


@pytest.mark.parametrize("size", CUTS)
@pytest.mark.parametrize("it", TABLE, ids=lambda c: c.name)
def test_a_conversation_is_cut_into_its_exchanges(it, size):
    if size and it.opaque and it.name not in ("TLS", "watch"):
        size = 0  # turns of unframed bytes depend on how they were read
    heard = Talk(Memcache(Memcache.Options()).framer()).play(it.script, size)
    heard.end()
    assert [(e.label, e.status, e.answer_expected, e.answer_done) for e in heard.exchanges] == it.exchanges
    if it.down:
        assert rows(heard.down) == it.down
    for way, pieces in ((UP, heard.up), (DOWN, heard.down)):
        assert joined(pieces) == b"".join(data for said, data in it.script if said == way)
    assert heard.machine.opaque == it.opaque


def exchange_of(line: bytes):
    heard = Talk(Memcache(Memcache.Options()).framer()).play([(UP, line)])
    return heard.exchanges[0]


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b"set k 7 60 1\r\n", b"set k"), (b"cas k 7 60 1 99\r\n", b"cas k"), (b"get a b\r\n", b"get a b"),
        (b"gat 60 a\r\n", b"gat a"), (b"incr n 5\r\n", b"incr n"), (b"mg k v O77\r\n", b"mg k"), (b"mn\r\n", b"mn"),
        (b"stats items\r\n", b"stats items"),
    ],
)  # fmt: skip
def test_command_and_keys_identify_a_request(line, key):
    assert exchange_of(line).key == key


def test_a_list_of_keys_of_any_length_is_one_request():
    line = b"get " + b" ".join(b"key:%d" % n for n in range(30_000)) + b"\r\n"
    for size in (0, 5000):
        heard = Talk(Memcache(Memcache.Options()).framer()).play([(UP, line), (DOWN, b"END\r\n")], size)
        (exchange,) = heard.exchanges
        assert (exchange.label, exchange.request_done, exchange.answer_done) == ("get key:0 and more", True, True)
        assert joined(heard.up) == line
        assert exchange.key == b" ".join(line[:2048].split())


def test_a_dropped_request_leaves_the_answers_of_the_others_alone():
    heard = Talk(Memcache(Memcache.Options()).framer())
    heard.say(UP, b"get a\r\nset b 0 0 1\r\nx\r\nget c\r\n")
    heard.machine.dropped(heard.exchanges[1])
    heard.machine.answered(heard.exchanges[1])
    heard.say(DOWN, b"END\r\nVALUE c 0 1\r\nx\r\nEND\r\n")
    assert rows(heard.down) == [(1, b"END\r\n"), (3, b"VALUE c 0 1\r\nx\r\nEND\r\n")]


def test_an_answer_to_a_substitute_is_the_exchanges():
    protocol = Memcache(Memcache.Options())
    heard = Talk(protocol.framer())
    heard.say(UP, b"mg a v q\r\nset b 0 0 1\r\nx\r\nget c\r\n")
    second = heard.exchanges[1]
    heard.machine.dropped(second)
    heard.machine.substituted(second, protocol.remedy("bad-data-chunk", second))
    assert protocol.remedy("bad-data-chunk", second) == b"mn\r\n"
    heard.say(DOWN, b"VA 1\r\ny\r\nMN\r\nEND\r\n")
    assert rows(heard.down) == [(1, b"VA 1\r\ny\r\n"), (2, b"MN\r\n"), (3, b"END\r\n")]
