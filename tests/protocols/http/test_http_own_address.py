"""`rewrite_answers`: heads that name the backend name us; nothing else changes by a byte, however the bytes are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocols.http.talking import DOWN, UP, Talk
from vaurien_core.protocols.http import Http
from vaurien_core.protocols.http.own_address import backend_authority

GET = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n"


def conversation(backend: str = "shop.example:443", *, name: str = "", secure: bool = False, on: bool = True) -> Talk:
    protocol = Http(Http.Options.build({"rewrite_answers": on}))
    protocol.configure(backend)
    protocol.introduce(name, secure=secure)
    return Talk(protocol.framer())


def answered(head: bytes, *, request: bytes = GET, cut: int = 0, **how: object) -> bytes:
    """What the client gets of an answer with these header lines and the body `Location: https://shop.example/`."""
    heard = conversation(**how)  # type: ignore[arg-type]
    body = b"Location: https://shop.example/\r\n\r\n"
    answer = b"HTTP/1.1 302 Found\r\n" + head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    heard.say(UP, request)
    for at in range(0, len(answer), cut or len(answer)):
        heard.say(DOWN, answer[at : at + (cut or len(answer))])
    heard.end()
    assert heard.up.joined == request
    assert heard.exchanges[0].answer_done
    got = heard.down.joined
    begin, end = b"HTTP/1.1 302 Found\r\n", b"Content-Length: %d\r\n\r\n" % len(body) + body
    assert got.startswith(begin) and got.endswith(end)
    return got[len(begin) : -len(end)]


@pytest.mark.parametrize("cut", [0, 1, 7])
@pytest.mark.parametrize(
    ("sent", "got"),
    [
        (b"https://shop.example/cart?a=1#x", b"http://127.0.0.1:8000/cart?a=1#x"),
        (b"https://shop.example:443/", b"http://127.0.0.1:8000/"),
        (b"HTTPS://Shop.Example", b"http://127.0.0.1:8000"),
        (b"https://shop.example?q", b"http://127.0.0.1:8000?q"),
        (b"//shop.example/x", b"//127.0.0.1:8000/x"),
        (b"wss://shop.example/live", b"ws://127.0.0.1:8000/live"),
        (b"http://shop.example/", None),
        (b"https://shop.example:8443/", None),
        (b"https://shop.example.evil/", None),
        (b"https://other.example/shop.example/", None),
        (b"https://user@shop.example/", None),
        (b"/cart", None),
        (b"", None),
        (b"https:///x", None),
    ],
)
def test_a_location_at_the_backend_leads_to_us_and_others_are_left_alone(sent, got, cut):
    assert answered(b"Location: " + sent + b"\r\n", cut=cut) == b"Location: " + (sent if got is None else got) + b"\r\n"


@pytest.mark.parametrize("cut", [0, 1])
def test_every_header_that_holds_a_place_is_meant(cut):
    sent = (
        b"LOCATION :\thttps://shop.example/a\r\nContent-Location: https://shop.example/b\n"
        b'Refresh: 5; url="https://shop.example/c"\r\nRefresh: 0;URL=https://shop.example/d\r\n'
        b"X-Location: https://shop.example/e\r\nLink: <https://shop.example/f>\r\n"
    )
    assert answered(sent, cut=cut) == (
        b"LOCATION :\thttp://127.0.0.1:8000/a\r\nContent-Location: http://127.0.0.1:8000/b\n"
        b'Refresh: 5; url="http://127.0.0.1:8000/c"\r\nRefresh: 0;URL=http://127.0.0.1:8000/d\r\n'
        b"X-Location: https://shop.example/e\r\nLink: <https://shop.example/f>\r\n"
    )


@pytest.mark.parametrize(
    ("called", "got"),
    [
        (b"proxy.test", b"http://proxy.test/x"),
        (b"[::1]:8000", b"http://[::1]:8000/x"),
        (b'a"><script>', b"/x"),
        (b"a.test evil", b"/x"),
        (b"", b"/x"),
    ],
)
def test_we_are_called_what_the_client_called_us_or_not_at_all(called, got):
    request = b"GET / HTTP/1.1\r\nHost: " + called + b"\r\n\r\n"
    assert answered(b"Location: https://shop.example/x\r\n", request=request) == b"Location: " + got + b"\r\n"


def test_without_a_host_header_the_place_is_a_path():
    sent, request = b"Location: https://shop.example\r\n", b"GET / HTTP/1.0\r\n\r\n"
    assert answered(sent, request=request) == b"Location: /\r\n"


def test_each_request_of_a_connection_has_its_own_name_for_us():
    heard = conversation()
    heard.say(UP, GET.replace(b"127.0.0.1", b"one.test") + GET.replace(b"127.0.0.1", b"two.test"))
    heard.say(DOWN, b"HTTP/1.1 302 Found\r\nLocation: https://shop.example/\r\nContent-Length: 0\r\n\r\n" * 2)
    assert heard.down.joined.count(b"Location: http://one.test:8000/\r\n") == 1
    assert heard.down.joined.index(b"one.test") < heard.down.joined.index(b"two.test")


def test_clients_that_speak_tls_to_us_stay_with_it():
    sent = b"Location: https://shop.example/\r\nSet-Cookie: a=1; Domain=shop.example; Secure; SameSite=None\r\n"
    got = b"Location: https://127.0.0.1:8000/\r\nSet-Cookie: a=1; Secure; SameSite=None\r\n"
    assert answered(sent, secure=True) == got


@pytest.mark.parametrize(
    ("backend", "name", "place"),
    [
        ("10.0.0.1:443", "shop.example", b"https://shop.example/"),
        ("10.0.0.1:443", "shop.example", b"https://10.0.0.1/"),
        ("[2001:db8::1]:8443", "", b"https://[2001:db8::1]:8443/"),
        ("localhost:80", "", b"http://localhost/"),
        ("localhost:9000", "", b"http://localhost:9000/"),
    ],
)
def test_the_backend_is_known_by_its_address_and_by_its_name(backend, name, place):
    got = answered(b"Location: " + place + b"\r\n", backend=backend, name=name)
    assert got == b"Location: http://127.0.0.1:8000/\r\n"


@pytest.mark.parametrize("cut", [0, 1])
@pytest.mark.parametrize(
    ("sent", "got"),
    [
        (b"a=1; Path=/; Domain=.shop.example; HttpOnly", b"a=1; Path=/; HttpOnly"),
        (b"a=1;domain = x;secure", b"a=1"),
        (b"a=1; Secure; SameSite=None; Partitioned; Max-Age=5", b"a=1; Max-Age=5"),
        (b"a=1; SameSite=Lax; Secure", b"a=1; SameSite=Lax"),
        (b"a=domain=x secure; Path=/secure", b"a=domain=x secure; Path=/secure"),
        (b"__Secure-a=1; Domain=shop.example; Secure", b"__Secure-a=1; Secure"),
        (b"__Host-a=1; Path=/; Secure", b"__Host-a=1; Path=/; Secure"),
        (b"", b""),
    ],
)
def test_a_cookie_is_one_of_ours_in_plain_text(sent, got, cut):
    assert answered(b"Set-Cookie: " + sent + b"\r\n", cut=cut) == b"Set-Cookie: " + got + b"\r\n"


def test_nothing_changes_unless_asked_for():
    sent = b"Location: https://shop.example/\r\nSet-Cookie: a=1; Domain=shop.example; Secure\r\n"
    assert answered(sent, on=False) == sent


def test_a_line_beyond_all_bounds_passes_as_it_is_and_holds_little():
    long = b"Set-Cookie: a=" + b"x" * 20_000 + b"; Domain=shop.example\r\n"
    assert answered(long + b"Location: https://shop.example/\r\n", cut=4096) == (
        long + b"Location: http://127.0.0.1:8000/\r\n"
    )


def test_an_answer_cut_off_in_its_head_loses_no_byte():
    heard = conversation()
    heard.say(UP, GET)
    heard.say(DOWN, b"HTTP/1.1 302 Found\r\nLocation: https://shop")
    heard.end()
    assert heard.down.joined == b"HTTP/1.1 302 Found\r\nLocation: https://shop"


@given(st.data())
def test_heads_that_name_nobody_pass_byte_for_byte_however_cut_property(data):
    line = st.binary(max_size=60).filter(lambda b: b"\n" not in b and b.strip() and b"shop" not in b)
    lines = data.draw(st.lists(line, max_size=6))
    lines = [x for x in lines if not x.lower().startswith((b"set-cookie", b"content-l", b"transfer"))]
    answer = b"HTTP/1.1 200 OK\r\n" + b"".join(x + b"\r\n" for x in lines) + b"Content-Length: 3\r\n\r\nabc"
    cut = data.draw(st.integers(1, len(answer)))
    heard = conversation()
    heard.say(UP, GET)
    for at in range(0, len(answer), cut):
        heard.say(DOWN, answer[at : at + cut])
    heard.end()
    assert heard.down.joined == answer


@pytest.mark.parametrize(
    ("backend", "name", "host"),
    [
        ("shop.example:443", "", b"shop.example"),
        ("shop.example:80", "", b"shop.example"),
        ("shop.example:8443", "", b"shop.example:8443"),
        ("[::1]:443", "", b"[::1]"),
        ("10.0.0.1:8443", "shop.example", b"shop.example:8443"),
    ],
)
def test_the_host_that_the_backend_is_asked_for_leaves_out_a_default_port(backend, name, host):
    assert backend_authority(backend, name) == host
