"""Runtime files: which engines with a control API run on this machine, for windows of the same user to attach to.

A headless run writes one when its control server is up and takes it away at its end; one whose process is gone is
ignored. They hold a token, so they are readable by their owner only, and nobody else's are read.
"""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from pathlib import Path

from vaurien_core.cli.ready import write_private
from vaurien_core.errors import UsageError
from vaurien_core.frozen import dataclass

log = logging.getLogger("vaurien")
_SUFFIX = ".engine.json"


@dataclass(frozen=True, slots=True)
class RunningEngine:
    """One that can be attached to."""

    pid: int
    url: str
    token: str = ""
    profile: str = ""
    """The profile's file name, or ""."""
    seed: int = 0


def folder() -> Path:
    """Where the files are; `VAURIEN_RUNTIME` names another folder (tests use it)."""
    import platformdirs

    own = os.environ.get("VAURIEN_RUNTIME", "")
    return Path(own) if own else Path(platformdirs.user_runtime_dir("vaurien", appauthor=False))


def announce(engine: RunningEngine) -> Path | None:
    """Write the file of an engine; where that can't be done, it is only not offered."""
    place = folder()
    path = place / f"{engine.pid}{_SUFFIX}"
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, json.dumps({
            "pid": engine.pid, "url": engine.url, "token": engine.token, "profile": engine.profile,
            "seed": engine.seed,
        }) + "\n")  # fmt: skip
    except (OSError, UsageError) as error:
        log.debug("no runtime file: %s", error)
        return None
    return path


def withdraw(path: Path | None) -> None:
    """Take an engine's file away."""
    if path is not None:
        with suppress(OSError):
            path.unlink()


def running() -> tuple[RunningEngine, ...]:
    """The engines of this user that run, the newest first; stale files are taken away."""
    found: list[tuple[float, RunningEngine]] = []
    try:
        files = list(folder().glob(f"*{_SUFFIX}"))
    except OSError:
        return ()
    for file in files:
        with suppress(OSError, ValueError, TypeError, KeyError):
            stat = file.stat()
            if hasattr(os, "getuid") and stat.st_uid != os.getuid():
                continue
            said = json.loads(file.read_text(encoding="utf-8"))
            engine = RunningEngine(
                int(said["pid"]), str(said["url"]), str(said["token"]), str(said["profile"]), int(said["seed"])
            )
            if _alive(engine.pid):
                found.append((stat.st_mtime, engine))
            else:
                withdraw(file)
    return tuple(engine for _, engine in sorted(found, key=lambda pair: pair[0], reverse=True))


def _alive(pid: int) -> bool:
    if os.name == "nt":
        return True  # signal 0 would end it there; attaching finds out
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
