"""error and transient: which error, in which phase, and when not."""

from __future__ import annotations

import pytest
from acting import FakeAct, act_with

from vaurien_core.behaviors.error import Error
from vaurien_core.behaviors.transient import Transient
from vaurien_core.model.catalogue import ErrorInfo, ProtocolInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.http import Http

CATALOGUE = (
    ErrorInfo("busy", "Busy", random=True),
    ErrorInfo("gone", "Gone", closes=True),
    ErrorInfo("deadlock", "Deadlock", phases=("before",), random=True),
    ErrorInfo("full", "Too many connections", at="connect", closes=True),
)
DB = ProtocolInfo("db", "DB", "", errors=CATALOGUE)


def on_db(**known: object) -> FakeAct:
    return FakeAct(protocol="db", errors=CATALOGUE, **known)


def test_tcp_answers_with_a_thousand_drawn_bytes():
    act = act_with(Error, FakeAct())
    assert act.calls == [("reply", b"e" * 1000, False)]
    assert act.phases == ["before"]


def test_tcp_knows_no_end_of_an_answer_to_replace():
    assert act_with(Error, FakeAct(), phase="after").calls[0][0] == "not_applicable"


@pytest.mark.parametrize("options", [{}, {"error": "503"}, {"phase": "after"}, {"inject": True}])
def test_on_a_stream_that_turned_opaque_no_error_acts_and_the_reason_is_said(options):
    act = act_with(Error, FakeAct(opaque="upgraded to websocket"), **options)
    assert act.calls == [("not_applicable", "the stream is opaque: upgraded to websocket")]


def test_inject_inserts_64_bytes_into_the_answer_of_any_protocol_but_http():
    assert act_with(Error, FakeAct(), inject=True).calls == [("insert", b"i" * 64)]
    assert act_with(Error, on_db(), inject=True).calls == [("insert", b"i" * 64)]


def test_http_ignores_inject():
    act = act_with(Error, FakeAct(protocol="http", errors=Http.errors), inject=True)
    assert act.calls == [("reply", b"503", False)]


@pytest.mark.parametrize(("number", "name"), [(0.0, "500"), (0.25, "502"), (0.5, "503"), (0.999, "504")])
def test_a_random_http_error_is_one_of_four(number, name):
    act = act_with(Error, FakeAct(protocol="http", errors=Http.errors, draws={"error": number}))
    assert act.calls == [("reply", name.encode(), False)]
    assert act.noted == {"error": name}


def test_random_picks_only_what_may_be_sent_in_the_phase_and_leaves_the_session_usable():
    picked = {act_with(Error, on_db(draws={"error": n / 10})).noted["error"] for n in range(10)}
    assert picked == {"busy", "deadlock"}
    picked = {act_with(Error, on_db(draws={"error": n / 10}), phase="after").noted["error"] for n in range(10)}
    assert picked == {"busy"}


def test_random_leaves_out_what_the_protocol_refuses_for_this_exchange():
    act = on_db(render=lambda name, exchange, close: None if name == "busy" else b"-", draws={"error": 0.0})
    assert act_with(Error, act).noted == {"error": "deadlock"}


def test_where_no_error_is_legal_the_exchange_passes():
    act = act_with(Error, on_db(render=lambda name, exchange, close: None))
    assert act.calls == [("not_applicable", "no error of db is legal here")]
    assert act.phases == []


def test_a_named_error_is_sent_and_closes_if_it_says_so():
    act = act_with(Error, on_db(), error="gone", phase="after")
    assert act.calls == [("replace_answer", b"gone", True)]
    assert act.phases == ["after"]
    assert act.drawn == []


@pytest.mark.parametrize(
    ("ordinal", "options"),
    [(1, {"error": "deadlock", "phase": "after"}), (1, {"error": "full"}), (0, {"error": "busy"})],
)
def test_a_named_error_that_is_not_legal_here_passes_the_exchange(ordinal, options):
    act = act_with(Error, on_db(exchange=Exchange(ordinal)), **options)
    assert act.calls == [("not_applicable", f"error {options['error']} is not legal here")]


