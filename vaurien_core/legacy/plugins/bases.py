"""What old-style plugins derive from: `Dummy`, `BaseProtocol`, `TCP`; `vaurien` has them under their old names."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any, ClassVar


class _WithOptions:
    """Settings, read by `option`."""

    name: str = ""
    options: ClassVar[dict[str, Any]] = {}

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        self.settings: dict[str, Any] = dict(settings or {})

    def update_settings(self, settings: Mapping[str, Any]) -> None:
        """Lay these over the settings."""
        self.settings.update(settings)

    def option(self, name: str) -> Any:  # the row's own type
        """The value of an option, as its row's type makes it."""
        _, type_, default = self.options[name][:3]
        value = self.settings.get(name, default)
        if value is None or (isinstance(type_, type) and isinstance(value, type_)):
            return value
        return type_(value)


class Dummy(_WithOptions):
    """A behavior that passes everything: the base of old-style behaviors."""

    name = "dummy"

    def on_before_handle(self, protocol: Any, source: socket.socket, dest: socket.socket, to_backend: bool) -> bool:
        """Called before a request (`to_backend`) or answer is passed on; False: it isn't."""
        return True

    def on_after_handle(self, protocol: Any, source: socket.socket, dest: socket.socket, to_backend: bool) -> Any:
        """Called behind it."""
        return True


class BaseProtocol(_WithOptions):
    """The base of old-style protocols."""

    name = "base"
    options: ClassVar[dict[str, Any]] = {"buffer": ("How many bytes one read takes", int, 8124)}

    def _get_data(self, source: socket.socket, buffer: int | None = None) -> bytes:
        """What is readable, at most `buffer` bytes; `b""` at the end of the stream."""
        try:
            return source.recv(buffer or self.option("buffer"))
        except ConnectionError:
            return b""

    def _abort_handling(self, to_backend: bool, dest: socket.socket) -> None:
        """There is nothing more to say to `dest`."""
        dest.close()

    def _handle(self, source: socket.socket, dest: socket.socket, to_backend: bool) -> Any:
        """Pass on what is readable in `source`; a plugin may take a fourth argument, `on_between_handle`.

        Returns:
            False to close both sides; anything else goes on.
        """
        raise NotImplementedError


class TCP(BaseProtocol):
    """Passes bytes on as they come."""

    name = "tcp"

    def _handle(self, source: socket.socket, dest: socket.socket, to_backend: bool) -> Any:
        data = self._get_data(source)
        if data:
            dest.sendall(data)
        return bool(data)
