"""Toxiproxy's counters, live, and Vaurien's own of toxics and states."""

from __future__ import annotations

import asyncio

from toxiproxy_client import Api, serving

from vaurien_core.engine.local import LocalEngine
from vaurien_core.model.change import Edit


async def test_bytes_are_counted_while_the_connection_is_open(api: Api) -> None:
    async with serving(b"welcome") as backend:
        body = {"name": "web", "listen": "localhost:0", "upstream": backend}
        listen = (await api("POST", "/proxies", body)).json["listen"]
        host, _, port = listen.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        assert await reader.readexactly(7) == b"welcome"
        text = (await api("GET", "/metrics")).text
        labels = f'listener="{listen}",proxy="web",upstream="{backend}"'
        for line in (
            f'toxiproxy_proxy_received_bytes_total{{direction="downstream",{labels}}} 7.0',
            f'toxiproxy_proxy_sent_bytes_total{{direction="downstream",{labels}}} 7.0',
            f'toxiproxy_proxy_sent_bytes_total{{direction="upstream",{labels}}} 0.0',
        ):
            assert line in text.splitlines()
        writer.close()


async def test_toxics_and_states_have_gauges(api: Api, engine: LocalEngine) -> None:
    await api("POST", "/proxies", {"name": "web", "listen": "localhost:0", "upstream": "127.0.0.1:9"})
    await api("POST", "/proxies/web/toxics", {"type": "latency", "name": "slow", "toxicity": 0.5})
    lines = (await api("GET", "/metrics")).text.splitlines()
    assert 'vaurien_toxicity{proxy="web",stream="downstream",toxic="slow",type="latency"} 0.5' in lines
    assert 'vaurien_state{proxy="web",state="up"} 1.0' in lines
    await engine.change([Edit(("proxies", "web", "state"), "down")])
    assert 'vaurien_state{proxy="web",state="down"} 1.0' in (await api("GET", "/metrics")).text.splitlines()
