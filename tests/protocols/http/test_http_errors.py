"""The bytes of HTTP's errors, read by the standard library's client."""

from __future__ import annotations

import io
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse

import pytest
from talking import DOWN, UP, talk

from vaurien_core.model.exchange import Exchange
from vaurien_core.protocols.http import Http
from vaurien_core.protocols.http.errors import HTTP_ERRORS

WALL = 1_700_000_000.25


class FakeSocket:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def answer_to(request: bytes, name: str, *, close: bool = False) -> bytes | None:
    exchange = talk([(UP, request)]).exchanges[0]
    return Http(Http.Options()).error(name, exchange, close=close, wall=WALL, extra={})


def parsed(data: bytes, method: str = "GET") -> tuple[HTTPResponse, bytes]:
    response = HTTPResponse(FakeSocket(data), method=method)
    response.begin()
    return response, response.read()


STATUSES = [entry for entry in HTTP_ERRORS if entry.name.isdigit()]


@pytest.mark.parametrize("entry", STATUSES, ids=lambda e: e.name)
def test_every_status_is_an_answer_that_a_client_reads(entry):
    data = answer_to(b"POST / HTTP/1.1\r\n\r\n", entry.name)
    response, body = parsed(data)
    assert (str(response.status), response.reason) == (entry.name, entry.title)
    assert len(body) == int(response.headers["Content-Length"])
    assert entry.title.encode() in body
    assert parsedate_to_datetime(response.headers["Date"]).timestamp() == int(WALL)
    assert response.headers["Date"].endswith(" GMT")
    assert ("Retry-After" in response.headers) is (entry.name in ("429", "503"))
    assert response.headers["Content-Type"].startswith("text/plain")
    head = data.partition(b"\r\n\r\n")[0]
    assert head.count(b"\n") == head.count(b"\r\n")


def test_413_is_for_requests_with_content_before_the_backend_has_seen_them():
    assert answer_to(b"GET / HTTP/1.1\r\n\r\n", "413") is None
    (entry,) = (e for e in HTTP_ERRORS if e.name == "413")
    assert (entry.phases, entry.closes) == (("before",), True)


def test_every_entry_says_where_it_comes_from():
    assert all(e.source.startswith("RFC ") and e.wire and e.title for e in HTTP_ERRORS)
    assert len({e.name for e in HTTP_ERRORS}) == len(HTTP_ERRORS) == 20


def test_random_picks_among_four():
    assert [e.name for e in HTTP_ERRORS if e.random] == ["500", "502", "503", "504"]


def test_head_gets_the_length_but_no_body():
    data = answer_to(b"HEAD / HTTP/1.1\r\n\r\n", "503")
    assert data.endswith(b"\r\n\r\n")
    assert data == answer_to(b"GET / HTTP/1.1\r\n\r\n", "503").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    assert int(parsed(data, "HEAD")[0].headers["Content-Length"]) > 0


def test_an_answer_says_when_the_connection_ends_with_it():
    get = b"GET / HTTP/1.1\r\n\r\n"
    assert parsed(answer_to(get, "502", close=True))[0].headers["Connection"] == "close"
    assert "Connection" not in parsed(answer_to(get, "502"))[0].headers
    old = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    assert parsed(answer_to(old, "502"))[0].headers["Connection"] == "keep-alive"
    asked = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
    assert parsed(answer_to(asked, "502"))[0].headers["Connection"] == "close"


@pytest.mark.parametrize("name", ["404", "random", ""])
def test_what_is_not_in_the_catalogue_is_not_legal(name):
    assert answer_to(b"GET / HTTP/1.1\r\n\r\n", name) is None


def test_there_is_nothing_to_answer_before_a_request_or_outside_http():
    http = Http(Http.Options())
    assert http.error("503", Exchange(0), close=False, wall=WALL, extra={}) is None
    assert http.error("503", Exchange(4), close=False, wall=WALL, extra={}) is None


def test_an_error_in_the_place_of_a_granted_upgrade_ends_the_connection():
    request = b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
    exchange = talk([(UP, request), (DOWN, b"HTTP/1.1 101 x\r\n\r\n")]).exchanges[0]
    data = Http(Http.Options()).error("503", exchange, close=False, wall=WALL, extra={})
    assert parsed(data)[0].headers["Connection"] == "close"
    assert exchange.facts["close_after"] is True
