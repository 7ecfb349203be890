"""A Vaurien for the time of a test: started from a profile, steered inside `with` blocks, asked what it did.

    with vaurien.running("profile.ini") as proxies:
        address = proxies.address("orders-db")
        with proxies.behavior("error", error="deadlock", proxy="orders-db"):
            ...                                     # every exchange fails here
        assert proxies.journal(behavior="error")

The proxies run in a process of their own, in which the same engine works that the window and CI use; this one talks
to it through the control API on a free port of loopback. Importing this module costs little: what reads profiles is
imported when it is asked for.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vaurien_core.errors import UsageError, did_you_mean
from vaurien_core.frozen import dataclass
from vaurien_core.launch import Process
from vaurien_core.legacy.client import Client, call, description

if TYPE_CHECKING:
    from vaurien_core.model.events import Entry, Sample

START_WITHIN_S = 15.0
_PAGE = 10_000
_AUTHOR = "test"


@dataclass(frozen=True, slots=True)
class Place:
    """Where clients of one proxy connect."""

    host: str
    port: int
    path: str = ""
    """Of a Unix socket; then host is "" and port 0."""

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Running:
    """A running Vaurien. Made by `running()` or the pytest fixture, which also close it.

    Every method that names a proxy takes "" for the one called `default`, else the first of the profile.

    Attributes:
        proxies: where clients connect, by the proxies' names.
        seed: of all draws.
        control: URL of the control API.
    """

    def __init__(self, words: list[str]) -> None:
        """Start it and wait until every proxy listens.

        Args:
            words: of the command line, less those for control and ready file.

        Raises:
            ValueError: it could not start; says why.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="vaurien-"))
        ready = self._folder / "ready.json"
        control = ["--http", "--http-host", "127.0.0.1", "--http-port", "0"]
        self._process = Process([*words, *control, "--ready-file", str(ready)])
        try:
            self._process.wait_ready(ready, START_WITHIN_S)
            told = json.loads(ready.read_text(encoding="utf-8"))
        except BaseException:
            self.close()
            raise
        self.control: str = told["control"]
        self._token: str = told["token"]
        self.seed: int = told["seed"]
        places = told["proxies"]
        self.proxies: Mapping[str, Place] = MappingProxyType(
            {name: Place(at.get("host", ""), at.get("port", 0), at.get("path", "")) for name, at in places.items()}
        )

    def close(self) -> None:
        """End it; idempotent."""
        self._process.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    # -- where to connect

    def address(self, proxy: str = "") -> Place:
        """Where clients of a proxy connect; as text `host:port`.

        Raises:
            UsageError: there is no such proxy, or it doesn't listen.
        """
        return self.proxies[self._name(proxy)]

    def port(self, proxy: str = "") -> int:
        """The port of `address`."""
        return self.address(proxy).port

    # -- what is broken

    @contextmanager
    def behavior(self, name: str, *, proxy: str = "", **options: Any) -> Iterator[None]:
        """Inside the block every exchange meets this behavior; afterwards, also after an exception, all is as before.

        Args:
            name: of a behavior or of a named variant of the profile.
            proxy: which proxy.
            options: of the behavior, on top of the profile's.

        Raises:
            ValueError: there is no such behavior or option.
        """
        host, _, port = self.control.removeprefix("http://").rpartition(":")
        client = Client(host, int(port), proxy=self._name(proxy))
        with client.with_behavior(name, **options):
            yield

    @contextmanager
    def mix(self, mix: str, *, proxy: str = "") -> Iterator[None]:
        """Inside the block the proxy has this mix (`20:delay, 5:error`); "" breaks nothing. Then its own again.

        Raises:
            UsageError: the mix can't be read, or names what the engine doesn't know.
        """
        from vaurien_core.profiles.mixes import parse_mix

        name = self._name(proxy)
        rules, wrong = parse_mix(mix)
        if wrong:
            raise UsageError(f"mix: {wrong[0]}")
        path = ["proxies", name, "mix"]
        stand = self._ask("GET", "/v3/profile")["profile"]["proxies"]
        before = next(spec for spec in stand if spec["name"] == name).get("mix", [])
        self._change(path, [{"behavior": r.behavior, "weight": str(r.weight)} for r in rules])
        try:
            yield
        finally:
            self._change(path, before)

    @contextmanager
    def all_normal(self) -> Iterator[None]:
        """Inside the block no fault acts, on any proxy; what is held goes on."""
        self._ask("POST", "/v3/all-normal", {})
        try:
            yield
        finally:
            self._ask("POST", "/v3/resume", {})

    def release(self, proxy: str = "") -> int:
        """Let go what is held now (hang, delay), of all proxies or of one; how many exchanges that were."""
        return int(self._ask("POST", "/v3/release", {"proxy": self._name(proxy)} if proxy else {})["released"])

    # -- what happened

    def journal(self, *, label: str = "*", since: int = 0, **fields: Any) -> tuple[Entry, ...]:
        """The journal's exchanges that a fault touched or that ended badly, oldest first (all with `journal_all`).

        Args:
            label: glob on the label (`UPDATE orders*`).
            since: only entries with a greater `n`.
            fields: further fields of `Entry` and the values that they must have (`behavior="error"`, `proxy="web"`);
                `kind` is `exchange` unless it is given.

        Raises:
            UsageError: an entry has no such field.
        """
        from vaurien_core.model.events import Entry
        from vaurien_core.model.wire import from_json

        wanted = {"kind": "exchange", **fields}
        for name in wanted:
            if name not in Entry.__slots__:
                raise UsageError(f'unknown field "{name}",{did_you_mean(name, Entry.__slots__)}')
        found: list[Entry] = []
        while True:
            page = self._ask("GET", f"/v3/journal?since={since}&limit={_PAGE}")["entries"]
            entries = [from_json(Entry, item, "entry") for item in page]
            found += [
                e for e in entries
                if fnmatchcase(e.label, label) and all(getattr(e, k) == v for k, v in wanted.items())
            ]  # fmt: skip
            if len(entries) < _PAGE:
                return tuple(found)
            since = entries[-1].n

    def sample(self) -> Sample:
        """All counters now."""
        from vaurien_core.model.events import Sample
        from vaurien_core.model.wire import from_json

        return from_json(Sample, self._ask("GET", "/v3/sample"), "sample")

    def expect(self, expression: str) -> None:
        """Hold that `METRIC[@PROXY] OP VALUE` is true now, as `[expect]` does at the end of a run.

        Raises:
            AssertionError: it isn't; says what was found.
            ValueError: it can't be read.
        """
        from vaurien_core.profiles.expect import judge, parse_expectation

        stand = self._ask("GET", "/v3/profile")["profile"]["proxies"]
        named = {b["name"] for spec in stand for b in spec.get("behaviors", [])}
        offered = {b["name"] for b in self._ask("GET", "/v3/catalogue")["behaviors"]}
        item = parse_expectation(expression, expression, behaviors=named | offered, proxies=[*self.proxies])
        verdict = judge([item], self.sample())[0]
        if not verdict.ok:
            raise AssertionError(verdict.sentence.removeprefix(f"{item.name}: "))

    # -- inside

    def _name(self, proxy: str) -> str:
        if not proxy and self.proxies:
            return "default" if "default" in self.proxies else next(iter(self.proxies))
        if proxy in self.proxies:
            return proxy
        raise UsageError(f'unknown proxy "{proxy}",{did_you_mean(proxy, self.proxies)}')

    def _change(self, path: list[str], value: Any) -> None:
        self._ask("POST", "/v3/change", {"edits": [{"path": path, "value": value}], "author": _AUTHOR})

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        status, _, raw = call(self.control, method, quote(path, safe="/?&="), body, token=self._token)
        answer = json.loads(raw)
        if status >= 300:
            raise UsageError(description(answer) or f"{method} {path}: status {status}.")
        return answer


@contextmanager
def running(profile: str | Path | None = None, **flags: object) -> Iterator[Running]:
    """A Vaurien for a block: its proxies listen when the block begins, and are gone when it ends.

    Args:
        profile: an INI file.
        flags: options of the command line, which win over the profile's: `backend="127.0.0.1:5432"`, `seed=7`,
            `proxy="127.0.0.1:0"`, `behavior="20:delay"`, `behavior_delay_sleep="50ms"`, `journal_all=True`.

    Raises:
        ValueError: it could not start; says why.
    """
    started = Running(command_line(profile, flags))
    try:
        yield started
    finally:
        started.close()


def command_line(profile: str | Path | None, flags: Mapping[str, object]) -> list[str]:
    """The words of a command line: `journal_all=True` is `--journal-all`, `seed=7` is `--seed=7`; None is left out."""
    words = [f"--config={profile}"] if profile is not None else []
    for name, value in flags.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif isinstance(value, (Decimal, int, float, str, Path)):
            words.append(f"{flag}={str(value).lower() if value is False else value}")
        elif value is not None:
            raise TypeError(f"{name}: expected a text, a number or a yes or no, got {type(value).__name__}")
    return words
