"""A profile in its other forms: against golden files, read back where that is possible, and run."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from profiles_tools import REGISTRY

from vaurien_core.cli import parser
from vaurien_core.engine.local import LocalEngine
from vaurien_core.model.profile import Profile
from vaurien_core.profiles import dumps, load, loads
from vaurien_core.profiles.export import TARGETS, Source, compose, without_file
from vaurien_core.registry import Registry
from vaurien_core.resources import resource

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
SHOP = """\
[vaurien]
proxy = 127.0.0.1:8000
backend = 127.0.0.1:9000
protocol = http
behavior = 10:delay, 5:error, 3:abort
seed = 42

[behavior:delay]
sleep = 300ms

[expect]
saw faults = injected >= 1
"""
SEVERAL = """\
[vaurien]
seed = 3

[proxy:cache]
proxy = 127.0.0.1:0
backend = ${CACHE}
protocol = redis
behavior = 10:delay, 5:hang

[proxy:raw]
proxy = 127.0.0.1:8000
backend = example.com:7
behavior = 20:delay

[proxy:orders-db]
proxy = 127.0.0.1:3307
backend = 127.0.0.1:3306
protocol = mysql
behavior = 10:delay

[expect]
orders wait = delay@orders-db >= 1
"""
PROFILES = {"shop": (SHOP, "checkout flaky.ini"), "several": (SEVERAL, "several.ini")}
ENV = {"CACHE": "10.1.2.3:6379"}


def source(text: str, name: str = "p.ini") -> Source:
    return Source(loads(text, name, REGISTRY, env=ENV).profile, text, name, REGISTRY)


def rendered(text: str, key: str, name: str = "p.ini") -> str:
    return next(target for target in TARGETS if target.key == key).render(source(text, name))


@pytest.mark.parametrize("target", [t.key for t in TARGETS])
@pytest.mark.parametrize("profile", PROFILES)
def test_each_form_is_as_the_golden_file_says(profile: str, target: str) -> None:
    text = rendered(*(PROFILES[profile][0], target, PROFILES[profile][1]))
    assert text == (GOLDEN / f"{profile}.{target}").read_text()


@pytest.mark.parametrize("target", [t.key for t in TARGETS])
def test_no_form_names_the_other_program_of_the_index_or_shows_what_the_environment_held(target: str) -> None:
    for text, name in PROFILES.values():
        form = rendered(text, target, name)
        assert not re.search(r"pip install +['\"]?vaurien", form)
        assert "10.1.2.3" not in form
        assert "6379" not in form


def read_back(line: str) -> Profile:
    """What the command line's own parser makes of a line."""
    program, *words = shlex.split(line)
    assert program == "vaurien"
    return load(None, REGISTRY, env={}, flags=parser.read(words, REGISTRY).flags).profile


RULES = """\
[vaurien]
proxy = [::1]:8000
backend = db.example:3306
protocol = http
behavior = 100:pay-fails, 12.5:delay
timeout = 2.5
stay_connected = true

[behavior:pay-fails]
type = error
error = 503
match = POST /pay/*; "it's" $HOME
first = 2

[protocol:http]
overwrite_host_header = true

[control]
http = true
port = 8080, 8474

[expect]
it's seen = latency.p95 < 250ms
"""


@pytest.mark.parametrize("text", [SHOP, RULES, "[vaurien]\n"])
def test_a_line_without_a_file_means_the_same_profile(text: str) -> None:
    profile = loads(text, "p.ini", REGISTRY, env={}).profile
    line = without_file(profile, REGISTRY)
    assert line is not None
    assert read_back(line) == profile


@pytest.mark.parametrize(
    "text",
    [
        SEVERAL,
        SHOP + "none = true\n",
        SHOP.replace("[vaurien]", "[proxy:web]"),
        SHOP.replace("seed = 42", "seed = 42\nstate = down"),
        SHOP.replace("127.0.0.1:9000", "${CACHE}"),
        SHOP + "[scenario]\nphases = a\n[phase:a]\nfor = 3s\n",
    ],
)
def test_what_flags_cannot_say_needs_the_file(text: str) -> None:
    assert without_file(loads(text, "p.ini", REGISTRY, env=ENV).profile, REGISTRY) is None


