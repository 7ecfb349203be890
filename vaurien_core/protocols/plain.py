"""The calls of `Framer` that most protocols have nothing to say to."""

from __future__ import annotations

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.base import Duty
from vaurien_core.protocols.glance import Glance


class Plain:
    """Base for framers whose sessions owe nothing after an injected error."""

    def keep_heads(self) -> None:
        """There are none."""

    def substituted(self, exchange: Exchange, data: bytes) -> None:
        """The answer frames like that of the request."""

    def failed(self, exchange: Exchange, error: str) -> None:
        """Nothing is owed."""

    def duty(self, exchange: Exchange) -> Duty | None:
        """Nothing is owed."""
        return None

    def secured(self) -> None:
        """It makes no difference to what is framed."""

    def glance(self) -> Glance | None:
        """Nothing is told at a glance."""
        return None

    def went_by(self, count: int) -> None:
        """Nothing goes by where nothing is told at a glance."""
