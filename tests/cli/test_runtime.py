"""Runtime files: what tells windows which engines run."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vaurien_core.cli import runtime
from vaurien_core.cli.runtime import RunningEngine

INI = "[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:9\n[control]\nhttp = true\nport = 0\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "runtime"
    monkeypatch.setenv("VAURIEN_RUNTIME", str(place))
    return place


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_headless_run_with_http_is_found_while_it_runs(folder: Path, tmp_path: Path, number: signal.Signals) -> None:
    profile = tmp_path / "checkout.ini"
    profile.write_text(INI)
    run = subprocess.Popen(
        [sys.executable, "-m", "vaurien_core.cli.main", "--config", str(profile)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert run.stdout is not None
        assert run.stdout.readline().startswith("ready ")
        (found,) = runtime.running()
        assert (found.pid, found.profile) == (run.pid, "checkout.ini")
        assert found.url.startswith("http://")
        (file,) = folder.iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        run.send_signal(number)
        run.communicate(timeout=20)
    assert not list(folder.iterdir())


def test_the_file_of_a_process_that_is_gone_is_ignored_and_taken_away(folder: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    runtime.announce(RunningEngine(gone.pid, "http://127.0.0.1:1"))
    runtime.announce(RunningEngine(os.getpid(), "http://127.0.0.1:2", "t", "p.ini", 7))
    assert runtime.running() == (RunningEngine(os.getpid(), "http://127.0.0.1:2", "t", "p.ini", 7),)
    assert [f.name for f in folder.iterdir()] == [f"{os.getpid()}.engine.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', json.dumps({"pid": "x", "url": 1})])
def test_what_is_no_runtime_file_is_no_engine(folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / "1.engine.json").write_text(text)
    assert runtime.running() == ()


def test_the_newest_comes_first(folder: Path) -> None:
    for pid in (os.getppid(), os.getpid()):
        path = runtime.announce(RunningEngine(pid, f"http://127.0.0.1:{pid}"))
        assert path is not None
        when = time.time() + (0 if pid == os.getpid() else -60)
        os.utime(path, (when, when))
    assert [e.pid for e in runtime.running()] == [os.getpid(), os.getppid()]


def test_a_folder_that_cannot_be_made_stops_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VAURIEN_RUNTIME", str(tmp_path / "file" / "below"))
    assert runtime.announce(RunningEngine(1, "http://127.0.0.1:1")) is None
    assert runtime.running() == ()
