"""Forms are made of options: every kind has an editor, values arrive without disturbing who types."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QWidget

from vaurien_core.options import Kind, Option, OptionValue
from vaurien_gui.forms.editors import label_of
from vaurien_gui.forms.fields import CommitEdit
from vaurien_gui.forms.option_form import OptionForm
from vaurien_gui.forms.quantity import QuantityField, step_of, text_of
from vaurien_gui.models.shown import FormRow
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.segmented import Segmented

HELP = "What it is for"
EVERY_KIND: list[tuple[Option, OptionValue, str]] = [
    (Option("count", Kind.INT, 3, HELP, unit="bytes"), 12, "12 bytes"),
    (Option("ratio", Kind.FLOAT, 0.5, HELP), 1.5, "1.5"),
    (Option("on", Kind.BOOL, False, HELP), True, "true"),
    (Option("maybe", Kind.BOOL, None, HELP), True, "true"),
    (Option("text", Kind.TEXT, "", HELP), "hello", "hello"),
    (Option("path", Kind.REGEX, "", HELP), "^/a", "^/a"),
    (Option("way", Kind.CHOICE, "a", HELP, choices=("a", "b")), "b", "b"),
    (Option("many", Kind.CHOICE, "a", HELP, choices=tuple("abcdef")), "c", "c"),
    (Option("sleep", Kind.DURATION, 1.0, HELP, unit="s", minimum=0), 0.3, "300 ms"),
    (Option("size", Kind.BYTES, 0, HELP), 65536, "64 KiB"),
    (Option("rate", Kind.RATE, 0.0, HELP, unit="KB/s"), 100.0, "100 KB/s"),
    (Option("share", Kind.PERCENT, 0.0, HELP, unit="%"), 12.5, "12.5 %"),
    (Option("codes", Kind.LIST, (), HELP), ("1", "2"), "1, 2"),
    (Option("token", Kind.SECRET, "", HELP), "s3cret", "s3cret"),
]


@pytest.fixture(scope="module")
def theme(qapp: QApplication) -> Theme:
    made = Theme("light")
    made.apply(qapp)
    return made


@pytest.fixture
def form(theme: Theme, qtbot) -> Iterator[OptionForm]:
    made = OptionForm(theme)
    qtbot.addWidget(made)
    made.resize(400, 600)
    made.show()
    yield made
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def row(option: Option, value: OptionValue, problem: str = "") -> FormRow:
    return FormRow(option, value, value != option.default, problem)


def shown(widget: QWidget) -> str:
    if isinstance(widget, QCheckBox):
        return "true" if widget.isChecked() else "false"
    if isinstance(widget, Segmented):
        return widget.current
    if isinstance(widget, QComboBox):
        return str(widget.currentData())
    return widget.lineEdit().text() if isinstance(widget, QuantityField) else widget.text()


def enter(qtbot, widget: QWidget, text: str) -> None:
    edit = widget.lineEdit() if isinstance(widget, QuantityField) else widget
    widget.setFocus()
    edit.selectAll()
    qtbot.keyClicks(widget, text)


def test_the_sample_has_every_kind() -> None:
    assert {option.kind for option, _, _ in EVERY_KIND} == set(Kind)


@pytest.mark.parametrize(("option", "value", "text"), EVERY_KIND, ids=lambda x: getattr(x, "name", None))
def test_every_kind_shows_its_value_has_a_name_and_tells_its_help(
    form: OptionForm, option: Option, value: OptionValue, text: str
) -> None:
    form.show_rows("A sentence.", (row(option, value),))
    field = form.editor(option.name).field
    assert shown(field) == text
    reader = QAccessible.queryAccessibleInterface(field)
    assert reader.text(QAccessible.Text.Name)
    assert HELP in (reader.text(QAccessible.Text.Description), field.accessibleDescription(), field.toolTip())
    assert option.parse(text) == value, "what is shown can be read back"


@pytest.mark.parametrize(("option", "value", "text"), EVERY_KIND, ids=lambda x: getattr(x, "name", None))
def test_every_kind_tells_what_a_person_wants(
    form: OptionForm, qtbot, option: Option, value: OptionValue, text: str
) -> None:
    form.show_rows("", (row(option, option.default),))
    field = form.editor(option.name).field
    with qtbot.waitSignal(form.edited) as told:
        if isinstance(field, QCheckBox):
            field.click()
        elif isinstance(field, Segmented):
            field.setFocus()
            qtbot.keyClick(field, Qt.Key.Key_Right)
        elif isinstance(field, QComboBox):
            field.setCurrentIndex(field.findData(text))
            field.activated.emit(field.currentIndex())
        else:
            enter(qtbot, field, text)
            qtbot.keyClick(field, Qt.Key.Key_Return)
    assert told.args == [option.name, text]


def test_a_secret_is_masked(form: OptionForm) -> None:
    form.show_rows("", (row(Option("token", Kind.SECRET, "", HELP), "s3cret"),))
    assert form.editor("token").field.echoMode() is QLineEdit.EchoMode.Password


SLEEP = Option("sleep", Kind.DURATION, 1.0, HELP, unit="s", minimum=0)


def test_a_value_from_elsewhere_leaves_what_is_being_typed(form: OptionForm, qtbot) -> None:
    form.show_rows("", (row(SLEEP, 0.3),))
    field = form.editor("sleep").field
    enter(qtbot, field, "2.5")
    for number in range(10):
        form.show_rows(f"{number}", (row(SLEEP, 0.1 * number),))
    assert shown(field) == "2.5"
    with qtbot.waitSignal(form.edited) as told:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert told.args == ["sleep", "2.5"]
    form.show_rows("", (row(SLEEP, 2.5),))
    assert shown(field) == "2.5 s"


def test_a_refused_value_stays_for_correction_with_its_problem_under_it(form: OptionForm, qtbot) -> None:
    form.show_rows("", (row(SLEEP, 0.3),))
    field = form.editor("sleep").field
    enter(qtbot, field, "-1 s")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    form.show_rows("", (row(SLEEP, 0.3, "Expected at least 0 s, got -1."),))
    assert shown(field) == "-1 s"
    assert field.property("problem") is True
    names = [w.accessibleName() for w in form.findChildren(QWidget) if w.isVisible()]
    assert "Expected at least 0 s, got -1." in names
    form.show_rows("", (row(SLEEP, 0.3),))
    assert shown(field) == "300 ms"


def test_escape_takes_the_typing_back(form: OptionForm, qtbot) -> None:
    form.show_rows("", (row(SLEEP, 0.3),))
    field = form.editor("sleep").field
    enter(qtbot, field, "9")
    with qtbot.assertNotEmitted(form.edited):
        qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert shown(field) == "300 ms"


def test_an_emptied_field_goes_back_to_the_default(form: OptionForm, qtbot) -> None:
    form.show_rows("", (row(SLEEP, 0.3),))
    field = form.editor("sleep").field
    field.setFocus()
    field.lineEdit().selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    with qtbot.waitSignal(form.reset) as told:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert told.args == ["sleep"]
    assert field.lineEdit().placeholderText() == "1 s"


def test_the_arrow_back_shows_only_where_something_was_changed(form: OptionForm, qtbot) -> None:
    form.show_rows("", (row(SLEEP, 1.0),))
    action = form.editor("sleep").field.lineEdit().actions()[0]
    assert not action.isVisible()
    form.show_rows("", (row(SLEEP, 0.3),))
    assert action.isVisible()
    with qtbot.waitSignal(form.reset) as told:
        action.trigger()
    assert told.args == ["sleep"]


def test_fields_are_kept_while_the_options_are_the_same(form: OptionForm) -> None:
    form.show_rows("", (row(SLEEP, 0.3),))
    before = form.editor("sleep")
    form.show_rows("other", (row(SLEEP, 0.4),))
    assert form.editor("sleep") is before


def test_an_option_that_depends_on_another_waits_for_it(form: OptionForm) -> None:
    jitter = Option("jitter", Kind.DURATION, 0.0, HELP, unit="s")
    spread = Option("spread", Kind.CHOICE, "a", HELP, choices=("a", "b"), depends_on="jitter")
    form.show_rows("", (row(jitter, 0.0), row(spread, "a")))
    assert not form.editor("spread").isEnabled()
    form.show_rows("", (row(jitter, 0.1), row(spread, "a")))
    assert form.editor("spread").isEnabled()


def test_advanced_options_are_folded_until_one_has_a_problem(form: OptionForm) -> None:
    warmup = Option("warmup", Kind.INT, 0, HELP, advanced=True)
    form.show_rows("", (row(SLEEP, 1.0), row(warmup, 0)))
    assert not form.editor("warmup").isVisible()
    form.show_rows("", (row(SLEEP, 1.0), row(warmup, 0, "Expected a whole number.")))
    assert form.editor("warmup").isVisible()


def test_many_choices_or_little_room_make_a_combo_box(form: OptionForm, qtbot) -> None:
    few = Option("way", Kind.CHOICE, "uniform", HELP, choices=("uniform", "normal", "lognormal", "pareto"))
    form.show_rows("", (row(few, "normal"),))
    qtbot.waitUntil(lambda: isinstance(form.editor("way").field, Segmented))
    form.resize(200, 600)
    qtbot.waitUntil(lambda: isinstance(form.editor("way").field, QComboBox))
    assert shown(form.editor("way").field) == "normal"


def test_arrow_keys_step_within_the_limits(form: OptionForm, qtbot) -> None:
    form.show_rows("", (row(SLEEP, 0.3),))
    field = form.editor("sleep").field
    field.setFocus()
    with qtbot.waitSignal(form.edited) as told:
        qtbot.keyClick(field, Qt.Key.Key_Up)
    assert told.args == ["sleep", "310 ms"]
    for _ in range(60):
        qtbot.keyClick(field, Qt.Key.Key_PageDown)
    assert SLEEP.parse(shown(field)) == 0


@pytest.mark.parametrize(
    ("kind", "unit", "value", "step"),
    [(Kind.INT, "", 40, 1), (Kind.DURATION, "s", 0.3, 0.01), (Kind.DURATION, "s", 0, 0.1),
     (Kind.BYTES, "", 2**21, 2**20), (Kind.BYTES, "", 2048, 1024), (Kind.RATE, "KB/s", 200, 10)],
)  # fmt: skip
def test_steps_suit_the_size_of_the_number(kind: Kind, unit: str, value: float, step: float) -> None:
    assert step_of(Option("x", kind, 0, HELP, unit=unit), value) == pytest.approx(step)


def test_numbers_keep_their_unit_and_labels_are_words() -> None:
    assert text_of(Option("x", Kind.BYTES, 0, HELP), 100) == "100 B"
    assert text_of(Option("x", Kind.DURATION, None, HELP, unit="s"), None) == ""
    assert label_of(Option("keep_alive", Kind.BOOL, True, HELP)) == "Keep alive"


def test_typing_is_told_once_after_a_pause(theme: Theme, qtbot) -> None:
    edit = CommitEdit(theme, "Backend")
    qtbot.addWidget(edit)
    edit.show()
    told: list[str] = []
    edit.typed.connect(told.append)
    with qtbot.waitSignal(edit.typed, timeout=3000):
        qtbot.keyClicks(edit, "abc")
    assert told == ["abc"]


def test_another_thing_is_shown_even_over_typing(theme: Theme, qtbot) -> None:
    edit = CommitEdit(theme, "Backend")
    qtbot.addWidget(edit)
    edit.show_text("one")
    edit.show()
    qtbot.keyClicks(edit, "x")
    edit.show_text("two")
    assert "x" in edit.text()
    edit.show_text("two", force=True)
    assert edit.text() == "two"
