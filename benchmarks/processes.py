"""Processes that are measured: started in a group of their own, their CPU and memory read from /proc, ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
READY_S = 30.0
LOOK_EVERY_S = 0.001


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours for a child, which keeps its bytecode as every user's does: else each start compiles all sources again."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **(more or {})}


class StartError(Exception):
    """A program did not begin to listen; the text has what it said."""


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in socks:
            sock.bind(("127.0.0.1", 0))
        return [int(sock.getsockname()[1]) for sock in socks]


def listens(port: int) -> bool:
    """Whether a connection is accepted there."""
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0


class Running:
    """A process group with a scratch folder; whoever made it stops it."""

    def __init__(
        self, command: Sequence[str], folder: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="vaurien-bench-"))
        self.port = 0
        self.ports: tuple[int, ...] = ()
        """Further ones, where a subject listens on several."""
        self.api = 0
        """Where its control server is; 0: there is none."""
        self._errors = (self.folder / "stderr").open("w+")
        self._process = subprocess.Popen(
            command, env=environment(env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self._errors, start_new_session=True,
        )  # fmt: skip

    def await_port(self, port: int) -> None:
        """Wait until it listens, and remember the port.

        Raises:
            StartError: it ended, or nothing listens after 30 s.
        """
        end = time.monotonic() + READY_S
        while not listens(port):
            if self._process.poll() is not None or time.monotonic() > end:
                self._errors.seek(0)
                said = self._errors.read()[-400:]
                self.stop()
                raise StartError(f"{self._process.args!r} does not listen on {port}: {said}")
            time.sleep(LOOK_EVERY_S)
        self.port = port

    def _stats(self) -> Iterator[tuple[str, list[str]]]:
        """Of the process that was started, its group and its children: some have a session of their own."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    fields = (entry / "stat").read_text().rsplit(") ", 1)[1].split()
                    if self._process.pid in (int(fields[1]), int(fields[2])):
                        yield entry.name, fields

    def cpu_s(self) -> float:
        """User and system seconds of all of them so far."""
        return sum(sum(map(int, fields[11:15])) for _, fields in self._stats()) / TICK

    def rss_kib(self) -> int:
        """Resident memory of all of them, KiB."""
        return sum(self.memories())

    def memories(self) -> tuple[int, int]:
        """Resident memory of the process that was started, and of its children; KiB."""
        first = rest = 0
        for name, _ in self._stats():
            with contextlib.suppress(OSError):
                for line in Path("/proc", name, "smaps_rollup").read_text().splitlines():
                    size = int(line.split()[1]) if line.startswith("Rss:") else 0
                    if int(name) == self._process.pid:
                        first += size
                    else:
                        rest += size
        return first, rest

    def signal(self, sign: signal.Signals) -> None:
        """To the process that was started, alone."""
        self._process.send_signal(sign)

    def stop(self, *, keep: bool = False) -> None:
        """SIGTERM, after 5 s SIGKILL; the scratch folder goes unless it is kept. Idempotent."""
        for sign, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
                break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._errors.close()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
