"""The native paths: what their answers look like and how they refuse."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from fake import FakeEngine

from vaurien_core.control import ControlServer, serve
from vaurien_core.control.stream import STALL_S, Backlog
from vaurien_core.model.events import Gap
from vaurien_core.model.profile import PluginSpec
from vaurien_core.model.wire import to_json
from vaurien_core.profiles import loads


async def ask(http: aiohttp.ClientSession, method: str, path: str, body: object = None) -> tuple[int, Any]:
    raw = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
    async with http.request(method, path, data=raw) as response:
        return response.status, await response.json()


async def test_a_change_answers_with_its_revision_and_whether_it_waits(http: aiohttp.ClientSession) -> None:
    edits = [{"path": ["proxies", "web", "mix", "delay"], "value": "12.5"}]
    assert await ask(http, "POST", "/v3/change", {"base": 1, "edits": edits}) == (200, {"revision": 2, "held": False})
    assert await ask(http, "POST", "/v3/all-normal") == (200, {"held": True})
    assert await ask(http, "POST", "/v3/change", {"edits": edits}) == (200, {"revision": 3, "held": True})


async def test_a_conflict_says_who_changed_what(http: aiohttp.ClientSession) -> None:
    edits = [{"path": ["proxies", "web", "mix", "delay"], "value": 1}]
    await ask(http, "POST", "/v3/change", {"edits": edits, "author": "ann"})
    status, body = await ask(http, "POST", "/v3/change", {"edits": edits, "base": 1})
    assert status == 409
    assert body.pop("error")
    assert body == {"revision": 2, "paths": ["proxies/web/mix/delay"], "author": "ann"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("GET", "/v3/nothing", None, 404, "nothing at /v3/nothing"),
        ("DELETE", "/v3/state", None, 405, "GET"),
        ("POST", "/v3/change", "{", 400, "not JSON"),
        ("POST", "/v3/change", "[" * 200_000, 400, "nested too deep"),
        ("POST", "/v3/change", b"\xff", 400, "not UTF-8"),
        ("POST", "/v3/change", [], 400, "expected a JSON object"),
        ("POST", "/v3/change", {}, 400, "edits"),
        ("POST", "/v3/change", {"edit": []}, 400, 'unknown key "edit"'),
        ("POST", "/v3/change", {"edits": [], "base": "1"}, 400, "base"),
        ("POST", "/v3/change", {"edits": [{"path": ["x"], "value": 1}]}, 400, "no such place"),
        ("POST", "/v3/change", {"edits": [{"path": ["proxies", "wep", "enabled"], "value": True}]}, 400, "wep"),
        ("POST", "/v3/change", {"edits": [{"path": ["proxies", "web", "enabled"], "value": 1}]}, 400, "bool"),
        ("PUT", "/v3/profile", {}, 400, "profile"),
        ("PUT", "/v3/profile", {"profile": {"proxys": []}}, 400, 'did you mean "proxies"'),
        ("POST", "/v3/proxies/wep/start", None, 404, 'did you mean "web"'),
        ("PUT", "/v3/proxies/wep/override", {"behavior": "delay"}, 404, "wep"),
        ("PUT", "/v3/proxies/web/override", {"behavior": "dealy"}, 400, 'did you mean "delay"'),
        ("PUT", "/v3/proxies/web/override", {"options": {}}, 400, "behavior"),
        ("GET", "/v3/journal?since=-1", None, 400, "since"),
        ("GET", "/v3/events?since=x", None, 400, "since"),
        ("POST", "/v3/demo", {"action": "traffic", "rate": 0}, 400, "rate"),
        ("POST", "/v3/probe", {"backend": 1}, 400, "backend"),
        ("POST", "/v3/save", {}, 403, "no profile from a file"),
    ],
)
async def test_what_is_wrong_is_one_sentence_with_its_status(
    http: aiohttp.ClientSession, method: str, path: str, body: object, status: int, says: str
) -> None:
    found, answer = await ask(http, method, path, body)
    assert found == status
    assert says in answer["error"]
    assert "\n" not in answer["error"]


async def test_a_crash_of_ours_is_a_sentence_and_a_log_line(
    http: aiohttp.ClientSession, engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.release = None  # type: ignore[method-assign, assignment]
    status, answer = await ask(http, "POST", "/v3/release", {})
    assert status == 500
    assert answer["error"] == "Internal failure: TypeError."
    assert "TypeError" in caplog.text


async def test_the_api_brings_no_code_into_the_engine(http: aiohttp.ClientSession, engine: FakeEngine) -> None:
    profile = to_json((await engine.profile()).profile)
    profile["plugins"] = [to_json(PluginSpec("behavior", "evil", "evil.Code"))]
    status, answer = await ask(http, "PUT", "/v3/profile", {"profile": profile})
    assert status == 403
    assert "evil.Code" in answer["error"]
    edits = [{"path": ["plugins"], "value": profile["plugins"]}]
    assert (await ask(http, "POST", "/v3/change", {"edits": edits}))[0] == 403


async def test_overrides_are_put_and_deleted(http: aiohttp.ClientSession, engine: FakeEngine) -> None:
    body = {"behavior": "delay", "options": {"sleep": 1}}
    assert (await ask(http, "PUT", "/v3/proxies/web/override", body))[0] == 200
    assert (await engine.state()).proxy("web").override == "delay"
    assert (await ask(http, "DELETE", "/v3/proxies/web/override"))[0] == 200
    assert (await engine.state()).proxy("web").override == ""


async def test_the_exported_ini_reads_back_as_what_runs(http: aiohttp.ClientSession, engine: FakeEngine) -> None:
    from vaurien_core.registry import Registry

    async with http.get("/v3/export") as response:
        assert response.content_type == "text/plain"
        text = await response.text()
    assert loads(text, "exported", Registry.builtin()).profile == (await engine.profile()).profile


async def test_a_body_that_never_comes_is_answered_in_bounded_time(
    server: ControlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vaurien_core.control.application.ANSWER_WITHIN_S", 0.2)
    for request in (
        b"POST /v3/change HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n",
        b"PUT /behavior HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(server.urls[0].rpartition(":")[2]))
        writer.write(request)
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"HTTP/1.1 5")
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 20_000]
)
async def test_garbage_is_no_line_in_the_log(
    server: ControlServer, caplog: pytest.LogCaptureFixture, garbage: bytes
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.urls[0].rpartition(":")[2]))
    writer.write(garbage)
    writer.write_eof()
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    assert answer[:12] in (b"", b"HTTP/1.0 400", b"HTTP/1.1 400", b"HTTP/1.1 403")
    assert b"Traceback" not in answer
    assert not [r for r in caplog.records if r.levelname in ("WARNING", "ERROR")]


async def test_events_come_as_lines_with_a_heartbeat_when_nothing_happens(
    server: ControlServer, engine: FakeEngine
) -> None:
    async with aiohttp.ClientSession() as session, session.get(server.urls[0] + "/v3/events") as response:
        assert response.content_type == "application/x-ndjson"
        first = json.loads(await response.content.readline())
        assert first["kind"] == "state"
        engine.tell(text="hello", severity="warning")
        kinds = {}
        async with asyncio.timeout(10):
            while not {"sample", "entry"} <= kinds.keys():
                line = json.loads(await response.content.readline())
                kinds[line["kind"]] = line
            assert kinds["entry"]["text"] == "hello"
            assert kinds["entry"]["entry_kind"] == "notice"
            await _silence(engine)
            while line["kind"] != "heartbeat":
                line = json.loads(await response.content.readline())


async def _silence(engine: FakeEngine) -> None:
    assert engine._ticker is not None
    engine._ticker.cancel()


async def test_a_reader_that_lags_gets_a_gap_and_the_state_and_costs_no_memory(
    server: ControlServer, engine: FakeEngine
) -> None:
    text = "x" * 8000
    async with (
        aiohttp.ClientSession(read_bufsize=2**12) as session,
        session.get(server.urls[0] + "/v3/events") as response,
    ):
        await response.content.readline()
        told = 0
        for _ in range(60):
            for _ in range(50):
                engine.tell(text=text)
                told += 1
            await asyncio.sleep(0)
        await asyncio.sleep(STALL_S + 0.3)
        dropped = entries = 0
        after_gap = ""
        rest = b""
        async with asyncio.timeout(20):
            while dropped + entries < told:
                *lines, rest = (rest + await response.content.readany()).split(b"\n")
                for line in map(json.loads, lines):
                    if dropped and not after_gap:
                        after_gap = line["kind"]
                    entries += line["kind"] == "entry"
                    dropped += line.get("dropped", 0)
    assert dropped > 0
    assert after_gap == "state"


async def test_a_long_journal_reaches_a_reader_that_reads_without_a_gap(
    server: ControlServer, engine: FakeEngine
) -> None:
    for n in range(3000):
        engine.tell(text=f"{n:01000}")
    async with aiohttp.ClientSession() as session, session.get(server.urls[0] + "/v3/events") as response:
        seen: list[int] = []
        rest = b""
        async with asyncio.timeout(10):
            while len(seen) < 3000:
                *lines, rest = (rest + await response.content.readany()).split(b"\n")
                for line in map(json.loads, lines):
                    assert line["kind"] != "gap"
                    if line["kind"] == "entry":
                        seen.append(line["n"])
    assert seen == list(range(1, 3001))


async def test_a_backlog_keeps_to_its_limit_and_counts_what_it_drops() -> None:
    backlog = Backlog(limit=100)
    for n in range(10):
        backlog.put(Gap(n))
    taken = await backlog.take()
    assert taken is not None
    dropped, lines = taken
    assert dropped + lines.count(b"\n") == 10
    assert dropped > 0
    assert len(lines) <= 100
    backlog.end()
    assert await backlog.take() is None


async def test_a_profile_is_saved_in_its_folder_only_and_keeps_its_comments(tmp_path: Path) -> None:
    from vaurien_core.registry import Registry

    path = tmp_path / "p.ini"
    text = "; mine\n[vaurien]\nproxy = localhost:1 ; here\nbehavior = 20:delay\n"
    path.write_text(text)
    engine = FakeEngine(loads(text, "p.ini", Registry.builtin()).profile)
    server = await serve(engine, path=path)
    try:
        async with aiohttp.ClientSession(server.urls[0]) as http:
            for name in ("../p.ini", "/etc/p.ini", "p.txt", "a/p.ini", ".."):
                assert (await ask(http, "POST", "/v3/save", {"file": name}))[0] == 403
            status, answer = await ask(http, "POST", "/v3/save", {"file": "q.ini"})
            assert (status, answer) == (200, {"file": str(tmp_path / "q.ini")})
            async with http.get("/v3/export") as response:
                assert await response.text() == text
            for weight in (30, 40):
                edits = [{"path": ["proxies", "default", "mix", "delay"], "value": weight}]
                await ask(http, "POST", "/v3/change", {"edits": edits})
                assert await ask(http, "POST", "/v3/save") == (200, {"file": str(path)})
                assert path.read_text() == text.replace("20:", f"{weight}:")
            path.write_text("; somebody else's\n")
            status, answer = await ask(http, "POST", "/v3/save")
            assert status == 400
            assert "changed on disk" in answer["error"]
    finally:
        await server.aclose()
    assert (tmp_path / "q.ini").read_text() == text
