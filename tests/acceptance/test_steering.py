"""A running Vaurien steered from outside under real clients: overrides, old clients, release, counts, metrics."""

from __future__ import annotations

import json
import re
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from wires import Backend, Vaurien, Wire, backend, call, soon, told, vaurien

from tests.support.timing import slack

GET = b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass(frozen=True)
class Stand:
    """A backend, a run before it, and the run's control server."""

    server: Backend
    run: Vaurien
    api: str
    folder: Path

    def wire(self, proxy: str = "default") -> Wire:
        """A client."""
        return Wire(self.run.ports[proxy])

    def status(self, path: str = "/x") -> int:
        """Of one GET on a connection of its own."""
        with self.wire() as wire:
            wire.say(GET % path.encode())
            return wire.answer().status

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's values that carry these labels."""
        _, text = call(f"{self.api}/metrics")
        total = 0.0
        for found in re.finditer(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.M):
            if all(f'{k}="{v}"' in (found[1] or "") for k, v in labels.items()):
                total += float(found[2])
        return total


@pytest.fixture
def stand(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stand]:
    words = getattr(request, "param", ())
    ready = tmp_path / "ready.json"
    with (
        backend() as server,
        vaurien(
            "--proxy", "127.0.0.1:0", "--backend", f"127.0.0.1:{server.port}", "--protocol", "http", "--http",
            "--http-port", "0", "--seed", "5", "--ready-file", str(ready), "--report", str(tmp_path / "report"),
            "--journal-all", *words,
        ) as run,
    ):  # fmt: skip
        yield Stand(server, run, json.loads(ready.read_text())["control"].rstrip("/"), tmp_path)


def test_an_override_acts_at_once_and_mix_ends_it(stand: Stand) -> None:
    url = f"{stand.api}/behavior"
    assert call(url) == (200, {"behavior": "dummy", "options": {}})
    assert stand.status() == 200
    assert call(url, "PUT", {"name": "error", "error": "504"}) == (200, {"status": "ok"})
    assert call(url) == (200, {"behavior": "error", "options": {"error": "504"}})
    assert stand.status() == 504
    assert call(url, "PUT", {"name": "mix"}) == (200, {"status": "ok"})
    assert (stand.status(), call(url)[1]["behavior"]) == (200, "dummy")


@pytest.mark.parametrize("stand", [("--behavior", "100:error", "--behavior-error-error", "501")], indirect=True)
def test_an_old_client_that_puts_back_the_name_it_got_is_where_it_was(stand: Stand) -> None:
    url = f"{stand.api}/behavior"
    before = call(url)[1]["behavior"]
    assert (before, stand.status()) == ("error", 501)
    call(url, "PUT", {"name": "dummy"}, Content_Type="application/x-www-form-urlencoded")
    assert stand.status() == 200
    assert call(url, "PUT", {"name": before})[0] == 200
    assert stand.status() == 501


@pytest.mark.parametrize("stand", [("--behavior", "30:delay,20:hang", "--behavior-delay-sleep", "0")], indirect=True)
def test_a_mix_is_called_mix_and_comes_back(stand: Stand) -> None:
    url = f"{stand.api}/behavior"
    assert call(url)[1]["behavior"] == "mix"
    call(url, "PUT", {"name": "transient"})
    assert stand.status() in (500, 502, 503, 504)
    assert stand.status() == 200
    assert call(url, "PUT", {"name": call(url)[1]["behavior"]})[0] == 200, "a transient put again counts anew"
    assert stand.status() >= 500
    call(url, "PUT", {"name": "mix"})
    assert call(url)[1]["behavior"] == "mix"


def test_an_override_begins_with_the_next_exchange_also_on_old_connections(stand: Stand) -> None:
    with stand.wire() as wire:
        wire.say(GET % b"/slow")
        time.sleep(0.1)
        call(f"{stand.api}/behavior", "PUT", {"name": "error", "error": "503"})
        assert wire.answer().body == told("GET", "/slow", b"")
        wire.say(GET % b"/next")
        assert wire.answer().status == 503


def test_transient_fails_as_often_as_asked_and_never_again(stand: Stand) -> None:
    call(f"{stand.api}/behavior", "PUT", {"name": "transient", "agitate": 3, "error": "503"})
    assert [stand.status(f"/{n}") for n in range(7)] == [503] * 3 + [200] * 4


