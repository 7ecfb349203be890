"""What behaviors say of their options reads on as a sentence, stacked and drawn."""

from __future__ import annotations

import re

import pytest

from vaurien_core.cli.registries import make_registry
from vaurien_core.options import OptionValue

SAID = (
    ("latency", {"latency": 100.0, "jitter": 20.0}, "arrive 100 ms ± 20 ms late (uniform)"),
    ("latency", {"latency": 1500.0}, "arrive 1.5 s late"),
    ("bandwidth", {"rate": 200.0}, "pass at 200 KB/s, each connection for itself"),
    ("bandwidth", {"rate": 1000.0, "shared": True}, "pass at 1,000 KB/s, shared by all connections"),
    ("bandwidth", {}, "wait until the rate is changed"),
    ("slicer", {"average_size": 10, "size_variation": 5, "delay": 500.0},
     "arrive in pieces of about 10 bytes (at most 15 bytes), 500 us apart"),
    ("limit_data", {"bytes": 1}, "pass up to 1 byte, then the connection closes"),
    ("limit_data", {}, "don't pass: the first one closes the connection"),
    ("reset_peer", {"timeout": 250.0}, "are lost: the first ones, or the end, reset the connection 250 ms later"),
    ("timeout", {}, "are swallowed; the connection stays open"),
    ("timeout", {"timeout": 2000.0}, "are swallowed; the connection closes after 2 s"),
    ("slow_close", {"delay": 1000.0}, "pass at once, the end of the stream 1 s late"),
    ("corrupt", {"probability": 0.001}, "arrive with one bit flipped in 0.1 % of them"),
    ("loss", {"rate": 2.0, "correlation": 25.0},
     "arrive as over a network that loses 2 % of its packets, in bursts (25 % correlation)"),
    ("loss", {"rate": 2.0, "correlation": 25.0, "how": "kernel"},
     "arrive late as the kernel drops 2 % of the packets that carry them, by its own chance"),
    ("half_open", {}, "are swallowed, and so are ends and resets: the connection looks open for ever"),
)  # fmt: skip


def plain(text: str) -> str:
    return re.sub(r"</?b>", "", text)


@pytest.mark.parametrize(("name", "options", "said"), SAID)
def test_a_toxic_says_what_bytes_do(name: str, options: dict[str, OptionValue], said: str) -> None:
    behavior = make_registry().behavior(name)
    assert plain(behavior.toxic_sentence(behavior.Options.build(tuple(options.items())))) == said


def test_drawn_from_a_mix_it_says_whose_bytes() -> None:
    behavior = make_registry().behavior("latency")
    options = behavior.Options.build((("latency", 50.0), ("stream", "upstream")))
    assert plain(behavior.sentence(options)) == "have requests whose bytes arrive 50 ms late"


def test_every_stackable_behavior_has_words_of_its_own() -> None:
    registry = make_registry()
    for info in registry.catalogue().toxics:
        behavior = registry.behavior(info.name)
        assert "meet <b>" not in behavior.toxic_sentence(behavior.Options.build(())), info.name
        if "mix" in info.mounts:
            assert "meet <b>" not in behavior.sentence(behavior.Options.build(())), info.name
