"""The toxics of the selected proxy: rows, their forms, and edits of them; each is one step of undo."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from html import escape

from vaurien_core.errors import OptionError, UsageError, VaurienError
from vaurien_core.model.catalogue import BehaviorInfo
from vaurien_core.model.change import Path
from vaurien_core.model.names import wrong_name
from vaurien_core.model.profile import ProxySpec, ToxicSpec
from vaurien_core.model.toxics import TOXIC_KEYS
from vaurien_core.options import Kind, Option, OptionValue
from vaurien_core.registry import Registry
from vaurien_gui.models.phases import with_toxic_renamed
from vaurien_gui.models.shown import FormRow
from vaurien_gui.models.toxics_shown import NetworkItem, ToxicRow, ToxicsPanel
from vaurien_gui.presenters.playing import Playing
from vaurien_gui.presenters.sentences import whole_figures
from vaurien_gui.presenters.shares import toxic_text
from vaurien_gui.presenters.texts import option_text, plural
from vaurien_gui.session import Session

STREAM = next(option for option in TOXIC_KEYS if option.name == "stream")
TOXICITY = Option(
    "toxicity", Kind.PERCENT, 100.0, "The share of connections on which it acts; drawn once for each and stream",
    unit="%", minimum=0, maximum=100,
)  # fmt: skip
NAME = Option("name", Kind.TEXT, "", "What the profile, the journal and the API call it")
FIELDS = (NAME, STREAM, TOXICITY)
Networks = Callable[[ProxySpec], tuple[tuple[NetworkItem, tuple[ToxicSpec, ...]], ...]]
"""The network profiles there are, each with the toxics that make it."""


class ToxicsPresenter:
    """Texts that can't be read stay here, with the reason, until they are mended."""

    def __init__(self, session: Session, registry: Registry, networks: Networks = lambda _spec: ()) -> None:
        self._session, self._registry, self._networks = session, registry, networks
        self._playing = Playing(session)
        self._drafts: dict[tuple[str, str, str], str] = {}
        """Proxy, toxic and field that holds something that can't be applied, and why."""
        session.document.replaced.connect(self._drafts.clear)

    def panel(self) -> ToxicsPanel | None:
        """What is shown; None without a proxy, or where the engine knows no toxics."""
        spec = self._session.proxy
        addable = self._addable(spec) if spec is not None else ()
        if spec is None or not (addable or spec.toxics):
            return None
        networks = tuple(item for item, _ in self._networks(spec))
        rows = tuple(self._row(spec, toxic) for toxic in spec.toxics)
        return ToxicsPanel(rows, addable, networks, self._session.held, self._running(spec), self._phase(spec))

    # -- what the view asks for

    def add(self, kind: str) -> str:
        """Mount one more of a kind, behind the others; its name."""
        spec = self._session.proxy
        if spec is None:
            return ""
        name = free_name(kind, (t.name for t in spec.toxics))
        toxic = ToxicSpec(name, kind if kind != name else "")
        self._put(spec, (*spec.toxics, toxic), f"Add toxic {name}")
        return name

    def add_network(self, name: str) -> None:
        """Mount what makes a network profile, in the place of another one; toxics of the same names are replaced."""
        spec = self._session.proxy
        offered = self._networks(spec) if spec is not None else ()
        made = next((t for item, t in offered if item.name == name), ())
        if spec is None or not made:
            return
        title = next(item.title for item, _ in offered if item.name == name)
        former = {toxic for _, toxics in offered for toxic in toxics} - set(made)
        names = {toxic.name for toxic in made}
        changed = spec.with_toxics(tuple(t for t in spec.toxics if t.name in names or t not in former))
        for toxic in made:
            changed = changed.with_toxic(toxic)
        self._put(spec, changed.toxics, f"Add network {title}")

    def remove(self, name: str) -> None:
        """Unmount one."""
        spec = self._session.proxy
        if spec is not None:
            self._put(spec, spec.without_toxic(name).toxics, f"Remove toxic {name}")

    def move(self, name: str, by: int) -> None:
        """Let bytes meet it sooner (-1) or later (1)."""
        spec = self._session.proxy
        at = next((n for n, t in enumerate(spec.toxics) if t.name == name), -1) if spec is not None else -1
        if spec is None or at < 0 or not 0 <= at + by < len(spec.toxics):
            return
        order = list(spec.toxics)
        order.insert(at + by, order.pop(at))
        self._put(spec, tuple(order), f"Move toxic {name} {'up' if by < 0 else 'down'}")

    def enable(self, name: str, on: bool) -> None:
        """Let it act, or not; it keeps its place."""
        spec = self._session.proxy
        if spec is not None and spec.toxic(name) is not None:
            self._edit(spec, name, ("enabled",), on, f"Switch toxic {name} {'on' if on else 'off'}")

    def set_option(self, name: str, field: str, text: str) -> None:
        """Set a field of its form from the text in it."""
        spec = self._session.proxy
        toxic = spec.toxic(name) if spec is not None else None
        option = self._option(toxic, field) if toxic is not None else None
        if spec is None or toxic is None or option is None:
            return
        place = (spec.name, name, field)
        try:
            value = option.parse(text)
            if option is NAME:
                self._rename(spec, toxic, str(value).strip())
                self._drafts.pop(place, None)
                return
        except UsageError as error:
            message = str(error).removeprefix(f"{field}: ")
            self._drafts[place] = message[:1].upper() + message[1:]
            self._session.announce()
            return
        self._drafts.pop(place, None)
        label = f"Set {name} {field.replace('_', ' ')} to {option_text(option, value)}"
        self._store(spec, toxic, option, value, label)

    def reset_option(self, name: str, field: str) -> None:
        """Go back to the default."""
        spec = self._session.proxy
        toxic = spec.toxic(name) if spec is not None else None
        option = self._option(toxic, field) if toxic is not None else None
        if spec is not None and toxic is not None and option is not None and option is not NAME:
            self._drafts.pop((spec.name, name, field), None)
            self._store(spec, toxic, option, None, f"Reset {name} {field.replace('_', ' ')}")

    # -- edits

    def _store(self, spec: ProxySpec, toxic: ToxicSpec, option: Option, value: OptionValue, label: str) -> None:
        if option is STREAM:
            self._edit(spec, toxic.name, ("stream",), STREAM.default if value is None else value, label)
        elif option is TOXICITY:
            share = 1.0 if value is None else round(float(str(value)) / 100, 6)
            self._edit(spec, toxic.name, ("toxicity",), share, label)
        else:
            self._edit(spec, toxic.name, ("options", option.name), value, label)

    def _edit(self, spec: ProxySpec, name: str, rest: Path, value: object, label: str) -> None:
        self._session.edit(("proxies", spec.name, "toxics", name, *rest), value, label)
        self._session.announce()

    def _put(self, spec: ProxySpec, toxics: tuple[ToxicSpec, ...], label: str) -> None:
        if toxics != spec.toxics:
            self._session.edit_all(
                [(("proxies", spec.name, "toxics"), toxics)], label
            )  # never merged with its neighbours
            self._session.announce()

    def _rename(self, spec: ProxySpec, toxic: ToxicSpec, name: str) -> None:
        if name == toxic.name:
            return
        if wrong_name(name):
            raise OptionError("name", "a name without any of / @ [ ]", repr(name))
        if spec.toxic(name) is not None:
            raise OptionError("name", "a name that no other toxic of this proxy has", repr(name))
        renamed = replace(toxic, name=name, type="" if name == toxic.kind else toxic.kind)
        edits: list[tuple[Path, object]] = [
            (("proxies", spec.name, "toxics"), tuple(renamed if t.name == toxic.name else t for t in spec.toxics))
        ]
        if (profile := self._session.profile) is not None and profile.scenario is not None:
            proxies = (spec.name, *(p.name for p in profile.proxies if p.name != spec.name))
            edits.append((("scenario",), with_toxic_renamed(profile.scenario, proxies, toxic.name, name)))
        self._session.edit_all(edits, f"Rename {toxic.name}")
        self._session.announce()

    # -- rows

    def _row(self, spec: ProxySpec, toxic: ToxicSpec) -> ToxicRow:
        info = self._session.catalogue.behavior(toxic.kind)
        options = self._session.catalogue.toxic_options(toxic.kind)
        set_ = dict(toxic.options)
        rows = [
            self._form_row(spec, toxic, NAME, toxic.name, changed=False),
            self._form_row(spec, toxic, STREAM, toxic.stream, changed=toxic.stream != STREAM.default),
            self._form_row(spec, toxic, TOXICITY, toxic.toxicity * 100, changed=toxic.toxicity != 1),
            *(
                self._form_row(spec, toxic, o, set_.get(o.name, o.default), changed=o.name in set_)
                for o in options
            ),
        ]  # fmt: skip
        place = ("proxies", spec.name, "toxics", toxic.name)
        profile = self._session.profile
        mark = self._session.applying.staging.mark(profile, place) if profile is not None else ""
        title = info.title if info is not None else toxic.kind
        return ToxicRow(
            toxic.name, toxic.kind, title if toxic.name == toxic.kind else toxic.name,
            toxic_line(toxic, options), self._measured(spec, toxic), toxic.enabled, tuple(rows),
            self._sentence(toxic, info), info.wire if info is not None else "", mark,
        )  # fmt: skip

    def _form_row(self, spec: ProxySpec, toxic: ToxicSpec, option: Option, value: object, *, changed: bool) -> FormRow:
        problem = self._drafts.get((spec.name, toxic.name, option.name), "")
        return FormRow(option, value, changed, problem, "More" if option is NAME else "")

    def _sentence(self, toxic: ToxicSpec, info: BehaviorInfo | None) -> str:
        """Say `Downstream, on all connections: bytes wait 100 ms.`."""
        those = "all connections" if toxic.toxicity == 1 else f"<b>{share(toxic)}</b> of connections"
        both = toxic.stream == "both"
        try:
            behavior = self._registry.behavior(toxic.kind)
            both = both or behavior.both_ways
            said = f"bytes {behavior.toxic_sentence(behavior.Options.build(toxic.options))}"
        except VaurienError:
            summary = info.summary if info is not None else "its code is not known here"
            said = escape(summary[:1].lower() + summary[1:], quote=False)
        where = "Both ways" if both else toxic.stream.capitalize()
        return whole_figures(f"{where}, on {those}: {said}.")

    def _measured(self, spec: ProxySpec, toxic: ToxicSpec) -> str:
        sample = self._session.last
        if not self._running(spec) or sample is None:
            return ""
        counted = dict(sample.proxy(spec.name).toxics).get(toxic.name, 0)
        return plural(counted, "stream") if counted else ""

    def _running(self, spec: ProxySpec) -> bool:
        session = self._session
        return session.started and session.state is not None and session.state.proxy(spec.name).running

    def _phase(self, spec: ProxySpec) -> str:
        state, now = self._playing.state, self._playing.spec(spec)
        if state is None or now.toxics == spec.toxics or self._session.held or not self._session.started:
            return ""
        names = ", ".join(t.name for t in now.toxics if t.enabled) or "none"
        return f"Phase {state.phase} mounts {names}. Below are those outside of it."

    def _addable(self, spec: ProxySpec) -> tuple[BehaviorInfo, ...]:
        return tuple(b for b in self._session.catalogue.toxics if not b.protocols or spec.protocol in b.protocols)

    def _option(self, toxic: ToxicSpec, name: str) -> Option | None:
        own = self._session.catalogue.toxic_options(toxic.kind)
        return next((option for option in (*FIELDS, *own) if option.name == name), None)


def toxic_line(toxic: ToxicSpec, options: tuple[Option, ...]) -> str:
    """What was set, as short as it can be read: `down, 50 %, 100 ms ± 20 ms`; what comes first needs no name."""
    set_ = dict(toxic.options)
    parts = [toxic_text(toxic)]
    for option in options:
        value = set_.get(option.name, option.default)
        if option.name not in set_ or value == option.default:
            continue
        said = option_text(option, value)
        if option.name == "jitter" and len(parts) > 1:
            parts[-1] += f" ± {said}"
        elif value is True:
            parts.append(option.name.replace("_", " "))
        else:
            parts.append(said if option is options[0] else f"{option.name.replace('_', ' ')} {said}")
    return ", ".join(parts)


def share(toxic: ToxicSpec) -> str:
    """On how many connections it acts: `50 %`."""
    return f"{round(toxic.toxicity * 100, 4):g} %"


def free_name(kind: str, taken: Iterable[str]) -> str:
    """`latency`, or `latency-2` and so on where that is taken."""
    names = set(taken)
    if kind not in names:
        return kind
    return next(name for n in range(2, len(names) + 3) if (name := f"{kind}-{n}") not in names)
