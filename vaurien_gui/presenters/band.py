"""The state band: is anything broken on purpose, what, where, and for how long."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from vaurien_core.model.events import EngineState, ProxyState
from vaurien_core.model.opaque import OURS, STARTTLS, TLS, begins_with_tls, is_stuck, opaque_sentence
from vaurien_core.model.profile import Profile, ProxySpec, Rule, ToxicSpec
from vaurien_gui.models.shown import BandAction, BandKind, BandShare, BandState
from vaurien_gui.presenters.playing import Playing
from vaurien_gui.presenters.shares import apart_faults, plain_share, share_text, toxic_text
from vaurien_gui.presenters.states import UP, down_now, mute_now
from vaurien_gui.presenters.texts import duration, percent, plural
from vaurien_gui.session import Session

RESTART = BandAction("restart-engine", "Restart", "refresh", main=True)
ZERO = BandAction("zero", "Zero the sliders")
RESUME = BandAction("resume", "Resume faults", "play", main=True)
DETAILS = BandAction("details", "Details")
FREE_PORT = BandAction("free-port", "Use a free port", "refresh", main=True)
RECONNECT = BandAction("restart-engine", "Connect again", "refresh", main=True)
SHOW_CODE = BandAction("show-code", "Show it…")
WITHOUT_CODE = BandAction("without-code", "Open without")
RUN_CODE = BandAction("run-code", "Run its code", main=True)
BACK_TO_MIX = BandAction("back-to-mix", "Back to the mix", main=True)


class BandPresenter:
    """Makes the `BandState` of a session; remembers since when it has been so."""

    def __init__(self, session: Session, now: Callable[[], float] = time.monotonic) -> None:
        self._session, self._now = session, now
        self._playing = Playing(session)
        self._kind: BandKind | None = None
        self._since = now()
        self.auto_off: Callable[[], float | None] = lambda: None
        """Seconds until faults go off by themselves; None: they don't."""

    def state(self) -> BandState:
        """How it stands now."""
        state = self._state()
        if state.kind is not self._kind:
            self._kind, self._since = state.kind, self._now()
            state = self._state()
        waiting = len(self._session.applying.waiting)
        wait = f"{plural(waiting, 'change')} {'waits' if waiting == 1 else 'wait'}" if waiting else ""
        since = "  ·  ".join(filter(None, (wait, state.since)))
        return replace(
            state, since=since, remote=self._session.remote, actions=(*self._auto_off(state), *state.actions)
        )

    def _auto_off(self, state: BandState) -> tuple[BandAction, ...]:
        left = self.auto_off() if state.kind is BandKind.FAULTS else None
        return () if left is None else (BandAction("auto-off", f"Auto-off in {duration(left)}", "timer"),)

    def failed_proxy(self) -> ProxyState | None:
        """The first proxy that should listen and can't."""
        session = self._session
        if not session.started or session.state is None or session.profile is None:
            return None
        profile = session.acting or session.profile
        enabled = {p.name for p in profile.proxies if p.enabled}
        return next((p for p in session.state.proxies if p.error and p.name in enabled), None)

    @property
    def _elapsed(self) -> str:
        return duration(self._now() - self._since)

    def _state(self) -> BandState:
        session = self._session
        profile, engine = session.acting, session.state
        if session.lost:
            return self._lost(session.lost)
        if session.code:
            return self._asking()
        if session.silent:
            return self._silent()
        if profile is None:
            return BandState(
                BandKind.STOPPED, "Stopped", text="No profile is open. Nothing listens, nothing is injected."
            )
        if engine is None:
            return BandState(BandKind.STOPPED, "Stopped", text="The engine is starting.")
        if not engine.started:
            return self._stopped(profile, held=engine.held)
        if engine.held:
            return self._held(engine)
        failed = self.failed_proxy()
        if failed is not None:
            return self._failed(failed)
        return self._running(profile, engine)

    def _lost(self, reason: str) -> BandState:
        attached = self._session.attached
        head = "Not connected" if attached else "The engine does not run"
        if not attached and "does not answer" in reason:
            head = "The engine does not answer"
        return BandState(BandKind.FAILED, head, text=reason, actions=(DETAILS, RECONNECT if attached else RESTART))

    def _silent(self) -> BandState:
        """Nothing is claimed about an engine that isn't heard."""
        session = self._session
        quiet = duration(session.link.hearing.for_s) if session.link is not None else ""
        if session.remote:
            text = f"Nothing heard from {session.remote} for {quiet}. Whether faults are on there is unknown."
            return BandState(BandKind.FAILED, "Reconnecting…", text=text)
        text = f"Nothing heard from it for {quiet}. Whether faults are on is unknown."
        return BandState(BandKind.FAILED, "The engine does not answer", text=text, actions=(RESTART,))

    def _asking(self) -> BandState:
        named = ", ".join(code.file for code in self._session.code)
        text = f"This profile names code of its own: {named}. Nothing of it has run."
        return BandState(BandKind.STOPPED, "Stopped", text=text, actions=(SHOW_CODE, WITHOUT_CODE, RUN_CODE))

    def _held(self, engine: EngineState) -> BandState:
        held = duration(self._session.engine_t - engine.held_since)
        text = f"Held for {held}. Traffic passes untouched, no fault is drawn."
        if (state := self._playing.state) is not None:
            text += f" The scenario stands at phase {state.phase}."
        return BandState(BandKind.HELD, "All normal", text=text, actions=(ZERO, RESUME))

    def _stopped(self, profile: Profile, *, held: bool) -> BandState:
        """Nothing listens; all-normal outlives a stop, so that it is said here too."""
        session = self._session
        faulty = [p for p in profile.proxies if p.faults or p.mounted]
        text = "Nothing listens, nothing is injected."
        if not profile.proxies:
            text = "This profile has no proxy yet. Add one to begin."
        elif session.codeless:
            text = "Nothing listens. The code that the profile names is left out, and the rules that need it."
        elif faulty:
            text = f"Nothing listens. Faults are set on {faulty[0].name}: {share_text(session, faulty[0])}."
        if held and faulty:
            text = "Nothing listens. All normal still holds: the next start injects nothing until faults are resumed."
        return BandState(BandKind.STOPPED, "Stopped", text=text, actions=(ZERO, RESUME) if held and faulty else ())

    @staticmethod
    def _failed(failed: ProxyState) -> BandState:
        code = f" {failed.error_code}" if failed.error_code and failed.error_code not in failed.error else ""
        return BandState(
            BandKind.FAILED,
            f"{failed.name} is not listening",
            text=f"{failed.error}{code}",
            actions=(DETAILS, FREE_PORT),
        )

    def _running(self, profile: Profile, engine: EngineState) -> BandState:
        listening = [self._playing.spec(p) for p in profile.proxies if engine.proxy(p.name).running]
        down = [p for p in profile.proxies if down_now(self._session, p) or mute_now(self._session, p)]
        held_at = next((p for p in listening if engine.proxy(p.name).override not in ("", "dummy")), None)
        if held_at is not None:
            return self._overridden(held_at, engine.proxy(held_at.name).override)
        faulty = [p for p in listening if (p.faults and not engine.proxy(p.name).override) or p.mounted]
        if down and (not faulty or self._session.proxy in down):
            return self._down(down, faulty)
        if not faulty:
            return BandState(
                BandKind.NORMAL,
                "Running, all normal",
                text="Every exchange passes untouched.",
                since=self._since_words,
            )
        chosen = next((p for p in faulty if p.name == self._session.selected), faulty[0])
        where = self._where(chosen)
        if len(profile.proxies) > 1:
            where += f" on {chosen.name}"
        others = len(faulty) + len(down) - 1
        if others:
            where += f" and {others} more"
        return BandState(
            BandKind.FAULTS,
            "Faults on",
            self._figure(chosen),
            self._powerless([chosen, *faulty]) or where,
            self._shares(chosen),
            self._since_words,
        )

    def _powerless(self, proxies: Sequence[ProxySpec]) -> str:
        """What can't be broken although it is meant to be: the first proxy's connections that nobody can read."""
        sample, catalogue = self._session.last, self._session.catalogue
        for spec in proxies if sample is not None else ():
            protocol = catalogue.protocol(spec.protocol)
            upgrade = protocol.upgrade if protocol is not None else ""
            for reason, count in sample.proxy(spec.name).opaque_reasons if sample is not None else ():
                if reason == OURS or (reason in (TLS, STARTTLS) and spec.tls != "passthrough"):
                    continue
                begins = begins_with_tls(reason, upgrade)
                stuck = tuple(r.behavior for r in spec.faults if self._is_stuck(spec, r.behavior, begins=begins))
                if stuck:
                    return opaque_sentence(spec.name, reason, count, stuck, upgrade)
        return ""

    def _is_stuck(self, spec: ProxySpec, rule: str, *, begins: bool) -> bool:
        info = self._session.behavior(spec, rule)
        options = dict(spec.behavior(rule).options)
        selects = bool(options.get("match") or options.get("header"))
        return info is not None and is_stuck(info.group, options.get("error", "random"), begins=begins, selects=selects)

    def _down(self, down: list[ProxySpec], faulty: list[ProxySpec]) -> BandState:
        """A proxy that is down on purpose is a fault, not a failure."""
        chosen = next((p for p in down if p == self._session.proxy), down[0])
        others = len(down) + len(faulty) - 1
        more = f", and faults on {others} more" if others else ""
        back = (BandAction(f"bring-up:{chosen.name}", "Bring it back", main=True),) if chosen.state != UP else ()
        mute = mute_now(self._session, chosen)
        does = "lets connects time out" if mute else "refuses and cuts connections"
        text, figure = f"{chosen.name} {does}, on purpose{more}", "No answer" if mute else "Down"
        return BandState(BandKind.FAULTS, "Faults on", figure, text, since=self._since_words, actions=back)

    @property
    def _since_words(self) -> str:
        """Which phase it is and what is left of it; without a scenario, for how long it has been so."""
        return self._playing.words or f"for {self._elapsed}"

    def _overridden(self, proxy: ProxySpec, behavior: str) -> BandState:
        return BandState(
            BandKind.FAULTS,
            "Faults on",
            "100 %",
            f"of exchanges on {proxy.name}, held at {behavior} by the API",
            (BandShare(behavior, self._title(proxy, behavior), "100 %"),),
            f"for {self._elapsed}",
            (BACK_TO_MIX,),
        )

    def _title(self, proxy: ProxySpec, rule: str) -> str:
        info = self._session.behavior(proxy, rule)
        return info.title if info is not None and info.name == rule else rule

    def _figure(self, proxy: ProxySpec) -> str:
        """`20 %`, or `2 rules` where all of them select their exchanges."""
        share = plain_share(self._session, proxy)
        return percent(share) if share else share_text(self._session, proxy)

    def _shares(self, proxy: ProxySpec) -> tuple[BandShare, ...]:
        """Its rules, then its toxics."""
        rules = tuple(BandShare(r.behavior, self._title(proxy, r.behavior), self._each(proxy, r)) for r in proxy.faults)
        return (*rules, *(BandShare(t.kind, self._toxic(t), toxic_text(t)) for t in proxy.mounted))

    def _toxic(self, toxic: ToxicSpec) -> str:
        info = self._session.catalogue.behavior(toxic.kind)
        return info.title if info is not None and toxic.name == toxic.kind else toxic.name

    def _where(self, proxy: ProxySpec) -> str:
        apart = apart_faults(self._session, proxy)
        if not plain_share(self._session, proxy):
            return "for matching exchanges" if apart else "always on"
        return f"of exchanges, and {plural(len(apart), 'rule')} for matching ones" if apart else "of exchanges"

    def _each(self, proxy: ProxySpec, rule: Rule) -> str:
        return percent(rule.weight) + (" of matches" if self._session.selective(proxy, rule.behavior) else "")
