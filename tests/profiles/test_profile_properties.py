"""For any commented file and any edits: what was saved reads back as the edited profile, and undoing gives the file."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from profiles_tools import REGISTRY, changed_lines, edited, read, undone_later

from vaurien_core.profiles import dumps, loads, render
from vaurien_core.profiles.equal import same

CATALOGUE = REGISTRY.catalogue()
BEHAVIORS = ("delay", "error", "hang", "abort", "blackout", "transient")
comment = st.sampled_from(["", " ; why", "\t; odd ; twice", "   ;"])
gap = st.sampled_from(["", "\n", "# a comment\n", "; another\n\n", "\n\n", "  # indented\n", "\n# apart\n\n"])
equals = st.sampled_from(["=", " = ", "= ", " : ", ":", " =\t"])
weight = st.decimals(0, 15, places=2, allow_nan=False)
seconds = st.sampled_from(["0.3", "300ms", "1", "2.50", "2s", "1min", "'4'"])


@st.composite
def mixes(draw: st.DrawFn) -> str:
    names = draw(st.lists(st.sampled_from(BEHAVIORS), unique=True, min_size=1, max_size=4))
    items = [f"{draw(weight)}:{name}" for name in names]
    if draw(st.booleans()):
        return ", ".join(items) + draw(comment)
    lines = [f"\n    {item}{draw(st.sampled_from([',', '']))}{draw(comment)}" for item in items]
    return "".join(line + draw(st.sampled_from(["", "\n    # thought", "\n"])) for line in lines[:-1]) + lines[-1]


@st.composite
def profiles(draw: st.DrawFn) -> str:
    """The text of a profile with one to three proxies, odd spacing and comments everywhere."""
    names = draw(st.sampled_from([("default",), ("web",), ("default", "web"), ("a", "b", "c")]))
    blocks = []
    for port, name in enumerate(names, start=8001):
        section = "vaurien" if name == "default" else f"proxy:{name}"
        lines = [f"proxy{draw(equals)}h:{port}{draw(comment)}", f"backend{draw(equals)}b:{port}{draw(comment)}"]
        lines.append(f"protocol{draw(equals)}{draw(st.sampled_from(['http', 'tcp']))}{draw(comment)}")
        if draw(st.booleans()):
            lines.append(f"behavior{draw(equals)}{draw(mixes())}")
        if draw(st.booleans()):
            lines.append(f"timeout{draw(equals)}{draw(seconds)}{draw(comment)}")
        blocks.append((section, lines))
    for name in ("", *names):
        if draw(st.booleans()):
            section = f"behavior:delay@{name}" if name else "behavior:delay"
            lines = [f"sleep{draw(equals)}{draw(seconds)}{draw(comment)}"]
            if draw(st.booleans()):
                lines.append(f"Before{draw(equals)}{draw(st.sampled_from(['yes', 'No', 'true', '0']))}{draw(comment)}")
            blocks.append((section, lines))
    if draw(st.booleans()):
        blocks.append(("expect", [f"Any Fault{draw(equals)}injected >= 1{draw(comment)}"]))
    blocks = draw(st.permutations(blocks))
    text = draw(gap)
    for section, lines in blocks:
        text += f"[{section}]{draw(comment)}\n" + "".join(line + "\n" for line in lines) + draw(gap)
    text = text.rstrip("\n") if draw(st.booleans()) else text
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


@st.composite
def edits(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    """A handful of edits as the window makes them."""
    found: dict[str, Any] = {}
    for _ in range(draw(st.integers(1, 4))):
        at = f"proxies/{draw(st.sampled_from(names))}"
        behavior = draw(st.sampled_from(BEHAVIORS))
        path, values = draw(
            st.sampled_from(
                [
                    (f"{at}/mix/{behavior}", st.one_of(st.none(), st.decimals(0, 15, places=3))),
                    (f"{at}/behaviors/delay/sleep", st.sampled_from([None, 0.0, 0.25, 1.0, 2.0, 300.0])),
                    (f"{at}/behaviors/delay/before", st.sampled_from([None, True, False])),
                    (f"{at}/behaviors/error/warmup", st.sampled_from([None, 0, 3])),
                    (f"{at}/backend", st.sampled_from(["x:1", "[::1]:2", "unix:/run/x y"])),
                    (f"{at}/connect_timeout", st.sampled_from([0.5, 30.0, 2.0])),
                    (f"{at}/enabled", st.booleans()),
                    ("seed", st.one_of(st.none(), st.integers(0, 99))),
                    ("log_output", st.sampled_from(["-", "a b", "${x}", "it's", '"', " "])),
                    ("control/http", st.booleans()),
                    ("expect_none", st.booleans()),
                ]
            )
        )
        found[path] = draw(values)
    return found


@given(st.data(), profiles())
@settings(max_examples=150)
def test_saving_any_edits_reads_back_as_the_edited_profile(data: st.DataObject, text: str) -> None:
    loaded = read(text)
    changes = data.draw(edits(tuple(p.name for p in loaded.profile.proxies)))
    wanted = edited(loaded.profile, changes)
    after = render(loaded.document, loaded.profile, wanted, REGISTRY, env={})
    assert same(read(after).profile, wanted, CATALOGUE)
    back = render(replace(loaded.document, text=after), wanted, loaded.profile, REGISTRY, env={})
    assert back == text
    later = undone_later(text, after)
    assert same(read(later).profile, loaded.profile, CATALOGUE)


@given(st.data(), profiles())
@settings(max_examples=80)
def test_one_changed_weight_is_a_one_line_diff(data: st.DataObject, text: str) -> None:
    loaded = read(text)
    rules = [(p.name, r) for p in loaded.profile.proxies for r in p.mix]
    if not rules:
        return
    name, rule = data.draw(st.sampled_from(rules))
    new = data.draw(st.decimals(Decimal("0.001"), 15, places=3).filter(lambda w: w != rule.weight))
    wanted = edited(loaded.profile, {f"proxies/{name}/mix/{rule.behavior}": new})
    after = render(loaded.document, loaded.profile, wanted, REGISTRY, env={})
    out, put = changed_lines(text, after)
    assert (len(out), len(put)) == (1, 1)
    if rule.weight:
        back = undone_later(text, after)
        assert [line for line in changed_lines(text, back)[0] if str(rule.weight) not in line] == []


@given(profiles())
@settings(max_examples=60)
def test_a_fresh_file_reads_back_as_the_same_profile(text: str) -> None:
    profile = read(text).profile
    fresh = dumps(profile, CATALOGUE)
    assert same(loads(fresh, "fresh.ini", REGISTRY, env={}).profile, profile, CATALOGUE)
    assert same(loads(dumps(profile), "fresh.ini", REGISTRY, env={}).profile, profile, CATALOGUE)


@given(st.text(max_size=200))
@settings(max_examples=150)
def test_any_text_is_read_or_refused_with_sentences(text: str) -> None:
    from vaurien_core.errors import ProfileError

    try:
        loads(f"[vaurien]\n{text}", "p.ini", REGISTRY, env={})
    except ProfileError as error:
        assert all(str(p).endswith((".", "?")) for p in error.problems)
