"""What a walk over the window needs: who complains, what can be used, where Tab goes, what lies on top."""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

import pytest
from conftest import Troubles, wait_until
from PySide6.QtCore import QMessageLogContext, QSettings, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QWidget,
)

from vaurien_gui.app import App
from vaurien_gui.arguments import Arguments
from vaurien_gui.crash import CrashReporter
from vaurien_gui.views.sheet import Sheet

CONTROLS = (
    QAbstractButton, QAbstractSlider, QAbstractSpinBox, QLineEdit, QComboBox, QTabBar, QAbstractItemView,
    QPlainTextEdit, QTextEdit,
)  # fmt: skip
OF_THE_PLATFORM = "This plugin does not support "
"""Qt's offscreen platform says so about itself, whatever the program does."""
PROFILE = """\
[vaurien]
seed = 5

[proxy:web]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = http
behavior = 5:delay, 0:error

[behavior:delay@web]
sleep = 20ms

[proxy:cache]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = redis
behavior = 0:delay

[scenario]
phases = calm, slow
start = launch

[phase:calm]
for = 600s

[phase:slow]
for = 600s
behavior = 20:delay

[expect]
it was used = exchanges >= 1
no leak = connections.max <= 20
"""


class Complaints(logging.Handler):
    """Every warning of Qt, of Python and of the log while a walk goes on, as lines."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")

    def of_qt(self, kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) and not text.startswith(OF_THE_PLATFORM):
            self.lines.append(f"Qt: {text}")


@contextmanager
def no_complaint() -> Iterator[Complaints]:
    """Nothing may complain within; the error says who did."""
    heard, root = Complaints(), logging.getLogger()
    before = qInstallMessageHandler(heard.of_qt)
    root.addHandler(heard)
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            yield heard
    finally:
        root.removeHandler(heard)
        qInstallMessageHandler(before)
    assert not heard.lines, "\n".join(heard.lines)
    assert not warned, "\n".join(str(w) for w in warned)


async def opened(app: App, path: Path, text: str = PROFILE) -> None:
    """Open a profile of this text in the window and wait until its page is there."""
    path.write_text(text)
    assert app.filing.load(path), app._details
    await app.session.settled()
    await wait_until(lambda: app.window.columns.isVisible())


async def running(app: App, path: Path, text: str = PROFILE) -> None:
    """The same, started, in front of the built-in backend."""
    await opened(app, path, text)
    session = app.session
    assert session.link is not None
    backend = await session.link.engine.demo("backend")
    assert session.profile is not None
    http = [p.name for p in session.profile.proxies if p.protocol == "http"]
    session.document.adopt([(("proxies", name, "backend"), backend) for name in http])
    session.start()
    await session.link.drained()
    await wait_until(lambda: session.started)


# --- what can be used


def usable(root: QWidget) -> list[QWidget]:
    """Every control in sight that a person can use, in the order of Qt's tree; parts of others are left out."""
    return [w for w in (root, *root.findChildren(QWidget)) if w.isVisible() and w.isEnabled() and _control(w)]


def _control(widget: QWidget) -> bool:
    if isinstance(widget, (QScrollBar, QHeaderView)) or (widget.objectName().startswith("qt_")):
        return False
    parent = widget.parentWidget()
    if isinstance(widget, QLineEdit) and isinstance(parent, (QAbstractSpinBox, QComboBox)):
        return False
    if isinstance(parent, (QLineEdit, QTabBar)) or isinstance(widget, QMenu):
        return False  # the button within a field, whose key is the field's
    return isinstance(widget, CONTROLS) or bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


def name_of(widget: QWidget) -> str:
    """What a screen reader says. Of combo boxes and tab bars Qt tells the current entry instead, on Unix."""
    if isinstance(widget, (QComboBox, QTabBar)):
        labels = [each.text() for each in widget.window().findChildren(QLabel) if each.buddy() is widget]
        return widget.accessibleName() or "".join(labels)
    return widget.accessibleName() or QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


def described(widget: QWidget) -> str:
    """A widget for an error message: class, name, and the classes around it."""
    around, up = [], widget.parentWidget()
    while up is not None and len(around) < 4:
        if type(up) is not QWidget:
            around.append(type(up).__name__)
        up = up.parentWidget()
    return f"{type(widget).__name__} {name_of(widget)!r} in {' < '.join(around)}"


def nameless(root: QWidget) -> list[str]:
    """Controls that a screen reader has no word for."""
    return [described(w) for w in usable(root) if not name_of(w).strip()]


