"""A profile that names hostile code, shown to every entrance that only reads it: no module of it is imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from vaurien_core.control import serve
from vaurien_core.engine.child import ChildEngine
from vaurien_core.engine.local import LocalEngine
from vaurien_core.errors import VaurienError
from vaurien_core.model.profile import PluginSpec, Profile, ProxySpec
from vaurien_core.model.wire import to_json
from vaurien_core.registry import Registry

NAMES = (
    "hostile_m.Evil", "hostile_m.py:Evil", "hostile_m.py", "hostile_p.inner.Evil", "hostile_p.inner", "hostile_m",
    "hostile_p/inner.py:Evil",
)  # fmt: skip
PROXY = "[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:9\n"
PLACES = {
    "callable of a behavior": PROXY + "behavior = 10:evil\n[behavior:evil]\ncallable = {0}\n",
    "callable of a protocol": PROXY + "protocol = evil\n[protocol:evil]\ncallable = {0}\n",
    "type": PROXY + "behavior = 10:evil\n[behavior:evil]\ntype = {0}\n",
    "name in a mix": PROXY + "behavior = 10:{0}\n",
    "name of a section": PROXY + "behavior = 10:{0}\n[behavior:{0}]\nsleep = 1\n",
    "protocol": PROXY + "protocol = {0}\n",
    "plugins": PROXY + "plugins = {0}\n",
    "extends": "[DEFAULT]\nextends = hostile_m.py\n" + PROXY,
    "scenario": PROXY + "[scenario]\nphases = x\n[phase:x]\nfor = 1s\n[phase:x@default]\nbehavior = 9:{0}\n",
    "expectation": PROXY + "[expect]\nx = {0} >= 1\n",
}
ONLY_RUN = ("callable of a behavior", "callable of a protocol")
"""What the command line runs on purpose, once it is told to run that profile."""


class Trap:
    """A folder of modules that leave a trace when they are imported, at the head of every search path."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.trace = folder, folder / "trace"
        code = f"import os\nopen({str(self.trace)!r}, 'a').write(__name__)\nclass Evil: name = 'evil'\n"
        (folder / "hostile_p").mkdir()
        for file in ("hostile_m.py", "hostile_p/__init__.py", "hostile_p/inner.py"):
            (folder / file).write_text(code)

    def profiles(self) -> Iterator[tuple[str, Path]]:
        for place, text in PLACES.items():
            for at, name in enumerate(NAMES):
                path = self.folder / f"{place.replace(' ', '-')}-{at}.ini"
                path.write_text(text.format(name))
                yield place, path

    def vaurien(self, *words: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(self.folder), *filter(None, [os.environ.get("PYTHONPATH", "")])])
        return subprocess.run(
            [sys.executable, *words], cwd=self.folder, env={**os.environ, "PYTHONPATH": path}, capture_output=True,
            text=True, timeout=60, check=False,
        )  # fmt: skip

    def holds(self) -> None:
        """Nothing was imported."""
        assert not self.trace.exists(), self.trace.read_text()
        assert not [name for name in sys.modules if name.startswith("hostile")]
        assert not list(self.folder.rglob("__pycache__"))


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trap]:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    made = Trap(tmp_path)
    yield made
    made.holds()


CHECKS = """
import sys
from pathlib import Path
from vaurien_core.cli.main import main
main(["doctor"])
for file in sys.argv[1:]:
    for words in (["check", file], ["check", "--strict", file], ["describe", "behavior", Path(file).stem]):
        try:
            main(words)
        except SystemExit:
            pass
assert not [name for name in sys.modules if name.startswith("hostile")]
"""


def test_check_and_describe_run_nothing_of_it_and_say_so(trap: Trap) -> None:
    files = dict.fromkeys(str(path) for _, path in trap.profiles())
    done = trap.vaurien("-c", CHECKS, *files)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "note: hostile_m.Evil was not loaded" in done.stderr


