"""What stands behind every subject: an echo, a source, short answers, HTTP (all `lg serve`), nginx and Redis.

Started once for a session. A server that isn't installed makes its lines "not measured here".
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import generator
from benchmarks.generator import MissingError
from benchmarks.processes import Running, free_ports

ANSWER = "hello world, 64 bytes of static text, small response, xxxxxxxxxxx\\n"
NGINX = """\
daemon off; pid {folder}/pid; error_log /dev/null; worker_processes 1; worker_rlimit_nofile 20000;
events {{ worker_connections 10000; }}
http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
 fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
 server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 '{answer}'; }} }} }}
"""
KINDS = ("echo", "sink", "source", "short", "web")


class Backends:
    """Ports by kind: `echo`, `sink`, `source`, `short`, `web`, `nginx`, `redis`. Whoever made it closes it."""

    def __init__(self, kinds: frozenset[str]) -> None:
        self.ports: dict[str, int] = {}
        self.missing: dict[str, str] = {}
        self._running: list[Running] = []
        try:
            self._serve()
            for kind, start in (("nginx", self._nginx), ("redis", self._redis)):
                if kind in kinds:
                    try:
                        start()
                    except MissingError as error:
                        self.missing[kind] = str(error)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop them all; idempotent."""
        while self._running:
            self._running.pop().stop()

    def _add(self, kind: str, command: list[str], port: int, folder: Path | None = None) -> None:
        running = Running(command, folder)
        running.await_port(port)
        self._running.append(running)
        self.ports[kind] = port

    def _serve(self) -> None:
        ports = free_ports(len(KINDS))
        self._add("echo", [generator.program(), "serve", *map(str, ports)], ports[0])
        self.ports.update(zip(KINDS, ports, strict=True))

    def _nginx(self) -> None:
        program = generator.find("nginx", "nginx-light")
        folder = Path(tempfile.mkdtemp(prefix="vaurien-bench-"))
        folder.chmod(0o755)
        (port,) = free_ports(1)
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, answer=ANSWER))
        command = [program, "-c", str(folder / "nginx.conf"), "-p", str(folder)]
        self._add("nginx", command, port, folder)

    def _redis(self) -> None:
        program = generator.find("redis-server", "redis-server")
        folder = Path(tempfile.mkdtemp(prefix="vaurien-bench-"))
        (port,) = free_ports(1)
        command = [
            program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
            "--dir", str(folder),
        ]  # fmt: skip
        self._add("redis", command, port, folder)
