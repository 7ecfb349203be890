"""Old-style behaviors against real sockets: the slide's own, and every way to answer a hook."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from stand import HTTP_OK, SLIDE_DELAY, answer_http, stand

from vaurien_core.legacy.plugins.threads import Slots
from vaurien_core.registry import Registry

GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"


def plugin(body: str, *, base: str = "", options: str = "{}") -> str:
    """A module with one class; `body` is that of `on_before_handle`."""
    indented = "\n".join(f"        {line}" for line in body.strip().splitlines())
    return (
        f"import threading\nclass Odd{base}:\n    name = 'odd'\n    options = {options}\n"
        f"    def on_before_handle(self, protocol, source, dest, to_backend):\n{indented}\n"
    )


async def test_the_slides_delay_runs_verbatim_and_waits_both_ways(tmp_path):
    async with stand(tmp_path, {"behavior:delay": SLIDE_DELAY}, backend=answer_http, protocol="http") as control:
        begun = time.monotonic()
        assert await control.ask(GET, HTTP_OK) == HTTP_OK
        plain = time.monotonic() - begun
    async with stand(
        tmp_path, {"behavior:delay": SLIDE_DELAY}, mix="100:delay", backend=answer_http, protocol="http"
    ) as it:
        begun = time.monotonic()
        assert await it.ask(GET, HTTP_OK) == HTTP_OK
        assert 2.0 <= time.monotonic() - begun - plain < 4.0
        assert bytes(it.heard) == GET
        option = it.registry.behavior("delay").Options.describe()[0]
        assert (option.name, option.default, option.help, option.kind) == ("sleep", 1, "Delay in seconds", "int")


async def test_a_plugin_that_blocks_stalls_only_its_own_connection(tmp_path):
    source = plugin("if b'slow' in source.recv(4, 2):\n    import time\n    time.sleep(1.5)\nreturn True")
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd") as it:
        slow = asyncio.create_task(it.ask(b"slow", b"slow"))
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        answers = [await it.ask(b"fast%d" % n, b"fast0") for n in range(5)]
        took = time.monotonic() - begun
        assert not slow.done()
        assert answers == [b"fast%d" % n for n in range(5)]
        assert await slow == b"slow"
        assert took < 1.0


async def test_the_option_of_the_profile_reaches_the_hook_in_its_own_type(tmp_path):
    source = plugin(
        "dest.sendall(repr((self.option('count'), self.option('word'))).encode())\nsource.recv(99)\nreturn True",
        options="{'count': ('How many', int, 1), 'word': ('Which', str, 'a', ['a', 'b'])}",
    )
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd", odd={"count": 5}) as it:
        reader, writer = await it.connect()
        writer.write(b"x")
        await reader.read(20)
        assert bytes(it.heard) == b"(5, 'a')"
        writer.close()


async def test_what_the_hook_writes_and_leaves_unread_goes_to_the_backend(tmp_path):
    source = plugin("if to_backend:\n    source.recv(2)\n    dest.sendall(b'>>')\nreturn True")
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd") as it:
        assert await it.ask(b"abcdef", b">>cdef") == b">>cdef"


async def test_the_hook_may_change_the_answer(tmp_path):
    source = plugin(
        "if not to_backend:\n    data = source.recv(999)\n    dest.sendall(data.replace(b'ok', b'OK'))\nreturn True"
    )
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd", protocol="http", backend=answer_http) as it:
        changed = HTTP_OK.replace(b"ok", b"OK")
        reader, writer = await it.connect()
        for _ in range(3):
            writer.write(GET)
            assert await reader.readexactly(len(changed)) == changed
        writer.close()
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd") as it:
        assert await it.ask(b"all ok", b"all OK") == b"all OK"


async def test_false_answers_with_what_was_written_to_the_source(tmp_path):
    source = plugin("if to_backend:\n    source.sendall(b'no way')\n    return False\nreturn True")
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd") as it:
        assert await it.ask(b"please", b"no way") == b"no way"
        assert not it.heard


@pytest.mark.parametrize("when", ["to_backend", "not to_backend"])
async def test_false_without_a_word_closes_the_connection(tmp_path, when):
    source = plugin(f"return not ({when})")
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd") as it:
        reader, writer = await it.connect()
        writer.write(b"please")
        assert await asyncio.wait_for(reader.read(), 5) == b""
        assert bytes(it.heard) == (b"" if when == "to_backend" else b"please")
        writer.close()


async def test_a_hook_that_crashes_passes_the_exchange_and_is_journalled(tmp_path):
    source = plugin("raise RuntimeError('oh dear')")
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd") as it:
        assert await it.ask(b"abc", b"abc") == b"abc"
        assert await it.ask(b"abc", b"abc") == b"abc"
        assert "RuntimeError('oh dear')" in it.journal.notices()


async def test_one_instance_serves_all_connections_and_one_thread_all_exchanges_of_a_connection(tmp_path):
    source = plugin(
        "if to_backend:\n"
        "    self.seen = getattr(self, 'seen', 0) + 1\n"
        "    dest.sendall(b'%d %d;' % (self.seen, threading.get_ident()))\n"
        "    source.recv(99)\n"
        "return True"
    )
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd") as it:
        rows = []
        for _ in range(2):
            reader, writer = await it.connect()
            for _ in range(2):
                writer.write(b"x")
                rows.append((await reader.readuntil(b";")).rstrip(b";").split())
            writer.close()
        assert [int(seen) for seen, _ in rows] == [1, 2, 3, 4]
        threads = [thread for _, thread in rows]
        assert threads[0] == threads[1]
        assert threads[2] == threads[3]


async def test_without_a_thread_left_the_exchange_passes_and_the_journal_says_so(tmp_path):
    registry = Registry.builtin()
    slots = registry.shared(Slots)
    slots.count = 1
    slots._free = threading.Semaphore(1)
    source = plugin("if to_backend:\n    dest.sendall(b'seen ')\nreturn True")
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd", registry=registry) as it:
        first, first_writer = await it.connect()
        first_writer.write(b"a")
        assert await first.readexactly(6) == b"seen a"
        assert await it.ask(b"b", b"b") == b"b"
        for _ in range(200):
            if it.journal.outcomes():
                break
            await asyncio.sleep(0.01)
        assert it.journal.outcomes() == ["not applicable: all 1 threads for old-style plugins are busy"]
        first_writer.close()
        for _ in range(200):
            if slots._free._value:
                break
            await asyncio.sleep(0.01)
        assert await it.ask(b"c", b"seen c") == b"seen c"


async def test_a_request_larger_than_the_socket_pair_holds_goes_through_unchanged(tmp_path):
    source = plugin("return True")
    body = b"x" * 900_000
    request = b"PUT / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    async def read_all(reader, writer):
        await reader.readexactly(len(request))
        writer.write(HTTP_OK)
        await reader.read()

    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd", protocol="http", backend=read_all) as it:
        assert await it.ask(request, HTTP_OK) == HTTP_OK
        assert bytes(it.heard) == request


async def test_what_is_over_1_mib_passes_as_it_came(tmp_path):
    source = plugin("data = source.recv(10)\ndest.sendall(data.upper())\nreturn True")
    body = b"x" * 3_000_000
    request = b"put / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    async def read_all(reader, writer):
        await reader.readexactly(len(request))
        writer.write(HTTP_OK.lower())
        await reader.read()

    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd", protocol="http", backend=read_all) as it:
        answer = b"HTTP/1.1 2" + HTTP_OK[10:].lower()
        assert await it.ask(request, answer) == answer
        assert bytes(it.heard) == request


async def test_no_thread_outlives_its_connection(tmp_path):
    def workers() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name == "vaurien plugin"]

    source = plugin("source.recv(1)\nsource.recv(9999)\nreturn True")
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd") as it:
        _, writer = await it.connect()
        writer.write(b"x")
        async with asyncio.timeout(10):
            while len(workers()) != 1:
                await asyncio.sleep(0.01)
        writer.close()
    async with asyncio.timeout(10):
        while workers():
            await asyncio.sleep(0.01)
