"""Selectors: which exchanges a rule of a mix is for. Declared once, read by profiles, engines, command line and forms.

Their values stand in `BehaviorSpec.options` beside the behavior's own, as they share its INI section. A behavior whose
own option has such a name keeps that one: it has no such selector. A rule has selectors when at least one of them says
something (is not neutral); see `proxy.draw` for what that changes.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from vaurien_core.errors import OptionError
from vaurien_core.frozen import dataclass
from vaurien_core.options import Kind, Option, OptionValue, OptionValues

REGEX = "re:"
"""Begins a `match` that is a regular expression."""
CONNECT, REQUEST = "connect", "request"

SELECTORS: tuple[Option, ...] = (
    Option("match", Kind.TEXT, "", "Only exchanges with this label: a glob for all of it, or re: and a regex in it"),
    Option("header", Kind.TEXT, "", "Only requests with this header (http): Name, or Name: and a glob for its value"),
    Option("client", Kind.LIST, (), "Only clients within these networks, such as 10.0.0.0/8, ::1"),
    Option(
        "at",
        Kind.CHOICE,
        REQUEST,
        "What it acts on: requests, or the connect phase before the first one",
        choices=(REQUEST, CONNECT),
    ),
    Option("skip", Kind.INT, 0, "Of those that match, pass the first n", minimum=0),
    Option("every", Kind.INT, 1, "Of those left, only every n-th: with 3 the 3rd, 6th, ...", minimum=1),
    Option("first", Kind.INT, None, "Of those left, only the first n", minimum=1),
    Option("times", Kind.INT, None, "At most n hits", minimum=1),
)
_NEUTRAL: Mapping[str, OptionValue] = {option.name: option.default for option in SELECTORS}
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # a token, RFC 9110 section 5.6.2
Network = Any
"""An `IPv4Network` or `IPv6Network`: typeshed's `in` takes each with its own addresses only."""


def selectors_of(own: Iterable[Option]) -> tuple[Option, ...]:
    """The selectors of a behavior with these options of its own."""
    taken = {option.name for option in own}
    return tuple(option for option in SELECTORS if option.name not in taken)


def split(values: OptionValues, own: Iterable[Option] = ()) -> tuple[OptionValues, OptionValues]:
    """Set options as those of the behavior, which declares `own`, and its selectors."""
    names = {option.name for option in selectors_of(own)}
    return tuple(v for v in values if v[0] not in names), tuple(v for v in values if v[0] in names)


def selective(values: OptionValues, own: Iterable[Option] = ()) -> bool:
    """Whether a rule with these options has selectors."""
    return any(value != _NEUTRAL[name] and value is not None for name, value in split(values, own)[1])


def check_selector(name: str, value: OptionValue) -> OptionValue:
    """A selector's value of the right kind, if it can be used.

    Raises:
        OptionError: a regex or a network that is none, or a header without a name.
    """
    if name == "match" and isinstance(value, str):
        _pattern(value)
    elif name == "header" and isinstance(value, str) and value:
        _header(value)
    elif name == "client" and isinstance(value, tuple):
        _networks(value)
    return value


@dataclass(frozen=True, slots=True)
class Selector:
    """The selectors of one rule, ready to be asked; the fields are those of `SELECTORS`."""

    match: str = ""
    header: str = ""
    client: tuple[str, ...] = ()
    at: str = REQUEST
    skip: int = 0
    every: int = 1
    first: int | None = None
    times: int | None = None
    _label: re.Pattern[str] | None = field(init=False, default=None, compare=False, repr=False)
    _field: tuple[bytes, re.Pattern[str] | None] | None = field(init=False, default=None, compare=False, repr=False)
    _from: tuple[Network, ...] = field(init=False, default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        for name, made in (
            ("_label", _pattern(self.match) if self.match else None),
            ("_field", _header(self.header) if self.header else None),
            ("_from", _networks(self.client)),
        ):
            object.__setattr__(self, name, made)

    @classmethod
    def of(cls, values: OptionValues, own: Iterable[Option] = ()) -> Selector | None:
        """Those of a rule with these options; None: it has no selectors.

        Raises:
            OptionError: a value doesn't fit.
        """
        if not selective(values, own):
            return None
        declared = {option.name: option for option in SELECTORS}
        given = {name: declared[name].check(value) for name, value in split(values, own)[1] if value is not None}
        return cls(**given)  # type: ignore[arg-type]

    def matches(self, label: str, client: str, head: bytes) -> bool:
        """Whether an exchange is one of those that this is about, before any counting.

        Args:
            label: of the exchange.
            client: its client's address: `127.0.0.1:4711`, `[::1]:4711`; what is no IP address is in no network.
            head: the request's header section as sent, where there is one.
        """
        if self._label is not None and self._label.search(label) is None:
            return False
        if self._from and not _within(client, self._from):
            return False
        return self._field is None or _has(head, *self._field)

    def admits(self, match: int) -> bool:
        """Whether the n-th exchange that matches (from 1) is one to draw for, by `skip`, `every` and `first`."""
        left = match - self.skip
        if left < 1 or left % self.every:
            return False
        return self.first is None or left // self.every <= self.first


def contradiction(name: str, values: OptionValues, own: Iterable[Option] = ()) -> str:
    """What can't be meant by the selectors of a rule, as `option: sentence`; "" if nothing.

    Args:
        name: of the rule.
        values: its options.
        own: what its behavior declares itself.
    """
    selector = Selector.of(values, own)
    if selector is None:
        return ""
    if name == "dummy":
        key = next(key for key, _ in split(values, own)[1])
        return f"{key}: dummy is what is left over; expected a rule with a name of its own and type = dummy."
    if selector.at == CONNECT:
        if selector.header:
            return "header: expected at = request, got connect: a header comes with a request."
        if selector.match and _pattern(selector.match).search(CONNECT) is None:
            return f"match: expected at = request: the connect phase is labelled {CONNECT}, got {selector.match!r}."
    return ""


@lru_cache(maxsize=512)
def _pattern(match: str) -> re.Pattern[str]:
    if not match.startswith(REGEX):
        return re.compile(rf"\A{fnmatch.translate(match)}")
    try:
        return re.compile(match.removeprefix(REGEX))
    except re.error as error:
        raise OptionError("match", f"a regular expression after {REGEX} ({error})", repr(match)) from None


@lru_cache(maxsize=512)
def _header(text: str) -> tuple[bytes, re.Pattern[str] | None]:
    """The field's name in lower case, and what its value must be."""
    name, colon, glob = text.partition(":")
    if not _NAME.fullmatch(name.strip()):
        raise OptionError("header", "a header's name, or Name: and a glob for its value", repr(text))
    pattern = re.compile(rf"\A{fnmatch.translate(glob.strip())}") if colon and glob.strip() else None
    return name.strip().lower().encode("ascii"), pattern


@lru_cache(maxsize=512)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    found = []
    for text in texts:
        try:
            found.append(ip_network(text, strict=False))
        except ValueError:
            raise OptionError("client", "addresses or networks, such as 10.0.0.0/8", repr(text)) from None
    return tuple(found)


def _within(client: str, networks: tuple[Network, ...]) -> bool:
    host = client.rpartition(":")[0].strip("[]").partition("%")[0]
    try:
        address: IPv4Address | IPv6Address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def _has(head: bytes, name: bytes, pattern: re.Pattern[str] | None) -> bool:
    for line in head.splitlines():
        found, colon, value = line.partition(b":")
        if (
            colon
            and found.strip().lower() == name
            and (pattern is None or pattern.search(value.strip().decode("latin-1")) is not None)
        ):
            return True
    return False
