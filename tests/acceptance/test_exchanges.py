"""Every classic behavior against every shape of an HTTP exchange, on both ports, byte by byte at both ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from wires import Answer, Backend, Vaurien, Wire, backend, soon, told, vaurien

SLEEP_S = 0.1
BIG = 3 << 20
PROXIES = {
    "plain": "100:dummy",
    "late": "100:delay",
    "late-answer": "100:delay",
    "broken": "100:error",
    "replaced": "100:error",
    "random": "100:error",
    "farewell": "100:error",
    "hung": "100:hang",
    "black": "100:blackout",
    "reset": "100:abort",
}
OPTIONS = f"""
[behavior:delay]
sleep = {SLEEP_S}
[behavior:delay@late-answer]
before = false
[behavior:error]
error = 503
[behavior:error@replaced]
error = 502
phase = after
[behavior:error@random]
error = random
[behavior:error@farewell]
error = 408
"""


@dataclass(frozen=True)
class Shape:
    """One way to say a request; `path` is put into it."""

    name: str
    head: str
    body: bytes = b""
    method: str = "GET"
    sent: bytes | None = None
    closes: bool = False
    waits: bool = False

    def request(self, path: str) -> bytes:
        lines = self.head.format(path=path).split("\n")
        return "\r\n".join([*lines, "", ""]).encode() + (b"" if self.waits else self.body)

    def told(self, path: str) -> bytes:
        """What the backend says to it."""
        return b"" if self.method == "HEAD" else told(self.method, path, self.body if self.sent is None else self.sent)


FORM = b"a=1&b=2"
CHUNKED = b"4;x=y\r\nwiki\r\n5\r\npedia\r\n0\r\nTrailer: 1\r\n\r\n"
SHAPES = [
    Shape("get", "GET {path} HTTP/1.1\nHost: x"),
    Shape("head", "HEAD {path} HTTP/1.1\nHost: x", method="HEAD"),
    Shape("post", f"POST {{path}} HTTP/1.1\nHost: x\nContent-Length: {len(FORM)}", FORM, "POST"),
    Shape("chunked", "PUT {path} HTTP/1.1\nHost: x\nTransfer-Encoding: chunked", CHUNKED, "PUT", b"wikipedia"),
    Shape("close", "GET {path} HTTP/1.1\nHost: x\nConnection: close", closes=True),
    Shape("old", "GET {path} HTTP/1.0", closes=True),
    Shape("large", f"PUT {{path}} HTTP/1.1\nHost: x\nContent-Length: {BIG}", b"b" * BIG, "PUT"),
    Shape(
        "expect", "PUT {path} HTTP/1.1\nHost: x\nContent-Length: 5\nExpect: 100-continue", b"12345", "PUT", waits=True
    ),
]
SMALL = SHAPES[:4]
shapes = pytest.mark.parametrize("shape", SHAPES, ids=lambda s: s.name)
small = pytest.mark.parametrize("shape", SMALL, ids=lambda s: s.name)


@dataclass(frozen=True)
class Stand:
    """What all tests of this file share: a backend, and a run with a proxy for each behavior."""

    server: Backend
    run: Vaurien

    def wire(self, proxy: str, **more: int) -> Wire:
        """A client of one of the proxies."""
        return Wire(self.run.ports[proxy], **more)


@pytest.fixture(scope="module", params=["reactor", "transport"])
def stand(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with backend() as server:
        lines = ["[vaurien]", "seed = 3"]
        for name, mix in PROXIES.items():
            lines += [
                f"[proxy:{name}]",
                "proxy = 127.0.0.1:0",
                f"backend = 127.0.0.1:{server.port}",
                f"behavior = {mix}",
            ]
            lines += ["protocol = http"]
        profile: Path = tmp_path_factory.mktemp("exchanges") / "profile.ini"
        profile.write_text("\n".join(lines) + OPTIONS)
        with vaurien("--config", str(profile), env={"VAURIEN_PORT": request.param}) as run:
            yield Stand(server, run)


@pytest.fixture
def path(request: pytest.FixtureRequest, stand: Stand) -> Iterator[str]:
    """A path that no other test uses."""
    stand.server.clear()
    yield f"/{abs(hash(request.node.nodeid)):x}"
    stand.server.clear()


def ask(wire: Wire, shape: Shape, path: str) -> Answer:
    """Say a request, wait for 100 where it does, and read the answer."""
    wire.say(shape.request(path))
    if shape.waits:
        assert wire.interim() == 100
        wire.say(shape.body)
    return wire.answer(shape.method)


def true(answer: Answer, shape: Shape, path: str) -> bool:
    """Whether it is the backend's own."""
    return answer.status == 200 and answer.body == shape.told(path)


