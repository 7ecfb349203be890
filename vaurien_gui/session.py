"""The session: the open document and the engine that runs it.

Presenters read it and call its verbs; it announces `changed` (coalesced: at most once per turn of the loop) and
passes on what the engine tells. Edits go to the document and from there to the engine, and what others change there
comes back: see `applying`. Owned by the app, lives on the window's loop, ended by `aclose`.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from vaurien_core.errors import VaurienError
from vaurien_core.model.catalogue import BehaviorInfo, Catalogue
from vaurien_core.model.change import Path
from vaurien_core.model.events import EngineState, ProbeResult, Sample
from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_core.options import Option
from vaurien_gui import engines
from vaurien_gui.applying import Applying
from vaurien_gui.document import Document
from vaurien_gui.link import EngineLink
from vaurien_gui.loop import Reporter, Tasks
from vaurien_gui.models.question import Question
from vaurien_gui.opening import Happening, Opened, OpenEngine, runnable_part, without_code
from vaurien_gui.trust import NamedCode, Trust, named_code


class Session(QObject):
    """See the module."""

    changed = Signal()
    """Anything that is shown may be different now."""
    sampled = Signal(object)
    journalled = Signal(object)
    dropped = Signal(int)
    happened = Signal(object)
    """A `Happening`."""
    trouble = Signal(str, str)
    """Something failed: a sentence, and details or ""."""
    notice = Signal(str)
    """Something worth knowing: a sentence."""
    restarted = Signal()
    """Another engine runs now: counters and times begin anew."""

    def __init__(
        self,
        open_engine: OpenEngine,
        report: Reporter,
        catalogue: Catalogue,
        parent: QObject | None = None,
        *,
        trust: Trust | None = None,
    ) -> None:
        super().__init__(parent)
        self._open_engine, self._report = open_engine, report
        self.document = Document(self)
        self.link: EngineLink | None = None
        self.catalogue = catalogue
        self.place = "child"
        """Where the next engine is meant to run, for people."""
        self.state: EngineState | None = None
        self.lost = ""
        self.last: Sample | None = None
        self._samples: deque[Sample] = deque(maxlen=12)
        self.selected = ""
        self.tasks = Tasks("session", report)
        self._sample_at = 0.0
        self._switching = asyncio.Lock()
        self._switch: asyncio.Task[None] | None = None
        self._start_wanted = self._normal_wanted = False
        self._ended = False
        self._attached: OpenEngine | None = None
        self._attaching = False
        self._trust = trust or Trust()
        self.code: tuple[NamedCode, ...] = ()
        """What the profile names and nobody has said yet whether it may run; no engine is made until then."""
        self._code_answer: tuple[bool, tuple[NamedCode, ...]] | None = None
        self.applying = Applying(self.document, self.tasks, self)
        self._left: list[EngineLink] = []
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.changed)
        self.document.changed.connect(self._document_changed)
        self.applying.trouble.connect(self.trouble)
        self.applying.happened.connect(self.happen)
        self.applying.staging.changed.connect(self.announce)
        self.document.replaced.connect(self._replaced)

    @property
    def profile(self) -> Profile | None:
        """The open profile; None on the empty page."""
        return self.document.profile

    @property
    def proxy(self) -> ProxySpec | None:
        """The selected proxy."""
        profile = self.profile
        if profile is None or not profile.proxies:
            return None
        return next((p for p in profile.proxies if p.name == self.selected), profile.proxies[0])

    @property
    def started(self) -> bool:
        """Whether the engine listens (or says why it can't)."""
        return self.state is not None and self.state.started and not self.lost

    @property
    def held(self) -> bool:
        """Whether all-normal holds."""
        return self.state is not None and self.state.held and not self.lost

    @property
    def silent(self) -> bool:
        """Nothing is heard from the engine, so nothing is known about it."""
        return self.link is not None and self.link.hearing.silent and not self.lost

    @property
    def remote(self) -> str:
        """`host:port` of an engine that somebody else runs, or ""."""
        return self.link.remote.partition("://")[2] if self.link is not None else ""

    @property
    def acting(self) -> Profile | None:
        """What the engine does now: the open profile without what is staged."""
        if self.codeless and self.profile is not None:
            return without_code(self.profile)
        staging = self.applying.staging
        return staging.running if staging.staged and staging.running is not None else self.profile

    @property
    def attached(self) -> bool:
        """Whether the open profile is that of an engine which somebody else runs, heard or not."""
        return self._attached is not None or engines.is_url(self.place)

    @property
    def codeless(self) -> bool:
        """Whether the profile runs without the code that it names."""
        return self._code_answer is not None and not self._code_answer[0]

    @property
    def engine_t(self) -> float:
        """The engine's clock now, from its last sample."""
        return self.last.t + (time.monotonic() - self._sample_at) if self.last else 0.0

    @property
    def cpu_percent(self) -> float:
        """Of one core, by the engine's process in the last second."""
        if len(self._samples) < 2:
            return 0.0
        first, last = self._samples[0], self._samples[-1]
        return max(0.0, (last.cpu_s - first.cpu_s) / max(0.05, last.t - first.t) * 100)

    def behavior(self, spec: ProxySpec, name: str) -> BehaviorInfo | None:
        """What the engine offers under a rule's name (a named variant has the type's)."""
        return self.catalogue.behavior(spec.behavior(name).kind)

    def own_options(self, behavior: str) -> tuple[Option, ...]:
        """What a registered behavior declares itself, as the engine says."""
        info = self.catalogue.behavior(behavior)
        return info.options if info is not None else ()

    def selective(self, spec: ProxySpec, rule: str) -> bool:
        """Whether a rule has selectors: it draws for itself and takes no share of the 100 %."""
        setup = spec.behavior(rule)
        return setup.selective(self.own_options(setup.kind))

    # --- the engine

    async def switch_engine(self, running: Profile | None = None) -> None:
        """An engine of its own for the open profile, in place of the one that ran; failures are announced.

        Args:
            running: what it runs instead, as what the document says is staged.
        """
        self._detach()
        async with self._switching:
            while self._left:
                await self._left.pop().aclose()
            if self.profile is not None:
                await self._open(running or self.profile)

    async def settled(self) -> None:
        """Wait until the engine for the open profile is there (or could not be made)."""
        if self._switch is not None:
            await asyncio.shield(self._switch)

    def _detach(self) -> None:
        """Listen no more to the engine that ran; it is closed when the next one is made, or at the end."""
        if self.link is not None:
            self.link.blockSignals(True)
            self._left.append(self.link)
        self.link = self.state = self.last = None
        self.applying.end()
        self.lost = ""
        self._samples.clear()
        self.announce()

    async def restart_engine(self) -> None:
        """A new engine with the same profile, running if the last one ran."""
        self._start_wanted = self._start_wanted or (self.state is not None and self.state.started and not self.remote)
        self._normal_wanted = not self.remote and self.link is not None and self.link.wants_normal(self.state)
        staging = self.applying.staging
        await self.switch_engine(staging.running if staging.staged else None)

    def attach(self, opener: OpenEngine, profile: Profile, title: str) -> None:
        """Show an engine that runs already, in place of what is open, until another profile is opened."""
        self._attached, self._attaching = opener, True
        try:
            self.document.replace(profile, title=title)
        finally:
            self._attaching = False

    def use_place(self, place: str, opener: OpenEngine) -> None:
        """The next profile's engine runs there."""
        self.place, self._open_engine = place, opener

    def detach(self) -> None:
        """Go on with an engine of one's own, stopped; the other one runs on."""
        profile, name = self.profile, self.document.name
        if profile is not None:
            self.document.replace(profile, title=name, baseline=Profile())

    def answer_code(self, *, run: bool) -> None:
        """Whether the code that the profile names may run; yes is remembered for these very files."""
        codes, self.code = self.code, ()
        if run:
            self._trust.remember(codes)
        self._code_answer = (run, codes)
        self._switch = self.tasks.spawn(self.switch_engine(), "engine with or without code")

    def _may_run(self, profile: Profile) -> bool | None:
        """Whether the profile's code may run; None: nobody has said yet."""
        if not profile.plugins or self._attached is not None or engines.is_url(self.place):
            return True
        path = self.document.path
        codes = named_code(profile, path.parent if path is not None else None)
        if self._code_answer is not None and (not self._code_answer[0] or self._code_answer[1] == codes):
            return self._code_answer[0]
        if self._trust.trusts(codes):
            return True
        self.code = codes
        return None

    async def _open(self, profile: Profile) -> None:
        may_run = self._may_run(profile)
        if may_run is None:
            self.announce()
            return
        runnable = runnable_part(profile)
        path = self.document.path
        try:
            opened = await (self._attached or self._open_engine)(
                runnable if may_run else without_code(runnable), path.parent if path is not None else None
            )
            catalogue = await opened.engine.catalogue()
        except VaurienError as error:
            self.lost = str(error)
            self.announce()
            return
        self.catalogue = catalogue
        link = self.link = self._linked(opened)
        self.applying.begin(link, profile, whole=runnable != profile, codeless=not may_run)
        if opened.profile is not None:
            self.applying.rejoin(opened.profile)
        if link.remote:
            self.applying.staging.set_mode("staged")
        self.restarted.emit()
        if self.profile != profile:  # it was edited meanwhile
            self.applying.resend()
        if self._start_wanted:
            link.start(normal=self._normal_wanted)
            self._start_wanted = self._normal_wanted = False
        if opened.notice:
            self.notice.emit(opened.notice)
        self.announce()

    def _linked(self, opened: Opened) -> EngineLink:
        link = EngineLink(opened.engine, self._report, self, opened.revision)
        link.state_changed.connect(self._state)
        link.sampled.connect(self._sample)
        link.journalled.connect(self.journalled)
        link.dropped.connect(self.dropped)
        link.lost.connect(self._lost)
        link.hearing_changed.connect(self.announce)
        link.behind.connect(self._behind)
        return link

    async def aclose(self) -> None:
        """End the engine; bounded. Nothing is announced any more: who listens may be gone."""
        self._ended = True
        self._soon.stop()
        self._detach()
        await self.tasks.aclose()
        await asyncio.gather(*(link.aclose() for link in self._left))
        self._left.clear()

    def start(self, proxy: str = "") -> None:
        """Start listening; not while it is asked whether the profile's code may run."""
        if self.code:
            return
        if self.link is not None and self.profile is not None:
            self.link.start(proxy)
        else:
            self._start_wanted = self.profile is not None

    def stop(self, proxy: str = "") -> None:
        """Stop listening and close what is open."""
        if self.link is not None:
            self.link.stop(proxy)

    def all_normal(self) -> None:
        """Suspend every fault now."""
        if self.link is not None and self.profile is not None:
            self.link.all_normal()

    def resume(self) -> None:
        """End all-normal."""
        if self.link is not None:
            self.link.resume()

    async def probe(self, question: Question) -> ProbeResult | None:
        """Say what speaks at an address; None without an engine."""
        if self.link is None:
            return None
        own = [p.bound for p in self.state.proxies if p.bound] if self.state else []
        try:
            return await self.link.engine.probe(**asdict(question), own=own)
        except VaurienError as error:
            return ProbeResult("invalid", str(error))

    # --- the document

    def edit(self, path: Path, value: Any, label: str, *, drag: str = "") -> None:
        """Change one value, live and undoable; what the profile refuses is announced."""
        self._guarded(lambda: self.document.edit(path, value, label, drag=drag))

    def edit_all(self, edits: Sequence[tuple[Path, Any]], label: str) -> None:
        """Change several values as one step."""
        self._guarded(lambda: self.document.edit_all(edits, label))

    def rename(self, proxy: str, wanted: str) -> None:
        """Give a proxy another name, as one step; it stays selected."""
        chosen = self.proxy is not None and self.proxy.name == proxy
        self._guarded(lambda: self.document.rename(proxy, wanted))
        if chosen:
            self.select(wanted)

    def select(self, proxy: str) -> None:
        """Show this proxy on the left."""
        if proxy != self.selected:
            self.selected = proxy
            self.announce()

    def happen(self, text: str, kind: str = "change", key: str = "") -> None:
        """Mark this moment on the graphs."""
        self.happened.emit(Happening(text, kind, self.engine_t, key))

    def announce(self) -> None:
        """Emit `changed` at the next turn of the loop."""
        if not self._ended and not self._soon.isActive():
            self._soon.start()

    def _guarded(self, change: Callable[[], None]) -> None:
        try:
            change()
        except VaurienError as error:
            self.trouble.emit(str(error), "")

    def _document_changed(self) -> None:
        profile = self.profile
        if profile and not any(p.name == self.selected for p in profile.proxies):
            self.selected = profile.proxies[0].name if profile.proxies else ""
        self.announce()

    def _replaced(self) -> None:
        self._start_wanted = self._normal_wanted = False
        self.code, self._code_answer = (), None
        if not self._attaching:
            self._attached = None
            self.applying.staging.set_mode("live")
        self._detach()
        self._switch = self.tasks.spawn(self.switch_engine(), "engine for another profile")

    # --- what the engine tells

    def _state(self, state: EngineState) -> None:
        before, self.state = self.state, state
        was_started, was_held = (before.started, before.held) if before else (False, False)
        if state.started != was_started:
            self.happen("Start" if state.started else "Stop", "engine")
        if state.held != was_held:
            self.happen("All normal" if state.held else "Resume", "normal")
        self.announce()

    def _sample(self, sample: Sample) -> None:
        self._sample_at = time.monotonic()
        self.last = sample
        self._samples.append(sample)
        self.sampled.emit(sample)

    def _behind(self, other: bool) -> None:
        if other:
            self.restarted.emit()

    def _lost(self, reason: str) -> None:
        self.lost = reason or "The engine can't be reached any more."
        self.announce()
