"""A secret that was said in any field of any protocol stands in nothing that a run writes, prints or answers."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from contextlib import suppress

import pytest
from wires import PYTHON, call, environment, vaurien

from tests.support.canaries import PROTOCOLS, TALKS, backends, found, ini, say_all

FROM_ENVIRONMENT = "c4n4ry-environment-5ecret"
IN_URL = "c4n4ry-url-5ecret"
ENV = {
    "SECRET_URL": f"http://user:{FROM_ENVIRONMENT}@127.0.0.1:9/?k={FROM_ENVIRONMENT}",
    "SECRET_MATCH": FROM_ENVIRONMENT,
}
FURTHER = f"""
[proxy:by-url]
proxy = 127.0.0.1:0
backend = http://user:{IN_URL}@127.0.0.1:9/?k={IN_URL}
behavior = 50:error
[proxy:own-key]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = http
tls = terminate
certificate = made/cert.pem
key = made/key.pem
[proxy:by-variable]
proxy = 127.0.0.1:0
backend = ${{SECRET_URL}}
behavior = 50:picky
[behavior:picky]
type = error
match = *${{SECRET_MATCH}}*
"""
"""Backends whose URL holds a password; nobody listens there, so sentences about them are journalled."""
KEY: list[str] = []
"""A line of the private key that a proxy shows its certificate with."""
PATHS = (
    "/metrics", "/behavior", "/behaviors", "/backend", "/backend?proxy=by-url", "/backend?proxy=by-variable",
    "/v3/profile", "/v3/state", "/v3/sample", "/v3/catalogue", "/v3/journal?limit=100000", "/v3/export",
)  # fmt: skip
COMMANDS = ("get-behavior", "list-behaviors", "proxies", "state", "export")


def streamed(url: str) -> str:
    """What the event stream says of all that happened."""
    got = b""
    with suppress(TimeoutError), urllib.request.urlopen(url, timeout=1) as answer:
        while chunk := answer.read1(65536):
            got += chunk
            if b'"kind":"sample"' in chunk:
                break
    return got.decode()


def ask(api: str, command: str) -> str:
    return subprocess.run(
        [PYTHON, "-m", "vaurien_core.cli.ctl", "--host", api, command], env=environment(), capture_output=True,
        text=True, timeout=30, check=False,
    ).stdout  # fmt: skip


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Everything that a run with a report let out, by name."""
    folder = tmp_path_factory.mktemp("canary")
    profile, ready, report = folder / "profile.ini", folder / "ready.json", folder / "report"
    out: dict[str, str] = {}
    subprocess.run(
        [PYTHON, "-m", "vaurien_core.cli.main", "certificate", str(folder / "made")], env=environment(), check=True,
        capture_output=True, timeout=60,
    )  # fmt: skip
    with backends() as addresses:
        profile.write_text(ini(addresses, "[control]", "http = yes", "port = 0") + FURTHER)
        run = [
            "--config", str(profile), "--report", str(report), "--journal", str(folder / "live.jsonl"),
            "--journal-all", "--ready-file", str(ready), "--log-level", "debug",
        ]  # fmt: skip
        with vaurien(*run, env={**ENV, "VAURIEN_RUNTIME": str(folder / "runtime")}) as running:
            say_all(running.ports)
            for name in ("by-url", "by-variable", "own-key"):
                with suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{running.ports[name]}/page", timeout=5)
            api = json.loads(ready.read_text())["control"].rstrip("/")
            exchanges = {p["name"]: p["exchanges"] for p in call(f"{api}/v3/sample")[1]["proxies"]}
            assert all(exchanges[protocol] for protocol in PROTOCOLS), exchanges
            out |= {f"GET {path}": json.dumps(call(f"{api}{path}")[1]) for path in PATHS}
            out["GET /v3/events"] = streamed(f"{api}/v3/events?since=0")
            out |= {f"vaurienctl {command}": ask(api, command) for command in COMMANDS}
            out["ready line"] = running.ready
            out["stderr"] = running.end()[1]
    for file in (*report.iterdir(), ready, folder / "live.jsonl"):
        out[file.name] = file.read_text()
    for words in (["check", str(profile)], ["doctor"]):
        done = subprocess.run(
            [PYTHON, "-m", "vaurien_core.cli.main", *words], env=environment(ENV), capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        out[words[0]] = done.stdout + done.stderr
    KEY.append((folder / "made" / "key.pem").read_text().splitlines()[1])
    assert all(out.values()), [name for name, text in out.items() if not text]
    return out


def test_nothing_that_was_said_stands_in_any_artefact(artefacts: dict[str, str]) -> None:
    hits = {name: found(text) for name, text in artefacts.items()}
    leaks = {
        name: fields for name, all_fields in hits.items() if (fields := [f for f in all_fields if f != "http path"])
    }
    assert leaks == {}
    assert {name for name, fields in hits.items() if fields} >= {"journal.jsonl", "GET /v3/journal?limit=100000"}
    journal = [json.loads(line) for line in artefacts["journal.jsonl"].splitlines()]
    for protocol in PROTOCOLS:
        entries = [e for e in journal if e.get("proxy") == protocol]
        assert any(e.get("outcome") for e in entries), f"nothing of {protocol} was journalled"
        assert any(e.get("rule") for e in entries), f"no fault met {protocol}"
    assert len({(t.protocol, t.field) for t in TALKS}) == len(TALKS)


@pytest.mark.parametrize("secret", [FROM_ENVIRONMENT, IN_URL], ids=["from the environment", "in a URL"])
def test_nothing_of_a_backends_url_stands_in_any_artefact(artefacts: dict[str, str], secret: str) -> None:
    own = ("GET /v3/export", "vaurienctl export") if secret == IN_URL else ()  # the profile's own text, as written
    assert [name for name, text in artefacts.items() if secret in text and name not in own] == []


def test_nothing_of_a_private_key_stands_in_any_artefact(artefacts: dict[str, str]) -> None:
    assert len(KEY[0]) == 64
    assert [name for name, text in artefacts.items() if KEY[0] in text or "PRIVATE KEY" in text] == []
