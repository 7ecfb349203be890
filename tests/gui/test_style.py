"""The tokens reach the contrast they promise; fonts, icons and behaviors are complete and stay the same."""

import pytest
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QLineEdit

from vaurien_gui.style import behaviors, fonts, icons, paint
from vaurien_gui.style.controls import Button, ElidedText, IconButton, Text
from vaurien_gui.style.theme import Theme
from vaurien_gui.style.tokens import DARK, LIGHT, Tokens

pytestmark = pytest.mark.gui
TOKENS = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda t: t.name)
READ = [
    *[(text, on) for text in ("text", "text2", "text3") for on in ("window", "surface", "sunken", "selected")],
    ("ink_text", "ink"), ("ink_hint", "ink"),
    *[(text, "surface") for text in ("accent", "ok", "warn", "bad")],
    ("bad", "sunken"), ("bad", "selected"), ("surface", "accent"),
]  # fmt: skip
SEEN = [("field", "surface"), ("field", "sunken"), ("series1", "surface"), ("series2", "surface"),
        ("series3", "surface"), ("marker", "surface"), ("accent", "window"), ("accent", "sunken")]  # fmt: skip


def ratio(tokens: Tokens, one: str, other: str) -> float:
    return paint.contrast(QColor(getattr(tokens, one)), QColor(getattr(tokens, other)))


@TOKENS
@pytest.mark.parametrize(("text", "on"), READ)
def test_text_reaches_its_contrast(tokens: Tokens, text: str, on: str) -> None:
    assert ratio(tokens, text, on) >= 4.45


@TOKENS
@pytest.mark.parametrize(("line", "on"), SEEN)
def test_lines_and_outlines_reach_their_contrast(tokens: Tokens, line: str, on: str) -> None:
    assert ratio(tokens, line, on) >= 3.0


@TOKENS
@pytest.mark.parametrize("kind", ["stopped", "normal", "held", "faults", "failed"])
def test_every_band_can_be_read(tokens: Tokens, kind: str) -> None:
    band = tokens.bands[kind]
    assert paint.contrast(QColor(band.text), QColor(band.background)) >= 4.5
    assert paint.contrast(QColor(band.icon), QColor(band.background)) >= 3.0
    assert paint.contrast(QColor(band.text), QColor(band.line)) >= 4.0, "a button that is hovered"


@TOKENS
@pytest.mark.parametrize("name", [*behaviors.LOOKS, "some_plugin", "another.one"])
def test_every_behavior_line_shows_on_the_surface(qapp: QApplication, tokens: Tokens, name: str) -> None:
    theme = Theme("dark" if tokens.dark else "light")
    assert paint.contrast(theme.behavior_line(name), theme.color("surface")) >= 3.0


def test_no_two_known_behaviors_look_alike() -> None:
    assert len({(b.fill, b.pattern) for b in behaviors.LOOKS.values()}) == len(behaviors.LOOKS)


def test_a_plugin_gets_the_same_look_every_time_and_none_of_a_built_in_one() -> None:
    assert behaviors.look("acme.flaky") == behaviors.look("acme.flaky")
    assert behaviors.look("acme.flaky") not in behaviors.LOOKS.values()


@pytest.mark.parametrize("pattern", ["diagonal", "cross", "dots", "vertical", "horizontal"])
def test_a_hatch_has_two_tones_and_grows_in_whole_pixels(qapp: QApplication, pattern: str) -> None:
    for scale in (1, 2):
        tile = behaviors.hatched(QColor("#D55E00"), QColor("#54FFFFFF"), pattern, scale).texture().toImage()
        assert tile.width() == tile.height() == behaviors.TILE * scale
        assert len({tile.pixel(x, y) for x in range(tile.width()) for y in range(tile.height())}) > 1


def test_held_behaviors_are_grey(qapp: QApplication) -> None:
    theme = Theme("light")
    assert theme.behavior_fill("error", held=True) == theme.color("border_strong")
    assert theme.behavior_line("error", held=True) == theme.color("field")


