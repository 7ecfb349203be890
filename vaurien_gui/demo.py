"""`make demo`: the window with the built-in backend and traffic, or, where no window can be, the same run in pictures.

Without a terminal or a display it runs for a while, prints a line per second, renders the real window off screen
(all normal, faults on, all-normal held), and writes a report.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vaurien_gui import display, stage

if TYPE_CHECKING:
    from vaurien_core.cli import reports
    from vaurien_core.model.events import ProxySample
    from vaurien_gui.app import App

NORMAL_SHARE, HELD_SHARE = 0.2, 0.2
"""Which share of the time all is normal at first, and all-normal holds at the end; between them faults are on."""
LEAST_S = 8.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m vaurien_gui.demo", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="how long it runs without a window (default: 20)")
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="where pictures and report go")
    parser.add_argument("--engine", choices=("child", "local"), default="child", help="where the engine runs")
    parser.add_argument("--pictures", action="store_true", help="open no window even where one could be")
    arguments = parser.parse_args(argv)
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    reason = "pictures were asked for" if arguments.pictures else "" if terminal else "there is no terminal"
    if not reason:
        reason = display.why_not()
    if not reason:
        say("Opening the window with the demo. Close it, or press Ctrl+C, to end.")
        from vaurien_gui.__main__ import main as open_window

        return open_window(["--demo", "--engine", arguments.engine])
    say(f"No window: {reason}. Running {max(LEAST_S, arguments.seconds):g} s and rendering it off screen.")
    return without_window(max(LEAST_S, arguments.seconds), arguments.out, arguments.engine)


def without_window(seconds: float, out: Path, engine: str) -> int:
    """The run in pictures; 0 if faults were injected and everything was written, else 5."""
    stage.prepare()
    from vaurien_gui import loop

    return loop.run(stage.application(), _run(seconds, out, engine))


async def _run(seconds: float, out: Path, engine: str) -> int:
    from vaurien_core.cli import reports
    from vaurien_core.cli.html import Series, Tally, render
    from vaurien_core.cli.recorder import Recorder
    from vaurien_core.errors import VaurienError
    from vaurien_gui.arguments import Arguments

    try:
        reports.prepare(out)
        recorder = Recorder([out / "journal.jsonl"])
        async with stage.window(stage.application(), Arguments(engine=engine, theme="light")) as app:
            app.session.journalled.connect(recorder.add)
            series, tally = Series(), Tally()
            app.session.journalled.connect(tally.add)
            app.session.sampled.connect(series.add)
            app.session.trouble.connect(lambda text, details: say(f"  {text}"))
            status = await _play(app, seconds, out)
            recorder.close()
            if status == 0:
                _report(app, out, recorder.dropped, seconds, lambda run: render(run, series, tally))
    except (VaurienError, OSError) as error:
        say(f"demo: {error}")
        return 5
    return status


async def _play(app: App, seconds: float, out: Path) -> int:
    """Normal, faults, all-normal: a line per second, a picture of each."""
    from vaurien_gui.presenters.demo import NAME, DemoScript

    session = app.session
    normal_s, held_s = seconds * NORMAL_SHARE, seconds * HELD_SHARE
    script = asyncio.create_task(DemoScript(session, normal_s=normal_s).run())
    began = time.monotonic()
    if not await stage.until(lambda: session.started and session.last is not None, 15.0):
        script.cancel()
        say(f"demo: the engine did not start. {session.lost}")
        return 5
    assert session.link is not None
    say(f"  engine: {session.link.engine.place}, seed {session.state.seed if session.state else '?'}")
    await stage.until(lambda: session.last and session.last.proxy(NAME).exchanges, 5.0)
    traffic = time.monotonic()
    rest = max(LEAST_S, seconds - (traffic - began))
    pictures: dict[float, tuple[str, Callable[[], object]]] = {
        normal_s - 1: ("normal", lambda: None),
        rest - held_s: ("faults-on", session.all_normal),
        rest - 1: ("all-normal", lambda: None),
    }
    for second in range(1, round(rest) + 1):
        await asyncio.sleep(max(0.0, traffic + second - time.monotonic()))
        say(_line(second, session.last.proxy(NAME) if session.last else None, held=session.held))
        for at in [at for at in pictures if second >= at]:
            name, then = pictures.pop(at)
            await stage.picture(app, out / f"{name}.png")
            then()
    await script
    counted = session.last.proxy(NAME) if session.last else None
    if counted is None or not counted.injected:
        say("demo: no fault was injected, which should not happen. Please report it.")
        return 5
    return 0


def _line(second: int, counted: ProxySample | None, *, held: bool) -> str:
    if counted is None:
        return f"  {second:3} s  waiting for the engine"
    errors = counted.errors_injected + counted.errors_backend + counted.errors_client
    state = "all normal (held)" if held else "faults on" if counted.injected else "all normal"
    return (
        f"  {second:3} s  {counted.exchanges:5} exchanges  {counted.injected:4} injected  {errors:4} errors   {state}"
    )


def _report(app: App, out: Path, dropped: int, seconds: float, page: Callable[[reports.Run], str]) -> None:
    from vaurien_core.cli import reports as writing
    from vaurien_core.cli.ending import Ending

    session = app.session
    assert session.last is not None
    assert session.profile is not None
    counted = session.last.proxies[0]
    hits = ", ".join(f"{name} {count}" for name, count in sorted(counted.hits))
    run = writing.Run(
        seed=session.state.seed if session.state else 0,
        profile="",
        proxies=session.profile.proxies,
        started=datetime.fromtimestamp(session.last.wall - session.last.t, UTC).isoformat(timespec="milliseconds"),
        duration_s=seconds,
        sample=session.last,
        verdicts=(),
        ending=Ending(0, "the demo ran to its end"),
        journal_dropped=dropped,
    )
    writing.write(out, run, page(run))
    say(f"Injected {counted.injected} faults into {counted.exchanges} exchanges: {hits}.")
    texts = ("report.html", "summary.json", "junit.xml", "journal.jsonl")
    for name in ("normal.png", "faults-on.png", "all-normal.png", *texts):
        say(f"  {out / name}")


def say(text: str) -> None:
    """A line at once, also into a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
