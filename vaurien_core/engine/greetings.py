"""Who is speaking: protocols recognised by the first bytes that a server sends.

Only enough for a verdict such as `Reachable, but speaks SMTP, not HTTP`. Sources: RFC 9112 section 4 (status line),
RFC 4253 section 4.2 (SSH), RFC 5321 section 4.2 (SMTP 220), MySQL protocol 10 (handshake packet), RESP (Redis),
RFC 8446 section 5.1 (TLS records).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

TITLES: Mapping[str, str] = {
    "http": "HTTP",
    "ssh": "SSH",
    "smtp": "SMTP",
    "ftp": "FTP",
    "mysql": "MySQL",
    "redis": "Redis",
    "tls": "TLS",
}
_HTTP = re.compile(rb"(HTTP/\d(?:\.\d)?) \d{3}")
_SSH = re.compile(rb"SSH-(\d[^\s-]*)-([^\r\n]{0,60})")
_MYSQL_ERROR = b"\xff"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A recognised protocol."""

    protocol: str
    detail: str
    """For people: `HTTP/1.1`, `MySQL 8.0.36`."""

    @property
    def title(self) -> str:
        """Its name for people."""
        return TITLES[self.protocol]


def recognise(data: bytes) -> Spoken | None:
    """The protocol that these first bytes of a server belong to; None if unknown."""
    if match := _HTTP.match(data):
        return Spoken("http", match[1].decode("ascii"))
    if match := _SSH.match(data):
        return Spoken("ssh", f"SSH {match[1].decode('ascii', 'replace')}")
    if data[:2] in (b"\x15\x03", b"\x16\x03"):
        return Spoken("tls", "TLS")
    if data[:4] in (b"220 ", b"220-", b"554 "):
        line = data.partition(b"\n")[0].upper()
        return Spoken("ftp", "FTP") if b"FTP" in line and b"SMTP" not in line else Spoken("smtp", "SMTP")
    if data[:4] == b"-ERR" or data[:7] in (b"-NOAUTH", b"-DENIED") or data[:5] == b"+PONG":
        return Spoken("redis", "Redis")
    return _mysql(data)


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
