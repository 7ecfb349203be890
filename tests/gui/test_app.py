"""The program as its users start it: in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}
NO_DISPLAY = {"QT_QPA_PLATFORM": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
PROFILE = "[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:9\nprotocol = http\nbehavior = 20:delay\n"


def gui(
    tmp_path: Path, *arguments: str, env: dict[str, str] | None = None, blocked: tuple[str, ...] = (), tail: str = ""
) -> subprocess.Popen[str]:
    """`vaurien-gui` with these arguments, as if the `blocked` packages were not installed; `tail` runs at its end."""
    program = (
        "import sys\n"
        "class Blocked:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {blocked!r}: raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Blocked())\n"
        "from vaurien_gui.__main__ import main\n"
        "try: status = main()\n"
        "except SystemExit as end: status = end.code or 0\n"
        f"{tail}\n"
        "sys.exit(status)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "VAURIEN_GUI_STATE": str(tmp_path / "state"), **(env or {})},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def ended(process: subprocess.Popen[str], within_s: float = 30) -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"still running after {within_s} s: {out}{err}")
    return process.returncode, out, err


LOADED = "print('LOADED', *sorted({'PySide6', 'numpy', 'pyqtgraph', 'qasync'} & set(sys.modules)))"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["--headless", "--help"], ["--doctor"]])
def test_what_needs_no_window_imports_no_qt(tmp_path: Path, arguments: list[str]) -> None:
    status, out, err = ended(gui(tmp_path, *arguments, env=NO_DISPLAY, tail=LOADED))
    assert status == 0, err
    assert out.rstrip().endswith("LOADED")


def test_headless_runs_a_profile_where_the_gui_extra_is_not_installed(tmp_path: Path) -> None:
    path = tmp_path / "profile.ini"
    path.write_text(PROFILE)
    process = gui(
        tmp_path, "--headless", "--config", str(path), "--", sys.executable, "-c", "print('ran')",
        env=NO_DISPLAY, blocked=("PySide6", "numpy", "pyqtgraph", "qasync"), tail=LOADED,
    )  # fmt: skip
    status, out, err = ended(process)
    assert "ran" in out
    assert "LOADED\n" in out
    assert status == 4, err
    assert "no exchange reached the proxy" in out + err


def test_a_missing_gui_extra_is_one_sentence_with_the_line_that_installs_it(tmp_path: Path) -> None:
    status, _, err = ended(gui(tmp_path, env=OFFSCREEN, blocked=("PySide6",)))
    assert status == 2
    assert "pip install '.[gui]'" in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("display", ["", ":987"])
def test_a_display_that_cannot_be_opened_is_one_sentence(tmp_path: Path, display: str) -> None:
    status, _, err = ended(gui(tmp_path, env={**NO_DISPLAY, "DISPLAY": display}))
    assert status == 2
    assert "no window can be opened" in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [["--engine", "nonsense"], ["--token", "x"], ["--theme", "pink"], ["a", "b"]])
def test_wrong_arguments_end_with_2(tmp_path: Path, arguments: list[str]) -> None:
    status, _, err = ended(gui(tmp_path, *arguments, env=NO_DISPLAY))
    assert status == 2
    assert "Traceback" not in err


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_for(condition: object, within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


def engine_of(window: subprocess.Popen[str]) -> int:
    """The process of the window's engine, once it runs."""
    found: list[int] = []

    def there() -> bool:
        found[:] = [
            pid for pid in children_of(window.pid)
            if "vaurien_core.cli.child_main" in Path(f"/proc/{pid}/cmdline").read_text()
        ]  # fmt: skip
        return bool(found)

    assert wait_for(there, 20), "no engine was started"
    return found[0]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_killing_the_window_leaves_no_process_behind(tmp_path: Path) -> None:
    path = tmp_path / "profile.ini"
    path.write_text(PROFILE)
    window = gui(tmp_path, str(path), env=OFFSCREEN)
    engine = engine_of(window)
    window.kill()
    window.communicate()
    assert wait_for(lambda: not alive(engine), 3)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_window_and_its_engine(tmp_path: Path, number: signal.Signals) -> None:
    window = gui(tmp_path, "--demo", env=OFFSCREEN)
    engine = engine_of(window)
    time.sleep(1)  # the window runs: its handler, not Python's, gets the signal
    began = time.monotonic()
    window.send_signal(number)
    status, _, err = ended(window, 10)
    assert status == 0, err
    assert "Traceback" not in err
    assert "Task was destroyed" not in err
    assert time.monotonic() - began < 4
    assert wait_for(lambda: not alive(engine), 1)


@pytest.mark.slow
def test_the_demo_without_a_terminal_leaves_pictures_and_a_report(tmp_path: Path) -> None:
    out = tmp_path / "a folder"
    done = subprocess.run(
        [sys.executable, "-m", "vaurien_gui.demo", "--seconds", "8", "--out", str(out)],
        env={**os.environ, **NO_DISPLAY}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert {p.name for p in out.iterdir()} >= {"normal.png", "faults-on.png", "all-normal.png", "journal.jsonl"}
    summary = json.loads((out / "summary.json").read_text())
    assert summary["proxies"]["demo"]["injected"] > 0
    assert "Injected" in done.stdout
