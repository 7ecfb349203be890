"""The classic `start_proxy` and `stop_proxy`: a Vaurien of one's own for the time of a test.

Stands alone, like `legacy.client`. Proxies that are still running when the program ends are stopped.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO

START_MARGIN_S = 8.0
"""What a proxy may take to start beyond its `warmup`."""
STOP_WITHIN_S = 5.0
_LOOK_EVERY_S = 0.02
_LAST_LINES = 20


class _Running:
    """One Vaurien that we started; a thread passes its stderr on and keeps the last lines."""

    def __init__(self, command: Sequence[str]) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=_environment()
        )
        self.lines: deque[str] = deque(maxlen=_LAST_LINES)
        assert self.process.stderr is not None
        self._thread = threading.Thread(target=self._pass_on, args=(self.process.stderr,), daemon=True)
        self._thread.start()

    def _pass_on(self, stderr: IO[bytes]) -> None:
        with stderr:
            for raw in stderr:
                line = raw.decode(errors="replace")
                self.lines.append(line.strip())
                try:
                    sys.stderr.write(line)
                except (OSError, ValueError):
                    continue

    def stop(self) -> None:
        """Ask it to end, insist after 5 s, and reap it."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._thread.join(1.0)

    @property
    def reason(self) -> str:
        """The last thing that it said."""
        self._thread.join(1.0)
        return next((line for line in reversed(self.lines) if line), f"it ended with status {self.process.poll()}")


_PROXIES: dict[int, _Running] = {}


def start_proxy(
    proxy_host: str = "localhost",
    proxy_port: int = 8000,
    backend_host: str = "localhost",
    backend_port: int = 8888,
    protocol: str = "tcp",
    http: bool = True,
    warmup: float = 2,
    http_host: str = "localhost",
    http_port: int = 8080,
    options: Sequence[str] | None = None,
    log_level: str = "info",
    log_output: str = "-",
    *,
    port: int | None = None,
) -> int:
    """Start Vaurien and return its process id as soon as it is ready.

    Args:
        proxy_host: where clients connect.
        proxy_port: where clients connect.
        backend_host: the real server.
        backend_port: the real server.
        protocol: of the proxy.
        http: whether to open the control server.
        warmup: seconds that it may take to start; 8 s more are granted.
        http_host: of the control server.
        http_port: of the control server.
        options: further words of the command line.
        log_level: as `--log-level`.
        log_output: as `--log-output`.
        port: another name of `http_port`, which `Client()` uses.

    Raises:
        ValueError: it could not start; says why.
    """
    command = [sys.executable, "-m", "vaurien_core.cli.main"]
    command += ["--proxy", f"{proxy_host}:{proxy_port}", "--backend", f"{backend_host}:{backend_port}"]
    command += ["--protocol", protocol, "--log-level", log_level, "--log-output", log_output]
    if http:
        command += ["--http", "--http-host", http_host, "--http-port", str(http_port if port is None else port)]
    with tempfile.TemporaryDirectory(prefix="vaurien-") as folder:
        ready = Path(folder) / "ready.json"
        running = _Running([*command, "--ready-file", str(ready), *(options or ())])
        try:
            _wait(running, ready, warmup + START_MARGIN_S)
        except BaseException:
            running.stop()
            raise
    _PROXIES[running.process.pid] = running
    return running.process.pid


def stop_proxy(pid: int) -> None:
    """End a proxy that `start_proxy` started.

    Raises:
        ValueError: there is none with this process id.
    """
    running = _PROXIES.pop(pid, None)
    if running is None:
        raise ValueError(f"No proxy with process id {pid} was started here.")
    running.stop()


def _wait(running: _Running, ready: Path, within_s: float) -> None:
    end = time.monotonic() + within_s
    while not ready.exists():
        if running.process.poll() is not None:
            raise ValueError(f"Could not start the proxy: {running.reason}")
        if time.monotonic() > end:
            raise ValueError(f"Could not start the proxy: it was not ready within {within_s:g} s.")
        time.sleep(_LOOK_EVERY_S)


def _environment() -> dict[str, str]:
    """Ours, with the place that this package was imported from in front of the module path."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in (root, path) if p)}


def _stop_all() -> None:
    for pid in tuple(_PROXIES):
        stop_proxy(pid)


atexit.register(_stop_all)
