"""The proxy list and the proxy panel: where clients connect, what stands behind, and whether it answers."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace

from vaurien_core.addresses import Address
from vaurien_core.errors import OptionError
from vaurien_core.model.change import Path
from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_gui.models.naming import leaving
from vaurien_gui.models.shown import FieldProblem, ProxyForm, ProxyRow
from vaurien_gui.presenters.addresses import (
    address_problem,
    loop_problem,
    pasted,
    pasting,
    shown_url,
    with_pasted,
)
from vaurien_gui.presenters.playing import Playing
from vaurien_gui.presenters.probe import ProbePresenter
from vaurien_gui.presenters.shares import share_text
from vaurien_gui.presenters.states import StatesPresenter, down_now, mute_now
from vaurien_gui.presenters.texts import plural, short_address
from vaurien_gui.presenters.tuning import TuningPresenter
from vaurien_gui.presenters.verdicts import changed_key
from vaurien_gui.session import Session

NEW_PROXY = ProxySpec("web", proxy="127.0.0.1:0", backend="127.0.0.1:80", protocol="http")
_NAME = re.compile(r"[\w.-]+")
"""What can stand in `[proxy:NAME]` and after `@` everywhere."""
SEEDS = 10_000
_FIELDS = {"proxy": "listen", "backend": "backend", "protocol": "protocol"}


def new_profile() -> Profile:
    """What File > New opens. It has a seed of its own, so that what is saved draws the same faults in CI."""
    return Profile(proxies=(replace(NEW_PROXY, name="default"),), seed=secrets.randbelow(SEEDS))


class ProxiesPresenter:
    """List and panel of the session's proxies. Texts that can't be read stay here as drafts and go nowhere."""

    def __init__(self, session: Session, probe: ProbePresenter) -> None:
        self._session, self.probe = session, probe
        self.tuning, self.states, self._playing = TuningPresenter(session), StatesPresenter(session), Playing(session)
        self._drafts: dict[tuple[str, str], tuple[str, str]] = {}
        session.document.replaced.connect(self._drafts.clear)

    def rows(self) -> tuple[ProxyRow, ...]:
        """The list; empty with one proxy, which needs none."""
        profile = self._session.profile
        return tuple(self._row(p) for p in profile.proxies) if profile else ()

    def form(self) -> ProxyForm | None:
        """The panel of the selected proxy; None without one."""
        session, spec = self._session, self._session.proxy
        if spec is None:
            return None
        listen, listen_problem = self._field(spec, "proxy", spec.proxy)
        backend, backend_problem = self._field(spec, "backend", spec.backend)
        problems = [
            FieldProblem(field, message)
            for field, message in (("listen", listen_problem), ("backend", backend_problem))
            if message
        ]
        state = session.state.proxy(spec.name) if session.state is not None and session.started else None
        if state is not None and state.error and not listen_problem:
            reason = state.error.partition(f"{spec.proxy}: ")[2] or state.error
            problems.append(FieldProblem("listen", reason[:1].upper() + reason[1:]))
        bound = state.bound if state is not None and state.bound and _free_port(spec.proxy) else ""
        return ProxyForm(
            spec.name,
            spec.protocol,
            tuple((p.name, p.title) for p in session.catalogue.protocols),
            listen,
            backend,
            self.probe.line(spec),
            tuple(problems),
            _network_note(spec.proxy),
            bound,
            self.tuning.form(spec),
            spec.state,
            self.states.note(spec),
            self._waits(spec),
            self._former(spec),
        )

    def _waits(self, spec: ProxySpec) -> frozenset[str]:
        """Which parts of the panel have edits that wait for Apply."""
        keys = [each.path[2] for each in self._session.applying.waiting if each.path[:2] == ("proxies", spec.name)
                and len(each.path) > 2 and each.path[2] not in ("mix", "behaviors")]  # fmt: skip
        return frozenset(_FIELDS.get(key, "tuning") for key in keys)

    def _former(self, spec: ProxySpec) -> str:
        """New connections follow a changed listen, backend, protocol or TLS at once, open ones never do."""
        session = self._session
        count = session.last.proxy(spec.name).connections_former if session.last and session.started else 0
        if not count:
            return ""
        one = count == 1
        return (
            f"{plural(count, 'open connection')} {'goes' if one else 'go'} on with the former settings: "
            f"{'it needs' if one else 'they need'} a restart of this proxy."
        )

    def restart(self) -> None:
        """Close the selected proxy's connections and listen again."""
        session, spec = self._session, self._session.proxy
        if session.link is not None and spec is not None:
            session.link.stop(spec.name)
            session.link.start(spec.name)

    def kick(self) -> None:
        """Close the selected proxy's connections; it goes on listening."""
        session, spec = self._session, self._session.proxy
        if session.link is not None and spec is not None:
            session.link.kick(spec.name)

    def set_protocol(self, protocol: str) -> None:
        """Change the protocol; weights stay, and what it doesn't support is journalled as not applicable."""
        spec = self._session.proxy
        if spec is None or protocol == spec.protocol:
            return
        edits: list[tuple[Path, object]] = [(("proxies", spec.name, "protocol"), protocol)]
        edits += self._mix_for(spec, protocol)
        self._session.edit_all(edits, f"Set protocol of {spec.name} to {protocol}")

    def set_listen(self, text: str) -> None:
        """Change where clients connect."""
        self._set_address("proxy", text, "address")

    def set_backend(self, text: str) -> None:
        """Change what stands behind; a URL sets protocol, TLS and options too, as one step, and its secrets go."""
        spec = self._session.proxy
        target, problem = pasted(text, self._session.catalogue)
        if spec is None:
            return
        if target is None:
            self._set_address("backend", text, "backend", problem)
            return
        problem = loop_problem(spec.proxy, target.backend)
        if problem:
            self._set_address("backend", target.backend, "backend", problem)
            return
        self._drafts.pop((spec.name, "backend"), None)
        edits = [(e.path, e.value) for e in pasting(spec, target)] + self._mix_for(spec, target.protocol)
        self._session.edit_all(edits, f"Set backend of {spec.name} to {target.backend}")
        if target.notice:
            self._session.notice.emit(target.notice)
        self._session.announce()

    def backend_typed(self, text: str) -> None:
        """The field is being edited and rests: probe what is in it, if it can be an address or a URL."""
        spec = self._session.proxy
        target, problem = pasted(text, self._session.catalogue)
        if target is not None and spec is not None:
            self.probe.ask(with_pasted(spec, target))
        elif not problem and not address_problem(text, "backend"):
            self.probe.ask(text.strip())

    def change(self, action: str) -> None:
        """What a button beside a verdict sets, as one step."""
        spec, found = self._session.proxy, changed_key(action)
        if spec is not None and found is not None:
            key, value, words = found
            self._session.edit(("proxies", spec.name, key), value, words)

    def start_demo_backend(self) -> None:
        """A built-in server that speaks the proxy's protocol takes the backend's place, as one step."""
        session, spec = self._session, self._session.proxy
        if spec is not None and session.link is not None:
            session.link.submit(lambda: self._demo_backend(spec))

    async def _demo_backend(self, spec: ProxySpec) -> None:
        link = self._session.link
        if link is None:
            return
        address = await link.engine.demo("backend", protocol=spec.protocol)
        edits: list[tuple[Path, object]] = [(("proxies", spec.name, "backend"), address)]
        if spec.backend_tls not in ("", "off"):
            edits.append((("proxies", spec.name, "backend_tls"), "off"))
        self._drafts.pop((spec.name, "backend"), None)
        self._session.edit_all(edits, f"Use a demo backend for {spec.name}")
        self._session.announce()

    def _mix_for(self, spec: ProxySpec, protocol: str) -> list[tuple[Path, object]]:
        """Rules that another protocol doesn't have go."""
        rules = tuple(r for r in spec.mix if self._supported(spec, r.behavior, protocol))
        return [] if rules == spec.mix else [(("proxies", spec.name, "mix"), rules)]

    def add(self) -> None:
        """One more proxy, under a free name, on a free port."""
        profile = self._session.profile
        if profile is None:
            return
        taken = {p.name for p in profile.proxies}
        name = next(n for n in ("web", *(f"proxy-{i}" for i in range(2, 1000))) if n not in taken)
        spec = replace(NEW_PROXY, name=name)
        self._session.edit(("proxies", name), spec, f"Add proxy {name}")
        self._session.select(name)

    def rename(self, name: str, wanted: str) -> None:
        """Give a proxy another name, in its place; what can't be a name is announced."""
        profile, wanted = self._session.profile, wanted.strip()
        if profile is None or wanted == name or not any(p.name == name for p in profile.proxies):
            return
        problem = _name_problem(wanted, {p.name for p in profile.proxies})
        if problem:
            self._session.trouble.emit(problem, "")
            self._session.announce()
            return
        self._session.rename(name, wanted)

    def remove(self, name: str) -> None:
        """Take a proxy out of the profile, and out of what phases and expectations say of it."""
        edits = [*leaving(self._session.profile, name), (("proxies", name), None)]
        self._session.edit_all(edits, f"Remove proxy {name}")

    def remove_selected(self) -> None:
        """Take the selected proxy out of the profile."""
        if self._session.proxy is not None:
            self.remove(self._session.proxy.name)

    def use_free_port(self, name: str) -> None:
        """Let the system choose the port of a proxy that can't listen on its own."""
        profile = self._session.profile
        spec = next((p for p in profile.proxies if p.name == name), None) if profile else None
        if spec is not None:
            host = _host(spec.proxy)
            self._drafts.pop((name, "proxy"), None)
            address = str(Address(host, 0))
            self._session.edit(("proxies", name, "proxy"), address, f"Use a free port for {name}")

    def _set_address(self, field: str, text: str, title: str, problem: str = "") -> None:
        spec = self._session.proxy
        if spec is None:
            return
        text = shown_url(text.strip())
        problem = problem or address_problem(text, field) or self._loop(spec, field, text)
        if problem:
            self._drafts[spec.name, field] = (text, problem)
            self._session.announce()
            return
        self._drafts.pop((spec.name, field), None)
        self._session.edit(("proxies", spec.name, field), text, f"Set {title} of {spec.name} to {text}")
        self._session.announce()

    def _loop(self, spec: ProxySpec, field: str, text: str) -> str:
        return loop_problem(text, spec.backend) if field == "proxy" else loop_problem(spec.proxy, text)

    def _field(self, spec: ProxySpec, field: str, value: str) -> tuple[str, str]:
        return self._drafts.get((spec.name, field), (value, ""))

    def _supported(self, spec: ProxySpec, rule: str, protocol: str) -> bool:
        info = self._session.behavior(spec, rule)
        return info is None or not info.protocols or protocol in info.protocols

    def _row(self, spec: ProxySpec) -> ProxyRow:
        session = self._session
        state = session.state.proxy(spec.name) if session.state is not None and session.started else None
        listen = state.bound if state is not None and state.bound else spec.proxy
        route = f"{short_address(listen)} → {short_address(spec.backend)}"
        if state is None or not spec.enabled:
            return ProxyRow(spec.name, spec.protocol, route, "stopped", running=False)
        if state.error:
            return ProxyRow(spec.name, spec.protocol, route, "not listening", running=False, failed=True)
        if down_now(session, spec):
            return ProxyRow(spec.name, spec.protocol, route, "down", running=False, down=True)
        if mute_now(session, spec):
            return ProxyRow(spec.name, spec.protocol, route, "no answer", running=True, down=True)
        if not state.running:
            return ProxyRow(spec.name, spec.protocol, route, "stopped", running=False)
        acting = session.acting
        does = next((p for p in acting.proxies if p.name == spec.name), spec) if acting is not None else spec
        return ProxyRow(spec.name, spec.protocol, route, self._status(does, state.override), running=True)

    def _status(self, spec: ProxySpec, override: str) -> str:
        if self._session.held:
            return "held"
        if override:
            return "normal" if override == "dummy" else "100 %"
        return share_text(self._session, self._playing.spec(spec)) or "normal"


def _name_problem(name: str, taken: set[str]) -> str:
    if not _NAME.fullmatch(name):
        return f"A proxy's name has letters, digits, '-', '_' and '.', got {name!r}."
    return f"There is a proxy named {name} already." if name in taken else ""


def _parsed(text: str) -> Address | None:
    try:
        return Address.parse(text)
    except OptionError:
        return None


def _free_port(text: str) -> bool:
    address = _parsed(text)
    return address is not None and not address.is_unix and not address.port


def _host(text: str) -> str:
    address = _parsed(text)
    return address.host if address is not None and address.host else "127.0.0.1"


def _network_note(text: str) -> str:
    address = _parsed(text)
    return "" if address is None or address.is_loopback else "Reachable from the network."
