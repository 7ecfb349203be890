"""One value at a time into a text under edit: where it goes, how it is written, and when its key disappears."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vaurien_core.errors import OptionError
from vaurien_core.model.profile import Profile
from vaurien_core.options import Option
from vaurien_core.options.kinds import READERS, number_text
from vaurien_core.profiles.building import Builder
from vaurien_core.profiles.editor import Editor
from vaurien_core.profiles.layers import read_layers
from vaurien_core.profiles.values import has_variable, in_style, number_suffix, unquote
from vaurien_core.profiles.writing import option_text
from vaurien_core.registry import Registry


class Placing:
    """A text under edit, read again after each change. Base of `changes.Changes`."""

    def __init__(
        self, text: str, name: str, registry: Registry, folder: Path | None, env: Mapping[str, str] | None
    ) -> None:
        self.editor = Editor(text)
        self._name, self.registry, self._folder = name, registry, folder
        self._env = os.environ if env is None else env
        self._seen: tuple[str, Builder, Profile] | None = None

    def read(self) -> Builder:
        """What the text says now; read again only when it changed."""
        text = self.editor.text
        if self._seen is None or self._seen[0] != text:
            builder = Builder(read_layers(text, self._name, self._folder, self._env), self.registry)
            self._seen = (text, builder, builder.build())
        return self._seen[1]

    def now(self) -> Profile:
        """The profile that the text makes now."""
        self.read()
        assert self._seen is not None
        return self._seen[2]

    def place(
        self,
        places: Sequence[tuple[str, str]],
        option: Option | None,
        value: Any,
        read: Callable[[Profile], Any],
        *,
        after: Sequence[str] = (),
        order: Sequence[str] = (),
        stays: bool = False,
    ) -> None:
        """Make the text say `value`.

        Args:
            places: section and key, where it may stand; the last one is where it is put if it stands nowhere.
            option: its declaration; None for plain text.
            value: that is wanted; None: the default.
            read: what a profile says for it.
            after: where a new section goes.
            order: of the section's keys.
            stays: the key is kept although the text would say the same without it.
        """
        if value is None and option is not None:
            value = option.default
        if read(self.now()) == value:
            return
        for section, key in places:
            item = self.editor.item(section, key)
            if item is None:
                continue
            if not stays and not self.editor.commented(item) and self.removed(section, key, value, read):
                return
            text = self._styled(item.text, option, value)
            self.editor.put(section, key, text)
            if read(self.now()) == value:
                return
        section, key = places[-1]
        self.editor.put(section, key, option_text(option, value) if value is not None else "", order=order, after=after)

    def removed(self, section: str, key: str, value: Any, read: Callable[[Profile], Any]) -> bool:
        """Take a key out if the text then still says `value`; whether it went."""
        before = self.editor
        proxies = {spec.name for spec in self.now().proxies}
        self.editor = Editor(before.text)
        self.editor.drop(section, key)
        now = self.now()
        if read(now) == value and {spec.name for spec in now.proxies} == proxies:
            return True
        self.editor = before
        return False

    def _styled(self, old: str, option: Option | None, value: Any) -> str:
        """The new value's text, written like the old one."""
        plain = option_text(option, value) if value is not None else ""
        if option is None or has_variable(old) or "\n" in old:
            return plain
        for candidate in (*_in_unit(old, option, value), plain):
            text = in_style(old, candidate)
            try:
                if option.parse(unquote(text)) == value:
                    return text
            except OptionError:
                continue
        return plain


def _in_unit(old: str, option: Option, value: Any) -> Iterable[str]:
    """A number in the unit that the old text has."""
    suffix = number_suffix(old)
    if suffix is None or isinstance(value, (bool, str, tuple)) or value is None:
        return
    try:
        scale = READERS[option.kind](f"1{suffix}", option.unit)
    except ValueError:
        return
    if isinstance(scale, (int, float)) and scale:
        yield f"{number_text(round(value / scale, 9))}{suffix}"
