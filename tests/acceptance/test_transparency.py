"""At weight 0 not one byte is changed, lost or added, however the bytes are cut, on every port and loop."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.acceptance import conversations as c
from tests.acceptance.headless import headless

PROFILE = """\
[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:{port}
protocol = {protocol}
behavior = 0:error, 0:delay
"""

CASES: dict[str, tuple[Callable[[], list[c.Step]], str]] = {
    "keep-alive": (c.keep_alive, "large"),
    "pipeline": (c.pipeline, "small"),
    "pipeline in single bytes": (lambda: c.pipeline(10), "bytes"),
    "odd HTTP": (c.odd, "small"),
    "odd HTTP in single bytes": (c.odd, "bytes"),
    "until close": (c.until_close, "small"),
    "upgrade": (c.upgrade, "small"),
    "CONNECT": (c.connect, "bytes"),
    "garbage": (c.garbage, "small"),
    "10 MB of header": (c.long_header, "large"),
    "20 MB down, 10 MB up": (lambda: c.bulk(20 * c.MB, 10 * c.MB), "large"),
}
PLACES = ["reactor-asyncio", "reactor-uvloop", "transport-asyncio", "transport-uvloop"]


@asynccontextmanager
async def proxy(place: str, tmp_path: Path, port: int, protocol: str) -> AsyncIterator[int]:
    profile = tmp_path / "profile.ini"
    await asyncio.to_thread(profile.write_text, PROFILE.format(port=port, protocol=protocol))
    which, _, loop = place.partition("-")
    env = {"VAURIEN_PORT": which, "VAURIEN_LOOP": loop}
    if loop != "qasync":
        async with headless("--config", str(profile), env=env) as run:
            yield run.ports["default"]
        return
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.acceptance.qt_engine", str(profile),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env={**os.environ, **env},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        yield int(line.split("default=")[1].split()[0].rpartition(":")[2])
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 10)


async def conversation_survives(place: str, tmp_path: Path, steps: list[c.Step], cut: str, protocol: str) -> None:
    with c.backend(steps, cut) as (port, result):
        async with proxy(place, tmp_path, port, protocol) as listening:
            client = await asyncio.to_thread(c.play, listening, steps, cut)
            server = await asyncio.to_thread(result)
    assert (client.error, server.error) == ("", "")
    assert client.got.digest() == client.expected.digest()
    assert server.got.digest() == server.expected.digest()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("case", CASES)
async def test_every_byte_arrives(case: str, place: str, tmp_path: Path) -> None:
    make, cut = CASES[case]
    await conversation_survives(place, tmp_path, make(), cut, "http")


@pytest.mark.parametrize("case", ["pipeline", "until close", "garbage"])
async def test_every_byte_arrives_through_tcp(case: str, tmp_path: Path) -> None:
    make, cut = CASES[case]
    await conversation_survives("reactor-uvloop", tmp_path, make(), cut, "tcp")


@pytest.mark.gui
@pytest.mark.parametrize("place", ["reactor-qasync", "transport-qasync"])
@pytest.mark.parametrize("case", ["keep-alive", "odd HTTP in single bytes", "20 MB down, 10 MB up"])
async def test_every_byte_arrives_on_the_windows_loop(case: str, place: str, tmp_path: Path) -> None:
    make, cut = CASES[case]
    await conversation_survives(place, tmp_path, make(), cut, "http")


@pytest.mark.slow
@pytest.mark.gui
@pytest.mark.timeout(180)
@pytest.mark.parametrize("protocol", ["http", "tcp"])
@pytest.mark.parametrize("place", [*PLACES, "reactor-qasync", "transport-qasync"])
async def test_200_mb_down_and_100_mb_up_arrive(place: str, protocol: str, tmp_path: Path) -> None:
    steps = c.bulk(200 * c.MB, 100 * c.MB)
    await conversation_survives(place, tmp_path, steps, "large", protocol)
