"""Starts `vaurien-gui --headless` as CI would and reads what it leaves behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Run:
    """One headless run."""

    process: asyncio.subprocess.Process
    ready: str
    ports: dict[str, int]


@asynccontextmanager
async def headless(*arguments: str, env: dict[str, str] | None = None) -> AsyncIterator[Run]:
    """A run that is ready; ended with SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "vaurien_gui", "--headless", *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, env={**os.environ, **(env or {})},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        assert line.startswith("ready "), line
        pairs = dict(part.split("=", 1) for part in line.split()[1:])
        ports = {name: int(value.rpartition(":")[2]) for name, value in pairs.items() if name != "seed"}
        yield Run(process, line, ports)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), 20)


def exchanges(journal: Path) -> list[dict[str, object]]:
    """The exchange lines of a journal."""
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert not any("dropped" in line for line in lines)
    return [line for line in lines if line.get("kind") == "exchange"]
