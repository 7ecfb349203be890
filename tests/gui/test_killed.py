"""What is killed takes nothing along: not the engine, not a remote one, not the link to it, not the window itself."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from test_app import OFFSCREEN, alive, children_of, engine_of, gui, wait_for

from tests.support.black_hole import BlackHole
from vaurien_core.engine.child import ChildEngine
from vaurien_gui import recovery
from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter
from vaurien_gui.models.shown import BandKind
from vaurien_gui.presenters.band import BandPresenter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
INI = "[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:9\nprotocol = http\nbehavior = 20:error ; why\nseed = 3\n"
WEIGHT = ("proxies", "default", "mix", "error")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "checkout.ini"
    made.write_text(INI)
    return made


async def opened(qapp: QApplication, settings: QSettings, troubles: Troubles, engine: str) -> App:
    app = App(qapp, Arguments(engine=engine, theme="light"), settings=settings, reporter=CrashReporter(None))
    app.session.trouble.connect(lambda text, details: troubles.append(text))
    app.open()
    return app


@pytest.fixture
async def app(settings: QSettings, troubles: Troubles, qapp: QApplication, tmp_path: Path,
              monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:  # fmt: skip
    monkeypatch.setenv("VAURIEN_RUNTIME", str(tmp_path / "runtime"))
    made = await opened(qapp, settings, troubles, "child")
    yield made
    await made.aclose()


def refused(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) != 0


def ports_of(pid: int) -> list[int]:
    """Where a process listens (Linux, proc(5): state 0A of /proc/net/tcp)."""
    held = set[str]()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            held.add(os.readlink(fd))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in held]


def port_of(app: App) -> int:
    assert app.session.state is not None
    return int(app.session.state.proxies[0].bound.rpartition(":")[2])


async def bound(app: App) -> int:
    await wait_until(lambda: app.session.state and app.session.state.proxies and app.session.state.proxies[0].bound)
    return port_of(app)


async def test_a_killed_child_loses_no_edit_leaves_no_port_and_restarts_with_all_of_it(app: App, file: Path) -> None:
    app.filing.load(file)
    await app.session.settled()
    app.session.start()
    port = await bound(app)
    assert app.session.link is not None
    assert isinstance(app.session.link.engine, ChildEngine)
    first = app.session.link.engine.pid
    app.session.edit(WEIGHT, Decimal(35), "edit")
    await app.session.link.drained()
    os.kill(first, signal.SIGKILL)
    await wait_until(lambda: app.session.lost)
    assert "killed by signal 9" in app.session.lost
    band = BandPresenter(app.session).state()
    assert band.kind is BandKind.FAILED
    assert "restart-engine" in [action.id for action in band.actions]
    assert refused(port)
    assert not alive(first)
    app.session.edit(("seed",), 9, "edit")  # one can go on meanwhile
    assert await app.filing.save()
    assert file.read_text() == INI.replace("20:error", "35:error").replace("seed = 3", "seed = 9")
    await app.session.restart_engine()
    port = await bound(app)
    assert not refused(port)
    runs = (await app.session.link.engine.profile()).profile
    assert runs.proxy("default").weight("error") == 35
    assert runs.seed == 9


async def test_all_normal_outlives_the_engine_that_held_it(app: App, file: Path) -> None:
    app.filing.load(file)
    await app.session.settled()
    app.session.start()
    await bound(app)
    app.session.all_normal()
    await wait_until(lambda: app.session.held)
    assert app.session.link is not None
    assert isinstance(app.session.link.engine, ChildEngine)
    os.kill(app.session.link.engine.pid, signal.SIGKILL)
    await wait_until(lambda: app.session.lost)
    await app.session.restart_engine()
    await bound(app)
    await wait_until(lambda: app.session.held)
    assert BandPresenter(app.session).state().kind is BandKind.HELD


class Remote:
    """`vaurien` with a control API in a process of its own; killed and started anew at the same ports."""

    def __init__(self, file: Path, ready: Path) -> None:
        self._file, self._ready = file, ready
        self.control, self.proxy = 0, 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._ready.unlink(missing_ok=True)
        words = [
            "--config",
            str(self._file),
            "--http",
            "--http-port",
            str(self.control),
            "--ready-file",
            str(self._ready),
        ]
        words += ["--proxy", f"127.0.0.1:{self.proxy}"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vaurien_core.cli.main", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert wait_for(self._ready.exists, 20)
        said = json.loads(self._ready.read_text())
        self.control = int(said["control"].rstrip("/").rpartition(":")[2])
        self.proxy = int(said["proxies"]["default"]["port"])

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)


@pytest.fixture
def remote(file: Path, tmp_path: Path) -> Iterator[Remote]:
    made = Remote(file, tmp_path / "ready.json")
    try:
        made.start()
        yield made
    finally:
        made.kill()


async def test_a_remote_engine_that_is_killed_loses_nothing_that_waits_and_is_found_again(
    app: App, remote: Remote, troubles: Troubles
) -> None:
    await app.attaching.attach(f"http://127.0.0.1:{remote.control}", "")
    session, band = app.session, BandPresenter(app.session)
    await wait_until(lambda: session.started)
    session.edit(WEIGHT, Decimal(35), "edit")
    before = {pid for pid in children_of(os.getpid()) if alive(pid)}
    remote.kill()
    await wait_until(lambda: session.silent)
    assert band.state().kind is BandKind.FAILED
    assert refused(remote.proxy)
    assert refused(remote.control)
    assert {pid for pid in children_of(os.getpid()) if alive(pid)} < before
    assert [d.text for d in session.applying.waiting] == ["Error 20 → 35 %"]
    remote.start()
    await wait_until(lambda: not session.silent and session.started, 15)
    assert [d.text for d in session.applying.waiting] == ["Error 20 → 35 %"]
    session.applying.apply()
    assert session.link is not None
    await session.link.drained()
    assert (await session.link.engine.profile()).profile.proxy("default").weight("error") == 35


async def test_a_link_that_swallows_everything_is_red_and_all_normal_arrives_when_it_is_back(
    app: App, remote: Remote, troubles: Troubles
) -> None:
    with BlackHole(remote.control) as link:
        await app.attaching.attach(f"http://127.0.0.1:{link.port}", "")
        session, band = app.session, BandPresenter(app.session)
        await wait_until(lambda: session.started and not session.silent)
        link.swallow()
        await wait_until(lambda: session.silent, 2)
        session.all_normal()
        for _ in range(20):
            assert band.state().kind is BandKind.FAILED
            await asyncio.sleep(0.02)
        link.cut()  # what it swallowed is lost for good
        await wait_until(lambda: session.held, 15)
        assert band.state().kind is BandKind.HELD
    troubles.expected = True


@pytest.mark.parametrize("engine", ["child", pytest.param("local", marks=pytest.mark.slow)])
def test_a_killed_window_leaves_no_process_and_no_port(tmp_path: Path, engine: str) -> None:
    window = gui(tmp_path, "--demo", "--engine", engine, env=OFFSCREEN)
    try:
        pid = engine_of(window) if engine == "child" else window.pid
        wanted = 3 if engine == "child" else 2  # the proxy, the demo's backend, the child's control site
        assert wait_for(lambda: len(ports_of(pid)) >= wanted, 20)
        ports = ports_of(pid)
        family = [pid, window.pid, *children_of(window.pid)]
    finally:
        window.kill()
        window.communicate()
    assert wait_for(lambda: not any(alive(p) for p in family), 5)
    assert [port for port in ports if not refused(port)] == []


EDIT = """
import sys
from decimal import Decimal
from vaurien_gui import app as module
opened = module.App.open
def opening(self):
    opened(self)
    from PySide6.QtCore import QTimer
    def edit():
        if self.session.state is None: return
        timer.stop()
        self.session.edit(("proxies", "default", "mix", "error"), Decimal(35), "edit")
        self.recovery.keep()
        print("edited", flush=True)
    timer = QTimer(self.window, interval=50)
    timer.timeout.connect(edit)
    timer.start()
module.App.open = opening
from vaurien_gui.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize("engine", ["child", pytest.param("local", marks=pytest.mark.slow)])
async def test_a_killed_window_keeps_the_file_and_offers_what_was_not_saved(
    file: Path, tmp_path: Path, engine: str, qapp: QApplication, troubles: Troubles
) -> None:
    state = tmp_path / "state"
    window = subprocess.Popen(
        [sys.executable, "-c", EDIT, str(file), "--engine", engine], stdout=subprocess.PIPE, text=True,
        env={**os.environ, **OFFSCREEN, "VAURIEN_GUI_STATE": str(state)},
    )  # fmt: skip
    assert window.stdout is not None
    assert await asyncio.to_thread(window.stdout.readline) == "edited\n"
    window.kill()
    window.communicate()
    assert file.read_text() == INI
    (left,) = recovery.found(state / "recovery")
    assert left.path == file
    assert left.text == INI.replace("20:error", "35:error")
    settings = QSettings(str(next(state.glob("*.ini"), state / "window.ini")), QSettings.Format.IniFormat)
    again = await opened(qapp, settings, troubles, "local")
    assert again.window.offers.isVisibleTo(again.window)
    assert "checkout.ini" in again.window.offers.text()
    await again.aclose()
