"""The history that the graphs draw: rates, bins, holes, restarts."""

import math

import numpy as np
import pytest

from vaurien_core.model.events import ProxySample, Sample
from vaurien_core.model.histogram import Histogram
from vaurien_gui.models.history import History


def proxy(name, t, per_second, **changes):
    """Counters of a proxy that has had steady traffic for t seconds."""
    n = round(t * per_second)
    base = {"up_written": 100 * n, "down_written": 1000 * n, "exchanges": n, "connections": n, "connections_open": 4}
    return ProxySample(name, **{**base, **changes})


def feed(history, start, end, make, wall=1_000_000.0):
    """Ten samples a second over [start, end), on the engine's clock."""
    for i in range(round(start * 10), round(end * 10)):
        t = i / 10
        made = make(t)
        history.add(Sample(t, wall + t, made if isinstance(made, tuple) else (made,)))


def test_rates_are_per_second_and_reach_the_present():
    history = History()
    feed(history, 0, 20, lambda t: proxy("web", t, 50))
    series = history.window(10)
    assert series.end == pytest.approx(19.9)
    assert series.t[-1] == pytest.approx(19.9)
    inside = series.t > series.start
    assert series.values["down"][inside] == pytest.approx(50_000)
    assert series.values["exchanges"][inside] == pytest.approx(50)
    assert history.tiles().exchanges == pytest.approx(50)
    assert history.tiles().connections == 4


def test_a_burst_shows_for_one_second_and_not_as_a_spike_of_one_sample():
    history = History()
    feed(history, 0, 10, lambda t: proxy("web", 0, 1, exchanges=0 if t < 5 else 30))
    values = history.window(10).values["exchanges"]
    assert np.nanmax(values) == pytest.approx(30, rel=0.1)
    assert np.count_nonzero(np.nan_to_num(values) > 0) == 2


def test_before_the_first_sample_there_is_nothing_rather_than_zero():
    history = History()
    feed(history, 0, 3, lambda t: proxy("web", t, 50))
    series = history.window(30)
    assert np.isnan(series.values["down"][series.t < 0.4]).all()
    assert np.isfinite(series.values["down"][series.t > 1]).all()


def test_a_long_hole_stays_a_hole_and_a_short_one_is_bridged():
    history = History()
    feed(history, 0, 10, lambda t: proxy("web", t, 50))
    feed(history, 11, 20, lambda t: proxy("web", t, 50))
    feed(history, 26, 30, lambda t: proxy("web", t, 50))
    series = history.window(30)
    values = series.values["down"]
    assert np.isfinite(values[(series.t > 9) & (series.t < 12)]).all()
    assert np.isnan(values[(series.t > 20.6) & (series.t < 26)]).all()
    assert values[np.isfinite(values)] == pytest.approx(50_000, rel=0.01)


def test_a_new_engine_begins_a_new_segment_without_negative_rates():
    history = History()
    feed(history, 0, 20, lambda t: proxy("web", t, 50, hits=(("error", round(t) * 5),)))
    assert history.place(3.0) == 3.0
    feed(history, 0, 5, lambda t: proxy("web", t, 10, hits=(("error", round(t)),)), wall=1_000_022.0)
    assert history.now == pytest.approx(22 + 4.9)
    assert history.place(3.0) == pytest.approx(25)
    series = history.window(60)
    values = series.values["exchanges"]
    assert np.nanmin(values) >= 0
    assert values[-1] == pytest.approx(10)
    assert np.isnan(values[(series.t > 20.5) & (series.t < 22)]).all()
    assert series.injected["error"].min() >= 0
    assert series.injected["error"].sum() <= 20 * 5 + 5


def test_injected_faults_are_counted_in_whole_seconds():
    history = History()
    feed(history, 0, 30.1, lambda t: proxy("web", t, 50, hits=(("delay", 7 * math.floor(t + 0.95)), ("hang", 0))))
    series = history.window(30)
    assert series.bin_s == 1
    assert set(series.injected) == {"delay"}
    full = (series.bins >= 1) & (series.bins < 30)
    assert series.injected["delay"][full].tolist() == [7.0] * 29
    assert series.bins.tolist() == sorted(float(b) for b in series.bins) == list(range(31))


