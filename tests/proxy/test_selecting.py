"""Rules with selectors in the data plane: who gets which exchange, what is counted, what is predicted."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.proxy.lab import Lab, Line, Place, behavior, lab, named, on_both_ports, reset, spec_of
from tests.proxy.test_session_truth import TrueLine
from vaurien_core.behaviors.base import Intervention
from vaurien_core.behaviors.delay import Delay
from vaurien_core.behaviors.dummy import Dummy
from vaurien_core.behaviors.error import Error
from vaurien_core.model.profile import BehaviorSpec, ProxySpec, Rule
from vaurien_core.model.selectors import Selector
from vaurien_core.options import values_of
from vaurien_core.protocols.tcp import Tcp
from vaurien_core.proxy import draw
from vaurien_core.proxy.plan import compile_plan, compile_rule
from vaurien_core.registry import Registry


def answering(word: str) -> type:
    return behavior(word, lambda act: act.reply(lambda _close: f"-{word}\n".encode()))


A, B, C = answering("a"), answering("b"), answering("c")


def variant(name: str, kind: str, **options: object) -> BehaviorSpec:
    return BehaviorSpec(name, kind, values_of(options))  # type: ignore[arg-type]


async def talk(it: Lab, words: list[str]) -> list[str]:
    """Say every word on one connection, one behind the other; what came back."""
    reader, writer = await it.client()
    said = []
    for word in words:
        writer.write(f"{word}\n".encode())
        said.append((await reader.readline()).decode().strip())
    writer.close()
    return said


@on_both_ports
def test_a_rule_gets_only_what_it_matches_and_the_rest_goes_to_the_plain_mix(place: Place) -> None:
    async def main() -> None:
        pays, reads = variant("pays", "a", match="pay*"), variant("reads", "b", match="re:^read$")
        async with lab(A, B, C, mix="100:pays, 100:reads, 100:c", behaviors=(pays, reads), everything=True) as it:
            got = await talk(it, ["pay", "read", "other", "payment", "reads", "pay"])
            assert got == ["-a", "-b", "-c", "-a", "-c", "-a"]
            counters = it.server.counters
            assert counters.matched == {"pays": 3, "reads": 1}
            assert counters.hits == {"pays": 3, "reads": 1, "c": 2}
            assert it.server.sample().matched == (("pays", 3), ("reads", 1))
            entry = next(e for e in it.journal.entries if e.rule == "pays")
            assert (entry.behavior, entry.draw is not None) == ("a", True)

    place.run(main)


def test_the_first_hit_in_written_order_wins_and_later_rules_still_count() -> None:
    async def main() -> None:
        one, two = variant("one", "a", skip=1, times=2), variant("two", "b", every=3)
        async with lab(A, B, mix="100:one, 100:two", behaviors=(one, two)) as it:
            got = await talk(it, ["x"] * 7)
            assert got == ["ok x", "-a", "-a", "ok x", "ok x", "-b", "ok x"]
            assert it.server.counters.matched == {"one": 7, "two": 7}

    Place("stock", "reactor").run(main)


def test_a_dummy_with_selectors_keeps_exchanges_out_of_the_mix() -> None:
    async def main() -> None:
        health = variant("spare", "dummy", match="health", first=2)
        async with lab(A, mix="100:spare, 100:a", behaviors=(health,)) as it:
            assert await talk(it, ["health", "x", "health", "health"]) == ["ok health", "-a", "ok health", "-a"]
            assert it.server.counters.matched == {"spare": 3}

    Place("stock", "reactor").run(main)


def test_counts_begin_anew_when_a_rule_becomes_active_and_outlive_other_changes() -> None:
    async def main() -> None:
        first = variant("first", "a", first=1)
        async with lab(A, C, mix="100:first", behaviors=(first,)) as it:
            server = it.server
            assert await talk(it, ["x", "x"]) == ["-a", "ok x"]
            server.use(ProxySpecs.with_mix(server.spec, "100:first, 0:c"))
            assert await talk(it, ["x"]) == ["ok x"]
            server.use(server.spec.with_behavior(variant("first", "a", first=1, match="x")))
            assert await talk(it, ["x"]) == ["ok x"]
            server.use(ProxySpecs.with_mix(server.spec, "0:first"))
            server.use(ProxySpecs.with_mix(server.spec, "100:first"))
            assert await talk(it, ["y", "x", "x"]) == ["ok y", "-a", "ok x"]
            assert server.counters.matched == {"first": 6}

    Place("stock", "reactor").run(main)


class ProxySpecs:
    """Specs with another mix."""

    @staticmethod
    def with_mix(spec: ProxySpec, mix: str) -> ProxySpec:
        other = spec_of(mix)
        return ProxySpec(
            spec.name, spec.proxy, spec.backend, spec.protocol, other.mix, spec.behaviors, draw_by=spec.draw_by
        )


def test_an_override_holds_to_its_selectors_and_counts_from_its_start() -> None:
    async def main() -> None:
        async with lab(A, C, mix="100:c") as it:
            it.server.set_override(variant("held", "a", match="pay", first=2))
            assert await talk(it, ["pay", "x", "pay", "pay"]) == ["-a", "ok x", "-a", "ok pay"]
            it.server.set_override(variant("held", "a", match="pay", first=2))
            assert await talk(it, ["pay"]) == ["-a"]
            it.server.set_override(None)
            assert await talk(it, ["pay"]) == ["-c"]

    Place("stock", "reactor").run(main)


def test_a_hit_that_could_not_act_gives_its_place_under_times_back() -> None:
    async def main() -> None:
        needy = behavior("needy", lambda act: act.reply(lambda _close: b"-n\n"), needs_answer=True)
        async with lab(needy, mix="100:needy", behaviors=(named("needy", times=1),)) as it:
            reader, writer = await it.client()
            writer.write(b"!no answer\nx\nx\n")
            assert [await reader.readline(), await reader.readline()] == [b"-n\n", b"ok x\n"]
            assert it.server.counters.not_applicable == 1

    Place("stock", "reactor").run(main)


def test_a_mix_without_selectors_draws_as_it_always_did() -> None:
    registry = Registry((Delay, Dummy, A), (Tcp, Line))
    plan = compile_plan(spec_of("20:delay, 5:a"), registry)
    assert plan.selective == ()
    assert not plan.connects
    assert not plan.reads_heads
    assert plan.ends == (200_000, 250_000)


def test_a_rule_that_only_gets_selectors_keeps_behavior_and_counts() -> None:
    registry = Registry((Delay, Dummy), (Tcp, Line))
    plan = compile_plan(spec_of("20:delay"), registry)
    plan.rules[0].hits = 7
    after = compile_plan(spec_of("20:delay").with_behavior(named("delay", match="x")), registry, plan)
    ((rule, weight),) = after.apart
    assert after.rules == ()
    assert (rule.hits, weight, rule.behavior is plan.rules[0].behavior) == (7, 200_000, True)
    assert rule.selector == Selector(match="x")
    assert "match" not in dict(rule.options)
    assert compile_rule(named("delay", match="x"), registry, rule) is rule


words = st.lists(st.sampled_from(["pay", "read", "write", "pay now"]), max_size=60)
numbers = st.one_of(st.none(), st.integers(1, 5))
rules = st.lists(
    st.tuples(
        st.sampled_from(["", "pay*", "read", "re:a"]), st.integers(0, 4), st.integers(1, 4), numbers, numbers,
        st.sampled_from(["0", "12.5", "50", "100"]),
    ),
    max_size=4,
)  # fmt: skip


@given(rules, st.sampled_from(["0", "10", "60"]), words, st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_what_happens_is_what_was_predicted(made: list, plain: str, said: list[str], seed: int) -> None:
    """The data plane's own counting against `predict`, which is written a second time."""
    setups = tuple(
        variant(f"r{n}", "a" if n % 2 else "b", match=match, skip=skip, every=every, first=first, times=times)
        for n, (match, skip, every, first, times, _) in enumerate(made)
    )
    mix = (*(Rule(f"r{n}", Decimal(row[-1])) for n, row in enumerate(made)), Rule("c", Decimal(plain)))
    apart = [s.name for s in setups if s.selective()]
    shared = sum(r.weight for r in mix if r.behavior not in apart)
    if shared > 100:
        return
    requests = [draw.Request(word.encode(), word.split()[0]) for word in said]

    async def main() -> None:
        async with lab(A, B, C, behaviors=setups, seed=seed, everything=True) as it:
            spec = ProxySpec(**{**_fields(it.server.spec), "mix": mix})
            it.server.use(spec)
            predicted = draw.predict(spec, seed, requests)
            await talk(it, said)
            got = [e.rule or "dummy" for e in it.journal.entries if e.kind == "exchange"]
            assert got == [p.rule for p in predicted]
            matched = Counter(name for p in predicted for name in p.matched)
            assert it.server.counters.matched == matched

    Place("stock", "reactor").run(main)


