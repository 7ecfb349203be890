"""What a proxy's TLS keys come to: how each side of a connection begins, and with which contexts.

Made by `ProxyServer` from its spec, and anew whenever one of the keys, the backend or the protocol changes; so
connections keep what they began with.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from vaurien_core.addresses import Address
from vaurien_core.errors import OptionError
from vaurien_core.model.profile import ProxySpec
from vaurien_core.protocols.base import ProtocolType
from vaurien_core.protocols.negotiation import Negotiator, TlsWays
from vaurien_core.proxy.port import Port
from vaurien_core.proxy.tls.contexts import AUTO, accepting, dialling, server_context
from vaurien_core.proxy.tls.port import Manner, TlsPort
from vaurien_core.proxy.tls.sentences import TlsError, backend_problem, client_problem

KEYS = ("protocol", "backend", "tls", "backend_tls", "certificate", "key", "backend_verify", "backend_name")
"""Fields of a spec that these settings hang on."""


class TlsSettings:
    """See the module.

    Attributes:
        learned: the backend was found to speak TLS from the first byte.
        authority: PEM file that clients are to trust, where the certificate was made for this run.
        told: reasons and findings that people have been told of once.
    """

    def __init__(self, spec: ProxySpec, protocol: ProtocolType, folder: Path | None) -> None:
        """Read what has to be read.

        Raises:
            OptionError: a file can't be used, or a key doesn't fit the protocol.
        """
        check_keys(spec, type(protocol))
        self._spec, self._protocol, self._folder = spec, protocol, folder
        self._address = Address.parse(spec.backend, name="backend")
        self.client, self.backend = spec.tls, spec.backend_tls
        self.learned = False
        self.told: set[str] = set()
        protocol.ways = TlsWays(spec.tls, spec.backend_tls)
        self.authority: Path | None = None
        self._accepting = self._made_accepting() if spec.tls == "terminate" else None
        if spec.backend_tls in ("on", "starttls"):
            _check_name(self._dialling, self.name)

    def for_spec(self, spec: ProxySpec, protocol: ProtocolType) -> TlsSettings:
        """These settings if they are the same for another spec, else those of the other one.

        Raises:
            OptionError: see the class.
        """
        if any(getattr(spec, key) != getattr(self._spec, key) for key in KEYS):
            return TlsSettings(spec, protocol, self._folder)
        self._protocol, protocol.ways = protocol, self._protocol.ways
        return self

    @property
    def name(self) -> str:
        """What the backend is asked for and verified by."""
        return self._spec.backend_name or ("localhost" if self._address.is_unix else self._address.host)

    @property
    def ends_at_first_byte(self) -> bool:
        """A client's TLS ends here, and there is no other way to begin it."""
        return self.client == "terminate" and not self._protocol.upgrade

    @property
    def ends_either_way(self) -> bool:
        """A client's TLS ends here, and begins with the connection or later."""
        return self.client == "terminate" and bool(self._protocol.upgrade) and bool(self._protocol.tls_port)

    @property
    def unset(self) -> bool:
        """Nobody said how to speak with the backend."""
        return not self.backend

    @property
    def dials_by_client(self) -> bool:
        """The backend speaks TLS from the first byte: a client that does too is passed through, others are helped."""
        implicit = bool(self._protocol.tls_port) and self._address.port == self._protocol.tls_port
        return self.unset and (implicit or self.learned)

    @property
    def searches(self) -> bool:
        """A backend that stays silent where it should greet may be one that waits for TLS."""
        return self.unset and self._protocol.greets and bool(self._protocol.tls_port) and not self.dials_by_client

    @property
    def waits_for_client(self) -> bool:
        """Nothing may be said to a client before it is known whether it begins with TLS."""
        return self._protocol.greets and (self.ends_either_way or (self.dials_by_client and self.client != "terminate"))

    def negotiator(self, side: str) -> Negotiator | None:
        """See `ProtocolType.negotiator`."""
        return self._protocol.negotiator(side)

    def accept(
        self, port: Port, failed: Callable[[TlsError], None], stands: Callable[[], None] | None, first: bytes
    ) -> TlsPort:
        """TLS in front of a client's port."""
        assert self._accepting is not None
        manner = Manner(self._accepting, True, limit_s=self._spec.connect_timeout)
        return TlsPort(port, manner, lambda error: failed(client_problem(error)), stands, first)

    def originate(self, port: Port, failed: Callable[[TlsError], None], stands: Callable[[], None] | None) -> TlsPort:
        """TLS in front of a backend's port."""
        spec = self._spec
        manner = Manner(self._dialling, False, self.name, spec.connect_timeout)
        return TlsPort(
            port, manner,
            lambda error: failed(backend_problem(error, spec.backend, self.name, spec.backend_verify)), stands,
        )  # fmt: skip

    def _made_accepting(self) -> ssl.SSLContext:
        if self._spec.certificate != AUTO:
            return accepting(self._spec, self._folder)
        from vaurien_core.certificates import auto_certificate

        made = auto_certificate([Address.parse(self._spec.proxy, name="proxy").host])
        context = server_context()
        made.load_into(context)
        self.authority = made.authority
        return context

    @cached_property
    def _dialling(self) -> ssl.SSLContext:
        return dialling(self._spec, self._folder)


def check_keys(spec: ProxySpec, protocol: type[ProtocolType]) -> None:
    """Hold that the keys mean something together and with the protocol.

    Raises:
        OptionError: they don't.
    """
    for option, value, known in (
        ("tls", spec.tls, ("passthrough", "terminate", "strip")),
        ("backend_tls", spec.backend_tls, ("", "off", "on", "starttls")),
    ):
        if value not in known:
            raise OptionError(option, ", ".join(k for k in known if k), f'"{value}"')
    if spec.backend_tls == "starttls" and not protocol.upgrade:
        raise OptionError("backend_tls", f"off or on, as {protocol.name} has no way from plain text to TLS", "starttls")
    if spec.tls == "strip" and not protocol.upgrade:
        expected = f"passthrough or terminate, as {protocol.name} doesn't negotiate TLS: there is nothing to strip"
        raise OptionError("tls", expected, "strip")


def check_tls(spec: ProxySpec, protocol: type[ProtocolType], folder: Path | None) -> None:
    """The same, with the files that the keys name.

    Raises:
        OptionError: see `TlsSettings`.
    """
    check_keys(spec, protocol)
    if spec.tls == "terminate" and spec.certificate != AUTO:
        accepting(spec, folder)
    if spec.backend_tls in ("on", "starttls") or spec.backend_verify not in ("", "yes", "no"):
        address = Address.parse(spec.backend, name="backend")
        _check_name(dialling(spec, folder), spec.backend_name or address.host or "localhost")


def _check_name(context: ssl.SSLContext, name: str) -> None:
    try:
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=name)
    except (ValueError, UnicodeError, ssl.SSLError):
        raise OptionError("backend_name", "a host name", f'"{name}"') from None
