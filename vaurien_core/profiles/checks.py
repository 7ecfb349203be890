"""Contradictions: values that can each be read and can't be meant together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from vaurien_core.addresses import EVERY, Address
from vaurien_core.errors import OptionError, Problem, UsageError
from vaurien_core.model.change import plain_rules
from vaurien_core.model.profile import Profile, ProxySpec, Rule
from vaurien_core.profiles.layers import Cell
from vaurien_core.profiles.mixes import FULL, weight_text
from vaurien_core.proxy.tls.settings import check_tls
from vaurien_core.registry import Registry, misfit

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def contradictions(
    profile: Profile, registry: Registry, cells: Mapping[str, Cell] | None = None, folder: Path | None = None
) -> list[Problem]:
    """All of them, as errors; `cells` says where each value was written, `folder` where the profile's files lie."""
    checker = _Checker(profile, registry, cells or {})
    found = [checker.listeners(), checker.loops(), checker.sums(), checker.rules(), checker.tls(folder)]
    found += [checker.control(), _phases(profile, registry, cells or {})]
    return [problem for problems in found for problem in problems]


def _phases(profile: Profile, registry: Registry, cells: Mapping[str, Cell]) -> Iterator[Problem]:
    """What a phase of the scenario puts in the place of a mix has to fit like that."""
    scenario = profile.scenario
    for phase in scenario.defined if scenario else ():
        for change in phase.changes:
            specs = [p.with_mix(change.mix or ()) for p in profile.proxies if change.proxy in ("", p.name)]
            section = f"phase:{phase.name}{f'@{change.proxy}' if change.proxy else ''}"
            cell = cells.get(f"{section}/behavior")
            at = {f"proxies/{p.name}/mix": cell for p in specs} if cell is not None else {}
            checker = _Checker(replace(profile, proxies=tuple(specs)), registry, at)
            for problem in (*checker.sums(), *checker.rules()):
                yield problem if problem.line else replace(problem, message=f"{section}: {problem.message}")


