"""Who is measured: nothing at all, the product as a user runs it, HAProxy as it comes and tuned, Toxiproxy.

Each starts fresh for each measurement in front of one backend port, and says where it listens.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import urllib.request
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from benchmarks import asking, generator
from benchmarks.processes import Running, free_ports

HAPROXY = """\
global
 maxconn 7000
 {tune}
defaults
 mode tcp
 timeout connect 5s
 timeout client 60s
 timeout server 60s
 {splice}
listen bench
 bind 127.0.0.1:{listen}
 server one 127.0.0.1:{backend}
"""
TUNED = ("tune.bufsize 131072", "option splice-request\n option splice-response")
ROOT = Path(__file__).parent.parent


def scratch() -> Path:
    """A folder for one run."""
    return Path(tempfile.mkdtemp(prefix="vaurien-bench-"))


class Subject(ABC):
    """One column of the table."""

    name: str

    @abstractmethod
    def start(self, backend: int) -> Running:
        """Listening in front of `backend`.

        Raises:
            MissingError: it isn't installed.
            StartError: it does not listen.
        """


@dataclass(frozen=True)
class Direct(Subject):
    """The backend itself."""

    name: str = "direct"

    def start(self, backend: int) -> Running:
        """Nothing but a process that sleeps, so that all subjects are alike."""
        running = Running(["sleep", "600"])
        running.port = backend
        return running


@dataclass(frozen=True)
class HAProxy(Subject):
    """TCP mode, one process."""

    name: str = "HAProxy"
    tuned: bool = False

    def start(self, backend: int) -> Running:
        """See the class."""
        program, folder, (port,) = generator.find("haproxy", "haproxy"), scratch(), free_ports(1)
        tune, splice = TUNED if self.tuned else ("", "")
        (folder / "haproxy.cfg").write_text(HAPROXY.format(listen=port, backend=backend, tune=tune, splice=splice))
        running = Running([program, "-db", "-f", str(folder / "haproxy.cfg")], folder)
        running.await_port(port)
        return running


@dataclass(frozen=True)
class Toxiproxy(Subject):
    """Without toxics, or with a latency."""

    name: str = "Toxiproxy"
    delay_ms: int = 0

    def start(self, backend: int) -> Running:
        """See the class."""
        program, folder, (port, api) = generator.find("toxiproxy-server"), scratch(), free_ports(2)
        proxy = {"name": "bench", "listen": f"127.0.0.1:{port}", "upstream": f"127.0.0.1:{backend}", "enabled": True}
        (folder / "config.json").write_text(json.dumps([proxy]))
        running = Running(
            [program, "-host", "127.0.0.1", "-port", str(api), "-config", str(folder / "config.json")], folder
        )
        running.await_port(port)
        if self.delay_ms:
            toxic = {"type": "latency", "stream": "upstream", "attributes": {"latency": self.delay_ms, "jitter": 0}}
            url = f"http://127.0.0.1:{api}/proxies/bench/toxics"
            body = json.dumps(toxic).encode()
            urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"}), timeout=5)
        return running


@dataclass(frozen=True)
class Product(Subject):
    """`vaurien` headless as a user starts it; its counters are always on.

    Attributes:
        arguments: further flags.
        watched: with the control server, its metrics, and the journal written to a file.
        counted: with the control server alone.
        env: such as `VAURIEN_PORT=transport`.
    """

    name: str = "vaurien"
    arguments: tuple[str, ...] = ()
    watched: bool = False
    counted: bool = False
    env: tuple[tuple[str, str], ...] = ()

    def start(self, backend: int) -> Running:
        """See the class."""
        folder, (port, api) = scratch(), free_ports(2)
        command = [
            sys.executable, "-m", "vaurien_core.cli.main", "--proxy", f"127.0.0.1:{port}", "--backend",
            f"127.0.0.1:{backend}", "--seed", "42", "--log-level", "warning", *self.arguments,
        ]  # fmt: skip
        if self.watched or self.counted:
            command += ["--http", "--http-port", str(api)]
        if self.watched:
            command += ["--journal", str(folder / "journal.jsonl")]
        if "--report" in self.arguments:
            command[command.index("--report") + 1] = str(folder / "report")
        running = Running(command, folder, {"PYTHONPATH": path(), **dict(self.env)})
        if self.watched or self.counted:
            running.await_port(api)
            running.api = api
            asking.told(running, "/v3/state")  # it binds before it has imported what it answers with
        running.await_port(port)
        return running


@dataclass(frozen=True)
class Window(Subject):
    """The window with the profile open, graphs drawn five times a second, its engine in a child process."""

    name: str = "vaurien, window"

    def start(self, backend: int) -> Running:
        """See the class."""
        folder, (port,) = scratch(), free_ports(1)
        profile = folder / "bench.ini"
        profile.write_text(f"[proxy:bench]\nproxy = 127.0.0.1:{port}\nbackend = 127.0.0.1:{backend}\nprotocol = tcp\n")
        running = opened(folder, profile)
        running.await_port(port)
        return running


def opened(folder: Path, profile: Path, *more: str) -> Running:
    """The window with a profile, started; see `benchmarks.window`."""
    env = {"PYTHONPATH": path(), "VAURIEN_GUI_STATE": str(folder / "state")}
    if not os.environ.get("DISPLAY") or os.environ.get("QT_QPA_PLATFORM"):
        env["QT_QPA_PLATFORM"] = os.environ.get("QT_QPA_PLATFORM", "offscreen")
    return Running([sys.executable, "-m", "benchmarks.window", str(profile), *more], folder, env)


def path() -> str:
    """Where the product's sources are, for a child's PYTHONPATH."""
    return os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
