"""The window on a real X server, without a desktop."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.gui, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A free display."""
    if shutil.which("Xvfb") is None:
        pytest.skip("needs Xvfb: apt-get install xvfb")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as number:
        yield f":{number.readline().strip()}"
    server.terminate()
    server.wait(10)


def on(display: str, home: Path) -> dict[str, str]:
    keep = {k: v for k, v in os.environ.items() if not k.startswith("QT_")}
    return {**keep, "DISPLAY": display, "HOME": str(home), "QT_QPA_PLATFORM": "xcb"}


def test_it_shows_every_state(display: str, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "vaurien_gui.screens",
        "--theme",
        "light",
        "--scale",
        "1",
        "--size",
        "1280x800",
        "--story",
        "first",
        "--story",
        "faults",
        "--seconds",
        "4",
        "--out",
        str(tmp_path),
    ]
    subprocess.run(command, env=on(display, tmp_path), cwd=ROOT, check=True, timeout=240, stdout=subprocess.DEVNULL)
    assert {p.stem for p in tmp_path.rglob("*.png")} >= {"normal", "faults-on", "all-normal", "error", "empty"}


def test_the_demo_opens_and_a_signal_closes_it(display: str, tmp_path: Path) -> None:
    window = subprocess.Popen([sys.executable, "-m", "vaurien_gui", "--demo"], env=on(display, tmp_path), cwd=ROOT)
    try:
        time.sleep(4)
        assert window.poll() is None
    finally:
        window.send_signal(signal.SIGTERM)
        status = window.wait(20)
    assert status == 0
