"""Whatever is said and however it is cut: no byte lost, none altered, little held back."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st
from mysql_bytes import (
    BASE,
    COMPRESS,
    EOF_OK,
    MYSQL,
    SSL,
    column,
    command,
    eof,
    err,
    frame,
    greeting,
    login,
    ok,
    packet,
    query,
    result,
)

from tests.talks import DOWN, UP, Talk, assert_no_byte_is_lost, cut, noisy_script
from vaurien_core.protocols.mysql.framer import MysqlFramer
from vaurien_core.protocols.mysql.greeting import offering, read_greeting

ROW = b"\x0242"
UPS = [
    login(), login(BASE | MYSQL | COMPRESS), packet(1, (BASE | SSL).to_bytes(4, "little") + bytes(28)),
    query("SELECT 1"),
    command(0x16, b"SELECT ?"), command(0x17, b"\x05\0\0\0\0\x01\0\0\0"), command(0x19, b"\x05\0\0\0"), command(1),
    command(0x1C, b"\x05\0\0\0\x01\0\0\0"), command(0x11, b"u\0\0"), packet(2, b"more"), packet(3, b""), command(0x12),
    frame(0, query("SELECT 1")), frame(0, command(14), stored=True), b"\xff\xff\xff\0", b"\0\0\0\0",
]  # fmt: skip
DOWNS = [
    greeting(), greeting("5.5.5-10.11.19-MariaDB", BASE | COMPRESS | EOF_OK), ok(2), ok(1, 10), err(1, 1064, "x"),
    eof(1),
    eof(3, 0x42), result(ROW), result(ROW, deprecate=True), column(2), packet(1, b"\xfbf"), packet(2, b"\xfex\0"),
    packet(1, b"\0\x05\0\0\0\x01\0\x01\0\0\0\0"), packet(1, b"\xff\xff\xff\x01"), frame(1, result(ROW)),
    frame(1, ok(), stored=True), b"\xff\xff\xff\0", b"\0\0\0\1",
]  # fmt: skip


@given(noisy_script(UPS, DOWNS), st.integers(0, 2**16))
def test_any_bytes_come_out_as_they_went_in(script, drops):
    assert_no_byte_is_lost(MysqlFramer(), script, drops)


@given(st.data(), st.booleans(), noisy_script(UPS, DOWNS), st.integers(0, 2**16))
def test_any_bytes_come_out_as_they_went_in_behind_a_login(data, compressed, script, drops):
    caps = BASE | MYSQL | (COMPRESS if compressed else 0)
    begin = [(DOWN, greeting()), (UP, login(caps)), (DOWN, ok(2))]
    assert_no_byte_is_lost(MysqlFramer(), begin + script, drops)


operations = st.sampled_from(
    [
        (query("SELECT 1"), result(ROW, ROW), "OK"),
        (query("SELECT 1"), result(b"\xfb" * 300, b""), "OK"),
        (query("UPDATE t SET a = 1"), ok(), "OK"),
        (query("oops"), err(1, 1064, "x"), "ERR 1064"),
        (command(14), ok(), "OK"),
        (command(0x16, b"DO ?"), packet(1, b"\0\x05\0\0\0\0\0\x01\0\0\0\0") + column(2) + eof(3), "OK"),
        (command(0x17, b"\x05\0\0\0\0\x01\0\0\0"), result(b"\0\0\x05"), "OK"),
        (command(0x19, b"\x05\0\0\0"), b"", ""),
    ]
)


@given(st.data(), st.lists(operations, max_size=12), st.booleans())
def test_answers_belong_to_their_requests_however_they_are_cut(data, said, compressed):
    heard = Talk(MysqlFramer())
    heard.play([(DOWN, greeting()), (UP, login(BASE | MYSQL | (COMPRESS if compressed else 0))), (DOWN, ok(2))])
    expected = ["OK"]
    for request, answer, status in said:
        for way, packets in ((UP, request), (DOWN, answer)):
            stream = frame(0, packets, stored=data.draw(st.booleans())) if compressed and packets else packets
            for part in data.draw(cut(stream)):
                heard.say(way, part)
        expected.append(status)
    assert [e.status for e in heard.exchanges] == expected
    assert heard.machine.opaque == ""
    for exchange in heard.exchanges:
        pieces = [p for p in heard.down if p.exchange is exchange]
        assert not exchange.answer_expected or pieces[-1].last


def test_neither_large_statements_nor_large_rows_are_kept():
    heard = MysqlFramer()
    Talk(heard).play([(DOWN, greeting()), (UP, login()), (DOWN, ok(2))])
    size, part = 0xFFFFFF, bytes(1 << 16)
    begin = len(packet(0, b"")) + 1
    tracemalloc.start()
    try:
        out = sum(len(p.data) for p in heard.upstream(b"\xff\xff\xff\0\x03"))
        fed = begin
        while fed < size + 4:
            step = part[: size + 4 - fed]
            fed += len(step)
            out += sum(len(p.data) for p in heard.upstream(step))
            assert fed - out <= 64 * 1024
        pieces = heard.upstream(b"\x01\0\0\x01;")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert pieces[-1].last
    assert pieces[-1].exchange.answer_now
    assert most < 1 << 20


def test_a_bomb_is_not_inflated_at_once():
    heard = MysqlFramer()
    Talk(heard).play([(DOWN, greeting()), (UP, login(BASE | MYSQL | COMPRESS)), (DOWN, ok(2))])
    heard.upstream(frame(0, query("SELECT 1")))
    bomb = frame(1, result(*[bytes(1 << 20)] * 12))
    assert len(bomb) < 1 << 16
    tracemalloc.start()
    try:
        pieces = heard.downstream(bomb)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert b"".join(p.data for p in pieces) == bomb
    assert pieces[-1].exchange.status == "OK"
    assert most < 1 << 20


def test_a_greeting_that_offers_less_differs_in_its_flags_only():
    whole = greeting()[4:]
    less = offering(whole, off=SSL | COMPRESS | EOF_OK)
    assert read_greeting(less).capabilities == read_greeting(whole).capabilities & ~(SSL | COMPRESS | EOF_OK)
    assert len(less) == len(whole)
    assert sum(a != b for a, b in zip(less, whole, strict=True)) <= 4
    assert offering(b"no greeting", off=SSL) == b"no greeting"
