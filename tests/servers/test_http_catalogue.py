"""Every entry of HTTP's catalogue beside the real error: nginx, or a server that breaks as the entry says.

Both are asked by the same four clients. What they raise, and how the next three requests of the same client fare, must
be the same and as documented in `RAISES`; so must be the bytes, apart from `VARIABLE`, and the connection's fate,
apart from `FATES_APART`.
"""

from __future__ import annotations

import re
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.acceptance.wires import vaurien
from tests.servers import http_origin
from tests.servers.http_clients import BODY, CLIENTS, Ask
from tests.servers.http_origin import HELLO, origin
from tests.servers.nginx_server import nginx
from vaurien_core.protocols.http import Http

pytestmark = pytest.mark.server

ZONES = """
    limit_req_zone all$server_port zone=one:64k rate=1r/m;
    upstream origin {{ server 127.0.0.1:{origin}; }}
    proxy_http_version 1.1; proxy_buffering off;
"""
LOCATIONS = """
        location = /413 {{ client_max_body_size 10; proxy_pass http://origin/hello; }}
        location = /429 {{ limit_req zone=one; limit_req_status 429; try_files /none /hello; }}
        location = /500 {{ rewrite ^ /500 last; }}
        location = /501 {{ return 501; }}
        location = /502 {{ proxy_pass http://127.0.0.1:{dead}/; }}
        location = /503 {{ limit_req zone=one; try_files /none /hello; }}
        location = /504 {{ proxy_read_timeout 300ms; proxy_pass http://origin/silent; }}
        location = /short-body {{ proxy_pass http://origin/short-body; }}
        location = /no-last-chunk {{ proxy_pass http://origin/no-last-chunk; }}
        location = /wrong-type {{ default_type application/json; return 200 "hello"; }}
        location = /bad-gzip {{ add_header Content-Encoding gzip; default_type text/plain; return 200 "hello"; }}
        location = /body-drip {{ proxy_pass http://origin/body-drip; }}
        location = /stalled-body {{ proxy_pass http://origin/stalled-body; }}
        location = /no-answer {{ return 444; }}
        location = /chunked {{ proxy_pass http://origin/chunked; }}
"""
DRIP_S = 0.004
ALL = ("requests", "httpx", "http.client", "curl")
BROKEN_OFF = dict(
    zip(
        ALL,
        ("requests.ChunkedEncodingError", "httpx.RemoteProtocolError", "http.IncompleteRead", "curl 18"),
        strict=True,
    )
)
GOES_WELL = "200 text/plain"
RAISES: dict[str, dict[str, str]] = {
    **{status: dict.fromkeys(ALL, status) for status in ("408", "413", "429", "500", "501", "502", "503", "504")},
    "short-body": BROKEN_OFF,
    "no-last-chunk": BROKEN_OFF,
    "bad-chunk-size": {**BROKEN_OFF, "curl": "curl 56"},
    "two-lengths": {
        "requests": "requests.InvalidHeader",
        "httpx": "httpx.RemoteProtocolError",
        "http.client": GOES_WELL,
        "curl": "curl 18",
    },
    "wrong-type": dict.fromkeys(ALL, "200 application/json"),
    "bad-gzip": {
        "requests": "requests.ContentDecodingError",
        "httpx": "httpx.DecodingError",
        "http.client": GOES_WELL,
        "curl": "curl 61",
    },
    "header-drip": dict.fromkeys(ALL, GOES_WELL),
    "body-drip": dict.fromkeys(ALL, GOES_WELL),
    "stalled-body": {
        "requests": "requests.ConnectionError",
        "httpx": "httpx.ReadTimeout",
        "http.client": "builtins.TimeoutError",
        "curl": "curl 28",
    },
    "stale-connection": {
        "requests": "requests.ConnectionError",
        "httpx": "httpx.RemoteProtocolError",
        "http.client": "http.RemoteDisconnected",
        "curl": GOES_WELL,
    },
    "no-answer": {
        "requests": "requests.ConnectionError",
        "httpx": "httpx.RemoteProtocolError",
        "http.client": "http.RemoteDisconnected",
        "curl": "curl 52",
    },
    "no-continue": dict.fromkeys(ALL, GOES_WELL),
}
"""What each client makes of each entry. http.client believes the first of two lengths and decodes nothing; curl asks
again by itself where a kept connection turns out closed, and waits 1 s for a 100 Continue."""
VARIABLE = {
    "Server": "nginx names itself",
    "Date": "the time of day",
    "Content-Type": "nginx's bodies are HTML, ours are text",
    "Content-Length": "bodies differ",
    "Connection": "nginx says keep-alive where HTTP/1.1 needs no word",
    "Retry-After": "ours says when to come back, nginx doesn't",
}
PHRASES_APART = {
    "413": "Request Entity Too Large",
    "503": "Service Temporarily Unavailable",
    "504": "Gateway Time-out",
}
"""What nginx calls them instead of as RFC 9110 does."""
FATES_APART = {"500": ("kept", "fin"), "501": ("kept", "fin")}
"""(ours, nginx's). It closes after 500 and 501, most other servers don't."""
NOT_BY_NGINX = {"408", "bad-chunk-size", "two-lengths", "header-drip", "stale-connection", "no-continue"}
"""nginx never breaks like this, nor lets an upstream (and closes without a word instead of 408): the origin stands for
the real server."""
CHUNKED = {"no-last-chunk", "bad-chunk-size"}
ENTRIES = [(entry.name, phase) for entry in Http.errors for phase in entry.phases]


