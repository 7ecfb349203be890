"""Who is speaking: protocols recognised by the first bytes that a server sends.

Only enough for a verdict such as `Reachable, but speaks SMTP, not HTTP`. Sources: RFC 9112 section 4 (status line),
RFC 4253 section 4.2 (SSH), RFC 5321 section 4.2 (SMTP 220), MySQL protocol 10 (handshake packet), RESP (Redis),
memcached's doc/protocol.txt, RFC 8446 section 5.1 (TLS records).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from vaurien_core.frozen import dataclass

TITLES: Mapping[str, str] = {
    "http": "HTTP",
    "ssh": "SSH",
    "smtp": "SMTP",
    "ftp": "FTP",
    "mysql": "MySQL",
    "redis": "Redis",
    "memcache": "memcached",
    "tls": "TLS",
}
_HTTP = re.compile(rb"(HTTP/\d(?:\.\d)?) (\d{3})")
_SERVER = re.compile(rb"\r?\nserver[ \t]*:[ \t]*([!-~][ -~]{0,59})", re.IGNORECASE)
_HTML = re.compile(rb"\s*<(?:!doctype html|html)", re.IGNORECASE)
_SSH = re.compile(rb"SSH-(\d[^\s-]*)-([^\r\n]{0,60})")
_RESP = re.compile(rb"\+PONG\r\n|-[A-Z]{3,20} [^\r\n]*\r\n|-(?:ERR|NOAUTH|DENIED)")
_MEMCACHE = re.compile(rb"VERSION ([!-~]{1,40})\r\n|ERROR\r\n|(?:CLIENT|SERVER)_ERROR ")
_MYSQL_ERROR = b"\xff"
_SMTP_CODES = (b"220 ", b"220-", b"554 ", b"554-", b"421 ")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A recognised protocol."""

    protocol: str
    detail: str
    """For people: `HTTP/1.1 (nginx/1.22.1)`, `MySQL 8.0.36`."""

    @property
    def title(self) -> str:
        """Its name for people."""
        return TITLES[self.protocol]


def recognise(data: bytes) -> Spoken | None:
    """The protocol that these first bytes of a server belong to; None if unknown."""
    if match := _HTTP.match(data):
        server = _SERVER.search(data.partition(b"\r\n\r\n")[0])
        named = f" ({server[1].decode('ascii').strip()})" if server else ""
        return Spoken("http", match[1].decode("ascii") + named)
    if _HTML.match(data):
        return Spoken("http", "HTTP")
    if match := _SSH.match(data):
        return Spoken("ssh", f"SSH {match[1].decode('ascii', 'replace')}")
    if data[:2] in (b"\x15\x03", b"\x16\x03"):
        return Spoken("tls", "TLS")
    if data[:4] in _SMTP_CODES:
        line = data.partition(b"\n")[0].upper()
        return Spoken("ftp", "FTP") if b"FTP" in line and b"SMTP" not in line else Spoken("smtp", "SMTP")
    if match := _MEMCACHE.match(data):
        return Spoken("memcache", f"memcached {match[1].decode('ascii')}" if match[1] else "memcached")
    if _RESP.match(data):
        return Spoken("redis", "Redis")
    return _mysql(data)


def http_status(data: bytes) -> int:
    """The status of an HTTP answer; 0: it is none."""
    match = _HTTP.match(data)
    return int(match[2]) if match else 0


def _mysql(data: bytes) -> Spoken | None:
    if len(data) < 6 or data[3] != 0 or int.from_bytes(data[:3], "little") > 4096:
        return None
    if data[4] == 10:
        version = data[5:].partition(b"\0")[0].decode("ascii", "replace")[:40]
        if "MariaDB" in version:
            return Spoken("mysql", f"MariaDB {version.removeprefix('5.5.5-').partition('-')[0]}")
        return Spoken("mysql", f"MySQL {version.partition('-')[0]}")
    if data[4:5] == _MYSQL_ERROR:
        return Spoken("mysql", "MySQL")
    return None
