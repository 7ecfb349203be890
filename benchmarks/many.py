"""Fifty proxies in one engine, a fifth of their exchanges delayed: headless, or with the window open."""

from __future__ import annotations

import json
import signal
import sys
import time
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path

from benchmarks import asking
from benchmarks.processes import Running, free_ports
from benchmarks.subjects import Subject, opened, path, scratch

PROXIES = 50
MIX = {"delay": 20}
DELAY_S = 0.001
PATIENCE_S = 20.0


class Many(Subject):
    """See the module."""

    def start(self, backend: int) -> Running:
        """All of them listen."""
        folder, ports = scratch(), free_ports(PROXIES + 1)
        api, ports = ports[0], ports[1:]
        profile = folder / "many.ini"
        profile.write_text(_profile(ports, backend, api))
        running = self._run(folder, profile)
        for port in ports:
            running.await_port(port)
        running.ports, running.api = tuple(ports), api
        return running

    @abstractmethod
    def _run(self, folder: Path, profile: Path) -> Running:
        """Start it with this profile."""

    def begin(self, running: Running) -> None:
        """The load begins: what is remembered from now on counts."""

    def memories(self, running: Running) -> dict[str, int]:
        """KiB by what they are for."""
        return {"engine": running.rss_kib()}

    def told(self, running: Running) -> dict[str, float]:
        """Figures of its own, after the load."""
        return {}


@dataclass(frozen=True)
class Headless(Many):
    """As `vaurien --config FILE` runs it."""

    name: str = "vaurien, 50 proxies"

    def _run(self, folder: Path, profile: Path) -> Running:
        command = [sys.executable, "-m", "vaurien_core.cli.main", "--config", str(profile), "--log-level", "warning"]
        return Running(command, folder, {"PYTHONPATH": path()})


@dataclass(frozen=True)
class Shown(Many):
    """The window with its engine in a child."""

    name: str = "vaurien, 50 proxies, window"

    def _run(self, folder: Path, profile: Path) -> Running:
        return opened(folder, profile, str(folder / "told.json"))

    def begin(self, running: Running) -> None:
        """Stalls of the loop are watched from now on."""
        running.signal(signal.SIGUSR1)
        time.sleep(0.2)

    def memories(self, running: Running) -> dict[str, int]:
        """The process that was started is the window."""
        window, engine = running.memories()
        return {"engine": engine, "window": window}

    def told(self, running: Running) -> dict[str, float]:
        """Its stalls and the rows of its journal, once it has shown all that came."""
        running.signal(signal.SIGUSR2)
        told, end = running.folder / "told.json", time.monotonic() + PATIENCE_S
        while not told.exists() and time.monotonic() < end:
            time.sleep(0.05)
        found: dict[str, float] = json.loads(told.read_text())
        return found


def _profile(ports: list[int], backend: int, api: int) -> str:
    mix = ", ".join(f"{weight}:{name}" for name, weight in MIX.items())
    proxies = "".join(
        f"[proxy:p{n:02}]\nproxy = 127.0.0.1:{port}\nbackend = 127.0.0.1:{backend}\nprotocol = http\nbehavior = {mix}\n"
        for n, port in enumerate(ports)
    )
    control = f"[control]\nhttp = true\nhost = 127.0.0.1\nport = {api}\n"
    return f"[vaurien]\nseed = {asking.SEED}\n{control}{proxies}[behavior:delay]\nsleep = {DELAY_S * 1000:g}ms\n"