class _Checker:
    """One profile under check."""

    def __init__(self, profile: Profile, registry: Registry, cells: Mapping[str, Cell]) -> None:
        self.profile, self.registry, self.cells = profile, registry, cells
        self.listens = {spec.name: _address(spec.proxy) for spec in profile.proxies}
        self.backends = {spec.name: _address(spec.backend) for spec in profile.proxies}

    def listeners(self) -> Iterator[Problem]:
        """Two proxies can't listen at one address."""
        taken: dict[str, Address | None] = {}
        for name, address in self.listens.items():
            for other, theirs in taken.items():
                if address and theirs and _clash(address, theirs):
                    path = f"proxies/{name}/proxy"
                    yield self._problem(path, f"{self._shown(path, address)} is the address of {other} already.")
                    break
            taken[name] = address

    def loops(self) -> Iterator[Problem]:
        """A backend that leads back to the proxy's own listener."""
        for name in self.listens:
            chain, here = [name], self._behind(name)
            while here and here not in chain:
                chain.append(here)
                here = self._behind(here)
            if here == name:
                said = "the proxy itself" if len(chain) == 1 else " -> ".join([*chain, name])
                backend = self.profile.proxy(name).backend
                shown = self._shown(f"proxies/{name}/backend", backend)
                message = f"expected the real server, got {shown}, which is {said}: a loop."
                yield self._problem(f"proxies/{name}/backend", message)

    def control(self) -> Iterator[Problem]:
        """The control server and a proxy can't share an address."""
        if not self.profile.control.http:
            return
        for port in self.profile.control.ports:
            here = Address(self.profile.control.host, port)
            for name, address in self.listens.items():
                if address and _clash(here, address):
                    shown = here if not self._secret("control/ports", "control/host") else "this"
                    yield self._problem("control/ports", f"{shown} is the address of the proxy {name} already.")

    def sums(self) -> Iterator[Problem]:
        """Mixes that exceed 100 %; rules with selectors draw for themselves and don't count."""
        for spec in self.profile.proxies:
            rules = [r for r in plain_rules(spec, self.registry.own_options) if not self._mistyped(spec, r)]
            total = sum((rule.weight for rule in rules), Decimal(0))
            if total > FULL:
                cell = self.cells.get(f"proxies/{spec.name}/mix")
                shown = f"{cell.raw!r}" if cell and cell.secret else weight_text(total)
                message = f"expected weights of at most 100 % in sum, got {shown}."
                yield self._problem(f"proxies/{spec.name}/mix", message)

    def rules(self) -> Iterator[Problem]:
        """Faults that their proxy's protocol doesn't have."""
        for spec in self.profile.proxies:
            written = self.cells.get(f"proxies/{spec.name}/protocol")
            if written is not None and written.text != spec.protocol:
                continue  # it is unknown, which has been said
            for rule in (r for r in spec.mix if r.weight > 0):
                yield from self._rule(spec, rule)

    def tls(self, folder: Path | None) -> Iterator[Problem]:
        """Keys of TLS that don't fit each other or the protocol, and files that can't be used."""
        for spec in self.profile.proxies:
            if spec.protocol not in self.registry.protocol_names or self.backends[spec.name] is None:
                continue
            try:
                check_tls(spec, self.registry.protocol(spec.protocol), folder)
            except OptionError as error:
                path = f"proxies/{spec.name}/{error.option}"
                cell = self.cells.get(path)
                found = repr(cell.raw) if cell is not None and cell.secret else error.found
                said = f"expected {error.expected}, got {found}."
                yield self._problem(
                    path if cell is not None else f"proxies/{spec.name}/tls", said if cell else str(error)
                )

    def _rule(self, spec: ProxySpec, rule: Rule) -> Iterator[Problem]:
        setup = spec.behavior(rule.behavior)
        if not self.registry.mixes(setup.kind) or spec.protocol not in self.registry.protocol_names:
            return
        behavior, protocol = self.registry.behavior(setup.kind), self.registry.protocol(spec.protocol)
        if behavior.protocols and spec.protocol not in behavior.protocols:
            works = ", ".join(behavior.protocols)
            message = f"{rule.behavior} works with {works}, not with {spec.protocol}."
            yield self._problem(f"proxies/{spec.name}/mix", message)
        try:
            sentence = misfit(setup, behavior, protocol)
        except UsageError as error:
            yield self._problem(f"proxies/{spec.name}/behaviors/{rule.behavior}", str(error))
            return
        if sentence:
            yield self._misfit(f"proxies/{spec.name}/behaviors/{rule.behavior}", sentence)

    def _mistyped(self, spec: ProxySpec, rule: Rule) -> bool:
        """Whether its type is unknown, which has been said, so that its selectors could not be read."""
        kind = spec.behavior(rule.behavior).type
        return bool(kind) and not self.registry.mixes(kind)

    def _misfit(self, path: str, sentence: str) -> Problem:
        """What a behavior says of its options (`error: http has no error ...`), at the place of that option."""
        key, colon, rest = sentence.partition(": ")
        cell = self.cells.get(f"{path}/{key}") if colon else None
        if cell is None:
            return self._problem(path, sentence)
        return cell.problem(rest if not cell.secret else f"expected what the protocol has, got {cell.raw!r}.")

    def _behind(self, name: str) -> str:
        """The proxy that is the backend of this one, or ""."""
        backend = self.backends[name]
        if backend is None or (not backend.is_unix and not backend.port):
            return ""
        return next((n for n, a in self.listens.items() if a and backend.leads_to(a)), "")

    def _secret(self, *paths: str) -> bool:
        return any(path in self.cells and self.cells[path].secret for path in paths)

    def _shown(self, path: str, value: object) -> str:
        """A value as it may be said: what a variable held stays unsaid."""
        return self.cells[path].raw if self._secret(path) else str(value)

    def _problem(self, path: str, message: str) -> Problem:
        cell = self.cells.get(path)
        if cell is not None:
            return cell.problem(message)
        return Problem(f"{path.removeprefix('proxies/').replace('/', ' ')}: {message}")


def _address(text: str) -> Address | None:
    try:
        return Address.parse(text)
    except OptionError:
        return None


def _clash(one: Address, two: Address) -> bool:
    if one.is_unix or two.is_unix:
        return one.path == two.path
    return bool(one.port) and one.port == two.port and (_same(one, two) or one.host in EVERY or two.host in EVERY)


def _same(one: Address, two: Address) -> bool:
    return one.host.lower() == two.host.lower() or (one.host in _LOOPBACK and two.host in _LOOPBACK)