@pytest.mark.slow
def test_a_run_imports_what_callable_names_and_nothing_else(trap: Trap) -> None:
    for place, path in trap.profiles():
        if place not in ONLY_RUN and path.stem.endswith("-0"):
            done = trap.vaurien("-m", "vaurien_core.cli.main", "--config", str(path), "--duration", "10ms")
            assert "Traceback" not in done.stderr, (place, done.stderr)
            trap.holds()
    [path] = [path for place, path in trap.profiles() if place == ONLY_RUN[0] and path.stem.endswith("-0")]
    trap.vaurien("-m", "vaurien_core.cli.main", "--config", str(path), "--duration", "10ms")
    assert trap.trace.exists(), "the trap works"
    trap.trace.unlink()
    for cache in trap.folder.rglob("__pycache__"):
        for file in cache.iterdir():
            file.unlink()
        cache.rmdir()


def calls(name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every call of the control API that takes a name or a profile, with this name in each of its places."""

    def profile(**changed: Any) -> dict[str, Any]:
        spec = {**to_json(ProxySpec("web", "127.0.0.1:0", "127.0.0.1:9", "http")), **changed.pop("proxy", {})}
        return {"profile": {**to_json(Profile((), seed=1)), "proxies": [spec], **changed}}

    plugins = [to_json(PluginSpec(kind, "evil", name)) for kind in ("behavior", "protocol")]
    yield from (("PUT", "/v3/profile", profile(plugins=[plugin])) for plugin in plugins)
    for proxy in (
        {"protocol": name}, {"mix": [{"behavior": name, "weight": "5"}]}, {"tls": name}, {"backend": name},
        {"behaviors": [{"name": "evil", "type": name, "options": {}}], "mix": [{"behavior": "evil", "weight": "5"}]},
        {"behaviors": [{"name": name, "type": "", "options": {"callable": name}}]},
        {"protocol_options": {"callable": name}},
    ):  # fmt: skip
        yield "PUT", "/v3/profile", profile(proxy=proxy)
    for path, value in (
        (["plugins"], plugins), (["proxies", "web", "protocol"], name), (["proxies", "web", "mix", name], "5"),
        (["proxies", "web", "behaviors", "evil", "type"], name), (["proxies", "web", "behaviors", name, "sleep"], 1),
        (["proxies", "web", "behaviors", "evil"], {"name": "evil", "type": name, "options": {}}),
        (["proxies", "web", "behaviors", "delay", "callable"], name),
    ):  # fmt: skip
        yield "POST", "/v3/change", {"edits": [{"path": path, "value": value}]}
    yield "PUT", "/v3/proxies/web/override", {"behavior": name, "options": {}}
    yield "PUT", "/behavior", {"name": name}
    yield "PUT", "/behavior", {"name": "delay", "callable": name}
    yield "PUT", "/backend", {"backend": name}
    yield "POST", "/v3/probe", {"backend": "127.0.0.1:9", "protocol": name}
    yield "POST", "/v3/demo", {"action": "backend", "protocol": name}
    yield "POST", "/v3/demo", {"action": name}
    yield "POST", "/v3/scenario", {"action": "go", "phase": name}
    yield "POST", "/v3/save", {"file": name}


@pytest.mark.parametrize("where", ["local", "child"])
async def test_the_control_api_brings_none_of_it_into_an_engine(trap: Trap, where: str) -> None:
    profile = Profile((ProxySpec("web", "127.0.0.1:0", "127.0.0.1:9", "http"),), seed=1)
    if where == "child":
        engine: Any = await ChildEngine.launch(profile, folder=trap.folder, start_within_s=20)
        url, headers, server = engine._url, {"Authorization": f"Bearer {engine._token}"}, None
    else:
        engine = LocalEngine(profile, registry=Registry.builtin())
        server = await serve(engine)
        url, headers = server.urls[0], {}
    try:
        async with aiohttp.ClientSession(url, headers=headers) as http:
            for name in NAMES:
                for method, path, body in calls(name):
                    async with http.request(method, path, json=body) as answer:
                        text = await answer.text()
                        assert answer.status < 500, (path, body, text)
                        if "plugins" in json.dumps(body.get("edits", "")) or body.get("profile", {}).get("plugins"):
                            assert answer.status == 403, (path, body, text)
                    trap.holds()
        for plugin in (PluginSpec("behavior", "evil", NAMES[0]), PluginSpec("protocol", "evil", NAMES[1])):
            if where == "child":
                with pytest.raises(VaurienError, match="was not started with the code"):
                    await engine.apply(Profile(profile.proxies, seed=1, plugins=(plugin,)))
    finally:
        if server is not None:
            await server.aclose()
        await engine.aclose()
