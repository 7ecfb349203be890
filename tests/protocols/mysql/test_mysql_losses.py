"""Answers that are cut among their rows: how far they pass, however they come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mysql_bytes import BASE, COMPRESS, EOF_OK, MYSQL, command, err, frame, greeting, login, ok, packet, query, result

from tests.talks import DOWN, UP, Talk, cut
from vaurien_core.model.answer import Ending, Remade, Untouched
from vaurien_core.protocols.mysql import Mysql

CAPS = BASE | MYSQL
ROWS = [b"\x01a", b"\x02bb", b"\x03ccc"]


def asked(request: bytes, name: str, caps: int = CAPS, **options: object) -> Remade | None:
    """The entry as the answer to this request."""
    protocol = Mysql(Mysql.Options.build(options))
    heard = Talk(protocol.framer())
    heard.play([(DOWN, greeting()), (UP, login(caps)), (DOWN, ok(2)), (UP, request)])
    answer = protocol.error(name, heard.exchanges[-1], close=True, wall=0.0, extra={"phase": "after"})
    assert answer is None or isinstance(answer, Remade)
    return answer


def heard_of(answer: Remade, parts: list[bytes]) -> tuple[bytes, bool] | str:
    """What the client gets of an answer in these parts, and whether it is closed; or why all of it passes."""
    remaker = answer.make()
    out = b""
    for number, part in enumerate(parts, 1):
        made = remaker.feed(part, interim=False, last=number == len(parts))
        if isinstance(made, Untouched):
            assert not out
            return made.reason
        out += made.data
        if made.ending is not Ending.GO_ON:
            assert made.ending is Ending.CLOSE
            return out, True
    return out, False


def before(answer: bytes, mark: bytes) -> bytes:
    return answer[: answer.index(mark)]


@pytest.mark.parametrize("deprecate", [False, True])
@given(data=st.data())
def test_a_result_is_cut_where_it_is_asked_for(deprecate, data):
    caps = CAPS | (EOF_OK if deprecate else 0)
    whole = result(*ROWS, deprecate=deprecate)
    first = 4 if deprecate else 5
    second = packet(first - 1 + 1, ROWS[1])
    parts = data.draw(cut(whole))
    request = query("SELECT a FROM t")
    row = len(before(whole, packet(first - 1, ROWS[0])))
    assert heard_of(asked(request, "lost-in-row", caps), parts) == (whole[: row + 4 + 1], True)
    assert heard_of(asked(request, "lost-after-rows", caps), parts) == (before(whole, second), True)
    assert heard_of(asked(request, "lost-after-rows", caps, rows=0), parts) == (whole[:row], True)
    assert heard_of(asked(request, "lost-idle", caps), parts) == (whole, True)
    rows_end = len(before(whole, packet(first + 1, ROWS[2]))) + 4 + len(ROWS[2])
    assert heard_of(asked(request, "lost-after-rows", caps, rows=9), parts) == (whole[:rows_end], True)


@pytest.mark.parametrize("answer", [ok(), err(1, 1064, "no"), result(), result(deprecate=False, status=0x42)])
@given(data=st.data())
def test_an_answer_without_rows_is_left_alone(answer, data):
    parts = data.draw(cut(answer))
    for name in ("lost-in-row", "lost-after-rows"):
        assert heard_of(asked(query("DO 1"), name), parts) == "the answer has no row"


@given(st.binary(max_size=200).flatmap(cut), st.sampled_from(["lost-in-row", "lost-after-rows", "lost-idle"]))
def test_whatever_comes_the_client_gets_the_beginning_of_it(parts, name):
    heard = heard_of(asked(query("SELECT 1"), name), parts) if parts else ""
    assert isinstance(heard, str) or b"".join(parts).startswith(heard[0])


def test_rows_over_16_mb_are_halved_or_passed_whole():
    head = before(result(ROWS[0]), packet(4, ROWS[0]))
    large = b"\xff\xff\xff\x04" + bytes(0xFFFFFF) + b"\x01\0\0\x05x"
    whole = head + large + packet(6, ROWS[1]) + packet(7, b"\xfe\0\0\2\0")
    parts = [whole[at : at + 65536] for at in range(0, len(whole), 65536)]
    heard = heard_of(asked(query("SELECT 1"), "lost-after-rows"), parts)
    assert (len(heard[0]), heard[1]) == (len(head) + len(large), True)
    heard = heard_of(asked(query("SELECT 1"), "lost-in-row"), parts)
    assert len(heard[0]) == len(head) + 4 + 0xFFFFFF // 2


def test_only_results_have_rows_and_compressed_frames_show_no_borders():
    for name in ("lost-in-row", "lost-after-rows"):
        assert asked(command(14), name) is None
        assert asked(frame(0, query("SELECT 1")), name, CAPS | COMPRESS) is None
        assert asked(command(0x17, b"\x05\0\0\0\0\x01\0\0\0"), name) is not None
    assert asked(frame(0, query("SELECT 1")), "lost-idle", CAPS | COMPRESS) is not None
    assert asked(command(14), "lost-idle") is not None
    assert asked(command(1), "lost-idle") is None
