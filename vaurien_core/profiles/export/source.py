"""What the exported texts are made from, and how names and values are written into them."""

from __future__ import annotations

import json
import re
from pathlib import PurePath

from vaurien_core.frozen import dataclass
from vaurien_core.model.profile import Profile
from vaurien_core.registry import Registry

_VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Source:
    """A profile with its text."""

    profile: Profile
    ini: str
    """What `name` holds. Variables stand in it unexpanded."""
    name: str
    """Of the file: `profile.ini`, without a folder."""
    registry: Registry

    @property
    def stem(self) -> str:
        """The file's name as an identifier: `checkout_flaky`."""
        return identifier(PurePath(self.name).stem)

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that the file reads, by name."""
        return tuple(sorted({match["name"] for match in _VARIABLE.finditer(self.ini)}))

    @property
    def needs_folder(self) -> bool:
        """Whether other files of its folder belong to it: extended ones, certificates, plugins."""
        specs = self.profile.proxies
        files = [f for spec in specs for f in (spec.certificate, spec.key, spec.backend_verify)]
        named = any(f not in ("", "auto", "yes", "no") for f in files)
        return named or bool(self.profile.plugins) or bool(re.search(r"(?m)^\s*extends\s*[=:]", self.ini))


def identifier(text: str) -> str:
    """A name that Python and shells take: letters, digits and `_`."""
    return re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower() or "profile"


def quoted(text: str) -> str:
    """A text as a double-quoted scalar of JSON, YAML and Python alike."""
    return json.dumps(text, ensure_ascii=False)
