"""The frozen program starts its window with a child engine, and runs profiles without a screen."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.gui, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Built once from the recipe."""
    if shutil.which("objdump") is None:
        pytest.skip("PyInstaller needs objdump: apt-get install binutils")
    folder = tmp_path_factory.mktemp("frozen")
    command = [
        sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR",
        "--distpath", str(folder / "dist"), "--workpath", str(folder / "work"), str(ROOT / "vaurien.spec"),
    ]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True, timeout=800)
    yield folder / "dist" / "vaurien" / "vaurien-gui"
    shutil.rmtree(folder)


def bare_environment(home: Path) -> dict[str, str]:
    """Nothing of this Python leaks into the frozen program."""
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LC_ALL")}
    return {**keep, "HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}


def children(pid: int) -> list[int]:
    """Of any of its threads."""
    return [int(p) for task in Path(f"/proc/{pid}/task").glob("*/children") for p in task.read_text().split()]


def test_it_runs_a_profile_without_a_screen(program: Path, tmp_path: Path) -> None:
    profile = tmp_path / "profile.ini"
    profile.write_text("[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:9\nprotocol = http\nbehavior = 5:delay\n")
    done = subprocess.run(
        [program, "--headless", "--config", str(profile), "--report", str(tmp_path / "out"), "--", "true"],
        env=bare_environment(tmp_path), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    assert "no exchange reached the proxy" in done.stderr
    assert (tmp_path / "out" / "summary.json").exists()


def test_it_opens_its_window_with_a_child_engine_and_leaves_nothing(program: Path, tmp_path: Path) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    profile = tmp_path / "profile.ini"
    profile.write_text(
        "[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:9\n"
        f"[control]\nhttp = true\nhost = 127.0.0.1\nport = {port}\n"
    )
    window = subprocess.Popen([program, str(profile)], env=bare_environment(tmp_path), stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 30
        while True:
            assert window.poll() is None, window.stderr and window.stderr.read()
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < deadline, "the child's control server never came up"
            time.sleep(0.1)
        engines = children(window.pid)
        assert len(engines) == 1
        assert b"--engine-child" in Path(f"/proc/{engines[0]}/cmdline").read_bytes()
    finally:
        window.send_signal(signal.SIGTERM)
        window.communicate(timeout=20)
    deadline = time.monotonic() + 3
    while Path(f"/proc/{engines[0]}").exists():
        assert time.monotonic() < deadline, "the child engine outlived its window"
        time.sleep(0.05)


def test_it_carries_the_notices_and_leaves_out_what_it_does_not_use(program: Path) -> None:
    inside = program.parent / "_internal"
    assert "LGPL" in (inside / "NOTICE.md").read_text()
    assert {"qt", "pyqtgraph", "qasync", "numpy", "aiohttp"} <= {p.name for p in (inside / "licences").iterdir()}
    assert (inside / "resources" / "desktop" / "vaurien.desktop").is_file()
    names = [p.name for p in inside.rglob("*")]
    assert not [n for n in names if n.startswith(("libQt6Qml", "libQt6Quick", "libQt6Sql", "libqtiff", "libgtk"))]
