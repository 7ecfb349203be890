"""A client library's own tests, from its source package, run in a process of their own: outcome by test."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

Outcomes = dict[str, str]


def source_of(name: str, folder: Path) -> Path:
    """The unpacked source package of the installed version of a library; skips the test where it can't be had."""
    wanted = f"{name}=={importlib.metadata.version(name)}"
    words = ["-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "--dest", str(folder), wanted]
    got = subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=240)
    if got.returncode:
        pytest.skip(
            f"the source package {wanted} can't be had here: {(got.stderr.strip() or 'no reason').splitlines()[-1]}"
        )
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(p for p in folder.iterdir() if p.is_dir())


def needed(folder: Path, *packages: str) -> Path:
    """A folder with packages that only a suite needs; skips the test where they can't be had."""
    into = folder / "needed"
    words = ["-m", "pip", "install", "--quiet", "--target", str(into), *packages]
    got = subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=240)
    if got.returncode:
        pytest.skip(f"{' '.join(packages)} can't be had here, which the library's tests need")
    return into


@dataclass
class Suite:
    """One run under way; `outcomes()` waits for its end."""

    process: subprocess.Popen[str]
    report: Path
    log: Path

    def outcomes(self, timeout: float) -> Outcomes:
        """`passed`, `failed`, `error` or `skipped` by test."""
        assert self.process.wait(timeout) in (0, 1), self.log.read_text()[-3000:]
        assert self.report.exists(), self.log.read_text()[-3000:]
        found: Outcomes = {}
        for case in ET.parse(self.report).iter("testcase"):
            kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
            name = f"{case.get('classname')}.{case.get('name')}"
            found[name] = {"failure": "failed"}.get(k := next(iter(kinds), "passed"), k)
        return found

    def __enter__(self) -> Suite:  # noqa: PYI034
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


def run_suite(source: Path, folder: Path, name: str, words: Sequence[str], *paths: Path) -> Suite:
    """Begin to run pytest with these words in the library's source.

    Args:
        source: the unpacked package.
        folder: for the report.
        name: of the run.
        words: options and files.
        paths: where its modules are looked for, too.
    """
    report, log = folder / f"{name}.xml", folder / f"{name}.log"
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "VAURIEN_"))}
    where = os.pathsep.join(map(str, (source, *paths)))
    with log.open("w") as out:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=",
                "-o", "timeout=60", "-W", "default", f"--junitxml={report}", *words,
            ],
            cwd=source, env={**env, "PYTHONPATH": where}, stdout=out, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    return Suite(process, report, log)


def differing(direct: Outcomes, through: Outcomes) -> dict[str, tuple[str, str]]:
    """Tests with another outcome, with both."""
    names = direct.keys() | through.keys()
    return {
        n: (direct.get(n, "missing"), through.get(n, "missing"))
        for n in sorted(names)
        if direct.get(n) != through.get(n)
    }
