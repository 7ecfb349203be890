"""The catalogue: its bytes, where each entry is legal, and what the session owes afterwards."""

from __future__ import annotations

import pytest
from redis_talk import DOWN, UP, Talk, command, joined, owned, redis

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.redis.commands import COMMANDS
from vaurien_core.protocols.redis.slots import slot_of

EVERYWHERE = {"LOADING", "BUSY", "MASTERDOWN", "NOAUTH"}
WRITES = {"READONLY", "MISCONF", "NOREPLICAS"}
KEYED = {"MOVED", "ASK", "CLUSTERDOWN", "CLUSTERDOWN-SLOT"}
NAMES = [entry.name for entry in redis().errors]


def asked(*requests: bytes) -> tuple[Talk, list[Exchange]]:
    heard = Talk()
    heard.say(UP, b"".join(requests))
    return heard, heard.exchanges


def error(name: str, exchange: Exchange, **options: str) -> bytes | None:
    return redis(**options).error(name, exchange, close=False, wall=0.0, extra={})


def legal(exchange: Exchange) -> set[str]:
    return {name for name in NAMES if error(name, exchange, redirect="127.0.0.1:7001") is not None}


@pytest.mark.parametrize(
    ("request_", "names"),
    [
        (command("GET", "a"), EVERYWHERE | KEYED),
        (command("SET", "a", "1"), EVERYWHERE | KEYED | WRITES | {"OOM"}),
        (command("del", "a", "b"), EVERYWHERE | KEYED | WRITES | {"TRYAGAIN"}),
        (command("MSET", "a", "1", "b", "2"), EVERYWHERE | KEYED | WRITES | {"OOM", "TRYAGAIN"}),
        (command("MSET", "a", "1"), EVERYWHERE | KEYED | WRITES | {"OOM"}),
        (command("BLPOP", "a", "0"), EVERYWHERE | KEYED | WRITES | {"UNBLOCKED"}),
        (command("XREAD", "COUNT", "1", "STREAMS", "s", "0"), EVERYWHERE | KEYED),
        (command("XREAD", "block", "0", "streams", "s", "t", "0", "0"), EVERYWHERE | KEYED | {"UNBLOCKED", "TRYAGAIN"}),
        (command("WAIT", "1", "0"), EVERYWHERE | {"UNBLOCKED"}),
        (command("EVAL", "return 1", "2", "a", "b"), EVERYWHERE - {"MASTERDOWN"} | KEYED | {"TRYAGAIN"}),
        (command("PING"), EVERYWHERE | {"MISCONF"}),
        (command("PUBLISH", "c", "m"), {"BUSY", "NOAUTH"}),
        (command("AUTH", "secret"), set()),
        (command("HELLO", "3"), {"NOAUTH"}),
        (command("HELLO", "3", "AUTH", "default", "secret"), set()),
        (command("CLIENT", "YOUNGER", "x"), {"BUSY", "NOAUTH"}),
        (command("MULTI"), {"NOAUTH"}),
        (command("EXEC"), {"BUSY", "NOAUTH"}),
        (command("CLIENT", "REPLY", "ON"), {"BUSY", "NOAUTH"}),
        (command("JSON.SET", "a", "$", "1"), EVERYWHERE),
        (b'set "a\r\n', EVERYWHERE),
    ],
    ids=lambda v: v.decode("latin-1").replace("\r\n", " ") if isinstance(v, bytes) else "",
)
def test_an_error_is_sent_only_where_a_server_would(request_, names):
    _, (exchange,) = asked(request_)
    assert legal(exchange) == names


def test_before_any_request_a_server_says_only_that_there_are_too_many_clients():
    assert error("MAXCLIENTS", Exchange(0)) == b"-ERR max number of clients reached\r\n"
    assert legal(Exchange(0)) == {"MAXCLIENTS"}


