"""What the tests of this folder share."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import Any

import pytest

from vaurien_core.errors import ProfileError
from vaurien_core.model.change import Edit, edit_all
from vaurien_core.model.profile import Profile
from vaurien_core.profiles import Loaded, loads, render
from vaurien_core.registry import Registry

REGISTRY = Registry.builtin()

SLIDES = """\
[vaurien]
backend = google.com:80
proxy = localhost:8000
protocol = http
behavior = 20:delay

[behavior:delay]
sleep = 2
"""
COMMENTED = """\
# Shop against its flaky backends ; since March
[DEFAULT]
# extends = base.ini

[vaurien]                       ; the classic form
proxy = localhost:8000
backend = localhost:80      ; the real one
protocol = http
behavior = 20:delay, 5:error    ; percent
seed = 42

# options for all
[behavior:delay]
sleep = 2\t; seconds
Before=Yes

[proxy:orders]
proxy : 127.0.0.1:3307
backend : 127.0.0.1:3306
behavior =
    5:delay   ; why
    # a thought
    10:hang,

    2:abort

[unheard-of]
key = value ; kept

; about expectations
[expect]
Orders Fail = hang@orders >= 3 ; at least
"""


def read(text: str, **kwargs: Any) -> Loaded:
    kwargs.setdefault("env", {})
    return loads(text, "p.ini", REGISTRY, **kwargs)


def problems(text: str, **kwargs: Any) -> list[str]:
    """What is wrong with a text, all of it."""
    with pytest.raises(ProfileError) as caught:
        read(text, **kwargs)
    return [str(p) for p in caught.value.problems]


def edited(profile: Profile, edits: dict[str, Any]) -> Profile:
    return edit_all(profile, [Edit(tuple(path.split("/")), value) for path, value in edits.items()])


def saved(text: str, edits: dict[str, Any], **kwargs: Any) -> str:
    """The text after opening it, making these edits and saving."""
    loaded = read(text, **kwargs)
    kwargs.setdefault("env", {})
    return render(loaded.document, loaded.profile, edited(loaded.profile, edits), REGISTRY, **kwargs)


def undone_later(text: str, after: str) -> str:
    """The text after opening what was saved in a new session, and putting all back by hand."""
    loaded = read(after)
    return render(loaded.document, loaded.profile, read(text).profile, REGISTRY, env={})


def undone_now(text: str, edits: dict[str, Any]) -> str:
    """The text after editing, saving, and undoing in the same session."""
    loaded = read(text)
    new = edited(loaded.profile, edits)
    after = render(loaded.document, loaded.profile, new, REGISTRY, env={})
    return render(replace(loaded.document, text=after), new, loaded.profile, REGISTRY, env={})


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines taken out and lines put in."""
    diff = list(difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True)))
    return [d[2:] for d in diff if d[0] == "-"], [d[2:] for d in diff if d[0] == "+"]