@dataclass
class Stand:
    """Ports: of nginx, of the origin, and of a proxy per entry, phase and client."""

    nginx: int
    origin: int
    ports: dict[str, int] = field(default_factory=dict)

    def real(self, entry: str) -> str:
        return f"http://127.0.0.1:{self.origin if entry in NOT_BY_NGINX else self.nginx}/{entry}"

    def ours(self, entry: str, phase: str, who: str) -> str:
        behind = "chunked" if phase == "after" and entry in CHUNKED else "hello"
        return f"http://127.0.0.1:{self.ports[f'{entry}-{phase}-{who}']}/{behind}"


def _profile(backend: int, http_only: int) -> str:
    text = f"[protocol:http]\ndrip = {DRIP_S}s\n"
    for entry, phase in ENTRIES:
        for who in [*(name.replace(".", "") for name in ALL), "wire"]:
            name = f"{entry}-{phase}-{who}"
            port = http_only if entry == "no-continue" else backend
            text += f"[proxy:{name}]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:{port}\nprotocol = http\n"
            text += f"behavior = 100:transient\n[behavior:transient@{name}]\nerror = {entry}\nphase = {phase}\n"
    return text


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("catalogue")
    with socket.socket() as unused, origin() as behind:
        unused.bind(("127.0.0.1", 0))
        given = {"origin": behind, "dead": unused.getsockname()[1]}
        with nginx(folder, zones=ZONES.format(**given), locations=LOCATIONS.format(**given)) as port:
            profile = folder / "profile.ini"
            profile.write_text(_profile(port, behind))
            with vaurien("--config", str(profile)) as run:
                yield Stand(port, behind, run.ports)


def _use_up(stand: Stand) -> None:
    """nginx lets one request a minute through where it limits: take it."""
    _exchange(stand.nginx, b"GET /503 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")