def test_opaque_exchanges_get_no_error():
    heard = Talk()
    heard.say(UP, b"\x16\x03\x01")
    assert legal(heard.exchanges[0]) == set()


def test_random_picks_what_leaves_the_session_usable_and_needs_no_option():
    random = {entry.name for entry in redis().errors if entry.random}
    assert random == {"LOADING", "BUSY", "MASTERDOWN", "OOM"} | WRITES
    assert all(entry.phases == ("before",) and entry.source for entry in redis().errors)


@pytest.mark.parametrize("name", ["MOVED", "ASK"])
def test_a_redirection_names_the_slot_of_the_key_and_the_address_that_was_given(name):
    _, (exchange,) = asked(command("GET", "{user:1}.name"))
    assert error(name, exchange) is None
    line = b"-%s %d 127.0.0.1:7001\r\n" % (name.encode(), slot_of(b"user:1"))
    assert error(name, exchange, redirect="127.0.0.1:7001") == line


@pytest.mark.parametrize(
    ("key", "slot"),
    [(b"123456789", 0x31C3), (b"foo", 12182), (b"{foo}bar", 12182), (b"x{foo}{bar}", 12182), (b"", 0)],
)
def test_a_slot_is_that_of_the_hash_tag(key, slot):
    assert slot_of(key) == slot


def test_an_empty_or_open_hash_tag_is_none():
    assert slot_of(b"{}foo") != slot_of(b"foo") != slot_of(b"{foo")


QUEUED = b"+QUEUED\r\n"


def test_an_error_inside_a_transaction_ends_in_execabort_while_the_backend_discards():
    heard, (multi, lost, kept, exec_) = asked(
        command("MULTI"), command("SET", "a", "1"), command("SET", "b", "1"), command("EXEC")
    )
    machine = heard.machine
    assert [machine.duty(e) for e in (multi, lost)] == [None, None]
    machine.failed(lost, "OOM")
    machine.dropped(lost)
    machine.answered(lost)
    assert machine.duty(kept) is None
    duty = machine.duty(exec_)
    assert duty is not None
    assert duty.reply == b"-EXECABORT Transaction discarded because of previous errors.\r\n"
    assert duty.upstream == command("DISCARD")
    machine.substituted(exec_, duty.upstream)
    heard.say(DOWN, b"+OK\r\n" + QUEUED + b"+OK\r\n")
    assert owned(heard.down) == [(1, b"+OK\r\n"), (3, QUEUED), (4, b"+OK\r\n")]
    heard.say(UP, command("SET", "a", "2") + command("EXEC"))
    assert [machine.duty(e) for e in heard.exchanges[4:]] == [None, None]


def test_a_transaction_without_an_error_is_left_alone():
    heard, exchanges = asked(command("MULTI"), command("SET", "a", "1"), command("EXEC"))
    assert [heard.machine.duty(e) for e in exchanges] == [None, None, None]


def test_discard_and_reset_end_what_an_error_began():
    for ending in ("DISCARD", "RESET"):
        heard, exchanges = asked(command("MULTI"), command("SET", "a", "1"), command(ending), command("MULTI"))
        heard.machine.failed(exchanges[1], "OOM")
        heard.machine.dropped(exchanges[1])
        heard.say(UP, command("SET", "a", "1") + command("EXEC"))
        assert heard.machine.duty(heard.exchanges[-1]) is None


def test_exec_itself_fails_for_what_was_queued_and_the_backend_discards():
    _, exchanges = asked(command("MULTI"), command("SET", "a", "1"), command("EXEC"))
    exec_ = exchanges[-1]
    assert legal(exec_) == {"LOADING", "BUSY", "MASTERDOWN", "NOAUTH", "OOM", "EXECABORT"} | WRITES
    assert error("OOM", exec_) == (
        b"-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.\r\n"
    )
    assert redis().remedy("OOM", exec_) == command("DISCARD")
    assert redis().remedy("OOM", exchanges[1]) == b""
    _, reads = asked(command("MULTI"), command("GET", "a"), command("EXEC"))
    assert error("OOM", reads[-1]) is None


