"""The state of proxies: taken down on purpose, by the profile or by a phase, and back up."""

from __future__ import annotations

from vaurien_core.model.profile import ProxySpec
from vaurien_gui.presenters.playing import Playing
from vaurien_gui.session import Session

DOWN, UP, MUTE = "down", "up", "syn_blackhole"
_DOES = {
    DOWN: "Refuses connections and cuts open ones, on purpose.",
    MUTE: "Connects time out, on purpose; open connections live.",
}


class StatesPresenter:
    """Reads and edits `state`."""

    def __init__(self, session: Session) -> None:
        self._session, self._playing = session, Playing(session)

    def set(self, state: str) -> None:
        """Take the selected proxy down, or bring it back."""
        spec = self._session.proxy
        if spec is not None and state != spec.state:
            words = {DOWN: f"Take {spec.name} down", MUTE: f"Let connects to {spec.name} time out"}
            self._session.edit(("proxies", spec.name, "state"), state, words.get(state, f"Bring {spec.name} back up"))

    def toggle(self) -> None:
        """The other one."""
        spec = self._session.proxy
        if spec is not None:
            self.set(DOWN if spec.state == UP else UP)

    def bring_up(self, name: str) -> None:
        """Let a proxy listen again that the profile keeps down."""
        self._session.edit(("proxies", name, "state"), UP, f"Bring {name} back up")

    def note(self, spec: ProxySpec) -> str:
        """Why it is as it is, where that isn't what the switch says or is worth a word; "" otherwise."""
        session, now = self._session, self._playing.spec(spec).state
        if session.held and now in _DOES:
            return f"All normal holds: it listens, and is {word(now)} again on Resume."
        state = self._playing.state
        if now != spec.state and state is not None:
            return f"Phase {state.phase} holds it {word(now)}."
        return _DOES.get(now, "")


def word(state: str) -> str:
    """A state as people say it."""
    return "without an answer" if state == MUTE else state


def mute_now(session: Session, spec: ProxySpec) -> bool:
    """Whether connects to a proxy time out on purpose now."""
    known = session.state.proxy(spec.name) if session.state is not None and session.started else None
    return known is not None and spec.enabled and known.state == MUTE and known.running and not session.held


def down_now(session: Session, spec: ProxySpec) -> bool:
    """Whether a proxy refuses on purpose now: its engine says so, and does not hold all normal."""
    known = session.state.proxy(spec.name) if session.state is not None and session.started else None
    return known is not None and spec.enabled and known.state == DOWN and not known.running and not session.held