def _exchange(port: int, request: bytes, *, before: bytes = b"", wait_s: float = 0.5) -> tuple[bytes, str]:
    """The bytes of an answer, and how the connection stands then: fin, rst, open (nothing more came), kept."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait_s) as sock:
        if before:
            sock.sendall(before)
            got = b""
            while not got.endswith(HELLO):
                got += sock.recv(65536)
        sock.sendall(request)
        got, end = b"", ""
        while not end:
            try:
                data = sock.recv(65536)
            except TimeoutError:
                end = "open"
            except ConnectionResetError:
                end = "rst"
            else:
                got += data
                end = "" if data else "fin"
        if end == "open":
            sock.sendall(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
            try:
                end = "kept" if sock.recv(65536).startswith(b"HTTP/1.1 200") else "open"
            except TimeoutError:
                end = "open"
            except ConnectionResetError:
                end = "rst"
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return got, end


def _request(entry: str, path: str) -> bytes:
    if entry == "413":
        return b"POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (path.encode(), len(BODY), BODY)
    if entry == "no-continue":
        head = b"POST /%s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
        return head % (path.encode(), len(BODY)) + BODY
    return b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode()


@pytest.mark.parametrize(("entry", "phase"), ENTRIES)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_raises_what_the_real_error_makes_it_raise_and_goes_on_as_then(
    stand: Stand, entry: str, phase: str, client: str
) -> None:
    ask: Ask = CLIENTS[client]
    method = "POST" if entry in ("413", "no-continue") else "GET"
    headers = {"Expect": "100-continue"} if entry == "no-continue" else {}
    if entry in ("429", "503"):
        _use_up(stand)
    heard = {}
    took = {}
    for side, url in (("real", stand.real(entry)), ("ours", stand.ours(entry, phase, client.replace(".", "")))):
        hello = url.rpartition("/")[0] + "/hello"
        urls = [url, hello, hello, hello]
        if entry == "stale-connection":
            urls = [hello, url, hello, hello, hello]
        begun = time.monotonic()
        said = list(ask(urls, method, headers))
        took[side] = time.monotonic() - begun
        if entry == "stale-connection":
            assert said.pop(0) == GOES_WELL
        heard[side] = [said[0].split()[0] if entry.isdigit() else said[0], *said[1:]]
    assert heard["ours"][0] == RAISES[entry][client]
    if entry == "two-lengths" and client == "http.client":
        # it keeps a connection that is closed: the next request meets the FIN or, if it was sent before that, a reset
        for said in heard.values():
            assert said[1] in ("http.RemoteDisconnected", "builtins.ConnectionResetError", "builtins.BrokenPipeError")
            assert said[2:] == [GOES_WELL] * 2
        return
    assert heard["ours"] == heard["real"]
    assert heard["ours"][1:] == [GOES_WELL] * 3
    if entry == "header-drip":
        assert took["ours"] >= DRIP_S * 100
    if entry == "body-drip":
        assert took["ours"] >= DRIP_S * len(HELLO)
    if entry == "no-continue" and client == "curl":
        assert min(took.values()) >= 0.9, "curl waits a second for the word"


@pytest.mark.parametrize(("entry", "phase"), ENTRIES)
def test_its_bytes_and_the_connections_fate_are_those_of_the_real_error(stand: Stand, entry: str, phase: str) -> None:
    if entry in ("429", "503"):
        _use_up(stand)
    before = _request("", "hello") if entry == "stale-connection" else b""
    real_port = stand.origin if entry in NOT_BY_NGINX else stand.nginx
    path = stand.ours(entry, phase, "wire").rpartition("/")[2]
    ours, our_fate = _exchange(stand.ports[f"{entry}-{phase}-wire"], _request(entry, path), before=before)
    real, real_fate = _exchange(real_port, _request(entry, entry), before=before)
    assert (our_fate, real_fate) == FATES_APART.get(entry, (real_fate, real_fate))
    if not real:
        assert not ours
        return
    our_head, _, our_body = ours.partition(b"\r\n\r\n")
    real_head, _, real_body = real.partition(b"\r\n\r\n")
    (our_line, our_names), (real_line, real_names) = _lines(our_head), _lines(real_head)
    if entry in PHRASES_APART:
        assert real_line == f"HTTP/1.1 {entry} {PHRASES_APART[entry]}"
        assert our_line.split()[1] == entry
    else:
        assert our_line == real_line
    assert set(our_names) - set(VARIABLE) == set(real_names) - set(VARIABLE)
    assert our_names.count("Content-Length") == real_names.count("Content-Length")
    if entry.isdigit():
        assert len(our_body) == int(re.search(rb"Content-Length: (\d+)", our_head)[1])  # type: ignore[index]
        assert entry.encode() in our_body
        assert entry.encode() in real_body
    elif entry in CHUNKED:
        assert our_body.endswith(b"xyz\r\n" if entry == "bad-chunk-size" else b"\r\n")
        assert not our_body.endswith(b"0\r\n\r\n")
        assert not real_body.endswith(b"0\r\n\r\n")
    elif phase == "after" and entry != "short-body":
        assert our_body == real_body == (b"" if entry == "stalled-body" else HELLO)
    elif entry == "short-body":
        for head, body in ((our_head, our_body), (real_head, real_body)):
            told = int(re.search(rb"Content-Length: (\d+)", head)[1])  # type: ignore[index]
            assert 0 < len(body) <= told / 2


def _lines(head: bytes) -> tuple[str, list[str]]:
    first, *rest = head.decode("latin-1").split("\r\n")
    return first, [line.partition(":")[0] for line in rest]


def test_every_entry_has_its_line_here() -> None:
    assert set(RAISES) == {entry.name for entry in Http.errors}
    assert set(http_origin.THEN_CLOSED) <= set(RAISES)
