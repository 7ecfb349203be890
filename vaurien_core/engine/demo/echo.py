"""The demo's TCP backend: what comes in goes out again."""

from __future__ import annotations

from vaurien_core.engine.demo.serving import Session


class EchoSession(Session):
    """One client."""

    def feed(self, data: bytes) -> bytes:
        """The same bytes."""
        return data
