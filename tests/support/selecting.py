"""One mix with selectors and 3,000 requests for it: from every entrance, with the counts that are predicted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from vaurien_core.model.profile import BehaviorSpec, ProxySpec, Rule
from vaurien_core.options import values_of
from vaurien_core.proxy.draw import Prediction, Request, predict

SEED = 20
COUNT = 3000
MIX = "100:pay-fails, 100:search-slow, 10:error"
OPTIONS: dict[str, dict[str, object]] = {
    "pay-fails": {"type": "error", "error": "503", "match": "POST /pay/*"},
    "search-slow": {"type": "delay", "sleep": "1ms", "match": "re:^GET /search", "header": "X-Team: shop*"},
}
"""As texts, by rule: what INI and flags say."""
INI = f"behavior = {MIX}\nseed = {SEED}\n" + "".join(
    f"\n[behavior:{rule}]\n" + "".join(f"{key} = {value}\n" for key, value in options.items())
    for rule, options in OPTIONS.items()
)
FLAGS = [
    "--behavior", MIX.replace(" ", ""), "--seed", str(SEED),
    *(w for rule, options in OPTIONS.items() for k, v in options.items() for w in (f"--behavior-{rule}-{k}", str(v))),
]  # fmt: skip
SPECS = {
    "pay-fails": BehaviorSpec("pay-fails", "error", values_of({"error": "503", "match": "POST /pay/*"})),
    "search-slow": BehaviorSpec(
        "search-slow",
        "delay",
        values_of({"sleep": 0.001, "match": "re:^GET /search", "header": "X-Team: shop*"}),
    ),
}
RULES = (Rule("pay-fails", Decimal(100)), Rule("search-slow", Decimal(100)), Rule("error", Decimal(10)))
SPEC = ProxySpec("default", protocol="http", mix=RULES, behaviors=tuple(SPECS.values()))
HEAD = b"Host: test\r\nX-Team: shop-1\r\n"


@dataclass(frozen=True)
class Sent:
    """One request as it is sent."""

    line: bytes
    label: str


def workload(count: int = COUNT) -> list[Sent]:
    """A third pays, a third searches, a third does neither; no two alike."""
    kinds = (
        (b"POST /pay/%d HTTP/1.1", "POST /pay/{}"),
        (b"GET /search?q=%d HTTP/1.1", "GET /search?q=?"),
        (b"GET /item/%d HTTP/1.1", "GET /item/{}"),
    )
    return [Sent(kinds[n % 3][0] % n, kinds[n % 3][1].format(n)) for n in range(count)]


def predicted(sent: Sequence[Sent]) -> list[Prediction]:
    """What each gets."""
    return predict(SPEC, SEED, [Request(s.line, s.label, "127.0.0.1:1", HEAD) for s in sent])


def counted(predictions: Sequence[Prediction]) -> tuple[dict[str, int], dict[str, int]]:
    """Hits and matches by rule, as counters show them."""
    hits = Counter(p.rule for p in predictions if p.rule != "dummy")
    return dict(hits), dict(Counter(name for p in predictions for name in p.matched))


async def send(port: int, sent: Sequence[Sent]) -> list[str]:
    """All of them on one connection, in order; the statuses."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    try:
        for each in sent:
            writer.write(each.line + b"\r\n" + HEAD + b"\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
            found.append(head.split(b" ", 2)[1].decode())
    finally:
        writer.close()
        await writer.wait_closed()
    return found


def check_statuses(statuses: Sequence[str], predictions: Sequence[Prediction]) -> None:
    """Hold that each request met the rule that was predicted for it."""
    for status, prediction in zip(statuses, predictions, strict=True):
        if prediction.rule == "pay-fails":
            assert status == "503"
        elif prediction.rule == "error":
            assert status in ("500", "502", "503", "504")
        else:
            assert status == "200"
