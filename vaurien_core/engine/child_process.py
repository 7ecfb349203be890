"""The child process of the window's engine: started, watched and ended from threads, so that any loop can own it.

The child's standard input is its leash: it ends when that is closed, which the kernel does for us even after SIGKILL.
The first line that it gets says what to run; the first line that it prints says where it answers.
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import IO, Any

from vaurien_core.errors import EngineLostError

logger = logging.getLogger("vaurien.child")
LAST_LINES = 20
"""Lines of the child's stderr that are kept for the reason of its end."""
_CHATTER = ("INFO ", "DEBUG ")
"""Log lines that are no reason for anything."""
_END_WITHIN_S = 1.5
_KILL_WITHIN_S = 0.5


def command() -> list[str]:
    """How the child is started, from a checkout, an installation or a frozen program."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--engine-child"]
    return [sys.executable, "-m", "vaurien_core.cli.child_main"]


class ChildProcess:
    """One run of the child. Owned by `ChildEngine`; two daemon threads read its pipes and end with it.

    Args:
        orders: what the child is told in its first line.
    """

    def __init__(self, orders: dict[str, Any]) -> None:
        self._orders = orders
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self._exited = asyncio.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: deque[str] = deque(maxlen=LAST_LINES)
        self._thread = threading.Thread(target=self._run, name="engine child", daemon=True)
        self._closing = False

    @property
    def pid(self) -> int:
        """Of the child; 0 before it was started."""
        return self._process.pid if self._process is not None else 0

    async def start(self, within_s: float) -> dict[str, Any]:
        """Start it; its ready line.

        Raises:
            EngineLostError: it could not be started, ended at once, or is not ready in time (it is then ended).
        """
        self._thread.start()
        try:
            async with asyncio.timeout(within_s):
                ready = await asyncio.shield(self._ready)
        except TimeoutError:
            await self.aclose()
            raise EngineLostError(f"The engine's process was not ready within {within_s:g} s.") from None
        except BaseException:
            await self.aclose()
            raise
        if "error" in ready:
            await self.aclose()
            raise EngineLostError(str(ready["error"]))
        return ready

    @property
    def reason(self) -> str:
        """Why it ended, as a sentence."""
        code = self._process.returncode if self._process is not None else None
        how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with status {code}"
        last = next((line for line in reversed(self._stderr) if line.strip() and not line.startswith(_CHATTER)), "")
        return f"The engine's process {how}{f': {last}' if last else ''}."

    async def wait(self, within_s: float) -> bool:
        """Whether it has ended, waiting at most `within_s`."""
        try:
            async with asyncio.timeout(within_s):
                await self._exited.wait()
        except TimeoutError:
            return False
        return True

    async def aclose(self) -> None:
        """End it: by closing its input, by force if that takes over 1.5 s. Idempotent, at most 2 s."""
        if self._thread.ident is None:
            return
        self._closing = True
        if self._process is not None and self._process.stdin is not None:
            _close(self._process.stdin)
        if not await self.wait(_END_WITHIN_S) and self._process is not None:
            self._process.kill()
            await self.wait(_KILL_WITHIN_S)

    def _run(self) -> None:
        """On a thread: start the child, read its standard output, reap it."""
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                start_new_session=True,  # Linux shares processors out by session: as part of the window's it gets less
            )  # fmt: skip
        except OSError as error:
            self._tell({"error": f"The engine's process could not start: {command()[0]}: {error.strerror}."})
            self._call(self._finished)
            return
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        errors = threading.Thread(target=self._read_errors, args=(process.stderr,), name="engine stderr", daemon=True)
        errors.start()
        try:
            if self._closing:
                process.stdin.close()
            process.stdin.write(json.dumps(self._orders).encode() + b"\n")
            process.stdin.flush()
        except (OSError, ValueError):
            logger.debug("the engine's process ended before it was told what to run")
        for line in process.stdout:
            self._read_line(line)
        process.wait()
        errors.join(1.0)
        for pipe in (process.stdin, process.stdout):
            _close(pipe)
        self._tell({"error": self.reason})
        self._call(self._finished)

    def _read_line(self, line: bytes) -> None:
        try:
            answer = json.loads(line)
        except ValueError:
            return
        if isinstance(answer, dict):
            self._tell(answer)

    def _read_errors(self, stderr: IO[bytes]) -> None:
        with stderr:
            for raw in stderr:
                line = raw.decode(errors="replace").rstrip()
                self._stderr.append(line)
                name, _, text = line.partition(" ")
                level = logging.getLevelNamesMapping().get(name)
                logger.log(logging.INFO if level is None else level, "%s", line if level is None else text)

    def _tell(self, ready: dict[str, Any]) -> None:
        self._call(lambda: None if self._ready.done() else self._ready.set_result(ready))

    def _call(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:
            logger.debug("the loop is closed")

    def _finished(self) -> None:
        self._exited.set()


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        logger.debug("a pipe of the engine's process was closed already")
