"""What a probe says to a server, without credentials: a question in the expected protocol, and what its answer tells.

Who speaks first (MySQL, SMTP, SSH) is recognised by the greeting before anything is sent. Within `seconds`: wait for a
greeting, ask, and if nothing comes ask what nearly every server answers in its own way.
MySQL counts each probe as an aborted handshake of this host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from vaurien_core.engine.greetings import Spoken, recognise
from vaurien_core.engine.wires import Wire
from vaurien_core.protocols.mysql.constants import Cap

GREETING_S = 0.1
"""How long a server that speaks first gets before a client that speaks first speaks."""
SERVER_FIRST = frozenset({"mysql", "smtp"})
_HTTP = "HEAD / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: vaurien-probe\r\nConnection: close\r\n\r\n"
_OPTIONS = "OPTIONS * HTTP/1.1\r\nHost: {host}\r\nUser-Agent: vaurien-probe\r\nConnection: close\r\n\r\n"
QUESTIONS: Mapping[str, str] = {"http": _HTTP, "redis": "PING\r\n", "memcache": "version\r\n"}
_EHLO = b"EHLO vaurien-probe\r\n"
_EXTENSION = re.compile(r"250[ -]([A-Za-z0-9-]{1,20})")
_EXTENSIONS_SHOWN = 6
_REPLY = re.compile(rb"(?m)^[2-5][0-9]{2}(?: [^\n]*)?\n")
"""The last line of an SMTP reply."""
_HEAD_END = re.compile(rb"\r?\n\r?\n")


async def listen(wire: Wire, protocol: str, host: str, seconds: float) -> bytes:
    """The first bytes of a server, asked if need be; nothing if it stays silent or hangs up."""
    first = min(GREETING_S, seconds) if protocol not in SERVER_FIRST else seconds / 2
    data = await wire.read(first)
    question = QUESTIONS.get(protocol, "")
    if not data and question and not wire.ended:
        wire.write(question.format(host=host).encode())
        data = await wire.read(seconds if protocol == "http" else seconds / 2)
    if not data and protocol in SERVER_FIRST and not wire.ended:
        data = await stranger(wire, seconds / 4)
    if not data and protocol != "http" and protocol in (*QUESTIONS, *SERVER_FIRST) and not wire.ended:
        wire.write(_HTTP.format(host=host).encode())
        data = await wire.read(seconds / 4)
    if data and (spoken := recognise(data)) is not None and spoken.protocol == "http":
        wire.give_back(data)
        data = await wire.read_until(_HEAD_END, GREETING_S)
    return data


async def stranger(wire: Wire, seconds: float) -> bytes:
    """The answer to a word that most servers answer in their own way. Redis and memcached hang up on HTTP."""
    wire.write(QUESTIONS["redis"].encode())
    return await wire.read(seconds)


async def options(wire: Wire, host: str, seconds: float) -> bytes:
    """The answer of a server that didn't answer HEAD, on a new connection."""
    wire.write(_OPTIONS.format(host=host).encode())
    return await wire.read(seconds)


async def more(wire: Wire, spoken: Spoken, seconds: float) -> Spoken:
    """What can be said besides of a server that speaks the expected protocol: SMTP's extensions."""
    if spoken.protocol != "smtp":
        return spoken
    names = await _extensions(wire, seconds)
    wire.write(b"QUIT\r\n")
    shown = ", ".join(names[:_EXTENSIONS_SHOWN])
    return replace(spoken, detail=f"SMTP with {shown}") if shown else spoken


async def ask_for_tls(wire: Wire, protocol: str, seconds: float) -> str:
    """Bring a server to the place where TLS begins (`backend_tls = starttls`); returns why it can't be, or ""."""
    greeting = await wire.read(seconds)
    spoken = recognise(greeting)
    if spoken is None or spoken.protocol != protocol:
        wire.give_back(greeting)
        return "another greeting"
    if protocol == "smtp":
        if "STARTTLS" not in await _extensions(wire, seconds):
            return "it offers no STARTTLS"
        wire.write(b"STARTTLS\r\n")
        answer = await wire.read_until(_REPLY, seconds)
        return "" if answer.startswith(b"220") else "it refuses STARTTLS"
    if protocol == "mysql":
        at = greeting.find(b"\0", 5) + 1 + 4 + 8 + 1  # behind version, thread id and scramble
        if not int.from_bytes(greeting[at : at + 2], "little") & Cap.SSL:
            return "it offers no TLS"
        request = (Cap.PROTOCOL_41 | Cap.SSL | 0x8000).to_bytes(4, "little") + (2**24).to_bytes(4, "little")
        wire.write(b"\x20\0\0\x01" + request + b"\x2d" + bytes(23))
        return ""
    return f"{protocol} has no STARTTLS"


async def _extensions(wire: Wire, seconds: float) -> list[str]:
    wire.write(_EHLO)
    answer = await wire.read_until(_REPLY, seconds)
    names = _EXTENSION.findall(answer.decode("ascii", "replace"))
    return [name.upper() for name in names[1:]]
