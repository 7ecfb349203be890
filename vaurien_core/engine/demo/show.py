"""The demo of one engine: its backends and its traffic, started and ended together."""

from __future__ import annotations

from collections.abc import Callable

from vaurien_core.engine.demo.backends import make_backend
from vaurien_core.engine.demo.client import DemoClient
from vaurien_core.engine.demo.serving import Backend
from vaurien_core.errors import UsageError

ACTIONS = ("backend", "traffic", "stop")


class Demo:
    """Owns at most one backend per protocol, and one client.

    Args:
        bound: where a proxy listens now, "" while it doesn't.
    """

    def __init__(self, bound: Callable[[str], str]) -> None:
        self._bound = bound
        self._backends: dict[str, Backend] = {}
        self._client: DemoClient | None = None

    async def act(self, action: str, proxy: str, rate: float, protocol: str) -> str:
        """Start or stop; see `Engine.demo`.

        Raises:
            UsageError: no such action.
        """
        if action == "backend":
            if protocol not in self._backends:
                self._backends[protocol] = make_backend(protocol)
            return await self._backends[protocol].start()
        if action == "traffic":
            if self._client is not None:
                await self._client.aclose()
            self._client = DemoClient(lambda: self._bound(proxy), rate, protocol)
            self._client.start()
            return self._bound(proxy)
        if action == "stop":
            await self.aclose()
            return ""
        raise UsageError(f'demo: expected one of {", ".join(ACTIONS)}, got "{action}".')

    async def aclose(self) -> None:
        """End all; they can be started again."""
        client, self._client = self._client, None
        backends, self._backends = self._backends, {}
        if client is not None:
            await client.aclose()
        for backend in backends.values():
            await backend.aclose()