def test_long_windows_have_few_bars_at_fixed_places_and_few_points():
    history = History()
    feed(history, 0, 910, lambda t: proxy("web", t, 5, hits=(("delay", math.floor(2 * t)),)))
    series = history.window(900)
    assert series.bin_s == 15
    assert len(series.bins) <= 62
    assert all(edge % 15 == 0 for edge in series.bins)
    assert series.injected["delay"][5] == pytest.approx(2, rel=0.1)
    assert len(series.t) <= 1002
    later = History.window(history, 900, end=history.now - 0.5)
    assert set(later.t[2:-2]) <= set(series.t)


def test_all_proxies_are_the_sum_and_a_removed_one_leaves_no_negative_rate():
    history = History()
    feed(history, 0, 10, lambda t: (proxy("a", t, 50), proxy("b", t, 20)))
    assert history.window(5).values["exchanges"][-1] == pytest.approx(70)
    assert history.window(5, "b").values["exchanges"][-1] == pytest.approx(20)
    feed(history, 10, 15, lambda t: proxy("a", t, 50))
    assert history.window(12).values["exchanges"][-1] == pytest.approx(50)
    assert np.nanmin(history.window(12).values["exchanges"]) >= 49
    assert np.isnan(history.window(3, "b").values["exchanges"]).all()
    assert math.isnan(history.tiles("b").exchanges)
    feed(history, 15, 20, lambda t: (proxy("a", t, 50), proxy("b", t - 15, 10)))
    assert np.nanmin(history.window(20).values["exchanges"]) >= 49
    assert history.window(3, "b").values["exchanges"][-1] == pytest.approx(10)


def test_quantiles_come_from_the_last_second_only():
    slow, fast = Histogram(), Histogram()
    history = History()

    def make(t):
        (slow if t < 10 else fast).record(1.0 if t < 10 else 0.001)
        return proxy("web", t, 10, latency=fast.snapshot(), latency_faulted=slow.snapshot())

    feed(history, 0, 20, make)
    series = history.window(20)
    assert series.values["p95"][(series.t > 2) & (series.t < 9)] == pytest.approx(1.0, rel=0.08)
    assert history.tiles().p95 == pytest.approx(0.001, rel=0.08)


def test_without_answers_there_is_no_latency():
    history = History()
    feed(history, 0, 5, lambda t: proxy("web", t, 0))
    assert np.isnan(history.window(5).values["p95"]).all()
    assert math.isnan(history.tiles().faults)


def test_shares_are_those_of_the_last_seconds():
    history = History()
    feed(history, 0, 30, lambda t: proxy("web", t, 100, injected=round(t * 10), hits=(("delay", round(t * 10)),)))
    percent, rate = history.share("web", "delay")
    assert percent == pytest.approx(10, rel=0.05)
    assert rate == pytest.approx(10, rel=0.1)
    assert history.tiles("web").faults == pytest.approx(10, rel=0.05)
    feed(history, 30, 33, lambda t: proxy("web", t, 100, injected=300, hits=(("delay", 300),)))
    assert history.share("web", "delay")[1] == 0
    assert history.share("web", "hang") == (0.0, 0.0)
    assert math.isnan(history.share("nobody", "delay")[0])


def test_the_ring_forgets_what_is_older_than_it_keeps():
    history = History(seconds=60)
    feed(history, 0, 200, lambda t: proxy("web", t, 10, hits=(("delay", round(t)),)))
    series = history.window(60)
    assert np.isfinite(series.values["down"]).all()
    assert len(series.t) == 120
    assert series.injected["delay"][1:-1].tolist() == [1.0] * 58


def test_a_past_window_does_not_change_while_paused():
    history = History()
    feed(history, 0, 40, lambda t: proxy("web", t, 10 + round(t)))
    before = history.window(10, end=30.0)
    kept = before.values["down"].copy()
    feed(history, 40, 50, lambda t: proxy("web", t, 10))
    again = history.window(10, end=30.0)
    assert np.array_equal(kept, again.values["down"], equal_nan=True)
    assert again.end == 30.0


def test_clearing_keeps_the_clock():
    history = History()
    feed(history, 0, 10, lambda t: proxy("web", t, 10))
    history.clear()
    assert history.empty
    assert history.now == pytest.approx(9.9)
    assert np.isnan(history.window(10).values["down"]).all()
    feed(history, 10, 15, lambda t: proxy("web", t, 10))
    series = history.window(20)
    assert np.isnan(series.values["down"][series.t < 10]).all()
    assert series.values["down"][-1] == pytest.approx(10_000)
