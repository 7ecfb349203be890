"""The classic Python interface against a real Vaurien, and what it does when there is none."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
import threading
import unittest
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

import vaurien
import vaurien.util
from vaurien import Client, start_proxy, stop_proxy
from vaurien_core.errors import EngineLostError

pytestmark = pytest.mark.timeout(40)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Proxy:
    """A Vaurien of one test."""

    def __init__(self, protocol: str = "tcp", backend: int = 9, options: tuple[str, ...] = ()) -> None:
        self.control, self.port = free_port(), free_port()
        self.pid = start_proxy(
            port=self.control, proxy_port=self.port, backend_port=backend, protocol=protocol, options=options,
            proxy_host="127.0.0.1", backend_host="127.0.0.1", http_host="127.0.0.1", log_level="warning", warmup=15,
        )  # fmt: skip
        self.client = Client("127.0.0.1", self.control)


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    """One for all tests that leave it as it was."""
    running = Proxy("http", options=("--behavior", "20:delay"))
    yield running
    stop_proxy(running.pid)


def answer_of(handler: Callable[[BaseHTTPRequestHandler], None]) -> tuple[HTTPServer, int]:
    """A server whose every answer is made by `handler`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            handler(self)

        def do_PUT(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server, server.server_address[1]


def test_the_names_are_where_the_documentation_has_them() -> None:
    assert vaurien.util.start_proxy is vaurien.start_proxy is start_proxy
    assert vaurien.util.stop_proxy is vaurien.stop_proxy is stop_proxy


def test_a_client_lists_reads_and_sets_behaviors(proxy: Proxy) -> None:
    client = proxy.client
    assert set(client.list_behaviors()) >= {"abort", "blackout", "delay", "dummy", "error", "hang", "transient"}
    assert client.get_behavior() == "mix"
    client.set_behavior("delay", sleep=0.5)
    assert client.get_behavior() == "delay"
    client.set_behavior("mix")
    assert client.get_behavior() == "mix"


def test_an_unknown_behavior_is_a_value_error_with_the_servers_words(proxy: Proxy) -> None:
    with pytest.raises(ValueError, match='unknown behavior "dealy", did you mean "delay"'):
        proxy.client.set_behavior("dealy")
    with pytest.raises(ValueError, match='no option "slep"'):
        proxy.client.set_behavior("delay", slep=1)
    with pytest.raises(ValueError, match="dealy"), proxy.client.with_behavior("dealy"):
        raise AssertionError("the block must not run")
    assert proxy.client.get_behavior() == "mix"


def test_with_behavior_nests_and_gives_name_and_options_back(proxy: Proxy) -> None:
    client = proxy.client
    with client.with_behavior("delay", sleep=3):
        with client.with_behavior("error", inject=True):
            assert client.get_behavior() == "error"
        name, options, mixed = client._now()
        assert (name, options["sleep"], mixed) == ("delay", 3.0, False)
    assert client.get_behavior() == "mix"


def test_with_behavior_restores_after_an_exception(proxy: Proxy) -> None:
    with pytest.raises(KeyError), proxy.client.with_behavior("hang"):
        assert proxy.client.get_behavior() == "hang"
        raise KeyError
    assert proxy.client.get_behavior() == "mix"


def test_an_empty_mix_is_restored_as_the_mix_and_not_as_an_override() -> None:
    proxy = Proxy()
    try:
        assert proxy.client.get_behavior() == "dummy"
        with proxy.client.with_behavior("delay"):
            pass
        assert proxy.client.get_behavior() == "dummy"
        assert proxy.client._now()[2], "the mix acts, nothing is held"
    finally:
        stop_proxy(proxy.pid)


def test_a_behavior_acts_inside_the_block_only() -> None:
    def fine(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "2")
        request.end_headers()
        request.wfile.write(b"ok")

    server, backend = answer_of(fine)
    proxy = Proxy("http", backend)
    fetch = build_opener(ProxyHandler({})).open
    url = f"http://127.0.0.1:{proxy.port}/"

    def status() -> int:
        try:
            with fetch(url, timeout=5) as response:
                found: int = response.status
                return found
        except OSError as error:
            code = getattr(error, "code", 0)
            if hasattr(error, "close"):
                error.close()
            return int(code)

    try:
        assert status() == 200
        with proxy.client.with_behavior("error"):
            assert status() in (500, 502, 503, 504)
        assert status() == 200
    finally:
        stop_proxy(proxy.pid)
        server.shutdown()
        server.server_close()


def test_nobody_there_is_a_connection_error_with_one_sentence() -> None:
    client = Client("127.0.0.1", free_port())
    with pytest.raises(EngineLostError, match=r"No Vaurien answers at http://127\.0\.0\.1:\d+: Connection refused"):
        client.get_behavior()
    with pytest.raises(ConnectionError):
        client.list_behaviors()


def test_another_server_is_not_taken_for_vaurien() -> None:
    def page(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(b"<html>")

    server, port = answer_of(page)
    with pytest.raises(EngineLostError, match="is not Vaurien"):
        Client("127.0.0.1", port).get_behavior()
    server.shutdown()
    server.server_close()


def test_a_server_of_old_gets_back_the_name_that_it_gave() -> None:
    """It knows no options in its answer and no `mix`."""
    asked: list[object] = []

    def old(request: BaseHTTPRequestHandler) -> None:
        if request.command == "PUT":
            asked.append(json.loads(request.rfile.read(int(request.headers["Content-Length"]))))
        body = json.dumps({"behavior": "dummy", "status": "ok"}).encode()
        request.send_response(200)
        request.end_headers()
        request.wfile.write(body)

    server, port = answer_of(old)
    with Client("127.0.0.1", port).with_behavior("error", inject=True):
        pass
    assert asked == [{"name": "error", "inject": True}, {"name": "dummy"}]
    server.shutdown()
    server.server_close()


def test_a_proxy_is_ready_when_start_proxy_returns_and_gone_after_stop_proxy() -> None:
    proxy = Proxy()
    socket.create_connection(("127.0.0.1", proxy.port), 2).close()
    stop_proxy(proxy.pid)
    assert not Path(f"/proc/{proxy.pid}").exists(), "reaped, not a zombie"
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", proxy.port), 2)


def test_stopping_what_was_not_started_is_a_value_error() -> None:
    for pid in (os.getpid(), 999_999_999):
        with pytest.raises(ValueError, match=str(pid)):
            stop_proxy(pid)


def test_a_proxy_that_can_not_start_says_why_and_leaves_nothing() -> None:
    with pytest.raises(ValueError, match="gopher"):
        start_proxy(protocol="gopher", proxy_port=free_port(), http=False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ValueError, match=f"(?s)Could not start the proxy.*{port}"):
            start_proxy(proxy_host="127.0.0.1", proxy_port=port, http=False)


def test_proxies_that_nobody_stopped_end_with_the_program() -> None:
    code = f"""
        from vaurien import start_proxy
        print(start_proxy(proxy_host="127.0.0.1", proxy_port={free_port()}, http=False, log_level="error"))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=20, check=True
    )
    assert not Path(f"/proc/{int(done.stdout)}").exists()


def test_the_import_is_light() -> None:
    code = "import sys, vaurien; print([m for m in ('asyncio', 'aiohttp', 'uvloop') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


SLIDE = r"""
import unittest
from vaurien import Client, start_proxy, stop_proxy


class MyTest(unittest.TestCase):

    def setUp(self):
        self.proxy_pid = start_proxy(port=8080)

    def tearDown(self):
        stop_proxy(self.proxy_pid)

    def test_one(self):
        client = Client()
        options = {'inject': True}

        with client.with_behavior('error', \\**options):
            # do something...
            pass

        # we're back to normal here
"""
"""The unit test of the slides, word for word; reStructuredText wrote `**` as `\\\\**`."""


def run_slide(source: str) -> unittest.TestResult:
    names: dict[str, type[unittest.TestCase]] = {}
    exec(compile(source.replace("\\\\**", "**"), "slides.txt", "exec"), names)
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(names["MyTest"]).run(result)
    return result


def test_the_unit_test_of_the_slides_runs_as_written() -> None:
    result = run_slide(SLIDE)
    taken = any("in use" in text for _, text in result.errors)
    if taken:
        control = str(free_port())
        elsewhere = SLIDE.replace("port=8080", f"port={control}, proxy_port={free_port()}")
        result = run_slide(elsewhere.replace("Client()", f"Client(port={control})"))
    assert result.testsRun == 1
    assert not result.errors + result.failures


def test_the_slides_block_really_breaks_and_goes_back(proxy: Proxy) -> None:
    """What the slide's test says in its comments, asked of the server."""
    options = {"inject": True}
    with proxy.client.with_behavior("error", **options):
        assert proxy.client._now() == ("error", {"inject": True}, False)
    assert proxy.client.get_behavior() == "mix"