def namesakes(root: QWidget) -> list[str]:
    """Controls that can't be told from another one of their kind in the same named group."""
    seen: dict[tuple[object, ...], QWidget] = {}
    twins = []
    for widget in usable(root):
        key = (QAccessible.queryAccessibleInterface(widget).role(), name_of(widget), *_groups(widget))
        if key in seen:
            twins.append(described(widget))
        seen[key] = widget
    return twins


def _groups(widget: QWidget) -> list[str]:
    names, up = [], widget.parentWidget()
    while up is not None and not up.isWindow():
        if up.accessibleName():
            names.append(up.accessibleName())
        up = up.parentWidget()
    return names


# --- where Tab goes


def tab_round(window: QWidget, first: QWidget, *, back: bool = False, most: int = 400) -> list[QWidget]:
    """Press Tab from a widget until it comes round; what had the focus, in order.

    Raises:
        AssertionError: a widget keeps the focus, or the round has no end.
    """
    first.setFocus(Qt.FocusReason.TabFocusReason)
    key = Qt.Key.Key_Backtab if back else Qt.Key.Key_Tab
    modifier = Qt.KeyboardModifier.ShiftModifier if back else Qt.KeyboardModifier.NoModifier
    QTest.keyClick(QApplication.focusWidget() or first, key, modifier)  # the first may be no stop of Tab itself
    seen: list[QWidget] = []
    for _ in range(most):
        now = QApplication.focusWidget()
        assert now is not None, f"the focus is lost behind {described(seen[-1]) if seen else 'the first widget'}"
        if now in seen:
            assert now is not seen[-1] or len(seen) == 1, f"{described(now)} keeps the focus"
            return seen
        seen.append(now)
        QTest.keyClick(now, key, modifier)
    raise AssertionError(f"Tab never comes round: {[described(w) for w in seen[-5:]]}")


def unreached(root: QWidget, stops: list[QWidget]) -> list[str]:
    """Controls in sight that Tab does not stop at, nor at their group."""
    reached = {id(w) for w in stops}
    return [described(w) for w in usable(root) if id(w) not in reached and not _by_arrows(w, reached)]


def _by_arrows(widget: QWidget, reached: set[int]) -> bool:
    proxy = widget.focusProxy()
    if proxy is not None and id(proxy) in reached:
        return True
    if any(id(child) in reached for child in widget.findChildren(QWidget)):
        return True  # the spin box whose line edit has the focus
    if not isinstance(widget, QAbstractButton) or not widget.autoExclusive():
        return False
    group = widget.group()
    mates = group.buttons() if group else widget.parentWidget().findChildren(type(widget))
    return any(id(mate) in reached for mate in mates)


# --- what lies on top


def on_top(app: App) -> list[QWidget]:
    """Menus, dialogs and sheets that are open, the topmost first."""
    menus = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu) and w.isVisible()]
    dialogs = [d for d in app.window.findChildren(QDialog) if d.isVisible()]
    sheets = [s for s in app.window.findChildren(Sheet) if s.isVisible()]
    return [*menus, *dialogs, *sheets]


def _closed(app: App, top: QWidget) -> bool:
    return top not in on_top(app)


async def put_away(app: App) -> list[str]:
    """Close everything by Escape; what it was, by class and title."""
    closed: list[str] = []
    while open_now := on_top(app):
        top = open_now[0]
        closed.append(f"{type(top).__name__}: {top.windowTitle() or top.accessibleName()}")
        inside = QApplication.focusWidget()
        QTest.keyClick(inside if inside is not None and top.isAncestorOf(inside) else top, Qt.Key.Key_Escape)
        await asyncio.sleep(0)
        await wait_until(partial(_closed, app, top), within_s=2)
        app.window._escape_at = float("-inf")  # two sheets closed in a row are no panic
        assert len(closed) < 10, closed
    if not app.window.isActiveWindow():  # a window manager gives it back; offscreen there is none
        app.window.activateWindow()
        await wait_until(app.window.isActiveWindow, within_s=2)
    return closed


@asynccontextmanager
async def walked(
    place: str, settings: QSettings, troubles: Troubles, qapp: QApplication, runtime: Path
) -> AsyncIterator[App]:
    """The whole window, open; what it complains of to its user goes to `troubles`."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RUNTIME_DIR", "DATA_HOME", "CONFIG_HOME", "STATE_HOME", "CACHE_HOME"):
            patch.setenv(f"XDG_{name}", str(runtime))
        reporter = CrashReporter(None)
        made = App(qapp, Arguments(engine=place, theme="light"), settings=settings, reporter=reporter)
        reporter.show = lambda text, details: troubles.append(f"{text}\n{details}")
        made.session.trouble.connect(lambda text, details: troubles.append(text))
        made.open()
        try:
            yield made
        finally:
            await made.aclose()
