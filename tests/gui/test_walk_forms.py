"""Every option of every behavior of every protocol, entered by keys: right, wrong, back to the default, and undone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QWidget
from walking import no_complaint, opened, walked

from vaurien_core.errors import VaurienError
from vaurien_core.options import Option
from vaurien_core.registry import Registry
from vaurien_gui.app import App
from vaurien_gui.forms.editors import Editor
from vaurien_gui.forms.option_form import OptionForm
from vaurien_gui.forms.problem import ProblemLine
from vaurien_gui.forms.quantity import QuantityField
from vaurien_gui.views.segmented import Segmented

CATALOGUE = Registry.builtin().catalogue()
PROTOCOLS = [
    pytest.param(info.name, marks=() if info.name == "http" else pytest.mark.slow) for info in CATALOGUE.protocols
]
BEHAVIORS = [info.name for info in CATALOGUE.behaviors if info.name != "dummy"]
GOOD = ("7", "0.7", "70ms", "64KiB", "10.0.0.0/8", "deadlock", "X-Walk: *", "127.0.0.1:7")
"""For any kind of option one of these is right, and not its default."""
BAD = "n?t+right"
ENGINE_KNOWS = ("certificate", "key", "backend_verify", "redirect")
"""What only the engine finds wrong, as it reads files and dials: it says so a moment later."""
INI = """\
[vaurien]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = {protocol}
behavior = 0:delay
"""


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


@pytest.mark.timeout(240)
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_every_form_of_a_protocol_takes_keys_and_gives_back_what_was(
    app: App, tmp_path: Path, protocol: str, troubles: Troubles
) -> None:
    troubles.expected = True
    with no_complaint():
        await opened(app, tmp_path / "forms.ini", INI.format(protocol=protocol))
        app.window.proxy_panel.tuning.button.click()
        await walk_form(app, app.window.proxy_panel.tuning.form)
        app.window.proxy_panel.tuning.button.click()
        for behavior in BEHAVIORS:
            if behavior != "delay":
                app.workbench.mix.add(behavior)
                await shown()
            row = app.window.mix.row(behavior)
            QTest.keyClick(row.options_button, Qt.Key.Key_Space)
            assert row.form.isVisible(), behavior
            await shown()
            row.show_selectors()
            await walk_form(app, row.form)
        await app.session.settled()
    assert not [text for text in troubles if not told_at_the_field_too(text)]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_every_error_of_a_protocol_can_be_typed_and_is_explained(app: App, tmp_path: Path, protocol: str) -> None:
    with no_complaint():
        await opened(app, tmp_path / "errors.ini", INI.format(protocol=protocol))
        app.workbench.mix.add("error")
        await shown()
        row = app.window.mix.row("error")
        QTest.keyClick(row.options_button, Qt.Key.Key_Space)
        await shown()
        editor = row.form.editor("error")
        info = CATALOGUE.protocol(protocol)
        assert info is not None
        for error in info.errors:
            await enter(editor.field, error.name)
            assert app.session.proxy is not None
            assert dict(app.session.proxy.behavior("error").options).get("error") == error.name, problems(row.form)
            assert not problems(row.form) or "before" not in error.phases, error.name
            notes = row.form.findChildren(QWidget)
            assert any(n.isVisible() and error.title in getattr(n, "text", str)() for n in notes), error.name
        await enter(editor.field, "no-such-error")
        (said,) = problems(row.form)
        assert "no-such-error" in said


async def walk_form(app: App, form: OptionForm) -> None:
    """All its fields, one after the other."""
    undo = app.session.document.undo
    for editor in form.findChildren(Editor):
        begin, before, said = undo.index(), app.session.document.profile, problems(form)
        if not editor.isEnabled():
            needed, _, value = editor.option.depends_on.partition("=")
            await enter(
                form.editor(needed).field, value or next(t for t in GOOD if right(form.editor(needed).option, t))
            )
        if not editor.isVisible():
            continue  # behind a fold of its own; opened by the next walk
        assert editor.isEnabled(), editor.option.name
        await walk_field(app, form, editor)
        while undo.index() > begin:
            undo.undo()
        await shown()
        assert app.session.document.profile == before, editor.option.name
        assert problems(form) == said, editor.option.name


async def walk_field(app: App, form: OptionForm, editor: Editor) -> None:
    """Another value, then nonsense, then the default."""
    field, option = editor.field, editor.option
    before, stands = app.session.document.profile, problems(form)
    if isinstance(field, (QCheckBox, Segmented, QComboBox)):
        await turn(field)
        assert app.session.document.profile != before, option.name
        return
    good = next((text for text in GOOD if right(option, text)), GOOD[0])
    await enter(field, good)
    changed = app.session.document.profile != before
    assert changed or problems(form), f"{option.name}: {good} is neither taken nor refused"
    after = app.session.document.profile
    await enter(field, BAD)
    said = [text for text in problems(form) if text not in stands]
    if not right(option, BAD):
        assert len(said) == 1, f"{option.name}: {said}"
        assert app.session.document.profile == after, option.name
    for text in said:
        assert not text.startswith(("expected", "requests")), (option.name, text)
        assert text.endswith("."), (option.name, text)
        assert "\n" not in text, (option.name, text)
    await enter(field, "")
    assert problems(form) == stands or option.name in ENGINE_KNOWS, (option.name, problems(form))
    left = field.lineEdit().text() if isinstance(field, QuantityField) else ""
    assert not left or option.parse(left) == option.default, (option.name, left)


def told_at_the_field_too(text: str) -> bool:
    """The bar has it, and the field as well."""
    return any(f"{name}: expected" in text for name in ENGINE_KNOWS)


def right(option: Option, text: str) -> bool:
    """Whether an option takes a text, for another value than its default."""
    try:
        return option.parse(text) != option.default
    except VaurienError:
        return False


async def enter(field: QWidget, text: str) -> None:
    """Select all, type, Return; with the keys alone."""
    if isinstance(field, (Segmented, QComboBox)):
        QTest.keyClick(field, Qt.Key.Key_Home)
        for _ in range(12):
            if text in (getattr(field, "current", ""), field.currentData() if isinstance(field, QComboBox) else ""):
                return
            QTest.keyClick(field, Qt.Key.Key_Right if isinstance(field, Segmented) else Qt.Key.Key_Down)
            await shown()
        raise AssertionError(f"{text} is no choice")
    field.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(field, Qt.Key.Key_Delete)
    QTest.keyClicks(field, text)
    popup = QApplication.activePopupWidget()
    if popup is not None:
        popup.close()
    QTest.keyClick(field, Qt.Key.Key_Return)
    await shown()


async def turn(field: QWidget) -> None:
    """The next choice, or the other one."""
    field.setFocus(Qt.FocusReason.TabFocusReason)
    if isinstance(field, QCheckBox):
        QTest.keyClick(field, Qt.Key.Key_Space)
    elif isinstance(field, Segmented):
        before = field.current
        QTest.keyClick(field, Qt.Key.Key_Right)
        if field.current == before:
            QTest.keyClick(field, Qt.Key.Key_Left)
    elif isinstance(field, QComboBox):
        last = field.currentIndex() == field.count() - 1
        QTest.keyClick(field, Qt.Key.Key_Up if last else Qt.Key.Key_Down)
    await shown()


async def shown() -> None:
    """The window shows a change in the loop's next turns."""
    for _ in range(4):
        await asyncio.sleep(0.001)


def problems(form: OptionForm) -> list[str]:
    """The sentences under the fields."""
    return [line.accessibleName() for line in form.findChildren(ProblemLine) if line.isVisible()]


async def test_what_the_engine_refuses_is_said_at_its_field_until_it_is_another_value(
    app: App, tmp_path: Path, troubles: Troubles
) -> None:
    troubles.expected = True
    await opened(app, tmp_path / "refused.ini", INI.format(protocol="http"))
    fold = app.window.proxy_panel.tuning
    QTest.keyClick(fold.button, Qt.Key.Key_Space)
    await shown()
    await enter(fold.form.editor("tls").field, "terminate")
    await enter(fold.form.editor("certificate").field, "nowhere.pem")
    await wait_until(lambda: problems(fold.form))
    (said,) = problems(fold.form)
    assert said.startswith("Expected a PEM file")
    assert "nowhere.pem" in said
    app.session.document.undo.undo()
    await shown()
    assert not problems(fold.form)