@given(
    weights=st.dictionaries(st.sampled_from(["delay", "error", "abort", "hang"]), st.integers(0, 250), max_size=4),
    seed=st.none() | st.integers(0, 2**63 - 1),
    sleep=st.integers(0, 86_400_000),
    port=st.integers(0, 65535).filter(lambda port: port != 80),  # the backend's, which would be a loop
)
def test_property_line_and_ini_read_back(weights: dict[str, int], seed: int | None, sleep: int, port: int) -> None:
    mix = ", ".join(f"{weight / 10}:{name}" for name, weight in weights.items())
    text = f"[vaurien]\nproxy = localhost:{port}\nprotocol = http\nbehavior = {mix}\n"
    text += f"seed = {seed}\n" if seed is not None else ""
    profile = loads(f"{text}[behavior:delay]\nsleep = {sleep}ms\n", "p.ini", REGISTRY, env={}).profile
    line = without_file(profile, REGISTRY)
    assert line is not None
    assert read_back(line) == profile
    assert loads(dumps(profile, REGISTRY.catalogue()), "p.ini", REGISTRY, env={}).profile == profile


# --- Compose and the workflow


def test_the_container_listens_everywhere_reaches_this_machine_and_breaks_the_same(tmp_path: Path) -> None:
    for text, name in PROFILES.values():
        made = yaml.safe_load(rendered(text, "compose", name))
        service = made["services"]["vaurien"]
        (volume,) = service["volumes"]
        there, mounted, mode = volume.split(":")
        assert (there, mode) == (f"./{name}", "ro")
        (tmp_path / "mounted.ini").write_text(text)
        overlay = made["configs"]["container"]["content"].replace("$$", "$")
        assert f'extends = "{mounted}"' in overlay
        (tmp_path / "overlay.ini").write_text(overlay.replace(mounted, str(tmp_path / "mounted.ini")))
        inside = load(tmp_path / "overlay.ini", REGISTRY, env=ENV).profile
        outside = loads(text, name, REGISTRY, env=ENV).profile
        for here, within in zip(outside.proxies, inside.proxies, strict=True):
            assert (within.name, within.mix, within.behaviors) == (here.name, here.mix, here.behaviors)
            assert within.proxy.startswith("0.0.0.0:")
            assert any(p.endswith(f":{within.proxy.rpartition(':')[2]}") for p in service["ports"])
            assert not within.backend.startswith(("127.", "localhost"))
        assert (inside.seed, inside.expectations) == (outside.seed, outside.expectations)
        assert f"--config={service['configs'][0]['target']}" in service["command"]
        assert service["environment"] == ["CACHE"] if "CACHE" in text else "environment" not in service


def test_two_proxies_of_one_port_get_two_in_the_container() -> None:
    text = "".join(f"[proxy:{n}]\nproxy = 127.0.0.{n}:8000\nbackend = unix:/run/s\n" for n in (1, 2))
    service = yaml.safe_load(rendered(text, "compose"))["services"]["vaurien"]
    assert service["ports"] == ["127.0.0.1:8000:8000", "127.0.0.1:8000:8001"] or len(set(service["ports"])) == 2
    assert "/run:/run" in service["volumes"]


def test_a_profile_with_files_of_its_own_brings_its_folder() -> None:
    plain = source(SHOP, "shop.ini")
    (spec,) = plain.profile.proxies
    with_files = plain.profile.with_proxy(replace(spec, tls="terminate", certificate="tls/shop.pem"))
    made = yaml.safe_load(compose(replace(plain, profile=with_files)))
    assert made["services"]["vaurien"]["volumes"] == ["./:/profiles:ro"]
    assert 'extends = "/profiles/shop.ini"' in made["configs"]["container"]["content"]


def test_the_workflow_runs_the_headless_line() -> None:
    for text, name in PROFILES.values():
        job = yaml.safe_load(rendered(text, "workflow", name))["jobs"]["faults"]
        uses = [step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step]
        assert uses == ["actions/checkout", "actions/setup-python", "actions/upload-artifact"]
        install, line = (step["run"] for step in job["steps"] if "run" in step)
        assert "./vendor/vaurien" in install
        words = shlex.split(line)
        asked = parser.read(words[2:], REGISTRY)
        assert (words[:2], str(asked.config), asked.command[0]) == (["vaurien-gui", "--headless"], name, "pytest")
        assert job.get("env") == ({"CACHE": "${{ secrets.CACHE }}"} if "CACHE" in text else None)


