"""Presets: what they may hold, what applying one changes, and what it never touches."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from profiles_tools import REGISTRY, read

from vaurien_core.cli import preset_text
from vaurien_core.errors import ProfileError, UsageError
from vaurien_core.model.change import edit_all
from vaurien_core.model.profile import Profile, ProxySpec, Rule, ToxicSpec
from vaurien_core.model.scenario import changed_by
from vaurien_core.model.wire import edits_from_json, edits_to_json
from vaurien_core.profiles import dumps, loads, preset_writing, presets
from vaurien_core.profiles.preset_flag import with_preset
from vaurien_core.resources import resource

NAMES = sorted(path.stem for path in resource("presets").glob("*.ini"))
NOWHERE = Path("/nonexistent")


def builtin(name: str) -> presets.Preset:
    return presets.presets(REGISTRY, NOWHERE).named(name)


def wrong(text: str) -> list[str]:
    with pytest.raises(ProfileError) as caught:
        presets.reads(text, "mine.ini", REGISTRY)
    return [str(problem) for problem in caught.value.problems]


def fitting(preset: presets.Preset) -> ProxySpec:
    """A proxy that a preset is for, with endpoints and faults of its own."""
    protocol = preset.protocols[0] if preset.protocols else "http"
    return ProxySpec("web", "127.0.0.1:1", "db.example:2", protocol, (Rule("hang", Decimal(9)),), connect_timeout=7.0)


def test_every_built_in_preset_can_be_read_and_has_words() -> None:
    listed = presets.presets(REGISTRY, NOWHERE)
    assert listed.problems == ()
    assert sorted(p.name for p in listed.presets) == NAMES
    assert len({p.title for p in listed.presets}) == len(NAMES) >= 12
    assert all(len(p.description) > 40 and p.description.endswith(".") and p.builtin for p in listed.presets)


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_changes_faults_and_scenario_only_and_the_file_holds_it(name: str) -> None:
    preset = builtin(name)
    for others in ((), (ProxySpec("other", "127.0.0.1:3", mix=(Rule("delay", Decimal(7)),)),)):
        before = Profile((fitting(preset), *others), seed=5)
        edits = presets.apply(before, "web", preset)
        assert {edit.path[2] for edit in edits if edit.path[0] == "proxies"} <= {"mix", "behaviors", "toxics", "state"}
        assert {edit.path[0] for edit in edits} <= {"proxies", "scenario"}
        assert edits_from_json(edits_to_json(edits)) == edits
        after = edit_all(before, edits)
        assert after.proxies[1:] == others
        bare = replace(after.proxy("web"), mix=before.proxy("web").mix, behaviors=(), toxics=(), state="up")
        assert bare == before.proxy("web")
        assert loads(dumps(after, REGISTRY.catalogue()), "p.ini", REGISTRY, env={}).profile == after
        assert presets.apply(after, "web", preset) == ()
        if preset.happens:
            assert presets.present(after, "web", presets.presets(REGISTRY, NOWHERE).presets) == preset
        else:
            assert after.proxy("web").mix == before.proxy("web").mix
            assert presets.present(after, "web", [preset]) is None
        assert presets.present(before, "web", [preset]) is None


def test_a_scenario_of_one_of_several_proxies_leaves_the_others_alone() -> None:
    preset = builtin("failover-mysql")
    before = Profile((ProxySpec("db", protocol="mysql"), ProxySpec("web", "localhost:1")))
    after = presets.applied(before, "db", preset)
    assert after.scenario is not None
    assert {change.proxy for phase in after.scenario.defined for change in phase.changes} == {"db"}
    calm = presets.applied(after, "db", builtin("flaky"))
    assert calm.scenario is None


def test_options_that_a_preset_does_not_name_are_kept_and_those_of_its_behaviors_are_its_own() -> None:
    profile = read(
        "[vaurien]\nprotocol = http\nbehavior = 1:delay, 2:hang\n[behavior:delay]\nsleep = 9\n"
        "[behavior:error]\nerror = 500"
    ).profile
    flaky = presets.applied(profile, "default", builtin("flaky")).proxy("default")
    assert dict(flaky.behavior("delay").options) == {"sleep": 0.3, "jitter": 0.2}
    assert dict(flaky.behavior("error").options) == {"error": "500"}
    assert flaky.weight("hang") == 0


def test_a_preset_of_another_protocol_is_refused_by_its_name() -> None:
    with pytest.raises(UsageError, match="Redis hang is for redis; web speaks http"):
        presets.apply(Profile((ProxySpec("web", protocol="http"),)), "web", builtin("redis-hang"))
    with pytest.raises(UsageError, match='unknown proxy "wbe", did you mean "web"'):
        presets.apply(Profile((ProxySpec("web"),)), "wbe", builtin("flaky"))


def test_wrong_presets_are_refused_with_file_and_line() -> None:
    assert wrong("[preset]\ntitel = x\n[vaurien]\nbehavior = 5:delay\n") == [
        'mine.ini:2 [preset] titel: unknown key "titel", did you mean "title"?'
    ]
    assert wrong("[vaurien]\nbehavior = 5:dealy\n") == [
        'mine.ini:2 [vaurien] behavior: unknown behavior "dealy", did you mean "delay"?'
    ]
    (one,) = wrong("[preset]\nprotocols = mysql, rdis\n[vaurien]\nbehavior = 5:delay\n")
    assert one == 'mine.ini:2 [preset] protocols: unknown protocol "rdis", did you mean "redis"?'
    for line in ("backend = evil.example:80", "proxy = 0.0.0.0:1", "seed = 3", "tls = strip"):
        (one,) = wrong(f"[vaurien]\nbehavior = 5:delay\n{line}\n")
        assert one.startswith(f"mine.ini:3 [vaurien] {line.partition(' ')[0]}: expected behaviors, toxics")
    assert wrong("[vaurien]\nbehavior = 5:own\n[behavior:own]\ncallable = os.system\n")[0].startswith("mine.ini:3")
    assert wrong("[vaurien]\nbehavior = 5:delay\n[proxy:web]\n")[0].startswith("mine.ini:3 [proxy:web]")
    assert wrong("[preset]\nprotocols = http\n[vaurien]\nbehavior = 5:error\n[behavior:error]\nerror = LOADING\n")
    assert "does nothing" in wrong("[preset]\ntitle = x\n")[0]


def test_the_users_presets_come_with_the_built_in_ones_and_bad_ones_are_named(tmp_path: Path) -> None:
    (tmp_path / "flaky.ini").write_text("[preset]\ntitle = Mine\n[vaurien]\nbehavior = 1:abort\n")
    (tmp_path / "broken.ini").write_text("[vaurien]\nbehavior = 5:dealy\n")
    listed = presets.presets(REGISTRY, tmp_path)
    assert (listed.named("flaky").title, listed.named("flaky").builtin) == ("Mine", False)
    assert [(Path(p.file).name, p.line) for p in listed.problems] == [("broken.ini", 2)]
    with pytest.raises(ProfileError, match="dealy"):
        listed.named("broken")
    with pytest.raises(UsageError, match='unknown preset "flakey", did you mean "flaky"'):
        listed.named("flakey")


def test_a_saved_mix_reads_back_as_a_preset() -> None:
    spec = read(
        "[vaurien]\nprotocol = http\nbehavior = 100:pay, 3:delay, 0:hang\n[behavior:delay]\nsleep = 250ms\n"
        "[behavior:pay]\ntype = error\nmatch = POST *\n"
    ).profile.proxies[0]
    text = preset_writing.text_of(spec, "Pay  day", "Our own", REGISTRY)
    again = presets.reads(text, "pay-day.ini", REGISTRY)
    assert (again.title, again.protocols, again.behaviors) == ("Pay day", ("http",), spec.behaviors)
    assert again.mix == spec.faults
    assert preset_writing.file_name("Pay day!") == "pay-day.ini"
    assert preset_writing.file_name("…") == ""
    with pytest.raises(UsageError, match="breaks nothing"):
        preset_writing.text_of(ProxySpec("web"), "x", "", REGISTRY)
    with pytest.raises(UsageError, match="can't be written"):
        preset_writing.text_of(spec, "a ; b", "", REGISTRY)


NETWORK = """\
[preset]
title = Slow line
[vaurien]
toxics = wire, bandwidth
[toxic:wire]
type = latency
stream = both
toxicity = 0.5
latency = 30
[toxic:bandwidth]
rate = 20
"""


def test_a_network_and_a_mix_are_laid_over_each_other_in_either_order() -> None:
    network = presets.reads(NETWORK, "slow-line.ini", REGISTRY)
    wire = ToxicSpec("wire", "latency", "both", 0.5, options=(("latency", 30.0),))
    assert network.toxics == (wire, ToxicSpec("bandwidth", options=(("rate", 20.0),)))
    flaky = builtin("flaky")
    before = Profile((ProxySpec("web", protocol="http", mix=(Rule("hang", Decimal(3)),), toxics=(ToxicSpec("noop"),)),))
    one = presets.applied(presets.applied(before, "web", network), "web", flaky)
    two = presets.applied(presets.applied(before, "web", flaky), "web", network)
    assert one == two
    assert (one.proxies[0].mix, one.proxies[0].toxics) == (flaky.mix, network.toxics)
    assert presets.present(one, "web", [flaky, network]) is None
    alone = presets.applied(Profile((ProxySpec("web"),)), "web", network)
    assert presets.present(alone, "web", [flaky, network]) == network
    assert "[toxic:wire]\ntype = latency\nstream = both" in preset_text.described(REGISTRY, str(_file(NETWORK)))


def _file(text: str) -> Path:
    folder = Path(tempfile.mkdtemp())
    (folder / "own.ini").write_text(text)
    return folder / "own.ini"


def test_a_state_is_the_presets_own_and_another_preset_takes_it_back() -> None:
    dead = presets.reads("[vaurien]\nstate = down\n", "dead.ini", REGISTRY)
    before = Profile((ProxySpec("web", mix=(Rule("hang", Decimal(3)),)),))
    down = presets.applied(before, "web", dead)
    assert (down.proxies[0].state, down.proxies[0].mix) == ("down", ())
    assert presets.present(down, "web", [dead]) == dead
    assert presets.applied(down, "web", builtin("flaky")).proxies[0].state == "up"


def test_phases_of_a_preset_mount_its_toxics() -> None:
    text = (
        "[vaurien]\ntoxics = slow\n[toxic:slow]\ntype = latency\nenabled = false\nlatency = 90\n"
        "[scenario]\nphases = good, bad\n[phase:good]\nfor = 1s\n[phase:bad]\ntoxics = slow\n"
    )
    preset = presets.reads(text, "mine.ini", REGISTRY)
    two = presets.applied(Profile((ProxySpec("a"), ProxySpec("b", "localhost:1"))), "a", preset)
    assert two.scenario is not None
    assert not changed_by(two.scenario, 0, two.proxy("a")).mounted
    assert [t.name for t in changed_by(two.scenario, 1, two.proxy("a")).mounted] == ["slow"]
    assert changed_by(two.scenario, 1, two.proxy("b")) == two.proxy("b")
    assert loads(dumps(two, REGISTRY.catalogue()), "p.ini", REGISTRY, env={}).profile == two
    (one,) = wrong(text.replace("[phase:bad]\ntoxics = slow", "[phase:bad]\ntoxics = slwo"))
    assert one == (
        'mine.ini:12 [phase:bad] toxics: "slwo" is not in any proxy\'s toxics, so nothing is mounted for it; '
        'did you mean "slow"?'
    )


def test_saved_toxics_read_back_as_a_preset() -> None:
    spec = read(f"[vaurien]\nprotocol = http\nstate = down\n{NETWORK.partition('[vaurien]')[2]}").profile.proxies[0]
    again = presets.reads(preset_writing.text_of(spec, "Line", "", REGISTRY), "line.ini", REGISTRY)
    assert (again.toxics, again.state, again.mix, again.protocols) == (spec.toxics, "down", (), ())


def test_flags_win_over_a_preset() -> None:
    flags = {"vaurien": {"protocol": "http"}, "behavior:delay": {"sleep": "7"}}
    profile = loads("[vaurien]\nbehavior = 1:hang\n", "p.ini", REGISTRY, env={}, flags=flags).profile
    spec = with_preset(profile, builtin("flaky"), flags).proxies[0]
    assert spec.mix == builtin("flaky").mix
    assert dict(spec.behavior("delay").options) == {"sleep": 7.0, "jitter": 0.2}
    flags["vaurien"]["behavior"] = "4:abort"
    profile = loads("[vaurien]\n", "p.ini", REGISTRY, env={}, flags=flags).profile
    assert with_preset(profile, builtin("flaky"), flags).proxies[0].mix == (Rule("abort", Decimal(4)),)
    two = Profile((ProxySpec("a"), ProxySpec("b")))
    with pytest.raises(UsageError, match="the profile has a, b"):
        with_preset(two, builtin("flaky"), {})


def test_describe_lists_presets_and_says_one_in_full(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(presets.FOLDER_VARIABLE, str(tmp_path))
    (tmp_path / "mine.ini").write_text("[vaurien]\nbehavior = 1:abort\n")
    overview = preset_text.described(REGISTRY)
    assert all(name in overview for name in NAMES)
    assert "mine (any protocol), your own" in overview
    full = preset_text.described(REGISTRY, "rate-limited")
    assert "[behavior:rate-limited]\ntype = error\nerror = 429" in full
    assert preset_text.find(str(tmp_path / "mine.ini"), REGISTRY).mix == (Rule("abort", Decimal(1)),)
