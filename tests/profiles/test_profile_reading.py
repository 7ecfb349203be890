# ruff: noqa: E501 - tables of texts
from decimal import Decimal

import pytest
from profiles_tools import COMMENTED, REGISTRY, SLIDES, problems, read

from vaurien_core.errors import UsageError
from vaurien_core.model.profile import BehaviorSpec, ControlSpec, PluginSpec, ProxySpec, Rule
from vaurien_core.profiles import dumps, load
from vaurien_core.profiles.equal import same


def test_the_slides_file_is_one_proxy_named_default() -> None:
    profile = read(SLIDES).profile
    assert profile.proxies == (
        ProxySpec(
            "default",
            "localhost:8000",
            "google.com:80",
            "http",
            (Rule("delay", Decimal(20)),),
            (BehaviorSpec("delay", "", (("sleep", 2.0),)),),
        ),
    )


def test_an_empty_file_is_the_classic_defaults() -> None:
    (spec,) = read("").profile.proxies
    assert (spec.proxy, spec.backend, spec.protocol, spec.mix) == ("localhost:8000", "localhost:80", "tcp", ())
    assert (spec.connect_timeout, spec.backlog, spec.stay_connected) == (30.0, 8192, False)


def test_vaurien_holds_shared_keys_only_beside_named_proxies() -> None:
    profile = read(
        "[vaurien]\nseed = 7\ntimeout = 5\n[proxy:web]\nbackend = a:1\n[proxy:db]\nproxy=a:2\ntimeout = 9"
    ).profile
    assert [p.name for p in profile.proxies] == ["web", "db"]
    assert [p.connect_timeout for p in profile.proxies] == [5.0, 9.0]
    assert profile.seed == 7


def test_vaurien_describes_default_beside_named_proxies_once_it_has_an_address() -> None:
    profile = read("[proxy:web]\nproxy = a:1\n[vaurien]\nbackend = b:2\ntimeout = 5").profile
    assert [p.name for p in profile.proxies] == ["web", "default"]
    assert profile.proxy("web").connect_timeout == 30.0, "the key belongs to default, not to all"


def test_the_section_at_a_proxy_wins_key_by_key() -> None:
    text = """
[proxy:a]
proxy = h:1
[proxy:b]
proxy = h:2
[behavior:delay]
sleep = 2
jitter = 100ms
[behavior:delay@b]
sleep = 300ms
"""
    profile = read(text).profile
    assert profile.proxy("a").behavior("delay").options == (("jitter", 0.1), ("sleep", 2.0))
    assert profile.proxy("b").behavior("delay").options == (("jitter", 0.1), ("sleep", 0.3))


def test_protocol_options_reach_every_proxy_of_that_protocol() -> None:
    text = "[proxy:a]\nproxy=h:1\nprotocol=http\n[proxy:b]\nproxy=h:2\n[protocol:http]\noverwrite_host_header = yes"
    profile = read(text).profile
    assert profile.proxy("a").protocol_options == (("overwrite_host_header", True),)
    assert profile.proxy("b").protocol_options == ()


def test_a_bare_name_has_all_of_the_mix() -> None:
    assert read("[vaurien]\nbehavior = delay").profile.proxies[0].mix == (Rule("delay", Decimal(100)),)


@pytest.mark.parametrize(
    "text",
    [
        "20:delay,5.25:error",
        "20:delay\n  5.25:error",
        "\n  20 : delay, ; a\n\n  # b\n  5.25:error,",
        '"20:delay, 5.25:error"',
    ],
)
def test_a_mix_may_be_written_in_many_ways(text: str) -> None:
    mix = read(f"[vaurien]\nbehavior = {text}\nprotocol = http").profile.proxies[0].mix
    assert mix == (Rule("delay", Decimal(20)), Rule("error", Decimal("5.25")))


def test_named_variants_have_the_options_of_their_type() -> None:
    text = "[vaurien]\nprotocol = http\nbehavior = 3:busy\n[behavior:busy]\ntype = error\nerror = 503"
    assert read(text).profile.proxies[0].behavior("busy") == BehaviorSpec("busy", "error", (("error", "503"),))


@pytest.mark.parametrize(
    ("written", "value"), [("true", True), ("YES", True), ("on", True), ("no", False), ("0", False)]
)
def test_yes_and_no_have_the_words_of_the_classic_tool(written: str, value: bool) -> None:
    assert read(f"[vaurien]\nstay_connected = {written}").profile.proxies[0].stay_connected is value


