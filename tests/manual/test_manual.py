"""What the manual shows is true: profiles load, commands parse, code compiles, and its plugins do what they say."""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import vaurien
from tests.cli.runs import echo
from vaurien_core.cli import ctl
from vaurien_core.cli.parser import SUBCOMMANDS, read
from vaurien_core.model.profile import PluginSpec
from vaurien_core.plugins import load as load_plugin
from vaurien_core.profiles import load, presets
from vaurien_core.registry import Registry

ROOT = Path(__file__).parents[2]
MANUAL = ROOT / "resources" / "manual"
PAGES = [*sorted(MANUAL.glob("*.md")), ROOT / "README.md"]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_NAMED = re.compile(r"# (\w+\.py)\b")


def blocks(page: Path, kind: str) -> list[str]:
    return [text for found, text in _BLOCK.findall(page.read_text()) if found == kind]


def commands() -> list[str]:
    found = [line[2:] for page in PAGES for text in blocks(page, "console") for line in text.splitlines()]
    readme = re.findall(r"^    (vaurien(?:ctl|-gui)? .*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    return [re.sub(r"\s{2,}#.*", "", line) for line in (*found, *readme)]


def write_code(page: Path, folder: Path) -> None:
    """The modules that a page shows, as files beside the profile."""
    for text in blocks(page, "python"):
        named = _NAMED.match(text)
        if named is not None:
            (folder / named[1]).write_text(text)


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "ini")], ids=lambda p: p.name)
def test_every_profile_loads_without_a_word(page: Path, tmp_path: Path) -> None:
    write_code(page, tmp_path)
    profile = tmp_path / "profile.ini"
    for text in blocks(page, "ini"):
        if text.startswith("[preset]"):
            assert presets.reads(text, page.name, Registry.builtin()).title
            continue
        profile.write_text(text)
        registry = Registry.builtin()

        def load_code(spec: PluginSpec, registry: Registry = registry) -> None:
            load_plugin(registry, spec, tmp_path)

        loaded = load(profile, registry, load_plugins=load_code)
        assert [str(p) for p in loaded.problems] == []


@pytest.mark.parametrize("line", commands())
def test_every_command_is_one(line: str) -> None:
    program, *words = shlex.split(line)
    if program == "vaurienctl":
        ctl.parser().parse_args(words)
    elif words[0] in SUBCOMMANDS:
        asked = subprocess.run(
            [sys.executable, "-m", "vaurien_core.cli.main", words[0], "--help"],
            capture_output=True,
            timeout=30,
            check=True,
        )
        assert words[0].encode() in asked.stdout
    else:
        read([w for w in words if w != "--headless"], Registry.builtin())


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=lambda p: p.name)
def test_every_piece_of_code_compiles(page: Path) -> None:
    for text in blocks(page, "python"):
        compile(text, page.name, "exec")


def say(address: vaurien.testing.Place, data: bytes) -> bytes:
    with socket.create_connection((address.host, address.port), timeout=10) as client:
        client.sendall(data)
        try:
            return client.recv(100)
        except ConnectionResetError:
            return b"reset"


def test_the_behavior_of_the_manual_yawns(tmp_path: Path) -> None:
    page = MANUAL / "writing-a-behavior.md"
    write_code(page, tmp_path)
    profile = tmp_path / "profile.ini"
    with echo() as backend:
        text = blocks(page, "ini")[0].replace("10:yawn", "100:yawn")
        profile.write_text(text.replace("[vaurien]", f"[vaurien]\nproxy = 127.0.0.1:0\nbackend = {backend}\nseed = 1"))
        with vaurien.running(profile, behavior_yawn_nap="10ms") as proxies:
            said = {say(proxies.address(), b"wake up") for _ in range(20)}
            assert said == {b"wake up", b"reset"}
            assert {e.outcome for e in proxies.journal(behavior="yawn")} >= {"reset"}


def test_the_protocol_of_the_manual_frames_lines(tmp_path: Path) -> None:
    page = MANUAL / "writing-a-protocol.md"
    write_code(page, tmp_path)
    profile = tmp_path / "profile.ini"
    with echo() as backend:
        text = blocks(page, "ini")[0]
        profile.write_text(text.replace("[vaurien]", f"[vaurien]\nproxy = 127.0.0.1:0\nbackend = {backend}"))
        with vaurien.running(profile, journal_all=True) as proxies:
            assert say(proxies.address(), b"HELLO\nWORLD\n")
            assert [(e.label, e.up) for e in proxies.journal()] == [("shout", 6), ("shout", 6)]


@pytest.mark.slow
def test_it_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="make docs installs it")
    build = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(MANUAL), str(tmp_path)]
    made = subprocess.run(build, capture_output=True, text=True, timeout=300, check=False)
    assert made.returncode == 0, made.stderr
    assert "Protocols and their errors" in (tmp_path / "reference-protocols.html").read_text()
