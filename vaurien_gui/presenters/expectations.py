"""The expectations' tab: what a CI run would judge at its end, judged on the newest sample, and edited."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vaurien_core.model.events import Sample
from vaurien_core.model.profile import Expectation
from vaurien_core.profiles.expect import METRICS, NONE, expectation_text, judge, parse_expectation
from vaurien_gui.models.cells import Cell, CellRow
from vaurien_gui.session import Session

MET, NAME, TEXT, FOUND = range(4)
"""The columns."""
FIRST = Expectation("", "exchanges", ">=", 1)
_FORBIDDEN = "=:[]\r\n"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What is shown."""

    rows: tuple[CellRow, ...] = ()
    met: int = 0


class ExpectationsPresenter:
    """Row keys are places from 0. Texts that can't be read stay here, with the loader's own sentence."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.chosen = 0
        self._drafts: dict[tuple[int, int], tuple[str, str]] = {}
        self._steps = 0
        session.document.replaced.connect(self._drafts.clear)

    def page(self) -> Verdicts:
        """How each of them stands."""
        session, profile = self._session, self._session.profile
        if profile is None:
            return Verdicts()
        measured = session.last is not None
        verdicts = judge(profile.expectations, session.last or Sample(0.0, 0.0))
        words, rows = self._words(), []
        for at, (item, verdict) in enumerate(zip(profile.expectations, verdicts, strict=True)):
            mark = ("tick-circle", "ok") if verdict.ok else ("failed", "bad")
            said = ("met" if verdict.ok else "not met") if measured else "not measured"
            icon, token = mark if measured else ("timer", "text3")
            rows.append(
                CellRow(
                    str(at),
                    (
                        Cell(said, editable=False, icon=icon, token=token, tip=verdict.sentence),
                        self._cell(at, NAME, item.name),
                        self._cell(at, TEXT, expectation_text(item), words=words),
                        Cell(verdict.found if measured else "", editable=False, hint="–", tip=verdict.sentence),
                    ),
                )
            )
        return Verdicts(tuple(rows), sum(v.ok for v in verdicts) if measured else 0)

    def choose(self, key: str) -> None:
        """A row is selected."""
        self.chosen = int(key) if key else 0

    def add(self) -> str:
        """One more, at the end: that any exchange comes. The key of its row."""
        items = self._items
        taken = {item.name for item in items}
        name = next(name for n in range(1, 10_000) if (name := f"expectation {n}") not in taken)
        self._put((*items, replace(FIRST, name=name)), f"Add {name}")
        return str(len(items))

    def remove(self, key: str = "") -> None:
        """Take one out."""
        items, at = self._items, int(key) if key else self.chosen
        if at < len(items):
            self._drafts.clear()
            self._put((*items[:at], *items[at + 1 :]), f"Remove {items[at].name}")
            self.chosen = max(0, min(at, len(items) - 2))

    def move(self, by: int) -> str:
        """The chosen one so many places later."""
        items, at = list(self._items), self.chosen
        if at >= len(items):
            return ""
        to = min(max(at + by, 0), len(items) - 1)
        self._drafts.clear()
        items.insert(to, items.pop(at))
        self._put(tuple(items), f"Move {items[to].name}")
        self.chosen = to
        return str(to)

    def set_cell(self, key: str, column: int, text: str) -> None:
        """What was typed into a cell."""
        items, at, text = self._items, int(key), text.strip()
        if at >= len(items) or column not in (NAME, TEXT):
            return
        self._drafts.pop((at, column), None)
        try:
            made = self._named(items, at, text) if column == NAME else self._read(items[at].name, text)
        except ValueError as error:
            message = str(error)
            self._drafts[at, column] = (text, message[:1].upper() + message[1:])
            self._session.announce()
            return
        label = f"Name it {text}" if column == NAME else f"Expect {text}"
        self._put((*items[:at], made, *items[at + 1 :]), label)

    # -- inside

    @property
    def _items(self) -> tuple[Expectation, ...]:
        return self._session.profile.expectations if self._session.profile is not None else ()

    def _named(self, items: tuple[Expectation, ...], at: int, name: str) -> Expectation:
        if not name or any(c in name for c in _FORBIDDEN) or name[0] in "#;":
            raise ValueError(f"expected a name without = : [ ], got {name!r}.")
        if name.lower() == NONE:
            raise ValueError(f"{NONE} is a reserved word; name it differently.")
        if any(item.name.lower() == name.lower() for n, item in enumerate(items) if n != at):
            raise ValueError(f"there is an expectation named {name} already.")
        return replace(items[at], name=name)

    def _read(self, name: str, text: str) -> Expectation:
        return parse_expectation(name, text, behaviors=self._rules(), proxies=self._proxies())

    def _rules(self) -> tuple[str, ...]:
        profile = self._session.profile
        setups = [b.name for spec in profile.proxies for b in spec.behaviors] if profile else []
        return tuple(
            dict.fromkeys([*(b.name for b in self._session.catalogue.behaviors if b.name != "dummy"), *setups])
        )

    def _proxies(self) -> tuple[str, ...]:
        profile = self._session.profile
        return tuple(spec.name for spec in profile.proxies) if profile else ()

    def _words(self) -> tuple[str, ...]:
        """What can stand there: metrics, the rules' hits and what they matched, proxies behind an @."""
        rules = self._rules()
        return (*METRICS, *rules, *(f"{name}.matched" for name in rules), *self._proxies())

    def _cell(self, at: int, column: int, text: str, words: tuple[str, ...] = ()) -> Cell:
        draft, problem = self._drafts.get((at, column), (text, ""))
        return Cell(draft, problem=problem, words=words)

    def _put(self, items: tuple[Expectation, ...], label: str) -> None:
        self._steps += 1
        self._session.edit(("expectations",), items, label, drag=f"expectations {self._steps}")
        self._session.announce()
