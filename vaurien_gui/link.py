"""The window's side of an engine: what it says is turned into signals, what is asked of it goes out in order.

One queue, one order: edits wait 80 ms for their neighbours and travel together; all-normal waits for nothing.
Nothing here blocks, and no error gets lost: `refused` carries what the engine would not do, `lost` that it is gone.
Lives on the window's loop; owned by the session, ended by `aclose`.
"""

from __future__ import annotations

import asyncio
import os
import platform
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from vaurien_core.engine.base import Engine
from vaurien_core.errors import ConflictError, EngineLostError, VaurienError
from vaurien_core.model.change import Edit, edit_all
from vaurien_core.model.events import Changed, EngineState, Entry, Event, Gap, Lost, Sample
from vaurien_core.model.profile import Profile
from vaurien_gui.hearing import Hearing
from vaurien_gui.loop import Reporter, Tasks

DEBOUNCE_S = 0.08
"""How long an edit waits for the next one (workbench section 8)."""

LATENCY_EVERY_S = 2.0

Job = Callable[[], Awaitable[object]]


class EngineLink(QObject):
    """One engine and its event stream."""

    state_changed = Signal(object)
    """`EngineState`."""
    sampled = Signal(object)
    """`Sample`."""
    journalled = Signal(object)
    """`Entry`."""
    dropped = Signal(int)
    """So many events were left out, as the window was too slow."""
    changed_outside = Signal(object)
    """`Changed` by somebody else."""
    acknowledged = Signal(object)
    """Edits, or a whole `Profile`, were accepted."""
    conflicted = Signal(object)
    """A commit was refused: `ConflictError` says who changed what meanwhile."""
    behind = Signal(bool)
    """Changes were missed (the link was broken); true: another engine answers at its place now."""
    hearing_changed = Signal()
    """The engine went silent, or is heard again."""
    refused = Signal(str)
    """The engine would not do something; a sentence."""
    lost = Signal(str)
    """The engine is gone; why."""

    def __init__(self, engine: Engine, report: Reporter, parent: QObject | None = None, revision: int = 0) -> None:
        super().__init__(parent)
        self.engine = engine
        self.hearing = Hearing(self)
        self.hearing.changed.connect(self.hearing_changed)
        self.latency_ms: float | None = None
        """Of a small call to a remote engine; None while it isn't known."""
        self._pid = 0
        self._normal_wanted = self._normal_owed = False
        alone = engine.place in ("child", "local")
        self.author = "window" if alone else f"window {platform.node()} {os.getpid()}"
        self.revision = revision
        self.alive = True
        self._tasks = Tasks("engine link", report)
        self._jobs: asyncio.Queue[Job] = asyncio.Queue()
        self._edits: dict[tuple[str, ...], Edit] = {}
        self._edits_due: asyncio.TimerHandle | None = None
        self._tasks.spawn(self._listen(), "events")
        self._tasks.spawn(self._work(), "queue")
        if self.remote:
            self._tasks.spawn(self._measure(), "latency")

    def edit(self, edits: Sequence[Edit]) -> None:
        """Send edits soon, together with those that follow within 80 ms; the last one of each place counts.

        What waits within a place that is now put whole is forgotten: it may be gone there.
        """
        for item in edits:
            deep = len(item.path)
            self._edits = {path: each for path, each in self._edits.items() if path[:deep] != item.path}
            self._edits[item.path] = item
        if self._edits_due is None:
            self._edits_due = asyncio.get_running_loop().call_later(DEBOUNCE_S, self.flush)

    def flush(self) -> None:
        """Send what waits now."""
        if self._edits_due is not None:
            self._edits_due.cancel()
            self._edits_due = None
        if self._edits:
            edits = tuple(self._edits.values())
            self._edits = {}
            self._jobs.put_nowait(lambda: self._change(edits))

    def with_pending(self, profile: Profile) -> Profile:
        """A profile with the edits laid over it that still wait to be sent."""
        return edit_all(profile, tuple(self._edits.values())) if self._edits else profile

    def apply(self, profile: Profile, *, shown: Profile | None = None) -> None:
        """Run this profile; edits that wait are in it already. `shown` is acknowledged instead of it."""
        self._edits = {}
        self._jobs.put_nowait(lambda: self._apply(profile, shown or profile))

    def commit(self, edits: Sequence[Edit], profile: Profile | None = None, *, shown: Profile | None = None) -> None:
        """Send staged edits as one change, all or none (or the whole profile, where edits can't say it).

        What somebody else changed at the same place meanwhile is not overwritten: see `conflicted`. `shown` is what is
        acknowledged instead of the profile.
        """
        self._jobs.put_nowait(lambda: self._commit(tuple(edits), profile, shown or profile))

    def wants_normal(self, state: EngineState | None) -> bool:
        """Whether all-normal held, or was asked for in vain, when this engine was heard of last."""
        return self._normal_owed or (state is not None and state.held)

    def start(self, proxy: str = "", *, normal: bool = False) -> None:
        """Listen; `normal` suspends every fault before."""
        self.flush()
        if normal:
            self._jobs.put_nowait(self._all_normal)
        self._jobs.put_nowait(lambda: self.engine.start(proxy))

    def stop(self, proxy: str = "") -> None:
        """Close listeners and connections."""
        self._jobs.put_nowait(lambda: self.engine.stop(proxy))

    def all_normal(self) -> None:
        """Suspend every fault: ahead of everything that is queued, and not behind what is under way.

        An engine that can't be reached gets it as soon as it is heard again.
        """
        self._normal_wanted = True
        self._tasks.spawn(self._guard(self._all_normal), "all normal")

    def resume(self) -> None:
        """End all-normal, after the edits that were made meanwhile."""
        self._normal_wanted = self._normal_owed = False
        self.flush()
        self._jobs.put_nowait(self.engine.resume)

    def release_override(self, proxy: str) -> None:
        """Go back from an API's override to the mix."""
        self._jobs.put_nowait(lambda: self.engine.override(proxy, "", author=self.author))

    def kick(self, proxy: str) -> None:
        """Close a proxy's open connections; what was set before is in force then."""
        self.submit(lambda: self.engine.kick(proxy))

    def submit(self, job: Job) -> None:
        """Do something in turn."""
        self.flush()
        self._jobs.put_nowait(job)

    def aside(self, coro: Coroutine[Any, Any, object], name: str) -> asyncio.Task[object]:
        """Do something out of turn (a probe)."""
        return self._tasks.spawn(coro, name)

    async def drained(self) -> None:
        """Wait until everything that was asked for so far has been done."""
        self.flush()
        await self._jobs.join()

    async def aclose(self) -> None:
        """End the stream, the queue and the engine; bounded by the engine's own 2 s."""
        self.alive = False
        self.hearing.close()
        if self._edits_due is not None:
            self._edits_due.cancel()
        await self._tasks.aclose()
        await self.engine.aclose()

    async def _all_normal(self) -> None:
        self._normal_owed = False
        try:
            await self.engine.all_normal()
        except EngineLostError:
            self._normal_owed = self._normal_wanted
            raise

    async def _work(self) -> None:
        while True:
            job = await self._jobs.get()
            try:
                await self._guard(job)
            finally:
                self._jobs.task_done()

    async def _guard(self, job: Job) -> None:
        try:
            await job()
        except EngineLostError as error:
            if self.engine.place == "local":
                self._gone(str(error))
                return
            self.hearing.lost()  # its stream is dialled again or says that it ended; what was not done stays to be done
            if self.remote:
                self.refused.emit(str(error))
        except VaurienError as error:
            self.refused.emit(str(error))

    @property
    def remote(self) -> str:
        """The URL of an engine that somebody else runs, or ""."""
        return self.engine.place if "://" in self.engine.place else ""

    async def _measure(self) -> None:
        """How far away a remote engine is, every two seconds."""
        while True:
            if not self.hearing.silent:
                began = time.monotonic()
                try:
                    await self.engine.state()
                    self.latency_ms = (time.monotonic() - began) * 1000
                except VaurienError:
                    self.latency_ms = None
            await asyncio.sleep(LATENCY_EVERY_S)

    async def _commit(self, edits: tuple[Edit, ...], profile: Profile | None, shown: Profile | None) -> None:
        base = self.revision or None
        try:
            if profile is not None:
                self.revision = await self.engine.apply(profile, author=self.author, base=base)
            else:
                self.revision = await self.engine.change(edits, author=self.author, base=base)
        except ConflictError as error:
            self.conflicted.emit(error)
            return
        self.acknowledged.emit(shown or edits)

    async def _change(self, edits: tuple[Edit, ...]) -> None:
        """Our hand moved last: a base that is too old is renewed once."""
        try:
            self.revision = await self.engine.change(edits, author=self.author, base=self.revision or None)
        except ConflictError as error:
            self.revision = await self.engine.change(edits, author=self.author, base=error.revision)
        self.acknowledged.emit(edits)

    async def _apply(self, profile: Profile, shown: Profile) -> None:
        self.revision = await self.engine.apply(profile, author=self.author)
        self.acknowledged.emit(shown)

    async def _listen(self) -> None:
        try:
            async for event in self.engine.events():
                self._hear(event)
        except EngineLostError as error:
            self._gone(str(error))
            return
        if self.alive:
            self._gone("The engine ended.")

    def _hear(self, event: Event) -> None:
        if self.engine.place != "local" and not isinstance(event, Lost):
            self.hearing.heard()
        match event:
            case Sample():
                self.sampled.emit(event)
            case Entry():
                self.journalled.emit(event)
            case EngineState():
                self._catch_up(event)
                self.state_changed.emit(event)
                if self._normal_owed and not event.held:
                    self.all_normal()
            case Changed():
                self.revision = max(self.revision, event.revision)
                if event.author != self.author:
                    self.changed_outside.emit(event)
            case Gap():
                self.dropped.emit(event.dropped)
            case Lost():
                self._gone(event.reason)

    def _catch_up(self, state: EngineState) -> None:
        """Every change is announced before the state that it leads to: a state ahead of them means some were lost."""
        other, known = self._pid not in (0, state.pid), self.revision
        self._pid = state.pid
        if other or state.revision > known:
            self.revision = state.revision
        if other or (known and state.revision > known):
            self.behind.emit(other)

    def _gone(self, reason: str) -> None:
        self.hearing.close()
        if self.alive:
            self.alive = False
            self.lost.emit(reason)
