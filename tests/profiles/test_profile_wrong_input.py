# ruff: noqa: E501 - tables of texts
"""Unreadable, malformed, misspelt and contradictory profiles: each one clear sentence, all of them at once."""

import os
from pathlib import Path

import pytest
from profiles_tools import REGISTRY, problems, read

from vaurien_core.errors import ProfileError
from vaurien_core.profiles import load

WEB = "[proxy:web]\nproxy = 127.0.0.1:8000\nbackend = 127.0.0.1:9000\nprotocol = http\n"

WRONG = {
    # malformed
    "backend = a:1": "p.ini:1: expected a [section] first, got 'backend = a:1'.",
    "[vaurien]\nnonsense": "p.ini:2 [vaurien]: expected `key = value`, got 'nonsense'.",
    "[vaurien]\nseed = 1\nseed = 2": "p.ini:3 [vaurien] seed: this key is there already, in line 2; remove one of them.",
    "[vaurien]\nseed = 1\nSeed = 2": "p.ini:3 [vaurien] seed: this key is there already, in line 2; remove one of them.",
    "[vaurien]\n[vaurien]": "p.ini:2 [vaurien]: this section is there already, in line 1; put its keys together.",
    # values
    "[vaurien]\nseed = many": "p.ini:2 [vaurien] seed: expected a whole number, got 'many'.",
    "[vaurien]\nseed = -1": "p.ini:2 [vaurien] seed: expected at least 0, got -1.",
    "[vaurien]\ntimeout = -3": "p.ini:2 [vaurien] timeout: expected at least 0.001 s, got -3.",
    "[vaurien]\nproxy = 80": "p.ini:2 [vaurien] proxy: expected host:port, got '80'.",
    "[vaurien]\nproxy = a:99999": "p.ini:2 [vaurien] proxy: expected a port within 0..65535, got 99999.",
    "[vaurien]\nbackend = a:0": "p.ini:2 [vaurien] backend: expected the port of the backend, 1..65535, got 'a:0'.",
    "[vaurien]\nenabled = perhaps": "p.ini:2 [vaurien] enabled: expected yes or no, got 'perhaps'.",
    "[vaurien]\ndraw_by = chance": "p.ini:2 [vaurien] draw_by: expected one of request, ordinal, got \"chance\"",
    "[behavior:delay]\nsleep = -1": "p.ini:2 [behavior:delay] sleep: expected at least 0 s, got -1.",
    "[behavior:delay]\nsleep = long": "p.ini:2 [behavior:delay] sleep: expected a time such as 250ms, 1.5s or a number of s, got 'long'.",
    "[control]\nport = 8080, http": "p.ini:2 [control] port: expected ports within 0..65535, got 'http'.",
    # the mix
    "[vaurien]\nbehavior = 101:delay": "p.ini:2 [vaurien] behavior: expected a weight of at most 100 %, got 101.",
    "[vaurien]\nbehavior = -5:delay": "p.ini:2 [vaurien] behavior: expected a weight of at least 0 %, got -5.",
    "[vaurien]\nbehavior = 60:delay, 60:hang": "p.ini:2 [vaurien] behavior: expected weights of at most 100 % in sum, got 120.",
    "[vaurien]\nbehavior = 0.00001:delay": "p.ini:2 [vaurien] behavior: expected a weight with at most 4 decimals, got 0.00001.",
    "[vaurien]\nbehavior = five:delay": "p.ini:2 [vaurien] behavior: expected a weight in percent, such as 20 or 0.5, got 'five'.",
    "[vaurien]\nbehavior = nan:delay": "p.ini:2 [vaurien] behavior: expected a weight in percent, such as 20 or 0.5, got 'nan'.",
    "[vaurien]\nbehavior = 5:delay, 6:delay": "p.ini:2 [vaurien] behavior: expected each behavior once, got delay twice.",
    "[vaurien]\nbehavior = 5:mix": 'p.ini:2 [vaurien] behavior: "mix" is reserved: no behavior may be called so.',
    "[vaurien]\nbehavior = 5:dealy": 'p.ini:2 [vaurien] behavior: unknown behavior "dealy", did you mean "delay"?',
    # misspelt
    "[vaurien]\nprotocol = htpp": 'p.ini:2 [vaurien] protocol: unknown protocol "htpp"; known: http, memcache, mysql, redis, smtp, tcp.',
    "[behavior:dely]\nsleep = 1": 'p.ini:1 [behavior:dely]: unknown behavior "dely", did you mean "delay"?',
    "[behavior:slow]\ntype = dely": 'p.ini:2 [behavior:slow] type: unknown behavior "dely", did you mean "delay"?',
    "[behavior:delay]\nslep = 1": 'p.ini:2 [behavior:delay] slep: unknown option "slep", did you mean "sleep"?',
    "[protocol:htp]\nkeep_alive = 1": 'p.ini:1 [protocol:htp]: unknown protocol "htp", did you mean "http"?',
    "[protocol:http]\nkeep_alife = 1": 'p.ini:2 [protocol:http] keep_alife: unknown option "keep_alife", did you mean "keep_alive"?',
    WEB + "[behavior:delay@wep]\nsleep = 1": 'p.ini:5 [behavior:delay@wep]: unknown proxy "wep", did you mean "web"?',
    "[expect]\na = exchange >= 1": 'p.ini:2 [expect] a: unknown metric "exchange", did you mean "exchanges"?',
    "[expect]\na = delay@wep >= 1": 'p.ini:2 [expect] a: unknown proxy "wep", known: default.',
    "[expect]\na = delay": "p.ini:2 [expect] a: expected METRIC[@PROXY] OP VALUE, such as exchanges >= 1, got 'delay'.",
    "[expect]\na = delay >= few": "p.ini:2 [expect] a: expected a number after >=, got 'few'.",
    # variables
    "[vaurien]\nbackend = ${NO}": "p.ini:2 [vaurien] backend: expected the environment variable NO, but it is not set; ${NO:-text} gives it a default.",
    "[vaurien]\nbackend = ${NO": "p.ini:2 [vaurien] backend: expected ${NAME} or ${NAME:-text}, got a ${ that is not closed; write $${ for a literal one.",
    # contradictory
    WEB + "[proxy:api]\nproxy = localhost:8000\n": "p.ini:6 [proxy:api] proxy: localhost:8000 is the address of web already.",
    WEB + "[proxy:api]\nproxy = 0.0.0.0:8000\n": "p.ini:6 [proxy:api] proxy: 0.0.0.0:8000 is the address of web already.",
    WEB + "[control]\nhttp = true\nport = 8000": "p.ini:7 [control] port: localhost:8000 is the address of the proxy web already.",
    WEB + "[vaurien]\nproxy = a:1\n[proxy:default]\nproxy = a:3": 'p.ini:7 [proxy:default]: two proxies are named "default": [vaurien] and [proxy:default].',
    "[vaurien]\nproxy = a:1\nbackend = a:1": "p.ini:3 [vaurien] backend: expected the real server, got a:1, which is the proxy itself: a loop.",
    "[vaurien]\ntimeout = 1\nconnect_timeout = 2": "p.ini:2 [vaurien] timeout: expected connect_timeout or its old name timeout, got both.",
    "[behavior:delay]\ntype = error": "p.ini:2 [behavior:delay] type: delay is a behavior itself and can't be a variant of error; name it differently.",
    "[vaurien]\nprotocol = http\nbehavior = 5:error\n[behavior:error]\nerror = 5033": 'p.ini:5 [behavior:error] error: http has no error "5033", did you mean "503"?',
    "[vaurien]\nbehavior = 5:error\n[behavior:error]\nerror = 503": 'p.ini:4 [behavior:error] error: tcp has no error "503",',
    "[behavior:delay]\nfirst = 0": "p.ini:2 [behavior:delay] first: expected at least 1, got 0.",
    "[behavior:delay]\nmacth = x": 'p.ini:2 [behavior:delay] macth: unknown option "macth", did you mean "match"?',
    "[behavior:delay]\nmatch = re:(x": "p.ini:2 [behavior:delay] match: expected a regular expression after re: "
    "(missing ), unterminated subpattern at position 0), got 're:(x'.",
    "[behavior:delay]\nclient = 10.0.0/8": "p.ini:2 [behavior:delay] client: expected addresses or networks, such as "
    "10.0.0.0/8, got '10.0.0/8'.",
    "[behavior:delay]\nheader = : 7": "p.ini:2 [behavior:delay] header: expected a header's name, or Name: and a glob "
    "for its value, got ': 7'.",
    "[vaurien]\nbehavior = 5:delay\nprotocol = redis\n[behavior:delay]\nheader = X": "p.ini:5 [behavior:delay] header: "
    "requests of redis have no headers.",
    "[vaurien]\nbehavior = 5:delay\n[behavior:delay]\nmatch = GET*\nat = connect": "p.ini:4 [behavior:delay] match: "
    "expected at = request: the connect phase is labelled connect, got 'GET*'.",
    "[vaurien]\nbehavior = 5:dummy\n[behavior:dummy]\nmatch = GET*": "p.ini:4 [behavior:dummy] match: dummy is "
    "what is left over; expected a rule with a name of its own and type = dummy.",
    "[vaurien]\nstate = dwon": 'p.ini:2 [vaurien] state: expected one of up, down, syn_blackhole, got "dwon", did you mean "down"?.',
    "[scenario]\nrepeat = 2": "p.ini:1 [scenario]: expected phases = NAME, NAME with a [phase:NAME] for each, got none.",
    "[scenario]\nrepeat = often\n[phase:a]": "p.ini:2 [scenario] repeat: expected a number of rounds from 1 on, or forever, got 'often'.",
    "[scenario]\n[phase:a]\nfor = 0": "p.ini:3 [phase:a] for: expected at least 0.001 s, got 0.",
    "[scenario]\n[phase:a]\nbehavior = 60:error, 50:delay": "p.ini:3 [phase:a] behavior: expected weights of at most 100 % in sum, got 110.",
    "[scenario]\n[phase:a]\nbehavior = 60:eror": 'p.ini:3 [phase:a] behavior: unknown behavior "eror", did you mean "error"?',
    "[scenario]\n[phase:a@web]\nstate = down": 'p.ini:2 [phase:a@web]: unknown proxy "web", known: default.',
    "[expect]\na = reconnects >= 1": "p.ini:2 [expect] a: the metric reconnects is not supported by this version; remove the line.",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG, ids=lambda t: t.replace("\n", " / "))
