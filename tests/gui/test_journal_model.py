"""The journal's rows: bounded, batched, filtered, said in words."""

import csv
import io
import itertools
import json
import time

import pytest
from journal_rows import CATALOGUE, DELAY, DRAWN, entry, notice
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from vaurien_core.model.events import Entry
from vaurien_core.model.wire import from_json
from vaurien_core.options import values_of
from vaurien_gui.models.journal_export import write_csv, write_jsonl
from vaurien_gui.models.journal_model import BATCH, TSV_HEAD, JournalModel
from vaurien_gui.models.journal_text import Column, EntryText


@pytest.fixture
def model(qapp):
    model = JournalModel()
    model.tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    return model


def cells(model, row):
    return [model.data(model.index(row, column)) for column in Column]


def test_a_row_reads_as_drawn(model):
    model.set_catalogue(CATALOGUE)
    model.add(DRAWN)
    assert cells(model, 1) == [
        "15:47:29.904", "web", "127.0.0.1:51204", "38", "GET /search?q=?", "delay", "300 ms ± 100", "+264 ms", "4.1 kB",
        "200",
    ]  # fmt: skip
    assert cells(model, 2)[5:] == ["error", "503, before", "", "312 B", "503 injected"]
    assert cells(model, 0)[7] == "held"
    assert cells(model, 3) == ["15:47:30.004", "all", "", "", DRAWN[3].text, "", "", "", "", ""]
    assert model.headerData(Column.ADDED, Qt.Orientation.Horizontal) == "Added"
    assert model.data(model.index(0, Column.BYTES), Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (DELAY, "300 ms ± 100"),
        (values_of({"sleep": 2.0, "jitter": 0.0, "before": False}), "2 s"),
        (values_of({"sleep": 2.0, "jitter": 0.5}), "2 s ± 500 ms"),
        (values_of({"sleep": 1.0, "jitter": 0.0, "distribution": "normal"}), "1 s, normal"),
        ((), ""),
    ],
)
def test_options_are_short_and_have_units(values, said):
    assert EntryText(CATALOGUE).text(entry(1, options=values), Column.OPTIONS) == said


def test_a_phase_is_said_where_it_tells_something():
    say = EntryText(CATALOGUE)
    error = values_of({"error": "503", "phase": "after", "warmup": 0})
    assert say.text(entry(1, behavior="error", options=error, phase="after"), Column.OPTIONS) == "503, after"
    assert say.text(entry(1, options=DELAY, phase="before"), Column.OPTIONS) == "300 ms ± 100"
    assert say.text(entry(1, behavior="abort", phase="after"), Column.OPTIONS) == ""


def test_sentences_begin_with_a_capital():
    assert EntryText().text(notice(1, "start"), Column.REQUEST) == "Start"


def test_without_a_catalogue_options_still_say_something():
    assert EntryText().text(entry(1, "x", "plugin", options=values_of({"rate": 3, "on": True})), Column.OPTIONS) == (
        "on, rate 3"
    )


def test_the_oldest_rows_go_in_blocks_and_are_counted(qapp):
    model = JournalModel(capacity=2000)
    for start in range(0, 5000, 100):
        model.add([entry(n) for n in range(start, start + 100)])
        assert model.rowCount() <= 2000
    assert model.dropped == 5000 - model.rowCount()
    assert model.rowCount() > 2000 - 600
    assert model.entries[-1].n == 4999
    assert model.entries[0].n == 5000 - model.rowCount()


def test_two_hundred_thousand_entries_stay_bounded_and_each_batch_is_short(qapp):
    model = JournalModel()
    slowest = 0.0
    for start in range(0, 200_000, BATCH):
        batch = [entry(n) for n in range(start, start + BATCH)]
        begin = time.process_time()
        model.add(batch)
        slowest = max(slowest, time.process_time() - begin)
    assert model.rowCount() <= 20_000
    begin = time.process_time()
    control = sum(hash(str(n)) & 1 for n in range(200_000))
    assert control
    assert slowest < max(0.02, time.process_time() - begin)


def test_of_a_flood_a_regular_selection_is_shown_and_the_sentences_stay(qapp):
    model = JournalModel()
    flood = [entry(n) for n in range(5000)]
    flood[1234] = notice(1234, "Something was said.")
    model.add(flood)
    assert 300 <= model.rowCount() <= BATCH
    assert model.skipped == 5000 - model.rowCount()
    assert any(e.kind == "notice" for e in model.entries)
    numbers = [e.n for e in model.entries if e.kind != "notice"]
    assert {b - a for a, b in itertools.pairwise(numbers)} == {13}
    model.append((), dropped=7)
    assert model.skipped == 5007 - model.rowCount()


def test_filters_find_words_proxies_and_behaviors(model):
    model.add(DRAWN)
    model.set_filter("post ORDERS")
    assert [e.n for e in model.entries] == [3]
    model.set_filter("", behavior="delay")
    assert [e.n for e in model.entries] == [2, 6]
    model.set_filter("", proxy="web")
    assert [e.n for e in model.entries] == [1, 2, 3, 4, 5, 6, 7]
    model.set_filter("", proxy="other")
    assert [e.n for e in model.entries] == [4]
    model.set_filter("503")
    model.add([entry(8, outcome="503 injected"), entry(9)])
    assert [e.n for e in model.entries] == [3, 8]
    assert model.total == 9
    model.set_filter("")
    assert model.rowCount() == 9


def test_trimming_under_a_filter_removes_the_right_rows(qapp):
    model = JournalModel(capacity=1000)
    model.tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_filter("", behavior="abort")
    for start in range(0, 3000, 100):
        model.add([entry(n, behavior="abort" if n % 7 == 0 else "delay") for n in range(start, start + 100)])
        kept = model.total
        assert [e.n for e in model.entries] == [n for n in range(start + 100 - kept, start + 100) if n % 7 == 0]


def test_rows_are_copied_as_a_table(model):
    model.add(DRAWN)
    lines = [TSV_HEAD, *map(model.tsv_line, model.some([2, 0]))]
    assert lines[0].split("\t")[:2] == ["Time", "Proxy"]
    assert [line.split("\t")[4] for line in lines[1:]] == ["GET /cart", "POST /orders"]


def test_a_marker_finds_its_row(model):
    model.add([*DRAWN, entry(2, "GET /again")])
    assert model.row_of(2) == 7
    assert model.row_of(99) is None


def test_json_lines_hold_everything_and_csv_the_same_rows(model):
    model.add(DRAWN)
    stream = io.StringIO()
    assert write_jsonl(model.entries, stream) == len(DRAWN)
    assert tuple(from_json(Entry, json.loads(line)) for line in stream.getvalue().splitlines()) == DRAWN
    stream = io.StringIO()
    write_csv(model.entries, stream)
    rows = list(csv.DictReader(io.StringIO(stream.getvalue())))
    assert [row["label"] for row in rows] == [e.label for e in DRAWN]
    assert rows[1]["options"] == "before=True; distribution=uniform; jitter=0.1; sleep=0.3"
    assert rows[3]["text"] == DRAWN[3].text


def test_clearing_forgets_rows_and_counts(model):
    model.append(DRAWN, 3)
    model.clear()
    assert (model.rowCount(), model.total, model.dropped, model.skipped) == (0, 0, 0, 0)
