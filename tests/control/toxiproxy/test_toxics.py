"""Toxics as the clients of Toxiproxy add, update and remove them."""

from __future__ import annotations

from typing import Any

import pytest
from toxiproxy_client import Api

from vaurien_core.engine.local import LocalEngine
from vaurien_core.model.change import Edit
from vaurien_core.model.profile import ToxicSpec

AT = "/proxies/web/toxics"


@pytest.fixture(autouse=True)
async def proxy(api: Api) -> None:
    body = {"name": "web", "listen": "localhost:0", "upstream": "127.0.0.1:9"}
    assert (await api("POST", "/proxies", body)).status == 201


DEFAULTS: dict[str, dict[str, int]] = {
    "noop": {},
    "latency": {"latency": 0, "jitter": 0},
    "bandwidth": {"rate": 0},
    "slow_close": {"delay": 0},
    "timeout": {"timeout": 0},
    "reset_peer": {"timeout": 0},
    "limit_data": {"bytes": 0},
}


@pytest.mark.parametrize("kind", DEFAULTS)
async def test_without_attributes_all_of_a_type_are_0(api: Api, kind: str) -> None:
    answer = await api("POST", AT, {"type": kind})
    assert answer.status == 200
    assert answer.json == {
        "attributes": DEFAULTS[kind], "name": f"{kind}_downstream", "type": kind, "stream": "downstream", "toxicity": 1.0,
    }  # fmt: skip
    assert (await api("GET", f"{AT}/{kind}_downstream")).json == answer.json
    assert (await api("GET", AT)).json == [answer.json]


async def test_attributes_reach_the_options_in_their_units(api: Api, engine: LocalEngine) -> None:
    body = {"type": "slicer", "name": "cut", "stream": "upstream", "toxicity": 0.25,
            "attributes": {"average_size": 64, "size_variation": 64, "delay": 10}}  # fmt: skip
    assert (await api("POST", AT, body)).json == {**body, "attributes": body["attributes"]}
    toxic = (await engine.profile()).profile.proxy("web").toxics[0]
    assert (toxic.kind, toxic.stream, toxic.toxicity) == ("slicer", "upstream", 0.25)
    assert {k: v for k, v in toxic.options if k != "delay"} == {"average_size": 64, "size_variation": 64}


async def test_upstream_toxics_are_listed_first_each_stream_in_its_order(api: Api) -> None:
    for name, stream in (("a", "downstream"), ("b", "upstream"), ("c", "downstream"), ("d", "UPSTREAM")):
        answer = await api("POST", AT, {"type": "noop", "name": name, "stream": stream})
        assert answer.json["stream"] == stream.lower()
    assert [t["name"] for t in (await api("GET", AT)).json] == ["b", "d", "a", "c"]
    assert [t["name"] for t in (await api("GET", "/proxies/web")).json["toxics"]] == ["b", "d", "a", "c"]


REFUSED: list[tuple[Any, tuple[int, str]]] = [
    ("", (400, "bad request body: EOF")),
    ({"type": "latency", "stream": ""}, (400, "stream was invalid, can be either upstream or downstream")),
    ({"type": "nope", "stream": "both"}, (400, "stream was invalid, can be either upstream or downstream")),
    ({"type": "nope"}, (400, "invalid toxic type")),
    ({}, (400, "invalid toxic type")),
    ({"type": "down"}, (400, "invalid toxic type")),
    ({"type": "delay"}, (400, "invalid toxic type")),
    ({"type": "noop", "name": "there"}, (409, "toxic already exists")),
    ({"type": "noop", "name": "there", "stream": "upstream"}, (409, "toxic already exists")),
    ({"type": "latency", "attributes": {"latency": "100"}}, (400, 'bad request body: latency: expected a whole number, got "100".')),
    ({"type": "latency", "attributes": {"latency": 1.5}}, (400, "bad request body: latency: expected a whole number, got 1.5.")),
    ({"type": "latency", "attributes": {"latency": True}}, (400, "bad request body: latency: expected a whole number, got true.")),
    ({"type": "latency", "attributes": {"latency": -1}}, (400, "bad request body: latency: expected at least 0 ms, got -1.")),
    ({"type": "bandwidth", "attributes": {"rate": -1}}, (400, "bad request body: rate: expected at least 0 KB/s, got -1.")),
    ({"type": "latency", "attributes": {"latenci": 1}}, (400, 'bad request body: latency has no attribute "latenci", did you mean "latency"?')),
    ({"type": "slicer"}, (400, "bad request body: average_size: expected at least 1 B, got 0.")),
    ({"type": "noop", "toxicity": 2}, (400, "bad request body: web: toxic noop_downstream: toxicity: expected at most 1, got 2.")),
    ({"type": "noop", "attributes": 1}, (400, "bad request body: json: cannot unmarshal number into Go struct field Toxic.attributes of type map")),
    ({"type": 1}, (400, "bad request body: json: cannot unmarshal number into Go struct field Toxic.type of type string")),
]  # fmt: skip


