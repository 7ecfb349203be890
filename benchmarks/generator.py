"""The load generator: `lg.c`, compiled once into build/, called per measurement; its one JSON object is the result."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("lg.c")
BUILD = Path(__file__).parent.parent / "build" / "bench"
LIMIT_S = 60


class MissingError(Exception):
    """A program that a measurement needs is not installed; the text names it and the package."""


@cache
def program() -> str:
    """The compiled generator; compiled anew when its source is newer.

    Raises:
        MissingError: there is no C compiler.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise MissingError("cc is not installed (package gcc)")
    target = BUILD / "lg"
    if not target.exists() or target.stat().st_mtime < SOURCE.stat().st_mtime:
        BUILD.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(".new")
        subprocess.run([compiler, "-O2", "-o", str(fresh), str(SOURCE)], check=True, timeout=LIMIT_S)
        fresh.replace(target)
    return str(target)


def find(name: str, package: str = "") -> str:
    """The path of an installed program.

    Raises:
        MissingError: it is not there.
    """
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        raise MissingError(f"{name} is not installed" + (f" (package {package})" if package else ""))
    return path


def load(*arguments: object) -> dict[str, float]:
    """Run one load to its end."""
    command = [program(), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


class Rate:
    """So many HTTP connections over some ports, and then a steady rate of exchanges over them; held until `close`.

    Attributes:
        opened: connections that stand.
    """

    def __init__(self, ports: Sequence[int], count: int, a_second: float, seconds: float, answer: int) -> None:
        listed = ",".join(map(str, ports))
        command = [program(), "rate", listed, *map(str, (count, a_second, seconds, answer))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.opened = int(self._said()["opened"])

    def run(self) -> dict[str, float]:
        """Load; the figures of `lg rate`."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._said()

    def close(self) -> None:
        """Reset all."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _said(self) -> dict[str, float]:
        assert self._process.stdout is not None
        said: dict[str, float] = json.loads(self._process.stdout.readline() or "{}")
        assert said, "the generator ended"
        return said


class Idle:
    """So many connections held open until `close`; `opened` of them were answered once."""

    def __init__(self, port: int, count: int, *, redis: bool = False) -> None:
        command = [program(), "idle", str(port), str(count), *(["redis"] if redis else [])]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        found = json.loads(self._process.stdout.readline())
        self.opened, self.errors = int(found["opened"]), int(found["errors"])

    def close(self) -> None:
        """Hang up."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
