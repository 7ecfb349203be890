"""A `vaurien` process of one's own: started, waited for until it is ready, stopped. Standard library only.

Used by the classic `start_proxy` and by `testing.running`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO

STOP_WITHIN_S = 5.0
_LOOK_EVERY_S = 0.02
_LAST_LINES = 20


class Process:
    """One running `vaurien`; a thread passes its stderr on and keeps the last lines. Whoever made it calls `stop`."""

    def __init__(self, words: Sequence[str]) -> None:
        """Start `vaurien` with these words as its command line."""
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "vaurien_core.cli.main", *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=_environment(),
        )  # fmt: skip
        self.lines: deque[str] = deque(maxlen=_LAST_LINES)
        assert self.process.stderr is not None
        self._thread = threading.Thread(target=self._pass_on, args=(self.process.stderr,), daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def wait_ready(self, file: Path, within_s: float) -> None:
        """Wait for the ready file that it was told to write.

        Raises:
            ValueError: it ended, or was not ready within so many seconds; it still runs then.
        """
        end = time.monotonic() + within_s
        while not file.exists():
            if self.process.poll() is not None:
                raise ValueError(f"Could not start the proxy: {self.reason}")
            if time.monotonic() > end:
                raise ValueError(f"Could not start the proxy: it was not ready within {within_s:g} s.")
            time.sleep(_LOOK_EVERY_S)

    def stop(self) -> None:
        """Ask it to end, insist after 5 s, and reap it; idempotent."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._thread.join(1.0)

    @property
    def reason(self) -> str:
        """The last thing that it said."""
        self._thread.join(1.0)
        return next((line for line in reversed(self.lines) if line), f"it ended with status {self.process.poll()}")

    def _pass_on(self, stderr: IO[bytes]) -> None:
        with stderr:
            for raw in stderr:
                line = raw.decode(errors="replace")
                self.lines.append(line.strip())
                try:
                    sys.stderr.write(line)
                except (OSError, ValueError):
                    continue


def _environment() -> dict[str, str]:
    """Ours, with the place that this package was imported from in front of the module path."""
    root = str(Path(__file__).resolve().parents[1])
    path = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in (root, path) if p)}
