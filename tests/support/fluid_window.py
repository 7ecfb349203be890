"""The whole window under a workload, in a process of its own: what its loop and its processor time do meanwhile.

Run as `python -m tests.support.fluid_window PROXIES RATE ROWS SECONDS`. The window has a child engine with PROXIES
proxies, a process that sends RATE exchanges a second through them (a fifth of them faulted), and ROWS rows in its
journal. What it does goes to stderr. Prints one JSON object: for each thing that a hand does, the longest stall of the
loop as processor time of its thread and on the wall, and how many times as long another process's work took than on a
free machine; and the share of a core that the window's process took. With RATE 0 nothing is sent and nothing is done.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication

from tests.support.load import Load
from vaurien_core.model.events import Entry
from vaurien_gui import exports, loop, stage
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.collecting import Collecting

TRIES = 5
MOST_MS = 50.0
CONTROL = """
import time
while True:
    wall, end = time.perf_counter(), time.thread_time() + 0.01
    while time.thread_time() < end:
        sum(range(500))
    print(time.monotonic(), (time.perf_counter() - wall) * 100, flush=True)
    time.sleep(0.09)
"""
"""Another process on the same machine: how many times as long 10 ms of its work take on the wall."""


class Watchdog:
    """The longest stalls of the loop since `reset`, in ms; and what the machine made of another process meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._timer = QTimer(interval=5, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._told = folder / "control"
        self._stream = self._told.open("w")
        self._control = subprocess.Popen([sys.executable, "-c", CONTROL], stdout=self._stream)
        self.reset()

    def reset(self) -> None:
        self._began = time.monotonic()
        self.cpu_ms = self.wall_ms = 0.0
        self._cpu, self._wall = time.thread_time(), time.perf_counter()

    @contextmanager
    def watching(self) -> Iterator[None]:
        self._timer.start()
        self.reset()
        yield
        self._tick()
        self._timer.stop()

    @property
    def machine(self) -> float:
        """How many times as long as its processor time work took on the wall, at worst; 1 on a free machine."""
        told = [tuple(map(float, line.split())) for line in self._told.read_text().splitlines() if line.count(" ") == 1]
        return max(1.0, *(times for at, times in told if at >= self._began), 1.0)

    def close(self) -> None:
        self._control.kill()
        self._control.wait()
        self._stream.close()

    def _tick(self) -> None:
        cpu, wall = time.thread_time(), time.perf_counter()
        self.cpu_ms = max(self.cpu_ms, (cpu - self._cpu) * 1000)
        self.wall_ms = max(self.wall_ms, (wall - self._wall) * 1000)
        self._cpu, self._wall = cpu, wall


def profile(proxies: int, backend: str) -> str:
    sections = ["[vaurien]\nseed = 42\n"]
    sections += [
        f"[proxy:p{n:02}]\nproxy = 127.0.0.1:0\nbackend = {backend}\nprotocol = http\nbehavior = 10:delay, 10:error\n"
        for n in range(proxies)
    ]
    return "\n".join([*sections, "[behavior:delay]\nsleep = 1ms\n"])


def hands(app: App, folder: Path) -> dict[str, Callable[[int], Awaitable[object] | None]]:
    """What is done again and again, by name."""
    window, session = app.window, app.session
    table, rows, journal = window.journal.table, app.workbench.journal.rows, window.journal
    filters = ("item 12", "error", "", "get p0", "nothing has this")

    def search(n: int) -> None:
        journal._filter.setText(filters[n % len(filters)])
        journal._apply()

    async def searched(n: int) -> None:
        search(n)
        await stage.until(lambda: not rows.filtering, 20)

    async def all_rows(n: int) -> None:
        journal._filter.setText("")
        journal._apply()
        await stage.until(lambda: not rows.filtering, 60)

    def choose(n: int) -> None:
        assert session.profile is not None
        session.select(session.profile.proxies[n % len(session.profile.proxies)].name)

    def trace(n: int) -> None:
        table.selectRow(rows.rowCount() * (n % 10) // 10)

    def scroll(n: int) -> None:
        bar = table.verticalScrollBar()
        bar.setValue(bar.maximum() * (n % 5) // 4)

    async def copy(n: int) -> None:
        table.selectAll()
        (table.copy_json if n % 2 else table.copy)()
        await stage.until(lambda: not table.copying, 60)
        assert QGuiApplication.clipboard().text()
        table.clearSelection()

    async def write(n: int) -> None:
        await exports.write_journal(app, folder / ("rows.csv" if n % 2 else "rows.jsonl"))

    return {
        "watching": lambda n: None,
        "filtering": search,
        "filtering to the end": searched,
        "choosing proxies": choose,
        "turning tabs": lambda n: journal.show_tab(n % 2),
        "reading traces": trace,
        "scrolling": scroll,
        "clearing the filter": all_rows,
        "copying all": copy,
        "exporting all": write,
    }


def excess(found: dict[str, float]) -> float:
    """The stall in ms: of processor time, or of what the wall says beyond what the machine made of that."""
    return max(found["cpu_ms"], found["wall_ms"] / found["machine"])


async def measured(app: App, dog: Watchdog, work: Callable[[int], Awaitable[object] | None], seconds: float) -> object:
    """The first of four rounds without a stall over 50 ms, else the best one."""
    best = None
    print(work.__qualname__, file=sys.stderr, flush=True)
    for _ in range(TRIES):
        await asyncio.sleep(0.1)
        with dog.watching():
            end, n = time.monotonic() + seconds, 0
            while time.monotonic() < end or not n:
                waited = work(n)
                if waited is not None:
                    await waited
                n += 1
                await asyncio.sleep(0.03)
        found = {"cpu_ms": dog.cpu_ms, "wall_ms": dog.wall_ms, "machine": dog.machine, "times": n}
        print("   ", found, file=sys.stderr, flush=True)
        best = min(best or found, found, key=excess)
        if excess(best) < MOST_MS:
            break
    return {name: round(value, 1) for name, value in best.items()} if best else None


def older(n: int) -> Entry:
    """A row as of the last hours, with texts and options of its own."""
    return Entry(
        n, 0.0, "2026-01-01T08:00:00.000+00:00", proxy=f"p{n % 50:02}", conn=n, ex=1, client=f"127.0.0.1:{n % 60000}",
        label=f"GET /x{n % 977}", rule=("delay", "error")[n % 2], behavior=("delay", "error")[n % 2], phase="before",
        options=(("before", True), ("jitter", 0.0), ("sleep", n / 1000)), draw=n % 20, owned=(0.0, 20.0),
        occurrence=n // 977 + 1, planned_ms=1.0, measured_ms=1.2, up=40, down=140, outcome="200",
    )  # fmt: skip


def engine_cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def share(app: App, seconds: float, limit: float) -> dict[str, float]:
    """Percent of a core: the window's process and the engine's, apart; and exchanges a second. The best of three."""
    tries = []
    for _ in range(3):
        tries.append(await shared(app, seconds))
        if tries[-1]["window_percent"] < limit:
            break
    return min(tries, key=lambda each: each["window_percent"])


async def shared(app: App, seconds: float) -> dict[str, float]:
    """One measure of it."""
    assert app.session.link is not None
    pid = getattr(app.session.link.engine, "pid", 0)
    window, engine, began = time.process_time(), engine_cpu_s(pid), time.monotonic()
    last = app.session.last
    before = sum(p.exchanges for p in last.proxies) if last else 0
    await asyncio.sleep(seconds)
    over, last = time.monotonic() - began, app.session.last
    return {
        "window_percent": round(100 * (time.process_time() - window) / over, 1),
        "engine_percent": round(100 * (engine_cpu_s(pid) - engine) / over, 1),
        "exchanges_per_s": round(((sum(p.exchanges for p in last.proxies) if last else 0) - before) / over),
    }


async def main(proxies: int, rate: float, rows: int, seconds: float) -> dict[str, object]:
    load = Load(rate)
    with tempfile.TemporaryDirectory(prefix="vaurien-") as name:
        folder = Path(name)
        path = folder / "many.ini"
        path.write_text(profile(proxies, load.backend))
        dog = Watchdog(folder)
        try:
            async with stage.window(stage.application(), Arguments(engine="child", theme="light", profile=path)) as app:
                app.window.resize(1280, 800)
                return await driven(app, load, dog, folder, rate, rows, seconds)
        finally:
            dog.close()
            print(load.close(), file=sys.stderr, flush=True)


async def driven(
    app: App, load: Load, dog: Watchdog, folder: Path, rate: float, rows: int, seconds: float
) -> dict[str, object]:
    session, model = app.session, app.workbench.journal.rows
    collecting = Collecting(session)
    await session.settled()
    for _ in range(5):  # on a busy machine a child is given up after 5 s, and the window runs the engine itself
        assert session.link is not None
        if session.link.engine.place == "child":
            break
        await session.restart_engine()
    result: dict[str, object] = {}
    if not rate:
        await stage.until(lambda: collecting.times == 2, 10)
        result["idle, stopped"] = await share(app, seconds, 3)
    session.start()
    await session.link.drained()
    assert await stage.until(lambda: session.state and all(p.bound for p in session.state.proxies), 20)
    assert session.state is not None
    if not rate:
        result["idle, listening"] = await share(app, seconds, 3)
        return result
    load.aim([p.bound for p in session.state.proxies])
    model.set_capacity(200_000)
    for first in range(0, rows, 500):
        model.add([older(n) for n in range(first, first + 500)])
        await asyncio.sleep(0)
    assert await stage.until(lambda: collecting.times == 2, 30)
    assert await stage.until(lambda: session.last and session.last.proxies[-1].exchanges, 30), "no traffic came through"
    with dog.watching():
        result["traffic"] = await share(app, seconds, 15)
        result["machine"] = round(dog.machine, 1)
    stalls = result["stalls"] = {
        name: await measured(app, dog, work, min(seconds, 2.0)) for name, work in hands(app, folder).items()
    }
    assert stalls
    result["rows"] = model.total
    result["collected"] = gc.get_freeze_count()
    return result


if __name__ == "__main__":
    count, pace, kept, over = (float(value) for value in sys.argv[1:])
    print(json.dumps(loop.run(stage.application(), main(int(count), pace, int(kept), over))))
