"""Every control has a name of its own, and Tab comes to each of them and leaves it again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QWidget
from walking import (
    described,
    nameless,
    namesakes,
    no_complaint,
    running,
    tab_round,
    unreached,
    walked,
)

from vaurien_gui.app import App
from vaurien_gui.views.window import MainWindow


@pytest.fixture(params=["child", pytest.param("local", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest) -> str:
    place: str = request.param
    return place


@pytest.fixture
async def app(
    place: str, settings: QSettings, troubles: Troubles, qapp: QApplication, tmp_path: Path
) -> AsyncIterator[App]:
    async with walked(place, settings, troubles, qapp, tmp_path) as made:
        yield made


SHOWN: dict[str, Callable[[App], object]] = {
    "as it opens": lambda app: None,
    "options": lambda app: (app.window.mix.open_options("delay"), app.window.mix.row("delay").show_selectors()),
    "tuning": lambda app: app.window.proxy_panel.tuning.button.click(),
    "log": lambda app: app.actions["tab-log"].trigger(),
    "scenario": lambda app: app.actions["tab-scenario"].trigger(),
    "expectations": lambda app: app.actions["tab-expectations"].trigger(),
    "data table": lambda app: app.actions["data-table"].trigger(),
    "trace": lambda app: app.actions["journal-detail"].trigger(),
    "note": lambda app: app.actions["note"].trigger(),
    "staged": lambda app: app.session.applying.set_mode("staged"),
    "all normal": lambda app: app.session.all_normal(),
    "small": lambda app: app.window.resize(960, 600),
}
"""What changes which controls the window has."""


def faults(root: QWidget) -> list[str]:
    """What is wrong with the controls in sight, as lines."""
    window = root.window()
    found = [f"no name: {each}" for each in nameless(root)]
    found += [f"same name: {each}" for each in namesakes(root)]
    first = QApplication.focusWidget() or window
    forth = tab_round(window, first)
    back = tab_round(window, forth[-1], back=True)
    found += [f"Tab never comes to: {each}" for each in unreached(root, forth)]
    found += [f"not in reading order: {each}" for each in jumps(window, forth)]
    if {id(w) for w in forth} != {id(w) for w in back}:
        found.append(f"back is another round: {len(forth)} forth, {len(back)} back")
    return found


def jumps(window: QWidget, stops: list[QWidget]) -> list[str]:
    """Where the round goes back: to a part above, or up within the left column."""
    if not isinstance(window, MainWindow):
        return []
    left = (window.proxy_list, window.proxy_panel, window.mix, window.toxics)
    parts = (window.toolbar, window.band, *left, window.graphs, window.journal)
    places = [next((at for at, part in enumerate(parts) if part.isAncestorOf(stop)), None) for stop in stops]
    if 0 not in places:
        return []
    begin = next(at for at, place in enumerate(places) if place == 0 and places[at - 1] != 0)
    turned = zip([*places[begin:], *places[:begin]], [*stops[begin:], *stops[:begin]], strict=True)
    walked = [(place, stop) for place, stop in turned if place is not None]
    wrong = [described(b) for (a_at, _), (b_at, b) in pairwise(walked) if b_at < a_at]
    column = [stop for place, stop in walked if parts[place] in left]
    tops = [stop.mapTo(window, stop.rect().center()).y() for stop in column]
    return wrong + [described(b) for b, (y1, y2) in zip(column[1:], pairwise(tops), strict=True) if y2 < y1 - 12]


@pytest.mark.timeout(240)
async def test_each_control_of_the_window_has_a_name_and_a_place_in_the_round_of_tab(app: App, tmp_path: Path) -> None:
    with no_complaint():
        app.window.empty.setFocus()
        found = [f"empty page: {each}" for each in faults(app.window)]
        await running(app, tmp_path / "walk.ini")
        for state, show in SHOWN.items():
            show(app)
            await wait_until(lambda: app.session.state)
            found += [f"{state}: {each}" for each in faults(app.window)]
    assert not found, "\n".join(dict.fromkeys(found))
