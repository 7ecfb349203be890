"""Backends that aren't there, peers that reset, listeners that can't be bound, and many connections."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from contextlib import suppress

import pytest

from tests.proxy.lab import ALL, Place, behavior, echo_bytes, everywhere, lab, on_both_ports, spec_of
from tests.support.backends import backend
from vaurien_core.errors import ListenError, UsageError
from vaurien_core.proxy.sockets import reset_on_close


def unused_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@on_both_ports
def test_a_backend_that_refuses_gives_the_client_fin_and_the_journal_a_sentence(place: Place) -> None:
    async def main() -> None:
        port = unused_port()
        async with lab(handler=None, backend=f"127.0.0.1:{port}") as it:
            reader, writer = await it.client()
            writer.write(b"a\n")
            assert await reader.read(-1) == b""
            entry = it.journal.entries[-1]
            assert (entry.kind, entry.outcome) == ("connection", "backend refused")
            assert entry.text == f"The backend 127.0.0.1:{port} refused the connection: nothing listens there."
            assert it.server.sample().errors_backend == 1
            assert it.server.sample().errors_client == 0

    place.run(main)


@on_both_ports
def test_an_unknown_host_is_one_sentence(place: Place) -> None:
    async def main() -> None:
        async with lab(handler=None, backend="no.such.host.invalid:80") as it:
            reader, _ = await it.client()
            assert await reader.read(-1) == b""
            entry = it.journal.entries[-1]
            assert entry.outcome == "backend not found"
            assert entry.text.startswith("The backend no.such.host.invalid:80 can't be found: ")

    place.run(main)


@on_both_ports
def test_a_backend_that_does_not_accept_is_given_up_after_connect_timeout(place: Place) -> None:
    async def main() -> None:
        full = socket.socket()
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fill = [socket.socket() for _ in range(2)]
        for sock in fill:
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        try:
            async with lab(handler=None, backend=f"127.0.0.1:{full.getsockname()[1]}", connect_timeout=0.1) as it:
                reader, _ = await it.client()
                assert await reader.read(-1) == b""
                assert it.journal.outcomes("connection") == ["backend timeout"]
        finally:
            for sock in (*fill, full):
                sock.close()

    place.run(main)


@on_both_ports
def test_every_address_of_a_name_is_tried(place: Place) -> None:
    async def main() -> None:
        async with lab() as it:
            port = it.server.backend.port
            server = it.server

            async def resolve(address):  # type: ignore[no-untyped-def]
                return [type(address)("127.0.0.9", port), type(address)("127.0.0.1", port)]

            server.network.resolve = resolve  # type: ignore[method-assign]
            reader, writer = await it.client()
            writer.write(b"a\n")
            assert await reader.readline() == b"ok a\n"

    place.run(main)


@everywhere
def test_a_reset_of_the_backend_reaches_the_client_behind_what_it_had_said(place: Place) -> None:
    async def main() -> None:
        async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.write(b"ok")
            await asyncio.sleep(0.03)
            with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as own:
                reset_on_close(own)
            writer.transport.abort()

        async with lab(handler=break_off) as it:
            reader, writer = await it.client()
            writer.write(b"a\n")
            assert await reader.readexactly(2) == b"ok"
            try:
                rest = await reader.read(-1)
            except ConnectionResetError:
                rest = b"RST"
            assert rest == b"RST"
            await it.until(lambda: not it.server.connections)
            assert it.journal.outcomes() == ["backend reset"]
            assert it.server.sample().errors_backend == 1
            assert it.server.sample().errors_client == 0

    place.run(main)


@on_both_ports
def test_a_backend_that_closes_inside_an_exchange_is_an_error_of_the_backend(place: Place) -> None:
    async def main() -> None:
        async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.write(b"half an ans")

        async with lab(handler=break_off) as it:
            reader, writer = await it.client()
            writer.write(b"a\n")
            assert await reader.read(-1) == b"half an ans"
            writer.close()
            await it.until(lambda: not it.server.connections)
            assert it.journal.outcomes() == ["backend closed"]
            assert it.server.sample().errors_backend == 1

    place.run(main)


@on_both_ports
def test_a_client_that_resets_inside_an_exchange_is_an_error_of_the_client(place: Place) -> None:
    async def main() -> None:
        ended = asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.read(-1)
            except ConnectionResetError:
                ended.set()

        async with lab(handler=silent) as it:
            _, writer = await it.client()
            writer.write(b"a\n")
            await it.until(lambda: it.received == [b"a\n"])
            reset_on_close(writer.get_extra_info("socket"))
            writer.transport.abort()
            await it.until(lambda: not it.server.connections)
            async with asyncio.timeout(2):
                await ended.wait()
            assert it.journal.outcomes() == ["client reset"]
            assert it.server.sample().errors_client == 1
            assert it.server.sample().errors_backend == 0

    place.run(main)


@on_both_ports
def test_an_error_answer_of_the_backend_is_counted_and_journalled(place: Place) -> None:
    async def main() -> None:
        async def sorry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.readline():
                writer.write(b"-sorry\n")

        async with lab(handler=sorry) as it:
            reader, writer = await it.client()
            writer.write(b"a\n")
            assert await reader.readline() == b"-sorry\n"
            assert it.journal.outcomes() == ["-sorry"]
            assert it.server.sample().errors_backend == 1

    place.run(main)


@on_both_ports
def test_the_journal_of_everything_has_untouched_exchanges_too(place: Place) -> None:
    async def main() -> None:
        async with lab(everything=True) as it:
            reader, writer = await it.client()
            writer.write(b"a\nb\n")
            await reader.readline()
            await reader.readline()
            assert [(e.ex, e.label, e.up, e.down, e.outcome) for e in it.journal.entries] == [
                (1, "a", 2, 5, "ok"),
                (2, "b", 2, 5, "ok"),
            ]

    place.run(main)


@on_both_ports
def test_a_port_in_use_is_one_sentence(place: Place) -> None:
    async def main() -> None:
        async with lab() as it:
            with pytest.raises(ListenError, match="in use by another program") as caught:
                async with lab(proxy=str(it.server.bound)):
                    raise AssertionError("bound twice")
            assert caught.value.code == "VA-101"

    place.run(main)


@on_both_ports
def test_a_listen_address_of_elsewhere_is_one_sentence(place: Place) -> None:
    async def main() -> None:
        for proxy, words in (("192.0.2.1:0", "not an address of this machine"), ("no.such.invalid:0", "Cannot listen")):
            with pytest.raises(ListenError, match=words) as caught:
                async with lab(proxy=proxy):
                    raise AssertionError("bound")
            assert caught.value.code == "VA-103"

    place.run(main)


@on_both_ports
def test_localhost_listens_where_a_client_looks_first(place: Place) -> None:
    async def main() -> None:
        async with lab(proxy="localhost:0") as it:
            assert it.server.bound is not None
            assert it.server.bound.port
            reader, writer = await asyncio.open_connection("127.0.0.1", it.server.bound.port)
            writer.write(b"a\n")
            assert await reader.readline() == b"ok a\n"
            writer.close()

    place.run(main)


@on_both_ports
def test_stay_connected_dials_anew_for_the_next_exchange(place: Place) -> None:
    async def main() -> None:
        async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"ok " + await reader.readline())

        async with lab(handler=once, stay_connected=True, everything=True) as it:
            reader, writer = await it.client()
            for number in range(3):
                writer.write(b"%d\n" % number)
                assert await reader.readline() == b"ok %d\n" % number
                conn = next(iter(it.server.open))
                await it.until(lambda c=conn: c.backend is None)
            assert it.received == [b"0\n", b"1\n", b"2\n"]
            assert [(e.conn, e.ex) for e in it.journal.entries] == [(1, 1), (1, 2), (1, 3)]
            assert it.server.sample().connections == 1

    place.run(main)


@on_both_ports
def test_a_new_backend_is_for_new_connections(place: Place) -> None:
    async def main() -> None:
        async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"other " + await reader.readline())

        async with backend(other) as second, lab() as it:
            old = await it.client()
            old[1].write(b"a\n")
            assert await old[0].readline() == b"ok a\n"
            it.server.use(spec_of(backend=second.address))
            new = await it.client()
            new[1].write(b"b\n")
            assert await new[0].readline() == b"other b\n"
            old[1].write(b"c\n")
            assert await old[0].readline() == b"ok c\n"

    place.run(main)


@on_both_ports
def test_rebinding_moves_the_listener_and_keeps_connections(place: Place) -> None:
    async def main() -> None:
        async with lab() as it:
            old = await it.client()
            first = it.server.bound
            port = unused_port()
            await it.server.rebind(spec_of(backend=str(it.server.backend), proxy=f"127.0.0.1:{port}"))
            assert it.server.bound != first
            assert it.server.bound is not None
            assert it.server.bound.port == port
            new = await it.client()
            for reader, writer in (old, new):
                writer.write(b"a\n")
                assert await reader.readline() == b"ok a\n"

    place.run(main)


@on_both_ports
def test_a_spec_with_a_bad_option_changes_nothing(place: Place) -> None:
    async def main() -> None:
        async with lab() as it:
            with pytest.raises(UsageError, match='unknown behavior "nonsense"'):
                it.server.use(spec_of("5:nonsense"))
            with pytest.raises(UsageError, match="unknown protocol"):
                it.server.use(spec_of(protocol="nonsense"))
            assert it.server.spec.protocol == "line"

    place.run(main)


@on_both_ports
def test_accepting_goes_on_after_descriptors_ran_out(place: Place) -> None:
    import resource

    async def main() -> None:
        async with lab() as it:
            warm = await it.client()
            warm[1].write(b"a\n")
            await warm[0].readline()
            before = resource.getrlimit(resource.RLIMIT_NOFILE)
            clients = [socket.socket() for _ in range(6)]
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda *_: None)
            fillers: list[int] = []
            try:
                top = max(int(name) for name in os.listdir("/proc/self/fd")) + 1
                resource.setrlimit(resource.RLIMIT_NOFILE, (top, before[1]))
                with suppress(OSError):  # a hole below would let one client in, but not its backend connection
                    while True:
                        fillers.append(os.open(os.devnull, os.O_RDONLY))
                for sock in clients:
                    sock.setblocking(False)
                    sock.connect_ex((it.server.bound.host, it.server.bound.port))
                await asyncio.sleep(0.2)
                assert it.server.sample().connections == 1
            finally:
                for number in fillers:
                    os.close(number)
                resource.setrlimit(resource.RLIMIT_NOFILE, before)
            try:
                for sock in clients:
                    await loop.sock_sendall(sock, b"b\n")
                    async with asyncio.timeout(5):
                        assert await loop.sock_recv(sock, 100) == b"ok b\n"
            finally:
                for sock in clients:
                    sock.close()

    place.run(main)


OWN_ACCEPT = [place for place in ALL if (place.loop, place.port) != ("stock", "transport")]
"""Where a close of asyncio's own server doesn't lose what it had accepted: Python 3.11 fails an assertion there."""


@pytest.mark.parametrize("place", OWN_ACCEPT, ids=[f"{p.loop}-{p.port}" for p in OWN_ACCEPT])
@pytest.mark.parametrize("turns", range(4))
def test_a_client_that_comes_as_the_proxy_stops_is_turned_away(place: Place, turns: int) -> None:
    async def main() -> None:
        clients = [socket.socket() for _ in range(5)]
        try:
            async with lab() as it:
                assert it.server.bound is not None
                for sock in clients:
                    sock.setblocking(False)
                    sock.connect_ex((it.server.bound.host, it.server.bound.port))
                for _ in range(turns):
                    await asyncio.sleep(0)
            for sock in clients:
                async with asyncio.timeout(5):
                    with suppress(ConnectionError):
                        assert await asyncio.get_running_loop().sock_recv(sock, 1) == b""
        finally:
            for sock in clients:
                sock.close()

    place.run(main)


@pytest.mark.parametrize("place", ALL, ids=[f"{p.loop}-{p.port}" for p in ALL])
def test_many_connections_leak_neither_descriptor_nor_task(place: Place) -> None:
    async def main() -> None:
        async with lab(behavior("close", lambda act: act.close()), mix="25:close") as it:

            def descriptors() -> int:
                return len(os.listdir("/proc/self/fd"))

            async def visit(number: int) -> None:
                reader, writer = await it.client()
                writer.write(b"%d\n" % number)
                line = await reader.readline()
                assert line in (b"ok %d\n" % number, b"")
                if number % 3:
                    writer.close()
                else:
                    writer.transport.abort()

            await visit(0)
            await it.until(lambda: not it.server.connections)
            before = descriptors()
            for batch in range(10):
                await asyncio.gather(*(visit(batch * 50 + n) for n in range(1, 51)))
                it.writers.clear()
            await it.until(lambda: not it.server.connections and not it.server._lingering)
            await it.until(lambda: descriptors() <= before + 2)
            assert not it.server._tasks
            gc.collect()
            sample = it.server.sample()
            assert (sample.connections, sample.connections_open, sample.exchanges) == (501, 0, 501)
            assert 60 < sample.injected < 200

    place.run(main)


def test_2000_connections_leak_neither_descriptor_nor_task() -> None:
    async def main() -> None:
        async with lab(protocol="tcp", handler=echo_bytes) as it:
            loop = asyncio.get_running_loop()
            assert it.server.bound is not None
            target = (it.server.bound.host, it.server.bound.port)
            before = len(os.listdir("/proc/self/fd"))
            for _ in range(40):
                socks = [socket.socket() for _ in range(50)]
                for sock in socks:
                    sock.setblocking(False)
                await asyncio.gather(*(loop.sock_connect(sock, target) for sock in socks))
                for sock in socks:
                    sock.send(b"x")
                for sock in socks:
                    assert await loop.sock_recv(sock, 10) == b"x"
                    sock.close()
            await it.until(lambda: not it.server.connections)
            await it.until(lambda: len(os.listdir("/proc/self/fd")) <= before + 2)
            assert it.server.sample().connections == 2000
            assert not it.server._tasks

    Place("uvloop", "reactor").run(main)