def _fields(spec: ProxySpec) -> dict:
    return {f: getattr(spec, f) for f in ProxySpec.__dataclass_fields__}


def test_one_draw_decides_for_each_rule_whatever_the_others_do() -> None:
    setups = (variant("one", "a", every=2), variant("error", "b", skip=0, match="*"))
    keys = [draw.Request(b"k%d" % n, "k") for n in range(2000)]
    both = spec_of("50:one, 30:error", draw_by="request", behaviors=setups)
    alone = spec_of("30:error", draw_by="request", behaviors=setups)
    together, single = draw.predict(both, 5, keys), draw.predict(alone, 5, keys)
    assert {n for n, p in enumerate(together) if p.rule == "error"} == {
        n for n, p in enumerate(single) if p.rule == "error" and together[n].rule != "one"
    }
    assert abs(Counter(p.rule for p in together)["one"] / 1000 - 0.5) < 0.05


@on_both_ports
def test_a_delay_at_connect_makes_the_dial_late_and_once(place: Place) -> None:
    async def main() -> None:
        late = named("delay", sleep=0.2, at="connect")
        async with lab(Delay, mix="100:delay", behaviors=(late,), everything=True) as it:
            loop = asyncio.get_running_loop()
            began = loop.time()
            reader, writer = await it.client()
            writer.write(b"x\ny\n")
            await it.until(lambda: it.server.counters.held == 1)
            assert it.received == []
            assert [await reader.readline(), await reader.readline()] == [b"ok x\n", b"ok y\n"]
            assert loop.time() - began >= 0.19
            assert it.server.counters.hits == {"delay": 1}
            assert it.server.counters.exchanges == 3
            assert it.server.counters.matched == {"delay": 1}
            first = it.journal.entries[0]
            assert (first.ex, first.label, first.rule) == (0, "connect", "delay")
            assert first.measured_ms >= 190

    place.run(main)


