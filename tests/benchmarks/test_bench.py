"""`make bench` measures what it says: a tiny round of it, and how its table judges."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import table
from benchmarks.__main__ import main
from benchmarks.lines import HAPROXY, LINES, TCP, TOXIPROXY, Aim
from benchmarks.processes import environment

LINE = LINES[0]


@pytest.mark.skipif(shutil.which("cc") is None and shutil.which("gcc") is None, reason="needs a C compiler")
def test_a_tiny_round_measures_the_product_and_fills_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "result.json"
    assert main(["--rounds", "1", "--seconds", "0.3", "--only", "trip,framers", "--json", str(out)]) == 0
    written = json.loads(out.read_text())
    medians = written["medians"]["trip"]
    assert 0 < medians["direct"]["p50 us"] < medians["vaurien"]["p50 us"]
    assert all(figures["exchanges/s"] > 1000 for figures in written["framers"].values())
    said = capsys.readouterr().out
    missing = {row["subject"] for row in written["missing"]}
    for name in ("direct", "vaurien", "HAProxy", "Toxiproxy"):
        (row,) = (line for line in said.splitlines() if line.startswith(name + " "))
        assert ("not measured here" in row) == (name in missing)
    assert {aim["verdict"] for aim in written["aims"]} <= {"reached", "missed", "within noise", "not measured here"}


def test_what_is_started_keeps_its_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    ask = [sys.executable, "-c", "import sys, os; print(sys.dont_write_bytecode, os.environ['LEFT'])"]
    said = subprocess.run(ask, capture_output=True, text=True, env=environment({"LEFT": "alone"}), timeout=30)
    assert said.stdout == "False alone\n"


def test_an_unknown_line_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "bulk9"]) == 2
    assert "'bulk9'" in capsys.readouterr().err


def test_a_ratio_is_the_products_figure_over_the_peers() -> None:
    aim = Aim("bulk", TCP, "MB/s", HAPROXY, 2.0)
    measured = {LINE.name: {TCP.name: {"MB/s": 300.0}, HAPROXY.name: {"MB/s": 100.0}}}
    assert table.ratio(aim, LINE, measured) == 3.0
    assert table.ratio(Aim("bulk", TCP, "MB/s", TOXIPROXY, 2.0), LINE, measured) is None


@pytest.mark.parametrize(
    ("found", "most", "said"),
    [
        (2.1, False, "reached"),
        (1.8, False, "within noise"),
        (1.6, False, "missed"),
        (1.9, True, "reached"),
        (2.2, True, "within noise"),
        (2.4, True, "missed"),
        (None, True, "not measured here"),
    ],
)
def test_a_ratio_is_judged_with_the_noise_in_mind(found: float | None, most: bool, said: str) -> None:
    assert table.verdict(Aim("x", TCP, "MB/s", HAPROXY, 2.0, most), found) == said


def test_a_figure_without_a_peer_has_no_noise_to_hide_behind() -> None:
    assert table.verdict(Aim("x", TCP, "KiB/conn", None, 3.3, most=True), 3.4) == "missed"
