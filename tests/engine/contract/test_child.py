"""The engine's own process: how it starts, dies, comes back and never stays behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest

from tests.support.timing import slack
from vaurien_core.engine import child_process
from vaurien_core.engine.child import ChildEngine
from vaurien_core.errors import EngineLostError
from vaurien_core.model.change import Edit
from vaurien_core.model.events import EngineState, Event, Lost
from vaurien_core.model.profile import ControlSpec, PluginSpec, Profile, ProxySpec, Rule

PROFILE = Profile((ProxySpec("web", "127.0.0.1:0", "127.0.0.1:9", "http"),))
WEIGHT = ("proxies", "web", "mix", "delay")


@pytest.fixture
async def child() -> AsyncIterator[ChildEngine]:
    engine = await ChildEngine.launch(PROFILE, start_within_s=20.0)
    yield engine
    await engine.aclose()


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie doesn't)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def accepts(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 0.5).close()
    except OSError:
        return False
    return True


async def lost(engine: ChildEngine, then: Callable[[], None]) -> Lost:
    """The `Lost` that a reader gets after `then`, which is called at the first state."""
    seen: list[Event] = []
    async with asyncio.timeout(10), aclosing(engine.events()) as events:
        async for event in events:
            seen.append(event)
            if len(seen) == 1:
                assert isinstance(event, EngineState)
                then()
    assert isinstance(seen[-1], Lost)
    return seen[-1]


async def test_a_child_that_is_killed_is_reported_and_runs_again_as_it_was(child: ChildEngine) -> None:
    await child.start()
    seed = (await child.state()).seed
    await child.change([Edit(WEIGHT, Decimal("12.5"))], author="window")
    first = child.pid
    event = await lost(child, lambda: os.kill(first, signal.SIGKILL))
    assert event.reason == "The engine's process was killed by signal 9."
    with pytest.raises(EngineLostError, match="killed by signal 9"):
        await child.state()
    await child.restart()
    state = await child.state()
    assert state.pid == child.pid != first
    assert state.seed == seed
    assert state.proxy("web").running, "it listened, so it listens again"
    assert (await child.profile()).profile.proxy("web").weight("delay") == Decimal("12.5")


async def test_a_restart_may_run_another_profile_and_replaces_a_living_child(child: ChildEngine) -> None:
    first = child.pid
    await child.restart(replace(PROFILE, seed=5))
    assert not alive(first)
    assert (await child.state()).seed == 5 or (await child.profile()).profile.seed == 5


async def test_closing_ends_the_process_and_its_listeners_within_two_seconds(child: ChildEngine) -> None:
    await child.start()
    bound = (await child.state()).proxy("web").bound
    assert accepts(bound)
    pid, began = child.pid, time.monotonic()
    await child.aclose()
    assert time.monotonic() - began < 2 + slack()
    assert not alive(pid)
    assert not accepts(bound)


async def test_a_child_that_ignores_everything_is_killed(child: ChildEngine) -> None:
    pid, began = child.pid, time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    await child.aclose()
    assert not alive(pid)
    assert time.monotonic() - began < 2 + slack()


async def test_a_closed_child_can_not_be_restarted(child: ChildEngine) -> None:
    await child.aclose()
    with pytest.raises(EngineLostError, match="closed"):
        await child.restart()


async def test_a_child_that_does_not_get_ready_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(child_process, "command", lambda: sleeper)
    began = time.monotonic()
    with pytest.raises(EngineLostError, match=r"not ready within 0\.3 s"):
        await ChildEngine.launch(PROFILE, start_within_s=0.3)
    assert time.monotonic() - began < 2.5 + slack()


async def test_what_a_child_said_last_is_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "command", lambda: [sys.executable, "-c", "raise SystemExit('no luck today')"])
    with pytest.raises(EngineLostError, match="status 1: no luck today"):
        await ChildEngine.launch(PROFILE, start_within_s=20.0)


async def test_a_program_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "command", lambda: ["/nonexistent/python"])
    with pytest.raises(EngineLostError, match="/nonexistent/python: No such file"):
        await ChildEngine.launch(PROFILE, start_within_s=20.0)


async def test_a_profile_that_can_not_run_is_refused_with_the_engines_sentence() -> None:
    spec = replace(PROFILE.proxies[0], mix=(Rule("dealy", Decimal(1)),))
    with pytest.raises(EngineLostError, match=r'dealy.*did you mean "delay"'):
        await ChildEngine.launch(Profile((spec,)), start_within_s=20.0)


async def test_a_plugin_that_can_not_be_loaded_is_said() -> None:
    profile = replace(PROFILE, plugins=(PluginSpec("behavior", "x", "no_such_module_here.X"),))
    with pytest.raises(EngineLostError, match="no_such_module_here"):
        await ChildEngine.launch(profile, start_within_s=20.0)


async def test_the_private_site_is_closed_to_strangers(child: ChildEngine) -> None:
    async with aiohttp.ClientSession() as session:
        assert (await session.get(child._url + "/v3/state")).status == 401


async def test_the_public_site_is_opened_beside_it_when_the_profile_asks() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    profile = replace(PROFILE, control=ControlSpec(http=True, host="127.0.0.1", ports=(port,)))
    engine = await ChildEngine.launch(profile, start_within_s=20.0)
    try:
        url = f"http://127.0.0.1:{port}"
        assert (await engine.state()).control == (url,)
        async with (
            aiohttp.ClientSession() as session,
            session.put(url + "/behavior", data='{"name": "delay"}') as response,
        ):
            assert response.status == 200
        assert (await engine.state()).proxy("web").override == "delay"
    finally:
        await engine.aclose()


async def test_a_taken_public_port_is_a_notice_and_the_engine_runs() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        profile = replace(PROFILE, control=ControlSpec(http=True, host="127.0.0.1", ports=(port,)))
        engine = await ChildEngine.launch(profile, start_within_s=20.0)
    try:
        assert len(engine.notices) == 1
        assert f"127.0.0.1:{port} is in use" in engine.notices[0]
        assert any(str(port) in e.text for e in await engine.journal())
        assert (await engine.state()).control == ()
    finally:
        await engine.aclose()


PARENT = """
    import asyncio, sys
    from vaurien_core.engine.child import ChildEngine
    from vaurien_core.model.profile import Profile, ProxySpec

    async def main():
        profile = Profile((ProxySpec("web", "127.0.0.1:0", "127.0.0.1:9"),))
        engine = await ChildEngine.launch(profile, start_within_s=20.0)
        await engine.start()
        print(engine.pid, (await engine.state()).proxy("web").bound, flush=True)
        {then}

    {run}
