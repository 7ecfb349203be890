"""`-- COMMAND ...`: a child in its own process group. Signals are passed on; at the end the whole group is gone."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from vaurien_core.errors import VaurienError

LEFTOVER_S = 0.5
"""How long what the command left behind gets between SIGTERM and SIGKILL."""
_POSIX = os.name == "posix"
"""Process groups are known there only; elsewhere just the command itself is ended."""
_OURS = ("VAURIEN_CONTROL", "VAURIEN_TOKEN", "VAURIEN_SEED")


class CommandError(VaurienError):
    """The command can't be started: status 126 (not executable) or 127 (not found)."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.exit_status = status


class Command:
    """A running command. Owned by the run; lives on its loop, with one thread that waits for the process."""

    def __init__(self, process: subprocess.Popen[bytes], loop: asyncio.AbstractEventLoop) -> None:
        self._process = process
        self._ended: asyncio.Future[int] = loop.create_future()
        self._terminal = _lend_terminal(process.pid)
        thread = threading.Thread(target=self._wait, args=(loop,), name="vaurien command", daemon=True)
        thread.start()

    @classmethod
    def start(cls, words: Sequence[str], environment: Mapping[str, str]) -> Command:
        """Start it in a process group of its own.

        Raises:
            CommandError: it is not found or not executable.
        """
        inherited = {k: v for k, v in os.environ.items() if k not in _OURS}
        sys.stdout.flush()
        try:
            process = subprocess.Popen(  # noqa: S603 - running it is what the user asked for
                list(words), env={**inherited, **environment}, process_group=0 if _POSIX else None
            )
        except FileNotFoundError:
            raise CommandError(f"command not found: {words[0]}.", 127) from None
        except OSError as error:
            raise CommandError(f"command can't be executed: {words[0]}: {error.strerror}.", 126) from None
        return cls(process, asyncio.get_running_loop())

    async def wait(self) -> int:
        """Its exit status, as a shell would say it: 128 + n for a signal."""
        code = await asyncio.shield(self._ended)
        return code if code >= 0 else 128 - code

    def signal(self, number: int) -> None:
        """Send a signal to the whole group."""
        with suppress(ProcessLookupError, PermissionError):
            if _POSIX:
                os.killpg(self._process.pid, number)
            else:
                self._process.terminate()

    async def clear(self) -> None:
        """End what is left of the group: SIGTERM, a moment, SIGKILL."""
        _take_terminal_back(self._terminal)
        if not _POSIX or not self._alive():
            return
        self.signal(signal.SIGTERM)
        deadline = time.monotonic() + LEFTOVER_S
        while self._alive() and time.monotonic() < deadline:  # noqa: ASYNC110 - a group's end is no event
            await asyncio.sleep(0.02)
        self.signal(signal.SIGKILL)

    def _alive(self) -> bool:
        """Whether a process of the group (a zombie of another parent counts) is left."""
        try:
            os.killpg(self._process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        code = self._process.wait()
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(self._end, code)

    def _end(self, code: int) -> None:
        if not self._ended.done():
            self._ended.set_result(code)


def _lend_terminal(group: int) -> int | None:
    """Put the command into the terminal's foreground, so that it may read and gets ^C itself."""
    with suppress(OSError, ValueError):
        fd = sys.stdin.fileno()
        if os.isatty(fd) and os.tcgetpgrp(fd) == os.getpgrp():
            os.tcsetpgrp(fd, group)
            os.killpg(group, signal.SIGCONT)  # it may have read, and been stopped for it, before it was in front
            return fd
    return None


def _take_terminal_back(fd: int | None) -> None:
    if fd is None:
        return
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    with suppress(OSError):
        os.tcsetpgrp(fd, os.getpgrp())
    signal.signal(signal.SIGTTOU, before)
