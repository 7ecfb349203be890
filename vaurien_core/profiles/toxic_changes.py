"""The toxics of a proxy into a text under edit: the list in its order, and the section that holds each difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vaurien_core.model.profile import Profile, ProxySpec, ToxicSpec
from vaurien_core.model.toxics import TOXIC_KEYS
from vaurien_core.options import Option
from vaurien_core.profiles import keys
from vaurien_core.profiles.toxics import TOXIC

if TYPE_CHECKING:
    from vaurien_core.profiles.changes import Changes

_FIELDS = frozenset(keys.named(TOXIC_KEYS))


class ToxicChanges:
    """The toxics of one `Changes`."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def write(self, wanted: ProxySpec, several: bool) -> None:
        """Make the text say the toxics of one proxy."""
        changes, proxy = self._changes, wanted.name
        home = changes.read().homes().get(proxy, f"proxy:{proxy}")
        changes.place(
            [(home, keys.TOXICS.name)],
            keys.TOXICS,
            tuple(toxic.name for toxic in wanted.toxics),
            lambda profile: tuple(toxic.name for toxic in _of(profile, proxy).toxics),
            order=changes.order,
        )
        for toxic in wanted.toxics:
            self._toxic(proxy, toxic, several)

    def sweep(self, current: Profile, wanted: Profile) -> None:
        """Take sections out that set up what no proxy has any more."""
        editor = self._changes.editor
        for spec in current.proxies:
            left = _of(wanted, spec.name)
            for toxic in spec.toxics:
                if left.toxic(toxic.name) is None:
                    editor.drop_section(f"{TOXIC}:{toxic.name}@{spec.name}")
        former = {toxic.name for spec in current.proxies for toxic in spec.toxics}
        for name in former - {toxic.name for spec in wanted.proxies for toxic in spec.toxics}:
            editor.drop_section(f"{TOXIC}:{name}")

    def _toxic(self, proxy: str, wanted: ToxicSpec, several: bool) -> None:
        changes, name = self._changes, wanted.name
        options = keys.named((*TOXIC_KEYS, *changes.registry.own_toxic_options(wanted.kind)))
        now = self._now(proxy, name)
        if now.kind != wanted.kind:
            section = changes.section(TOXIC, name, proxy, "type", several)
            self._drop_foreign(name, proxy, options)
            changes.editor.put(section, "type", wanted.kind, after=changes.before(TOXIC, proxy))
            now = self._now(proxy, name)
        had, given = _values(now), _values(wanted)
        for key in (*options, *sorted(given.keys() - options.keys())):
            if had.get(key) == given.get(key):
                continue
            changes.place(
                [(changes.section(TOXIC, name, proxy, key, several), key)],
                options.get(key),
                given.get(key),
                self._reader(proxy, name, key, options.get(key)),
                after=changes.before(TOXIC, proxy),
                order=["type", *options],
            )

    def _drop_foreign(self, name: str, proxy: str, options: dict[str, Option]) -> None:
        """Options of the former type mean nothing to the new one."""
        editor = self._changes.editor
        for section in (f"{TOXIC}:{name}", f"{TOXIC}:{name}@{proxy}"):
            held = self._changes.read().layers.sections.get(section, {})
            for key in [k for k in held if k not in options and k != "type"]:
                editor.drop(section, key)

    def _now(self, proxy: str, name: str) -> ToxicSpec:
        return _of(self._changes.now(), proxy).toxic(name) or ToxicSpec(name)

    @staticmethod
    def _reader(proxy: str, name: str, key: str, option: Option | None) -> Callable[[Profile], Any]:
        default = option.default if option else None
        return lambda profile: _values(_of(profile, proxy).toxic(name) or ToxicSpec(name)).get(key, default)


def _of(profile: Profile, proxy: str) -> ProxySpec:
    return next((spec for spec in profile.proxies if spec.name == proxy), ProxySpec(proxy))


def _values(toxic: ToxicSpec) -> dict[str, Any]:
    """All keys of a toxic's section but `type`."""
    return {**{key: getattr(toxic, key) for key in _FIELDS}, **dict(toxic.options)}
