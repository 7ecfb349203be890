"""Renders the views with sample values into build/gallery/*.png, to be looked at.

`python tests/gui/gallery.py [FAMILY [PIXELS]]`: light and dark, with the system font or FAMILY at 12 px.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent))

import samples
from PySide6.QtCore import QEvent, qInstallMessageHandler
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from vaurien_gui.models.shown import BandAction, ProbeLine
from vaurien_gui.style.theme import Theme
from vaurien_gui.views.band import StateBand
from vaurien_gui.views.callout import Callout, Step
from vaurien_gui.views.empty_page import EmptyPage
from vaurien_gui.views.export_sheet import ExportSheet
from vaurien_gui.views.messagebar import MessageBar, Toast
from vaurien_gui.views.mixpanel import MixPanelView
from vaurien_gui.views.proxylist import ProxyList
from vaurien_gui.views.proxypanel import ProxyPanel
from vaurien_gui.views.recent import RecentFile
from vaurien_gui.views.sheet import Sheet
from vaurien_gui.views.toolbar import ToolBar

OUT = Path(__file__).parents[2] / "build" / "gallery"


def column(*widgets: QWidget, name: str = "root", width: int = 0) -> QWidget:
    """Widgets under one another."""
    box = QWidget()
    box.setObjectName(name)
    lines = QVBoxLayout(box)
    lines.setContentsMargins(0, 0, 0, 0)
    lines.setSpacing(0)
    for widget in widgets:
        lines.addWidget(widget)
    lines.addStretch(1)
    if width:
        box.setFixedWidth(width)
    return box


def bands(theme: Theme) -> list[QWidget]:
    """The band in every state."""
    found = []
    for state in samples.BANDS.values():
        band = StateBand(theme)
        band.show_state(state)
        found.append(band)
    return found


def toolbars(theme: Theme) -> list[QWidget]:
    """The toolbar in every state."""
    found = []
    for running, held, enabled, demo in ((1, 0, 1, 1), (1, 1, 1, 0), (0, 0, 1, 0), (0, 0, 0, 0)):
        bar = ToolBar(theme)
        bar.set_state(bool(running), bool(held), bool(enabled))
        bar.set_demo(bool(demo))
        found.append(bar)
    return found


def left(theme: Theme, *, held: bool = False, bad: bool = False, width: int = 400) -> QWidget:
    """The left column as the window puts it together."""
    proxies, form, mix = ProxyList(theme), ProxyPanel(theme), MixPanelView(theme)
    proxies.show_rows(samples.FAILED_ROWS if bad else samples.ROWS, "web")
    form.show_form(samples.BAD_FORM if bad else samples.FORM)
    mix.show_mix(samples.mix(held, bad))
    if not held:
        mix.open_options("delay")
    area = QScrollArea()
    area.setObjectName("left")
    area.setWidgetResizable(True)
    area.setWidget(column(proxies, form, mix, name="leftBody"))
    area.setFixedSize(theme.px(width), 700)
    return area


def fold(theme: Theme, *, auto: bool = False, width: int = 400) -> QWidget:
    """The proxy panel with its fold open."""
    form = ProxyPanel(theme)
    line = ProbeLine(
        "warn",
        "Reachable in 0.4 ms, but its certificate fails: unable to get local issuer certificate",
        (BandAction("set:no-verify", "Don't verify"), BandAction("retry", "Retry")),
    )
    form.show_form(replace(samples.FORM, probe=line, tuning=samples.tuning(auto=auto)))
    form.tuning.button.setChecked(True)
    area = QScrollArea()
    area.setObjectName("left")
    area.setWidgetResizable(True)
    area.setWidget(column(form, name="leftBody"))
    area.setFixedSize(theme.px(width), 680)
    return area


def window(theme: Theme, kind: str, body: QWidget, width: int = 1280, height: int = 800) -> tuple[QWidget, StateBand]:
    """Toolbar, band and a body, as large as the window."""
    bar, band = ToolBar(theme), StateBand(theme)
    bar.set_state(kind != "stopped", False, kind != "stopped")
    band.show_state(samples.BANDS[kind])
    root = QWidget()
    root.setObjectName("root")
    lines = QVBoxLayout(root)
    lines.setContentsMargins(0, 0, 0, 0)
    lines.setSpacing(0)
    for part in (bar, band):
        lines.addWidget(part)
    lines.addWidget(body, 1)
    root.setFixedSize(width, height)
    return root, band


def empty(theme: Theme, width: int = 1280, height: int = 800) -> QWidget:
    """The page without a profile."""
    page = EmptyPage(theme)
    page.show_recent(
        (
            RecentFile("/a", "checkout-flaky.ini", "~/shop/tests/faults", "today 14:02"),
            RecentFile("/b", "orders-failover.ini", "~/shop/tests/faults", "yesterday"),
            RecentFile("/c", "redis-hang.ini", "~/cache-tests", "12 November"),
        )
    )
    return window(theme, "stopped", page, width, height)[0]


def export(theme: Theme, ok: bool = True, width: int = 1280, height: int = 800) -> QWidget:
    """The export sheet over the left column."""
    root, band = window(theme, "faults", left(theme), width, height)
    content = ExportSheet(theme)
    verdict = (
        "Headless core accepts this file"
        if ok
        else 'profile.ini:8 behavior: unknown behavior "dealy", did you mean "delay"?'
    )
    content.show_export(
        samples.EXPORTS,
        ok,
        verdict,
        "2 proxies, 4 rules, seed 42" if ok else "",
    )
    sheet = Sheet(theme, root, band, content, 720, 650)
    root.show()
    sheet.open()
    return root


def hints(theme: Theme) -> QWidget:
    """The first hint, a bar and a toast."""
    side = left(theme)
    bar = MessageBar(theme)
    bar.show_message(
        "checkout.ini changed on disk", (BandAction("reload", "Reload"), BandAction("keep", "Keep mine")), "warn"
    )
    root, _ = window(theme, "faults", column(bar, side))
    root.show()
    panel = side.findChild(MixPanelView)
    panel.open_options("delay", False)
    QApplication.processEvents()
    steps = (
        Step(panel.row("delay"), "Drag Delay", "A weight takes from normal traffic only. The other rows never move."),
    ) * 3
    Callout(theme, root, steps).begin()
    Toast(theme, root).show_text("Journal cleared", "Undo")
    return root


def over(theme: Theme) -> QWidget:
    """A weight that doesn't fit, and a mix over 100 %."""
    side = left(theme)
    panel = side.findChild(MixPanelView)
    panel.open_options("delay", False)
    mix = samples.mix()
    panel.show_mix(replace(mix, over="118 %", override="Held at error by the API"))
    spin = panel.row("error").spin
    spin.lineEdit().selectAll()
    spin.lineEdit().insert("90")
    spin.lineEdit().textEdited.emit("90")
    return side


