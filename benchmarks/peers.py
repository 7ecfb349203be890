"""What is measured beside each other: nothing at all, Vaurien as it is started in CI, HAProxy where it is installed."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

HAPROXY = """\
global
    maxconn 2000
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen bench
    bind 127.0.0.1:{listen}
    server one 127.0.0.1:{backend}
"""


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@asynccontextmanager
async def _process(
    *command: str, stdout: int = asyncio.subprocess.DEVNULL
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL, stdout=stdout)
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def vaurien(backend: int, arguments: Sequence[str] = ()) -> AsyncIterator[int]:
    """The command line, ready; yields its port."""
    command = [
        sys.executable, "-m", "vaurien_core.cli.main", "--proxy", "127.0.0.1:0", "--backend", f"127.0.0.1:{backend}",
        "--seed", "42", *arguments,
    ]  # fmt: skip
    async with _process(*command, stdout=asyncio.subprocess.PIPE) as process:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        yield int(line.split("default=")[1].split()[0].rpartition(":")[2])


@asynccontextmanager
async def haproxy(backend: int) -> AsyncIterator[int | None]:
    """HAProxy with its defaults; yields None where it isn't installed."""
    program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if program is None:
        yield None
        return
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "haproxy.cfg")
        await asyncio.to_thread(config.write_text, HAPROXY.format(listen=port, backend=backend))
        async with _process(program, "-f", str(config)):
            for _ in range(100):
                await asyncio.sleep(0.05)
                with socket.socket() as sock:
                    if sock.connect_ex(("127.0.0.1", port)) == 0:
                        break
            yield port