def test_switching_to_dark_tells_views_and_repaints_the_application(qapp: QApplication) -> None:
    theme = Theme("light")
    theme.apply(qapp)
    told: list[bool] = []
    theme.changed.connect(lambda: told.append(theme.dark))
    theme.set_mode("dark")
    assert told == [True]
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == DARK.window
    theme.set_mode("dark")
    assert told == [True], "nothing changed the second time"


@pytest.mark.parametrize("role", fonts.ROLES)
def test_every_role_grows_with_the_system_font(qapp: QApplication, role: str) -> None:
    small, large = QFont(fonts.system_font()), QFont(fonts.system_font())
    small.setPixelSize(12)
    large.setPixelSize(24)
    grown = Theme("light", large).font(role).pixelSize() / Theme("light", small).font(role).pixelSize()
    assert grown == pytest.approx(2, abs=0.1)


def test_a_wide_family_gets_the_smaller_column(qapp: QApplication) -> None:
    font = QFont("DejaVu Sans")
    font.setPixelSize(12)
    assert Theme("light", font).font("body").pixelSize() == 11
    assert Theme("light", font).font("tile").weight() == QFont.Weight.Bold


@pytest.mark.parametrize("path", sorted(icons.folder().glob("*.svg")), ids=lambda p: p.stem)
def test_every_icon_is_recoloured(qapp: QApplication, path) -> None:
    picture = icons.pixmap(path.stem, QColor("#FF0000"), 24).toImage()
    colors = [picture.pixelColor(x, y) for x in range(24) for y in range(24)]
    drawn = [color for color in colors if color.alpha() > 100]
    assert drawn
    assert all(color.green() == color.blue() == 0 < color.red() for color in drawn)


def test_an_unknown_icon_is_an_error_that_names_it(qapp: QApplication) -> None:
    with pytest.raises(KeyError, match="no-such-icon"):
        Theme("light").icon("no-such-icon")


def test_labels_and_buttons_follow_the_theme(qapp: QApplication, qtbot) -> None:
    theme = Theme("light")
    text, button = Text(theme, "x", token="text3"), Button(theme, "Go", "play")
    for widget in (text, button):
        qtbot.addWidget(widget)
    before = button.icon().cacheKey()
    theme.set_mode("dark")
    assert text.palette().color(QPalette.ColorRole.WindowText).name().upper() == DARK.text3
    assert button.icon().cacheKey() != before


def test_an_icon_button_has_a_name_and_a_tooltip(qapp: QApplication, qtbot) -> None:
    button = IconButton(Theme("light"), "plus", "Add a proxy")
    qtbot.addWidget(button)
    assert button.accessibleName() == button.toolTip() == "Add a proxy"


def test_text_without_room_is_elided_and_told_by_the_tooltip(qapp: QApplication, qtbot) -> None:
    label = ElidedText(Theme("light"))
    qtbot.addWidget(label)
    label.show_text("a name that is much too long for its place")
    label.resize(60, 20)
    label.grab()
    assert label.toolTip() == label.text()
    label.resize(600, 20)
    label.grab()
    assert label.toolTip() == ""


def test_a_field_keeps_its_height_when_it_gets_the_focus(qapp: QApplication, qtbot) -> None:
    Theme("light").apply(qapp)
    field = QLineEdit("x")
    qtbot.addWidget(field)
    field.show()
    before = field.sizeHint().height()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    assert field.sizeHint().height() == before


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda t: t.name)
def test_the_words_of_the_band_can_be_read_on_the_stripes_of_a_remote_engine(tokens: Tokens) -> None:
    for kind, band in tokens.bands.items():
        ground, line, share = QColor(band.background), QColor(band.line), paint.STRIPE_ALPHA / 255
        blended = QColor.fromRgbF(*(
            below * (1 - share) + above * share
            for below, above in zip(ground.getRgbF()[:3], line.getRgbF()[:3], strict=True)
        ))  # fmt: skip
        assert paint.contrast(QColor(band.text), blended) >= 4.5, kind
