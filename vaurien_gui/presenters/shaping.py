"""A mix shaped as a whole: one row alone, and back; all rows alike."""

from __future__ import annotations

from decimal import Decimal

from vaurien_core.model.profile import Rule
from vaurien_gui.presenters.mix import MixPresenter
from vaurien_gui.session import Session


class Shaping:
    """Solo and Split evenly for the selected proxy; each is one step of undo."""

    def __init__(self, session: Session, mix: MixPresenter) -> None:
        self._session, self._mix = session, mix
        self._alone: tuple[str, str, tuple[Rule, ...], tuple[Rule, ...]] | None = None
        """Proxy, row, the mix before and the mix that solo made of it."""

    @property
    def possible(self) -> bool:
        """Whether there is a weight to shape."""
        model = self._mix.model()
        return model is not None and model.total > 0

    def solo(self, row: str) -> None:
        """Give one row all that the faults have; the same once more, with nothing changed between, gives it back.

        Args:
            row: the one in hand; "" or one apart: the heaviest.
        """
        spec, model = self._session.proxy, self._mix.model()
        if spec is None or model is None:
            return
        shared = dict(model.shared)
        if not any(shared.values()):
            return
        if row not in shared:
            row = max(shared, key=lambda name: shared[name])
        if self._alone is not None and self._alone[0] == spec.name and self._alone[3] == spec.mix:
            former, self._alone = self._alone[2], None
            self._session.edit(("proxies", spec.name, "mix"), former, "Solo off")
            self._session.announce()
            return
        before = spec.mix
        self._mix.set_mix(spec, dict(model.solo(row).weights), f"Solo {row}")
        now = self._session.proxy
        if now is not None:
            self._alone = (spec.name, row, before, now.mix)

    def split(self) -> None:
        """Give all rows over 0 % the same share."""
        spec, model = self._session.proxy, self._mix.model()
        if spec is not None and model is not None:
            weights: dict[str, Decimal] = dict(model.split().weights)
            self._mix.set_mix(spec, weights, "Split evenly")
