"""`vaurien toxiproxy` in the place of toxiproxy-server, and `vaurien convert`."""

# ruff: noqa: E501 - one case a line
from __future__ import annotations

import json
import socket
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from runs import backend, free_port, here, running, taken, vaurien

from vaurien_core.cli.toxiproxy import LEVELS, _ports
from vaurien_core.errors import UsageError
from vaurien_core.profiles import loads
from vaurien_core.profiles.toxiproxy import read_config
from vaurien_core.registry import Registry

CONFIG = [
    {"name": "web", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9",
     "toxics": [{"type": "latency", "attributes": {"latency": 100, "jitter": 5}},
                {"name": "cut", "type": "timeout", "stream": "upstream", "toxicity": 0.5}]},
    {"Name": "off", "listen": "localhost:8001", "upstream": "db:3306", "enabled": False, "comment": 1},
]  # fmt: skip


def call(url: str, method: str = "GET", body: object = None) -> object:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data, method=method), timeout=10) as answer:
        text = answer.read()
        return json.loads(text) if text else None


def test_it_starts_empty_and_serves_proxies_that_clients_make(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    port = free_port()
    with backend() as real, running("toxiproxy", "-port", port, "-ready-file", ready, "-seed", "7") as run:
        assert run.ready == "ready seed=7"
        assert json.loads(ready.read_text())["control"] == f"http://localhost:{port}"
        url = f"http://127.0.0.1:{port}"
        assert call(f"{url}/version") == {"version": "2.12.0"}
        assert call(f"{url}/proxies") == {}
        proxy = call(f"{url}/proxies", "POST", {"name": "web", "upstream": real, "listen": "127.0.0.1:0"})
        assert isinstance(proxy, dict)
        with urlopen(f"http://{proxy['listen']}/", timeout=10) as answer:
            assert answer.read() == b"the real answer"
        status, err = run.end()
        assert (status, "Traceback" in err) == (0, False)


def test_a_configuration_is_served_with_its_toxics(tmp_path: Path) -> None:
    file = tmp_path / "toxiproxy.json"
    file.write_text(json.dumps(CONFIG))
    port = free_port()
    with running("toxiproxy", f"--port={port}", "--config", file, "-proxy-metrics", "-runtime-metrics"):
        proxies = call(f"http://127.0.0.1:{port}/proxies")
        assert isinstance(proxies, dict)
        assert [t["name"] for t in proxies["web"]["toxics"]] == ["cut", "latency_downstream"]
        assert proxies["web"]["toxics"][1]["attributes"] == {"latency": 100, "jitter": 5}
        assert (proxies["off"]["enabled"], proxies["off"]["listen"]) == (False, "localhost:8001")


def test_both_ports_are_served_at_once_with_all_paths() -> None:
    one, two = free_port(), free_port()
    with running("--proxy", "127.0.0.1:0", "--backend", "127.0.0.1:9", "--http", "--http-port", f"{one}, {two}"):
        for port in (one, two):
            proxies = call(f"http://127.0.0.1:{port}/proxies")
            assert isinstance(proxies, dict)
            assert list(proxies) == ["default"]
            assert isinstance(call(f"http://127.0.0.1:{port}/behaviors"), dict)


def test_what_is_wrong_ends_it_with_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "toxiproxy", "-config", tmp_path / "none.json")
    assert (run.returncode, run.stderr) == (
        2,
        f"vaurien: {tmp_path}/none.json: can't be read (No such file or directory).\n",
    )
    run = here(capsys, "toxiproxy", "-port", "web")
    assert (run.returncode, run.stderr) == (2, "vaurien: -port: expected ports within 0..65535, got 'web'.\n")
    run = here(capsys, "toxiproxy", "-version")
    assert run.stdout.startswith("vaurien toxiproxy version ")
    with taken() as place:
        port = place.rpartition(":")[2]
        done = vaurien("toxiproxy", "-port", port, "-host", "127.0.0.1")
        assert done.returncode == 3
        assert "is in use by another program" in done.stderr


def test_other_machines_may_call_it_by_any_name_once_it_is_bound_for_them() -> None:
    port = free_port()
    asked = b"GET /proxies HTTP/1.1\r\nHost: toxiproxy:8474\r\nConnection: close\r\n\r\n"
    for host, status in (("0.0.0.0", b" 200 "), ("localhost", b" 403 ")):
        with (
            running("toxiproxy", "-host", host, "-port", port),
            socket.create_connection(("127.0.0.1", port), 10) as sock,
        ):
            sock.sendall(asked)
            assert status in sock.recv(100)


def test_levels_and_ports_are_read_as_toxiproxy_writes_them() -> None:
    assert LEVELS["warn"] == "warning"
    assert _ports("8474") == (8474,)
    assert _ports("8080, 8474") == (8080, 8474)
    with pytest.raises(UsageError):
        _ports("99999")


def test_a_configuration_becomes_a_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "toxiproxy.json", tmp_path / "profile.ini"
    file.write_text(json.dumps({"proxies": CONFIG}))
    run = here(capsys, "convert", file)
    assert run.returncode == 0
    profile = loads(run.stdout, "p.ini", Registry.builtin(), env={}).profile
    assert [(p.name, p.enabled, [t.name for t in p.toxics]) for p in profile.proxies] == [
        ("web", True, ["latency_downstream", "cut"]), ("off", False, []),
    ]  # fmt: skip
    assert here(capsys, "convert", file, "-o", out).returncode == 0
    assert out.read_text() == run.stdout
    assert here(capsys, "convert", file, "-o", out).stderr == f"vaurien: {out} is there already; name another file.\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "c.json:1: expected Toxiproxy's JSON, a list of proxies: Expecting property name enclosed in double quotes."),
        ("3", "c.json: expected a list of proxies, got a number."),
        ("[1]", "c.json: proxy 1: expected an object, got a number."),
        ('[{"upstream": "a:1"}]', "c.json: proxy 1: expected name, got none."),
        ('[{"name": "a"}]', "c.json: proxy 1: expected upstream, got none."),
        ('[{"name": "a", "upstream": "a:1"}, {"name": "a", "upstream": "a:1"}]', 'c.json: proxy 2: there is another proxy called "a".'),
        ('[{"name": "a", "upstream": "a:1", "toxics": [{"type": "latenci"}]}]', 'c.json: proxy 1 (a): toxic 1: unknown type "latenci", did you mean "latency"?'),
        ('[{"name": "a", "upstream": "a:1", "toxics": [{"type": "latency", "attributes": {"latency": "x"}}]}]', 'c.json: proxy 1 (a): toxic 1: latency: expected a whole number, got "x".'),
        ('[{"name": "a", "upstream": "a:1", "toxics": [{"type": "noop", "toxicity": 7}]}]', "c.json: proxy 1 (a): toxic 1: toxicity: expected a number within 0..1, got 7."),
        ('[{"name": "a", "upstream": "a:1", "toxics": [{"type": "noop", "stream": "up"}]}]', 'c.json: proxy 1 (a): toxic 1: stream: expected upstream or downstream, got "up".'),
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_said_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_config(text, "c.json", Registry.builtin().catalogue())
    assert str(caught.value) == sentence