@on_both_ports
def test_a_delay_at_connect_is_released_and_ends_with_its_client(place: Place) -> None:
    async def main() -> None:
        late = named("delay", sleep=60, at="connect")
        async with lab(Delay, mix="100:delay", behaviors=(late,), everything=True, stay_connected=True) as it:
            reader, writer = await it.client()
            writer.write(b"x\n")
            await it.until(lambda: it.server.counters.held == 1)
            assert it.server.release() == 1
            assert await reader.readline() == b"ok x\n"
            assert it.journal.entries[0].outcome == "released"
            _, gone = await it.client()
            await it.until(lambda: it.server.counters.held == 1)
            reset(gone)
            await it.until(lambda: it.server.counters.held == 0)

    place.run(main)


HANG = behavior("hang", lambda act: act.hang())
CLOSE = behavior("blackout", lambda act: act.close())
RESET = behavior("abort", lambda act: act.reset())


@on_both_ports
def test_a_hang_at_connect_says_nothing_until_it_is_released(place: Place) -> None:
    async def main() -> None:
        async with lab(HANG, mix="100:hang", behaviors=(named("hang", at="connect"),), everything=True) as it:
            reader, writer = await it.client()
            writer.write(b"x\n")
            await it.until(lambda: it.server.counters.held == 1)
            await asyncio.sleep(0.05)
            assert it.received == []
            it.server.set_normal(True)
            assert await reader.readline() == b"ok x\n"
            assert it.journal.outcomes()[:2] == ["held", "released"]
            it.server.set_normal(False)
            reader, writer = await it.client()
            await it.until(lambda: it.server.counters.held == 1)
            writer.close()
            await it.until(lambda: it.server.connections == 1)

    place.run(main)


