"""A MariaDB of our own: Debian's mariadbd on a free port, in a temporary folder, as an unprivileged user."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import real

pymysql = pytest.importorskip("pymysql", reason="pip install PyMySQL PyNaCl")
PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb")
START_S = 30
PASSWORD = "sesame"
SQL = f"""
CREATE DATABASE shop;
CREATE USER app@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';
GRANT ALL ON shop.* TO app@'127.0.0.1';
CREATE USER two@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';
CREATE TABLE shop.orders (id INT PRIMARY KEY, status VARCHAR(50), body LONGBLOB) ENGINE=InnoDB;
"""


def program(name: str) -> str:
    """Where a program is; skips the test where it isn't."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        pytest.skip(f"{name} is missing: apt-get install mariadb-server")
    return found


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    folder: Path

    def connect(self, port: int = 0, **options: object) -> pymysql.Connection:
        """A client of the user `app`, by way of another port if told."""
        given = {"user": "app", "password": PASSWORD, "database": "shop", "read_timeout": 15, **options}
        given.setdefault("ssl_disabled", not any(name.startswith("ssl") for name in options))  # a context costs 70 ms
        return pymysql.connect(host="127.0.0.1", port=port or self.port, **given)

    def root(self) -> pymysql.Connection:
        """A client that may do anything."""
        return self.connect(user="root", password="", autocommit=True)


@contextmanager
def running(*options: str, resolve: bool = False) -> Iterator[Server]:
    """A server with these options; stopped and removed at the end.

    Args:
        options: for mariadbd.
        resolve: ask for clients' names, which blocking them needs.
    """
    install, mariadbd = program("mariadb-install-db"), program("mariadbd")
    folder = Path(tempfile.mkdtemp(prefix="vaurien-mysql-"))
    user = None
    if os.getuid() == 0:
        user = "nobody"
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    # many servers at once exhaust the kernel's native AIO
    small = ["--innodb-buffer-pool-size=16M", "--innodb-log-file-size=4M", "--innodb-use-native-aio=0"]
    as_user = {"user": user, "group": "nogroup", "extra_groups": []} if user else {}
    log = (folder / "log").open("wb")
    try:
        made = subprocess.run(
            [install, "--no-defaults", f"--datadir={folder}/data", "--auth-root-authentication-method=normal",
             "--skip-test-db", "--skip-name-resolve", *small],
            stdout=log, stderr=log, timeout=60, check=False, **as_user,
        )  # fmt: skip
        assert made.returncode == 0, (folder / "log").read_text(errors="replace")
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
        process = subprocess.Popen(
            [mariadbd, "--no-defaults", f"--datadir={folder}/data", f"--port={port}", "--bind-address=127.0.0.1",
             f"--socket={folder}/s", f"--pid-file={folder}/pid", "--local-infile=1", "--max-allowed-packet=64M",
             "--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite",
             *([] if resolve else ["--skip-name-resolve"]), *small, *options],
            stdout=log, stderr=log, **as_user,
        )  # fmt: skip
        try:
            server = Server(port, folder)
            _prepare(server, process)
            real.ran("MariaDB")
            yield server
        finally:
            process.kill()
            process.wait(10)
    finally:
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(server: Server, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            root = server.connect(user="root", password="", database=None, autocommit=True)
            break
        except pymysql.err.OperationalError:
            assert process.poll() is None, (server.folder / "log").read_text(errors="replace")
            assert time.monotonic() < end
            time.sleep(0.1)
    with root, root.cursor() as cursor:
        for line in SQL.strip().split(";\n"):
            cursor.execute(line.rstrip(";"))


@pytest.fixture(scope="session")
def mysql_server() -> Iterator[Server]:
    """One server for all tests."""
    limits = ("--max-connections=12", "--max-user-connections=100", "--innodb-temp-data-file-path=ibtmp1:12M")
    with running(*limits) as server:
        yield server
