"""One value's text: quotes, `${NAME}`, and the way a number or a yes was written.

Between the scanner (raw text) and the declarations (typed values); used by reading and saving.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from vaurien_core.options.kinds import FALSE, TRUE

_VARIABLE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<default>:-[^}]*)?\}|(?P<broken>\$\{)")
_NUMBER = re.compile(r"(?P<number>[+-]?\d+(?:\.(?P<decimals>\d+))?)(?P<suffix>\s*[a-zA-Zµ%/]*)")
_BOOLS = (("true", "false"), ("yes", "no"), ("on", "off"), ("1", "0"), ("y", "n"), ("t", "f"))


def unquote(text: str) -> str:
    """A value without the quotes around it."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def has_variable(text: str) -> bool:
    """Whether `expand` would replace something by what the environment holds."""
    return any(match["name"] for match in _VARIABLE.finditer(text))


def expand(text: str, env: Mapping[str, str]) -> str:
    """A value with `${NAME}` and `${NAME:-text}` replaced; `$${` is a literal `${`.

    Raises:
        ValueError: a variable is unset and has no default, or its braces are not closed; says which.
    """

    def replaced(match: re.Match[str]) -> str:
        if match["broken"]:
            raise ValueError(
                "expected ${NAME} or ${NAME:-text}, got a ${ that is not closed; write $${ for a literal one."
            )
        if match["name"] is None:
            return "${"
        name, default = match["name"], match["default"]
        if name in env and (env[name] or default is None):
            return env[name]
        if default is None:
            raise ValueError(
                f"expected the environment variable {name}, but it is not set; ${{{name}:-text}} gives it a default."
            )
        return default[2:]

    return _VARIABLE.sub(replaced, text)


def protect(text: str) -> str:
    """A literal value as it must be written so that reading gives it back.

    Raises:
        ValueError: INI text can't hold it; says why.
    """
    if "\n" in text or "\r" in text:
        raise ValueError("an INI value can't hold a line break")
    if re.search(r"(^|\s);", text):
        raise ValueError("an INI value can't hold a ; after a space, it begins a comment")
    text = text.replace("${", "$${")
    if text != text.strip() or unquote(text) != text:
        return f'"{text}"'
    return text


def in_style(old: str, new: str) -> str:
    """The canonical text `new`, written the way the value `old` was: its quotes, unit, decimals, or word for yes.

    The caller checks that it still reads as the same value.
    """
    inner = unquote(old)
    if inner != old:
        return f"{old[0]}{in_style(inner, new)}{old[0]}"
    lowered = old.lower()
    if new in ("true", "false") and lowered in TRUE | FALSE:
        for pair in _BOOLS:
            if lowered in pair:
                word = pair[0 if new == "true" else 1]
                return word.upper() if old.isupper() and len(old) > 1 else word.title() if old[:1].isupper() else word
    was, now = _NUMBER.fullmatch(old), _NUMBER.fullmatch(new)
    if was and now and was["suffix"].strip() == now["suffix"].strip():
        number = now["number"]
        decimals = was["decimals"] or ""
        if decimals.endswith("0"):
            have = now["decimals"] or ""
            missing = len(decimals) - len(have)
            number += ("" if have else ".") + "0" * missing if missing > 0 else ""
        return number + was["suffix"]
    return new


def number_suffix(text: str) -> str | None:
    """The unit that a number was written with ("" for a bare one); None if it is no number."""
    match = _NUMBER.fullmatch(unquote(text))
    return match["suffix"].strip() if match else None
