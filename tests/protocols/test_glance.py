"""What a glance says of bytes is what the framer says of them; what it isn't sure of, it leaves alone."""

from __future__ import annotations

import random

import pytest

from vaurien_core.cli.registries import make_registry
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Framer
from vaurien_core.protocols.glance import Glance

CRLF = b"\r\n"
CAPS = 0xF8200 | 1
"""The least that a MySQL client of today settles on."""
REGISTRY = make_registry()


def head(*lines: bytes, body: bytes = b"") -> bytes:
    return CRLF.join((*lines, b"", body))


def command(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes((number,)) + payload


def query(sql: bytes, byte: int = 3) -> bytes:
    return packet(0, bytes((byte,)) + sql)


def execute(flags: int = 0) -> bytes:
    return query(b"\7\0\0\0" + bytes((flags,)) + b"\1\0\0\0" + b"\0\1\3\0\5\0\0\0", 0x17)


def ok(number: int = 1, status: int = 2, info: bytes = b"") -> bytes:
    return packet(number, b"\0\1\0" + status.to_bytes(2, "little") + b"\0\0" + info)


def rows(*rows: bytes, columns: int = 1, status: int = 2, middle: int = 2) -> bytes:
    column = b"\3def\0\0\0\1c\0\x0c\x3f\0\1\0\0\0\3\x81\0\0\0\0"
    ends = [b"\xfe\0\0" + flags.to_bytes(2, "little") for flags in (middle, status)]
    payloads = [bytes((columns,)), *[column] * columns, ends[0], *rows, ends[1]]
    return b"".join(packet(number + 1, payload) for number, payload in enumerate(payloads))


def greeting(caps: int = 0xFFFFFFFF) -> bytes:
    low, high = (caps & 0xFFFF).to_bytes(2, "little"), (caps >> 16 & 0xFFFF).to_bytes(2, "little")
    payload = b"\x0a8.0.36\0\7\0\0\x0012345678\0" + low + b"\x21\2\0" + high + b"\x15" + bytes(10)
    return packet(0, payload + b"123456789012\0mysql_native_password\0")


def login(caps: int = CAPS) -> bytes:
    return packet(1, caps.to_bytes(4, "little") + b"\0\0\0\1\x21" + bytes(23) + b"app\0\0mysql_native_password\0")


OPENING = {"mysql": (("down", greeting()), ("up", login()), ("down", ok(2)))}
"""What is said before the first plain exchange."""
PLAIN = {
    "http": (
        (
            head(b"GET /a?b=c HTTP/1.1", b"Host: x", b"Accept: */*"),
            head(b"DELETE /a HTTP/1.1", b"Host: x", b"Connection: keep-alive", b"Content-Length: 0"),
            head(b"POST /a HTTP/1.1", b"Host: x", b"content-length:5", b"X: y", body=b"hello"),
        ),
        (
            head(b"HTTP/1.1 200 OK", b"Content-Length: 5", b"Connection: keep-alive", body=b"hello"),
            head(b"HTTP/1.1 404 Not Found", b"X: y", b"content-length: 0"),
            head(b"HTTP/1.1 204 No Content", b"X: y"),
            head(b"HTTP/1.1 304 Not Modified", b"Content-Length: 77"),
            head(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", body=b"5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n"),
        ),
    ),
    "redis": (
        (
            command(b"GET", b"k"), command(b"set", b"k", b"v"), command(b"MGET", b"a", b"b", b"c", b"d"),
            command(b"PING"), command(b"PING", b"x"), command(b"MSET", b"a", b"1", b"b", b"2"), command(b"INCR", b"n"),
            command(b"SET", b"k", b"v", b"EX", b"10"), command(b"HSET", b"h", b"f", b"v"), command(b"GET"),
            command(b"DEL", b"a", b"b", b"c", b"d", b"e"),
        ),
        (
            b"+OK\r\n", b":12\r\n", b"$5\r\nhello\r\n", b"$-1\r\n", b"$0\r\n\r\n", b"*0\r\n", b"*-1\r\n",
            b"*2\r\n$1\r\na\r\n$-1\r\n", b"$6\r\na\r\nb\r\n\r\n",
        ),
    ),
    "memcache": (
        (
            b"get key\r\n", b"gets key\r\n", b"set k 0 0 5\r\nhello\r\n", b"add k 1 9 0\r\n\r\n", b"incr n 5\r\n",
            b"delete k\r\n", b"touch k 50\r\n", b"append k 0 0 4\r\na\r\nb\r\n",
        ),
        (
            b"END\r\n", b"VALUE key 0 5\r\nhello\r\nEND\r\n", b"VALUE key 0 5 77\r\nhello\r\nEND\r\n", b"STORED\r\n",
            b"NOT_STORED\r\n", b"EXISTS\r\n", b"NOT_FOUND\r\n", b"DELETED\r\n", b"TOUCHED\r\n", b"15\r\n",
        ),
    ),
    "mysql": (
        (
            query(b"SELECT 1"), query(b"select a from t where b = 'c'"), query(b"INSERT INTO t VALUES (1, 'x')"),
            query(b"UPDATE t SET a = 1"), query(b"DELETE\nFROM t"), query(b"REPLACE INTO t VALUES (1)"), execute(),
        ),
        (
            ok(), ok(info=b"Rows matched: 1"), rows(b"\x011"), rows(), rows(b"\1a\1b", b"\xfb\1c", columns=2),
            rows(b"\xfe" + bytes(20), b"\0"),
        ),
    ),
}  # fmt: skip
ODD = {
    "http": (
        (
            head(b"HEAD / HTTP/1.1", b"Host: x"), head(b"CONNECT x:1 HTTP/1.1"), head(b"GET / HTTP/1.0"),
            head(b"GET / HTTP/1.1", b"Connection: close"), head(b"GET / HTTP/1.1", b"Upgrade: websocket"),
            head(b"POST / HTTP/1.1", b"Expect: 100-continue", b"Content-Length: 2", body=b"ab"),
            head(b"POST / HTTP/1.1", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
            head(b"POST / HTTP/1.1", b"Content-Length: 1", b"Content-Length: 2", body=b"a"),
            head(b"POST / HTTP/1.1", b"Content-Length : 1", body=b"a"), head(b"GET / HTTP/1.1", b" folded: 1"),
            b"GET / HTTP/1.1\r\nA: b\n\nrest\r\n\r\n", b"\r\n" + head(b"GET / HTTP/1.1"),
            head(b"GET / HTTP/1.1") * 2, b"GET / HTTP/1.1\r\nHost: x\r\n",
        ),
        (
            head(b"HTTP/1.1 500 Oh", b"Content-Length: 0"), head(b"HTTP/1.1 100 Continue"),
            head(b"HTTP/1.1 101 Switching Protocols", b"Upgrade: x"), head(b"HTTP/1.1 200 OK"),
            head(b"HTTP/1.1 200 OK", b"Content-Length: 5", body=b"hell"),
            head(b"HTTP/1.1 200 OK", b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"hello"),
            head(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", body=b"0\r\nA: b\r\n\r\n"),
            head(b"HTTP/1.1 200 OK", b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
            head(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", body=b"5\r\nhello!\r\n0\r\n\r\n"),
            head(b"HTTP/1.1 200 OK", b"Content-Length: 5,5", body=b"hello"),
        ),
    ),
    "redis": (
        (
            command(b"MULTI"), command(b"WATCH", b"k"), command(b"SUBSCRIBE", b"c"), command(b"HELLO", b"3"),
            command(b"CLIENT", b"REPLY", b"OFF"), command(b"MONITOR"), command(b"BLPOP", b"k", b"0"),
            command(b"EVAL", b"return 1", b"0"), command(b"RESET"), command(b"QUIT"), b"PING\r\n",
            command(b"SET", b"k", b"a\r\nb"), command(b"GET", b"k") * 2, command(b"GET", b"k")[:-3],
            b"*1\r\n$04\r\nPING\r\n", command(b"XREAD", b"STREAMS", b"s", b"0"), command(b"PUBLISH", b"c", b"x"),
        ),
        (
            b"-ERR no\r\n", b">2\r\n$1\r\na\r\n$1\r\nb\r\n", b"%0\r\n", b"$5\r\nhell", b"+OK\r\n+OK\r\n", b"_\r\n",
            b"*1\r\n:1\r\n", b"*1\r\n", b"!3\r\nERR\r\n", b"*1\r\n*0\r\n",
        ),
    ),
    "memcache": (
        (
            b"get a b\r\n", b"set k 0 0 5 noreply\r\nhello\r\n", b"delete k noreply\r\n", b"mg k v\r\n", b"stats\r\n",
            b"quit\r\n", b"version\r\n", b"set k 0 0 5\r\nhell", b"get k\r\nget k\r\n", b"watch\r\n",
            b"cas k 0 0 1 5\r\na\r\n",
        ),
        (
            b"ERROR\r\n", b"SERVER_ERROR out of memory\r\n", b"VALUE key 0 5\r\nhello\r\n", b"END\r\nEND\r\n",
            b"VALUE a 0 1\r\nx\r\nVALUE b 0 1\r\ny\r\nEND\r\n", b"HD\r\n",
        ),
    ),
    "mysql": (
        (
            query(b"BEGIN"), query(b"COMMIT"), query(b"XA START 'x'"), query(b"SET autocommit = 0"), query(b"", 0x0E),
            query(b"LOAD DATA LOCAL INFILE 'f' INTO TABLE t"), query(b"SELECT ?", 0x16), query(b"\7\0\0\0", 0x19),
            query(b"db", 2), query(b"", 1), execute(1), query(b"SELECT 1") * 2, query(b"SELECT 1")[:-1],
            packet(1, b"\3SELECT 1"), query(b"(SELECT 1)"), query(b"", 0x1F), query(b"CALL p()"), query(b""),
            packet(0, b""), query(b"\7\0\0\0\1\0\0\0", 0x1C),
        ),
        (
            ok(status=3), ok(status=10), packet(1, b"\xff\x15\4#28000no"), packet(1, b"\xfbfile"), ok() * 2, ok()[:-1],
            rows(b"\x011", status=10), rows(b"\x011", status=3), rows(middle=0x42), rows(b"\x011")[:-1],
            rows(b"\xff\x15\4#HY000no"), packet(1, b"\xfe\0\0\2\0"), packet(1, b""), packet(1, b"\2"),
        ),
    ),
}  # fmt: skip
NAMES = sorted(PLAIN)
by_name = pytest.mark.parametrize("name", NAMES)


def talking(name: str) -> Framer:
    """A framer between two exchanges."""
    kind = REGISTRY.protocol(name)
    framer = kind(kind.Options()).framer()
    for direction, data in OPENING.get(name, ()):
        (framer.upstream if direction == "up" else framer.downstream)(data)
    requests, answers = PLAIN[name]
    framer.upstream(requests[0])
    framer.downstream(answers[0])
    return framer


def glance_of(framer: Framer) -> Glance:
    glance = framer.glance()
    assert glance is not None
    return glance


def asked(framer: Framer, data: bytes) -> Exchange:
    """The one whole request that the framer makes of it."""
    (piece,) = framer.upstream(data)
    exchange = piece.exchange
    assert exchange is not None
    assert (piece.data, piece.first, piece.last) == (data, True, True)
    assert not framer.opaque
    assert exchange.request_done
    assert exchange.answer_expected
    assert not exchange.answer_now
    assert not exchange.answer_done
    assert framer.duty(exchange) is None
    return exchange


def answered(framer: Framer, data: bytes, exchange: Exchange) -> None:
    """The framer makes one whole answer of it, behind which all goes on."""
    (piece,) = framer.downstream(data)
    assert piece.exchange is exchange
    assert (piece.data, piece.first, piece.last, piece.interim) == (data, True, True, False)
    assert not exchange.failed
    assert exchange.answer_done
    assert not exchange.facts.get("close_after")
    assert not framer.opaque
    assert framer.glance() is not None


@by_name
def test_plain_exchanges_are_known_and_framed_alike(name: str) -> None:
    for request in PLAIN[name][0]:
        for answer in PLAIN[name][1]:
            framer = talking(name)
            glance = glance_of(framer)
            exchange = asked(framer, request)
            assert glance.request(request) == exchange.key
            assert glance.answer(answer)
            answered(framer, answer, exchange)


@by_name
def test_what_is_not_plain_is_left_to_the_framer(name: str) -> None:
    glance = glance_of(talking(name))
    assert [data for data in ODD[name][0] if glance.request(data) is not None] == []
    assert [data for data in ODD[name][1] if glance.answer(data)] == []


@by_name
@pytest.mark.parametrize("seed", range(4))
def test_whatever_a_glance_knows_the_framer_says_too(name: str, seed: int) -> None:
    dice = random.Random(seed)
    known = [0, 0]
    glance = glance_of(talking(name))
    requests, answers = ((*plain, *odd) for plain, odd in zip(PLAIN[name], ODD[name], strict=True))
    for _ in range(3000):
        request, answer = mutated(dice, dice.choice(requests)), mutated(dice, dice.choice(answers))
        key = glance.request(request)
        if key is not None:
            known[0] += 1
            framer = talking(name)
            exchange = asked(framer, request)
            assert exchange.key == key
        if glance.answer(answer):
            known[1] += 1
            framer = talking(name)
            answered(framer, answer, asked(framer, PLAIN[name][0][0]))
    assert min(known) > 300


def mutated(dice: random.Random, data: bytes) -> bytes:
    """Mostly as it is, sometimes with a byte changed, left out, doubled, cut off, or a line moved."""
    for _ in range(dice.choice((0, 0, 1, 1, 2))):
        at = dice.randrange(len(data) + 1)
        way = dice.randrange(6)
        if way == 0:
            data = data[:at] + bytes((dice.choice(b"\r\n :09azA$*-%>\x00\x16\xff"),)) + data[at + 1 :]
        elif way == 1:
            data = data[:at] + data[at + 1 :]
        elif way == 2:
            data = data[:at] + data[at : at + 3] * 2 + data[at + 3 :]
        elif way == 3:
            data = data[:at]
        elif way == 4:
            lines = data.split(CRLF)
            lines.insert(dice.randrange(len(lines)), dice.choice(lines))
            data = CRLF.join(lines)
        else:
            data = data.swapcase()
    return data


@by_name
def test_numbers_go_on_behind_what_went_by(name: str) -> None:
    framer = talking(name)
    framer.went_by(41)
    assert asked(framer, PLAIN[name][0][0]).ordinal == 43


@by_name
def test_nothing_is_told_while_something_is_open(name: str) -> None:
    requests, answers = PLAIN[name]
    framer = talking(name)
    framer.upstream(requests[0][:-2])
    assert framer.glance() is None
    framer.upstream(requests[0][-2:])
    assert framer.glance() is None
    framer.downstream(answers[1][:-1])
    assert framer.glance() is None
    framer.downstream(answers[1][-1:])
    assert framer.glance() is not None


@pytest.mark.parametrize("caps", [CAPS, CAPS | 1 << 24, CAPS | 1 << 27], ids=["EOF", "OK for EOF", "attributes"])
def test_mysql_is_told_by_what_the_login_settled_on(caps: int) -> None:
    kind = REGISTRY.protocol("mysql")
    framer = kind(kind.Options()).framer()
    framer.downstream(greeting())
    assert framer.glance() is None
    framer.upstream(login(caps))
    assert framer.glance() is None
    framer.downstream(ok(2))
    glance = glance_of(framer)
    short = packet(1, b"\1") + rows()[5:32] + packet(3, b"\x011") + packet(4, b"\xfe\0\0\2\0\0\0")
    assert glance.answer(rows(b"\x011")) == (caps & 1 << 24 == 0)
    assert glance.answer(short) == (caps & 1 << 24 != 0)
    plain, named = query(b"SELECT 1"), query(b"\0\1SELECT 1")
    assert (glance.request(plain) is not None) == (caps & 1 << 27 == 0)
    assert (glance.request(named) is not None) == (caps & 1 << 27 != 0)
    text = named if caps & 1 << 27 else plain
    exchange = asked(framer, text)
    assert exchange.key == glance.request(text)
    answered(framer, short if caps & 1 << 24 else rows(b"\x011"), exchange)


def test_mysql_tells_executions_by_what_was_prepared() -> None:
    keys = set()
    for sql in (b"SELECT ?", b"SELECT a FROM t WHERE b = ?"):
        framer = talking("mysql")
        framer.upstream(query(sql, 0x16))
        framer.downstream(packet(1, b"\0\7\0\0\0\0\0\0\0\0\0\0"))
        key = glance_of(framer).request(execute())
        assert key is not None
        assert asked(framer, execute()).key == key
        keys.add(key)
    assert len(keys) == 2


def test_mysql_is_told_nothing_of_what_begins_or_ends_a_transaction() -> None:
    framer = talking("mysql")
    framer.upstream(query(b"BEGIN"))
    framer.downstream(ok(status=3))
    glance = glance_of(framer)
    assert glance.answer(ok(status=3))
    assert not glance.answer(ok())
    framer.upstream(query(b"XA START 'x'"))
    framer.downstream(ok(status=3))
    assert framer.glance() is None
    framer.upstream(query(b"SELECT 1"))
    framer.downstream(rows(status=3))
    assert framer.glance() is None


def test_redis_is_told_nothing_while_it_answers_otherwise() -> None:
    for words, answer in (
        ((b"MULTI",), b"+OK\r\n"),
        ((b"SUBSCRIBE", b"c"), b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"),
        ((b"MONITOR",), b"+OK\r\n"),
        ((b"CLIENT", b"REPLY", b"OFF"), b""),
    ):
        framer = talking("redis")
        framer.upstream(command(*words))
        framer.downstream(answer)
        assert framer.glance() is None, words


def test_http_is_told_nothing_where_answers_close_or_heads_are_kept_or_changed() -> None:
    kind = REGISTRY.protocol("http")
    for options in ({"keep_alive": False}, {"overwrite_host_header": True}, {"rewrite_answers": True}):
        protocol = kind(kind.Options.build(tuple(options.items())))
        protocol.configure("127.0.0.1:80")
        framer = protocol.framer()
        framer.upstream(PLAIN["http"][0][0])
        framer.downstream(PLAIN["http"][1][0])
        assert framer.glance() is None, options
    framer = talking("http")
    framer.keep_heads()
    assert framer.glance() is None
