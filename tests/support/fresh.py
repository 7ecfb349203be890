"""Runs what the window exported in processes of their own, and says what they broke of a client's requests."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Outcomes = dict[str, str]
"""What a client got, by what it asked."""
Client = Callable[[int], Outcomes]
"""Asks through a port; blocks."""
Broken = list[tuple[str, str, str]]
"""Label, rule and what became of each faulted exchange, sorted."""


def environment(folder: Path) -> dict[str, str]:
    """One in which `vaurien-gui` is this checkout's."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    script = programs / "vaurien-gui"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vaurien_gui "$@"\n')
    script.chmod(0o755)
    return {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{programs}:{os.environ['PATH']}"}


def run_line(line: str, folder: Path, client: Client) -> tuple[Outcomes, Broken]:
    """Paste a line into a shell in `folder`, let the client ask, end it: what the client got, what was broken."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(_run_line(line, folder, client))


async def _run_line(line: str, folder: Path, client: Client) -> tuple[Outcomes, Broken]:
    journal = folder / "journal.jsonl"
    journal.unlink(missing_ok=True)
    shell = await asyncio.create_subprocess_shell(
        f"exec {line} --journal {journal.name}",
        cwd=folder, env=environment(folder), stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert shell.stdout is not None
    try:
        ready = (await asyncio.wait_for(shell.stdout.readline(), 30)).decode()
        port = int(ready.split("default=")[1].split()[0].rpartition(":")[2])
        got = await asyncio.to_thread(client, port)
    finally:
        if shell.returncode is None:
            shell.send_signal(signal.SIGTERM)
        await asyncio.wait_for(shell.communicate(), 30)
    lines = [json.loads(text) for text in journal.read_text().splitlines()]
    return got, broken(entry for entry in lines if entry.get("kind") == "exchange")


def broken(entries: Iterable[Any]) -> Broken:
    """Of journal lines, as JSON or as the engine's entries."""
    found = []
    for entry in entries:
        of = entry.get if isinstance(entry, Mapping) else lambda name, entry=entry: getattr(entry, name)
        if of("rule"):
            found.append((str(of("label")), str(of("rule")), str(of("outcome"))))
    return sorted(found)


def run_pytest(folder: Path) -> subprocess.CompletedProcess[str]:
    """The test files of a folder, with nothing of this checkout's own set-up but the plugin."""
    plugin = ("-p", "vaurien_core.testing.pytest_plugin", "-p", "no:cacheprovider")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(folder), *plugin, str(folder)],
        cwd=folder, env={**environment(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
