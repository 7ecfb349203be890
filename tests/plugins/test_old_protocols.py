"""Old-style protocols against real sockets."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from stand import SLIDE_DELAY, stand

from vaurien_core.legacy.plugins.threads import Slots
from vaurien_core.registry import Registry

# the slide's, with the import that it forgot and an implementation in the place of its dots
MINITEL = """
from vaurien.protocols.base import BaseProtocol
from vaurien.protocols.tcp import TCP


class MinitelProtocol(TCP):
    name = 'minitel'

    def _handle(self, source, dest, to_backend):
        # source = source socket
        # dest = destination socket
        # to_backend = direction
        data = source.recv(1024)
        if data:
            dest.sendall(data.upper() if to_backend else data + b'!')
        return bool(data)
"""
FOUR = """
from vaurien.protocols.base import BaseProtocol

class Four(BaseProtocol):
    name = 'four'
    options = {'mark': ('What is put in front', str, '>')}
    options.update(BaseProtocol.options)

    def _handle(self, source, dest, to_backend, on_between_handle):
        data = self._get_data(source)
        if not data:
            return self._abort_handling(to_backend, dest)
        dest.sendall(self.option('mark').encode() + data)
        return on_between_handle()
"""
ASKING = """
from vaurien.protocols.tcp import TCP

class Asking(TCP):
    'Waits for the answer within the call.'

    def _handle(self, source, dest, to_backend):
        data = source.recv(1024)
        dest.sendall(data)
        if data:
            source.sendall(b'<' + dest.recv(1024) + b'>')
        return not data.startswith(b'quit')
"""


@pytest.mark.parametrize(("source", "answer"), [(MINITEL, b"HELLO!"), (FOUR, b">>hello"), (ASKING, b"<hello>")])
async def test_the_handler_stands_between_client_and_backend(tmp_path, source, answer):
    async with stand(tmp_path, {"protocol:odd": source}, protocol="odd") as it:
        reader, writer = await it.connect()
        for _ in range(3):
            writer.write(b"hello")
            assert await asyncio.wait_for(reader.readexactly(len(answer)), 5) == answer
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        assert it.server.counters.exchanges == 3
        assert not it.journal.notices().strip()


async def test_behaviors_act_on_the_calls_toward_the_backend(tmp_path):
    async with stand(
        tmp_path, {"protocol:minitel": MINITEL}, protocol="minitel", mix="100:delay", delay={"sleep": 0.3}
    ) as it:
        begun = time.monotonic()
        assert await it.ask(b"hello", b"HELLO!") == b"HELLO!"
        assert time.monotonic() - begun >= 0.3
        assert it.server.counters.exchanges == 1


async def test_an_old_behavior_and_an_old_protocol_work_together(tmp_path):
    plugins = {"protocol:minitel": MINITEL, "behavior:delay": SLIDE_DELAY}
    async with stand(tmp_path, plugins, protocol="minitel", mix="100:delay", delay={"sleep": 0}) as it:
        assert await it.ask(b"hello", b"HELLO!") == b"HELLO!"


async def test_false_closes_both_sides(tmp_path):
    async with stand(tmp_path, {"protocol:odd": ASKING}, protocol="odd") as it:
        reader, writer = await it.connect()
        writer.write(b"quit")
        assert await asyncio.wait_for(reader.read(), 5) == b"<quit>"
        writer.close()


async def test_a_handler_that_blocks_stalls_only_its_own_connection(tmp_path):
    slow = MINITEL.replace(
        "        if data:", "        import time; time.sleep(1.5 if data == b'slow' else 0)\n        if data:"
    )
    async with stand(tmp_path, {"protocol:odd": slow}, protocol="odd") as it:
        stalled = asyncio.create_task(it.ask(b"slow", b"SLOW!"))
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        for _ in range(5):
            assert await it.ask(b"fast", b"FAST!") == b"FAST!"
        took = time.monotonic() - begun
        assert not stalled.done()
        assert took < 1.0
        assert await stalled == b"SLOW!"


async def test_a_handler_that_crashes_ends_its_connection_and_is_journalled(tmp_path):
    broken = MINITEL.replace("data = source.recv(1024)", "raise RuntimeError('oh dear')")
    async with stand(tmp_path, {"protocol:odd": broken}, protocol="odd") as it:
        reader, writer = await it.connect()
        writer.write(b"hello")
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        async with asyncio.timeout(10):  # the sentence comes from the plugin's thread, on its own way
            while "RuntimeError('oh dear')" not in it.journal.notices():
                await asyncio.sleep(0.01)


async def test_megabytes_pass_in_order_while_the_client_is_slow_to_read(tmp_path):
    data = bytes(range(256)) * 16_384
    plain = "from vaurien.protocols.tcp import TCP\nclass Plain(TCP):\n    name = 'plain'\n"
    async with stand(tmp_path, {"protocol:plain": plain}, protocol="plain") as it:
        reader, writer = await it.connect()
        writer.write(data)
        await asyncio.sleep(0.2)
        assert await asyncio.wait_for(reader.readexactly(len(data)), 20) == data
        writer.close()


async def test_without_a_thread_left_bytes_pass_as_they_are_and_the_journal_says_so(tmp_path):
    registry = Registry.builtin()
    slots = registry.shared(Slots)
    slots.count = 0
    slots._free = threading.Semaphore(0)
    async with stand(tmp_path, {"protocol:odd": MINITEL}, protocol="odd", registry=registry) as it:
        assert await it.ask(b"hello", b"hello") == b"hello"
        assert any("all 0 threads" in str(entry) for entry in it.journal.entries)


async def test_no_thread_outlives_its_connection(tmp_path):
    before = threading.active_count()
    async with stand(tmp_path, {"protocol:odd": MINITEL}, protocol="odd") as it:
        for _ in range(3):
            await it.ask(b"a", b"A!")
        async with asyncio.timeout(10):
            while threading.active_count() != before:
                await asyncio.sleep(0.01)
