"""report.html: self-contained, escaped, and its numbers are those of the run."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.runs import backend, vaurien
from vaurien_core.cli.html import Series, Tally, render
from vaurien_core.cli.html.charts import Line, amount, ceiling, chart, with_unit
from vaurien_core.cli.html.tally import KINDS, NOTES, REST
from vaurien_core.cli.reports import Ending, Run, summary
from vaurien_core.model.events import Entry, ProxySample, Sample
from vaurien_core.model.histogram import Histogram
from vaurien_core.model.profile import ProxySpec, Rule, ToxicSpec
from vaurien_core.profiles.expect import Verdict

EVIL = '<script>alert("x")</script>'


def run(**changes: object) -> Run:
    spec = ProxySpec("web", protocol="http", mix=(Rule("delay", Decimal(20)),))
    given = {
        "seed": 42, "profile": "p.ini", "proxies": (spec,), "started": "2026-01-01T00:00:00.000+00:00",
        "duration_s": 3.0,
        "sample": Sample(3.0, 0.0, (ProxySample("web", exchanges=30, injected=6, hits=(("delay", 6),)),)),
        "verdicts": (), "ending": Ending(0, "the duration is over"),
    }  # fmt: skip
    return Run(**{**given, **changes})  # type: ignore[arg-type]


def entry(n: int, **changes: object) -> Entry:
    given = {"proxy": "web", "rule": "delay", "outcome": "200", "label": "GET /", "conn": 1, "ex": n, "draw": 8.25}
    return Entry(n, n / 10, "", **{**given, **changes})  # type: ignore[arg-type]


def filled(samples: int = 4) -> Series:
    series = Series()
    for second in range(samples):
        counted = ProxySample("web", exchanges=10 * second, hits=(("delay", 2 * second),), down_written=5000 * second)
        series.add(Sample(float(second), 0.0, (counted,)))
    return series


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_every_text_of_the_run_is_escaped_and_nothing_is_loaded_from_elsewhere() -> None:
    tally = Tally()
    tally.add(entry(1, label=EVIL, outcome=EVIL, rule=EVIL))
    tally.add(entry(2, kind="notice", text=EVIL))
    page = render(
        run(profile=EVIL, command=EVIL, ending=Ending(4, EVIL), verdicts=(Verdict(EVIL, False, EVIL, EVIL, EVIL),)),
        filled(), tally,
    )  # fmt: skip
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 8
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert not [t for t, attrs in tags.seen if t in ("script", "link", "img") or {"src", "href"} & attrs.keys()]
    assert "url(" not in page


def test_it_says_how_the_run_ended_and_which_expectations_failed() -> None:
    verdicts = (Verdict("fast", False, "12 ms", "< 1 ms", "."), Verdict("faults", True, "6", ">= 1", "."))
    page = render(run(verdicts=verdicts, ending=Ending(4, "too slow")), filled(), Tally())
    assert "<b>Failed</b> exit status 4: too slow" in page
    assert "Expectations: 1 of 2 failed" in page
    assert "No exchange was touched by a fault or ended badly." in page


def test_the_journal_is_summed_by_rule_and_outcome_with_examples() -> None:
    tally = Tally()
    for n in range(1, 6):
        tally.add(entry(n))
    tally.add(entry(6, outcome="held", rule="hang"))
    tally.add(entry(6, outcome="client left", rule="hang"))
    page = render(run(), filled(), tally)
    assert "Journal: 6 exchanges" in page
    assert "<b>5</b>" in page
    assert page.count("<code>GET /</code>") == 4
    assert "#1.1 at 0.10 s, drew 8.25" in page


def test_toxics_are_named_with_the_streams_that_they_touched_in_page_and_summary() -> None:
    toxics = (ToxicSpec("slow link", "latency", stream="both", toxicity=0.5), ToxicSpec("bandwidth", enabled=False))
    sample = ProxySample("web", exchanges=3, toxics=(("slow link", 4), ("reset_peer", 1)))
    told = run(proxies=(ProxySpec("web", toxics=toxics),), sample=Sample(3.0, 0.0, (sample,)))
    page = re.sub(r"<[^>]+>", " ", render(told, filled(), Tally()))
    assert re.search(r"slow link\s+latency\s+both\s+50 %\s+4\b", page)
    assert re.search(r"bandwidth\s+bandwidth\s+downstream\s+100 %\s+disabled\s+0\b", page)
    assert re.search(r"reset_peer\s+gone at the end\s+1\b", page)
    assert summary(told)["proxies"]["web"]["toxics"] == {
        "slow link": {"type": "latency", "stream": "both", "toxicity": 0.5, "enabled": True, "streams": 4},
        "bandwidth": {"type": "bandwidth", "stream": "downstream", "toxicity": 1.0, "enabled": False, "streams": 0},
        "reset_peer": {"streams": 1},
    }


def test_a_tally_is_bounded() -> None:
    tally = Tally()
    for n in range(KINDS + 50):
        tally.add(entry(n, outcome=f"outcome {n}"))
        tally.add(entry(n, kind="notice", text="n"))
    assert len(tally.counts) == KINDS + 1
    assert tally.counts[REST] == 50
    assert (len(tally.notes), tally.more_notes) == (NOTES, KINDS + 50 - NOTES)


def test_a_long_run_is_thinned_out_and_loses_no_count() -> None:
    series = Series(limit=16)
    for tenth in range(3000):
        series.add(Sample(tenth / 10, 0.0, (ProxySample("web", exchanges=tenth),)))
    series.add(Sample(300.2, 0.0, (ProxySample("web", exchanges=3002),)), last=True)
    steps = series.steps("web")
    assert len(steps) < 16
    assert sum(s.rate("exchanges") * (s.end - s.begin) for s in steps) == pytest.approx(3002)
    assert {round(s.rate("exchanges")) for s in steps} == {10}


def test_latency_is_that_of_each_stretch() -> None:
    times, series = Histogram(), Series()
    for second, seconds in enumerate((0.0, 0.001, 0.050)):
        if seconds:
            times.record(seconds)
        sample = ProxySample("web", latency=times.snapshot(), latency_sums=times.snapshot_sums())
        series.add(Sample(float(second), 0.0, (sample,)))
    assert [s.quantile_ms(0.5) for s in series.steps("web")] == pytest.approx([1, 50])


def test_charts_are_well_formed_and_bounded_by_their_axis() -> None:
    lines = [Line("a & b", [(1, 3.0), (2, float("nan")), (3, 7.0)]), Line("c", [(1, 1.0), (2, 1.0), (3, 1.0)])]
    for stacked in (False, True):
        svg = re.search(r"<svg viewBox.*</svg>", chart("T <x>", "B/s", lines, stacked=stacked))
        assert svg is not None
        paths = [p.attrib["d"] for p in ElementTree.fromstring(svg[0]).iter("path")]
        assert len(paths) == 2
        ys = [float(y) for d in paths for y in re.findall(r",([\d.]+)", d)]
        assert min(ys) >= 8
        assert max(ys) <= 128
    assert "Nothing was measured" in chart("T", "", [Line("a", [(1, float("nan"))])])


@pytest.mark.parametrize(("value", "end"), [(0, 1), (0.3, 0.5), (1, 1), (7, 10), (21, 25), (999, 1000)])
def test_an_axis_ends_at_a_round_number(value: float, end: float) -> None:
    assert ceiling(value) == pytest.approx(end)


def test_amounts_are_short() -> None:
    assert [amount(v) for v in (0, 2.5, 999, 1200, 4e6, 5e9)] == ["0", "2.5", "999", "1.2 k", "4 M", "5 G"]
    assert [with_unit(v, "B/s") for v in (0, 4e4)] == ["0 B/s", "40 kB/s"]


def test_a_run_leaves_a_page_with_its_own_numbers(tmp_path: Path) -> None:
    script = (
        "import os, urllib.request as u\n"
        "for n in range(5): u.urlopen(f\"http://{os.environ['VAURIEN_DEFAULT_HOST']}:{os.environ['VAURIEN_DEFAULT_PORT']}"
        '/page/{n}").read()\n'
    )
    with backend() as web:
        vaurien(
            "--protocol", "http", "--proxy", "127.0.0.1:0", "--backend", web, "--behavior", "100:delay",
            "--behavior-delay-sleep", "1ms", "--report", tmp_path, "--", "python3", "-c", script,
        )  # fmt: skip
    page = (tmp_path / "report.html").read_text()
    assert "<dt>faults injected</dt><dd>5</dd>" in page
    assert "<code>GET /page/0</code>" in page
    assert "Expectations: all 2 met" in page