@shapes
@pytest.mark.parametrize("proxy", ["plain", "late", "late-answer"])
def test_what_passes_gets_the_true_answer_and_goes_on(stand: Stand, path: str, proxy: str, shape: Shape) -> None:
    with stand.wire(proxy) as wire:
        begun = time.monotonic()
        for n in range(1 if shape.closes else 2):
            assert true(ask(wire, shape, f"{path}/{n}"), shape, f"{path}/{n}")
            took = time.monotonic() - begun
            begun = time.monotonic()
            assert took >= (0 if proxy == "plain" else SLEEP_S), took
        assert not shape.closes or wire.end() == "fin"


@small
def test_before_holds_the_request_and_not_before_the_answer(stand: Stand, path: str, shape: Shape) -> None:
    reached = {}
    for proxy in ("late", "late-answer"):
        with stand.wire(proxy) as wire:
            begun = time.monotonic()
            assert true(ask(wire, shape, path + proxy), shape, path + proxy)
        [(_, at)] = stand.server.having(path + proxy).requests
        reached[proxy] = at - begun
    assert reached["late"] >= SLEEP_S > reached["late-answer"], reached


@small
@pytest.mark.parametrize(("proxy", "status", "reaches"), [("broken", 503, False), ("replaced", 502, True)])
def test_an_error_is_a_real_answer_and_the_connection_goes_on(
    stand: Stand, path: str, proxy: str, status: int, reaches: bool, shape: Shape
) -> None:
    with stand.wire(proxy) as wire:
        for n in range(3):
            answer = ask(wire, shape, f"{path}/{n}")
            assert answer.status == status
            assert b"\n" not in answer.raw_head.replace(b"\r\n", b"")
            assert abs(parsedate_to_datetime(answer.headers["date"]).timestamp() - time.time()) < 30
            assert "content-length" in answer.headers
            assert answer.headers.get("connection", "keep-alive") != "close"
            assert ("retry-after" in answer.headers) == (status == 503)
    wanted = [f"{shape.method} {path}/{n}" for n in range(3)] if reaches else []
    assert [p for p in stand.server.paths if path in p] == wanted


def test_errors_and_what_they_leave_out_keep_the_order_of_a_pipeline(stand: Stand, path: str) -> None:
    for proxy, statuses in (("broken", [503] * 9), ("replaced", [502] * 9), ("plain", [200] * 9), ("late", [200] * 9)):
        with stand.wire(proxy) as wire:
            asked = [SMALL[n % 4] for n in range(9)]
            wire.say(b"".join(shape.request(f"{path}/{proxy}/{n}") for n, shape in enumerate(asked)))
            answers = [wire.answer(shape.method) for shape in asked]
            assert [a.status for a in answers] == statuses
            if statuses[0] == 200:
                for n, (answer, shape) in enumerate(zip(answers, asked, strict=True)):
                    assert answer.body == shape.told(f"{path}/{proxy}/{n}")


def test_random_is_one_of_four(stand: Stand, path: str) -> None:
    with stand.wire("random") as wire:
        got = {ask(wire, SHAPES[0], f"{path}/{n}").status for n in range(60)}
    assert got == {500, 502, 503, 504}


@pytest.mark.parametrize("shape", SHAPES[-2:], ids=lambda s: s.name)
def test_an_error_does_not_wait_for_a_body_that_is_large_or_not_sent(stand: Stand, path: str, shape: Shape) -> None:
    with stand.wire("broken") as wire:
        wire.say(shape.request(path))
        answer = wire.answer(shape.method)
        assert (answer.status, answer.headers["connection"]) == (503, "close")
        assert wire.end(4) == "fin"
    assert not [p for p in stand.server.paths if path in p]


@pytest.mark.parametrize("shape", [s for s in SHAPES if s.closes], ids=lambda s: s.name)
@pytest.mark.parametrize(("proxy", "status"), [("broken", 503), ("replaced", 502)])
def test_after_an_error_the_connection_closes_where_the_client_asked_for_that(
    stand: Stand, path: str, shape: Shape, proxy: str, status: int
) -> None:
    with stand.wire(proxy) as wire:
        assert ask(wire, shape, path).status == status
        assert wire.end() == "fin"


