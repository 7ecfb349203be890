"""The profile: everything in one INI file, as frozen values.

Made by `profiles` from INI text, by the window (each edit builds the next one), by `model.wire` from
JSON. Options hold only what somebody set; defaults come from the declaration (`Catalogue`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, replace
from decimal import Decimal

from vaurien_core.frozen import dataclass
from vaurien_core.model.selectors import selective
from vaurien_core.model.veil import Reference
from vaurien_core.options import Option, OptionValues


@dataclass(frozen=True, slots=True)
class BehaviorSpec:
    """A behavior as it is set up for one proxy: `[behavior:NAME]` with `[behavior:NAME@PROXY]` laid over it."""

    name: str
    type: str = ""
    """The registered behavior; the same as `name` unless this is a named variant."""
    options: OptionValues = ()

    @property
    def kind(self) -> str:
        """The name of the registered behavior."""
        return self.type or self.name

    def selective(self, own: Iterable[Option] = ()) -> bool:
        """Whether a rule of this has selectors; `own` are the behavior's options, which hide selectors of their names.

        Such rules draw for themselves and don't count toward 100 %.
        """
        return selective(self.options, own)


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of a mix: a behavior (by the name of its `BehaviorSpec`) and its weight in percent."""

    behavior: str
    weight: Decimal
    """0..100, at most 4 decimals."""


@dataclass(frozen=True, slots=True)
class ToxicSpec:
    """A fault mounted on a stream of every connection of one proxy: an entry of `toxics`."""

    name: str
    """Unique within the proxy."""
    type: str = ""
    """The registered behavior; the same as `name` unless this is a named variant."""
    stream: str = "downstream"
    """`upstream` (what the client says), `downstream` (what the backend says), or `both`."""
    toxicity: float = 1.0
    """Probability, 0..1, with which it acts on a connection's stream; drawn once for each."""
    enabled: bool = True
    """Whether it is mounted; a disabled one keeps its place in the order."""
    options: OptionValues = ()

    @property
    def kind(self) -> str:
        """The name of the registered behavior."""
        return self.type or self.name


@dataclass(frozen=True, slots=True)
class ProxySpec:
    """One listener and what it does. Field names are the INI keys."""

    name: str
    proxy: str = "localhost:8000"
    backend: str = "localhost:80"
    protocol: str = "tcp"
    mix: tuple[Rule, ...] = ()
    """In written order; `dummy` is the rest and is not stored unless it was written."""
    behaviors: tuple[BehaviorSpec, ...] = ()
    """Set-ups that differ from the defaults, whether or not the mix names them."""
    protocol_options: OptionValues = ()
    toxics: tuple[ToxicSpec, ...] = ()
    """Always on, in the order in which bytes meet them."""
    enabled: bool = True
    state: str = "up"
    """A fault of an enabled proxy: `up`, `down` (refuses connections and cuts those that are open), or
    `syn_blackhole` (connects time out; open connections live)."""
    connect_timeout: float = 30.0
    """Seconds to connect to the backend (the classic `timeout`)."""
    buffer_limit: int | None = None
    """Bytes per direction; None: 1 MiB, 64 MiB while something adds time."""
    draw_by: str = ""
    """`request`, `ordinal`, or "" for the protocol's own."""
    stay_connected: bool = False
    backlog: int = 8192
    tls: str = "passthrough"
    """The client's side: `passthrough`, `terminate`, or `strip` (plain text is asked for where that is negotiated)."""
    backend_tls: str = ""
    """`off`, `on` (from the first byte), `starttls` (by the protocol), or "": on at the implicit-TLS ports
    of smtp (465) and http (443) for clients that don't speak TLS themselves, else off."""
    certificate: str = ""
    """PEM file that clients are shown, or `auto`: one that is made for this run."""
    key: str = ""
    """PEM file of its key; "": in the certificate's file."""
    backend_verify: str = "yes"
    """`yes` (by the system's authorities), `no`, or a PEM file of authorities."""
    backend_name: str = ""
    """The name that the backend is asked for (SNI) and verified by; "": the backend's host."""

    def behavior(self, name: str) -> BehaviorSpec:
        """The set-up of a behavior; a plain one if nothing was set."""
        for spec in self.behaviors:
            if spec.name == name:
                return spec
        return BehaviorSpec(name)

    def weight(self, behavior: str) -> Decimal:
        """The weight of a behavior in the mix; 0 if it is not there."""
        return next((r.weight for r in self.mix if r.behavior == behavior), Decimal(0))

    def toxic(self, name: str) -> ToxicSpec | None:
        """A toxic by name."""
        return next((t for t in self.toxics if t.name == name), None)

    def with_toxic(self, spec: ToxicSpec) -> ProxySpec:
        """The same proxy with this toxic in place of the one of its name, else behind the others."""
        if self.toxic(spec.name) is None:
            return replace(self, toxics=(*self.toxics, spec))
        return replace(self, toxics=tuple(spec if t.name == spec.name else t for t in self.toxics))

    def without_toxic(self, name: str) -> ProxySpec:
        """The same proxy without a toxic."""
        return replace(self, toxics=tuple(t for t in self.toxics if t.name != name))

    @property
    def faults(self) -> tuple[Rule, ...]:
        """The rules that do something: weight over 0 and not `dummy`."""
        return tuple(r for r in self.mix if r.weight > 0 and self.behavior(r.behavior).kind != "dummy")

    @property
    def mounted(self) -> tuple[ToxicSpec, ...]:
        """The toxics that can do something: enabled, and with a toxicity over 0."""
        return tuple(t for t in self.toxics if t.enabled and t.toxicity > 0)

    def with_mix(self, mix: tuple[Rule, ...]) -> ProxySpec:
        """The same proxy with another mix."""
        return self if mix == self.mix else replace(self, mix=mix)

    def with_state(self, state: str) -> ProxySpec:
        """The same proxy in another state."""
        return self if state == self.state else replace(self, state=state)

    def with_toxics(self, toxics: tuple[ToxicSpec, ...]) -> ProxySpec:
        """The same proxy with other toxics."""
        return self if toxics == self.toxics else replace(self, toxics=toxics)

    def with_behavior(self, spec: BehaviorSpec) -> ProxySpec:
        """The same proxy with this set-up in place of the one of the same name."""
        rest = [b for b in self.behaviors if b.name != spec.name]
        keep = [*rest, spec] if spec.options or spec.type else rest
        return replace(self, behaviors=tuple(sorted(keep, key=lambda b: b.name)))


