"""Which engine a window gets: a child process, this process, or one at a URL."""

from __future__ import annotations

from pathlib import Path

from vaurien_core.engine.child import ChildEngine
from vaurien_core.engine.local import LocalEngine
from vaurien_core.engine.remote import RemoteEngine
from vaurien_core.errors import EngineLostError
from vaurien_core.model.profile import Profile
from vaurien_core.registry import Registry
from vaurien_gui.opening import Opened, OpenEngine

CHILD, LOCAL = "child", "local"


def opener(place: str, registry: Registry, token: str = "") -> OpenEngine:
    """What makes engines at `place`: `child` (and in this process if no child can start), `local`, or a URL."""

    async def local(profile: Profile, folder: Path | None) -> Opened:
        return Opened(LocalEngine(profile, registry=registry, folder=folder))

    async def child(profile: Profile, folder: Path | None) -> Opened:
        try:
            engine = await ChildEngine.launch(profile, folder=folder)
        except EngineLostError as error:
            # What the profile itself is refused for, the local engine says in its own words.
            opened = await local(profile, folder)
            return Opened(opened.engine, f"The engine runs inside this window, as its own process failed. {error}")
        return Opened(engine, " ".join(engine.notices))

    async def remote(profile: Profile, _folder: Path | None) -> Opened:
        engine = RemoteEngine(place, token)
        try:
            await engine.apply(profile, author="window")
        except BaseException:
            await engine.aclose()
            raise
        return Opened(engine)

    return {CHILD: child, LOCAL: local}.get(place, remote)


def is_url(place: str) -> bool:
    """Whether an engine is meant that runs already."""
    return place not in ("", CHILD, LOCAL)
