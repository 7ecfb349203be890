"""The small parts that every view is put together from; all of them follow the theme by themselves."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QLabel, QLayout, QPushButton, QSizePolicy, QWidget

from vaurien_gui.style import icons, paint
from vaurien_gui.style.theme import Theme


class Text(QLabel):
    """A label in a role of the type table and a token of the theme; may hold `<b>`."""

    def __init__(
        self, theme: Theme, text: str = "", role: str = "body", token: str = "text", wrap: bool = False
    ) -> None:
        super().__init__(text)
        self._theme, self._role, self._token = theme, role, token
        self.setWordWrap(wrap)
        self.setTextFormat(Qt.TextFormat.AutoText)
        self._follow()
        theme.changed.connect(self._follow)

    def set_token(self, token: str) -> None:
        """Another colour."""
        if token != self._token:
            self._token = token
            self._follow()

    def set_role(self, role: str) -> None:
        """Another size and weight."""
        if role != self._role:
            self._role = role
            self._follow()

    def show_text(self, text: str) -> None:
        """Change the text; nothing happens when it is the same."""
        if text != self.text():
            self.setText(text)

    def changeEvent(self, event: QEvent) -> None:
        """The style sheet gives labels their old colour back when they get another parent: insist."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._recolor()

    def event(self, event: QEvent) -> bool:
        """The same when they are first shown."""
        done = super().event(event)
        if event.type() is QEvent.Type.Polish:
            self._recolor()
        return done

    def _follow(self) -> None:
        self.setFont(self._theme.font(self._role))
        self._recolor()

    def _recolor(self) -> None:
        wanted = self._theme.color(self._token)
        palette = self.palette()
        if palette.color(QPalette.ColorRole.WindowText) != wanted:
            palette.setColor(QPalette.ColorRole.WindowText, wanted)
            self.setPalette(palette)


class ElidedText(QWidget):
    """One line that is cut with dots where there is no room; the tooltip has the rest."""

    def __init__(self, theme: Theme, role: str = "body", token: str = "text") -> None:
        super().__init__()
        self._theme, self._role, self._token, self._text = theme, role, token, ""
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)
        theme.changed.connect(self.update)

    def text(self) -> str:
        """The whole text."""
        return self._text

    def show_text(self, text: str) -> None:
        """Change the text."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.updateGeometry()
            self._settle()
            self.update()

    def set_role(self, role: str) -> None:
        """Another size and weight."""
        if role != self._role:
            self._role = role
            self.updateGeometry()
            self.update()

    def set_token(self, token: str) -> None:
        """Another colour."""
        if token != self._token:
            self._token = token
            self.update()

    def sizeHint(self) -> QSize:
        """The whole text."""
        metrics = QFontMetrics(self._theme.font(self._role))
        return QSize(metrics.horizontalAdvance(self._text) + 1, metrics.height())

    def minimumSizeHint(self) -> QSize:
        """Room for three characters."""
        metrics = QFontMetrics(self._theme.font(self._role))
        return QSize(min(self.sizeHint().width(), metrics.averageCharWidth() * 4), metrics.height())

    def _settle(self) -> None:
        """Take the room for a longer text before the next frame, which would show it cut."""
        around = self.parentWidget()
        layout = around.layout() if around is not None else None
        if layout is not None and self.isVisible():
            layout.activate()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The text, cut where needed."""
        painter = QPainter(self)
        font = self._theme.font(self._role)
        painter.setFont(font)
        painter.setPen(self._theme.color(self._token))
        shown = QFontMetrics(font).elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        self.setToolTip(self._text if shown != self._text else "")
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


