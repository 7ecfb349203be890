"""What an engine tells: samples of its counters, journal entries, changes and its state.

All counters are cumulative since the engine started and never fall; rates are differences. `t` is the engine's own
clock in seconds since its start, so a graph never shows when the window received something.
"""

from __future__ import annotations

from dataclasses import field

from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionValues


@dataclass(frozen=True, slots=True)
class ProxySample:
    """The counters of one proxy."""

    name: str
    up_read: int = 0
    up_written: int = 0
    down_read: int = 0
    down_written: int = 0
    """Bytes read from and written to the sockets, client to backend (up) and back (down)."""
    connections: int = 0
    connections_open: int = 0
    connections_max: int = 0
    exchanges: int = 0
    injected: int = 0
    """Exchanges that a fault touched (delays too); the sum of `hits` that acted."""
    hits: tuple[tuple[str, int], ...] = ()
    """How often each behavior (by rule name) acted."""
    errors_injected: int = 0
    errors_backend: int = 0
    errors_client: int = 0
    not_applicable: int = 0
    opaque: int = 0
    """Connections that could not be framed (any more)."""
    held: int = 0
    """Exchanges held now (hang, delay, a plugin)."""
    latency: tuple[int, ...] = ()
    """First byte of the request read to first byte of the answer written, untouched exchanges (histogram)."""
    latency_faulted: tuple[int, ...] = ()
    lateness: tuple[int, ...] = ()
    """Delivered minus planned, of every delay (histogram)."""
    latency_sums: tuple[float, ...] = ()
    latency_faulted_sums: tuple[float, ...] = ()
    lateness_sums: tuple[float, ...] = ()
    """Seconds in each bucket of the histograms."""
    matched: tuple[tuple[str, int], ...] = ()
    """How many exchanges (connections, with `at = connect`) the selectors of each rule that has some matched."""
    opaque_reasons: tuple[tuple[str, int], ...] = ()
    """Connections that could not be framed by reason: `TLS`, `STARTTLS`, `an unknown command`, ..."""
    toxics: tuple[tuple[str, int], ...] = ()
    """On how many streams of connections each toxic acted, by name."""
    connections_former: int = 0
    """Open connections that go on as they were made: listen, backend, protocol or TLS were changed since."""


@dataclass(frozen=True, slots=True)
class Sample:
    """All counters at one moment; ten a second."""

    t: float
    wall: float
    proxies: tuple[ProxySample, ...] = ()
    cpu_s: float = 0.0
    """CPU seconds of the engine's process so far."""

    def proxy(self, name: str) -> ProxySample:
        """One proxy's counters; zeros if it is not there."""
        return next((p for p in self.proxies if p.name == name), ProxySample(name))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal; the field names are those of `journal.jsonl`."""

    n: int
    t: float
    """Seconds since the engine's start."""
    at: str
    """Wall time, ISO 8601 with milliseconds and zone."""
    kind: str = "exchange"
    """`exchange`, `connection`, `toxic`, `change` or `notice`."""
    proxy: str = ""
    conn: int = 0
    ex: int = 0
    client: str = ""
    label: str = ""
    rule: str = ""
    behavior: str = ""
    phase: str = ""
    """`before` or `after`, where the fault has one."""
    scenario: str = ""
    """The scenario's phase in which the exchange began."""
    options: OptionValues = ()
    """Those used, defaults included."""
    draw: float | None = None
    """0..100, the number that chose the rule."""
    owned: tuple[float, float] | None = None
    """The range of draws, in percent, that the rule owned then: from, up to but not with."""
    occurrence: int = 0
    """The how-manieth request with its key this was in its proxy, from 1; 0 where draws hang on `conn` and `ex`."""
    planned_ms: float | None = None
    measured_ms: float | None = None
    up: int = 0
    down: int = 0
    outcome: str = ""
    """A status ("200", "503 injected"), "held", "reset", "closed", "released", "not applicable: ...", ...
    Of a notice: what it is about if it is given once, and people should see it though they read no journal."""
    text: str = ""
    """The sentence of a notice or change."""
    severity: str = "info"
    """For notices: `info`, `warning` or `error`."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A change was accepted."""

    revision: int
    author: str
    paths: tuple[str, ...]
    held: bool = False
    """It is stored without effect, as all-normal holds."""


@dataclass(frozen=True, slots=True)
class ProxyState:
    """How one proxy stands now."""

    name: str
    running: bool = False
    """Its listener is bound."""
    bound: str = ""
    """The address clients connect to (port 0 resolved), or ""."""
    error: str = ""
    """Why it isn't listening although it should, as a sentence."""
    error_code: str = ""
    override: str = ""
    """The behavior that an override holds it at, or ""."""
    override_options: OptionValues = ()
    """The options that came with the override."""
    state: str = "up"
    """What the profile or the scenario makes of it now: `up` or `down`. While all-normal holds, a proxy that is
    down runs all the same."""


@dataclass(frozen=True, slots=True)
class ScenarioState:
    """How the scenario stands now."""

    phase: str = ""
    """The one in force, or "" (it has not begun)."""
    number: int = 0
    """Of the phase in its round, from 1."""
    phases: int = 0
    """How many there are in a round."""
    round: int = 1
    repeat: int | None = 1
    """How many rounds there are; None: for ever."""
    began: float = 0.0
    """Engine time `t` at which the phase began, as if the clock had never stood still in it."""
    ends: float | None = None
    """Engine time `t` at which it ends if the clock runs on; None: not by itself."""
    paused: bool = False
    """The clock stands: paused, all-normal, or waiting."""
    waiting: str = ""
    """What it waits for before it begins: `first-exchange`, `api`, or ""."""
    over: bool = False
    played: float = 0.0
    """Seconds of the scenario's clock that the phase had lasted when this was said: what counts while it stands."""


@dataclass(frozen=True, slots=True)
class EngineState:
    """How the engine stands now."""

    revision: int
    seed: int
    started: bool
    """Start was pressed: enabled proxies listen (or say why they can't)."""
    held: bool
    """All-normal holds."""
    held_since: float = 0.0
    """Engine time `t` of it."""
    version: str = ""
    pid: int = 0
    proxies: tuple[ProxyState, ...] = ()
    control: tuple[str, ...] = ()
    """URLs of the public control sites."""
    scenario: ScenarioState | None = None

    def proxy(self, name: str) -> ProxyState:
        """One proxy's state; a stopped one if it is not there."""
        return next((p for p in self.proxies if p.name == name), ProxyState(name))


@dataclass(frozen=True, slots=True)
class Gap:
    """The reader was too slow: this many events were left out."""

    dropped: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The engine can't be reached any more (its process died, the link broke)."""

    reason: str


Event = Sample | Entry | Changed | EngineState | Gap | Lost
"""What `Engine.events` yields."""


@dataclass(frozen=True, slots=True)
class ProbeStep:
    """One step of a probe: `dns`, `connect`, `tls`, `handshake`."""

    name: str
    ok: bool
    ms: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What is at the other end of a backend address."""

    verdict: str
    """`ok`, `wrong-protocol`, `refused`, `not-found`, `timeout`, `loop`, `invalid`, `tls` (it wants TLS), `no-tls`
    (it has none, or not in the way asked for), or `untrusted` (its certificate isn't trusted)."""
    message: str
    """One sentence: `Reachable in 0.4 ms, speaks HTTP/1.1`."""
    speaks: str = ""
    """Protocol name, if recognised."""
    ms: float = 0.0
    steps: tuple[ProbeStep, ...] = field(default=())