"""
STOCK = "asyncio.Runner(loop_factory=asyncio.SelectorEventLoop).run(main())"
UVLOOP = "import uvloop; uvloop.run(main())"
QASYNC = """
    import PySide6.QtCore, qasync
    app = PySide6.QtCore.QCoreApplication([])
    loop = qasync.QEventLoop(app)
    with loop:
        loop.run_until_complete(main())
    import os
    os._exit(0)  # Qt's objects may be torn down in an order that crashes; the engine is closed by now
"""


def parent(then: str, run: str = STOCK) -> subprocess.Popen[str]:
    """A program that owns a child engine."""
    code = textwrap.dedent(PARENT).format(then=then, run=textwrap.dedent(run))
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_the_child_ends_within_a_second_of_its_parent_however_that_died(sign: signal.Signals) -> None:
    with parent("await asyncio.sleep(60)") as process:
        assert process.stdout is not None
        pid, bound = process.stdout.readline().split()
        assert accepts(bound)
        held = socket.create_connection(bound.split(":"))  # type: ignore[arg-type]
        process.send_signal(sign)
        process.wait(15)
    died = time.monotonic()
    while alive(int(pid)) and time.monotonic() < died + 15:
        await asyncio.sleep(0.02)
    assert time.monotonic() - died < 1 + slack()
    assert not accepts(bound)
    held.close()


@pytest.mark.parametrize("run", [STOCK, UVLOOP, QASYNC], ids=["stock", "uvloop", "qasync"])
def test_it_runs_under_every_loop_that_a_window_may_have(run: str) -> None:
    if run is QASYNC:
        pytest.importorskip("qasync")
    then = "await engine.aclose(); print('closed', flush=True)"
    with parent(then, run) as process:
        out, _ = process.communicate(timeout=40)
    assert process.returncode == 0
    assert out.endswith("closed\n")
    assert not alive(int(out.split()[0]))


async def test_a_plugin_beside_the_profile_is_found_wherever_the_window_was_started(tmp_path: Path) -> None:
    (tmp_path / "beside_it.py").write_text(
        "from vaurien_core.behaviors.dummy import Dummy\nclass Beside(Dummy):\n    name = 'beside'\n"
    )
    for called in ("beside_it.Beside", "beside_it.py"):
        profile = replace(PROFILE, plugins=(PluginSpec("behavior", "beside", called),))
        engine = await ChildEngine.launch(profile, start_within_s=20.0, folder=tmp_path)
        try:
            assert (await engine.catalogue()).behavior("beside") is not None
        finally:
            await engine.aclose()
