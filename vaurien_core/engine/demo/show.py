"""The demo of one engine: its backend and its traffic, started and ended together."""

from __future__ import annotations

from collections.abc import Callable

from vaurien_core.engine.demo.backend import DemoBackend
from vaurien_core.engine.demo.client import DemoClient
from vaurien_core.errors import UsageError

ACTIONS = ("backend", "traffic", "stop")


class Demo:
    """Owns at most one backend and one client.

    Args:
        bound: where a proxy listens now, "" while it doesn't.
    """

    def __init__(self, bound: Callable[[str], str]) -> None:
        self._bound = bound
        self._backend: DemoBackend | None = None
        self._client: DemoClient | None = None

    async def act(self, action: str, proxy: str, rate: float) -> str:
        """Start or stop; see `Engine.demo`.

        Raises:
            UsageError: no such action.
        """
        if action == "backend":
            if self._backend is None:
                self._backend = DemoBackend()
            return await self._backend.start()
        if action == "traffic":
            if self._client is not None:
                await self._client.aclose()
            self._client = DemoClient(lambda: self._bound(proxy), rate)
            self._client.start()
            return self._bound(proxy)
        if action == "stop":
            await self.aclose()
            return ""
        raise UsageError(f'demo: expected one of {", ".join(ACTIONS)}, got "{action}".')

    async def aclose(self) -> None:
        """End both; they can be started again."""
        client, self._client = self._client, None
        backend, self._backend = self._backend, None
        if client is not None:
            await client.aclose()
        if backend is not None:
            await backend.aclose()
