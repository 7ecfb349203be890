# ruff: noqa: E501 - tables of texts
"""Saving touches what changed and nothing else; undoing gives the file back."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from profiles_tools import COMMENTED, REGISTRY, SLIDES, changed_lines, edited, read, saved, undone_later, undone_now

from vaurien_core.errors import UsageError
from vaurien_core.model.change import Edit, edit_all
from vaurien_core.model.profile import Expectation, ProxySpec, Rule
from vaurien_core.profiles import load, render
from vaurien_core.profiles.equal import same

D = Decimal
SHAPES = {
    "unix": lambda t: t,
    "dos": lambda t: t.replace("\n", "\r\n"),
    "no newline at the end": lambda t: t.rstrip("\n"),
    "dos without newline at the end": lambda t: t.rstrip("\n").replace("\n", "\r\n"),
}
TWO = "[proxy:a]\nproxy = h:1\nbehavior = 5:delay\n\n[proxy:b]\nproxy = h:2\nbehavior = 5:delay\n\n[behavior:delay]\nsleep = 2\n"

ONE_LINE: dict[str, tuple[str, Any, str]] = {
    "a weight": ("proxies/default/mix/delay", D(25), "behavior = 25:delay, 5:error    ; percent\n"),
    "a weight with decimals": ("proxies/default/mix/error", D("0.25"), "behavior = 20:delay, 0.25:error    ; percent\n"),
    "a weight on its own line": ("proxies/orders/mix/hang", D(11), "    11:hang,\n"),
    "a weight with its comment": ("proxies/orders/mix/delay", D(6), "    6:delay   ; why\n"),
    "a backend": ("proxies/default/backend", "h:81", "backend = h:81      ; the real one\n"),
    "a key with a colon": ("proxies/orders/proxy", "h:82", "proxy : h:82\n"),
    "the seed": ("seed", 43, "seed = 43\n"),
    "an expectation": ("expectations", (Expectation("Orders Fail", "hang", ">=", 4, "orders"),), "Orders Fail = hang@orders >= 4 ; at least\n"),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("what", ONE_LINE)
def test_one_changed_value_is_a_one_line_diff(what: str, shape: str) -> None:
    path, value, line = ONE_LINE[what]
    text = SHAPES[shape](COMMENTED)
    out, put = changed_lines(text, saved(text, {path: value}))
    assert (len(out), len(put)) == (1, 1)
    assert put[0].rstrip("\r\n") == line.rstrip("\n")
    assert put[0].endswith("\r\n") == out[0].endswith("\r\n")


def test_an_option_keeps_its_comment_and_tab() -> None:
    text = COMMENTED.partition("[proxy:orders]")[0]
    out, put = changed_lines(text, saved(text, {"proxies/default/behaviors/delay/sleep": 3.0}))
    assert (out, put) == (["sleep = 2\t; seconds\n"], ["sleep = 3\t; seconds\n"])


EDITS: dict[str, dict[str, Any]] = {
    "a weight": {"proxies/default/mix/delay": D(25)},
    "two delays": {"proxies/default/behaviors/delay/sleep": 0.5, "proxies/orders/behaviors/delay/sleep": 0.3},
    "a delay back to the default": {"proxies/orders/behaviors/delay/sleep": 1.0},
    "a further rule": {"proxies/default/mix/abort": D(1), "proxies/orders/mix/error": D("2.5")},
    "a listener stopped": {"proxies/orders/enabled": False},
    "no seed": {"seed": None},
    "control opened": {"control/http": True, "control/ports": (8080, 9090)},
    "another behavior set up": {"proxies/orders/behaviors/error/warmup": 12, "proxies/orders/behaviors/error/phase": "after"},
    "a yes": {"proxies/default/behaviors/delay/before": False},
    "protocol options": {"proxies/default/protocol_options/keep_alive": False},
    "one more proxy": {
        "proxies/web": ProxySpec("web", "h:1", "h:2", "http", (Rule("delay", D(3)),)),
        "proxies/web/behaviors/delay/sleep": 7.0,
    },
    "timeouts": {"proxies/orders/connect_timeout": 2.5, "proxies/orders/backlog": 10, "proxies/orders/buffer_limit": 65536},
    "draws": {"proxies/orders/draw_by": "ordinal"},
    "expectations": {"expectations": (Expectation("Orders Fail", "hang", ">=", 3, "orders"), Expectation("in time", "latency.p95", "<", 250))},
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("what", EDITS)
def test_undoing_by_hand_gives_the_file_back_byte_for_byte(what: str, shape: str) -> None:
    text = SHAPES[shape](COMMENTED)
    after = saved(text, EDITS[what])
    assert after != text
    assert undone_now(text, EDITS[what]) == text
    assert undone_later(text, after) == text


@pytest.mark.parametrize("what", EDITS)
def test_what_was_saved_reads_back_as_the_edited_profile(what: str) -> None:
    wanted = edited(read(COMMENTED).profile, EDITS[what])
    assert same(read(saved(COMMENTED, EDITS[what])).profile, wanted, REGISTRY.catalogue())


def test_two_proxies_with_different_delays_get_sections_of_their_own() -> None:
    after = saved(TWO, {"proxies/a/behaviors/delay/sleep": 0.3, "proxies/b/behaviors/delay/sleep": 4.0})
    assert after == (
        "[proxy:a]\nproxy = h:1\nbehavior = 5:delay\n\n[behavior:delay@a]\nsleep = 300ms\n\n"
        "[proxy:b]\nproxy = h:2\nbehavior = 5:delay\n\n[behavior:delay@b]\nsleep = 4\n\n[behavior:delay]\nsleep = 2\n"
    )
    assert undone_later(TWO, after) == TWO
    one_left = saved(after, {"proxies/a/behaviors/delay/sleep": 2.0})
    assert "[behavior:delay@a]" not in one_left
    assert "[behavior:delay@b]\nsleep = 4\n" in one_left


def test_an_option_of_the_only_proxy_is_edited_where_it_stands() -> None:
    assert saved(SLIDES, {"proxies/default/behaviors/delay/sleep": 3.0}) == SLIDES.replace("sleep = 2", "sleep = 3")
    text = SLIDES.replace("[behavior:delay]", "[behavior:delay@default]")
    assert saved(text, {"proxies/default/behaviors/delay/sleep": 3.0}) == text.replace("sleep = 2", "sleep = 3")


def test_a_further_option_joins_the_section_that_is_there() -> None:
    text = SLIDES.replace("[behavior:delay]", "[behavior:delay@default]")
    assert saved(text, {"proxies/default/behaviors/delay/jitter": 0.1}) == text + "jitter = 100ms\n"


def test_a_key_in_a_section_of_its_own_before_all_others_goes_without_a_trace() -> None:
    for text in ("# heading\n[proxy:web]\nproxy = h:1\n", "# heading\n\n# web\n[proxy:web]\nproxy = h:1\n"):
        after = saved(text, {"seed": 5})
        assert after.index("[vaurien]") < after.index("[proxy:web]")
        assert undone_later(text, after) == text


def test_an_option_that_is_set_nowhere_gets_a_plain_section_with_one_proxy() -> None:
    after = saved(SLIDES, {"proxies/default/behaviors/error/warmup": 3})
    assert after == SLIDES + "\n[behavior:error]\nwarmup = 3\n"


@pytest.mark.parametrize(
    ("old", "value", "new"),
    [("2s", 3.0, "3s"), ("2000ms", 0.5, "500ms"), ("2.0", 3.0, "3.0"), ("2 s", 0.5, "0.5 s"), ("'2'", 3.0, "'3'"), ("2", 0.3, "0.3"), ("1min", 90.0, "1.5min")],
)  # fmt: skip
def test_a_number_is_written_like_the_one_before(old: str, value: float, new: str) -> None:
    text = SLIDES.replace("sleep = 2", f"sleep = {old}")
    assert saved(text, {"proxies/default/behaviors/delay/sleep": value}) == text.replace(
        f"sleep = {old}", f"sleep = {new}"
    )


@pytest.mark.parametrize(("old", "new"), [("yes", "no"), ("True", "False"), ("ON", "OFF"), ("1", "0")])
def test_a_yes_is_answered_in_its_own_words(old: str, new: str) -> None:
    text = SLIDES + f"before={old} ; !\n"
    assert saved(
        text,
        {
            "proxies/default/behaviors/delay/before": False,
        },
    ).endswith(f"before={new} ; !\n")


def test_a_key_back_to_what_it_inherits_stays_if_it_carries_a_comment() -> None:
    text = TWO + "\n[behavior:delay@a]\nsleep = 5 ; because\n"
    assert saved(text, {"proxies/a/behaviors/delay/sleep": 2.0}) == text.replace("sleep = 5", "sleep = 2")


def test_an_unchanged_variable_stays_and_a_changed_one_replaces_its_line() -> None:
    text = "[vaurien]\nbackend = ${HOST:-a}:80 ; from outside\nbehavior = ${WEIGHT}:delay\nprotocol = http\n"
    env = {"WEIGHT": "7"}
    assert saved(text, {"proxies/default/protocol": "tcp"}, env=env) == text.replace("http", "tcp")
    assert saved(text, {"proxies/default/backend": "b:1"}, env=env) == text.replace("${HOST:-a}:80", "b:1")
    assert saved(text, {"proxies/default/mix/delay": D(8)}, env=env) == text.replace("${WEIGHT}:delay", "8:delay")


def test_a_literal_dollar_brace_is_written_so_that_it_stays_one() -> None:
    after = saved(SLIDES, {"log_output": "${x}"})
    assert "log_output = $${x}\n" in after


def test_a_changed_value_of_an_extended_file_is_put_into_the_own_one(tmp_path: Path) -> None:
    (tmp_path / "base.ini").write_text(SLIDES)
    own = "[DEFAULT]\nextends = base.ini\n"
    (tmp_path / "own.ini").write_text(own)
    loaded = load(tmp_path / "own.ini", REGISTRY, env={})
    new = edited(loaded.profile, {"proxies/default/backend": "x:1", "proxies/default/behaviors/delay/sleep": 9.0})
    after = render(loaded.document, loaded.profile, new, REGISTRY, env={})
    assert after == own + "\n[vaurien]\nbackend = x:1\n\n[behavior:delay]\nsleep = 9\n"
    (tmp_path / "own.ini").write_text(after)
    again = load(tmp_path / "own.ini", REGISTRY, env={})
    assert again.profile == new
    assert render(again.document, again.profile, loaded.profile, REGISTRY, env={}).startswith(own)


def test_what_comes_from_an_extended_file_can_not_be_taken_out(tmp_path: Path) -> None:
    (tmp_path / "base.ini").write_text(TWO)
    (tmp_path / "own.ini").write_text("[DEFAULT]\nextends = base.ini\n[proxy:b]\nbacklog = 5\n")
    loaded = load(tmp_path / "own.ini", REGISTRY, env={})
    with pytest.raises(UsageError, match=r"proxies/a can't be written to this file; it comes from base\.ini:2"):
        render(loaded.document, loaded.profile, loaded.profile.without_proxy("a"), REGISTRY, env={})


def test_flags_over_the_file_are_not_saved() -> None:
    loaded = read(SLIDES, flags={"vaurien": {"backend": "flag:1"}, "behavior:delay": {"sleep": "9"}})
    new = edited(loaded.profile, {"proxies/default/mix/delay": D(30)})
    after = render(loaded.document, loaded.profile, new, REGISTRY, env={})
    assert after == SLIDES.replace("20:delay", "30:delay")
    assert render(replace(loaded.document, text=after), new, loaded.profile, REGISTRY, env={}) == SLIDES


def test_a_removed_proxy_takes_its_sections_and_expectations_along() -> None:
    text = TWO + "\n[behavior:delay@b]\nsleep = 3\n\n[expect]\nx = exchanges@b >= 1\ny = exchanges >= 1\n"
    after = saved(text, {"proxies/b": None})
    assert (
        after
        == "[proxy:a]\nproxy = h:1\nbehavior = 5:delay\n\n[behavior:delay]\nsleep = 2\n\n[expect]\ny = exchanges >= 1\n"
    )


def test_a_renamed_proxy_keeps_its_lines() -> None:
    text = TWO.replace("behavior = 5:delay", "behavior = 5:delay ; five") + "\n[behavior:delay@b]\nsleep = 3\n"
    profile = read(text).profile
    new = replace(profile, proxies=(profile.proxies[0], replace(profile.proxies[1], name="c")))
    after = render(read(text).document, profile, new, REGISTRY, env={})
    assert after == text.replace("[proxy:b]", "[proxy:c]").replace("@b]", "@c]")


def test_the_implied_default_proxy_is_written_out_when_another_one_joins() -> None:
    after = saved("[vaurien]\nseed = 1\n", {"proxies/web": ProxySpec("web", "h:1", "h:2")})
    assert [p.name for p in read(after).profile.proxies] == ["default", "web"]


def test_a_mix_in_a_new_order_keeps_its_shape() -> None:
    new = (Rule("abort", D(2)), Rule("delay", D(5)), Rule("hang", D(10)))
    after = saved(COMMENTED, {"proxies/orders/mix": new})
    assert read(after).profile.proxy("orders").mix == new
    assert "    2:abort   ; why\n    # a thought\n    5:delay,\n\n    10:hang\n" in after


def test_an_emptied_mix_reads_back_as_none() -> None:
    after = saved(COMMENTED, {"proxies/orders/mix": (), "proxies/default/mix": ()})
    assert all(not p.mix for p in read(after).profile.proxies)
    assert "; percent\n" in after


def test_what_ini_can_not_hold_is_refused_with_its_reason() -> None:
    for value, reason in (("a ; b", "begins a comment"), ("a\nb", "line break")):
        with pytest.raises(UsageError, match=reason):
            saved(SLIDES, {"log_output": value})
    with pytest.raises(UsageError):
        saved(SLIDES, {"expectations": (Expectation("a = b", "delay", ">=", 1),)})


def test_a_profile_without_proxies_is_refused() -> None:
    with pytest.raises(UsageError):
        saved(SLIDES, {"proxies/default": None})


def test_an_unchanged_profile_is_written_unchanged() -> None:
    for text in (COMMENTED, SLIDES, "", "\n\n", "# only a comment"):
        assert saved(text, {}) == text


def test_several_edits_at_once_meet_in_one_file() -> None:
    edits = {k: v for what in EDITS.values() for k, v in what.items()}
    loaded = read(COMMENTED)
    new = edit_all(loaded.profile, [Edit(tuple(p.split("/")), v) for p, v in edits.items()])
    after = render(loaded.document, loaded.profile, new, REGISTRY, env={})
    assert same(read(after).profile, new, REGISTRY.catalogue())
    assert undone_later(COMMENTED, after) == COMMENTED
