"""The session: document, undo, and what reaches the engine, with the engine in this process and in a child."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from conftest import Troubles, wait_until

from vaurien_core.errors import UsageError
from vaurien_core.model.change import Edit
from vaurien_core.model.profile import Profile, ProxySpec, Rule
from vaurien_core.registry import Registry
from vaurien_gui import files
from vaurien_gui.document import Document
from vaurien_gui.session import Session

WEIGHT = ("proxies", "web", "mix", "delay")
SLEEP = ("proxies", "web", "behaviors", "delay", "sleep")


def web(backend: str = "127.0.0.1:9", *rules: tuple[str, str]) -> Profile:
    mix = tuple(Rule(name, Decimal(weight)) for name, weight in rules)
    return Profile(proxies=(ProxySpec("web", proxy="127.0.0.1:0", backend=backend, protocol="http", mix=mix),), seed=7)


async def running(session: Session, *rules: tuple[str, str]) -> str:
    """A started session in front of the built-in backend; the URL of its proxy."""
    session.document.replace(web("127.0.0.1:9", *rules))
    await session.settled()
    assert session.link is not None, session.lost
    backend = await session.link.engine.demo("backend")
    session.document.adopt([(("proxies", "web", "backend"), backend)])
    session.start()
    await session.link.drained()
    await wait_until(lambda: session.state and session.state.proxy("web").bound)
    assert session.state is not None
    return f"http://{session.state.proxy('web').bound}/"


# --- the document alone


def edits_of(document: Document) -> list[Edit]:
    heard: list[Edit] = []
    document.edited.connect(heard.extend)
    return heard


def test_an_edit_is_dirty_undoable_and_told() -> None:
    document = Document()
    document.replace(web())
    heard = edits_of(document)
    document.edit(WEIGHT, Decimal(12), "Set delay weight to 12 %")
    assert document.modified
    assert document.undo.undoText() == "Set delay weight to 12 %"
    document.undo.undo()
    assert not document.modified
    assert [(e.path, e.value) for e in heard] == [(WEIGHT, Decimal(12)), (WEIGHT, None)]


def test_the_moves_of_one_drag_are_one_step() -> None:
    document = Document()
    document.replace(web())
    for weight in range(1, 30):
        document.edit(WEIGHT, Decimal(weight), f"Set delay weight to {weight} %", drag="drag 1")
    document.edit(WEIGHT, Decimal(40), "Set delay weight to 40 %", drag="drag 2")
    assert document.undo.count() == 2
    document.undo.undo()
    assert document.profile is not None
    assert document.profile.proxy("web").weight("delay") == 29
    document.undo.undo()
    assert document.profile == document.baseline


def test_a_drag_there_and_back_leaves_no_step() -> None:
    document = Document()
    document.replace(web("127.0.0.1:9", ("delay", "5")))
    for weight in (6, 9, 5):
        document.edit(WEIGHT, Decimal(weight), "", drag="drag 1")
    assert document.undo.count() == 0
    assert not document.modified


def test_different_places_are_different_steps() -> None:
    document = Document()
    document.replace(web())
    document.edit(WEIGHT, Decimal(5), "weight")
    document.edit(SLEEP, 2.0, "sleep")
    assert document.undo.count() == 2


def test_a_macro_is_one_step() -> None:
    document = Document()
    document.replace(web())
    document.edit_all([(WEIGHT, Decimal(5)), (SLEEP, 2.0)], "Both")
    assert document.undo.count() == 1
    document.undo.undo()
    assert document.profile == document.baseline


def test_undoing_the_removal_of_a_proxy_puts_it_back_in_its_place() -> None:
    document = Document()
    first, second = ProxySpec("a"), ProxySpec("b")
    document.replace(Profile(proxies=(first, second)))
    document.edit(("proxies", "a"), None, "Remove proxy a")
    document.undo.undo()
    assert document.profile == Profile(proxies=(first, second))


def test_what_others_changed_is_dirty_but_not_undoable() -> None:
    document = Document()
    document.replace(web())
    remote = web("127.0.0.1:9", ("delay", "30"))
    document.merge(remote, [WEIGHT])
    assert document.modified
    assert document.undo.count() == 0
    assert document.profile == remote


def test_a_wrong_place_changes_nothing() -> None:
    document = Document()
    document.replace(web())
    with pytest.raises(UsageError):
        document.edit(("proxies", "nobody", "mix", "delay"), Decimal(5), "")
    assert document.undo.count() == 0


TEXT = """\
; our checkout, as it fails on Fridays
[vaurien]
proxy = 127.0.0.1:0          ; any port
backend = 127.0.0.1:9000
protocol = http
behavior = 20:delay, 5:error ; the usual

