"""Which real servers the tests have run: told by those that start them, summed up at the end of a run.

Locally a missing one skips its tests; on CI (`CI=true`) a run with tests that need real servers fails.
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec

import pytest

PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/bin", "/sbin", "/bin"))
SERVERS: dict[str, tuple[str, str]] = {
    "MariaDB": ("mariadbd", "apt-get install mariadb-server"),
    "Redis": ("redis-server", "apt-get install redis-server"),
    "memcached": ("memcached", "apt-get install memcached"),
    "nginx": ("nginx", "apt-get install nginx-light"),
    "aiosmtpd": ("aiosmtpd", "pip install aiosmtpd"),
    "curl": ("curl", "apt-get install curl"),
}
"""The program (for aiosmtpd the module), and how to get it. curl is a client, and as real."""
PROPERTY = "real servers"
_ran: set[str] = set()


def find(name: str) -> str | None:
    """Where it is, if anywhere."""
    program = SERVERS[name][0]
    if name == "aiosmtpd":
        return program if find_spec(program) else None
    return shutil.which(program, path=PATH)


def need(name: str) -> str:
    """Where it is; skips the test if nowhere."""
    found = find(name)
    if found is None:
        pytest.skip(f"{name} is missing: {SERVERS[name][1]}")
    return found


def ran(name: str) -> None:
    """It has answered in this process."""
    assert name in SERVERS
    _ran.add(name)


def so_far() -> str:
    """Those that have, as text for a test's report."""
    return ",".join(sorted(_ran))


def missing() -> list[str]:
    """Those that aren't there."""
    return [name for name in SERVERS if find(name) is None]


def on_ci() -> bool:
    """Whether everything must be there."""
    return os.environ.get("CI", "").lower() in ("1", "true")


def summary(names: set[str]) -> list[str]:
    """The lines under a run in which these ran; none if no test asked for one."""
    lines = [f"real servers: {len(names)} of {len(SERVERS)} ran"]
    idle = [name for name in SERVERS if name not in names]
    for name in idle:
        lines.append(f"  {name}: " + (f"missing, {SERVERS[name][1]}" if find(name) is None else "not asked for"))
    return lines
