"""What the environment held stays in the process: `${NAME}` is shown in the place of what it stands for.

Reading a profile leaves a `Reference` for each text that a variable was part of. The engine veils its journal, public
control sites veil their answers, and what a client sends back is unveiled, so that a profile survives the round trip.
Numbers, mixes and the addresses that Vaurien itself listens on are no secrets and have none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vaurien_core.options import OptionValues

Path = tuple[str, ...]
SHORTEST = 4
"""Characters of a value that is looked for inside of sentences; a shorter one would be found everywhere."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A text of a profile that came from the environment."""

    path: Path
    """Where it stands: `("proxies", "web", "backend")`."""
    text: str
    """As written: `${DB}`."""
    value: str
    """What it stands for."""


class Veil:
    """Covers and uncovers the values of some references."""

    def __init__(self, references: Sequence[Reference]) -> None:
        self._references = references
        self._written = {r.value: r.text for r in references}
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
        """Options with their texts as sentences."""
        return tuple((key, self.sentence(value) if isinstance(value, str) else value) for key, value in values)

    def sentences(self, body: Any) -> Any:
        """JSON data, each text of it as a sentence."""
        return map_texts(body, lambda _, text: self.sentence(text))

    def covered(self, data: Any, at: Path = ()) -> Any:
        """The JSON of a profile, or of what stands `at` a place of one, as it may be shown."""
        written = {(r.path, r.value): r.text for r in self._references}
        return map_texts(data, lambda path, text: written.get((path, text), text), at)

    def uncovered(self, data: Any, at: Path = ()) -> Any:
        """What `covered` gave, changed or not, with the values back in their places."""
        values = {(r.path, r.text): r.value for r in self._references}
        return map_texts(data, lambda path, text: values.get((path, text), text), at)


def map_texts(data: Any, change: Callable[[Path, str], str], at: Path = ()) -> Any:
    """JSON data with every text replaced; a path leads through names (`proxies/web`) and skips `options`."""
    if isinstance(data, str):
        return change(at, data)
    if isinstance(data, dict):
        return {k: map_texts(v, change, at if k == "options" else (*at, k)) for k, v in data.items()}
    if isinstance(data, (list, tuple)):
        return [map_texts(v, change, (*at, v["name"]) if _named(v) else at) for v in data]
    return data


def _named(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("name"), str)
