"""Debian's nginx on a free port in a temporary folder, as an unprivileged user; never the machine's own."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import real

CONFIG = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
    {zones}
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/www;
        location = /hello {{ return 200 "hello"; }}
        location = /broken {{ return 503; }}
        {locations}
    }}
}}
"""


@contextmanager
def nginx(folder: Path, *, zones: str = "", locations: str = "") -> Iterator[int]:
    """Yields its port once it answers; serves `folder`/www, /hello, a 503 at /broken, and further locations."""
    program = real.need("nginx")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    (folder / "www").mkdir(exist_ok=True)
    (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, port=port, zones=zones, locations=locations))
    user = None
    if os.geteuid() == 0:
        user = pwd.getpwnam("nobody").pw_uid
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, -1)
        for path in folder.parents[:3]:
            path.chmod(path.stat().st_mode | 0o011)
    command = [program, "-e", f"{folder}/error.log", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    server = subprocess.Popen(command, user=user, cwd="/", stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 15
        while True:
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, server.stderr and server.stderr.read()
            assert time.monotonic() < deadline, "nginx never listened"
            time.sleep(0.05)
        real.ran("nginx")
        yield port
    finally:
        server.terminate()
        server.communicate(timeout=10)
