"""New-style plugins: coroutines with verbs, on the real data plane."""

from __future__ import annotations

import asyncio
import time

import pytest
from stand import HTTP_OK, answer_http, stand

GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"


def plugin(body: str) -> str:
    indented = "\n".join(f"        {line}" for line in body.strip().splitlines())
    return (
        "from dataclasses import dataclass\nfrom vaurien.plugins import Behavior, OptionSet, opt\n"
        "@dataclass(frozen=True, slots=True)\nclass Options(OptionSet):\n"
        "    seconds: float = opt(0.3, 'How long', unit='s')\n"
        f"class Odd(Behavior):\n    name = 'odd'\n    Options = Options\n    async def begin(self, act):\n{indented}\n"
    )


async def test_pause_waits_and_then_the_exchange_passes(tmp_path):
    source = plugin("await act.pause(self.options.seconds)")
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd") as it:
        begun = time.monotonic()
        assert await it.ask(b"abc", b"abc") == b"abc"
        assert time.monotonic() - begun >= 0.3
        assert (it.server.sample().injected, it.server.sample().errors_injected) == (1, 0), "a delay is no error"


async def test_a_pause_ends_early_when_it_is_released(tmp_path):
    source = plugin("await act.pause(60)")
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd") as it:
        asked = asyncio.create_task(it.ask(b"abc", b"abc"))
        await asyncio.sleep(0.1)
        assert it.server.release() == 1
        assert await asyncio.wait_for(asked, 5) == b"abc"


async def test_reply_answers_in_the_backends_place(tmp_path):
    source = plugin("request = await act.request()\nact.reply(lambda close: b'not ' + request)")
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd") as it:
        assert await it.ask(b"abc", b"not abc") == b"not abc"
        assert (it.server.sample().injected, it.server.sample().errors_injected) == (1, 1)
        assert not it.heard


async def test_an_error_of_the_protocol_can_be_chosen_by_the_request(tmp_path):
    source = plugin(
        "if b'/x' in await act.request():\n    act.note(error='503')\n"
        "    act.reply(lambda close: act.error_answer('503', close=close))"
    )
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd", protocol="http", backend=answer_http) as it:
        reader, writer = await it.connect()
        writer.write(GET)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        await reader.readuntil(b"\n")
        writer.write(GET.replace(b"/x", b"/y"))
        assert await reader.readexactly(len(HTTP_OK)) == HTTP_OK
        writer.close()
        assert it.journal.outcomes()[0] == "503 injected"


async def test_reset_resets_the_client(tmp_path):
    source = plugin("await act.pause(0.01)\nact.reset()")
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd") as it:
        reader, writer = await it.connect()
        writer.write(b"abc")
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 5)
        writer.close()


async def test_request_and_answer_can_be_rewritten(tmp_path):
    source = plugin(
        "act.forward((await act.request()).replace(b'/x', b'/y'))\n"
        "act.answer_with((await act.answer()).replace(b'ok', b'OK'))"
    )
    async with stand(tmp_path, {"behavior:odd": source}, mix="100:odd", protocol="http", backend=answer_http) as it:
        changed = HTTP_OK.replace(b"ok", b"OK")
        assert await it.ask(GET, changed) == changed
        assert bytes(it.heard) == GET.replace(b"/x", b"/y")


async def test_what_is_kept_is_closed_with_the_connection(tmp_path):
    source = plugin(
        "class Kept:\n    def close(self): LOG.append('closed')\n"
        "first = act.keep('k', Kept)\nassert act.keep('k', Kept) is first\nLOG.append('kept')"
    )
    async with stand(tmp_path, {"behavior:odd": "LOG = []\n" + source}, mix="100:odd") as it:
        await it.ask(b"abc", b"abc")
        log = __import__("sys").modules[it.registry.behavior("odd").__module__].LOG
        for _ in range(200):
            if "closed" in log:
                break
            await asyncio.sleep(0.01)
        assert log == ["kept", "closed"]
