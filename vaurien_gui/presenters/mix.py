"""The behavior mix of the selected proxy: rows, limits by the remainder rule, option forms and what was measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from vaurien_core.errors import UsageError
from vaurien_core.model.catalogue import BehaviorInfo
from vaurien_core.model.change import Path
from vaurien_core.model.profile import ProxySpec, Rule
from vaurien_core.model.selectors import check_selector
from vaurien_core.options import Option, OptionValue, values_of
from vaurien_core.profiles.mixes import mix_text
from vaurien_core.registry import Registry
from vaurien_gui.models.mix_model import MixModel
from vaurien_gui.models.shown import FieldProblem, MixPanel, MixRow
from vaurien_gui.presenters import errors, rules
from vaurien_gui.presenters.playing import Playing
from vaurien_gui.presenters.rule_names import RuleNames
from vaurien_gui.presenters.sentences import problem_of, sentence_of
from vaurien_gui.presenters.states import UP, word
from vaurien_gui.presenters.texts import option_text, percent, plural, rate
from vaurien_gui.session import Session

Measure = Callable[[str, str], tuple[float, float]]
"""Share of exchanges in percent and hits per second of a proxy's rule; NaN where nothing was measured."""
ZERO = Decimal(0)
_DUMMY = "dummy"
RULES = "Rules"
"""The group of the profile's variants among what can be added."""
NOT_APPLIED = "Not applied. Last valid:"