@pytest.mark.parametrize(("body", "error"), REFUSED, ids=[str(body)[:50] for body, _ in REFUSED])
async def test_what_can_t_be_added_is_said_as_toxiproxy_says_it(api: Api, body: Any, error: tuple[int, str]) -> None:
    await api("POST", AT, {"type": "noop", "name": "there"})
    assert (await api("POST", AT, body)).error == error
    assert [t["name"] for t in (await api("GET", AT)).json] == ["there"]


@pytest.mark.parametrize("value", ["100.0", "1e2", "100"])
async def test_whole_numbers_may_be_written_with_a_point(api: Api, value: str) -> None:
    answer = await api("POST", AT, f'{{"type": "latency", "attributes": {{"LATENCY": {value}, "jitter": null}}}}')
    assert answer.json["attributes"] == {"latency": 100, "jitter": 0}


@pytest.mark.parametrize("method", ["PATCH", "POST"])
async def test_an_update_changes_what_it_names_and_nothing_else(api: Api, method: str) -> None:
    await api(
        "POST", AT, {"type": "latency", "name": "slow", "attributes": {"latency": 100, "jitter": 10}, "toxicity": 0.5}
    )
    body = {"attributes": {"latency": 200}, "name": "other", "type": "noop", "stream": "upstream"}
    wanted = {"attributes": {"latency": 200, "jitter": 10}, "name": "slow", "type": "latency", "stream": "downstream",
              "toxicity": 0.5}  # fmt: skip
    assert (await api(method, f"{AT}/slow", body)).json == wanted
    assert (await api(method, f"{AT}/slow", {"toxicity": 1})).json == {**wanted, "toxicity": 1.0}
    assert (await api(method, f"{AT}/slow", "{}")).status == 200
    assert (await api(method, f"{AT}/slow", {"attributes": {"latency": "x"}})).status == 400
    assert (await api("GET", f"{AT}/slow")).json == {**wanted, "toxicity": 1.0}


async def test_a_removed_toxic_is_gone(api: Api) -> None:
    await api("POST", AT, {"type": "noop", "name": "a"})
    answer = await api("DELETE", f"{AT}/a")
    assert (answer.status, answer.text) == (204, "")
    for method in ("GET", "POST", "PATCH", "DELETE"):
        assert (await api(method, f"{AT}/a", "{}")).error == (404, "toxic not found")
    assert (await api("GET", AT)).json == []


async def test_toxics_of_the_profile_are_shown_also_those_that_toxiproxy_has_no_word_for(
    api: Api, engine: LocalEngine
) -> None:
    toxics = (
        ToxicSpec("x", "latency", "both", options=(("distribution", "normal"), ("latency", 5.0))),
        ToxicSpec("y", "noop", enabled=False),
    )
    await engine.change([Edit(("proxies", "web", "toxics"), toxics)])
    shown = (await api("GET", AT)).json
    assert shown[0] == {"attributes": {"latency": 5, "jitter": 0, "distribution": "normal"}, "name": "x",
                        "type": "latency", "stream": "both", "toxicity": 1.0}  # fmt: skip
    assert shown[1]["enabled"] is False
