"""The page: how the run ended, verdicts, charts per proxy, what the journal says. Light and dark, prints, no script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from vaurien_core.cli.html.charts import Line, amount, chart
from vaurien_core.cli.html.series import Series, Step
from vaurien_core.cli.html.style import CSS
from vaurien_core.cli.html.tally import Tally
from vaurien_core.cli.toxic_counts import by_name
from vaurien_core.model.events import Entry, ProxySample
from vaurien_core.model.profile import ProxySpec

if TYPE_CHECKING:
    from vaurien_core.cli.reports import Run


def render(run: Run, series: Series, tally: Tally) -> str:
    """The document; self-contained, every text of the run escaped."""
    failed = [v for v in run.verdicts if not v.ok]
    good = run.ending.status == 0
    title = "Vaurien report" + (f": {run.profile}" if run.profile else "")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="state {"good" if good else "bad"}"><b>{"Passed" if good else "Failed"}</b> '
        f"exit status {run.ending.status}: {escape(run.ending.reason)}</p>",
        _facts(run),
        _verdicts(run, len(failed)),
        *(_proxy(spec, run.sample.proxy(spec.name), series.steps(spec.name)) for spec in run.proxies),
        _journal(tally, run.journal_dropped),
        _notes(tally),
    ]
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}<style>{CSS}</style></head><body>{"".join(body)}</body></html>\n'
    )


def _facts(run: Run) -> str:
    facts = [
        ("Started", run.started), ("Duration", f"{run.duration_s:.1f} s"), ("Seed", str(run.seed)),
        ("Command", run.command or "none"), ("Exchanges", str(sum(p.exchanges for p in run.sample.proxies))),
        ("Faults injected", str(sum(p.injected for p in run.sample.proxies))),
    ]  # fmt: skip
    return "<dl>" + "".join(f"<div><dt>{k}</dt><dd>{escape(v)}</dd></div>" for k, v in facts) + "</dl>"


def _verdicts(run: Run, failed: int) -> str:
    if not run.verdicts:
        return "<h2>Expectations</h2><p class=none>None were set.</p>"
    rows = (
        (f'<b class="{"good" if v.ok else "bad"}">{"✓ met" if v.ok else "✗ failed"}</b>', escape(v.name),
         escape(v.wanted), escape(v.found))
        for v in run.verdicts
    )  # fmt: skip
    state = f"{failed} of {len(run.verdicts)} failed" if failed else f"all {len(run.verdicts)} met"
    return f"<h2>Expectations: {state}</h2>" + _table(("", "Name", "Wanted", "Found"), rows)


def _proxy(spec: ProxySpec, sample: ProxySample, steps: Sequence[Step]) -> str:
    mix = ", ".join(f"{rule.weight.normalize():f} % {rule.behavior}" for rule in spec.faults) or "nothing"
    totals = [
        ("exchanges", sample.exchanges), ("faults injected", sample.injected),
        ("backend errors", sample.errors_backend),
        ("client errors", sample.errors_client), ("connections", sample.connections), ("opaque", sample.opaque),
        ("not applicable", sample.not_applicable),
    ]  # fmt: skip
    tiles = "".join(f"<div><dt>{name}</dt><dd>{count}</dd></div>" for name, count in totals)
    return (
        f"<section><h2>{escape(spec.name)} <small>{escape(spec.protocol)}, configured: {escape(mix)}</small></h2>"
        f"<dl>{tiles}</dl>{_toxics(spec, sample)}{_charts(sample, steps)}</section>"
    )


def _toxics(spec: ProxySpec, sample: ProxySample) -> str:
    """What was stacked on the connections, and on how many of their streams it acted."""
    rows = [
        (escape(name), escape(one.get("type", "gone at the end")), escape(one.get("stream", "")),
         f"{one['toxicity'] * 100:g} %" if "toxicity" in one else "",
         "" if one.get("enabled", True) else "disabled", f"<b>{one['streams']}</b>")
        for name, one in by_name(spec, sample).items()
    ]  # fmt: skip
    heads = ("Toxic", "Type", "Stream", "Of connections", "", "Streams it acted on")
    return _table(heads, rows) if rows else ""


def _charts(sample: ProxySample, steps: Sequence[Step]) -> str:
    def line(name: str, counter: str) -> Line:
        return Line(name, [(s.end, s.rate(counter)) for s in steps])

    faults = [Line(rule, [(s.end, s.hits(rule)) for s in steps]) for rule, _ in sample.hits]
    times = [Line(f"p{share}", [(s.end, s.quantile_ms(share / 100)) for s in steps]) for share in (50, 95, 99)]
    sides = [line(side, f"errors_{side}") for side in ("injected", "backend", "client")]
    return "".join(
        [
            chart("Exchanges per second", "", [line("exchanges", "exchanges")]),
            chart("Faults per second", "", faults, stacked=True),
            chart("Throughput", "B/s", [line("to the client", "down_written"), line("to the backend", "up_written")]),
            chart("Errors per second", "", sides),
            chart("Latency of untouched exchanges", "ms", times),
        ]
    )  # fmt: skip


def _journal(tally: Tally, dropped: int) -> str:
    rows = []
    for (proxy, rule, outcome), count in sorted(tally.counts.items(), key=lambda item: (-item[1], item[0])):
        examples = "<br>".join(_example(entry) for entry in tally.examples[(proxy, rule, outcome)])
        rows.append((escape(proxy), escape(rule or "no fault"), escape(outcome), f"<b>{count}</b>", examples))
    if not rows:
        return "<h2>Journal</h2><p class=none>No exchange was touched by a fault or ended badly.</p>"
    lost = (
        f"<p class=bad>{dropped} entries are missing from journal.jsonl; they are counted here.</p>" if dropped else ""
    )
    heads = ("Proxy", "Rule", "Outcome", "Exchanges", "The first ones")
    return f"<h2>Journal: {amount(sum(tally.counts.values()))} exchanges</h2>{lost}{_table(heads, rows)}"


def _example(entry: Entry) -> str:
    drew = f", drew {entry.draw:.2f}" if entry.draw is not None else ""
    return f"<code>{escape(entry.label)}</code> <small>#{entry.conn}.{entry.ex} at {entry.t:.2f} s{drew}</small>"


def _notes(tally: Tally) -> str:
    rows = [
        (f"{e.t:.2f} s", escape(e.proxy), f'<span class="{escape(e.severity)}">{escape(e.text or e.outcome)}</span>')
        for e in tally.notes
    ]
    if not rows:
        return ""
    more = f"<p class=none>{tally.more_notes} more in journal.jsonl.</p>" if tally.more_notes else ""
    return f"<h2>Changes and notices</h2>{_table(('Time', 'Proxy', ''), rows)}{more}"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