@dataclass(frozen=True, slots=True)
class ControlSpec:
    """`[control]`: the public control server."""

    http: bool = False
    host: str = "localhost"
    ports: tuple[int, ...] = (8080,)
    allowed_hosts: tuple[str, ...] = ()
    allow_remote: bool = False


@dataclass(frozen=True, slots=True)
class Expectation:
    """`NAME = METRIC[@PROXY] OP VALUE`, judged at the end of a headless run."""

    name: str
    metric: str
    op: str
    """`<`, `<=`, `=`, `>=` or `>`."""
    value: float
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class PhaseChange:
    """What a phase replaces of one proxy, or of all."""

    proxy: str = ""
    """"": of every proxy that the phase does not name."""
    mix: tuple[Rule, ...] | None = None
    state: str | None = None
    toxics: tuple[str, ...] | None = None
    """Which of the proxy's toxics are mounted, by name, also those that are switched off outside of the phase; all
    others are not."""

    @property
    def empty(self) -> bool:
        """It replaces nothing."""
        return self == PhaseChange(self.proxy)


@dataclass(frozen=True, slots=True)
class Phase:
    """`[phase:NAME]` with its `[phase:NAME@PROXY]`."""

    name: str
    length_s: float | None = None
    """None: until it is skipped."""
    ramp_s: float = 0.0
    """How long the weights take from those of the phase before; 0: at once."""
    changes: tuple[PhaseChange, ...] = ()
    """Those for all proxies first."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`[scenario]`: the profile over time."""

    phases: tuple[str, ...]
    """Names in their order; one may come several times."""
    repeat: int | None = 1
    """How many rounds; None: for ever."""
    start: str = "launch"
    """`launch`, `first-exchange` or `api`."""
    end: str = "hold"
    """`hold` (the last phase goes on) or `stop` (the proxies stop)."""
    defined: tuple[Phase, ...] = ()

    def phase(self, name: str) -> Phase:
        """A phase by name; one that nothing defines replaces nothing and has no end."""
        return next((p for p in self.defined if p.name == name), Phase(name))


@dataclass(frozen=True, slots=True)
class PluginSpec:
    """Code that a profile names: `[behavior:NAME] callable = package.module.Class`."""

    kind: str
    """`behavior` or `protocol`."""
    name: str
    callable: str


@dataclass(frozen=True, slots=True)
class StatsdSpec:
    """`[statsd]` of the classic file."""

    enabled: bool = False
    host: str = "localhost"
    port: int = 8125
    prefix: str = ""
    sample_rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything in one INI file."""

    proxies: tuple[ProxySpec, ...] = ()
    seed: int | None = None
    """None: the engine chooses one at start and shows it."""
    control: ControlSpec = field(default_factory=ControlSpec)
    expectations: tuple[Expectation, ...] = ()
    scenario: Scenario | None = None
    expect_none: bool = False
    """`[expect] none = true`: a run without exchanges or faults is fine."""
    plugins: tuple[PluginSpec, ...] = ()
    statsd: StatsdSpec = field(default_factory=StatsdSpec)
    journal_values: bool = False
    log_level: str = "info"
    log_output: str = "-"
    references: tuple[Reference, ...] = field(default=(), compare=False, repr=False)
    """Which values came from the environment, for `model.veil`; edits leave them alone."""

    def proxy(self, name: str) -> ProxySpec:
        """A proxy by name.

        Raises:
            KeyError: there is none.
        """
        for spec in self.proxies:
            if spec.name == name:
                return spec
        raise KeyError(name)

    def with_proxy(self, spec: ProxySpec) -> Profile:
        """The same profile with this proxy in place of the one of that name, or added at the end."""
        if any(p.name == spec.name for p in self.proxies):
            return replace(self, proxies=tuple(spec if p.name == spec.name else p for p in self.proxies))
        return replace(self, proxies=(*self.proxies, spec))

    def without_proxy(self, name: str) -> Profile:
        """The same profile less one proxy."""
        return replace(self, proxies=tuple(p for p in self.proxies if p.name != name))

    @property
    def main(self) -> ProxySpec | None:
        """The proxy that the classic API speaks of: `default`, else the first."""
        return next((p for p in self.proxies if p.name == "default"), self.proxies[0] if self.proxies else None)
