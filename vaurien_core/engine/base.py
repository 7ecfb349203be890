"""The one interface of everything that runs a profile: local, remote, child.

Owned by whoever made it; `aclose()` ends it and everything it opened. All methods run on the loop on which it
was made and answer in bounded time: none waits for a peer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from vaurien_core.frozen import dataclass
from vaurien_core.model.catalogue import Catalogue
from vaurien_core.model.change import Edit
from vaurien_core.model.events import EngineState, Entry, Event, ProbeResult, Sample
from vaurien_core.model.profile import Profile
from vaurien_core.options import OptionValues


@dataclass(frozen=True, slots=True)
class Revisioned:
    """A profile and the revision at which it stands."""

    profile: Profile
    revision: int


class Engine(Protocol):
    """What runs a profile.

    Errors of every method: `UsageError` (a bad value or name), `ConflictError` (a base that is too old),
    `EngineLostError` (not reachable any more).
    """

    @property
    def place(self) -> str:
        """Where it runs, for people: `local`, `child` or its URL."""
        ...

    async def catalogue(self) -> Catalogue:
        """What it offers."""
        ...

    async def profile(self) -> Revisioned:
        """What it runs."""
        ...

    async def state(self) -> EngineState:
        """How it stands."""
        ...

    async def sample(self) -> Sample:
        """All counters as they stand now (not those of the last tick)."""
        ...

    async def apply(self, profile: Profile, *, author: str = "", base: int | None = None) -> int:
        """Run this profile from now on; returns the new revision.

        Unchanged proxies keep their connections; a proxy whose listen address changed is bound anew (its live
        connections stay); a removed one is closed. Bind failures don't raise: they stand in the state.
        """
        ...

    async def change(self, edits: Sequence[Edit], *, author: str = "", base: int | None = None) -> int:
        """Apply edits to the running profile, all or none; returns the new revision.

        With `base`, refused (`ConflictError`) if one of the touched paths was changed since.
        """
        ...

    async def start(self, proxy: str = "") -> None:
        """Listen: all enabled proxies, or one by name. Bind failures stand in the state."""
        ...

    async def stop(self, proxy: str = "") -> None:
        """Close listeners and connections: of all, or of one."""
        ...

    async def release(self, proxy: str = "") -> int:
        """Let go what is held now (hang, delay): it goes on as dummy. Returns how many exchanges."""
        ...

    async def kick(self, proxy: str) -> int:
        """Close the open connections of one proxy with FIN, its listener stays; returns how many."""
        ...

    async def all_normal(self) -> None:
        """Suspend every fault at once (design: within 100 ms); idempotent."""
        ...

    async def resume(self) -> None:
        """End all-normal."""
        ...

    async def scenario(self, action: str, phase: str = "") -> None:
        """Steer the scenario: `play`, `pause`, `skip`, `restart`, or `jump` to a phase."""
        ...

    async def override(self, proxy: str, behavior: str, options: OptionValues = (), *, author: str = "") -> None:
        """Lay 100 % of one behavior over a proxy's mix; `behavior` "" ends it. Unknown names raise `UsageError`."""
        ...

    async def probe(
        self,
        backend: str,
        protocol: str,
        *,
        own: Sequence[str] = (),
        backend_tls: str = "",
        backend_verify: str = "yes",
        backend_name: str = "",
    ) -> ProbeResult:
        """Say what speaks at an address; never raises for what it finds.

        Args:
            backend: where; a URL is not read here.
            protocol: what is expected.
            own: listeners that mean a loop.
            backend_tls: as of `ProxySpec`, how a proxy would go there.
            backend_verify: likewise.
            backend_name: likewise.
        """
        ...

    async def demo(self, action: str, *, proxy: str = "", rate: float = 20.0, protocol: str = "") -> str:
        """Run the built-in demo; returns an address or "".

        `backend` starts the backend of a protocol (idempotent) and returns its address; `traffic` starts a client of
        `rate` requests a second against the proxy; `stop` ends all. Without `protocol` it is the proxy's; without a
        proxy, http.
        """
        ...

    async def journal(self, since: int = 0, limit: int = 1000) -> tuple[Entry, ...]:
        """Entries with n > since, oldest first, from the bounded journal."""
        ...

    def events(self, since: int = 0) -> AsyncIterator[Event]:
        """All events from now on: first the state, then journal entries with n > since, then what happens.

        A reader that lags gets a `Gap`. A remote engine that is lost yields `Lost` and ends.
        """
        ...

    async def aclose(self) -> None:
        """Close everything; idempotent, bounded to 2 s."""
        ...
