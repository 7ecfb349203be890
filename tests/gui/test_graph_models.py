"""What the graphs show, as values: the part of time, the panels, markers, readings, and the data table."""

import csv
import io
import math

import numpy as np
import pytest
from graphs_traffic import Traffic
from hypothesis import given
from hypothesis import strategies as st
from journal_rows import at as journal_time
from journal_rows import entry, notice

from vaurien_core.model.events import ProxySample, Sample
from vaurien_gui.models import graph_values
from vaurien_gui.models.graphs_look import GraphsLook, PanelLayout
from vaurien_gui.models.history import History
from vaurien_gui.models.history_csv import snapshot, write_csv
from vaurien_gui.models.markers import neighbour, row_at, wall_of
from vaurien_gui.models.shown import Marker
from vaurien_gui.models.time_view import LONGEST_S, SHORTEST_S, Limits, TimeView

LIMITS = Limits(oldest=100.0, now=1000.0)


def test_zooming_keeps_what_is_under_the_pointer_where_it_is():
    view = TimeView(60.0).zoomed(0.5, 970.0, LIMITS)
    assert view.span == 30
    assert not view.live
    before = (1000.0 - 970.0) / 60
    assert (view.last(LIMITS) - 970.0) / view.span == pytest.approx(before)


@given(
    st.floats(SHORTEST_S, LONGEST_S),
    st.lists(st.tuples(st.sampled_from(["zoom", "pan"]), st.floats(-5000, 5000)), max_size=12),
)
def test_no_zoom_and_no_drag_leaves_what_can_be_looked_at(span, moves):
    view = TimeView(span)
    for kind, amount in moves:
        if kind == "zoom":
            view = view.zoomed(2.0 ** (amount / 2000), view.last(LIMITS) - view.span * 0.3, LIMITS)
        else:
            view = view.panned(amount, LIMITS)
        assert SHORTEST_S <= view.span <= LONGEST_S
        assert view.last(LIMITS) <= LIMITS.now
        assert view.last(LIMITS) >= min(LIMITS.now, LIMITS.oldest + view.span / 2) - 1e-6


def test_a_time_out_of_sight_comes_into_the_middle_and_one_in_sight_moves_nothing():
    view = TimeView(60.0)
    assert view.showing(960.0, LIMITS) is view
    far = view.showing(500.0, LIMITS)
    assert far.end == 530.0


def test_a_hidden_panel_keeps_its_place_and_the_last_one_stays():
    layout = PanelLayout()
    assert "connections" not in layout.shown
    layout = layout.toggled("connections").toggled("injected")
    assert layout.shown == ("throughput", "errors", "latency", "connections")
    assert layout.moved("latency", -1).shown == ("throughput", "latency", "errors", "connections")
    assert layout.moved("latency", -1).toggled("injected").shown[1] == "injected"
    for key in layout.shown:
        layout = layout.toggled(key)
    assert len(layout.shown) == 1


def test_a_maximised_panel_is_alone_until_it_is_asked_again():
    layout = PanelLayout().maximised("latency")
    assert layout.shown == ("latency",)
    assert layout.maximised("latency") == PanelLayout()


@given(st.permutations(list(PanelLayout().order)), st.sets(st.sampled_from(PanelLayout().order), max_size=4))
def test_a_layout_survives_the_settings(order, hidden):
    layout = PanelLayout(tuple(order), frozenset(hidden))
    assert PanelLayout.from_text(layout.to_text()) == layout


def test_settings_of_another_version_are_taken_as_far_as_they_are_known():
    layout = PanelLayout.from_text("latency nonsense -errors")
    assert layout.order[:2] == ("latency", "errors")
    assert set(layout.order) == set(PanelLayout().order)
    assert layout.shown == ("latency", "throughput", "injected")
    everything_off = "-throughput -injected -errors -latency -connections"
    assert PanelLayout.from_text(everything_off).shown == PanelLayout().shown


def test_markers_are_found_in_order_and_around():
    markers = (Marker(1, 5.0, "a"), Marker(2, 9.0, "b"), Marker(3, 7.0, "c"))
    assert neighbour(markers, 5.0, 1).number == 3
    assert neighbour(markers, 9.0, 1).number == 1
    assert neighbour(markers, 5.0, -1).number == 2
    assert neighbour((), 5.0, 1) is None


