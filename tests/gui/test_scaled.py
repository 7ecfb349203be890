"""The whole window in other fonts and on denser screens: no text is cut off."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("scaled_window.py")


@pytest.mark.parametrize(
    ("scale", "family", "points"), [("1", "DejaVu Sans", "14"), ("1.5", "DejaVu Sans", "9"), ("2", "Inter", "14")]
)
def test_no_text_of_the_whole_window_is_cut_off(scale: str, family: str, points: str) -> None:
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), family, points],
        env=os.environ | {"QT_SCALE_FACTOR": scale, "QT_API": "pyside6"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, ""), ran.stdout + ran.stderr
