"""Old-style protocols as `ProtocolType`: `_handle(source, dest, to_backend)` between the client and the data plane.

A thread sits on two socket pairs for the whole connection and calls `_handle` whenever a side is readable. Each call
toward the backend that sends something is an exchange.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from vaurien_core.legacy.plugins.behaviors import make_plugin, summary_of
from vaurien_core.legacy.plugins.calls import CallFramer
from vaurien_core.legacy.plugins.plugin_port import PluginPort
from vaurien_core.legacy.plugins.rows import options_from_rows, settings_of
from vaurien_core.legacy.plugins.threads import Slots
from vaurien_core.options import OptionSet
from vaurien_core.protocols.base import Framer, ProtocolType


class OldProtocol(ProtocolType):
    """Base of the adapted classes; see `adapt_protocol`."""

    draw_by: ClassVar[str] = "ordinal"
    plugin: ClassVar[type]
    rows: ClassVar[object]
    slots: ClassVar[Slots]

    def __init__(self, options: OptionSet) -> None:
        super().__init__(options)
        self._plugin = make_plugin(self.plugin, settings_of(self.rows, options))

    def framer(self) -> Framer:
        """For connections that got no thread: what passes isn't framed."""
        return CallFramer(f"all {self.slots.count} threads for old-style plugins are busy")

    def wrap(self, port: Any, notice: Callable[[str], None]) -> tuple[Any, Callable[[], Framer]]:
        """Put the plugin's thread in front of the client's port (a `proxy.port.Port`), if one is left."""
        if not self.slots.take():
            return port, self.framer
        wrapped = PluginPort(port, self._plugin, self.slots, notice)
        return wrapped, wrapped.framer


def is_old_protocol(found: object) -> bool:
    """Whether it is a class with `_handle`."""
    return isinstance(found, type) and callable(getattr(found, "_handle", None))


def adapt_protocol(plugin: type, name: str, slots: Slots) -> type[ProtocolType]:
    """The `ProtocolType` of an old-style class, under `name`.

    Raises:
        UsageError: its options are none.
    """
    rows = getattr(plugin, "options", {})
    summary = summary_of(plugin)
    return type(
        plugin.__name__,
        (OldProtocol,),
        {
            "__doc__": summary,
            "name": name,
            "title": name.capitalize(),
            "summary": summary,
            "Options": options_from_rows(name, rows),
            "plugin": plugin,
            "rows": rows,
            "slots": slots,
        },
    )
