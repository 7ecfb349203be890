"""What the environment held stays in the process: `${NAME}` is shown in the place of what it stands for.

Reading a profile leaves a `Reference` for each text or option that a variable was part of. The engine veils its
journal, public control sites veil their answers, and what a client sends back is unveiled, so that a profile survives
the round trip.
Mixes, the seed, lengths, bounds and the addresses that Vaurien itself listens on are no secrets and have none: every
report says them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from vaurien_core.frozen import dataclass
from vaurien_core.options import OptionValue, OptionValues

Path = tuple[str, ...]
SHORTEST = 4
"""Characters of a value that is looked for inside of sentences; a shorter one would be found everywhere."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A value of a profile that came from the environment."""

    path: Path
    """Where it stands: `("proxies", "web", "backend")`."""
    text: str
    """As written: `${DB}`."""
    value: OptionValue
    """What it stands for. Only options (of behaviors and protocols) are anything but texts."""


class Veil:
    """Covers and uncovers the values of some references."""

    def __init__(self, references: Sequence[Reference]) -> None:
        self._references = references
        self._written = {word: r.text for r in references for word in _words(r)}
        self._options = {(r.path[-1], _same(r.value)): r.text for r in references if not isinstance(r.value, str)}
        long = sorted((value for value in self._written if len(value) >= SHORTEST), key=len, reverse=True)
        words = "|".join(re.escape(value) for value in long)
        self._pattern = re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])") if long else None

    def __bool__(self) -> bool:
        return bool(self._references)

    def sentence(self, text: str) -> str:
        """A text without the values; one that is nothing but a value is covered however short it is."""
        if text in self._written:
            return self._written[text]
        return self._pattern.sub(lambda found: self._written[found[0]], text) if self._pattern else text

    def options(self, values: OptionValues) -> OptionValues:
        """Options: texts as sentences, numbers and lists where an option of that name has them."""
        return tuple((key, self._option(key, value)) for key, value in values)

    def sentences(self, body: Any) -> Any:
        """JSON data: each text of it as a sentence, each other value as an option of its name."""
        return map_values(body, lambda path, value: self._option(path[-1] if path else "", value))

    def covered(self, data: Any, at: Path = ()) -> Any:
        """The JSON of a profile, or of what stands `at` a place of one, as it may be shown."""
        written = {(r.path, _same(r.value)): r.text for r in self._references}
        return map_values(data, lambda path, value: written.get((path, _same(value)), value), at)

    def uncovered(self, data: Any, at: Path = ()) -> Any:
        """What `covered` gave, changed or not, with the values back in their places."""
        values = {(r.path, r.text): list(r.value) if isinstance(r.value, tuple) else r.value for r in self._references}

        def back(path: Path, value: Any) -> Any:
            return values.get((path, value), value) if isinstance(value, str) else value

        return map_values(data, back, at)

    def _option(self, key: str, value: Any) -> Any:
        if isinstance(value, str):
            return self.sentence(value)
        return self._options.get((key, _same(value)), value) if self._options else value


def map_values(data: Any, change: Callable[[Path, Any], Any], at: Path = ()) -> Any:
    """JSON data with every value replaced: lists of plain values whole, else (if left alone) each of them.

    A path leads through names (`proxies/web`) and skips `options`.
    """
    if isinstance(data, dict):
        return {k: map_values(v, change, at if k == "options" else (*at, k)) for k, v in data.items()}
    if not isinstance(data, (list, tuple)):
        return change(at, data)
    if data and not any(isinstance(v, (dict, list, tuple)) for v in data):
        changed = change(at, data)
        if changed is not data:
            return changed
    return [map_values(v, change, (*at, v["name"]) if _named(v) else at) for v in data]


def _named(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("name"), str)


def _same(value: Any) -> str:
    """Equal for equal values of equal types (1 is not True), hashable for lists too."""
    import json

    return json.dumps(value)


def _words(reference: Reference) -> list[str]:
    """The texts that sentences must not show: of a list, what isn't literally in the profile."""
    if isinstance(reference.value, str):
        return [reference.value]
    if isinstance(reference.value, tuple):
        return [word for word in reference.value if word not in reference.text]
    return []
