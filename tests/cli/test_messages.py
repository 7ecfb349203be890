"""Messages with an id: the same table on the command line, in the window and in the manual."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from vaurien_core.cli.main import main
from vaurien_core.messages import MESSAGES


def test_a_message_can_be_looked_up_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "message", "va-101"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("VA-101: The address is in use")
    assert "ss -ltnp" in out
    assert main(["describe", "message"]) == 0
    table = capsys.readouterr().out
    assert all(m.id in table for m in MESSAGES)
    assert main(["describe", "message", "VA-10"]) == 2
    assert "did you mean" in capsys.readouterr().err


def test_a_run_that_cannot_listen_says_the_id_in_its_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        line = [sys.executable, "-m", "vaurien_core.cli.main", "--proxy", f"127.0.0.1:{taken.getsockname()[1]}",
                "--backend", "127.0.0.1:9"]  # fmt: skip
        run = subprocess.run(line, capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 3
    said = [text for text in run.stderr.splitlines() if text.startswith("vaurien: ")]
    assert len(said) == 1
    assert said[0].endswith("(VA-101).")


def test_every_id_in_the_code_is_in_the_table() -> None:
    root = Path(__file__).parents[2]
    used = {
        found
        for package in ("vaurien_core", "vaurien_gui")
        for file in (root / package).rglob("*.py")
        for found in re.findall(r"VA-\d{3}", file.read_text(encoding="utf-8"))
    }
    assert used <= {m.id for m in MESSAGES}
