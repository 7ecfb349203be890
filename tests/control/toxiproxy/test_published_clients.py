"""The published clients of Toxiproxy drive the API unchanged: toxiproxy-python and toxiproxy-node-client."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from toxiproxy_client import Api, serving

from vaurien_core.control import ControlServer

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
MODULES = Path(os.environ.get("VAURIEN_NODE_MODULES") or ROOT / "build" / "node" / "node_modules")
"""Where .ci/setup puts the client for Node."""


@pytest.fixture
def toxiproxy_python(server: ControlServer) -> Iterator[Any]:
    from toxiproxy import Toxiproxy

    host, _, port = server.urls[0].removeprefix("http://").rpartition(":")
    client = Toxiproxy()
    client.update_api_consumer(host, int(port))
    yield client
    client.update_api_consumer("127.0.0.1", 8474)


def heard(listen: str) -> str:
    """What the backend says through a proxy, or why nothing comes."""
    host, _, port = listen.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), 5) as sock:
            return sock.recv(100).decode()
    except OSError as error:
        return type(error).__name__


def _drive(client: Any, backend: str) -> None:
    from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists

    assert client.running()
    assert b"2.12.0" in client.version()
    assert client.proxies() == {}
    proxy = client.create(name="web", upstream=backend)
    assert (proxy.name, proxy.upstream, proxy.enabled) == ("web", backend, True)
    assert heard(proxy.listen) == "welcome"
    with pytest.raises(ProxyExists):
        client.create(name="web", upstream=backend)
    proxy.add_toxic(type="latency", attributes={"latency": 1, "jitter": 1})
    proxy.add_toxic(name="cut", type="limit_data", stream="upstream", toxicity=0.5, attributes={"bytes": 7})
    toxics = proxy.toxics()
    assert toxics["latency_downstream"].attributes == {"latency": 1, "jitter": 1}
    assert (toxics["cut"].stream, toxics["cut"].toxicity) == ("upstream", 0.5)
    assert proxy.get_toxic("cut").attributes == {"bytes": 7}
    with pytest.raises(InvalidToxic):
        proxy.add_toxic(type="nope")
    with pytest.raises(InvalidToxic):
        proxy.add_toxic(name="late", type="latency", attributes={"latency": "1"})
    with pytest.raises(ProxyExists):
        proxy.add_toxic(name="cut", type="latency")
    with pytest.raises(NotFound):
        proxy.destroy_toxic("nobody")
    assert proxy.destroy_toxic("cut")
    assert list(proxy.toxics()) == ["latency_downstream"]
    with proxy.down():
        assert heard(proxy.listen) == "ConnectionRefusedError"
    assert heard(proxy.listen) == "welcome"
    assert client.reset()
    assert proxy.toxics() == {}
    made = client.populate([
        {"name": "web", "upstream": backend, "listen": proxy.listen},
        {"name": "other", "upstream": backend, "listen": "127.0.0.1:0"},
    ])  # fmt: skip
    assert [p.name for p in made] == ["other"]
    assert client.destroy(made[0])
    client.destroy_all()
    assert client.proxies() == {}


async def test_toxiproxy_python_drives_it(toxiproxy_python: Any) -> None:
    async with serving(b"welcome") as backend:
        await asyncio.to_thread(_drive, toxiproxy_python, backend)


async def test_toxiproxy_node_client_drives_it(server: ControlServer, api: Api) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; Debian has it: apt-get install nodejs npm")
    if not (MODULES / "toxiproxy-node-client").is_dir():
        pytest.skip(f"the client for Node is not in {MODULES}; .ci/setup test puts it there with npm")
    env = {"PATH": os.environ["PATH"], "NODE_PATH": str(MODULES)}
    async with serving(b"welcome") as backend:
        words = [node, str(HERE / "node" / "drive.cjs"), server.urls[0], backend]
        run = await asyncio.create_subprocess_exec(*words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = await asyncio.wait_for(run.communicate(), 60)
        finally:
            with suppress(ProcessLookupError):
                run.kill()
    assert run.returncode == 0, err.decode()
    refused = [f"Request failed with status code {status}" for status in (409, 404, 400, 404)]
    assert out.decode().splitlines() == [*refused, "all went well"]