def test_one_thing_that_is_wrong_is_one_clear_sentence(text: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith(WRONG[text])


def test_a_loop_through_another_proxy_is_noticed() -> None:
    text = "[proxy:a]\nproxy = h:1\nbackend = h:2\n[proxy:b]\nproxy = h:2\nbackend = h:1"
    assert all("a loop." in problem for problem in problems(text))


def test_chained_proxies_and_free_ports_are_no_contradiction() -> None:
    read("[proxy:a]\nproxy = h:1\nbackend = h:2\n[proxy:b]\nproxy = h:2\nbackend = h:3")
    read("[proxy:a]\nproxy = h:0\nbackend = h:2\n[proxy:b]\nproxy = h:0\nbackend = h:3")


def test_everything_wrong_is_said_at_once_in_file_order() -> None:
    found = problems(
        "[vaurien]\nseed = x\nbackend = ${NO}\nbehavior = 120:dealy, -1:hang\njunk\n[behavior:delay]\nsleep = -1\nslep = 2"
    )
    assert [p.partition(" ")[0] for p in found] == [
        f"p.ini:{line}" if line != 5 else "p.ini:5" for line in (2, 3, 4, 4, 4, 5, 7, 8)
    ]


def test_an_option_that_two_proxies_share_is_wrong_once() -> None:
    assert len(problems(WEB + "[proxy:db]\nproxy = a:1\n[behavior:delay]\nsleep = -1")) == 1


def test_what_a_variable_held_is_in_no_error_text() -> None:
    env = {"SECRET": "hunter2"}
    texts = [
        "[vaurien]\nseed = ${SECRET}", "[vaurien]\nbackend = ${SECRET}", "[vaurien]\nprotocol = ${SECRET}",
        "[vaurien]\nbehavior = ${SECRET}:delay", "[behavior:delay]\nsleep = ${SECRET}", "[control]\nport = ${SECRET}",
        "[expect]\na = ${SECRET}", "[vaurien]\nproxy = ${A}\nbackend = ${A}", "[behavior:x]\ntype = ${SECRET}",
        "[vaurien]\nprotocol = http\nbehavior = 5:error\n[behavior:error]\nerror = ${SECRET}", "[vaurien]\nbehavior = 5:${SECRET}",
        "[proxy:a]\nproxy = ${A}\n[proxy:b]\nproxy = ${A}", "[vaurien]\nproxy = ${A}\n[control]\nhttp=1\nhost=${SECRET}\nport=1",
    ]  # fmt: skip
    for text in texts:
        found = problems(text, env={**env, "A": "hunter2:1"})
        assert found
        assert not any("hunter2" in problem for problem in found), text


def test_a_file_that_is_not_there_or_no_file_is_said_so(tmp_path: Path) -> None:
    for path, sentence in (
        (tmp_path / "no.ini", "there is no such file."),
        (tmp_path, "expected a file, got a folder."),
    ):
        with pytest.raises(ProfileError) as caught:
            load(path, REGISTRY)
        assert str(caught.value) == f"{path}: {sentence}"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "p.ini"
    path.write_text("")
    path.chmod(0)
    with pytest.raises(ProfileError, match="permission denied"):
        load(path, REGISTRY)


def test_bytes_that_are_no_text_are_an_error_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "p.ini"
    for data, sentence in (
        (b"[vaurien]\n\xff\xfe", ":2: expected UTF-8 text, got the byte 0xff."),
        (b"\n\n\0", ":3: expected text, got a zero byte."),
    ):
        path.write_bytes(data)
        with pytest.raises(ProfileError) as caught:
            load(path, REGISTRY)
        assert str(caught.value) == f"{path}{sentence}"


def test_a_huge_file_is_no_profile(tmp_path: Path) -> None:
    path = tmp_path / "p.ini"
    path.write_bytes(b"#" * (5 << 20))
    with pytest.raises(ProfileError, match="at most 4 MiB"):
        load(path, REGISTRY)
