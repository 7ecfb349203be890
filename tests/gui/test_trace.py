"""The decision trace of a journal row: what was drawn, who owned it, how to have it again."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from journal_rows import CATALOGUE, DELAY, at, entry, notice

from vaurien_core.options import values_of
from vaurien_gui.models.journal_text import Column, EntryText, local_time
from vaurien_gui.models.packing import pack
from vaurien_gui.models.trace import as_text, percent_text, trace

SAY = EntryText(CATALOGUE)


def lines(row, seed=42):
    return {line.label: line.text for line in trace(row, seed, SAY)}


def test_a_drawn_fault_explains_and_replays_itself():
    row = entry(
        2, "GET /x", draw=8.31, owned=(0.0, 10.0), occurrence=3, options=DELAY, planned_ms=263.0, measured_ms=264.2,
        phase="before", up=80,
    )  # fmt: skip
    said = lines(row)
    assert said["Decision"] == "drew 8.3 of 100 → delay owns 0–10 %"
    assert said["Replay"] == "seed 42, GET /x #3 on web"
    assert said["Options"] == "before yes, distribution uniform, jitter 100 ms, sleep 300 ms"
    assert said["Added"] == "planned 263.0 ms, measured 264.2 ms, 1.2 ms late"
    assert said["Phase"].startswith("before")
    assert said["Outcome"] == "200"
    assert said["Bytes"] == "80 B up, 2,800 B down"
    assert as_text(trace(row, 42, SAY)).startswith("Decision: drew 8.3 of 100")


def test_where_draws_hang_on_ordinals_these_are_said():
    assert lines(entry(5, draw=1.0, owned=(0.0, 8.0)))["Replay"] == "seed 42, connection 38, exchange 5 on web"
    assert lines(entry(5, draw=1.0, owned=(0.0, 8.0)), seed=None)["Replay"] == "connection 38, exchange 5 on web"


def test_an_override_drew_nothing():
    said = lines(entry(1, options=values_of({})))
    assert said["Decision"] == "held at delay by an override, nothing was drawn"
    assert "Replay" not in said


def test_a_debt_of_the_session_names_its_cause():
    assert (
        "error answered with an error before"
        in lines(entry(1, behavior="error", outcome="owed to the session"))["Decision"]
    )


def test_a_named_variant_says_what_it_is():
    assert lines(entry(1, behavior="delay", rule="slow", draw=1.0))["Behavior"] == "delay"


def test_a_sentence_is_its_own_explanation():
    said = lines(replace(notice(1, "start"), kind="change"))
    assert said == {"Said": "Start", "On": "all proxies", "At": local_time(at(1))}


@given(st.floats(0, 100, exclude_max=True), st.integers(0, 1_000_000), st.integers(1, 1_000_000))
def test_a_draw_never_reads_as_if_it_were_outside_its_range(draw, start, width):
    owned = (start / 10_000, min(100.0, (start + width) / 10_000))
    if not owned[0] <= draw < owned[1]:
        return
    shown = float(percent_text(draw, owned))
    assert owned[0] <= shown < owned[1] or shown == pytest.approx(draw, abs=1e-7)


def toxic(**changes):
    row = replace(entry(0, "downstream"), kind="toxic", ex=0, rule="slow-link", behavior="latency", outcome="")
    return replace(row, **changes)


def test_a_toxic_explains_its_toxicity_and_replays():
    said = lines(toxic(draw=31.2, owned=(0.0, 50.0)))
    assert said["Decision"] == "drew 31.2 of 100 → toxic slow-link acts on 0–50 % of connections"
    assert said["Replay"] == "seed 42, connection 38, downstream on web"
    assert said["Behavior"] == "latency"
    assert said["Stream"] == "downstream"
    assert said["Outcome"] == "it acts on this stream from here on"


def test_a_toxic_for_all_drew_nothing_and_was_no_override():
    said = lines(toxic(outcome="reset"))
    assert said["Decision"] == "toxic slow-link acts on every connection, nothing was drawn"
    assert "Replay" not in said
    assert said["Outcome"] == "it reset the connection"


def test_the_row_of_a_toxic_says_stream_name_and_that_it_acts():
    row = toxic(down=0)
    texts = [SAY.text(row, column) for column in Column]
    assert texts[Column.REQUEST] == "downstream"
    assert texts[Column.BEHAVIOR] == "slow-link"
    assert (texts[Column.BYTES], texts[Column.OUTCOME]) == ("", "acts")
    assert all(word in SAY.words(pack(row)) for word in ("toxic", "slow-link", "latency", "downstream"))
