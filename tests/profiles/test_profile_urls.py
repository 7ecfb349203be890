"""A backend that is a URL: what it means, what wins over it, and that the file keeps it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from profiles_tools import REGISTRY, changed_lines, edited, problems, read, saved

from vaurien_core.errors import OptionError
from vaurien_core.model.profile import ProxySpec
from vaurien_core.profiles import load, render
from vaurien_core.profiles.equal import same
from vaurien_core.profiles.url_values import DefaultPorts
from vaurien_core.profiles.urls import read_url

PORTS = DefaultPorts(REGISTRY)
HTTP = (("overwrite_host_header", True), ("rewrite_answers", True))
SHOP = "[vaurien]\nproxy = localhost:8000\nbackend = https://shop.example/cart ; the real one\nbehavior = 5:error\n"


def only(text: str, **kwargs: Any) -> ProxySpec:
    return read(text, **kwargs).profile.proxies[0]


@pytest.mark.parametrize(
    ("url", "protocol", "backend", "tls", "dropped"),
    [
        ("https://shop.example", "http", "shop.example:443", "on", ""),
        ("https://shop.example/", "http", "shop.example:443", "on", ""),
        (" HTTPS://Shop.Example:8443/a/b?c#d ", "http", "shop.example:8443", "on", "the path /a/b and the query"),
        ("http://shop.example", "http", "shop.example:80", "off", ""),
        ("wss://shop.example/live", "http", "shop.example:443", "on", "the path /live"),
        ("http://[::1]:8080/", "http", "[::1]:8080", "off", ""),
        ("mysql://u:p@db:3307/x", "mysql", "db:3307", "", "user name and password and the path /x"),
        ("mysql+pymysql://u@db/", "mysql", "db:3306", "", "the user name"),
        ("mariadb://db", "mysql", "db:3306", "", ""),
        ("redis://:p%40ss@cache/0", "redis", "cache:6379", "", "user name and password and the path /0"),
        ("rediss://cache", "redis", "cache:6379", "on", ""),
        ("smtp://mail", "smtp", "mail:25", "off", ""),
        ("smtp://mail:587", "smtp", "mail:587", "off", ""),
        ("smtps://mail", "smtp", "mail:465", "on", ""),
        ("memcache://cache", "memcache", "cache:11211", "", ""),
        ("memcached://cache:1", "memcache", "cache:1", "", ""),
        ("tcp://host:7", "tcp", "host:7", "", ""),
    ],
)
def test_a_url_says_protocol_address_and_tls(url: str, protocol: str, backend: str, tls: str, dropped: str) -> None:
    target = read_url(url, PORTS)
    assert target is not None
    assert (target.protocol, target.backend, target.backend_tls, target.dropped) == (protocol, backend, tls, dropped)
    assert target.options == (HTTP if protocol == "http" else ())


@pytest.mark.parametrize("text", ["host:80", "[::1]:80", "unix:/tmp/a://b", ":80", "host", "", "//host/x", "1a://b"])
def test_what_is_no_url_is_left_to_others(text: str) -> None:
    assert read_url(text, PORTS) is None


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("htps://u:geheim@host/", 'got "htps://host/" did you mean "https"?'),
        ("gopher://u:geheim@host/", 'got "gopher://host/".'),
        ("https://", 'a URL with a host, got "https://".'),
        ("https:///x", "a URL with a host"),
        ("https://u:geheim@/x", "a URL with a host"),
        ("https://u:geheim@a b/", "a URL with a host"),
        ("https://u:geheim@host:99999/", "a URL such as"),
        ("https://u:geheim@host:x/", "a URL such as"),
        ("https://[::1", "a URL such as"),
        ("tcp://host", "a URL with a port"),
    ],
)
def test_a_bad_url_gets_a_sentence_without_its_password(url: str, sentence: str) -> None:
    with pytest.raises(OptionError) as caught:
        read_url(url, PORTS)
    assert sentence in str(caught.value) and str(caught.value).startswith("backend: expected ")
    assert "geheim" not in str(caught.value)
    (problem,) = problems(f"[vaurien]\nbackend = {url}\n")
    assert problem.startswith("p.ini:2 [vaurien] backend: expected ") and "geheim" not in problem


def test_the_profile_holds_what_the_url_means() -> None:
    spec = only(SHOP)
    assert (spec.backend, spec.protocol, spec.backend_tls, spec.backend_verify, spec.backend_name) == (
        "shop.example:443", "http", "on", "yes", "",
    )  # fmt: skip
    assert spec.protocol_options == HTTP


def test_what_the_url_has_besides_is_a_warning() -> None:
    (problem,) = read(SHOP).problems
    assert str(problem) == (
        "p.ini:3 [vaurien] backend: Of the URL, the path /cart is not used: requests keep their own."
    )
    assert problem.severity == "warning"
    assert not read(SHOP.replace("/cart", "/")).problems


@pytest.mark.parametrize(
    ("keys", "differs"),
    [
        ("protocol = tcp", {"protocol": "tcp", "protocol_options": ()}),
        ("backend_tls = off", {"backend_tls": "off"}),
        ("backend_tls =", {"backend_tls": ""}),
        ("backend_verify = no", {"backend_verify": "no"}),
        ("backend_name = x.example", {"backend_name": "x.example"}),
        (
            "[protocol:http]\nrewrite_answers = no",
            {"protocol_options": (("overwrite_host_header", True), ("rewrite_answers", False))},
        ),
    ],
)
def test_a_key_beside_it_wins(keys: str, differs: dict[str, Any]) -> None:
    text = SHOP.replace("5:error", "5:delay")
    plain = only(text)
    assert only(text + keys + "\n") == replace(plain, **differs)


def test_a_shared_key_does_not_win_over_the_url_of_one_proxy() -> None:
    text = (
        "[vaurien]\nbackend_tls = off\n[proxy:a]\nproxy = h:1\nbackend = https://a.example\n[proxy:b]\nbackend = b:1\n"
    )
    profile = read(text).profile
    assert [p.backend_tls for p in profile.proxies] == ["on", "off"]


def test_a_url_on_the_command_line_outdoes_the_file(tmp_path: Any) -> None:
    path = tmp_path / "p.ini"
    path.write_text("[vaurien]\nbackend = db:1\nprotocol = mysql\nbackend_tls = off\n")
    spec = load(path, REGISTRY, env={}, flags={"vaurien": {"backend": "https://shop.example"}}).profile.proxies[0]
    assert (spec.backend, spec.protocol, spec.backend_tls) == ("shop.example:443", "http", "on")
    flags = {"vaurien": {"backend": "https://shop.example", "protocol": "tcp"}}
    assert load(path, REGISTRY, env={}, flags=flags).profile.proxies[0].protocol == "tcp"


def test_a_url_outdoes_the_file_that_it_extends(tmp_path: Any) -> None:
    (tmp_path / "base.ini").write_text("[vaurien]\nbackend = db:1\nprotocol = mysql\n")
    path = tmp_path / "p.ini"
    path.write_text("[DEFAULT]\nextends = base.ini\n[vaurien]\nbackend = https://shop.example\n")
    assert load(path, REGISTRY, env={}).profile.proxies[0].protocol == "http"
    (tmp_path / "base.ini").write_text("[vaurien]\nbackend = https://shop.example\n")
    path.write_text("[DEFAULT]\nextends = base.ini\n[vaurien]\nprotocol = tcp\n")
    assert load(path, REGISTRY, env={}).profile.proxies[0].protocol == "tcp"


URL = "[vaurien]\nproxy = localhost:8000\nbackend = https://u:p@shop.example/ ; real\nseed = 4\n"


@pytest.mark.parametrize(
    ("edits", "out", "put"),
    [
        ({"seed": 5}, ["seed = 4\n"], ["seed = 5\n"]),
        ({"proxies/default/backend_verify": "no"}, [], ["backend_verify = no\n"]),
        ({"proxies/default/backend_tls": "off"}, [], ["backend_tls = off\n"]),
        (
            {"proxies/default/protocol_options/rewrite_answers": False},
            [],
            ["[protocol:http]\n", "rewrite_answers = false\n", "\n"],
        ),
    ],
)
def test_saving_keeps_the_url_as_it_was_written(edits: dict[str, Any], out: list[str], put: list[str]) -> None:
    after = saved(URL, edits)
    gone, new = changed_lines(URL, after)
    assert (gone, sorted(new)) == (out, sorted(put))
    assert same(read(after).profile, edited(read(URL).profile, edits), REGISTRY.catalogue())


def test_saving_nothing_changes_nothing() -> None:
    loaded = read(URL)
    assert render(loaded.document, loaded.profile, loaded.profile, REGISTRY, env={}) == URL


@pytest.mark.parametrize(
    "edits",
    [
        {"proxies/default/backend": "other:443"},
        {"proxies/default/backend_tls": ""},
        {"proxies/default/protocol": "tcp"},
        {"proxies/default/protocol": "tcp", "proxies/default/backend_tls": "", "proxies/default/backend": "other:1"},
        {"proxies/default/protocol_options/rewrite_answers": None},
    ],
)
def test_what_is_changed_afterwards_is_what_the_file_then_says(edits: dict[str, Any]) -> None:
    after = read(saved(URL, edits)).profile
    assert same(after, edited(read(URL).profile, edits), REGISTRY.catalogue())


@pytest.mark.parametrize("raw", ["https://${USER}:${PW}@shop.example/", "${URL}", "https://u:geheim@${HOST}/x"])
def test_what_the_environment_held_is_known_as_such_and_no_password_is(raw: str) -> None:
    env = {"USER": "me", "PW": "geheim", "HOST": "shop.example", "URL": "https://me:geheim@shop.example/x"}
    loaded = read(f"[vaurien]\nbackend = {raw}\n", env=env)
    assert loaded.profile.proxies[0].backend == "shop.example:443"
    assert "geheim" not in repr(loaded.profile.references) + repr(loaded.problems)
    hidden = [] if "PW" in raw else [("${URL}" if "URL" in raw else "https://${HOST}/x", "shop.example:443")]
    assert [(r.text, r.value) for r in loaded.profile.references] == hidden


def test_options_of_a_former_protocol_are_no_hindrance_to_saving() -> None:
    text = "[vaurien]\nprotocol = http\n\n[protocol:http]\noverwrite_host_header = true\n"
    after = saved(text, {"proxies/default/protocol": "tcp"})
    assert after == text.replace("protocol = http\n\n", "protocol = tcp\n\n", 1)
