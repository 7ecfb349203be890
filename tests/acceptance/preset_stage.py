"""A proxy under a preset, for tests: a real engine in front of a demo backend, or of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vaurien_core.engine.local import LocalEngine
from vaurien_core.model.events import Entry
from vaurien_core.model.profile import Phase, Profile, ProxySpec
from vaurien_core.profiles import presets
from vaurien_core.registry import Registry

REGISTRY = Registry.builtin()
SCALE = 0.1
"""Of the lengths of phases, so that a minute takes six seconds."""
SEED = 12


@dataclass
class Stage:
    """A proxy in front of a backend, under a preset."""

    engine: LocalEngine
    port: int

    async def talked(self, talk: Callable[[int], Any]) -> Any:
        """What a blocking client has to say."""
        return await asyncio.to_thread(talk, self.port)

    async def hits(self) -> list[Entry]:
        """The exchanges that a rule broke."""
        entries = await self.engine.journal(0, 10_000)
        return [e for e in entries if e.kind == "exchange" and e.rule and not e.outcome.startswith("not applicable")]

    async def phase(self) -> str:
        """The one that plays."""
        state = (await self.engine.state()).scenario
        return state.phase if state is not None else ""

    async def play_until(self, phase: str) -> None:
        """Wait for a phase."""
        while await self.phase() != phase:
            await asyncio.sleep(0.01)

    async def use(self, name: str) -> None:
        """Lay another preset over it, live."""
        before = (await self.engine.profile()).profile
        await self.engine.apply(presets.applied(before, "default", builtin(name)))


def builtin(name: str) -> presets.Preset:
    """One of the built-in presets."""
    return presets.presets(REGISTRY, Path("/nonexistent")).named(name)


@asynccontextmanager
async def under(name: str, protocol: str, backend: str = "", scale: float = SCALE) -> AsyncIterator[Stage]:
    """A started proxy that follows a preset; its phases are shortened.

    Args:
        name: of a built-in preset.
        protocol: that the proxy speaks.
        backend: its address; "": the demo's.
        scale: of the times of phases.
    """
    engine = LocalEngine(Profile((), seed=SEED), registry=REGISTRY)
    try:
        at = backend or await engine.demo("backend", protocol=protocol)
        bare = Profile((ProxySpec("default", "127.0.0.1:0", at, protocol),), seed=SEED)
        profile = presets.applied(bare, "default", builtin(name))
        if profile.scenario is not None:
            defined = tuple(_shortened(phase, scale) for phase in profile.scenario.defined)
            profile = replace(profile, scenario=replace(profile.scenario, defined=defined))
        await engine.apply(profile)
        await engine.start()
        bound = (await engine.state()).proxy("default").bound
        yield Stage(engine, int(bound.rpartition(":")[2] or 0))
    finally:
        await engine.aclose()


def _shortened(phase: Phase, scale: float) -> Phase:
    return replace(phase, length_s=phase.length_s and phase.length_s * scale, ramp_s=phase.ramp_s * scale)


def unsure_commits(
    connect: Callable[[], Any], first: int, item: str, errors: tuple[type[Exception], ...]
) -> tuple[int, int]:
    """Of twelve orders, inserted in transactions of their own: how many commits failed, and how many rows there are."""
    lost = 0
    for number in range(first, first + 12):
        connection = connect()
        with suppress(*errors), connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO orders (id, item) VALUES ({number}, '{item}')")
            lost += 1
            connection.commit()
            lost -= 1
        with suppress(Exception):
            connection.close()
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM orders WHERE item = '{item}'")
        return lost, len(cursor.fetchall())