def shoot(widget: QWidget, name: str) -> list[str]:
    """Write a picture; what is cut off in it is returned."""
    widget.show()
    for _ in range(3):
        QApplication.sendPostedEvents()
        QApplication.processEvents()
    widget.grab().save(str(OUT / f"{name}.png"))
    cut = [f"{name}: {x}" for x in clipped(widget)]
    widget.close()
    widget.deleteLater()
    forget()
    return cut


def forget() -> None:
    """Delete what was given up: each living widget makes the next style sheet slower."""
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def clipped(root: QWidget) -> list[str]:
    """Labels and buttons that are narrower or lower than their words."""
    found = []
    for label in root.findChildren(QLabel):
        if label.isVisible() and label.text():
            needed = label.minimumSizeHint() if label.wordWrap() else label.sizeHint()
            low = label.height() < (label.heightForWidth(label.width()) if label.wordWrap() else needed.height())
            if (not label.wordWrap() and needed.width() > label.width()) or low:
                found.append(f"label {label.text()!r}")
    for button in root.findChildren(QPushButton):
        if button.isVisible() and button.text() and button.sizeHint().width() > button.width():
            found.append(f"button {button.text()!r}")
    return found


def everything(theme: Theme, suffix: str) -> list[str]:
    """All pictures of one theme; returns what is cut off."""
    cut = []
    top = column(*toolbars(theme), *bands(theme))
    top.setFixedWidth(1280)
    cut += shoot(top, f"top-{suffix}")
    narrow = column(*toolbars(theme), *bands(theme))
    narrow.setFixedWidth(960)
    cut += shoot(narrow, f"top-narrow-{suffix}")
    cut += shoot(left(theme), f"left-{suffix}")
    cut += shoot(left(theme, held=True), f"left-held-{suffix}")
    cut += shoot(left(theme, bad=True), f"left-bad-{suffix}")
    cut += shoot(left(theme, width=360), f"left-narrow-{suffix}")
    cut += shoot(fold(theme), f"fold-{suffix}")
    cut += shoot(fold(theme, auto=True, width=360), f"fold-auto-{suffix}")
    cut += shoot(empty(theme), f"empty-{suffix}")
    cut += shoot(empty(theme, 960, 600), f"empty-narrow-{suffix}")
    cut += shoot(export(theme), f"export-{suffix}")
    cut += shoot(export(theme, False, 960, 600), f"export-bad-{suffix}")
    cut += shoot(hints(theme), f"hints-{suffix}")
    cut += shoot(over(theme), f"over-{suffix}")
    return cut


def main() -> None:
    """Draw everything."""
    OUT.mkdir(parents=True, exist_ok=True)
    noise = qInstallMessageHandler(lambda kind, _, text: print(text) if "propagateSizeHints" not in text else None)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    font = None
    if len(sys.argv) > 1:
        font = QFont(sys.argv[1])
        font.setPixelSize(int(sys.argv[2]) if len(sys.argv) > 2 else 12)
    for mode in ("light", "dark"):
        theme = Theme(mode, font)
        theme.apply(app)
        for line in everything(theme, mode):
            print("CUT", line)
    qInstallMessageHandler(noise)
    print(OUT)


if __name__ == "__main__":
    main()
