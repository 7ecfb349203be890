"""Rules of one's own from flags alone, or set up further by flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from vaurien_core.cli.parser import read
from vaurien_core.errors import ProfileError, UsageError
from vaurien_core.model.profile import BehaviorSpec
from vaurien_core.options import values_of
from vaurien_core.profiles import load
from vaurien_core.registry import Registry

REGISTRY = Registry.builtin()


def setups(*words: str) -> dict[str, BehaviorSpec]:
    """The set-ups of the main proxy that a command line makes."""
    asked = read(words, REGISTRY)
    profile = load(asked.config, REGISTRY, flags=asked.flags).profile
    assert profile.main is not None
    return {b.name: b for b in profile.main.behaviors}


PAYS = ("--behavior-pay-fails-type", "error", "--behavior-pay-fails-error", "random")


def test_a_rule_is_defined_by_flags() -> None:
    found = setups(
        "--behavior", "100:pay-fails,10:error", *PAYS, "--behavior-pay-fails-match=UPDATE orders*",
        "--behavior-pay-fails-first", "2", "--behavior-pay-fails-inject",
    )  # fmt: skip
    options = {"error": "random", "match": "UPDATE orders*", "first": 2, "inject": True}
    assert found == {"pay-fails": BehaviorSpec("pay-fails", "error", values_of(options))}


def test_a_registered_behavior_takes_selectors_too() -> None:
    found = setups(
        "--behavior", "100:delay,90:error", "--behavior-delay-every", "3", "--behavior-delay-client=10.0.0.0/8"
    )
    assert dict(found["delay"].options) == {"every": 3, "client": ("10.0.0.0/8",)}


def test_of_names_that_begin_alike_the_longest_wins() -> None:
    found = setups(
        "--behavior", "1:pay,1:pay-late", "--behavior-pay-type=error", "--behavior-pay-late-type", "delay",
        "--behavior-pay-late-sleep", "2", "--behavior-pay-error", "random",
    )  # fmt: skip
    assert found == {
        "pay": BehaviorSpec("pay", "error", values_of({"error": "random"})),
        "pay-late": BehaviorSpec("pay-late", "delay", values_of({"sleep": 2.0})),
    }


def test_flags_set_up_a_rule_of_the_profile_further(tmp_path: Path) -> None:
    (tmp_path / "base.ini").write_text("[behavior:far]\ntype = delay\nsleep = 5\n")
    (tmp_path / "p.ini").write_text(
        "[DEFAULT]\nextends = base.ini\n[vaurien]\nbehavior = 1:near, 1:far\n[behavior:near]\ntype = error\nfirst = 2\n"
    )
    found = setups("--config", str(tmp_path / "p.ini"), "--behavior-near-first=5", "--behavior-far-match", "GET *")
    assert dict(found["near"].options) == {"first": 5}
    assert dict(found["far"].options) == {"sleep": 5.0, "match": "GET *"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--behavior", "5:pays", "--behavior-pays-error", "503"),
            "Unknown option --behavior-pays-error: nothing says what pays is; add --behavior-pays-type BEHAVIOR.",
        ),
        (
            ("--behavior", "5:pays", "--behavior-pays-type=error", "--behavior-pays-macth", "x"),
            'Unknown option --behavior-pays-macth, did you mean "--behavior-pays-match"?',
        ),
        (("--behavior", "5:pays", "--behavior-pays-type"), "Argument --behavior-pays-type: expected one argument"),
        (("--behavior-delay-type", "error"), "Unknown option --behavior-delay-type: delay is a behavior itself; "),
        (("--behavior-pays-type", "eror"), '--behavior-pays-type: unknown behavior "eror", did you mean "error"?'),
        (("--behavior-delay-first", "0"), "--behavior-delay-first: expected at least 1, got 0."),
        (("--behavior-delay-match", "re:("), "--behavior-delay-match: expected a regular expression after re:"),
        (
            ("--protocol", "mysql", "--behavior", "5:delay", "--behavior-delay-header", "X"),
            "--behavior-delay-header: requests of mysql have no headers.",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(words: tuple[str, ...], sentence: str) -> None:
    with pytest.raises((UsageError, ProfileError)) as caught:
        setups(*words)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_help_names_every_selector_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read(["--help"], REGISTRY)
    shown = capsys.readouterr().out
    assert shown.count("--behavior-NAME-every") == 1
    assert "--behavior-delay-every" not in shown
