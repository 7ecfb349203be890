"""What a connection takes from its proxy's spec when it is made, and keeps."""

from __future__ import annotations

from vaurien_core.model.profile import ProxySpec
from vaurien_core.options import OptionSet
from vaurien_core.protocols.base import ProtocolType
from vaurien_core.registry import Registry


def made_by(spec: ProxySpec) -> tuple[object, ...]:
    """What a connection takes from its proxy once, when it is made."""
    return (
        spec.proxy, spec.backend, spec.protocol, spec.protocol_options, spec.tls, spec.backend_tls, spec.certificate,
        spec.key, spec.backend_verify, spec.backend_name,
    )  # fmt: skip


def protocol_of(spec: ProxySpec, registry: Registry) -> ProtocolType:
    """The protocol of a spec, with its options.

    Raises:
        UsageError: there is no such protocol, or options don't fit.
    """
    kind = registry.protocol(spec.protocol)
    options: OptionSet = kind.Options.build(spec.protocol_options)
    protocol = kind(options)
    protocol.configure(spec.backend)
    protocol.introduce(spec.backend_name, secure=spec.tls == "terminate")
    return protocol