@small
def test_an_error_that_says_close_closes_with_fin(stand: Stand, path: str, shape: Shape) -> None:
    with stand.wire("farewell") as wire:
        answer = ask(wire, shape, path)
        assert (answer.status, answer.headers["connection"]) == (408, "close")
        assert wire.end() == "fin"


@pytest.mark.parametrize("proxy", ["plain", "late", "late-answer", "broken", "replaced"])
def test_a_client_that_ends_first_still_gets_its_answer(stand: Stand, path: str, proxy: str) -> None:
    with stand.wire(proxy) as wire:
        wire.say(SHAPES[2].request(path))
        wire.sock.shutdown(1)
        answer = wire.answer()
        assert answer.status == {"broken": 503, "replaced": 502}.get(proxy, 200)
        assert answer.status != 200 or answer.body == SHAPES[2].told(path)
        assert wire.end() == "fin"


@shapes
def test_a_blackout_is_fin_at_both_ends_and_the_backend_got_nothing(stand: Stand, path: str, shape: Shape) -> None:
    with stand.wire("black") as wire:
        wire.say(shape.request(path))
        assert wire.end() == "fin"
    assert soon(lambda: all(seen.end for seen in stand.server.connections))
    assert [(bytes(seen.data), seen.end) for seen in stand.server.connections] in ([(b"", "fin")], [])


@shapes
def test_an_abort_is_a_reset_and_the_backend_got_all(stand: Stand, path: str, shape: Shape) -> None:
    with stand.wire("reset") as wire:
        wire.say(shape.request(path))
        if shape.waits:
            assert wire.interim() == 100
            wire.say(shape.body)
        assert wire.end() == "rst"
    assert stand.server.paths == [f"{shape.method} {path}"]
    assert soon(lambda: stand.server.having(path).end == "fin")


@shapes
def test_a_hang_is_silent_until_the_client_leaves(stand: Stand, path: str, shape: Shape) -> None:
    with stand.wire("hung") as wire:
        data = shape.request(path)
        wire.say(data if len(data) < 1 << 20 else data[: 1 << 20])
        assert wire.silent(0.1)
        assert stand.server.paths == []
        assert all(not seen.end for seen in stand.server.connections)
    assert soon(lambda: all(seen.end == "fin" for seen in stand.server.connections))
    assert all(not seen.data for seen in stand.server.connections)


def test_a_hang_stops_reading_after_a_mebibyte(stand: Stand) -> None:
    with stand.wire("hung", timeout_s=1) as wire:
        wire.say(b"PUT /endless HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 60 << 20:
                sent += wire.sock.send(b"x" * 65536)
        assert 1 << 20 <= sent < 20 << 20


@pytest.mark.parametrize("proxy", list(PROXIES))
def test_a_client_that_resets_in_the_middle_leaves_the_proxy_well(stand: Stand, path: str, proxy: str) -> None:
    for said in (b"GET /cut HTT", SHAPES[0].request("/slow" + path), SHAPES[6].request(path)[: 1 << 19]):
        wire = stand.wire(proxy)
        wire.say(said)
        time.sleep(0.02)
        wire.reset()
    assert soon(lambda: all(seen.end for seen in stand.server.connections))
    with stand.wire("plain") as wire:
        assert true(ask(wire, SHAPES[0], path), SHAPES[0], path)


@pytest.mark.parametrize("proxy", ["plain", "late", "late-answer"])
def test_a_client_that_stops_reading_gets_everything_once_it_reads(stand: Stand, path: str, proxy: str) -> None:
    with stand.wire(proxy, receive_buffer=65536) as wire:
        size = 30 << 20
        wire.say(f"GET /big/{size} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        time.sleep(0.2)
        assert len(wire.answer().body) == size
        assert true(ask(wire, SHAPES[0], path), SHAPES[0], path)


def test_a_client_that_never_reads_costs_little_memory(stand: Stand) -> None:
    before = stand.run.rss_mb
    wires = [stand.wire("plain", receive_buffer=4096) for _ in range(5)]
    for wire in wires:
        wire.say(b"GET /big/300000000 HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(0.5)
    grown = stand.run.rss_mb - before
    for wire in wires:
        wire.reset()
    assert grown < 40, grown
