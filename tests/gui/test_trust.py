"""Code that a profile names runs only after somebody said yes to these very files."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import Troubles, wait_until

from vaurien_core.model.profile import PluginSpec, Profile
from vaurien_core.registry import Registry
from vaurien_gui import engines, files
from vaurien_gui.presenters.band import BandPresenter
from vaurien_gui.presenters.code import code_text
from vaurien_gui.session import Session
from vaurien_gui.trust import Trust, named_code

CODE = """\
from pathlib import Path
Path({trace!r}).write_text('ran')
from vaurien_core.behaviors.base import Behavior
from vaurien_core.options import OptionSet
from dataclasses import dataclass
@dataclass(frozen=True, slots=True)
class SlowlyOptions(OptionSet):
    pass
class Slowly(Behavior):
    name = 'slowly'
    title = 'Slowly'
    summary = 'Does nothing'
    wire = 'Nothing happens.'
    group = 'Timing'
    Options = SlowlyOptions
"""
INI = (
    "[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:9\nbehavior = 10:slowly, 5:delay\n"
    "[behavior:slowly]\ncallable = {callable}\n"
)


class Case:
    """A profile that names code, the trace that the code leaves when it runs, and where trust is kept."""

    def __init__(self, folder: Path, callable_: str) -> None:
        self.trace, self.path, self.kept = folder / "ran", folder / "plugin.ini", folder / "state" / "trusted.json"
        package = folder / "hostile_package"
        package.mkdir()
        (package / "__init__.py").write_text("")
        for file in (folder / "hostile_module.py", package / "inner.py"):
            file.write_text(CODE.format(trace=str(self.trace)))
        self.path.write_text(INI.format(callable=callable_))

    def session(self, place: str, registry: Registry, troubles: Troubles) -> Session:
        return Session(
            engines.opener(place, registry),
            lambda error, where: troubles.append(f"{where}: {error!r}"),
            registry.catalogue(),
            trust=Trust(self.kept),
        )


@pytest.fixture(params=["hostile_module.Slowly", "hostile_module.py:Slowly", "hostile_package.inner.Slowly"])
def case(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Case]:
    yield Case(tmp_path, request.param)
    for name in [name for name in sys.modules if name.startswith("hostile_")]:
        del sys.modules[name]


async def test_nothing_is_imported_before_the_answer_and_the_window_shows_where_it_is(
    case: Case, place: str, registry: Registry, troubles: Troubles
) -> None:
    session = case.session(place, registry, troubles)
    files.open_file(session.document, case.path, registry)
    await session.settled()
    session.start()
    text = files.profile_text(session.document, registry)
    files.restore(session.document, text, case.path, "", registry)
    await session.settled()
    files.check_text(text, case.path.parent, registry)
    assert session.link is None
    (code,) = session.code
    assert code.file.startswith(str(case.path.parent))
    assert "class Slowly" in code_text(session.code)
    band = BandPresenter(session).state()
    assert code.file in band.text
    assert [a.id for a in band.actions] == ["show-code", "without-code", "run-code"]
    await session.aclose()
    assert not case.trace.exists()


async def test_yes_runs_it_stopped_and_is_remembered_for_these_files_only(
    case: Case, place: str, registry: Registry, troubles: Troubles
) -> None:
    session = case.session(place, registry, troubles)
    files.open_file(session.document, case.path, registry)
    await session.settled()
    session.answer_code(run=True)
    await session.settled()
    assert session.link is not None, session.lost
    assert session.catalogue.behavior("slowly") is not None
    assert not session.started
    session.start()
    await wait_until(lambda: session.state and session.state.proxies and session.state.proxies[0].running)
    await session.aclose()
    assert case.trace.exists()
    assert stat.S_IMODE(case.kept.stat().st_mode) == 0o600

    again = case.session(place, registry, troubles)
    files.open_file(again.document, case.path, registry)
    await again.settled()
    assert again.code == ()
    assert again.link is not None
    await again.aclose()

    for file in (case.path.parent / "hostile_module.py", case.path.parent / "hostile_package" / "inner.py"):
        file.write_text(file.read_text() + "\n# changed\n")
    changed = case.session(place, registry, troubles)
    files.open_file(changed.document, case.path, registry)
    await changed.settled()
    assert changed.link is None
    assert changed.code
    await changed.aclose()


async def test_open_without_runs_the_rest_and_loses_nothing_of_the_profile(
    case: Case, place: str, registry: Registry, troubles: Troubles
) -> None:
    session = case.session(place, registry, troubles)
    files.open_file(session.document, case.path, registry)
    await session.settled()
    session.answer_code(run=False)
    await session.settled()
    assert session.link is not None, session.lost
    session.edit(("proxies", "default", "mix", "delay"), Decimal(7), "")
    await session.link.drained()
    runs = (await session.link.engine.profile()).profile
    assert [(r.behavior, r.weight) for r in runs.proxy("default").mix] == [("delay", 7)]
    assert runs.plugins == ()
    assert session.profile is not None
    assert "slowly" in [r.behavior for r in session.profile.proxy("default").mix]
    assert "callable" in files.profile_text(session.document, registry)
    await session.aclose()
    assert not case.trace.exists()
    assert not case.kept.exists()


def test_code_that_is_not_there_is_never_trusted(tmp_path: Path) -> None:
    profile = Profile(plugins=(PluginSpec("behavior", "gone", "no.such.Thing"), PluginSpec("behavior", "x", "x.py")))
    codes = named_code(profile, tmp_path)
    assert [code.file for code in codes] == ["not found", "not found"]
    trust = Trust()
    trust.remember(codes)
    assert not trust.trusts(codes)
