"""The local engine with real traffic: what a change does to live connections, what all-normal does to held ones."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import replace
from decimal import Decimal

import pytest
from traffic import Client, bound, engine, proxy, web, with_options

from tests.support.timing import slack
from vaurien_core.engine.local import LocalEngine
from vaurien_core.engine.loops import Tasks
from vaurien_core.errors import ConflictError, UsageError
from vaurien_core.model.change import Edit
from vaurien_core.model.events import Changed, Entry, Sample
from vaurien_core.model.profile import Profile
from vaurien_core.registry import Registry


def free() -> str:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{sock.getsockname()[1]}"


async def held(running: LocalEngine, count: int = 1) -> None:
    """Wait until this many exchanges are held."""
    async with asyncio.timeout(5):
        while running.sample_now().proxy("web").held < count:
            await asyncio.sleep(0.005)


async def test_a_changed_weight_reaches_a_live_connection_with_its_next_exchange() -> None:
    async with web() as backend, engine(proxy(backend)) as running:
        client = await Client.to(await bound(running))
        assert await client.ask() == b"HTTP/1.1 200 OK real"
        await running.change([Edit(("proxies", "web", "mix", "error"), Decimal(100))])
        assert (await client.ask()).startswith(b"HTTP/1.1 50")
        await running.change([Edit(("proxies", "web", "mix", "error"), Decimal(0))])
        assert await client.ask() == b"HTTP/1.1 200 OK real"
        await client.close()
        sample = running.sample_now().proxy("web")
        assert (sample.exchanges, sample.injected, sample.connections) == (3, 1, 1)


async def test_an_applied_profile_leaves_the_connections_of_an_unchanged_proxy_alone() -> None:
    async with web() as backend, engine(proxy(backend), proxy(backend, "other")) as running:
        kept, gone = await Client.to(await bound(running)), await Client.to(await bound(running, "other"))
        assert await kept.ask() and await gone.ask()
        await running.apply(Profile((proxy(backend), proxy(backend, "new")), seed=42))
        assert await kept.ask() == b"HTTP/1.1 200 OK real"
        assert await gone.ask() == b"", "a removed proxy is closed"
        assert [p.name for p in (await running.state()).proxies if p.running] == ["web", "new"]
        await kept.close()
        await gone.close()


async def test_a_changed_listen_address_is_bound_anew_and_live_connections_stay() -> None:
    async with web() as backend, engine(proxy(backend)) as running:
        before, after = await bound(running), free()
        client = await Client.to(before)
        assert await client.ask()
        await running.change([Edit(("proxies", "web", "proxy"), after)])
        assert await bound(running) == after
        assert await client.ask() == b"HTTP/1.1 200 OK real"
        with pytest.raises(ConnectionRefusedError):
            await Client.to(before)
        second = await Client.to(after)
        assert await second.ask()
        await client.close()
        await second.close()


async def test_two_proxies_swap_their_ports() -> None:
    a, b = free(), free()
    async with web() as backend, engine(proxy(backend, "a", a), proxy(backend, "b", b)) as running:
        await running.change([Edit(("proxies", "a", "proxy"), b), Edit(("proxies", "b", "proxy"), a)])
        state = await running.state()
        assert (state.proxy("a").bound, state.proxy("b").bound) == (b, a)


async def test_a_taken_port_stands_in_the_state_and_start_tries_again() -> None:
    async with web() as backend:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            place = f"127.0.0.1:{taken.getsockname()[1]}"
            running = LocalEngine(Profile((proxy(backend, "web", place),)), registry=Registry.builtin())
            await running.start()
            state = (await running.state()).proxy("web")
            assert (state.running, state.error_code) == (False, "VA-101")
            assert place in state.error
            notices = [e for e in await running.journal() if e.kind == "notice"]
            assert [(e.proxy, e.severity, e.text) for e in notices] == [("web", "error", state.error)]
        await running.start()
        state = (await running.state()).proxy("web")
        assert (state.bound, state.error) == (place, "")
        await running.aclose()


async def test_a_proxy_that_is_added_disabled_does_not_listen_until_it_is_enabled() -> None:
    async with web() as backend, engine(proxy(backend)) as running:
        await running.change([Edit(("proxies", "late"), replace(proxy(backend, "late"), enabled=False))])
        assert not (await running.state()).proxy("late").running
        with pytest.raises(UsageError, match="not enabled"):
            await running.start("late")
        await running.change([Edit(("proxies", "late", "enabled"), True)])
        assert (await running.state()).proxy("late").running
        await running.change([Edit(("proxies", "late", "enabled"), False)])
        assert not (await running.state()).proxy("late").running


async def test_all_normal_lets_a_hang_go_within_100_ms_and_it_gets_the_true_answer() -> None:
    async with web() as backend, engine(proxy(backend, hang=100)) as running:
        client = await Client.to(await bound(running))
        asking = asyncio.create_task(client.ask())
        await held(running)
        begun = time.monotonic()
        await running.all_normal()
        assert await asking == b"HTTP/1.1 200 OK real"
        took = time.monotonic() - begun
        begun = time.monotonic()
        assert await client.ask() == b"HTTP/1.1 200 OK real", "the mix is suspended"
        usual = time.monotonic() - begun
        assert took < 0.1 + 10 * usual
        await client.close()


async def test_while_all_normal_holds_changes_are_stored_without_effect() -> None:
    async with web() as backend, engine(proxy(backend)) as running:
        client = await Client.to(await bound(running))
        await running.all_normal()
        events = running.events()
        await running.change([Edit(("proxies", "web", "mix", "error"), Decimal(100))], author="ann")
        await running.override("web", "error")
        changed: list[Changed] = []
        async with asyncio.timeout(5):
            while len(changed) < 2:
                event = await anext(events)
                changed += [event] if isinstance(event, Changed) else []
        assert [(e.held, e.author) for e in changed] == [(True, "ann"), (True, "")]
        assert await client.ask() == b"HTTP/1.1 200 OK real"
        await running.override("web", "")
        await running.resume()
        assert (await client.ask()).startswith(b"HTTP/1.1 50")
        await events.aclose()
        await client.close()


async def test_a_proxy_that_starts_while_all_normal_holds_is_normal_too() -> None:
    async with web() as backend, engine() as running:
        await running.all_normal()
        await running.change([Edit(("proxies", "web"), proxy(backend, error=100))])
        client = await Client.to(await bound(running))
        assert await client.ask() == b"HTTP/1.1 200 OK real"
        await client.close()


async def test_release_lets_go_what_is_held_and_counts_it() -> None:
    async with web() as backend, engine(proxy(backend, hang=100)) as running:
        clients = [await Client.to(await bound(running)) for _ in range(3)]
        asking = [asyncio.create_task(c.ask()) for c in clients]
        await held(running, 3)
        assert await running.release("web") == 3
        assert await asyncio.gather(*asking) == [b"HTTP/1.1 200 OK real"] * 3
        assert running.sample_now().proxy("web").held == 0
        for client in clients:
            await client.close()


async def test_an_override_lies_over_the_mix_with_its_options_on_top_of_the_profiles() -> None:
    async with web() as backend:
        spec = with_options(proxy(backend, delay=100), "delay", sleep=30.0, before=False)
        async with engine(spec) as running:
            await running.override("web", "delay", (("sleep", 0.02),), author="api")
            client = await Client.to(await bound(running))
            assert await client.ask() == b"HTTP/1.1 200 OK real"
            state = (await running.state()).proxy("web")
            assert dict(state.override_options) == {"before": False, "sleep": 0.02}
            faults = [e for e in await running.journal() if e.kind == "exchange"]
            assert dict(faults[-1].options)["before"] is False
            await running.stop()
            await running.start()
            assert (await running.state()).proxy("web").override == "delay", "it outlives a stop"
            await client.close()


async def test_an_override_that_means_nothing_on_the_protocol_is_refused() -> None:
    async with web() as backend, engine(proxy(backend)) as running:
        with pytest.raises(UsageError, match="deadlock"):
            await running.override("web", "error", (("error", "deadlock"),))
        assert (await running.state()).proxy("web").override == ""


async def test_options_of_another_protocol_survive_a_change_there_and_back() -> None:
    async with web() as backend:
        spec = replace(proxy(backend), protocol_options=(("overwrite_host_header", True),))
        async with engine(spec) as running:
            await running.change([Edit(("proxies", "web", "protocol"), "tcp")])
            client = await Client.to(await bound(running))
            assert await client.ask() == b"HTTP/1.1 200 OK real"
            await client.close()
            await running.change([Edit(("proxies", "web", "protocol"), "http")])
            assert (await running.profile()).profile.proxy("web").protocol_options == spec.protocol_options
            with pytest.raises(UsageError, match="overwrite_hots_header"):
                await running.change([Edit(("proxies", "web", "protocol_options", "overwrite_hots_header"), True)])


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("mix", "delay"), Decimal("100.1"), "100.1 %"),
        (("mix", "delay"), Decimal(-1), "at least 0"),
        (("mix", "delay"), Decimal("0.00001"), "4 decimals"),
        (("mix", "dealy"), Decimal(1), 'did you mean "delay"'),
        (("behaviors", "delay", "sleep"), -1.0, "at least 0 s"),
        (("behaviors", "delay", "slep"), 1.0, 'did you mean "sleep"'),
        (("protocol",), "gopher", 'unknown protocol "gopher"'),
        (("proxy",), "nonsense", "host:port"),
        (("backend",), "localhost:0", "1..65535"),
        (("connect_timeout",), 0.0, "more than 0 s"),
        (("buffer_limit",), 0, "at least 1 byte"),
        (("draw_by",), "dice", "request or ordinal"),
        (("backlog",), 0, "at least 1"),
        (("name",), "x", "no such place"),
    ],
)
async def test_a_bad_value_is_refused_whole_and_says_where(path: tuple[str, ...], value: object, sentence: str) -> None:
    async with engine(proxy("127.0.0.1:9"), start=False) as running:
        before = await running.profile()
        with pytest.raises(UsageError) as caught:
            await running.change([Edit(("seed",), 1), Edit(("proxies", "web", *path), value)])
        assert sentence in str(caught.value)
        assert await running.profile() == before
        assert await running.journal() == ()


async def test_a_whole_profile_on_an_old_base_keeps_what_others_changed_meanwhile() -> None:
    async with engine(proxy("127.0.0.1:9", delay=10), start=False) as running:
        stand = await running.profile()
        await running.change([Edit(("proxies", "web", "backend"), "127.0.0.1:10")], author="ann")
        mine = with_options(stand.profile.proxy("web"), "delay", sleep=2.0)
        await running.apply(stand.profile.with_proxy(mine), author="bob", base=stand.revision)
        spec = (await running.profile()).profile.proxy("web")
        assert (spec.backend, dict(spec.behavior("delay").options)) == ("127.0.0.1:10", {"sleep": 2.0})
        theirs = replace(stand.profile.proxy("web"), backend="127.0.0.1:11")
        with pytest.raises(ConflictError, match="changed by ann since revision 1; now at revision 3"):
            await running.apply(stand.profile.with_proxy(theirs), base=stand.revision)


async def test_another_seed_draws_as_a_fresh_run_with_it_would() -> None:
    async def faults(running: LocalEngine) -> list[str]:
        client = await Client.to(await bound(running))
        answers = [(await client.ask(f"/{n}"))[9:12].decode() for n in range(30)]
        await client.close()
        return answers

    async with web() as backend:
        async with engine(proxy(backend, error=50), seed=7) as running:
            wanted = await faults(running)
        async with engine(proxy(backend, error=50), seed=8) as running:
            other = await faults(running)
            await running.change([Edit(("seed",), 7)])
            assert (await running.state()).seed == 7
            assert await faults(running) == wanted != other


async def test_every_change_is_journalled_and_texts_that_may_be_secret_are_not() -> None:
    async with engine(proxy("127.0.0.1:9", delay=10), start=False) as running:
        await running.change([Edit(("proxies", "web", "mix", "delay"), Decimal(20))], author="window")
        await running.change([Edit(("proxies", "web", "backend"), "secret.example:80")])
        await running.override("web", "delay", author="classic API")
        await running.all_normal()
        await running.resume()
        assert [e.text for e in await running.journal() if e.kind == "change"] == [
            "web: delay at 20 % (window)",
            "web: backend changed",
            "web: held at delay (classic API)",
            "all normal: every fault is suspended",
            "all normal ends",
        ]


async def test_the_demo_moves_every_counter_that_a_graph_shows() -> None:
    async with engine() as running:
        backend = await running.demo("backend")
        spec = with_options(proxy(backend, delay=20, error=10), "delay", sleep=0.01)
        await running.apply(Profile((spec,), seed=42))
        await running.demo("traffic", proxy="web", rate=200.0)
        async with asyncio.timeout(10):
            while running.sample_now().proxy("web").exchanges < 100:
                await asyncio.sleep(0.02)
        sample = running.sample_now().proxy("web")
        assert sample.down_read > 10_000
        assert dict(sample.hits).keys() == {"delay", "error"}
        assert sample.errors_injected > 0 and sample.errors_backend == 0
        assert sum(sample.latency) > 0 and sum(sample.latency_faulted) > 0
        assert sample.connections <= 20, "connections are kept alive"
        await running.demo("stop")
        before = running.sample_now().proxy("web").exchanges
        await asyncio.sleep(0.1)
        assert running.sample_now().proxy("web").exchanges == before
        with pytest.raises(UsageError, match="wep"):
            await running.demo("traffic", proxy="wep")


async def test_samples_come_only_while_somebody_listens() -> None:
    async with engine(proxy("127.0.0.1:9"), start=False) as running:
        assert not running._sampler.running
        events = running.events()
        seen: list[Sample] = []
        async with asyncio.timeout(5):
            async for event in events:
                if isinstance(event, Sample):
                    seen.append(event)
                if len(seen) == 3:
                    break
        assert seen[2].t - seen[1].t > 0.05
        await events.aclose()
        async with asyncio.timeout(5):
            while running._sampler.running:
                await asyncio.sleep(0.01)


async def test_everything_is_journalled_when_asked_for() -> None:
    async with web() as backend, engine(proxy(backend), journal_all=True) as running:
        heard: list[Entry] = []
        leave = running.on_entry(heard.append)
        client = await Client.to(await bound(running))
        await client.ask("/one?secret=1")
        leave()
        await client.ask("/two")
        await client.close()
        assert [(e.label, e.outcome) for e in heard if e.kind == "exchange"] == [("GET /one?secret=?", "200")]


async def test_a_backend_that_is_one_of_our_proxies_is_a_loop() -> None:
    async with engine(proxy("127.0.0.1:9")) as running:
        assert (await running.probe(await bound(running), "http")).verdict == "loop"


async def test_closing_with_50_hanging_connections_is_bounded() -> None:
    async with web() as backend, engine(proxy(backend, hang=100)) as running:
        place = await bound(running)
        clients = [await Client.to(place) for _ in range(50)]
        asking = [asyncio.create_task(c.ask()) for c in clients]
        await held(running, 50)
        begun = time.monotonic()
        await running.aclose()
        assert time.monotonic() - begun < 2.5 + slack()
        assert await asyncio.wait_for(asyncio.gather(*asking), 2) == [b""] * 50
        for client in clients:
            await client.close()


async def test_a_crash_of_a_task_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    reported: list[str] = []
    tasks = Tasks("owner", lambda name, error: reported.append(f"{name}: {error}"))

    async def crash() -> None:
        raise RuntimeError("a defect")

    tasks.spawn(crash(), "worker")
    tasks.spawn(asyncio.sleep(60), "sleeper")
    await asyncio.sleep(0.01)
    await tasks.aclose()
    assert reported == ["owner: worker: a defect"]
    assert "owner: worker crashed" in caplog.text
    assert len(tasks) == 0
