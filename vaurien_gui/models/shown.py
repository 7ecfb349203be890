"""The values that presenters hand to views. Views show them and know nothing else.

Texts are finished (translated, with units); names are those of the profile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from vaurien_core.model.catalogue import BehaviorInfo
from vaurien_core.options import Option, OptionValues


class BandKind(StrEnum):
    """Which state the band reports."""

    STOPPED = "stopped"
    NORMAL = "normal"
    FAULTS = "faults"
    HELD = "held"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class BandAction:
    """A button in the band; `id` is emitted when it is pressed. The first `main` one is filled."""

    id: str
    text: str
    icon: str = ""
    main: bool = False


@dataclass(frozen=True, slots=True)
class BandShare:
    """One behavior in the band: `Delay 10 %`."""

    behavior: str
    title: str
    share: str


@dataclass(frozen=True, slots=True)
class BandState:
    """The state band: `Faults on 20 % of exchanges on web | Delay 10 % ... | for 00:42`."""

    kind: BandKind
    head: str
    share: str = ""
    """The big figure (`20 %`), or ""."""
    text: str = ""
    shares: tuple[BandShare, ...] = ()
    since: str = ""
    actions: tuple[BandAction, ...] = ()
    remote: str = ""
    """`ci-box:8474` where the engine is somebody else's."""


@dataclass(frozen=True, slots=True)
class ExportPage:
    """A profile in one of its forms: a tab of the export sheet."""

    key: str
    title: str
    note: str
    """What it is for."""
    text: str
    file_name: str
    """Under which it is saved."""
    beside: bool = False
    """The profile is saved with it, in the same folder."""


@dataclass(frozen=True, slots=True)
class PresetItem:
    """A line of the list of presets."""

    name: str
    title: str
    note: str = ""
    """`http`, `any protocol`, `your own`."""


@dataclass(frozen=True, slots=True)
class PresetForm:
    """The sheet of presets: those that fit, one of them chosen, and what it would change."""

    items: tuple[PresetItem, ...]
    chosen: str
    """Name of one of the items, or ""."""
    proxy: str
    """`web, http`: what it is laid over."""
    description: str = ""
    changes: tuple[str, ...] = ()
    """What applying it changes, a line each."""
    remark: str = ""
    """Why there is nothing to apply, or which presets can't be used."""
    applicable: bool = False


@dataclass(frozen=True, slots=True)
class ProxyRow:
    """One line of the proxy list."""

    name: str
    protocol: str
    route: str
    """`:8000 → :9000`."""
    status: str
    """`20 %`, `normal`, `stopped`, `not listening`."""
    running: bool
    failed: bool = False
    down: bool = False
    """It refuses connections on purpose."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """An error under one field."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class ProbeLine:
    """The verdict under the backend field. `kind`: ok, warn, bad, busy or none; `actions` as in the band."""

    kind: str = "none"
    text: str = ""
    actions: tuple[BandAction, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A known value of a text option."""

    value: str
    title: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FormRow:
    """One option in a generated form."""

    option: Option
    value: object
    changed: bool
    problem: str = ""
    fold: str = ""
    """The title of the fold that it is behind; "" for none (or `Advanced`, by its declaration)."""
    note: str = ""
    """A remark under the field."""
    action: BandAction | None = None
    """A button beside the field."""
    suggestions: tuple[Suggestion, ...] = ()
    """What a text can be, to choose from."""


@dataclass(frozen=True, slots=True)
class TuningForm:
    """What is behind the fold of the proxy panel."""

    rows: tuple[FormRow, ...] = ()
    changed: int = 0
    """How many of them differ from the defaults."""


@dataclass(frozen=True, slots=True)
class ProxyForm:
    """The proxy panel."""

    name: str
    protocol: str
    protocols: tuple[tuple[str, str], ...]
    """(name, title), in the order of the combo."""
    listen: str
    backend: str
    probe: ProbeLine = ProbeLine()
    problems: tuple[FieldProblem, ...] = ()
    note: str = ""
    """An amber remark: `Reachable from the network`."""
    bound: str = ""
    """The address that clients use when it differs from `listen` (port 0)."""
    tuning: TuningForm = TuningForm()
    state: str = "up"
    """As the profile has it: `up` or `down`."""
    state_note: str = ""
    """Why it is as it is: `Phase outage holds it down.`"""
    waits: frozenset[str] = frozenset()
    """Fields (`listen`, `backend`, `protocol`, `tuning`) whose edits wait for Apply."""
    former: str = ""
    """What open connections still do after a change that they don't follow; "" for none."""


@dataclass(frozen=True, slots=True)
class MixRow:
    """One behavior row of the mix panel."""

    behavior: str
    title: str
    weight: Decimal
    limit: Decimal
    """Its value plus what is normal: where the thumb stops."""
    measured: str
    """`9.8 % · 12.1/s`, or `not running`."""
    info: BehaviorInfo | None = None
    sentence: str = ""
    """What it does with these options, in plain words; may hold `<b>`."""
    values: OptionValues = ()
    """What was set; the rest are defaults."""
    problems: tuple[FieldProblem, ...] = ()
    suggestions: tuple[tuple[str, tuple[Suggestion, ...]], ...] = ()
    """Of its options, by name."""
    notes: tuple[tuple[str, str], ...] = ()
    """Remarks under its fields, by option."""
    selectors: tuple[Option, ...] = ()
    """What can narrow it to some exchanges; their values are among `values`."""
    apart: bool = False
    """Some do: its weight is that of the exchanges that match, and takes nothing from normal."""
    remark: str = ""
    """What `measured` means, in full."""
    new_name: str = ""
    """A name for a copy of it; "" where the engine knows no selectors."""
    name_problem: str = ""
    """Why the name that was asked for can't be had."""
    mark: str = ""
    """`waits` (for Apply), `done` (the engine just took it), or ""."""
    renamable: bool = False
    """It is a rule of the profile's, whose name is free to choose."""


@dataclass(frozen=True, slots=True)
class MixPanel:
    """The behavior mix of one proxy."""

    rows: tuple[MixRow, ...]
    normal: Decimal
    addable: tuple[BehaviorInfo, ...] = ()
    held: bool = False
    """All-normal holds: weights greyed."""
    over: str = ""
    """`118 %` when a file's weights exceed 100, or ""."""
    override: str = ""
    """`Held at error by the API`, or ""."""
    phase: str = ""
    """`Phase outage holds this proxy at 50:error`, or ""."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure over the graphs."""

    value: str
    unit: str
    caption: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A numbered vertical line through all graphs."""

    number: int
    t: float
    """Engine time in seconds."""
    text: str
    kind: str = "change"
    """change, preset, normal, engine, probe, scenario or note."""


@dataclass(frozen=True, slots=True)
class ApplyState:
    """Live or staged, and what waits."""

    staged: bool = False
    waiting: tuple[str, ...] = ()
    """`Delay 8 → 10 %`, one per place."""
    conflict: str = ""
    """Who changed what meanwhile, where edits that wait touch it too; "" for none."""


@dataclass(frozen=True, slots=True)
class LocalEngineRow:
    """An engine of this machine that can be attached to."""

    title: str
    detail: str
    url: str
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StatusLine:
    """The status bar: left and right parts, joined with a middle dot."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    kind: BandKind = BandKind.STOPPED


@dataclass(frozen=True, slots=True)
class EmptyGraphs:
    """What stands where graphs would: `No traffic yet`."""

    title: str
    text: str
    address: str = ""
    """To copy; "" when nothing listens."""
    demo: bool = True
    """Offer demo traffic."""
