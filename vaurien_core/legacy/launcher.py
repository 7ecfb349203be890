"""The classic `start_proxy` and `stop_proxy`: a Vaurien of one's own for the time of a test.

Stands alone, like `legacy.client`. Proxies that are still running when the program ends are stopped.
"""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Sequence
from pathlib import Path

from vaurien_core.launch import Process

START_MARGIN_S = 8.0
"""What a proxy may take to start beyond its `warmup`."""


_PROXIES: dict[int, Process] = {}


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
    command = ["--proxy", f"{proxy_host}:{proxy_port}", "--backend", f"{backend_host}:{backend_port}"]
    command += ["--protocol", protocol, "--log-level", log_level, "--log-output", log_output]
    if http:
        command += ["--http", "--http-host", http_host, "--http-port", str(http_port if port is None else port)]
    with tempfile.TemporaryDirectory(prefix="vaurien-") as folder:
        ready = Path(folder) / "ready.json"
        running = Process([*command, "--ready-file", str(ready), *(options or ())])
        try:
            running.wait_ready(ready, warmup + START_MARGIN_S)
        except BaseException:
            running.stop()
            raise
    _PROXIES[running.pid] = running
    return running.pid


def stop_proxy(pid: int) -> None:
    """End a proxy that `start_proxy` started.

    Raises:
        ValueError: there is none with this process id.
    """
    running = _PROXIES.pop(pid, None)
    if running is None:
        raise ValueError(f"No proxy with process id {pid} was started here.")
    running.stop()


def _stop_all() -> None:
    for pid in tuple(_PROXIES):
        stop_proxy(pid)


atexit.register(_stop_all)
