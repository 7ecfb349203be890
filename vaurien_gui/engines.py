"""Which engine a window gets: a child process, this process, or one at a URL."""

from __future__ import annotations

import math
from pathlib import Path

from vaurien_core.cli.registries import make_registry
from vaurien_core.engine.child import ChildEngine
from vaurien_core.engine.remote import RemoteEngine
from vaurien_core.errors import EngineLostError, UsageError, VaurienError
from vaurien_core.model.profile import Profile
from vaurien_core.registry import Registry
from vaurien_gui.in_window import WindowEngine
from vaurien_gui.opening import Opened, OpenEngine

CHILD, LOCAL = "child", "local"


def opener(place: str, registry: Registry, token: str = "") -> OpenEngine:
    """What makes engines at `place`: `child` (and in this process if no child can start), `local`, or a URL."""

    async def local(profile: Profile, folder: Path | None) -> Opened:
        if not profile.plugins:
            return await _served(WindowEngine(profile, registry=registry, folder=folder))
        from vaurien_core import plugins

        own = make_registry()  # the next profile does not have this one's code
        for plugin in profile.plugins:
            plugins.load(own, plugin, folder)
        try:
            engine = WindowEngine(profile, registry=own, folder=folder)
        except VaurienError:
            raise
        except Exception as error:
            raise UsageError(f"The profile's own code failed: {type(error).__name__}: {error}.") from error
        return await _served(engine)

    async def child(profile: Profile, folder: Path | None) -> Opened:
        try:
            engine = await ChildEngine.launch(profile, folder=folder)
        except EngineLostError as error:
            if profile.plugins:
                raise  # what brought a process down is not run in the window
            # What the profile itself is refused for, the local engine says in its own words.
            opened = await local(profile, folder)
            words = f"The engine runs inside this window, as its own process failed. {error} {opened.notice}"
            return Opened(opened.engine, words.rstrip())
        return Opened(engine, " ".join(engine.notices))

    async def remote(profile: Profile, folder: Path | None) -> Opened:
        engine = remote_engine(place, token)
        try:
            await engine.apply(profile, author="window")
        except BaseException:
            await engine.aclose()
            raise
        return Opened(engine)

    return {CHILD: child, LOCAL: local}.get(place, remote)


async def _served(engine: WindowEngine) -> Opened:
    return Opened(engine, await engine.serve())


def remote_engine(place: str, token: str) -> RemoteEngine:
    """The engine at a URL; a broken link is dialled again for as long as the window wants it."""
    return RemoteEngine(place, token, retry_for_s=math.inf)


def attached(place: str, token: str) -> OpenEngine:
    """What links to an engine that runs already and leaves what it runs as it is."""

    async def again(profile: Profile, folder: Path | None) -> Opened:
        engine = remote_engine(place, token)
        try:
            running = await engine.profile()
        except BaseException:
            await engine.aclose()
            raise
        return Opened(engine, revision=running.revision, profile=running.profile)

    return again


def is_url(place: str) -> bool:
    """Whether an engine is meant that runs already."""
    return place not in ("", CHILD, LOCAL)