@on_both_ports
def test_blackout_and_abort_at_connect_end_it_before_the_backend_is_dialled(place: Place) -> None:
    async def main() -> None:
        setups = (named("blackout", at="connect", first=1), named("abort", at="connect", skip=1, first=1))
        async with lab(CLOSE, RESET, mix="100:blackout, 100:abort", behaviors=setups, everything=True) as it:
            reader, _ = await it.client()
            assert await reader.read() == b""
            with pytest.raises(ConnectionResetError):  # by connect() itself, or by the first read
                reader, _ = await it.client()
                await reader.read()
            assert await talk(it, ["x"]) == ["ok x"]
            assert [bytes(b) for b in it.received] == [b"x\n"]
            assert it.journal.outcomes() == ["closed", "reset", "ok"]
            assert it.server.counters.hits == {"blackout": 1, "abort": 1}
            assert it.server.counters.exchanges == 3

    place.run(main)


def test_what_can_not_be_done_at_connect_is_said_and_the_connection_goes_on() -> None:
    async def slow(act: Intervention) -> None:
        await act.pause(0.01)

    async def main() -> None:
        waits = behavior("waits", slow)
        changes = behavior("changes", lambda act: act.replace_answer(lambda _close: b"-\n"))
        setups = tuple(named(name, at="connect") for name in ("waits", "changes"))
        for name in ("waits", "changes"):
            async with lab(waits, changes, mix=f"100:{name}", behaviors=setups, everything=True) as it:
                assert await talk(it, ["x"]) == ["ok x"]
                assert it.journal.outcomes()[0].startswith("not applicable: ")
                assert it.server.counters.not_applicable == 1
                assert it.server.counters.hits == {}
                assert it.server.counters.exchanges == 1

    Place("stock", "reactor").run(main)


async def heard(it: Lab, word: bytes = b"x\n") -> bytes:
    """The first line that a new connection hears."""
    reader, writer = await it.client()
    writer.write(word)
    said = await reader.readline()
    writer.close()
    return said


@on_both_ports
def test_an_error_of_the_connect_phase_implies_it_for_a_rule_with_selectors_too(place: Place) -> None:
    async def main() -> None:
        full = named("error", error="full", skip=1, times=2)
        async with lab(Error, mix="100:error", behaviors=(full,), protocols=(TrueLine,), everything=True) as it:
            assert [await heard(it) for _ in range(5)] == [b"ok x\n", b"-full\n", b"-full\n", b"ok x\n", b"ok x\n"]
            assert it.server.counters.matched == {"error": 5}
            assert it.server.counters.hits == {"error": 2}

    place.run(main)


def test_an_error_that_is_none_of_the_connect_phase_is_not_applicable_there() -> None:
    async def main() -> None:
        lost = named("error", error="lost", at="connect", first=1)
        async with lab(Error, mix="100:error", behaviors=(lost,), protocols=(TrueLine,), everything=True) as it:
            assert await heard(it) == b"ok x\n"
            assert it.journal.outcomes()[0] == "not applicable: error lost is not legal here"
            assert it.server.counters.not_applicable == 1

    Place("stock", "reactor").run(main)


@on_both_ports
def test_on_tcp_an_error_at_connect_takes_the_greeting_s_place(place: Place) -> None:
    async def greets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"welcome\n")
        while data := await reader.read(1000):
            writer.write(data)

    async def main() -> None:
        once = named("error", at="connect", first=1)
        async with lab(
            Error, mix="100:error", behaviors=(once,), protocol="tcp", handler=greets, draw_by="ordinal"
        ) as it:
            reader, writer = await it.client()
            garbage = await reader.readexactly(1000)
            await it.until(lambda: it.server.counters.backend.read >= 8)  # else the greeting would be the next answer
            writer.write(b"hello\n")
            assert await reader.readexactly(6) == b"hello\n"
            assert b"welcome" not in garbage
            reader, _ = await it.client()
            assert await reader.readline() == b"welcome\n"

    place.run(main)