def test_multi_that_never_arrived_opens_no_transaction():
    heard, (multi, read, exec_) = asked(command("MULTI"), command("BLPOP", "a", "0"), command("EXEC"))
    assert not error("UNBLOCKED", read)
    heard.machine.dropped(multi)
    assert error("UNBLOCKED", read)
    assert redis().remedy("BUSY", exec_) == b""
    assert heard.machine.duty(exec_) is None


def test_client_reply_on_that_never_arrived_leaves_the_answers_off():
    heard, exchanges = asked(
        command("CLIENT", "REPLY", "OFF"), command("CLIENT", "REPLY", "ON"), command("GET", "a"), command("RESET")
    )
    assert [e.answer_expected for e in exchanges] == [False, True, True, True]
    heard.machine.dropped(exchanges[1])
    heard.machine.answered(exchanges[1])
    assert [e.answer_expected for e in exchanges] == [False, True, False, True]
    heard.say(DOWN, b"+RESET\r\n")
    assert owned(heard.down) == [(4, b"+RESET\r\n")]
    assert heard.machine.opaque == ""


def test_multi_that_the_backend_refused_opens_no_transaction():
    heard, _ = asked(command("MULTI"))
    heard.say(DOWN, b"-NOPERM no\r\n")
    heard.say(UP, command("BLPOP", "a", "0"))
    assert "multi" not in heard.exchanges[1].facts


@pytest.mark.parametrize(
    ("request_", "label"),
    [
        (command("AUTH", "user", "secret"), "AUTH ?"),
        (command("HELLO", "3", "AUTH", "user", "secret"), "HELLO ?"),
        (command("hset", "k", "field", "secret"), "HSET k ?"),
        (command("MGET", "a", "b", "c", "d"), "MGET a b c ?"),
        (command("MSET", "a", "secret", "b", "secret"), "MSET a ?"),
        (command("EVAL", "secret", "2", "a", "b", "secret"), "EVAL a b ?"),
        (command("ZUNIONSTORE", "to", "2", "a", "b"), "ZUNIONSTORE to a b ?"),
        (command("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"), "XREADGROUP s ?"),
        (command("CONFIG", "SET", "requirepass", "secret"), "CONFIG SET ?"),
        (command("object", "encoding", "k"), "OBJECT ENCODING k"),
        (command("CLIENT", "secret"), "CLIENT ?"),
        (command("CLIENT", "REPLY", "secret"), "CLIENT REPLY ?"),
        (command("PUBLISH", "news", "secret"), "PUBLISH news ?"),
        (command("my secret", "secret"), "? ?"),
        (command("SET", "a\r\nb", "secret"), "SET a??b ?"),
        (command("GET", "k" * 500), "GET " + "k" * 195 + "…"),
        (command("GET"), "GET"),
        (b"auth secret\r\n", "AUTH ?"),
    ],
)
def test_a_label_has_names_and_no_values(request_, label):
    _, (exchange,) = asked(request_)
    assert exchange.label == label
    assert b"secret" not in (exchange.key or b"") or label.startswith("EVAL")


def test_the_draw_hangs_on_command_and_key_not_on_the_value():
    _, (first, again, other, lower) = asked(
        command("SET", "a", "1"), command("SET", "a", "2"), command("SET", "b", "1"), command("set", "a", "1")
    )
    assert first.key == again.key == lower.key != other.key


def test_every_command_of_the_table_is_framed_with_its_names():
    for name in COMMANDS:
        words = name.split("|")
        heard, (exchange,) = asked(command(*words, *["1"] * 8))
        assert exchange.label.split(" ")[: len(words)] == words
        assert exchange.request_done
        assert joined(heard.up) == command(*words, *["1"] * 8)