class Glyph(QWidget):
    """An icon that stands beside words; the words name it, so it is silent to readers."""

    def __init__(self, theme: Theme, name: str, token: str = "text2", size: int = 16) -> None:
        super().__init__()
        icons.check(name)
        self._theme, self._name, self._token, self._size = theme, name, token, size
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)
        theme.changed.connect(self.update)

    def show_icon(self, name: str, token: str) -> None:
        """Another drawing or colour."""
        if (name, token) != (self._name, self._token):
            icons.check(name)
            self._name, self._token = name, token
            self.update()

    def sizeHint(self) -> QSize:
        """Its size, grown with the font."""
        side = self._theme.px(self._size)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The drawing."""
        side = self._theme.px(self._size)
        rect = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        icons.paint(QPainter(self), rect, self._name, self._theme.color(self._token), icons.stroke_for(self._size))


class Swatch(QWidget):
    """The colour and pattern of a behavior."""

    def __init__(self, theme: Theme, behavior: str, size: int = 14) -> None:
        super().__init__()
        self._theme, self._behavior, self._size, self._held = theme, behavior, size, False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)
        theme.changed.connect(self.update)

    def set_held(self, held: bool) -> None:
        """Grey while all-normal holds."""
        if held != self._held:
            self._held = held
            self.update()

    def sizeHint(self) -> QSize:
        """Its size, grown with the font."""
        side = self._theme.px(self._size)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The square."""
        paint.swatch(QPainter(self), self._theme, QRectF(self.rect()), self._behavior, self._held)


class Dot(QWidget):
    """A state dot, as in the status bar; words beside it say the same."""

    def __init__(self, theme: Theme, token: str = "ok", filled: bool = True) -> None:
        super().__init__()
        self._theme, self._token, self._filled = theme, token, filled
        self.setFixedSize(10, 10)
        theme.changed.connect(self.update)

    def show_state(self, token: str, filled: bool) -> None:
        """A disc for what runs, a ring for what doesn't."""
        self._token, self._filled = token, filled
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The dot."""
        paint.dot(QPainter(self), QPointF(5, 5), self._theme.color(self._token), self._filled)


class Button(QPushButton):
    """A push button in one of the kinds of the style sheet, with a focus ring that shows on every fill."""

    def __init__(self, theme: Theme, text: str = "", icon: str = "", kind: str = "", token: str = "") -> None:
        super().__init__(text)
        self._theme, self._icon_name, self._kind = theme, icon, kind
        self._token = token or ("ink_text" if kind == "ink" else "text2")
        self.setProperty("kind", kind)
        self.setAutoDefault(False)
        self._follow()
        theme.changed.connect(self._follow)

    def show_icon(self, name: str, token: str = "") -> None:
        """Another icon; `token` keeps its colour when empty."""
        self._icon_name, self._token = name, token or self._token
        self._follow()

    def paintEvent(self, event: QPaintEvent) -> None:
        """As styled, plus the ring."""
        super().paintEvent(event)
        if self.hasFocus():
            strong = self._kind == "ink" or bool(self.property("main"))
            paint.focus_ring(QPainter(self), self._theme, QRectF(self.rect()), 6, gap=strong)

    def _follow(self) -> None:
        self.setFont(self._theme.font("button"))
        if self._icon_name:
            self.setIcon(self._theme.icon(self._icon_name, self._token))
            side = self._theme.px(16)
            self.setIconSize(QSize(side, side))


class IconButton(Button):
    """A square button with an icon only; `name` is its tooltip and what readers say."""

    def __init__(self, theme: Theme, icon: str, name: str, token: str = "text2") -> None:
        super().__init__(theme, "", icon, "icon", token)
        self.setToolTip(name)
        self.setAccessibleName(name)


class Rule(QFrame):
    """A hairline, level or upright."""

    def __init__(self, theme: Theme, upright: bool = False, token: str = "border", length: int = 20) -> None:
        super().__init__()
        self._theme, self._token = theme, token
        if upright:
            self.setFixedSize(1, theme.px(length))
        else:
            self.setFixedHeight(1)
        theme.changed.connect(self.update)

    def set_token(self, token: str) -> None:
        """Another colour."""
        self._token = token
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The line."""
        QPainter(self).fillRect(self.rect(), self._theme.color(self._token))


def clear(layout: QLayout) -> None:
    """Take everything out of a layout; its widgets are deleted."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)
