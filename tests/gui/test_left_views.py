"""The left-hand views, the band and the sheets show values in place and tell what a hand wants."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QFont, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QWidget

sys.path.insert(0, str(Path(__file__).parent))

import gallery
import samples

from vaurien_gui.models.mix_model import MixModel
from vaurien_gui.models.shown import BandKind, ProbeLine, ProxyRow
from vaurien_gui.style.controls import Button
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.band import StateBand
from vaurien_gui.views.callout import Callout, Step
from vaurien_gui.views.empty_page import EmptyPage
from vaurien_gui.views.export_sheet import ExportSheet
from vaurien_gui.views.messagebar import MessageBar, Toast
from vaurien_gui.views.mixpanel import MixPanelView
from vaurien_gui.views.proxylist import ProxyList
from vaurien_gui.views.proxypanel import ProxyPanel
from vaurien_gui.views.recent import RecentFile, RecentRow
from vaurien_gui.views.sheet import Sheet
from vaurien_gui.views.slider import WeightSlider
from vaurien_gui.views.toolbar import ToolBar


@pytest.fixture(scope="module")
def applied(qapp: QApplication) -> Theme:
    made = Theme("light")
    made.apply(qapp)
    return made


@pytest.fixture
def theme(applied: Theme, qapp: QApplication) -> Iterator[Theme]:
    yield applied
    gallery.forget()
    if applied.dark:
        applied.set_mode("light")


@pytest.fixture
def panel(theme: Theme, qtbot) -> Iterator[MixPanelView]:
    made = MixPanelView(theme)
    qtbot.addWidget(made)
    made.resize(400, 700)
    made.show_mix(samples.mix())
    made.show()
    yield made


def click(qtbot, widget: QWidget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def wheel(widget: QWidget) -> QWheelEvent:
    at = QPointF(widget.rect().center())
    return QWheelEvent(
        at, widget.mapToGlobal(at), QPoint(0, 0), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip


# --- the band and the toolbar


def test_the_band_says_its_state_in_words_and_tells_its_actions(theme: Theme, qtbot) -> None:
    band = StateBand(theme)
    qtbot.addWidget(band)
    for kind in BandKind:
        band.show_state(samples.BANDS[kind.value])
        assert samples.BANDS[kind.value].head in band.accessibleName()
    with qtbot.waitSignal(band.action) as told:
        click(qtbot, band.findChildren(Button)[-1])
    assert told.args == ["free-port"]


def test_a_countdown_in_the_band_changes_no_button(theme: Theme, qtbot) -> None:
    band = StateBand(theme)
    qtbot.addWidget(band)
    state = samples.BANDS["faults"]
    band.show_state(state)
    button = band.findChildren(Button)[0]
    action = replace(state.actions[0], text="Auto-off in 14:17")
    band.show_state(replace(state, since="for 00:43", actions=(action,)))
    assert band.findChildren(Button) == [button]
    assert button.text() == "Auto-off in 14:17"


def test_every_state_of_the_band_is_as_high_as_the_others(theme: Theme, qtbot) -> None:
    band = StateBand(theme)
    qtbot.addWidget(band)
    heights = set()
    for state in samples.BANDS.values():
        band.show_state(state)
        heights.add(band.sizeHint().height())
    assert heights == {theme.px(44)}


def test_start_and_stop_share_a_slot_that_never_changes_its_size(theme: Theme, qtbot) -> None:
    bar = ToolBar(theme)
    qtbot.addWidget(bar)
    bar.set_state(running=False, held=False, enabled=True)
    width = bar.run_button.width()
    with qtbot.waitSignal(bar.start):
        click(qtbot, bar.run_button)
    bar.set_state(running=True, held=False, enabled=True)
    assert bar.run_button.width() == width
    with qtbot.waitSignal(bar.stop):
        click(qtbot, bar.run_button)


def test_all_normal_is_there_while_anything_runs(theme: Theme, qtbot) -> None:
    bar = ToolBar(theme)
    qtbot.addWidget(bar)
    for held in (False, True):
        bar.set_state(running=True, held=held, enabled=True)
        with qtbot.waitSignal(bar.all_normal):
            click(qtbot, bar.panic_button)
    bar.set_state(running=False, held=False, enabled=False)
    assert not bar.panic_button.isEnabled()


# --- proxies


def test_choosing_a_proxy_is_told_and_showing_one_is_not(theme: Theme, qtbot) -> None:
    proxies = ProxyList(theme)
    qtbot.addWidget(proxies)
    told: list[str] = []
    proxies.selected.connect(told.append)
    proxies.show_rows(samples.ROWS, "web")
    proxies.show_rows((replace(samples.ROWS[0], status="21 %"), samples.ROWS[1]), "web")
    assert told == []
    qtbot.keyClick(proxies.view, Qt.Key.Key_Down)
    assert told == ["orders-db"]


def test_proxies_are_added_and_removed_by_intention_only(theme: Theme, qtbot) -> None:
    proxies = ProxyList(theme)
    qtbot.addWidget(proxies)
    proxies.show_rows(samples.ROWS, "web")
    with qtbot.waitSignal(proxies.add):
        click(qtbot, proxies.add_button)
    with qtbot.waitSignal(proxies.remove) as told:
        qtbot.keyClick(proxies.view, Qt.Key.Key_Delete)
    assert told.args == ["web"]
    assert proxies.view.model().rowCount() == 2


def test_fifty_proxies_scroll_within_their_list(theme: Theme, qtbot) -> None:
    proxies = ProxyList(theme)
    qtbot.addWidget(proxies)
    rows = tuple(ProxyRow(f"proxy{n}", "tcp", ":1 → :2", "normal", running=True) for n in range(50))
    proxies.show_rows(rows, "proxy40")
    assert proxies.sizeHint().height() < theme.px(300)
    assert proxies.view.currentIndex().data() == "proxy40"


@pytest.fixture
def form(theme: Theme, qtbot) -> ProxyPanel:
    made = ProxyPanel(theme)
    qtbot.addWidget(made)
    made.show_form(samples.FORM)
    made.show()
    return made


def test_addresses_are_told_on_return_and_not_while_typing(form: ProxyPanel, qtbot) -> None:
    form.backend.setFocus()
    form.backend.selectAll()
    with qtbot.assertNotEmitted(form.backend_edited):
        qtbot.keyClicks(form.backend, "example.org:80")
        form.show_form(replace(samples.FORM, probe=ProbeLine("busy", "Looking…")))
    assert form.backend.text() == "example.org:80"
    with qtbot.waitSignal(form.backend_edited) as told:
        qtbot.keyClick(form.backend, Qt.Key.Key_Return)
    assert told.args == ["example.org:80"]
    with qtbot.assertNotEmitted(form.backend_edited):
        qtbot.keyClick(form.backend, Qt.Key.Key_Return)


def test_another_proxy_replaces_what_was_typed(form: ProxyPanel, qtbot) -> None:
    qtbot.keyClicks(form.listen, "9")
    form.show_form(replace(samples.FORM, name="orders-db", listen="127.0.0.1:3307"))
    assert form.listen.text() == "127.0.0.1:3307"


def test_problems_stand_under_their_field_and_verdicts_offer_actions(form: ProxyPanel, qtbot) -> None:
    form.show_form(samples.BAD_FORM)
    assert form.backend.property("problem") is True
    assert not form.listen.property("problem")
    button = next(b for b in form.findChildren(Button) if b.text() == "Retry")
    with qtbot.waitSignal(form.action) as told:
        click(qtbot, button)
    assert told.args == ["retry"]


def test_probing_takes_what_is_typed_first(form: ProxyPanel, qtbot) -> None:
    form.backend.setText("")
    qtbot.keyClicks(form.backend, "localhost:81")
    with qtbot.waitSignals([form.backend_edited, form.probe], order="strict"):
        click(qtbot, form.probe_button)


def test_choosing_a_protocol_is_told_and_showing_one_is_not(form: ProxyPanel, qtbot) -> None:
    told: list[str] = []
    form.protocol_edited.connect(told.append)
    form.show_form(replace(samples.FORM, protocol="tcp"))
    assert (form.protocol.currentText(), told) == ("TCP", [])
    form.protocol.setFocus()
    qtbot.keyClick(form.protocol, Qt.Key.Key_Up)
    assert told == ["http"]


# --- the mix


@pytest.mark.parametrize(
    ("key", "shift", "value"),
    [("Up", False, "11"), ("Right", True, "10.1"), ("Down", False, "9"), ("PageUp", False, "20"),
     ("PageDown", False, "0"), ("Home", False, "0"), ("End", False, "90")],
)  # fmt: skip
def test_keys_move_a_weight(panel: MixPanelView, qtbot, key: str, shift: bool, value: str) -> None:
    modifier = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    with qtbot.waitSignal(panel.weight_edited) as told:
        qtbot.keyClick(panel.row("delay").slider, Qt.Key[f"Key_{key}"], modifier)
    assert told.args == ["delay", Decimal(value), False]


def test_the_thumb_stops_at_the_limit(panel: MixPanelView, qtbot) -> None:
    slider = panel.row("delay").slider
    told: list[tuple[str, Decimal, bool]] = []
    panel.weight_edited.connect(lambda *args: told.append(args))
    start = QPoint(round(slider._x(slider.value())), slider.height() // 2)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(slider, QPoint(slider.width() + 50, slider.height() // 2))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() + 50, 5))
    assert told[-1] == ("delay", Decimal(90), False)
    assert told[0][2], "the first ones are part of the drag"


def test_values_that_arrive_under_a_drag_move_nothing(panel: MixPanelView, qtbot) -> None:
    slider = panel.row("delay").slider
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 2, 5))
    held = slider.value()
    for measured in range(20):
        mix = samples.mix()
        rows = (replace(mix.rows[0], measured=f"{measured} %"), *mix.rows[1:])
        panel.show_mix(replace(mix, rows=rows))
        assert slider.value() == held
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 2, 5))


def test_updates_rebuild_nothing_and_keep_the_focus(panel: MixPanelView, qtbot) -> None:
    panel.open_options("delay")
    widgets = set(panel.findChildren(QWidget))
    spin = panel.row("error").spin
    spin.setFocus()
    qtbot.waitUntil(spin.hasFocus)
    for number in range(20):
        mix = samples.mix(held=bool(number % 2))
        rows = tuple(replace(row, measured=f"{number} %", weight=row.weight + 1) for row in mix.rows)
        panel.show_mix(replace(mix, rows=rows, normal=Decimal(76)))
    assert set(panel.findChildren(QWidget)) == widgets
    assert spin.hasFocus()


@pytest.mark.parametrize("part", ["slider", "spin"])
def test_the_wheel_changes_nothing_without_the_focus(panel: MixPanelView, qtbot, part: str) -> None:
    widget = getattr(panel.row("delay"), part)
    panel.add_button.setFocus()
    told: list[object] = []
    panel.weight_edited.connect(lambda *args: told.append(args))
    event = wheel(widget)
    QApplication.sendEvent(widget, event)
    assert (told, event.isAccepted()) == ([], False)
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)
    QApplication.sendEvent(widget, wheel(widget))
    assert told == [("delay", Decimal(11), False)]


def type_weight(qtbot, panel: MixPanelView, behavior: str, text: str) -> QWidget:
    spin = panel.row(behavior).spin
    spin.setFocus()
    spin.lineEdit().selectAll()
    qtbot.keyClicks(spin, text)
    return spin


def test_a_typed_weight_is_told_exactly(panel: MixPanelView, qtbot) -> None:
    spin = type_weight(qtbot, panel, "error", "12,5")
    with qtbot.waitSignal(panel.weight_edited) as told:
        qtbot.keyClick(spin, Qt.Key.Key_Return)
    assert told.args == ["error", Decimal("12.5"), False]


def test_nonsense_is_taken_back(panel: MixPanelView, qtbot) -> None:
    spin = type_weight(qtbot, panel, "error", "many")
    with qtbot.assertNotEmitted(panel.weight_edited):
        qtbot.keyClick(spin, Qt.Key.Key_Return)
    assert spin.text() == "5.0 %"


def test_typing_more_than_fits_offers_two_ways_and_return_takes_the_first(panel: MixPanelView, qtbot) -> None:
    spin = type_weight(qtbot, panel, "error", "90")
    assert spin.property("problem") is True
    buttons = {b.text(): b for b in panel.row("error").findChildren(Button) if b.isVisible()}
    assert {"Set to 85 %", "Make room"} <= set(buttons)
    with qtbot.waitSignal(panel.weight_edited) as told:
        qtbot.keyClick(spin, Qt.Key.Key_Return)
    assert told.args == ["error", Decimal(85), False]
    assert not buttons["Make room"].isVisible()


def test_making_room_asks_for_what_was_typed(panel: MixPanelView, qtbot) -> None:
    type_weight(qtbot, panel, "error", "90")
    button = next(b for b in panel.row("error").findChildren(Button) if b.text() == "Make room")
    with qtbot.waitSignal(panel.make_room) as told:
        click(qtbot, button)
    assert told.args == ["error", Decimal(90)]


def test_the_figure_shows_what_a_file_says_and_is_not_rounded(panel: MixPanelView, qtbot) -> None:
    mix = samples.mix()
    panel.show_mix(replace(mix, rows=(replace(mix.rows[0], weight=Decimal("12.55")), *mix.rows[1:])))
    assert panel.row("delay").spin.text() == "12.55 %"


def test_options_open_under_one_row_at_a_time(panel: MixPanelView, qtbot) -> None:
    click(qtbot, panel.row("delay").options_button)
    assert panel.row("delay").form.isVisible()
    click(qtbot, panel.row("error").options_button)
    assert not panel.row("delay").form.isVisible()
    assert panel.row("error").form.isVisible()


def test_an_edited_option_names_its_behavior(panel: MixPanelView, qtbot) -> None:
    panel.open_options("delay")
    with qtbot.waitSignal(panel.option_edited) as told:
        click(qtbot, panel.row("delay").form.editor("before").field)
    assert told.args == ["delay", "before", "false"]


def test_the_menu_is_grouped_and_a_new_row_gets_the_focus(panel: MixPanelView, qtbot) -> None:
    entries = [(a.text(), a.isEnabled()) for a in panel.menu().actions() if not a.isSeparator()]
    assert entries == [("Errors", False), ("Transient", True), ("Connection", False), ("Blackout", True)]
    with qtbot.waitSignal(panel.add_requested) as told:
        next(a for a in panel.menu().actions() if a.text() == "Blackout").trigger()
    assert told.args == ["blackout"]
    mix, info = samples.mix(), samples.ADDABLE[0]
    before = panel.row("delay")
    panel.show_mix(replace(mix, rows=(*mix.rows, samples.mix_row(info, "0", "0.0 %"))))
    qtbot.waitUntil(panel.row("blackout").slider.hasFocus)
    assert panel.row("delay") is before


def test_a_removed_row_goes_and_the_others_stay(panel: MixPanelView, qtbot) -> None:
    with qtbot.waitSignal(panel.remove_requested) as told:
        panel.open_options("hang")
        click(qtbot, panel.row("hang").remove_button)
    assert told.args == ["hang"]
    mix, kept = samples.mix(), panel.row("abort")
    panel.show_mix(replace(mix, rows=mix.rows[:3]))
    assert panel.row("abort") is kept
    with pytest.raises(KeyError):
        panel.row("hang")


def test_a_mix_over_100_offers_to_scale_and_an_override_to_end(panel: MixPanelView, qtbot) -> None:
    panel.show_mix(replace(samples.mix(), over="118 %", override="Held at error by the API"))
    for words, name in (("Scale to 100", "scale-to-100"), ("Back to the mix", "back-to-mix")):
        with qtbot.waitSignal(panel.action) as told:
            click(qtbot, next(b for b in panel.findChildren(Button) if b.text() == words and b.isVisible()))
        assert told.args == [name]


def test_the_bar_is_a_sentence_for_readers_and_leads_to_rows(panel: MixPanelView, qtbot) -> None:
    assert panel.bar.accessibleDescription() == "Delay 10 %, Error 5 %, Abort 3 %, Hang 2 %, normal 80 %"
    qtbot.mouseClick(panel.bar, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    qtbot.waitUntil(panel.row("delay").slider.hasFocus)


def test_a_slider_says_its_value_to_readers(panel: MixPanelView) -> None:
    reader = QAccessible.queryAccessibleInterface(panel.row("delay").slider)
    assert reader.text(QAccessible.Text.Name) == "Delay weight"
    assert reader.valueInterface().currentValue() == 100


def test_dragging_through_the_model_never_moves_another_row(panel: MixPanelView, qtbot) -> None:
    model = MixModel.of((row.behavior, row.weight) for row in samples.mix().rows)

    def apply(behavior: str, value: Decimal, dragging: bool) -> None:
        nonlocal model
        model = model.set(behavior, value)
        rows = tuple(
            replace(row, weight=model.weight(row.behavior), limit=model.limit(row.behavior))
            for row in samples.mix().rows
        )
        panel.show_mix(replace(samples.mix(), rows=rows, normal=model.normal))

    panel.weight_edited.connect(apply)
    slider = panel.row("error").slider
    others = {n: panel.row(n).slider.value() for n in ("delay", "abort", "hang")}
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(10, 5))
    for x in (40, 90, slider.width() + 100):
        qtbot.mouseMove(slider, QPoint(x, 5))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() + 100, 5))
    assert model.total == 100
    assert {n: panel.row(n).slider.value() for n in others} == others
    assert panel.row("error").spin.text() == "85.0 %"


# --- sheets, page, messages, hints


def sheet_over(theme: Theme, qtbot) -> tuple[QWidget, Sheet, ExportSheet, QAbstractButton]:
    root, band = gallery.window(theme, "faults", QWidget())
    qtbot.addWidget(root)
    content = ExportSheet(theme)
    content.show_export(samples.EXPORTS, True, "Accepted", "1 proxy")
    sheet = Sheet(theme, root, band, content)
    root.show()
    outside = root.findChild(ToolBar).export_button
    outside.setFocus()
    qtbot.waitUntil(outside.hasFocus)
    sheet.open()
    return root, sheet, content, outside


def test_a_sheet_keeps_the_focus_inside_and_gives_it_back(theme: Theme, qtbot) -> None:
    _, sheet, content, outside = sheet_over(theme, qtbot)
    qtbot.waitUntil(content.copy_button.hasFocus)
    seen = set()
    for _ in range(12):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        seen.add(QApplication.focusWidget())
    assert {content.copy_button, content.save_button, content.done_button, content.close_button} <= seen
    assert all(sheet.isAncestorOf(widget) for widget in seen)
    with qtbot.waitSignal(sheet.closed):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert outside.hasFocus()


def test_a_sheet_leaves_the_band_lit(theme: Theme, qtbot) -> None:
    root, _, _, _ = sheet_over(theme, qtbot)
    band = root.findChild(StateBand)
    middle = band.mapTo(root, QPoint(band.width() // 2, band.height() - 4))
    image = root.grab().toImage()
    assert image.pixelColor(middle) == theme.color("band.faults.background")
    below = band.mapTo(root, QPoint(20, band.height() + 20))
    assert image.pixelColor(below) != theme.color("window")


def test_ctrl_tab_goes_round_the_forms_and_each_says_what_it_is_for(theme: Theme, qtbot) -> None:
    _, _, content, _ = sheet_over(theme, qtbot)
    seen, notes = [], set()
    for _ in range(content.tabs.count()):
        seen.append(content.tabs.tabText(content.tabs.currentIndex()))
        notes.add(content._intro.text())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
    assert seen == [page.title for page in samples.EXPORTS]
    assert len(notes) == len(seen)
    assert content.tabs.currentIndex() == 0
    with qtbot.waitSignal(content.save_as) as told:
        click(qtbot, content.save_button)
    assert told.args == ["ini"]


def test_export_copies_the_tab_that_is_open(theme: Theme, qtbot) -> None:
    _, _, content, _ = sheet_over(theme, qtbot)
    with qtbot.waitSignal(content.copy) as told:
        click(qtbot, content.copy_button)
    assert told.args == [samples.INI, "INI"]
    content.tabs.setCurrentIndex(1)
    with qtbot.waitSignal(content.copy) as told:
        click(qtbot, content.copy_button)
    assert told.args == [samples.EXPORTS[1].text, "Command"]
    for button, signal in ((content.save_button, content.save_as), (content.done_button, content.done)):
        with qtbot.waitSignal(signal):
            click(qtbot, button)


def test_the_empty_page_offers_three_ways_and_recent_files(theme: Theme, qtbot) -> None:
    page = EmptyPage(theme)
    qtbot.addWidget(page)
    page.show_recent((RecentFile("/x/a.ini", "a.ini", "/x", "today"),))
    for button, signal in ((page.demo_button, page.demo), (page.new_button, page.new), (page.open_button, page.open)):
        with qtbot.waitSignal(signal):
            click(qtbot, button)
    with qtbot.waitSignal(page.recent) as told:
        page.findChild(RecentRow).click()
    assert told.args == ["/x/a.ini"]


def test_a_message_bar_stays_until_it_is_answered(theme: Theme, qtbot) -> None:
    bar = MessageBar(theme)
    qtbot.addWidget(bar)
    bar.show_message("a.ini changed on disk", samples.BANDS["failed"].actions, "warn")
    with qtbot.waitSignal(bar.action) as told:
        click(qtbot, next(b for b in bar.findChildren(Button) if b.text() == "Who has it?"))
    assert told.args == ["who"]
    with qtbot.waitSignal(bar.closed):
        click(qtbot, bar.close_button)
    assert bar.isHidden()


def test_a_toast_takes_no_focus(theme: Theme, qtbot) -> None:
    root, _ = gallery.window(theme, "normal", QWidget())
    qtbot.addWidget(root)
    root.show()
    before = QApplication.focusWidget()
    toast = Toast(theme, root)
    toast.show_text("Journal cleared")
    assert toast.isVisible()
    assert QApplication.focusWidget() is before


@pytest.mark.parametrize("skip", [False, True])
def test_hints_go_on_with_next_and_end_with_escape(theme: Theme, qtbot, skip: bool) -> None:
    root, _ = gallery.window(theme, "faults", gallery.left(theme))
    qtbot.addWidget(root)
    root.show()
    steps = [Step(root.findChild(kind), kind.__name__, "Words.") for kind in (MixPanelView, ToolBar, StateBand)]
    callout = Callout(theme, root, steps)
    ends: list[bool] = []
    callout.finished.connect(ends.append)
    callout.begin()
    click(qtbot, callout.next_button)
    assert (callout.step, ends) == (1, [])
    assert root.rect().contains(callout.geometry())
    if skip:
        qtbot.keyClick(callout.next_button, Qt.Key.Key_Escape)
    else:
        click(qtbot, callout.next_button)
        click(qtbot, callout.next_button)
    assert ends == [skip]
    assert callout.isHidden()


# --- all of them


@pytest.mark.parametrize(
    ("family", "pixels", "mode"), [("DejaVu Sans", 12, "light"), ("DejaVu Sans", 19, "dark"), ("Inter", 12, "dark")]
)
def test_nothing_is_cut_off_in_any_font(applied, qapp, tmp_path, monkeypatch, family, pixels, mode) -> None:
    monkeypatch.setattr(gallery, "OUT", tmp_path)
    font = QFont(family)
    font.setPixelSize(pixels)
    theme = Theme(mode, font)
    theme.apply(qapp)
    try:
        assert gallery.everything(theme, mode) == []
    finally:
        applied.apply(qapp)


def test_the_left_column_fits_360_pixels_without_scrolling_sideways(theme: Theme, qtbot) -> None:
    area = gallery.left(theme, width=360)
    qtbot.addWidget(area)
    area.show()
    qtbot.waitExposed(area)
    assert area.horizontalScrollBar().maximum() == 0


def test_everything_that_takes_the_focus_has_a_name(theme: Theme, qtbot) -> None:
    root, _ = gallery.window(theme, "failed", gallery.left(theme, bad=True))
    page = gallery.empty(theme)
    sheet = gallery.export(theme)
    for widget in (root, page, sheet):
        qtbot.addWidget(widget)
        for inner in widget.findChildren(QWidget):
            takes = inner.focusPolicy() & Qt.FocusPolicy.TabFocus and inner.isVisibleTo(widget)
            if takes and inner.objectName() != "left":
                reader = QAccessible.queryAccessibleInterface(inner)
                assert reader.text(QAccessible.Text.Name), inner


def test_tab_goes_down_the_mix_in_reading_order(panel: MixPanelView, qtbot) -> None:
    panel.open_options("delay")
    panel.row("delay").slider.setFocus()
    order = []
    for _ in range(20):
        widget = QApplication.focusWidget()
        order.append(widget.mapTo(panel, QPoint(0, widget.height() // 2)).y())
        if widget is panel.add_button:
            break
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    assert widget is panel.add_button
    assert all(b >= a - 8 for a, b in pairwise(order)), order
    assert len(panel.findChildren(WeightSlider)) == 4


def test_a_theme_change_keeps_every_widget(theme: Theme, panel: MixPanelView, qtbot) -> None:
    widgets = set(panel.findChildren(QWidget))
    light = panel.grab().toImage().pixelColor(panel.width() - 4, panel.height() - 4)
    theme.set_mode("dark")
    assert set(panel.findChildren(QWidget)) == widgets
    assert panel.grab().toImage().pixelColor(panel.width() - 4, panel.height() - 4) != light


# --- the fold of the proxy panel


def test_the_fold_opens_by_hand_and_where_something_is_wrong(form: ProxyPanel, qtbot) -> None:
    tuning = samples.tuning()
    form.show_form(replace(samples.FORM, tuning=tuning))
    assert form.tuning.button.text() == "TLS, timeouts, limits · 4 set"
    assert form.tuning.form.isHidden()
    click(qtbot, form.tuning.button)
    assert not form.tuning.form.isHidden()
    click(qtbot, form.tuning.button)
    assert form.tuning.form.isHidden()
    wrong = replace(tuning.rows[6], problem="Expected a time.")
    form.show_form(replace(samples.FORM, tuning=replace(tuning, rows=(*tuning.rows[:6], wrong, *tuning.rows[7:]))))
    assert not form.tuning.form.isHidden()


def test_the_fold_tells_what_is_chosen_and_pressed(form: ProxyPanel, qtbot) -> None:
    form.show_form(replace(samples.FORM, tuning=samples.tuning()))
    click(qtbot, form.tuning.button)
    entries = form.tuning.form
    with qtbot.waitSignal(form.option_edited) as told:
        entries.editor("backend_verify").edited.emit("ca.pem")
    assert told.args == ["backend_verify", "ca.pem"]
    with qtbot.waitSignal(form.option_reset) as told:
        entries.editor("tls").reset.emit()
    assert told.args == ["tls"]
    button = next(b for b in entries.findChildren(QPushButton) if b.text() == "Make a certificate")
    with qtbot.waitSignal(form.action) as told:
        click(qtbot, button)
    assert told.args == ["make-certificate"]
    form.show_form(replace(samples.FORM, tuning=samples.tuning(auto=True)))
    assert not button.isVisible()
    assert any("Clients trust it by" in label.text() and label.isVisible() for label in entries.findChildren(QLabel))


def test_a_certificate_matters_only_where_tls_ends(form: ProxyPanel, qtbot) -> None:
    tuning = samples.tuning()
    form.show_form(replace(samples.FORM, tuning=tuning))
    click(qtbot, form.tuning.button)
    assert form.tuning.form.editor("certificate").isEnabled()
    passing = replace(tuning.rows[0], value="passthrough")
    form.show_form(replace(samples.FORM, tuning=replace(tuning, rows=(passing, *tuning.rows[1:]))))
    assert not form.tuning.form.editor("certificate").isEnabled()
