"""The engine inside the window's process, with the public control site that its profile asks for.

Made by `engines` where no child is wanted or none can start; it serves the same calls as a child does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaurien_core.engine.local import LocalEngine
from vaurien_core.errors import VaurienError

if TYPE_CHECKING:
    from vaurien_core.control import ControlServer


class WindowEngine(LocalEngine):
    """A local engine that owns its site; `aclose` ends both."""

    _site: ControlServer | None = None

    async def serve(self) -> str:
        """Open the site if the profile has `[control] http`; what hinders it, as a sentence, or ""."""
        control = self.running_profile.control
        if not control.http:
            return ""
        from vaurien_core.control import serve_spec

        try:
            self._site = await serve_spec(self, control)
        except VaurienError as error:
            self.notice(str(error), severity="error")
            return str(error)
        self.show_control(self._site.urls)
        return ""

    async def aclose(self) -> None:
        """Close the site, then everything that runs."""
        site, self._site = self._site, None
        if site is not None:
            await site.aclose()
        await super().aclose()