class MixPresenter:
    """Rows that are shown at 0 % although the profile does not name them, and texts that can't be read, live here."""

    def __init__(self, session: Session, registry: Registry, measure: Measure) -> None:
        self._session, self._registry, self._measure = session, registry, measure
        self._playing = Playing(session)
        self._extra: dict[str, list[str]] = {}
        self._drafts: dict[tuple[str, str, str], str] = {}
        """Proxy, behavior and option whose field holds something that can't be applied, and why."""
        self.names = RuleNames(session, self._show)
        self._drag = 0
        self._dragging = ""
        session.document.replaced.connect(self._forget)

    def panel(self) -> MixPanel | None:
        """What is shown; None without a proxy."""
        spec = self._session.proxy
        if spec is None:
            return None
        model = self._model(spec)
        over = percent(model.total) if model.total > 100 else ""
        override = self._session.state.proxy(spec.name).override if self._session.state else ""
        return MixPanel(
            tuple(self._row(spec, name, model) for name in self._names(spec)),
            model.normal,
            self._addable(spec),
            self._session.held,
            over,
            f"Held at {override} by the API" if override and self._session.started else "",
            self._phase(spec),
        )

    def _phase(self, spec: ProxySpec) -> str:
        """What the scenario makes of the mix, so that nobody wonders why sliders do nothing."""
        state, now = self._playing.state, self._playing.spec(spec)
        if self._session.held:
            return ""
        if state is not None and now.state not in (UP, spec.state) and self._session.started:
            return f"Phase {state.phase} holds this proxy {word(now.state)}."
        if state is None or now.mix == spec.mix or not self._session.started:
            return ""
        mix = mix_text(now.faults) or "no faults"
        return f"Phase {state.phase} holds this proxy at {mix}. The weights below are those outside of it."

    # --- what the view asks for

    def set_weight(self, behavior: str, weight: Decimal, dragging: bool = False) -> None:
        """Move one row; it takes from normal only, and stops where nothing is left."""
        spec = self._session.proxy
        if spec is None:
            return
        drag = self._drag_token(dragging)
        model = self._model(spec)
        limit = model.limit(behavior) if behavior in dict(model.weights) else model.normal
        self._apply_weight(spec, behavior, min(weight, limit), drag)
        self._session.announce()

    def make_room(self, behavior: str, weight: Decimal) -> None:
        """Give a row a weight over its limit; the others are scaled down in proportion."""
        spec = self._session.proxy
        if spec is not None:
            weights = dict(self._model(spec).make_room(behavior, weight).weights)
            self.set_mix(spec, weights, f"Make room for {behavior} at {percent(weight)}")

    def scale_to_100(self) -> None:
        """Scale a mix that a file brought in with more than 100 %."""
        spec = self._session.proxy
        if spec is not None:
            self.set_mix(spec, dict(self._model(spec).scale_to_100().weights), "Scale to 100 %")

    def zero_all(self) -> None:
        """Set every weight of every proxy to 0 and switch its toxics off, as one step."""
        profile = self._session.profile
        if profile is None:
            return
        edits: list[tuple[Path, object]] = []
        for spec in profile.proxies:
            for rule in spec.faults:
                self._show(spec.name, rule.behavior)
                edits.append((("proxies", spec.name, "mix", rule.behavior), self._stored(spec, rule.behavior, ZERO)))
            edits += [(("proxies", spec.name, "toxics", toxic.name, "enabled"), False) for toxic in spec.mounted]
        if edits:
            self._session.edit_all(edits, "Zero the sliders")

    def add(self, behavior: str) -> None:
        """Show a row at 0 %."""
        spec = self._session.proxy
        if spec is not None:
            self._show(spec.name, behavior)
            self._session.announce()

    def remove(self, behavior: str) -> None:
        """Take a row away, with its weight, options and selectors; a rule that no other proxy uses is gone then."""
        spec, profile = self._session.proxy, self._session.profile
        if spec is None or profile is None:
            return
        self._extra[spec.name] = [name for name in self._extra.get(spec.name, ()) if name != behavior]
        edits: list[tuple[Path, object]] = []
        if any(r.behavior == behavior for r in spec.mix):
            edits.append((("proxies", spec.name, "mix"), tuple(r for r in spec.mix if r.behavior != behavior)))
        setup = spec.behavior(behavior)
        edits += [(("proxies", spec.name, "behaviors", behavior, name), None) for name, _ in setup.options]
        if setup.type:
            edits = rules.removal(profile, spec, behavior)
        if edits:
            self._session.edit_all(edits, f"Remove {behavior}")
        self._session.announce()

    def set_option(self, behavior: str, option: str, text: str) -> None:
        """Set an option of a row from the text in its field; what can't be read stays there, with the reason."""
        spec = self._session.proxy
        declared = self._option(spec, behavior, option) if spec is not None else None
        if spec is None or declared is None:
            return
        place = (spec.name, behavior, option)
        try:
            value = declared.parse(text)
            if declared.name not in {o.name for o in self._session.own_options(spec.behavior(behavior).kind)}:
                check_selector(option, value)
        except UsageError as error:
            self._drafts[place] = _expected(str(error), option)
            self._session.announce()
            return
        self._drafts.pop(place, None)
        shown = option_text(declared, value)
        stored = self._stored_option(spec, behavior, declared, value)
        self._put_option(spec, behavior, option, stored, f"Set {behavior} {option.replace('_', ' ')} to {shown}")

    def reset_option(self, behavior: str, option: str) -> None:
        """Go back to the default."""
        spec = self._session.proxy
        if spec is not None:
            self._drafts.pop((spec.name, behavior, option), None)
            self._put_option(spec, behavior, option, None, f"Reset {behavior} {option.replace('_', ' ')}")

    def _put_option(self, spec: ProxySpec, behavior: str, option: str, value: OptionValue, label: str) -> None:
        """A rule that loses its last selector shares the 100 % again: it gets what is left of them, as one step."""
        setup = spec.behavior(behavior)
        path: Path = ("proxies", spec.name, "behaviors", behavior, option)
        changed = {name: each for name, each in ((*setup.options, (option, value))) if each is not None}
        if value is None:
            changed.pop(option, None)
        after = replace(setup, options=values_of(changed))
        weight, model = spec.weight(behavior), self._model(spec)
        joins = behavior in model.apart and not after.selective(self._session.own_options(setup.kind))
        if joins and weight > model.normal:
            left: list[tuple[Path, object]] = [(("proxies", spec.name, "mix", behavior), model.normal), (path, value)]
            self._session.edit_all(left, label)
        else:
            self._session.edit(path, value, label)
        self._session.announce()

    # --- rows

    def _row(self, spec: ProxySpec, name: str, model: MixModel) -> MixRow:
        session = self._session
        info, setup = session.behavior(spec, name), spec.behavior(name)
        apart = name in model.apart
        measured, remark = self._matched(spec, name) if apart else (self._measured(spec, name), "")
        weight = spec.weight(name)
        drafts = {option: text for (*row, option), text in self._drafts.items() if row == [spec.name, name]}
        problems = [FieldProblem(option, message) for option, message in drafts.items()]
        wrong = problem_of(self._registry, spec, name)
        if wrong:
            option, _, message = wrong.partition(": ")
            problems.append(FieldProblem(option if message else "", message or wrong))
        values, declared = dict(setup.options), info.options if info is not None else ()
        known = ((o.name, errors.suggestions(session.catalogue, spec.protocol, o)) for o in declared)
        suggestions = tuple((option, found) for option, found in known if found)
        said = (NOT_APPLIED if drafts else "", sentence_of(self._registry, spec, name, info), remark and f"{remark}.")
        return MixRow(
            name,
            info.title if info is not None and info.name == name else name,
            weight,
            min(Decimal(100), model.limit(name)),
            measured,
            info,
            " ".join(text for text in said if text),
            setup.options,
            tuple(problems),
            suggestions,
            tuple((o, errors.about(session.catalogue, spec.protocol, str(values.get(o, "")))) for o, _ in suggestions),
            session.catalogue.selectors_of(setup.kind),
            apart,
            remark,
            rules.suggestion(setup.kind, spec) if session.catalogue.selectors else "",
            self.names.problem(spec.name, name),
            self._mark(spec, name),
            self.names.renamable(spec, name),
        )

    def _mark(self, spec: ProxySpec, name: str) -> str:
        """Whether the row's weight or options wait for Apply, or were just taken by the engine."""
        profile, place = self._session.profile, ("proxies", spec.name)
        if profile is None:
            return ""
        return self._session.applying.staging.mark(profile, (*place, "mix", name), (*place, "behaviors", name))

    def _matched(self, spec: ProxySpec, name: str) -> tuple[str, str]:
        """What a rule with selectors came to since the engine's start: `37 of 1,000`, and in full."""
        sample = self._session.last
        if not self._running(spec) or sample is None:
            return "not running", ""
        counted = sample.proxy(spec.name)
        matched, injected = dict(counted.matched).get(name, 0), dict(counted.hits).get(name, 0)
        return f"{injected:,} of {matched:,}", f"{plural(matched, 'exchange')} matched, {injected:,} injected"

    def _running(self, spec: ProxySpec) -> bool:
        session = self._session
        return session.started and session.state is not None and session.state.proxy(spec.name).running

    def _measured(self, spec: ProxySpec, name: str) -> str:
        if self._session.codeless and self._session.behavior(spec, name) is None:
            return "its code is left out"
        if not self._running(spec):
            return "not running"
        share, per_s = self._measure(spec.name, name)
        return f"{0.0 if math.isnan(share) else share:.1f} % · {rate(0.0 if math.isnan(per_s) else per_s)}"

    def _names(self, spec: ProxySpec) -> list[str]:
        """Rows: what the mix names, what is set up or was asked for; a variant only where the mix names it."""
        written = [r.behavior for r in spec.mix if self._is_row(spec, r.behavior)]
        configured = [b.name for b in spec.behaviors if not b.type and self._is_row(spec, b.name)]
        extra = [name for name in self._extra.get(spec.name, ()) if self._is_row(spec, name)]
        return list(dict.fromkeys([*written, *configured, *extra]))

    def _is_row(self, spec: ProxySpec, name: str) -> bool:
        """A dummy is the rest; with selectors, it is a rule that keeps exchanges out of the mix."""
        known = self._session.behavior(spec, name) is not None
        plain = spec.behavior(name).kind == _DUMMY and not self._session.selective(spec, name)
        return not plain and (known or any(r.behavior == name for r in spec.mix))

    def _addable(self, spec: ProxySpec) -> tuple[BehaviorInfo, ...]:
        """Behaviors, and the profile's variants, that have no row yet."""
        shown = set(self._names(spec))
        infos = [(b.name, self._session.behavior(spec, b.name)) for b in spec.behaviors if b.type]
        variants = [replace(i, name=name, title=name, group=RULES) for name, i in infos if i is not None]
        return tuple(
            b
            for b in (*self._session.catalogue.behaviors, *variants)
            if b.name not in shown
            and b.name != _DUMMY
            and "mix" in b.mounts
            and (not b.protocols or spec.protocol in b.protocols)
        )

    def model(self) -> MixModel | None:
        """The weights of the selected proxy."""
        spec = self._session.proxy
        return self._model(spec) if spec is not None else None

    def _model(self, spec: ProxySpec) -> MixModel:
        names = self._names(spec)
        apart = (name for name in names if self._session.selective(spec, name))
        return MixModel.of(((name, spec.weight(name)) for name in names), apart)

    # --- storing

    def _apply_weight(self, spec: ProxySpec, behavior: str, weight: Decimal, drag: str) -> None:
        before = spec.weight(behavior)
        self._show(spec.name, behavior)
        label = f"Set {behavior} weight to {percent(weight)}"
        stored = self._stored(spec, behavior, weight)
        written = any(r.behavior == behavior for r in spec.mix)
        apart = {r.behavior for r in spec.mix if self._session.selective(spec, r.behavior)}
        dummies = (r for r in spec.mix if spec.behavior(r.behavior).kind == _DUMMY and r.behavior not in apart)
        explicit = next(dummies, None)
        if explicit is not None or (stored is not None and not written):
            mix = _placed(spec.mix, behavior, stored, self._baseline(spec.name))
            if explicit is not None:
                taken = (r.weight for r in mix if r.behavior != explicit.behavior and r.behavior not in apart)
                room = Decimal(100) - sum(taken, ZERO)
                rest = Rule(explicit.behavior, min(explicit.weight, room))
                mix = tuple(rest if r.behavior == explicit.behavior else r for r in mix)
            self._session.edit(("proxies", spec.name, "mix"), mix, label, drag=drag)
        else:
            self._session.edit(("proxies", spec.name, "mix", behavior), stored, label, drag=drag)
        if before != weight and not self._session.applying.staging.staged:
            title = behavior.capitalize()
            self._session.happen(f"{title} {before.normalize():f} → {percent(weight)}", key=f"{spec.name}/{behavior}")

    def set_mix(self, spec: ProxySpec, weights: dict[str, Decimal], label: str) -> None:
        """Several weights of a proxy at once, as one step of undo."""
        mix: tuple[Rule, ...] = spec.mix
        for name, weight in weights.items():
            mix = _placed(mix, name, self._stored(spec, name, weight), self._baseline(spec.name))
        self._session.edit(("proxies", spec.name, "mix"), mix, label)
        self._session.announce()

    def _stored(self, spec: ProxySpec, behavior: str, weight: Decimal) -> Decimal | None:
        """A row that is put back to 0 and that the file never named leaves no trace in it."""
        if weight:
            return weight
        return ZERO if any(r.behavior == behavior for r in self._baseline(spec.name)) else None

    def _stored_option(self, spec: ProxySpec, behavior: str, option: Option, value: OptionValue) -> OptionValue:
        """The default is stored only where the file names the option."""
        baseline = self._session.document.baseline
        former = next((p for p in baseline.proxies if p.name == spec.name), None) if baseline else None
        named = former is not None and option.name in dict(former.behavior(behavior).options)
        return value if value != option.default or named else None

    def _baseline(self, proxy: str) -> tuple[Rule, ...]:
        baseline = self._session.document.baseline
        return next((p.mix for p in baseline.proxies if p.name == proxy), ()) if baseline else ()

    def _option(self, spec: ProxySpec, behavior: str, option: str) -> Option | None:
        declared = self._session.catalogue.options(spec.behavior(behavior).kind)
        return next((o for o in declared if o.name == option), None)

    def _show(self, proxy: str, behavior: str, instead: str = "") -> None:
        shown = self._extra.setdefault(proxy, [])
        if behavior not in shown:
            shown.insert(shown.index(instead) if instead in shown else len(shown), behavior)

    def _drag_token(self, dragging: bool) -> str:
        """All moves of one drag and its release share a token."""
        if dragging and not self._dragging:
            self._drag += 1
            self._dragging = f"drag {self._drag}"
        token = self._dragging
        if not dragging:
            self._dragging = ""
        return token

    def _forget(self) -> None:
        self._extra.clear()
        self._drafts.clear()
        self.names.forget()


def _placed(mix: tuple[Rule, ...], behavior: str, weight: Decimal | None, baseline: Sequence[Rule]) -> tuple[Rule, ...]:
    """The mix with this weight; a rule that the file had comes back where it stood."""
    if weight is None:
        return tuple(r for r in mix if r.behavior != behavior)
    if any(r.behavior == behavior for r in mix):
        return tuple(Rule(behavior, weight) if r.behavior == behavior else r for r in mix)
    order = [r.behavior for r in baseline]
    if behavior not in order:
        return (*mix, Rule(behavior, weight))
    before = set(order[: order.index(behavior)])
    at = max((i + 1 for i, r in enumerate(mix) if r.behavior in before), default=0)
    return (*mix[:at], Rule(behavior, weight), *mix[at:])


def _expected(message: str, option: str) -> str:
    """`Expected at least 0 s, got -1.`: the option's name is beside the field already."""
    text = message.removeprefix(f"{option}: ")
    return text[:1].upper() + text[1:]
