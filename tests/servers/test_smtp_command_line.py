"""`vaurien --protocol smtp --behavior 5:error,10:delay` in a process of its own injects what the seed says."""

from __future__ import annotations

import json
import smtplib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runs import running
from tests.servers.smtp_server import smtp_server
from vaurien_core.model.profile import ProxySpec, Rule
from vaurien_core.proxy.draw import predict

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]
SEED = 4711


class Noting(smtplib.SMTP):
    """smtplib, with what each request is known by to the draw: its line; a message and its DATA by their MAIL too."""

    def __init__(self, port: int, keys: dict[tuple[int, int], bytes], number: int) -> None:
        self.keys, self.number, self.count, self.sender, self.inside = keys, number, 0, b"", False
        super().__init__("127.0.0.1", port, local_hostname="me.example", timeout=20)

    def send(self, s: Any) -> None:
        line = s.encode() if isinstance(s, str) else bytes(s)
        self.count += 1
        verb = line[:4].upper()
        if self.inside:
            key = b"message " + self.sender
        elif verb == b"DATA":
            key = line.strip() + b" " + self.sender
        else:
            key = line.strip()
            if verb == b"MAIL":
                self.sender = key
        self.keys[self.number, self.count] = key
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        code, text = super().getreply()
        self.inside = code == 354
        return code, text


def send_mails(port: int, exchanges: int) -> dict[tuple[int, int], bytes]:
    """Sessions of a few mails each; the keys by connection and exchange."""
    keys: dict[tuple[int, int], bytes] = {}
    session = 0
    while len(keys) < exchanges:
        session += 1
        with Noting(port, keys, session) as client:
            for n in range(6):
                to = [f"{name}@example.com" for name in "abc"[: 1 + (session + n) % 3]]
                try:
                    client.sendmail(f"s{session}-{n}@example.com", to, b"Subject: x\r\n\r\nhello\r\n")
                except smtplib.SMTPException:
                    assert client.noop()[0] == 250
    return keys


@pytest.mark.parametrize("exchanges", [200, pytest.param(2000, marks=pytest.mark.slow)])
def test_the_injected_set_is_the_one_that_the_seed_predicts(exchanges: int, tmp_path: Path):
    journal = tmp_path / "journal.jsonl"
    with (
        smtp_server() as (backend, _),
        running(
            "--protocol", "smtp", "--proxy", "127.0.0.1:0", "--backend", f"127.0.0.1:{backend}", "--seed", SEED,
            "--behavior", "5:error,10:delay", "--behavior-delay-sleep", "0.01", "--journal", journal,
        ) as run,
    ):  # fmt: skip
        keys = send_mails(run.place[1], exchanges)
        assert run.end()[0] == 0
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    found = {(e["conn"], e["ex"]): e for e in entries if e.get("kind") == "exchange" and e["rule"]}
    owed = {place for place, e in found.items() if e["outcome"] == "owed to the session"}
    spec = ProxySpec(
        name="default", proxy="127.0.0.1:0", protocol="smtp",
        mix=(Rule("error", Decimal(5)), Rule("delay", Decimal(10))),
    )  # fmt: skip
    predicted = {
        place: p.rule for place, p in zip(keys, predict(spec, SEED, keys.values()), strict=True) if p.rule != "dummy"
    }
    assert {p: e["rule"] for p, e in found.items() if p not in owed} == {
        p: r for p, r in predicted.items() if p not in owed
    }
    errors = [e for p, e in found.items() if e["rule"] == "error" and p not in owed]
    injected = [e for e in errors if e["outcome"].endswith(" injected")]
    others = [e for e in errors if e not in injected]
    assert len(injected) > exchanges / 60
    assert all(e["label"].split()[0] in ("MAIL", "RCPT", "DATA") for e in injected)
    assert all(e["outcome"] == "not applicable: no error of smtp is legal here" for e in others)
    assert {e["label"].split()[0] for e in others} <= {"EHLO", "RSET", "NOOP", "QUIT", "message"}
    assert len(owed) == sum(e["outcome"].startswith("message-") for e in injected)