def test_the_connect_phase_has_errors_of_its_own():
    act = act_with(Error, on_db(exchange=Exchange(0)), error="full")
    assert act.calls == [("reply", b"full", True)]


def test_the_first_exchanges_warm_up():
    seen = [act_with(Error, on_db(hit=hit), warmup=2).calls[0][0] for hit in (1, 2, 3, 4)]
    assert seen == ["skip", "skip", "reply", "reply"]


def test_transient_fails_once_and_then_never_again():
    seen = [act_with(Transient, on_db(hit=hit)).calls[0][0] for hit in (1, 2, 3)]
    assert seen == ["reply", "skip", "skip"]


def test_transient_counts_its_failures_behind_the_warm_up():
    seen = [act_with(Transient, on_db(hit=hit), warmup=1, agitate=2).calls[0][0] for hit in range(1, 6)]
    assert seen == ["skip", "reply", "reply", "skip", "skip"]


@pytest.mark.parametrize("kind", [Error, Transient])
@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, ""),
        ({"error": "busy"}, ""),
        ({"error": "dedlock"}, 'error: db has no error "dedlock", did you mean "deadlock"?'),
        ({"error": "deadlock", "phase": "after"}, "error: deadlock can be sent before only, and phase is after."),
    ],
)
def test_a_profile_that_names_an_impossible_error_is_found_out(kind, options, problem):
    assert kind.check(kind.Options.build(options), DB) == problem


def test_a_protocol_without_errors_says_what_may_be_asked_of_it():
    problem = Error.check(Error.Options.build({"error": "503"}), ProtocolInfo("tcp", "TCP", ""))
    assert problem == 'error: tcp has no error "503", known: random.'


def test_an_error_name_cannot_smuggle_markup_into_the_preview():
    assert "<i>" not in Error.sentence(Error.Options.build({"error": "<i>x</i>"}))


def test_the_preview_says_which_error_and_whether_the_backend_sees_the_request():
    assert Error.sentence(Error.Options()) == "are answered with <b>a random error</b>; the backend never sees them"
    after = Error.Options.build({"error": "503", "phase": "after"})
    assert Error.sentence(after) == "are answered with <b>error 503</b> after the backend has done them"
    assert Transient.sentence(Transient.Options.build({"agitate": 3})).endswith("but only the first <b>3</b>")


def test_an_error_before_takes_its_remedy_upstream_and_is_remembered():
    act = on_db()
    act.remedies["deadlock"] = b"ROLLBACK"
    act_with(Error, act, error="deadlock")
    assert act.calls == [("reply", b"deadlock", False, b"ROLLBACK")]
    assert act.failures == ["deadlock"]


def test_an_error_after_is_remembered_and_needs_no_remedy():
    act = on_db()
    act.remedies["busy"] = b"ROLLBACK"
    act_with(Error, act, error="busy", phase="after")
    assert act.calls == [("replace_answer", b"busy", False)]
    assert act.failures == ["busy"]


@pytest.mark.parametrize("kind", [Error, Transient])
@pytest.mark.parametrize(("error", "expected"), [("random", False), ("busy", False), ("full", True)])
def test_only_a_named_error_of_the_connect_phase_moves_a_rule_there(kind, error, expected):
    assert kind(kind.Options.build({"error": error})).at_connect(CATALOGUE) is expected


def test_random_never_picks_an_error_of_the_connect_phase():
    catalogue = (ErrorInfo("full", "Full", at="connect", random=True), ErrorInfo("busy", "Busy", random=True))
    for drawn in (0.0, 0.3, 0.6, 0.99):
        act = act_with(Error, FakeAct(protocol="db", errors=catalogue, draws={"error": drawn}))
        assert act.noted == {"error": "busy"}
