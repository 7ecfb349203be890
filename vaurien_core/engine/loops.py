"""Loops and tasks: which event loop a process runs on, and the one place where tasks are born.

Called by `engine.local`, the demo, the command line and the control server. A task made here has a name, a strong
reference, and a crash in it is reported instead of lost.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import os
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from vaurien_core.errors import UsageError

log = logging.getLogger("vaurien.engine")

YOUNG = 20_000
"""Objects that are made and not freed between two looks of the garbage collector at the youngest."""
LOOPS = ("asyncio", "uvloop")
"""What `VAURIEN_LOOP` may name; unset: uvloop where it is installed."""

_SWEEP_S = 1.0
T = TypeVar("T")
LoopFactory = Callable[[], asyncio.AbstractEventLoop]
Crash = Callable[[str, BaseException], None]


def loop_factory(choice: str | None = None) -> tuple[str, LoopFactory]:
    """The name of the loop to run on, and how to make one.

    Args:
        choice: `asyncio` or `uvloop`; None: the environment's `VAURIEN_LOOP`, else uvloop where it is installed.

    Raises:
        UsageError: the choice is neither, or uvloop was asked for and is not installed.
    """
    wanted = os.environ.get("VAURIEN_LOOP", "") if choice is None else choice
    if wanted and wanted not in LOOPS:
        raise UsageError(f'VAURIEN_LOOP: expected {" or ".join(LOOPS)}, got "{wanted}".')
    if wanted != "asyncio":
        try:
            factory: LoopFactory = importlib.import_module("uvloop").new_event_loop
        except ImportError:
            if wanted:
                raise UsageError("VAURIEN_LOOP: uvloop is not installed here.") from None
        else:
            return "uvloop", factory
    return "asyncio", asyncio.SelectorEventLoop


def raise_descriptor_limit() -> None:
    """Allow this process as many sockets as the system lets it have without asking: two per proxied connection."""
    try:
        resource = importlib.import_module("resource")
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < hard:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ImportError, OSError, ValueError) as error:
        log.debug("the limit of descriptors stays as it is: %s", error)


def spare_collections() -> None:
    """What has been imported stays for good: the garbage collector needs not look through it again and again.

    Called once by a process that is an engine and nothing else, before it begins. Reference counts free
    nearly all that traffic makes, so the collector may wait for more (20,000 small objects are some 2 MB).
    """
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)


def run_until_done(factory: LoopFactory, main: Coroutine[Any, Any, T]) -> tuple[T, bool]:
    """Run `main` on a new loop and close it; also says whether a thread of the loop is stuck.

    A stuck thread (a name that doesn't resolve) would hold up the process's exit: the caller ends it with `os._exit`.
    """
    loop = factory()
    try:
        asyncio.set_event_loop(loop)
        try:
            result = loop.run_until_complete(main)
        finally:
            stuck = loop.run_until_complete(_sweep())
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return result, stuck


async def _sweep() -> bool:
    """Cancel what is left on the running loop and end its threads, each bounded; True if one is stuck."""
    loop = asyncio.get_running_loop()
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    if rest:
        await asyncio.wait(rest, timeout=_SWEEP_S)
    await loop.shutdown_asyncgens()
    try:
        async with asyncio.timeout(_SWEEP_S):
            await loop.shutdown_default_executor()
    except TimeoutError:
        return True
    return False


class Tasks:
    """The tasks of one owner; they die in its `aclose()`."""

    def __init__(self, name: str, on_crash: Crash | None = None) -> None:
        self._name = name
        self._on_crash = on_crash
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def spawn(self, coro: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run a coroutine as a named task; a crash in it is logged and handed to `on_crash`."""
        task = asyncio.get_running_loop().create_task(coro, name=f"{self._name}: {name}")
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.error("%s crashed: %r", task.get_name(), error, exc_info=error)
        if self._on_crash is not None:
            self._on_crash(task.get_name(), error)

    async def aclose(self, grace_s: float = 1.0) -> None:
        """Cancel all and wait for their ends, at most `grace_s` seconds."""
        current = asyncio.current_task()
        tasks = [t for t in self._tasks if t is not current]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace_s)
