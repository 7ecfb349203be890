"""Flags over the file over the files that it extends over the defaults."""

from pathlib import Path

import pytest
from profiles_tools import REGISTRY, SLIDES, problems, read

from vaurien_core.errors import ProfileError
from vaurien_core.profiles import Flags, Loaded, load


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.ini").write_text(text)
    return folder / "own.ini"


def opened(path: Path | None, flags: Flags | None = None) -> Loaded:
    return load(path, REGISTRY, env={}, flags=flags)


def test_the_own_file_wins_over_what_it_extends(tmp_path: Path) -> None:
    own = write(
        tmp_path,
        own="[DEFAULT]\nextends = base.ini\n[behavior:delay]\nsleep = 3\n",
        base="[vaurien]\nbackend = b:1\nseed = 1\n[behavior:delay]\nsleep = 2\njitter = 1\n",
    )
    loaded = opened(own)
    assert loaded.profile.seed == 1
    assert loaded.profile.proxies[0].behavior("delay").options == (("jitter", 1.0), ("sleep", 3.0))
    assert loaded.origins["proxies/default/backend"] == "base.ini:2"
    assert loaded.origins["proxies/default/behaviors/delay/sleep"] == f"{own}:4"


def test_several_files_are_extended_the_first_wins_and_names_are_relative_to_who_names_them(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    own = write(
        tmp_path, own="[DEFAULT]\nextends =\n  sub/a.ini\n  b.ini\n", b="[vaurien]\nseed = 2\nbacklog = 5\nproxy=p:9\n"
    )
    write(
        tmp_path / "sub",
        a="[DEFAULT]\nextends = c.ini\n[vaurien]\nseed = 1\n",
        c="[vaurien]\nbackend = c:1\nbacklog = 7\n",
    )
    profile = opened(own).profile
    assert (profile.seed, profile.proxies[0].backend, profile.proxies[0].backlog) == (1, "c:1", 7)
    assert profile.proxies[0].proxy == "p:9"


def test_the_own_file_wins_by_the_old_name_of_a_key_too(tmp_path: Path) -> None:
    own = write(
        tmp_path,
        own="[DEFAULT]\nextends = base.ini\n[vaurien]\ntimeout = 3\n",
        base="[vaurien]\nconnect_timeout = 9\n",
    )
    assert opened(own).profile.proxies[0].connect_timeout == 3.0


def test_a_circle_of_files_is_an_error(tmp_path: Path) -> None:
    own = write(tmp_path, own="[DEFAULT]\nextends = base.ini", base="\n[DEFAULT]\nextends = own.ini")
    with pytest.raises(ProfileError) as caught:
        opened(own)
    assert (
        str(caught.value)
        == "base.ini:3 [DEFAULT] extends: expected files that do not extend each other, but own.ini leads back here."
    )


def test_a_missing_file_is_an_error_where_it_is_named(tmp_path: Path) -> None:
    own = write(tmp_path, own="[DEFAULT]\nextends = base.ini")
    with pytest.raises(ProfileError) as caught:
        opened(own)
    assert str(caught.value) == f"{own}:2 [DEFAULT] extends: base.ini: there is no such file."


def test_errors_of_an_extended_file_name_that_file(tmp_path: Path) -> None:
    own = write(tmp_path, own="[DEFAULT]\nextends = base.ini", base="[behavior:delay]\nsleep = -1")
    with pytest.raises(ProfileError) as caught:
        opened(own)
    assert str(caught.value) == "base.ini:2 [behavior:delay] sleep: expected at least 0 s, got -1."


def test_flags_beat_the_file_for_the_proxy_default() -> None:
    flags = {"vaurien": {"backend": "other:81", "behavior": "5:hang"}, "behavior:delay": {"sleep": "7"}}
    loaded = read(SLIDES, flags=flags)
    (spec,) = loaded.profile.proxies
    assert (spec.backend, spec.proxy) == ("other:81", "localhost:8000")
    assert [r.behavior for r in spec.mix] == ["hang"]
    assert spec.behavior("delay").options == (("sleep", 7.0),)
    assert loaded.origins["proxies/default/behaviors/delay/sleep"] == "--behavior-delay-sleep"
    assert loaded.origins["proxies/default/proxy"] == "p.ini:3"


def test_flags_beat_the_section_at_a_proxy_too() -> None:
    text = "[proxy:a]\nproxy=h:1\n[proxy:b]\nproxy=h:2\n[behavior:delay@a]\nsleep = 5\njitter = 1"
    profile = read(text, flags={"behavior:delay": {"sleep": "7"}, "vaurien": {"connect_timeout": "3"}}).profile
    assert [p.behavior("delay").options for p in profile.proxies] == [
        (("jitter", 1.0), ("sleep", 7.0)),
        (("sleep", 7.0),),
    ]
    assert [p.connect_timeout for p in profile.proxies] == [3.0, 3.0]


def test_address_flags_mean_the_only_proxy() -> None:
    assert read("[proxy:web]\nbackend = a:1", flags={"vaurien": {"proxy": "h:0"}}).profile.proxy("web").proxy == "h:0"


def test_address_flags_are_refused_where_it_is_unclear_which_proxy_they_mean() -> None:
    found = problems("[proxy:a]\nproxy=h:1\n[proxy:b]\nproxy=h:2", flags={"vaurien": {"backend": "x:1"}})
    assert found == ["--backend: expected one proxy, or one named default; the profile has a, b."]


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"behavior:delay": {"sleep": "-2"}}, "--behavior-delay-sleep: expected at least 0 s, got -2."),
        ({"vaurien": {"proxy": "x"}}, "--proxy: expected host:port, got 'x'."),
        ({"vaurien": {"behavior": "5:dealy"}}, '--behavior: unknown behavior "dealy", did you mean "delay"?'),
        (
            {"vaurien": {"protocol": "gopher"}},
            '--protocol: unknown protocol "gopher"; known: http, memcache, mysql, redis, smtp, tcp.',
        ),
        ({"vaurien": {"connect_timeout": "-1"}}, "--timeout: expected at least 0.001 s, got -1."),
        ({"control": {"port": "x"}}, "--http-port: expected ports within 0..65535, got 'x'."),
        ({"protocol:tcp": {"keep_alive": "x"}}, "--protocol-tcp-keep-alive: expected yes or no, got 'x'."),
        ({"expect": {"a": "nothing > 1"}}, '--expect: unknown metric "nothing",'),
    ],
)
def test_a_wrong_flag_is_named_by_its_flag(flags: Flags, sentence: str) -> None:
    with pytest.raises(ProfileError) as caught:
        opened(None, flags)
    assert str(caught.value).startswith(sentence)


def test_flags_make_a_profile_without_a_file() -> None:
    flags = {
        "vaurien": {"protocol": "http", "proxy": "localhost:8000", "backend": "h:80", "behavior": "20:delay"},
        "behavior:delay": {"sleep": "2"},
        "control": {"http": "true"},
        "expect": {"many": "delay >= 3"},
    }
    profile = opened(None, flags).profile
    assert profile.proxies == read(SLIDES.replace("google.com", "h")).profile.proxies
    assert profile.control.http
    assert profile.expectations[0].metric == "delay"
