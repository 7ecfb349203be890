"""The keys of every section that is not made from a registered behavior or protocol: one table each.

Defaults come from the model's dataclasses. The command line makes its flags' help from the same tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from vaurien_core.model.profile import ControlSpec, Profile, ProxySpec, StatsdSpec
from vaurien_core.options import Kind, Option, OptionValue

_PROXY = ProxySpec("")
_CONTROL = ControlSpec()
_STATSD = StatsdSpec()
_PROFILE = Profile()

LEVELS = ("debug", "info", "warning", "error", "critical")
MAX_SEED = 2**63 - 1

ADDRESSES: tuple[Option, ...] = (
    Option("proxy", Kind.TEXT, _PROXY.proxy, "Where clients connect, host:port; port 0 takes a free one"),
    Option("backend", Kind.TEXT, _PROXY.backend, "The real server, host:port, or a URL such as https://host/"),
    Option("protocol", Kind.TEXT, _PROXY.protocol, "How the traffic is framed into exchanges"),
    Option("behavior", Kind.TEXT, "", "The mix of faults, such as 20:delay, 5:error; the rest is normal"),
)
"""What makes `[vaurien]` describe a proxy; its toxics do, too."""
TOXICS = Option("toxics", Kind.LIST, (), "Faults that are always on, in the order in which bytes meet them")

TUNING: tuple[Option, ...] = (
    Option("enabled", Kind.BOOL, _PROXY.enabled, "Whether it listens"),
    Option(
        "state",
        Kind.CHOICE,
        _PROXY.state,
        "up; down: refuses and cuts connections; syn_blackhole: connects time out (Linux)",
        choices=("up", "down", "syn_blackhole"),
    ),
    Option(
        "connect_timeout",
        Kind.DURATION,
        _PROXY.connect_timeout,
        "How long to wait for the backend",
        unit="s",
        minimum=0.001,
    ),
    Option("buffer_limit", Kind.BYTES, None, "Bytes held per direction before reading stops", unit="B", minimum=1),
    Option("draw_by", Kind.CHOICE, None, "What a draw hangs on", choices=("request", "ordinal")),
    Option("stay_connected", Kind.BOOL, _PROXY.stay_connected, "Keep the client when the backend closes"),
    Option("tls", Kind.CHOICE, _PROXY.tls, "TLS from clients", choices=("passthrough", "terminate", "strip")),
    Option("backend_tls", Kind.CHOICE, None, "TLS to the backend", choices=("off", "on", "starttls")),
    Option(
        "certificate",
        Kind.TEXT,
        _PROXY.certificate,
        "PEM file shown to clients, or auto: one is made",
        depends_on="tls=terminate",
    ),
    Option(
        "key", Kind.TEXT, _PROXY.key, "PEM file of its key, if not in the certificate's", depends_on="tls=terminate"
    ),
    Option("backend_verify", Kind.TEXT, _PROXY.backend_verify, "Whom to trust: yes, no, or a PEM file of authorities"),
    Option("backend_name", Kind.TEXT, _PROXY.backend_name, "Name to ask the backend for and to verify; else its host"),
    Option(
        "backlog", Kind.INT, _PROXY.backlog, "Connections that may wait to be accepted", minimum=1, maximum=2**31 - 1
    ),
)
"""The other keys of a proxy."""

TLS = ("tls", "backend_tls", "certificate", "key", "backend_verify", "backend_name")
"""Those of them that say how each side speaks TLS."""

SHARED: tuple[Option, ...] = (
    Option("seed", Kind.INT, None, "Seed of every draw; unset: one is chosen and shown", minimum=0, maximum=MAX_SEED),
    Option("journal_values", Kind.BOOL, _PROFILE.journal_values, "Write values into the journal, not only names"),
    Option("log_level", Kind.CHOICE, _PROFILE.log_level, "How much to log", choices=LEVELS),
    Option("log_output", Kind.TEXT, _PROFILE.log_output, "File to log to; - is standard error"),
)
"""Keys of `[vaurien]` for the whole profile."""

CONTROL: tuple[Option, ...] = (
    Option("http", Kind.BOOL, _CONTROL.http, "Open the control server"),
    Option("host", Kind.TEXT, _CONTROL.host, "Address of the control server"),
    Option("port", Kind.LIST, tuple(map(str, _CONTROL.ports)), "Its port, or several"),
    Option("allowed_hosts", Kind.LIST, _CONTROL.allowed_hosts, "Further names that a Host header may have"),
    Option("allow_remote", Kind.BOOL, _CONTROL.allow_remote, "Let it be bound beyond loopback"),
)
STATSD: tuple[Option, ...] = (
    Option("enabled", Kind.BOOL, _STATSD.enabled, "Send counters to statsd"),
    Option("host", Kind.TEXT, _STATSD.host, "Its host"),
    Option("port", Kind.INT, _STATSD.port, "Its port", minimum=1, maximum=65535),
    Option("prefix", Kind.TEXT, _STATSD.prefix, "Put before every name"),
    Option("sample_rate", Kind.FLOAT, _STATSD.sample_rate, "Share of the datagrams that is sent", minimum=0, maximum=1),
)
CLASSIC_HTTP: Mapping[str, str] = {"http": "http", "http_host": "host", "http_port": "port"}
"""Keys of `[vaurien]` that stand for keys of `[control]`."""
ALIASES: Mapping[str, str] = {"timeout": "connect_timeout"}
"""Classic names of keys."""
WITHOUT_EFFECT = frozenset({"pool_max_size", "pool_timeout", "bufsize", "sync"})
"""Keys of the classic `[vaurien]` that are accepted with one notice."""
PROTOCOL_WITHOUT_EFFECT = frozenset({"reuse_socket", "buffer"})
FRAME = ("type", "callable")
"""Keys of a behavior's section that are not its options."""


def named(options: tuple[Option, ...]) -> dict[str, Option]:
    """A table by name."""
    return {option.name: option for option in options}


def overrides(cls: type, values: Mapping[str, OptionValue]) -> dict[str, OptionValue]:
    """Those values that are fields of a dataclass."""
    names = {f.name for f in fields(cls)}
    return {name: value for name, value in values.items() if name in names}
