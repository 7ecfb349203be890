"""A table of conversations: what was said, and the exchanges that it is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from redis_talk import DOWN, UP, Script, command, joined, lines, owned, talk

CUTS = [0, 1, 2, 3, 7]
OK = b"+OK\r\n"
GET = command("GET", "a")
SET = command("SET", "user:1", "v")


@dataclass(frozen=True)
class Conversation:
    """`exchanges`: (label, status, answer expected); `down`: whose bytes came back, in order."""

    name: str
    script: Script
    exchanges: list[tuple[str, str, bool]]
    down: list[tuple[int | str | None, bytes]]
    opaque: str = ""


def subscribed(kind: str, name: str, total: int, sign: str = "*") -> bytes:
    return lines(f"{sign}3 ${len(kind)} {kind} ${len(name)} {name} :{total}")


MESSAGE = lines("*3 $7 message $1 a $2 hi")
MONITORED = b'+1339518083.107412 [0 127.0.0.1:60866] "keys" "*"\r\n'
DEEP = lines("*2 *2 :1 *-1 %1 +k ~2 $-1 _ ")[:-2]
TABLE = [
    Conversation("one", [(UP, SET), (DOWN, OK)], [("SET user:1 ?", "OK", True)], [(1, OK)]),
    Conversation(
        "an inline command, empty lines and empty arrays",
        [(UP, b'\r\nset "a\\x20b" \'v\'\r\n*0\r\n*-1\r\nping\n'), (DOWN, OK + b"+PONG\r\n")],
        [("SET a b ?", "OK", True), ("PING", "PONG", True)],
        [(1, OK), (2, b"+PONG\r\n")],
    ),
    Conversation(
        "a pipeline with a big value, an empty one and a binary one",
        [
            (UP, command("SET", "a", b"\r\n*1\r\n" * 9) + command("SET", "b", b"") + command("GET", b"\xff\x00") + GET),
            (DOWN, OK + OK + b"$-1\r\n" + b"$9\r\n\r\n+OK\r\n\x00\xff\r\n"),
        ],
        [("SET a ?", "OK", True), ("SET b ?", "OK", True), ("GET \ufffd?", "nil", True), ("GET a", "string", True)],
        [(1, OK), (2, OK), (3, b"$-1\r\n"), (4, b"$9\r\n\r\n+OK\r\n\x00\xff\r\n")],
    ),
    Conversation(
        "answers nested deeply, then null and a map of RESP3",
        [(UP, GET + GET + GET), (DOWN, DEEP + b"_\r\n" + lines("%1 $1 a ,1.5 "[:-1]))],
        [("GET a", "array", True), ("GET a", "nil", True), ("GET a", "map", True)],
        [(1, DEEP), (2, b"_\r\n"), (3, lines("%1 $1 a ,1.5"))],
    ),
    Conversation(
        "an attribute stands before its answer, and inside one",
        [(UP, GET + GET), (DOWN, lines("|1 +ttl *2 :3 :4 *2 :1 |1 +x #t (12 =5 txt:a"))],
        [("GET a", "array", True), ("GET a", "text", True)],
        [(1, lines("|1 +ttl *2 :3 :4 *2 :1 |1 +x #t (12")), (2, lines("=5 txt:a"))],
    ),
    Conversation(
        "a push inside a transaction's answer",
        [(UP, command("MULTI") + command("EXEC") + GET), (DOWN, OK + lines("*2 :1 >2 +a *1 :7 +b") + OK)],
        [("MULTI", "OK", True), ("EXEC", "array", True), ("GET a", "OK", True)],
        [(1, OK), (2, lines("*2 :1 >2 +a *1 :7 +b")), (3, OK)],
    ),
    Conversation(
        "pushes between the answers",
        [
            (UP, command("HELLO", "3", "AUTH", "default", "secret")),
            (DOWN, lines("%1 $5 proto :3")),
            (UP, GET),
            (DOWN, lines(">2 $10 invalidate *1 $1 a") + OK + lines(">2 $10 invalidate _")),
        ],
        [("HELLO ?", "map", True), ("GET a", "OK", True)],
        [(1, lines("%1 $5 proto :3")), ("push", lines(">2 $10 invalidate *1 $1 a")), (2, OK),
         ("push", lines(">2 $10 invalidate _"))],
    ),
    Conversation(
        "subscribing in RESP2: an answer for each channel, messages between, UNSUBSCRIBE from all",
        [
            (UP, command("SUBSCRIBE", "a", "b", "a") + command("PSUBSCRIBE", "p*")),
            (DOWN, subscribed("subscribe", "a", 1) + MESSAGE + subscribed("subscribe", "b", 2)),
            (DOWN, subscribed("subscribe", "a", 2) + subscribed("psubscribe", "p*", 3) + MESSAGE),
            (UP, command("PING") + command("UNSUBSCRIBE") + command("PUNSUBSCRIBE") + GET),
            (DOWN, lines("*2 $4 pong $0 ") + MESSAGE + subscribed("unsubscribe", "a", 2)),
            (DOWN, subscribed("unsubscribe", "b", 1) + subscribed("punsubscribe", "p*", 0) + MESSAGE),
        ],
        [("SUBSCRIBE a b a", "array", True), ("PSUBSCRIBE p*", "array", True), ("PING", "array", True),
         ("UNSUBSCRIBE", "array", True), ("PUNSUBSCRIBE", "array", True), ("GET a", "array", True)],
        [(1, subscribed("subscribe", "a", 1)), ("push", MESSAGE),
         (1, subscribed("subscribe", "b", 2) + subscribed("subscribe", "a", 2)),
         (2, subscribed("psubscribe", "p*", 3)), ("push", MESSAGE), (3, lines("*2 $4 pong $0 ")), ("push", MESSAGE),
         (4, subscribed("unsubscribe", "a", 2) + subscribed("unsubscribe", "b", 1)),
         (5, subscribed("punsubscribe", "p*", 0)), (6, MESSAGE)],
    ),
    Conversation(
        "subscribing in RESP3: the answers are pushes",
        [
            (UP, command("HELLO", "3")),
            (DOWN, lines("%1 $5 proto :3")),
            (UP, command("SSUBSCRIBE", "a", "b") + GET),
            (DOWN, subscribed("ssubscribe", "a", 1, ">") + lines(">3 $8 smessage $1 a $1 x")),
            (DOWN, subscribed("ssubscribe", "b", 2, ">") + MESSAGE + subscribed("sunsubscribe", "a", 1, ">")),
            (UP, command("SUNSUBSCRIBE")),
            (DOWN, subscribed("sunsubscribe", "b", 0, ">")),
        ],
        [("HELLO ?", "map", True), ("SSUBSCRIBE a b", "push", True), ("GET a", "array", True),
         ("SUNSUBSCRIBE", "push", True)],
        [(1, lines("%1 $5 proto :3")), (2, subscribed("ssubscribe", "a", 1, ">")),
         ("push", lines(">3 $8 smessage $1 a $1 x")), (2, subscribed("ssubscribe", "b", 2, ">")), (3, MESSAGE),
         ("push", subscribed("sunsubscribe", "a", 1, ">")), (4, subscribed("sunsubscribe", "b", 0, ">"))],
    ),
    Conversation(
        "UNSUBSCRIBE without a subscription, and one that is refused",
        [
            (UP, command("UNSUBSCRIBE") + command("SUBSCRIBE", "a", "b") + GET),
            (DOWN, lines("*3 $11 unsubscribe $-1 :0") + b"-NOPERM no\r\n" + OK),
        ],
        [("UNSUBSCRIBE", "array", True), ("SUBSCRIBE a b", "NOPERM", True), ("GET a", "OK", True)],
        [(1, lines("*3 $11 unsubscribe $-1 :0")), (2, b"-NOPERM no\r\n"), (3, OK)],
    ),
    Conversation(
        "MONITOR until RESET",
        [
            (UP, command("MONITOR")),
            (DOWN, OK + MONITORED + MONITORED),
            (UP, command("PING") + command("RESET") + GET),
            (DOWN, MONITORED + b"+PONG\r\n" + MONITORED + b"+RESET\r\n" + b"+1.000000 [\r\n"),
        ],
        [("MONITOR", "OK", True), ("PING", "PONG", True), ("RESET", "RESET", True), ("GET a", "simple string", True)],
        [(1, OK), ("push", MONITORED * 3), (2, b"+PONG\r\n"), ("push", MONITORED), (3, b"+RESET\r\n"),
         (4, b"+1.000000 [\r\n")],
    ),
    Conversation(
        "CLIENT REPLY: no answers while off, none for the next behind SKIP",
        [
            (UP, command("CLIENT", "REPLY", "OFF") + SET + command("SUBSCRIBE", "a")),
            (UP, command("client", "reply", "on")),
            (UP, command("CLIENT", "REPLY", "SKIP") + SET + GET),
            (DOWN, subscribed("subscribe", "a", 1) + OK + b"$1\r\nv\r\n"),
        ],
        [("CLIENT REPLY OFF", "", False), ("SET user:1 ?", "", False), ("SUBSCRIBE a", "array", True),
         ("CLIENT REPLY ON", "OK", True), ("CLIENT REPLY SKIP", "", False), ("SET user:1 ?", "", False),
         ("GET a", "string", True)],
        [(3, subscribed("subscribe", "a", 1)), (4, OK), (7, b"$1\r\nv\r\n")],
    ),
    Conversation(
        "a transaction with a subscription queued can't be followed beyond EXEC",
        [
            (UP, command("MULTI") + command("SUBSCRIBE", "a", "b") + command("EXEC")),
            (DOWN, OK + b"+QUEUED\r\n" + lines("*1 ")[:-2] + subscribed("subscribe", "a", 1)),
        ],
        [("MULTI", "OK", True), ("SUBSCRIBE a b", "QUEUED", True), ("EXEC", "", True)],
        [(1, OK), (2, b"+QUEUED\r\n"), (3, b"*1\r\n" + subscribed("subscribe", "a", 1))],
        "a transaction that changes how the connection answers",
    ),
    Conversation(
        "CLIENT REPLY OFF that is refused gets an answer that nobody waits for",
        [
            (UP, GET + command("CLIENT", "REPLY", "SKIP") + GET + command("PING")),
            (DOWN, b"-ERR x\r\n-NOPERM this user has no permissions to run the 'client|reply' command\r\n$-1\r\n"),
        ],
        [("GET a", "ERR", True), ("CLIENT REPLY SKIP", "", False), ("GET a", "", False), ("PING", "", True)],
        [(1, b"-ERR x\r\n"),
         (4, b"-NOPERM this user has no permissions to run the 'client|reply' command\r\n$-1\r\n")],
        "an answer to a request that should get none",
    ),
    Conversation(
        "replication",
        [
            (UP, command("PSYNC", "?", "-1")),
            (DOWN, b"+FULLRESYNC 1 0\r\n$3\r\nRDB*1\r\n$4\r\nPING\r\n"),
            (UP, command("REPLCONF", "ACK", "0")),
        ],
        [("PSYNC ?", "", True), ("exchange 2", "", True)],
        [(1, b"+FULLRESYNC 1 0\r\n$3\r\nRDB*1\r\n$4\r\nPING\r\n")],
        "replication",
    ),
    Conversation(
        "too many clients, before any request",
        [(DOWN, b"-ERR max number of clients reached\r\n")],
        [("", "ERR", True)],
        [(0, b"-ERR max number of clients reached\r\n")],
    ),
    Conversation(
        "TLS", [(UP, b"\x16\x03\x01\x02"), (DOWN, b"\x15\x03")], [("exchange 1", "", True)], [(1, b"\x15\x03")], "TLS"
    ),
    Conversation(
        "HTTP", [(UP, b"GET / HTTP/1.1\r\n\r\n"), (DOWN, b"-ERR\r\n")], [("exchange 1", "", True)], [(1, b"-ERR\r\n")],
        "HTTP",
    ),
    Conversation(
        "a protocol error behind a request, whose answer is still read",
        [(UP, GET + b"*1\r\n+3\r\n"), (DOWN, OK + b"-ERR Protocol error\r\n")],
        [("GET a", "OK", True), ("exchange 2", "", True)],
        [(1, OK), (2, b"-ERR Protocol error\r\n")],
        "not Redis",
    ),
    Conversation(
        "a protocol error inside a request",
        [(UP, b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n+3\r\n"), (DOWN, b"-ERR Protocol error\r\n")],
        [("SET a ?", "ERR", True)],
        [(1, b"-ERR Protocol error\r\n")],
        "not Redis",
    ),
    Conversation(
        "quotes that don't match",
        [(UP, b'set a "b\r\n'), (DOWN, b"-ERR Protocol error: unbalanced quotes in request\r\n")],
        [("?", "ERR", True)],
        [(1, b"-ERR Protocol error: unbalanced quotes in request\r\n")],
    ),
    Conversation(
        "a backend that is not Redis",
        [(DOWN, b"220 mail\r\n"), (UP, b"EHLO\r\n"), (DOWN, b"250\r\n")],
        [("exchange 1", "", True)],
        [("push", b"220 mail\r\n"), (1, b"250\r\n")],
        "an answer that is not Redis",
    ),
    Conversation(
        "an answer that nobody asked for",
        [(UP, GET), (DOWN, OK + OK), (UP, GET), (DOWN, OK)],
        [("GET a", "OK", True), ("exchange 2", "", True)],
        [(1, OK), ("push", OK), (2, OK)],
        "an answer that nobody asked for",
    ),
    Conversation(
        "garbage in place of an answer goes to the newest request",
        [(UP, GET + GET), (DOWN, b"what\r\n")],
        [("GET a", "", True), ("GET a", "", True)],
        [(2, b"what\r\n")],
        "an answer that is not Redis",
    ),
]  # fmt: skip


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("conversation", TABLE, ids=lambda c: c.name)
def test_a_conversation_is_framed_as_the_table_says(conversation, cut):
    heard = talk(conversation.script, cut=cut)
    for direction, side in ((UP, heard.up), (DOWN, heard.down)):
        assert joined(side) == b"".join(data for way, data in conversation.script if way == direction)
    facts = [(e.label, e.status, e.answer_expected) for e in sorted(heard.exchanges, key=lambda e: e.ordinal)]
    assert facts == conversation.exchanges
    assert owned(heard.down) == conversation.down
    assert heard.machine.opaque == conversation.opaque
