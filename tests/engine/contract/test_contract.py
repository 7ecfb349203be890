"""What every engine promises, whatever it is and wherever it runs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from decimal import Decimal

import pytest
from fake import Make

from vaurien_core.engine.base import Engine
from vaurien_core.errors import ConflictError, EngineLostError, UsageError
from vaurien_core.model.change import Edit
from vaurien_core.model.events import Changed, EngineState, Entry, Event, Sample
from vaurien_core.model.profile import BehaviorSpec, Phase, PhaseChange, Profile, ProxySpec, Rule, Scenario

PROFILE = Profile(
    (
        ProxySpec("web", "127.0.0.1:0", "127.0.0.1:9", "http", (Rule("delay", Decimal(10)),)),
        ProxySpec("db", "127.0.0.1:0", "127.0.0.1:9", "tcp", enabled=False),
    ),
    seed=7,
)
WEIGHT = ("proxies", "web", "mix", "delay")
SLEEP = ("proxies", "web", "behaviors", "delay", "sleep")


@pytest.fixture
async def engine(make: Make) -> Engine:
    return await make(PROFILE)


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


def reading(engine: Engine, opened: AsyncExitStack, since: int = 0) -> AsyncIterator[Event]:
    """A stream of events that the test closes."""
    events = engine.events(since)
    opened.push_async_callback(events.aclose)  # type: ignore[attr-defined]
    return events


async def until(events: AsyncIterator[Event], kind: type, within_s: float = 10.0) -> list[Event]:
    """Events up to and with the first of `kind`."""
    seen: list[Event] = []
    async with asyncio.timeout(within_s):
        async for event in events:
            seen.append(event)
            if isinstance(event, kind):
                return seen
    raise AssertionError(f"the stream ended without {kind.__name__}: {seen}")


async def test_it_gives_back_the_profile_that_it_was_made_with(engine: Engine) -> None:
    stand = await engine.profile()
    assert stand.profile == PROFILE
    assert stand.revision == 1
    assert (await engine.state()).seed == 7


async def test_its_catalogue_has_options_with_their_limits(engine: Engine) -> None:
    catalogue = await engine.catalogue()
    delay = catalogue.behavior("delay")
    assert delay is not None
    sleep = next(o for o in delay.options if o.name == "sleep")
    assert (sleep.default, sleep.unit, sleep.minimum) == (1.0, "s", 0)
    assert catalogue.protocol("http") is not None


async def test_nothing_listens_before_start_and_nothing_after_stop(engine: Engine) -> None:
    assert not (await engine.state()).proxy("web").running
    await engine.start()
    state = await engine.state()
    assert state.started
    assert state.proxy("web").running
    assert state.proxy("web").bound.startswith("127.0.0.1:")
    assert not state.proxy("db").running, "it is not enabled"
    await engine.stop()
    state = await engine.state()
    assert not state.started
    assert not state.proxy("web").running


async def test_one_proxy_stops_and_starts_by_name(engine: Engine) -> None:
    await engine.change([Edit(("proxies", "db", "enabled"), True)])
    await engine.start()
    await engine.stop("web")
    state = await engine.state()
    assert not state.proxy("web").running
    assert state.proxy("db").running
    await engine.start("web")
    assert (await engine.state()).proxy("web").running


async def test_an_unknown_proxy_is_named_with_its_neighbour(engine: Engine) -> None:
    for call in (engine.start, engine.stop, engine.release):
        with pytest.raises(UsageError, match='unknown proxy "wep", did you mean "web"'):
            await call("wep")
    with pytest.raises(UsageError, match="wep"):
        await engine.override("wep", "delay")


async def test_a_scenario_is_played_paused_and_left(engine: Engine, opened: AsyncExitStack) -> None:
    with pytest.raises(UsageError, match=r"The profile has no scenario\."):
        await engine.scenario("skip")
    assert (await engine.state()).scenario is None
    dark = Phase("dark", 60.0, changes=(PhaseChange(mix=(Rule("delay", Decimal(90)),)),))
    await engine.change([Edit(("scenario",), Scenario(("dark", "calm"), defined=(dark,)))])
    stand = (await engine.state()).scenario
    assert stand is not None
    assert (stand.phase, stand.phases) == ("", 2)
    await engine.start()
    stand = (await engine.state()).scenario
    assert stand is not None
    assert (stand.phase, stand.number, stand.paused) == ("dark", 1, False)
    assert stand.ends == pytest.approx(stand.began + 60)
    assert (await engine.profile()).profile.proxy("web").weight("delay") == 10
    await engine.scenario("pause")
    await engine.scenario("jump", "calm")
    stand = (await engine.state()).scenario
    assert stand is not None
    assert (stand.phase, stand.ends, stand.paused) == ("calm", None, True)
    with pytest.raises(UsageError, match='unknown phase "clam", did you mean "calm"'):
        await engine.scenario("jump", "clam")
    assert [e.text for e in await engine.journal() if e.text.startswith("phase")] == [
        "phase dark (1 of 2)", "phase calm (2 of 2)",
    ]  # fmt: skip
    await engine.stop()
    stand = (await engine.state()).scenario
    assert stand is not None
    assert stand.phase == ""


async def test_a_bind_failure_stands_in_the_state_and_raises_nothing(engine: Engine, kind: str) -> None:
    if "fake" in kind:
        pytest.skip("the fake binds nothing")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        await engine.change([Edit(("proxies", "web", "proxy"), where)])
        await engine.start()
        state = (await engine.state()).proxy("web")
    assert not state.running
    assert state.error_code == "VA-101"
    assert where in state.error


async def test_a_change_raises_the_revision_and_is_announced_with_its_author(
    engine: Engine, opened: AsyncExitStack
) -> None:
    events = reading(engine, opened)
    await until(events, EngineState)
    revision = await engine.change([Edit(WEIGHT, Decimal("12.5"))], author="ann", base=1)
    assert revision == 2
    changed = (await until(events, Changed))[-1]
    assert changed == Changed(2, "ann", ("/".join(WEIGHT),))
    assert (await engine.profile()).profile.proxy("web").weight("delay") == Decimal("12.5")


async def test_a_late_change_of_another_path_is_rebased(engine: Engine) -> None:
    await engine.change([Edit(WEIGHT, Decimal(30))], author="ann")
    assert await engine.change([Edit(SLEEP, 2.0)], author="bob", base=1) == 3
    spec = (await engine.profile()).profile.proxy("web")
    assert spec.weight("delay") == 30
    assert spec.behavior("delay").options == (("sleep", 2.0),)


async def test_a_late_change_of_the_same_path_is_refused_and_says_by_whom(engine: Engine) -> None:
    await engine.change([Edit(WEIGHT, Decimal(30))], author="ann")
    with pytest.raises(ConflictError) as caught:
        await engine.change([Edit(WEIGHT, Decimal(40))], author="bob", base=1)
    assert (caught.value.revision, caught.value.paths, caught.value.author) == (2, ("/".join(WEIGHT),), "ann")
    assert (await engine.profile()).profile.proxy("web").weight("delay") == 30


async def test_a_change_is_taken_completely_or_not_at_all(engine: Engine) -> None:
    with pytest.raises(UsageError, match="110 %"):
        await engine.change([Edit(SLEEP, 2.0), Edit(("proxies", "web", "mix", "error"), Decimal(110))])
    with pytest.raises(UsageError, match="dealy"):
        await engine.change([Edit(SLEEP, 2.0), Edit(("proxies", "web", "mix", "dealy"), Decimal(1))])
    stand = await engine.profile()
    assert stand.profile == PROFILE
    assert stand.revision == 1


async def test_a_whole_profile_is_applied_and_a_proxy_that_stays_keeps_its_port(engine: Engine) -> None:
    await engine.start()
    before = (await engine.state()).proxy("web").bound
    spec = replace(PROFILE.proxy("web"), mix=(Rule("error", Decimal("0.5")),))
    revision = await engine.apply(replace(PROFILE, proxies=(spec, ProxySpec("new", "127.0.0.1:0", "127.0.0.1:9"))))
    assert revision > 1
    state = await engine.state()
    assert [p.name for p in state.proxies] == ["web", "new"]
    assert state.proxy("web").bound == before
    assert (await engine.profile()).profile.proxy("web") == spec


async def test_an_unknown_protocol_is_refused_with_the_known_ones(engine: Engine) -> None:
    with pytest.raises(UsageError, match=r'unknown protocol "gopher"; known: .*http.*tcp'):
        await engine.apply(PROFILE.with_proxy(replace(PROFILE.proxy("web"), protocol="gopher")))


async def test_all_normal_holds_until_resume_and_changes_are_stored_meanwhile(
    engine: Engine, opened: AsyncExitStack
) -> None:
    events = reading(engine, opened)
    await until(events, EngineState)
    await engine.all_normal()
    await engine.all_normal()
    assert (await engine.state()).held
    await engine.change([Edit(WEIGHT, Decimal(77))])
    changed = (await until(events, Changed))[-1]
    assert isinstance(changed, Changed)
    assert changed.held
    assert (await engine.profile()).profile.proxy("web").weight("delay") == 77
    assert (await engine.state()).held
    await engine.resume()
    await engine.resume()
    assert not (await engine.state()).held


async def test_an_override_is_shown_with_its_options_and_leaves_the_profile_alone(engine: Engine) -> None:
    await engine.override("web", "delay", (("sleep", 3.0),), author="api")
    state = (await engine.state()).proxy("web")
    assert state.override == "delay"
    assert dict(state.override_options)["sleep"] == 3.0
    assert (await engine.profile()).profile == PROFILE
    await engine.override("web", "")
    assert (await engine.state()).proxy("web").override == ""


async def test_an_override_with_an_unknown_name_or_value_is_refused(engine: Engine) -> None:
    with pytest.raises(UsageError, match='"dealy", did you mean "delay"'):
        await engine.override("web", "dealy")
    with pytest.raises(UsageError, match="slep"):
        await engine.override("web", "delay", (("slep", 1.0),))
    with pytest.raises(UsageError, match="at least 0"):
        await engine.override("web", "delay", (("sleep", -1.0),))
    assert (await engine.state()).proxy("web").override == ""


async def test_release_counts_what_it_let_go(engine: Engine) -> None:
    await engine.start()
    assert await engine.release() == 0
    assert await engine.release("web") == 0


async def test_kick_says_how_many_and_knows_its_proxies(engine: Engine) -> None:
    await engine.start()
    assert await engine.kick("web") == 0
    with pytest.raises(UsageError, match='"wbe"'):
        await engine.kick("wbe")


async def test_a_sample_has_every_proxy(engine: Engine) -> None:
    sample = await engine.sample()
    assert [p.name for p in sample.proxies] == ["web", "db"]
    assert sample.proxy("web").exchanges == 0


async def test_events_begin_with_the_state_then_what_came_since_then_samples(
    engine: Engine, opened: AsyncExitStack
) -> None:
    await engine.change([Edit(WEIGHT, Decimal(20))])
    await engine.change([Edit(WEIGHT, Decimal(21))])
    entries = await engine.journal()
    assert [e.n for e in entries] == list(range(1, len(entries) + 1))
    events = await until(reading(engine, opened, since=entries[0].n), Sample)
    assert isinstance(events[0], EngineState)
    assert [e for e in events if isinstance(e, Entry)] == list(entries[1:])


async def test_two_readers_see_the_same_changes(engine: Engine, opened: AsyncExitStack) -> None:
    one, two = reading(engine, opened), reading(engine, opened)
    await until(one, EngineState)
    await until(two, EngineState)
    await engine.change([Edit(WEIGHT, Decimal(22))], author="x")
    first, second = await until(one, Changed), await until(two, Changed)
    assert first[-1] == second[-1]


async def test_the_journal_is_read_from_a_place_and_no_further_than_asked(engine: Engine) -> None:
    for weight in range(1, 6):
        await engine.change([Edit(WEIGHT, Decimal(weight))])
    everything = await engine.journal()
    assert len(everything) >= 5
    assert await engine.journal(since=2, limit=2) == everything[2:4]


async def test_a_probe_says_what_it_finds_and_never_raises(engine: Engine) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{free.getsockname()[1]}"
        result = await engine.probe(where, "tcp")
    assert result.verdict == "refused"
    assert (await engine.probe(where, "tcp", own=[where])).verdict == "loop"


async def test_an_unknown_demo_action_is_refused(engine: Engine) -> None:
    with pytest.raises(UsageError):
        await engine.demo("dance")


async def test_the_demo_backend_has_an_address(engine: Engine) -> None:
    address = await engine.demo("backend")
    assert address.startswith("127.0.0.1:")
    assert await engine.demo("backend") == address
    await engine.demo("stop")


async def test_named_variants_and_options_survive_the_way_there_and_back(make: Make) -> None:
    spec = replace(
        PROFILE.proxy("web"),
        mix=(Rule("slow", Decimal("0.0001")),),
        behaviors=(BehaviorSpec("slow", "delay", (("before", False), ("sleep", 0.25))),),
    )
    engine = await make(replace(PROFILE, proxies=(spec,)))
    assert (await engine.profile()).profile.proxies == (spec,)


async def test_closing_ends_the_readers_and_is_repeatable(engine: Engine, opened: AsyncExitStack) -> None:
    events = reading(engine, opened)
    await until(events, EngineState)

    async def drain() -> None:
        async for _ in events:
            pass

    reader = asyncio.create_task(drain())
    await asyncio.sleep(0.05)
    await asyncio.wait_for(engine.aclose(), 10)
    await asyncio.wait_for(reader, 10)
    await asyncio.wait_for(engine.aclose(), 10)


async def test_it_leaves_no_task_behind(make: Make, opened: AsyncExitStack) -> None:
    before = asyncio.all_tasks()
    engine = await make(PROFILE)
    await engine.start()
    await until(reading(engine, opened), Sample)
    await engine.aclose()
    await opened.aclose()
    await asyncio.sleep(0.1)
    left = {t for t in asyncio.all_tasks() - before if not t.get_name().startswith("fake")}
    served = {t for t in left if "RequestHandler" in repr(t.get_coro())}
    assert not left - served


async def test_a_closed_connection_to_an_engine_says_so(engine: Engine, kind: str) -> None:
    if kind in ("fake", "local"):
        pytest.skip("it is in this process")
    await engine.aclose()
    with pytest.raises(EngineLostError, match="closed"):
        await engine.state()