def test_variables_come_from_the_environment() -> None:
    text = "[vaurien]\nbackend = ${HOST}:${PORT:-80}\nlog_output = $${HOST}\n"
    profile = read(text, env={"HOST": "example.org"}).profile
    assert profile.proxies[0].backend == "example.org:80"
    assert profile.log_output == "${HOST}"


def test_quotes_around_a_value_are_not_part_of_it_but_those_of_the_environment_are() -> None:
    profile = read("[vaurien]\nbackend = 'a:1'\nlog_output = ${X}\n", env={"X": '"quoted"'}).profile
    assert profile.proxies[0].backend == "a:1"
    assert profile.log_output == '"quoted"'


def test_the_control_section_and_its_classic_keys_mean_the_same() -> None:
    wanted = ControlSpec(http=True, host="0.0.0.0", ports=(8080, 8474))
    assert read("[control]\nhttp = true\nhost = 0.0.0.0\nport = 8080, 8474").profile.control == wanted
    assert read("[vaurien]\nhttp = true\nhttp_host = 0.0.0.0\nhttp_port = 8080,8474").profile.control == wanted


def test_code_that_a_profile_names_is_loaded_by_the_caller() -> None:
    text = "[vaurien]\nbehavior = 5:mine\n[behavior:mine]\ncallable = package.module.Class\ncolour = red"
    profile = read(text).profile
    assert profile.plugins == (PluginSpec("behavior", "mine", "package.module.Class"),)
    assert profile.proxies[0].behavior("mine").options == (("colour", "red"),)
    asked: list[PluginSpec] = []
    read(text, load_plugins=asked.append)
    assert asked == list(profile.plugins)


def test_code_that_can_not_be_loaded_is_an_error_at_its_line() -> None:
    def refuse(spec: PluginSpec) -> None:
        raise UsageError(f"there is no module {spec.callable}.")

    text = "[vaurien]\n[behavior:mine]\ncallable = no.such.Thing"
    assert problems(text, load_plugins=refuse) == [
        "p.ini:3 [behavior:mine] callable: there is no module no.such.Thing."
    ]


def test_origins_name_file_and_line() -> None:
    origins = read(SLIDES).origins
    assert origins["proxies/default/backend"] == "p.ini:2"
    assert origins["proxies/default/mix"] == "p.ini:5"
    assert origins["proxies/default/behaviors/delay/sleep"] == "p.ini:8"


def test_what_the_classic_tool_needed_is_accepted_with_one_notice() -> None:
    text = "[vaurien]\npool_max_size = 100\npool_timeout = 30\nbufsize = 8192\nsync = false\n[protocol:tcp]\nreuse_socket = true\nbuffer = 8124"
    (notice,) = read(text).problems
    assert notice.severity == "warning"
    for key in ("pool_max_size", "pool_timeout", "bufsize", "sync", "reuse_socket", "buffer"):
        assert key in notice.message


def test_unknown_sections_and_keys_are_kept_and_warned_about() -> None:
    warnings = [str(p) for p in read("[vaurien]\nsead = 3\n[contrl]\nx = 1\n[proxi:a]\n").problems]
    assert warnings == [
        'p.ini:2 [vaurien] sead: unknown key, kept as it is; did you mean "seed"?',
        'p.ini:3 [contrl]: unknown section, kept as it is; did you mean "control"?',
        'p.ini:5 [proxi:a]: unknown section, kept as it is; did you mean "proxy"?',
    ]


def test_a_fresh_file_looks_like_the_export_and_reads_back() -> None:
    profile = read(COMMENTED).profile
    text = dumps(profile, REGISTRY.catalogue())
    assert text.startswith("[vaurien]\nseed = 42\n\n[proxy:default]\nproxy = localhost:8000\n")
    assert "\n\n[behavior:delay@orders]\nbefore = true\n" in text or "\n\n[behavior:delay@orders]\nsleep = 2\n" in text
    assert text.endswith("\n\n[expect]\nOrders Fail = hang@orders >= 3\n")
    assert same(read(text).profile, profile, REGISTRY.catalogue())


def test_a_single_proxy_named_default_is_written_in_the_classic_form() -> None:
    text = dumps(read(SLIDES).profile, REGISTRY.catalogue())
    assert text == (
        "[vaurien]\nproxy = localhost:8000\nbackend = google.com:80\nprotocol = http\nbehavior = 20:delay\n\n"
        "[behavior:delay]\nsleep = 2\n"
    )


def test_no_file_and_no_flags_are_the_defaults() -> None:
    assert load(None, REGISTRY, env={}).profile == read("").profile
