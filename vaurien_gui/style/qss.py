"""The style sheet: what Fusion would draw with gradients and bevels is drawn flat here.

It sets shapes, outlines and backgrounds, never fonts: those follow the system font. All lengths grow with it.
Buttons are told apart by the property `kind` (ink, ghost, icon, small, band, band-main), sections of the window by
their object name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vaurien_gui.style.tokens import Tokens

Measure = Callable[[float], int]
"""Drawn pixels to real ones."""


def style_sheet(t: Tokens, px: Measure, images: Mapping[str, str]) -> str:
    """The whole sheet. `images` has the paths of `chevron`, `chevron-disabled`, `tick` and `tick-disabled`."""
    parts = (
        _window(t, px),
        _buttons(t, px),
        _fields(t, px, images),
        _checks(t, px, images),
        _menus(t, px),
        _views(t, px),
    )
    return "\n".join(parts)


def _window(t: Tokens, px: Measure) -> str:
    return f"""
QMainWindow, #root {{ background: {t.window}; }}
#toolbar {{ background: {t.window}; border-bottom: 1px solid {t.border}; }}
#left, #leftBody, #graphs, #journal {{ background: {t.surface}; }}
#left {{ border-right: 1px solid {t.border}; }}
#section {{ background: {t.surface}; border-bottom: 1px solid {t.border}; }}
#form {{ background: {t.sunken}; border: 1px solid {t.border}; border-radius: 6px; }}
QStatusBar, #status {{ background: {t.window}; border-top: 1px solid {t.border}; }}
QStatusBar::item {{ border: none; }}
QSplitter::handle {{ background: {t.border}; }}
QSplitter::handle:horizontal {{ width: 1px; }}
QSplitter::handle:vertical {{ height: 1px; }}
QToolTip {{ background: {t.surface}; color: {t.text}; border: 1px solid {t.border_strong}; padding: 4px 6px; }}
QScrollArea {{ border: none; background: transparent; }}
QScrollBar:vertical {{ width: 8px; background: transparent; margin: 0; }}
QScrollBar:horizontal {{ height: 8px; background: transparent; margin: 0; }}
QScrollBar::handle {{ background: {t.border_strong}; border-radius: 3px; margin: 1px; }}
QScrollBar::handle:vertical {{ min-height: {px(24)}px; }}
QScrollBar::handle:horizontal {{ min-width: {px(24)}px; }}
QScrollBar::handle:hover {{ background: {t.field}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""


def _buttons(t: Tokens, px: Measure) -> str:
    bands = "".join(
        f"""
QPushButton[band="{name}"] {{ background: transparent; border-color: {b.icon}; color: {b.text};
  padding: 0 {px(10)}px; }}
QPushButton[band="{name}"]:hover {{ background: {b.line}; }}
QPushButton[band="{name}"][main="true"] {{ background: {b.icon}; color: {t.surface}; }}
"""
        for name, b in t.bands.items()
    )
    return f"""
QPushButton {{ border: 1px solid {t.border_strong}; border-radius: 6px; padding: 0 {px(12)}px;
  min-height: {px(26)}px; background: {t.surface}; color: {t.text}; }}
QPushButton:hover, QPushButton:pressed {{ background: {t.hover}; }}
QPushButton:disabled {{ color: {t.disabled}; border-color: {t.border}; background: transparent; }}
QPushButton[kind="ink"] {{ background: {t.ink}; border-color: {t.ink}; color: {t.ink_text}; }}
QPushButton[kind="ink"]:hover {{ background: {t.text2}; border-color: {t.text2}; }}
QPushButton[kind="paper"] {{ background: {t.surface}; border-color: {t.surface}; color: {t.text}; }}
QPushButton[kind="ghost"] {{ background: transparent; border-color: transparent; color: {t.text2};
  padding: 0; margin-left: -{px(3)}px; text-align: left; }}
QPushButton[kind="ghost"]:hover {{ background: {t.hover}; }}
QPushButton[kind="ink"]:disabled {{ background: {t.hover}; border-color: {t.border}; color: {t.disabled}; }}
QPushButton[kind="link"] {{ background: transparent; border-color: transparent; color: {t.accent}; padding: 0;
  min-height: {px(18)}px; margin-left: -{px(6)}px; text-align: left; }}
QPushButton[kind="link"]:hover {{ background: {t.hover}; }}
QPushButton[kind="quiet"] {{ background: transparent; border-color: transparent; color: {t.accent};
  padding: 0 {px(4)}px; min-height: {px(18)}px; }}
QPushButton[kind="quiet"]:hover {{ background: {t.hover}; }}
QPushButton[kind="hint"] {{ background: transparent; border-color: transparent; color: {t.ink_hint}; padding: 0;
  text-align: left; }}
QPushButton[kind="hint"]:hover {{ color: {t.ink_text}; }}
QPushButton[kind="icon"] {{ background: transparent; border-color: transparent; padding: 0;
  min-width: {px(26)}px; max-width: {px(26)}px; }}
QPushButton[kind="icon"]:hover {{ background: {t.hover}; }}
QPushButton[kind="icon"]:checked {{ background: {t.hover}; border-color: {t.border_strong}; }}
QPushButton[kind="reset"] {{ background: transparent; border-color: transparent; padding: 0;
  min-width: {px(18)}px; max-width: {px(18)}px; min-height: {px(18)}px; }}
QPushButton[kind="reset"]:hover {{ background: {t.hover}; }}
QPushButton[kind="small"] {{ min-height: {px(22)}px; padding: 0 {px(8)}px; }}
QPushButton::menu-indicator {{ image: none; width: 0; }}
QPushButton[band] {{ min-height: {px(24)}px; }}
{bands}"""


def _fields(t: Tokens, px: Measure, images: Mapping[str, str]) -> str:
    chevron = f'image: url("{images["chevron"]}"); width: {px(14)}px; height: {px(14)}px;'
    return f"""
QLineEdit, QComboBox, QAbstractSpinBox, QKeySequenceEdit {{ border: 1px solid {t.field}; border-radius: 5px;
  padding: 0 {px(8)}px; min-height: {px(24)}px; background: {t.surface}; color: {t.text};
  placeholder-text-color: {t.text3}; selection-background-color: {t.accent}; selection-color: {t.surface}; }}
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {{ border: 2px solid {t.accent};
  padding: 0 {px(8) - 1}px; min-height: {px(24) - 2}px; }}
QLineEdit[problem="true"], QComboBox[problem="true"], QAbstractSpinBox[problem="true"] {{ border: 2px solid {t.bad};
  padding: 0 {px(8) - 1}px; min-height: {px(24) - 2}px; }}
QLineEdit[readOnly="true"] {{ border-color: {t.border_strong}; }}
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus {{ border: none; padding: 0; min-height: 0;
  background: transparent; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; height: 0; border: none;
  subcontrol-origin: margin; }}
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled {{ color: {t.disabled}; border-color: {t.border};
  background: transparent; }}
QComboBox, QComboBox:focus {{ padding-right: 0; }}
QComboBox[quiet="true"] {{ border-color: {t.border_strong}; }}
QComboBox[quiet="true"]:focus {{ border-color: {t.accent}; }}
QComboBox::drop-down {{ border: none; width: {px(22)}px; }}
QComboBox::down-arrow {{ {chevron} }}
QComboBox::down-arrow:disabled {{ image: url("{images["chevron-disabled"]}"); }}
QComboBox QAbstractItemView {{ border: 1px solid {t.border_strong}; background: {t.surface}; color: {t.text};
  selection-background-color: {t.selected}; selection-color: {t.text}; outline: none; padding: 4px; }}
QComboBox QAbstractItemView::item {{ min-height: {px(24)}px; padding: 0 {px(4)}px; }}
QPlainTextEdit, QTextEdit {{ border: 1px solid {t.border}; border-radius: 6px; background: {t.sunken}; color: {t.text};
  selection-background-color: {t.accent}; selection-color: {t.surface}; }}
QPlainTextEdit:focus, QTextEdit:focus {{ border: 2px solid {t.accent}; }}
"""


def _checks(t: Tokens, px: Measure, images: Mapping[str, str]) -> str:
    return f"""
QCheckBox, QRadioButton {{ spacing: {px(8)}px; color: {t.text}; background: transparent; min-height: {px(20)}px; }}
QCheckBox:disabled {{ color: {t.disabled}; }}
QCheckBox::indicator {{ width: {px(14)}px; height: {px(14)}px; border: 1px solid {t.field}; border-radius: 4px;
  background: {t.surface}; }}
QCheckBox::indicator:checked {{ background: {t.ink}; border-color: {t.ink}; image: url("{images["tick"]}"); }}
QCheckBox::indicator:indeterminate {{ background: {t.hover}; border: 3px solid {t.surface}; }}
QCheckBox::indicator:disabled {{ border-color: {t.border}; }}
QCheckBox::indicator:checked:disabled {{ background: {t.hover}; image: url("{images["tick-disabled"]}"); }}
QCheckBox::indicator:focus {{ border: 2px solid {t.accent}; width: {px(14) - 2}px; height: {px(14) - 2}px; }}
"""


def _menus(t: Tokens, px: Measure) -> str:
    return f"""
QMenuBar {{ background: {t.window}; border: none; padding: 0 {px(8)}px; }}
QMenuBar::item {{ padding: {px(5)}px {px(8)}px; margin: 1px 0; border-radius: 4px; color: {t.text2};
  background: transparent; }}
QMenuBar::item:selected {{ background: {t.hover}; color: {t.text}; }}
QMenu {{ background: {t.surface}; border: 1px solid {t.border_strong}; padding: 4px; }}
QMenu::item {{ padding: {px(5)}px {px(20)}px {px(5)}px {px(12)}px; border-radius: 4px; color: {t.text};
  background: transparent; }}
QMenu::item:selected {{ background: {t.selected}; }}
QMenu::item:disabled {{ color: {t.disabled}; }}
QMenu[headed="true"]::item:disabled {{ color: {t.text3}; }}
QMenu::separator {{ height: 1px; background: {t.border}; margin: 4px 8px; }}
QMenu::section {{ color: {t.text3}; }}
QMenu::icon {{ padding-left: {px(8)}px; }}
"""


def _views(t: Tokens, px: Measure) -> str:
    return f"""
QTableView, QListView, QTreeView {{ border: none; background: {t.surface}; color: {t.text}; outline: none;
  gridline-color: transparent; selection-background-color: {t.selected}; selection-color: {t.text}; }}
QListView[popup="true"] {{ border: 1px solid {t.border_strong}; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QHeaderView {{ background: {t.surface}; border: none; }}
QHeaderView::section {{ background: {t.surface}; border: none; border-bottom: 1px solid {t.border};
  padding: 0 8px; min-height: {px(25)}px; color: {t.text3}; }}
QTableCornerButton::section {{ background: {t.surface}; border: none; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {t.border}; }}
QTabBar {{ background: transparent; border: none; }}
QTabBar::tab {{ background: transparent; color: {t.text2}; border: none; border-bottom: 2px solid transparent;
  padding: 0; margin-right: {px(20)}px; min-height: {px(32)}px; }}
QTabBar::tab:selected {{ color: {t.text}; border-bottom-color: {t.ink}; }}
QTabBar::tab:hover {{ color: {t.text}; }}
QProgressBar {{ border: none; border-radius: 2px; background: {t.border}; max-height: 4px; color: transparent; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 2px; }}
"""