def test_a_markers_row_is_the_sentence_beside_it_rather_than_the_nearest_exchange():
    rows = (entry(1, at=journal_time(10)), notice(2, "Start.", at=journal_time(12)), entry(3, at=journal_time(12, 100)))
    wall = wall_of(rows[2])
    assert row_at(rows, wall) == 1
    assert row_at(rows, wall_of(rows[0]) + 0.9) == 0
    assert row_at((), wall) is None
    two = (
        notice(1, "web: backend changed", at=journal_time(12)),
        notice(2, "Start. Seed 42.", at=journal_time(12, 200)),
    )
    assert row_at(two, wall_of(two[0]), "Start") == 1
    assert row_at(two, wall_of(two[0]), "Resume") == 0


def fed(seconds=40, on=True):
    history, traffic = History(), Traffic()
    traffic.feed(history, seconds, on=on)
    return history


def test_the_crosshair_reads_every_series_at_one_second():
    history = fed()
    series = history.window(30)
    values = graph_values.at(series, 30.2)
    index = int(np.argmin(abs(series.t - 30.2)))
    for name in ("down", "p95", "connections", "opened", "p95_normal", "p95_faulted"):
        assert values[name] == float(series.values[name][index])
    bar = int(np.flatnonzero(series.bins == 30)[0])
    assert values["injected.delay"] == float(series.injected["delay"][bar])


def test_latencies_of_normal_and_faulted_exchanges_are_told_apart():
    values = graph_values.at(fed().window(30), 30.0)
    assert values["p95_normal"] < 0.01
    assert 0.2 < values["p50_faulted"] < 0.41
    assert values["p95"] >= values["p95_normal"]
    quiet = graph_values.at(fed(on=False).window(30), 30.0)
    assert math.isnan(quiet["p50_faulted"])
    assert quiet["p50"] == quiet["p50_normal"]


def test_the_table_says_what_the_crosshair_says():
    series = fed().window(30)
    columns = graph_values.columns((("delay", "Delay"), ("error", "Error")), "faulted")
    rows = graph_values.rows(series, columns)
    assert len(rows.times) == 30
    assert list(rows.times) == sorted(rows.times, reverse=True)
    for row in (0, 7, 25):
        values = graph_values.at(series, rows.times[row])
        for number, column in enumerate(columns, 1):
            assert rows.text(row, number) == graph_values.text_of(column, values[column.key])
    assert rows.text(0, 1).endswith(" /s")


def steady(history, start, end, spike_at=None):
    for i in range(start * 10, end * 10):
        t = i / 10
        errors = 500 if spike_at is not None and t >= spike_at else 0
        history.add(Sample(t, 1e6 + t, (ProxySample("web", exchanges=i * 10, errors_injected=errors),)))


def test_a_spike_of_one_second_is_still_there_in_an_hour():
    history = History()
    steady(history, 0, 3590, spike_at=1800.0)
    hour = history.window(3600)
    assert len(hour.t) <= 1002
    assert np.nanmax(hour.values["errors_injected"]) == pytest.approx(500, rel=0.2)
    assert np.nanmedian(hour.values["exchanges"]) == pytest.approx(100, rel=0.01)


def test_what_the_ring_has_overwritten_is_a_hole_and_not_newer_values():
    history = History(seconds=120)
    steady(history, 0, 100)
    paused_at = history.now
    steady(history, 100, 180)
    series = history.window(60, end=paused_at)
    kept = series.t > history.now - 119
    assert np.isnan(series.values["exchanges"][series.t < history.now - 121]).all()
    assert np.isfinite(series.values["exchanges"][kept & (series.t < paused_at)]).all()


def test_the_csv_has_the_window_asked_for_and_a_snapshot_stands_still():
    history, traffic = History(), Traffic()
    traffic.feed(history, 60, on=True)
    taken = snapshot(history, 10, end=40.0)
    traffic.feed(history, 20)
    text = io.StringIO()
    lines = write_csv(taken, text)
    rows = list(csv.DictReader(io.StringIO(text.getvalue())))
    assert len(rows) == lines > 100
    assert set(rows[0]) == {"time_iso", "t_s", "series", "value"}
    assert {30 <= float(row["t_s"]) <= 40 for row in rows} == {True}
    assert {"injected.delay", "p95_faulted", "opened"} <= {row["series"] for row in rows}


def test_a_class_of_markers_is_hidden_and_comes_back():
    look = GraphsLook().markers_toggled("probe")
    assert not look.shows("probe")
    assert look.shows("note")
    assert look.markers_toggled("probe").shows("probe")