def test_the_backend_is_swapped_for_new_connections(stand: Stand) -> None:
    with backend() as other, stand.wire() as old:
        old.say(GET % b"/before")
        assert old.answer().status == 200
        assert call(f"{stand.api}/backend", "PUT", {"backend": f"127.0.0.1:{other.port}"}) == (200, {"status": "ok"})
        assert call(f"{stand.api}/backend")[1] == {"backend": f"127.0.0.1:{other.port}"}
        assert stand.status("/after") == 200
        assert other.paths == ["GET /after"]
        old.say(GET % b"/still")
        assert old.answer().status == 200
        assert stand.server.paths == ["GET /before", "GET /still"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_backend_that_is_the_proxy_itself_costs_that_connection_only(stand: Stand, host: str) -> None:
    here = f"{host}:{stand.run.ports['default']}"
    assert call(f"{stand.api}/backend", "PUT", {"backend": here})[0] == 200
    with stand.wire() as wire:
        wire.say(GET % b"/round")
        assert wire.end() == "fin"
    assert stand.metric("vaurien_connections_total") == 1
    [notice] = [e for e in call(f"{stand.api}/v3/journal")[1]["entries"] if "round for ever" in json.dumps(e)]
    assert here in notice["text"]
    call(f"{stand.api}/backend", "PUT", {"backend": f"127.0.0.1:{stand.server.port}"})
    assert stand.status() == 200


@pytest.mark.parametrize("how", ["release", "all-normal"])
def test_what_hung_gets_the_backends_true_answers_in_order(stand: Stand, how: str) -> None:
    call(f"{stand.api}/behavior", "PUT", {"name": "hang"})
    body = b"p" * 300_000
    with stand.wire() as wire, stand.wire() as other:
        wire.say(GET % b"/1" + b"POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + body + GET % b"/3")
        other.say(GET % b"/other")
        assert wire.silent(0.2)
        assert stand.server.paths == []
        assert call(f"{stand.api}/v3/{how}", "POST", {})[0] == 200
        begun = time.monotonic()
        assert wire.answer().body == told("GET", "/1", b"")
        assert time.monotonic() - begun < 2 + slack()
        assert other.answer().status == 200
        if how == "all-normal":
            assert [wire.answer().body, wire.answer().body] == [told("POST", "/2", body), told("GET", "/3", b"")]
            assert stand.status() == 200, "nothing acts while it holds"
            assert call(f"{stand.api}/v3/resume", "POST", {})[0] == 200
            other.say(GET % b"/again")
            assert other.silent(0.2)


@pytest.mark.parametrize("before", [True, False])
def test_what_was_delayed_leaves_at_once_on_all_normal(stand: Stand, before: bool) -> None:
    call(f"{stand.api}/behavior", "PUT", {"name": "delay", "sleep": 30, "before": before})
    with stand.wire() as wire:
        wire.say(GET % b"/held")
        assert wire.silent(0.3)
        call(f"{stand.api}/v3/all-normal", "POST", {})
        assert wire.answer().body == told("GET", "/held", b"")


def test_the_api_refuses_in_one_sentence(stand: Stand) -> None:
    api = stand.api
    port = api.rpartition(":")[2]
    for method, path, body, status, words in [
        ("PUT", "/behavior", {"name": "dealy"}, 400, 'did you mean \\"delay\\"'),
        ("PUT", "/behavior", {"name": "delay", "sleep": -1}, 400, "at least 0"),
        ("PUT", "/behavior", {"name": "delay", "slep": 1}, 400, "sleep"),
        ("PUT", "/behavior", {"name": "error", "error": "599"}, 400, "599"),
        ("PUT", "/behavior", b"not json", 400, "JSON"),
        ("PUT", "/behavior", b"[1]", 400, "object"),
        ("PUT", "/behavior", {}, 400, "name"),
        ("GET", "/behavior?proxy=nobody", None, 400, "nobody"),
        ("PUT", "/backend", {"backend": "nonsense"}, 400, "host:port"),
        ("PUT", "/backend", {"backend": 5}, 400, "backend"),
        ("POST", "/v3/change", {"base": 10**6, "edits": []}, 400, "revision"),
        ("POST", "/v3/change", {"edits": [{"path": ["no", "such"], "value": 1}]}, 400, "no"),
        ("POST", "/v3/proxies/nobody/start", {}, 404, "nobody"),
        ("POST", "/v3/nonsense", {}, 404, "nonsense"),
        ("DELETE", "/behavior", None, 405, ""),
    ]:
        got, answer = call(f"{api}{path}", method, body)
        text = json.dumps(answer)
        assert (got, words in text, "Traceback" in text) == (status, True, False), (path, body, got, text)
        if path.startswith("/behavior") and status == 400:
            assert answer["status"] == "error"
            assert set(answer["errors"][0]) == {"location", "name", "description"}
    for headers in ({"Host": "evil.example"}, {"Origin": "http://localhost"}, {"User_Agent": "Mozilla/5.0"}):
        assert call(f"{api}/behavior", **headers)[0] == 403
        assert call(f"{api}/metrics", **headers)[0] == 403
        assert call(f"{api}/behavior", "PUT", {"name": "hang"}, **headers)[0] == 403
    assert call(f"{api}/behavior", Host=f"127.0.0.1:{port}")[0] == 200
    assert stand.status() == 200


def test_two_writers_conflict_only_where_they_meet(stand: Stand) -> None:
    change = f"{stand.api}/v3/change"
    base = call(f"{stand.api}/v3/profile")[1]["revision"]

    def weight(behavior: str, value: str) -> dict[str, object]:
        return {
            "base": base,
            "author": "a",
            "edits": [{"path": ["proxies", "default", "mix", behavior], "value": value}],
        }

    first = call(change, "POST", weight("delay", "10"))
    assert first[0] == 200, first
    assert call(change, "POST", weight("hang", "10"))[0] == 200, "another path is rebased"
    status, answer = call(change, "POST", weight("delay", "20"))
    assert (status, answer["revision"] > base) == (409, True), answer
    assert "delay" in json.dumps(answer["paths"])
    assert call(f"{stand.api}/v3/profile")[1]["revision"] == first[1]["revision"] + 1


MIX = "20:error,20:delay,10:abort,10:blackout"


@pytest.mark.parametrize("stand", [("--behavior", MIX, "--behavior-delay-sleep", "0.001")], indirect=True)
def test_metrics_journal_summary_and_clients_agree(stand: Stand) -> None:
    got: Counter[str] = Counter()
    for n in range(200):
        with stand.wire() as wire:
            wire.say(GET % f"/{n}".encode())
            try:
                got[str(wire.answer().status)] += 1
            except ConnectionResetError:
                got["rst"] += 1
            except EOFError:
                got["fin"] += 1
        if n == 99:
            assert stand.metric("vaurien_exchanges_total") == 100, "it counts live"
    errors = sum(count for name, count in got.items() if name.startswith("5"))
    wanted = {"error": errors, "abort": got["rst"], "blackout": got["fin"]}
    assert all(wanted.values())
    assert soon(lambda: stand.metric("vaurien_connections_open") == 0)
    for name, count in wanted.items():
        assert stand.metric("vaurien_injected_total", behavior=name) == count
    delays = stand.metric("vaurien_injected_total", behavior="delay")
    assert stand.metric("vaurien_connections_total") == 200
    assert stand.metric("vaurien_errors_total", side="injected") == sum(wanted.values())
    status, _ = stand.run.end()
    assert status == 0
    report = stand.folder / "report"
    assert {p.name for p in report.iterdir()} == {"summary.json", "journal.jsonl", "junit.xml", "report.html"}
    lines = [json.loads(line) for line in (report / "journal.jsonl").read_text().splitlines()]
    assert [line["n"] for line in lines] == sorted(line["n"] for line in lines)
    exchanges = [line for line in lines if line["kind"] == "exchange"]
    assert len(exchanges) == 200
    journalled = Counter(line["behavior"] for line in exchanges)
    assert {name: journalled[name] for name in (*wanted, "delay")} == {**wanted, "delay": delays}
    summary = json.loads((report / "summary.json").read_text())
    proxy = summary["proxies"]["default"]
    assert proxy["hits"] == {**wanted, "delay": delays}
    assert (proxy["exchanges"], proxy["injected"]) == (200, sum(wanted.values()) + delays)
    assert proxy["errors_injected"] == sum(wanted.values())
    assert (proxy["errors_backend"], proxy["errors_client"]) == (0, 0)
    assert sum(line["up"] for line in exchanges) == proxy["up_read"]
    assert (summary["seed"], summary["exit"]["status"]) == (5, 0)
    root = ET.parse(report / "junit.xml").getroot()
    assert root.tag in ("testsuites", "testsuite")
