"""Ceilings, ticks, amounts and the values as CSV."""

import csv
import io
import math

import pytest
from graphs_traffic import Traffic
from hypothesis import given
from hypothesis import strategies as st

from vaurien_gui.models import amounts
from vaurien_gui.models.history import History
from vaurien_gui.models.history_csv import snapshot, write_csv
from vaurien_gui.views.graphs.scale import LinearScale, LogScale, round_up


@given(st.floats(1e-6, 1e12))
def test_a_ceiling_is_round_and_not_far_above(value):
    top = round_up(value)
    assert value * (1 - 1e-6) <= top <= value * 1.6
    digits = f"{top:.3e}".split("e")[0]
    assert float(digits) in (1, 1.5, 2, 3, 4, 5, 6, 8, 10)


def test_a_ceiling_grows_at_once_and_shrinks_after_five_seconds():
    scale = LinearScale()
    assert scale.ticks(0, 14, 0).high == 15
    assert scale.ticks(0, 28, 1).high == 30
    assert scale.ticks(0, 9, 2).high == 30
    assert scale.ticks(0, 13, 4).high == 30
    assert scale.ticks(0, 9, 6).high == 30
    assert scale.ticks(0, 9, 8.9).high == 30
    assert scale.ticks(0, 9, 9.1).high == 15
    assert scale.ticks(0, 9, 9.3).high == 15
    assert scale.ticks(0, 9, 14.4).high == 10


def test_labels_have_the_unit_on_top_only():
    labels = [label for _, label in LinearScale(bytes_=True, least=1000.0).ticks(0, 380_000, 0).marks]
    assert labels == ["0", "200", "400 kB/s"]
    assert [label for _, label in LinearScale().ticks(0, 14, 0).marks] == ["0", "", "15 /s"]
    assert [label for _, label in LinearScale().ticks(math.nan, math.nan, 0).marks] == ["0", "1", "2 /s"]
    assert [label for _, label in LinearScale(bytes_=True).ticks(0, 2.9e9, 0).marks][-1] == "3 GB/s"


def test_latency_has_a_line_per_decade():
    scale = LogScale()
    ticks = scale.ticks(math.log10(0.7), math.log10(391), 0)
    assert ticks.marks == ((-0.5, ""), (0.0, "1"), (1.0, "10"), (2.0, "100"), (3.0, "1,000 ms"))
    low = LogScale().ticks(math.log10(0.02), math.log10(0.4), 0)
    assert low.low <= math.log10(0.02)
    assert [label for _, label in low.marks if label][-1] == "100 ms"
    wide = LogScale().ticks(-2.0, 5.0, 0)
    assert len(wide.marks) <= 6
    assert wide.low <= -2
    assert wide.high >= 5


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (amounts.throughput(262_400), "262 kB/s"),
        (amounts.throughput(22_940), "22.9 kB/s"),
        (amounts.throughput(1_210_000), "1.21 MB/s"),
        (amounts.throughput(999_700), "1.00 MB/s"),
        (amounts.throughput(0), "0 B/s"),
        (amounts.throughput(math.nan), "–"),
        (amounts.size(4_100), "4.1 kB"),
        (amounts.size(312), "312 B"),
        (amounts.latency(0.0009), "0.9 ms"),
        (amounts.latency(0.00004), "0.04 ms"),
        (amounts.latency(0.3014), "301 ms"),
        (amounts.latency(12.4), "12.4 s"),
        (amounts.latency(math.nan), "–"),
        (amounts.count_rate(12.1), "12.1"),
        (amounts.count_rate(12_345.6), "12,346"),
        (amounts.percent(19.84), "19.8"),
        (amounts.clock(42.9), "00:42"),
    ],
)
def test_amounts_read_as_drawn(said, text):
    assert said == text


def test_values_are_exported_one_a_line():
    history, traffic = History(), Traffic()
    traffic.feed(history, 5)
    traffic.feed(history, 5, on=True)
    stream = io.StringIO()
    lines = write_csv(snapshot(history, 3600), stream)
    rows = list(csv.DictReader(io.StringIO(stream.getvalue())))
    assert len(rows) == lines > 50
    assert {"down", "p95", "injected.delay"} <= {row["series"] for row in rows}
    seconds = sorted(float(row["t_s"]) for row in rows if row["series"] == "injected.delay")
    assert seconds == [float(n) for n in range(11)]
    assert sum(row["series"] == "down" for row in rows) == 20
    assert all(math.isfinite(float(row["value"])) for row in rows)
    assert rows[0]["time_iso"].endswith("+00:00")
