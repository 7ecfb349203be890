"""Numbers and times as the window writes them."""

from __future__ import annotations

from decimal import Decimal

from vaurien_core.addresses import Address
from vaurien_core.errors import OptionError
from vaurien_core.options import Option, OptionValue
from vaurien_core.options.kinds import Kind


def percent(value: Decimal | float) -> str:
    """`20 %`, `12.5 %`."""
    text = f"{Decimal(value).normalize():f}" if isinstance(value, Decimal) else f"{value:.1f}"
    return f"{text} %"


def duration(seconds: float) -> str:
    """`00:42`, `1:02:03`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes:02}:{secs:02}"


def rate(value: float) -> str:
    """`12.1/s`, `0/s`, `172/s`."""
    if value >= 100:
        return f"{value:,.0f}/s"
    return f"{value:.1f}/s" if value else "0/s"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 connection`, `2 connections`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def short_address(text: str) -> str:
    """`:8000` for an address of this machine, else the whole; what can't be read stays as it is."""
    try:
        address = Address.parse(text)
    except OptionError:
        return text
    return f":{address.port}" if address.is_loopback and not address.is_unix else str(address)


def option_text(option: Option, value: OptionValue) -> str:
    """A value with its unit: `300 ms`, `2 s`, `true`."""
    text = option.format(value)
    if option.kind is Kind.DURATION and text.endswith("ms"):
        return f"{text[:-2]} ms"
    return f"{text} {option.unit}" if option.unit and text[-1:].isdigit() else text
