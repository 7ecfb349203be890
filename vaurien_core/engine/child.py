"""The window's default engine: a process of its own, steered over a private control site.

Painting then never delays a byte, and a crash of the engine leaves the window standing: it yields `Lost` with the
reason, and `restart()` runs the same profile again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Self

from vaurien_core.engine.base import Revisioned
from vaurien_core.engine.child_process import ChildProcess
from vaurien_core.engine.remote import RemoteEngine
from vaurien_core.errors import EngineLostError, UsageError
from vaurien_core.model.change import Edit, edit_all
from vaurien_core.model.events import EngineState, Event
from vaurien_core.model.profile import Profile
from vaurien_core.model.wire import to_json

START_WITHIN_S = 5.0
"""A child that isn't ready by then is given up (the window then runs the engine itself)."""
_REASON_WITHIN_S = 0.5


class ChildEngine(RemoteEngine):
    """An engine in a child process, which it owns. Made by `launch`.

    Attributes:
        notices: what went wrong without hindering the start (the public control port is taken, say).
    """

    def __init__(
        self,
        profile: Profile,
        *,
        seed: int | None,
        journal_all: bool,
        start_within_s: float,
        folder: Path | None,
    ) -> None:
        super().__init__("http://127.0.0.1:0", secrets.token_urlsafe(32), retry_for_s=0.0)
        self._last = profile
        self._seed = seed
        self._journal_all = journal_all
        self._folder = folder
        self._start_within_s = start_within_s
        self._running = False
        self._process: ChildProcess | None = None
        self._starting = asyncio.Lock()
        self.notices: tuple[str, ...] = ()

    @classmethod
    async def launch(
        cls,
        profile: Profile,
        *,
        seed: int | None = None,
        journal_all: bool = False,
        start_within_s: float = START_WITHIN_S,
        folder: Path | None = None,
    ) -> Self:
        """Start a child that runs this profile, with its plugins; nothing listens before `start()`.

        Args:
            profile: what it runs.
            seed: of all draws; None: the profile's, else a chosen one.
            journal_all: untouched exchanges are journalled too.
            start_within_s: when it is given up, s.
            folder: of the profile's file, for the files beside it.

        Raises:
            EngineLostError: it can't be started, or refuses the profile; says why.
        """
        engine = cls(profile, seed=seed, journal_all=journal_all, start_within_s=start_within_s, folder=folder)
        await engine._launch()
        return engine

    @property
    def place(self) -> str:
        """`child`."""
        return "child"

    @property
    def pid(self) -> int:
        """Of the child."""
        return self._process.pid if self._process is not None else 0

    async def restart(self, profile: Profile | None = None) -> None:
        """End the child if it lives and start another with the same seed; what listened listens again.

        Args:
            profile: what it runs; None: what the last one ran, as far as this engine was told.

        Raises:
            EngineLostError: see `launch`.
        """
        async with self._starting:
            if self._closed:
                raise EngineLostError("This engine is closed.")
            for lines in tuple(self._streams):
                lines.close()
            await self._close_session()
            if self._process is not None:
                await self._process.aclose()
            self._last = profile or self._last
            running = self._running
            await self._launch()
            if running:
                await self.start()

    async def _launch(self) -> None:
        orders: dict[str, Any] = {
            "token": self._token,
            "profile": to_json(self._last),
            "seed": self._seed,
            "journal_all": self._journal_all,
            "folder": str(self._folder.absolute()) if self._folder is not None else None,
        }
        self._process = ChildProcess(orders)
        ready = await self._process.start(self._start_within_s)
        self._url, self._seed = ready["url"], ready["seed"]
        self.notices = tuple(ready.get("notices", ()))

    async def profile(self) -> Revisioned:
        """See `Engine`."""
        stand = await super().profile()
        self._last = stand.profile
        return stand

    async def apply(self, profile: Profile, *, author: str = "", base: int | None = None) -> int:
        """See `Engine`."""
        revision = await super().apply(profile, author=author, base=base)
        self._last = profile
        return revision

    async def change(self, edits: Sequence[Edit], *, author: str = "", base: int | None = None) -> int:
        """See `Engine`."""
        revision = await super().change(edits, author=author, base=base)
        try:
            self._last = edit_all(self._last, edits)
        except UsageError:
            await self.profile()
        return revision

    async def state(self) -> EngineState:
        """See `Engine`."""
        state = await super().state()
        self._running = state.started
        return state

    async def events(self, since: int = 0) -> AsyncGenerator[Event, None]:
        """See `Engine`. Ends with `Lost` and the reason when the child has died."""
        async with aclosing(super().events(since)) as events:
            async for event in events:
                if isinstance(event, EngineState):
                    self._running = event.started
                yield event

    async def aclose(self) -> None:
        """End the child and all that belongs to it; idempotent, at most 2 s."""
        await super().aclose()
        if self._process is not None:
            await self._process.aclose()

    async def _given_up(self, for_s: float) -> bool:
        """Only when its process has ended: one that stands still may go on, and then says how it is."""
        return self._process is None or await self._process.wait(_REASON_WITHIN_S)

    async def _why_lost(self, reason: str) -> str:
        process = self._process
        if process is not None and await process.wait(_REASON_WITHIN_S):
            return process.reason
        return f"The engine's process does not answer: {reason}."
