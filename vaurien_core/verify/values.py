"""What is measured and what came of it: a `Subject` goes in, a `Finding` comes out.

Subjects are made by `claims` (one or more for everything that is registered) and by `profile` (what a profile has set
up); findings are printed by `cli.verify` and asserted on by tests.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from vaurien_core.frozen import dataclass
from vaurien_core.model.profile import Rule
from vaurien_core.options import OptionValues

MIX, TOXIC, STATE = "mix", "toxic", "state"
"""Where a fault works: drawn for exchanges, mounted on streams, or of the whole proxy."""
LATE_S = 0.010
"""How much later than claimed a fault may act at a client (the machine's own stall, measured beside it, comes on top).
"""


class Verdict(StrEnum):
    """How it ended; only `FAIL` makes the exit status 4."""

    OK = "ok"
    FAIL = "FAIL"
    NOT_HERE = "not here"


class NotHereError(Exception):
    """This can't be measured on this machine; its text is the reason."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One fault as it is set up, and the proxy that has it."""

    name: str
    """As shown: `latency`, `latency (both)`, `slow-link@orders-db`."""
    kind: str
    """The registered behavior, the state, or the name of a check that concerns several."""
    mount: str
    options: OptionValues = ()
    stream: str = "downstream"
    toxicity: float = 1.0
    copies: int = 1
    """How many of it are mounted one behind the other."""
    rules: tuple[Rule, ...] = ()
    """A whole mix, in the place of one rule at 100 %."""
    protocol: str = "tcp"
    protocol_options: OptionValues = ()
    words: tuple[str, ...] = ()
    """Further names by which it can be asked for."""
    loud: bool = False
    """It needs the processor: nothing else is measured meanwhile."""

    @property
    def rule(self) -> str:
        """What it is called in the proxy that is measured."""
        return self.kind


@dataclass(frozen=True, slots=True)
class Problem:
    """What contradicts the claim."""

    text: str
    late: bool = False
    """The machine's load may be to blame: worth another try."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a measuring function saw."""

    claimed: str
    client: str
    """At the client, the backend's side where that says more."""
    control: str
    """The same without the fault, in the same run."""
    problems: tuple[Problem, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)
    """The numbers behind the texts, for tests: seconds, bytes a second, shares."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    subject: Subject
    verdict: Verdict
    claimed: str = ""
    measured: str = ""
    control: str = ""
    why: str = ""
    """What contradicts the claim, or why it can't be measured."""
    late: bool = False
    """Nothing is wrong but lateness: worth another try on a machine that is less busy."""
    figures: dict[str, float] = field(default_factory=dict)
