"""The demo: a built-in backend and client around one proxy; all normal for 3 s, then faults ramp in."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from vaurien_core.model.change import Path
from vaurien_core.model.profile import BehaviorSpec, Profile, ProxySpec
from vaurien_core.options import values_of
from vaurien_gui.session import Session

NAME = "demo"
MIX: tuple[tuple[str, Decimal], ...] = (("delay", Decimal(8)), ("error", Decimal(5)), ("abort", Decimal(2)))
DELAY = (("sleep", 0.3), ("jitter", 0.1))
NORMAL_S = 3.0
SEED = 6
"""One whose first exchanges meet every fault about as often as the mix says."""
STEPS, STEP_S = 4, 0.5
PLACEHOLDER = "127.0.0.1:9"
"""The discard port: where the backend stands until the built-in one has started."""


def demo_profile() -> Profile:
    """One HTTP proxy on a free port."""
    spec = ProxySpec(NAME, proxy="127.0.0.1:0", backend=PLACEHOLDER, protocol="http")
    delay = BehaviorSpec("delay", options=values_of(DELAY))
    return Profile(proxies=(spec.with_behavior(delay),), seed=SEED)


class DemoScript:
    """Runs the demo in a session. Ends by itself when the user edits something or opens something else."""

    def __init__(self, session: Session, *, normal_s: float = NORMAL_S) -> None:
        self._session, self._normal_s = session, normal_s

    async def run(self) -> None:
        """Start everything, wait, ramp the faults in."""
        document = self._session.document
        document.replace(demo_profile(), title=NAME, demo=True)
        await self._session.settled()
        link = self._session.link
        if link is None:
            return
        backend = await link.engine.demo("backend")
        self._put([(("proxies", NAME, "backend"), backend)])
        self._session.start()
        await link.drained()
        await link.engine.demo("traffic", proxy=NAME)
        await asyncio.sleep(self._normal_s)
        for step in range(1, STEPS + 1):
            if document.undo.count() or not document.demo or self._session.link is not link:
                return
            share = Decimal(step) / STEPS
            self._put([(("proxies", NAME, "mix", name), _tenth(weight * share)) for name, weight in MIX])
            if step == 1:
                self._session.happen("Demo mix", "preset")
            await asyncio.sleep(STEP_S)

    def _put(self, edits: list[tuple[Path, object]]) -> None:
        self._session.document.adopt(edits)


def _tenth(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1")).normalize() + 0
