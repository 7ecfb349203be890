"""A proxy with toxics between clients and a backend of this process, and small steps to drive it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from tests.proxy.lab import Lab, echo_bytes, lab
from tests.support.shipped import STREAM_FAULTS
from vaurien_core.model.profile import ToxicSpec
from vaurien_core.options import values_of


def toxic(kind: str, stream: str = "downstream", name: str = "", **options: Any) -> ToxicSpec:
    """One that always acts unless `toxicity` or `enabled` say otherwise."""
    given = {key: options.pop(key) for key in ("toxicity", "enabled") if key in options}
    return ToxicSpec(name or kind, kind, stream, options=values_of(options), **given)


@asynccontextmanager
async def poisoned(*toxics: ToxicSpec, **fields: Any) -> AsyncIterator[Lab]:
    """A `tcp` proxy in front of an echo, with these toxics."""
    fields = {"protocol": "tcp", "handler": echo_bytes, **fields}
    async with lab(*STREAM_FAULTS, toxics=toxics, **fields) as it:
        yield it


def use(it: Lab, *toxics: ToxicSpec) -> None:
    """Mount these in the place of those that are mounted, as the engine does."""
    it.server.use(replace(it.server.spec, toxics=toxics))


async def round_trip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes = b"ping") -> float:
    """Seconds until the echo is complete."""
    before = time.monotonic()
    writer.write(data)
    assert await reader.readexactly(len(data)) == data
    return time.monotonic() - before


async def silent(reader: asyncio.StreamReader, seconds: float = 0.05) -> bool:
    """Whether nothing comes for so long."""
    try:
        async with asyncio.timeout(seconds):
            await reader.read(1)
    except TimeoutError:
        return True
    return False


async def outcome(call: Callable[[], Any]) -> type[BaseException] | Any:
    """What it returns, or the kind of error."""
    try:
        return await call()
    except (OSError, asyncio.IncompleteReadError) as error:
        return type(error)
