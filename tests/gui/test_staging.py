"""Live and staged: what the engine has taken, what waits, and whose change holds; without an engine, then with."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from conftest import Troubles, wait_until
from test_session import SLEEP, WEIGHT, running, web

from vaurien_core.model.change import Edit, edit
from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_gui.models.difference import differences
from vaurien_gui.opening import Happening
from vaurien_gui.presenters.applying import apply_state
from vaurien_gui.presenters.band import BandPresenter
from vaurien_gui.session import Session
from vaurien_gui.staging import Staging

ERROR = ("proxies", "web", "mix", "error")
LISTEN = ("proxies", "web", "proxy")


def staged(profile: Profile) -> Staging:
    staging = Staging()
    staging.set_mode("staged")
    staging.begin(profile)
    return staging


# --- without an engine


def test_differences_are_places_in_plain_words() -> None:
    before = web("127.0.0.1:9", ("delay", "8"))
    after = edit(before, WEIGHT, Decimal("12.5"))
    after = edit(after, ERROR, Decimal(5))
    after = edit(edit(after, SLEEP, 0.3), LISTEN, "127.0.0.1:8001")
    assert [d.text for d in differences(before, after)] == [
        "listen 127.0.0.1:0 → 127.0.0.1:8001", "Delay 8 → 12.5 %", "Error 0 → 5 %", "delay sleep = 0.3",
    ]  # fmt: skip


def test_differences_name_the_proxy_where_there_are_several_and_no_text_that_may_be_a_secret() -> None:
    before = web()
    added = replace(before, proxies=(*before.proxies, ProxySpec("db")))
    assert [d.text for d in differences(before, added)] == ["db added"]
    secret = edit(added, ("proxies", "web", "backend"), "canary.example:1")
    assert [d.text for d in differences(added, secret)] == ["web: backend changed"]


def test_what_waits_is_the_difference_so_going_back_by_hand_waits_for_nothing() -> None:
    profile = web("127.0.0.1:9", ("delay", "8"))
    staging = staged(profile)
    changed = edit(profile, WEIGHT, Decimal(9))
    assert [e.path for e in staging.edits(changed)] == [WEIGHT]
    assert staging.mark(changed, WEIGHT) == "waits"
    assert staging.mark(changed, ERROR) == ""
    assert staging.waiting(edit(changed, WEIGHT, Decimal(8))) == ()


def test_a_taken_edit_waits_no_more_and_shows_a_tick() -> None:
    profile = web("127.0.0.1:9", ("delay", "8"))
    staging = staged(profile)
    changed = edit(profile, WEIGHT, Decimal(9))
    assert [d.text for d in staging.taken((Edit(WEIGHT, Decimal(9)),))] == ["Delay 8 → 9 %"]
    assert staging.waiting(changed) == ()
    assert staging.mark(changed, WEIGHT) == "done"


def test_an_outside_change_elsewhere_is_taken_over_and_conflicts_with_nothing() -> None:
    profile = web("127.0.0.1:9", ("delay", "8"))
    staging, mine = staged(profile), edit(profile, WEIGHT, Decimal(9))
    theirs = edit(profile, ERROR, Decimal(5))
    assert staging.outside(theirs, [ERROR], "ci", mine) == (ERROR,)
    assert staging.conflict is None
    assert [e.path for e in staging.edits(edit(mine, ERROR, Decimal(5)))] == [WEIGHT]


def test_an_outside_change_at_a_place_that_waits_is_a_conflict() -> None:
    profile = web("127.0.0.1:9", ("delay", "8"))
    staging, mine = staged(profile), edit(profile, WEIGHT, Decimal(9))
    theirs = edit(profile, WEIGHT, Decimal(30))
    assert staging.outside(theirs, [WEIGHT], "ci", mine) == ()
    assert staging.conflict is not None
    assert staging.conflict.author == "ci"
    assert staging.take_theirs() == (Edit(WEIGHT, Decimal(30)),)
    assert staging.conflict is None


def test_somebody_who_set_the_same_value_is_no_conflict() -> None:
    profile = web("127.0.0.1:9", ("delay", "8"))
    staging, same = staged(profile), edit(profile, WEIGHT, Decimal(9))
    staging.outside(same, [WEIGHT], "ci", same)
    assert staging.conflict is None
    assert staging.waiting(same) == ()


# --- with an engine, here and in a child


async def engine_weight(session: Session, behavior: str = "delay") -> Decimal:
    assert session.link is not None
    return (await session.link.engine.profile()).profile.proxy("web").weight(behavior)


async def test_staged_edits_reach_the_engine_together_with_apply_and_not_before(session: Session) -> None:
    await running(session, ("delay", "8"))
    link, marked = session.link, list[Happening]()
    assert link is not None
    session.happened.connect(marked.append)
    session.applying.set_mode("staged")
    session.edit(WEIGHT, Decimal(20), "")
    session.edit(ERROR, Decimal(5), "")
    session.edit(SLEEP, 0.05, "")
    await link.drained()
    assert await engine_weight(session) == 8
    assert apply_state(session).waiting == ("Delay 8 → 20 %", "Error 0 → 5 %", "delay sleep = 0.05")
    before = (await link.engine.profile()).revision
    session.applying.apply()
    await link.drained()
    stand = await link.engine.profile()
    assert stand.revision == before + 1
    assert stand.profile == session.profile
    assert apply_state(session).waiting == ()
    assert [m.text for m in marked] == ["Applied 3 changes: Delay 8 → 20 %, Error 0 → 5 %, delay sleep = 0.05"]


async def test_the_band_counts_what_waits_and_shows_what_the_engine_does(session: Session) -> None:
    await running(session, ("delay", "8"))
    band = BandPresenter(session)
    session.applying.set_mode("staged")
    session.edit(WEIGHT, Decimal(20), "")
    assert band.state().share == "8 %"
    assert band.state().since.startswith("1 change waits")
    session.edit(ERROR, Decimal(5), "")
    assert band.state().since.startswith("2 changes wait")


async def test_undo_and_discard_work_on_what_is_staged(session: Session) -> None:
    await running(session, ("delay", "8"))
    session.applying.set_mode("staged")
    session.edit(WEIGHT, Decimal(20), "")
    session.document.undo.undo()
    assert session.applying.waiting == ()
    session.document.undo.redo()
    session.edit(ERROR, Decimal(5), "")
    assert len(session.applying.waiting) == 2
    session.applying.discard()
    assert session.applying.waiting == ()
    assert session.document.undo.undoText() == "Discard 2 staged changes"
    session.document.undo.undo()
    assert len(session.applying.waiting) == 2


async def test_going_live_sends_what_waits(session: Session) -> None:
    await running(session, ("delay", "8"))
    session.applying.set_mode("staged")
    session.edit(WEIGHT, Decimal(20), "")
    session.applying.set_mode("live")
    assert session.link is not None
    await session.link.drained()
    assert await engine_weight(session) == 20


async def test_a_proxy_that_is_added_while_staged_keeps_its_place(session: Session) -> None:
    await running(session, ("delay", "8"))
    session.applying.set_mode("staged")
    session.edit(("proxies", "db"), ProxySpec("db", proxy="127.0.0.1:0"), "")
    session.edit(WEIGHT, Decimal(20), "")
    session.applying.apply()
    assert session.link is not None
    await session.link.drained()
    assert (await session.link.engine.profile()).profile == session.profile


async def test_all_normal_bypasses_staging(session: Session) -> None:
    await running(session, ("delay", "8"))
    session.applying.set_mode("staged")
    session.edit(WEIGHT, Decimal(20), "")
    session.all_normal()
    await wait_until(lambda: session.held, 2)
    assert len(session.applying.waiting) == 1
    assert "1 change waits" in BandPresenter(session).state().since


async def test_an_edit_that_the_engine_refuses_goes_on_waiting(session: Session, troubles: Troubles) -> None:
    troubles.expected = True
    await running(session, ("delay", "8"))
    session.applying.set_mode("staged")
    session.edit(WEIGHT, Decimal(20), "")
    session.edit(("proxies", "web", "backend"), "nonsense:99999", "")
    session.applying.apply()
    assert session.link is not None
    await session.link.drained()
    assert troubles
    assert len(session.applying.waiting) == 2
    assert await engine_weight(session) == 8


@pytest.mark.parametrize("answer", ["theirs", "mine"])
async def test_a_conflict_while_staged_says_who_changed_what_and_waits_for_an_answer(
    session: Session, troubles: Troubles, answer: str
) -> None:
    troubles.expected = True
    await running(session, ("delay", "8"))
    session.applying.set_mode("staged")
    session.edit(WEIGHT, Decimal(20), "")
    session.edit(ERROR, Decimal(5), "")
    assert session.link is not None
    await session.link.engine.change([Edit(WEIGHT, Decimal(30))], author="ci")
    await wait_until(lambda: apply_state(session).conflict)
    assert "ci changed the same" in apply_state(session).conflict
    assert "Delay 20 → 30 %" in apply_state(session).conflict
    session.applying.apply()
    await session.link.drained()
    assert await engine_weight(session) == 30
    if answer == "theirs":
        session.applying.take_theirs()
    else:
        session.applying.keep_mine()
    assert apply_state(session).conflict == ""
    session.applying.apply()
    await session.link.drained()
    assert await engine_weight(session) == (30 if answer == "theirs" else 20)
    assert await engine_weight(session, "error") == 5
    assert session.profile == (await session.link.engine.profile()).profile


async def test_open_connections_go_on_with_the_former_settings_until_the_proxy_restarts(session: Session) -> None:
    import asyncio

    url = await running(session)
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    await wait_until(lambda: session.last and session.last.proxy("web").connections_open == 1)
    session.edit(("proxies", "web", "protocol"), "tcp", "")
    await wait_until(lambda: session.last and session.last.proxy("web").connections_former == 1)
    session.edit(WEIGHT, Decimal(20), "")
    assert session.link is not None
    session.link.stop("web")
    session.link.start("web")
    async with asyncio.timeout(3):
        assert await reader.read() == b""
    writer.close()
    await wait_until(lambda: session.last and session.last.proxy("web").connections_former == 0)
