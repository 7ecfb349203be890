"""The state syn_blackhole: connects time out, what is open lives, and the port is never lost."""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.proxy.lab import Place, echo_bytes, everywhere
from tests.support.backends import backend
from vaurien_core.addresses import Address
from vaurien_core.engine.local import LocalEngine
from vaurien_core.errors import UsageError
from vaurien_core.model.change import Edit
from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_core.proxy import mute, reactor_network, transport_port
from vaurien_core.proxy.counters import Counters
from vaurien_core.proxy.port import Port, network_for
from vaurien_core.proxy.sockets import established
from vaurien_core.registry import Registry

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux drops the SYN of a full queue")
AT = ("proxies", "web", "state")


def _connects(port: int, patience_s: float) -> bool:
    """Whether somebody accepts within so many seconds."""
    with socket.socket() as sock:
        sock.settimeout(patience_s)
        try:
            sock.connect(("127.0.0.1", port))
        except TimeoutError:
            return False
        return True


async def _echoes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    writer.write(b"ping")
    return await asyncio.wait_for(reader.readexactly(4), 5) == b"ping"


def _begun(name: tuple[str, int], target: tuple[str, int]) -> bool:
    """Whether a client could come from that port."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            client.bind(name)
        except OSError:
            return False
        client.setblocking(False)
        client.connect_ex(target)
        return True


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@everywhere
def test_connects_time_out_while_an_open_connection_lives_and_all_normal_lifts_it(place: Place) -> None:
    async def main() -> None:
        async with backend(echo_bytes) as behind:
            spec = ProxySpec("web", proxy="127.0.0.1:0", backend=behind.address)
            engine = LocalEngine(Profile(proxies=(spec,)), registry=Registry.builtin())
            await engine.start()
            bound = (await engine.state()).proxy("web").bound
            port = int(bound.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await _echoes(reader, writer)
            await engine.change([Edit(AT, "syn_blackhole")])
            state = (await engine.state()).proxy("web")
            assert (state.running, state.bound, state.state) == (True, bound, "syn_blackhole")
            assert not await asyncio.to_thread(_connects, port, 0.5)
            assert await _echoes(reader, writer)
            await engine.all_normal()
            assert await asyncio.to_thread(_connects, port, 0.5)
            await engine.resume()
            victim = asyncio.create_task(asyncio.to_thread(_connects, port, 10.0))
            await asyncio.sleep(0.2)
            assert not victim.done()
            await engine.change([Edit(AT, "up")])
            began = time.monotonic()
            assert await victim
            assert time.monotonic() - began < 5
            assert await _echoes(reader, writer)
            async with asyncio.timeout(5):
                while (await engine.sample()).proxy("web").connections < 3:
                    await asyncio.sleep(0.02)
            assert (await engine.sample()).proxy("web").connections == 3
            writer.close()
            await engine.aclose()

    place.run(main)


@everywhere
def test_coming_and_going_keeps_the_port_and_leaks_nothing(place: Place) -> None:
    async def main() -> None:
        spec = ProxySpec("web", proxy="localhost:0", backend="127.0.0.1:9")
        engine = LocalEngine(Profile(proxies=(spec,)), registry=Registry.builtin())
        await engine.start()
        bound = (await engine.state()).proxy("web").bound
        port = int(bound.rpartition(":")[2])
        before = 0
        for turn in range(12):
            for state in ("syn_blackhole", "down", "syn_blackhole", "up"):
                await engine.change([Edit(AT, state)])
            assert (await engine.state()).proxy("web").bound == bound
            if turn == 1:
                before = _descriptors()
        assert await asyncio.to_thread(_connects, port, 5.0)
        await engine.stop()
        await engine.change([Edit(AT, "syn_blackhole")])
        await engine.start()
        port = int((await engine.state()).proxy("web").bound.rpartition(":")[2])
        assert not await asyncio.to_thread(_connects, port, 0.3)
        await asyncio.sleep(0.05)
        assert _descriptors() <= before + 6
        await engine.aclose()

    place.run(main)


@everywhere
def test_what_filled_the_queue_is_no_client_and_a_client_from_its_port_is_one(place: Place) -> None:
    async def main() -> None:
        clients: list[Port] = []
        network = network_for(asyncio.get_running_loop())
        listening = await network.listen(Address("127.0.0.1", 0), 16, Counters().client, clients.append)
        target = (listening.bound.host, listening.bound.port)
        made: list[tuple[str, int]] = []
        with pytest.MonkeyPatch.context() as patch, closing(listening):
            patch.setattr(mute, "established", lambda sock: made.append(sock.getsockname()) or established(sock))
            for _ in range(20):  # a port may also be kept by another connection of it, in TIME_WAIT
                made.clear()
                await listening.mute(True)
                await listening.mute(False)
                await asyncio.sleep(0.1)
                assert (len(made), clients) == (mute.FILL, [])
                if any(_begun(name, target) for name in made):
                    break
            else:
                pytest.fail("no port of theirs was free again")
            async with asyncio.timeout(5):
                while not clients:
                    await asyncio.sleep(0.01)
        for port in clients:
            port.abort(rst=True)

    place.run(main)


async def test_a_unix_socket_says_that_it_has_no_syn(tmp_path: Path) -> None:
    spec = ProxySpec("web", proxy=f"unix:{tmp_path}/s", backend="127.0.0.1:9", state="syn_blackhole")
    with pytest.raises(UsageError, match="a Unix socket has no SYN"):
        LocalEngine(Profile(proxies=(replace(spec),)), registry=Registry.builtin())


@everywhere
def test_without_descriptors_it_says_so_and_accepts_as_before(place: Place) -> None:
    async def main() -> None:
        spec = ProxySpec("web", proxy="127.0.0.1:0", backend="127.0.0.1:9")
        engine = LocalEngine(Profile(proxies=(spec,)), registry=Registry.builtin())
        await engine.start()
        port = int((await engine.state()).proxy("web").bound.rpartition(":")[2])

        def none_left(_sock: socket.socket) -> None:
            raise OSError(errno.EMFILE, "Too many open files")

        with pytest.MonkeyPatch.context() as patch:
            for module in (reactor_network, transport_port):
                patch.setattr(module, "Mute", none_left)
            await engine.change([Edit(AT, "syn_blackhole")])
            error = (await engine.state()).proxy("web").error
        assert error.endswith("time out: Too many open files. It accepts as before.")
        assert await asyncio.to_thread(_connects, port, 5.0)
        await engine.change([Edit(AT, "up")])
        assert (await engine.state()).proxy("web").error == ""
        await engine.aclose()

    place.run(main)