[behavior:delay]
sleep = 300ms
# unknown to us
[elsewhere]
key = value
"""


def test_one_changed_weight_is_a_one_line_diff_and_back_by_hand_is_the_same_file(
    tmp_path: Path, registry: Registry
) -> None:
    path = tmp_path / "flaky.ini"
    path.write_text(TEXT)
    document = Document()
    files.open_file(document, path, registry)
    document.edit(("proxies", "default", "mix", "delay"), Decimal(25), "")
    files.save_file(document, path, registry)
    changed = [(a, b) for a, b in zip(TEXT.splitlines(), path.read_text().splitlines(), strict=True) if a != b]
    assert changed == [("behavior = 20:delay, 5:error ; the usual", "behavior = 25:delay, 5:error ; the usual")]
    assert not document.modified
    document.edit(("proxies", "default", "mix", "delay"), Decimal(20), "")
    files.save_file(document, path, registry)
    assert path.read_text() == TEXT


# --- with an engine


async def latencies(url: str, count: int) -> list[float]:
    async with httpx.AsyncClient() as client:
        return [(await client.get(url, params={"n": n})).elapsed.total_seconds() for n in range(count)]


async def test_an_edit_reaches_the_engine_and_a_real_client_suffers(session: Session) -> None:
    url = await running(session)
    control = await latencies(url, 3)
    session.edit(SLEEP, 0.2, "Set delay sleep to 200 ms")
    session.edit(WEIGHT, Decimal(100), "Set delay weight to 100 %")
    assert session.link is not None
    await session.link.drained()
    suffered = await latencies(url, 3)
    assert min(suffered) >= 0.2
    assert min(suffered) > max(control)
    session.document.undo.undo()
    await session.link.drained()
    assert min(await latencies(url, 3)) < 0.2


async def test_many_edits_travel_together(session: Session) -> None:
    await running(session)
    assert session.link is not None
    before = session.link.revision
    for weight in range(1, 50):
        session.edit(WEIGHT, Decimal(weight), "", drag="drag 1")
    await session.link.drained()
    assert session.link.revision == before + 1
    revisioned = await session.link.engine.profile()
    assert revisioned.profile.proxy("web").weight("delay") == 49


async def test_all_normal_overtakes_what_is_queued(session: Session) -> None:
    await running(session, ("error", "100"))
    assert session.link is not None
    blocked = asyncio.Event()
    session.link.submit(blocked.wait)
    session.all_normal()
    await wait_until(lambda: session.held)
    blocked.set()
    session.resume()
    await wait_until(lambda: not session.held)


async def test_what_another_client_changes_is_merged(session: Session) -> None:
    await running(session)
    assert session.link is not None
    await session.link.engine.change((Edit(WEIGHT, Decimal(33)),), author="vaurienctl")
    await wait_until(lambda: session.profile and session.profile.proxy("web").weight("delay") == 33)
    assert session.document.modified
    assert session.document.undo.count() == 0


async def test_a_hand_that_moved_later_wins_over_another_client(session: Session) -> None:
    await running(session)
    link = session.link
    assert link is not None
    await link.engine.change((Edit(WEIGHT, Decimal(33)),), author="vaurienctl")
    session.edit(WEIGHT, Decimal(44), "")
    await link.drained()
    assert (await link.engine.profile()).profile.proxy("web").weight("delay") == 44


async def test_what_the_engine_refuses_is_told_and_the_next_edit_brings_it_back_into_step(
    session: Session, troubles: Troubles
) -> None:
    troubles.expected = True
    await running(session)
    assert session.link is not None
    session.edit(("proxies", "web", "connect_timeout"), -1.0, "")
    await session.link.drained()
    assert any("connect_timeout" in text for text in troubles)
    session.edit(("proxies", "web", "connect_timeout"), 3.0, "")
    await session.link.drained()
    assert (await session.link.engine.profile()).profile == session.profile


async def test_a_port_that_is_taken_stands_in_the_state(session: Session) -> None:
    taken = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    session.document.replace(Profile(proxies=(ProxySpec("web", proxy=f"127.0.0.1:{port}", backend="127.0.0.1:9"),)))
    session.start()
    await wait_until(lambda: session.state and session.state.proxy("web").error)
    assert session.state is not None
    assert session.state.proxy("web").error_code == "VA-101"
    taken.close()
    await taken.wait_closed()


async def test_samples_and_journal_entries_arrive(session: Session) -> None:
    samples: list[object] = []
    entries: list[object] = []
    session.sampled.connect(samples.append)
    session.journalled.connect(entries.append)
    url = await running(session, ("error", "100"))
    await latencies(url, 2)
    await wait_until(lambda: len(samples) > 2 and any(getattr(e, "behavior", "") == "error" for e in entries))


@pytest.mark.parametrize("place", ["child"], indirect=True)
async def test_a_child_that_dies_is_told_and_restarted_with_the_same_profile(session: Session) -> None:
    await running(session, ("delay", "20"))
    assert session.state is not None
    first = session.state.pid
    import os
    import signal

    os.kill(first, signal.SIGKILL)
    await wait_until(lambda: session.lost)
    assert not session.started
    await session.restart_engine()
    await wait_until(lambda: session.started and session.state and session.state.proxy("web").bound)
    assert session.state is not None
    assert session.state.pid != first
    assert session.link is not None
    assert (await session.link.engine.profile()).profile == session.profile


async def test_a_child_that_cannot_start_is_replaced_by_this_process_with_a_notice(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vaurien_core.engine import child_process
    from vaurien_gui import engines

    def broken() -> Sequence[str]:
        return ["/nonexistent/python"]

    monkeypatch.setattr(child_process, "command", broken)
    session = Session(engines.opener("child", registry), lambda e, w: None, registry.catalogue())
    notices: list[str] = []
    session.notice.connect(notices.append)
    session.document.replace(web())
    await session.settled()
    assert session.link is not None
    assert session.link.engine.place == "local"
    assert "inside this window" in notices[0]
    await session.aclose()


async def test_weights_over_100_open_and_can_be_mended(session: Session, tmp_path: Path, registry: Registry) -> None:
    path = tmp_path / "over.ini"
    path.write_text("[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:9\nbehavior = 80:delay, 40:hang\n")
    files.open_file(session.document, path, registry)
    await session.settled()
    session.edit(("proxies", "default", "mix", "hang"), Decimal(20), "")
    assert session.link is not None
    await session.link.drained()
    assert (await session.link.engine.profile()).profile == session.profile
