"""A profile that was saved into another folder while its engine runs: what it reads from beside its file, and where."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from vaurien_core.model.profile import Profile
from vaurien_gui.session import Session

_WORDS = frozenset({"", "auto", "yes", "no"})
"""Values of TLS keys that name no file."""


def files_beside(profile: Profile) -> tuple[str, ...]:
    """The files that a profile names by a path that is seen from its folder."""
    named = (name for spec in profile.proxies for name in (spec.certificate, spec.key, str(spec.backend_verify or "")))
    paths = (Path(name).expanduser() for name in named if name.lower() not in _WORDS)
    return tuple(dict.fromkeys(str(path) for path in paths if not path.is_absolute()))


class Folders(QObject):
    """Says so once where an engine goes on with another folder than the file's. Owned by the app.

    An engine keeps the folder that it was made with: to move it would close every connection, which is the user's to
    decide.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._made_in: Path | None = None
        self._told: Path | None = None
        session.restarted.connect(self._made)
        session.document.file_changed.connect(self._look)

    def _made(self) -> None:
        """An engine was made for the file as it lies now."""
        path = self._session.document.path
        self._made_in = self._told = path.parent if path is not None else Path.cwd()

    def _look(self) -> None:
        session, path = self._session, self._session.document.path
        if session.link is None or session.attached or session.profile is None or path is None:
            return
        files = files_beside(session.profile)
        if files and path.parent not in (self._made_in, self._told):
            self._told = path.parent
            session.notice.emit(
                f"{path.name} lies in another folder now, but the engine still reads {', '.join(files)} in "
                f"{self._made_in}. Put what it needs beside the file, then choose Engine > Restart the engine."
            )