def test_the_image_is_built_from_the_checkout_and_runs_vaurien() -> None:
    """The image itself is built where there is a container engine; here its recipe is held to what it needs."""
    steps: list[tuple[str, str]] = []
    for line in re.sub(r"\\\n\s*", " ", resource("deploy", "Dockerfile").read_text()).splitlines():
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            steps.append((word, rest))
    assert [word for word, _ in steps if word not in ("FROM", "COPY", "RUN", "WORKDIR", "USER", "ENTRYPOINT")] == []
    assert {rest.partition(" ")[0] for word, rest in steps if word == "FROM"} == {"python:3.12-slim"}
    copied = [rest.split() for word, rest in steps if word == "COPY" and not rest.startswith("--from")]
    sources = {name for *names, _ in copied for name in names}
    assert sources == {"pyproject.toml", "README.md", "LICENSE", "vaurien", "vaurien_core", "vaurien_gui", "resources"}
    assert all((ROOT / name).exists() for name in sources)
    assert json.loads(steps[-1][1]) == ["vaurien"]
    assert steps[-1][0] == "ENTRYPOINT"
    words = [word for word, _ in steps]
    assert words.index("USER") > len(words) - 1 - words[::-1].index("RUN")  # nothing is installed as that user
    assert not any("pip install" in rest and "/wheels/" not in rest for _, rest in steps)


# --- pytest


@pytest.mark.parametrize("protocol", REGISTRY.protocol_names)
@pytest.mark.parametrize(
    "more",
    [
        "seed = 7",
        "",
        "draw_by = ordinal\nseed = 7",
        "[scenario]\nphases = a\n[phase:a]",
        "tls = terminate\ncertificate = auto",
    ],
)
def test_every_pytest_file_is_python_and_imports_what_it_uses(protocol: str, more: str) -> None:
    text = f"[vaurien]\nprotocol = {protocol}\nbehavior = 30:delay, 20:hang\n{more}\n"
    made = rendered(text, "pytest")
    tree = ast.parse(made)
    imported = {n.name.partition(".")[0] for node in tree.body if isinstance(node, ast.Import) for n in node.names}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert imported <= used
    assert {"socket", "time", "ssl"} & used <= imported
    assert sum(isinstance(node, ast.FunctionDef) and node.name.startswith("test_") for node in tree.body) == 1


@pytest.fixture
async def backends() -> AsyncIterator[LocalEngine]:
    engine = LocalEngine(Profile((), seed=1), registry=Registry.builtin())
    yield engine
    await engine.aclose()


def run_pytest(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """In a fresh process, as somebody who was given the two files."""
    plugin = ("-p", "vaurien_core.testing.pytest_plugin", "-p", "no:cacheprovider")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(folder), *plugin, *more, str(folder)],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("protocol", REGISTRY.protocol_names)
async def test_the_pytest_file_passes_as_it_stands_and_fails_with_another_seed(
    backends: LocalEngine, protocol: str, tmp_path: Path
) -> None:
    backend = await backends.demo("backend", protocol=protocol)
    text = f"[vaurien]\nproxy = 127.0.0.1:0\nbackend = {backend}\nprotocol = {protocol}\n"
    text += "behavior = 15:delay, 15:abort, 15:blackout\nseed = 7\n[behavior:delay]\nsleep = 20ms\n"
    (tmp_path / "p.ini").write_text(text)
    (tmp_path / "test_p.py").write_text(rendered(text, "pytest"))
    ran = await asyncio.to_thread(run_pytest, tmp_path)
    assert ran.returncode == 0, ran.stdout
    if protocol not in ("mysql", "smtp"):  # which hold other things than the seed
        (tmp_path / "p.ini").write_text(text.replace("seed = 7", "seed = 8"))
        ran = await asyncio.to_thread(run_pytest, tmp_path)
        assert ran.returncode == 1, ran.stdout
