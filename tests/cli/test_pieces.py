"""The parts of the command line that need no process: parser, recorder, junit, doctor."""

from __future__ import annotations

import json
import logging
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaurien_core.cli import doctor, logs
from vaurien_core.cli.junit import render
from vaurien_core.cli.main import main
from vaurien_core.cli.parser import read, split_expectation
from vaurien_core.cli.recorder import Recorder, entry_line
from vaurien_core.model.events import Entry
from vaurien_core.options import Option
from vaurien_core.profiles import Verdict, load
from vaurien_core.registry import Registry

REGISTRY = Registry.builtin()


def declared() -> list[tuple[str, str, Option]]:
    """Every registered option, with its kind and owner."""
    behaviors = [("behavior", n, o) for n in REGISTRY.behavior_names for o in REGISTRY.behavior(n).Options.describe()]
    protocols = [("protocol", n, o) for n in REGISTRY.protocol_names for o in REGISTRY.protocol(n).Options.describe()]
    return behaviors + protocols


@pytest.mark.parametrize(("kind", "name", "option"), declared(), ids=lambda v: v if isinstance(v, str) else v.name)
def test_every_declared_option_has_a_flag_that_reaches_the_profile(kind: str, name: str, option: Option) -> None:
    flag = f"--{kind}-{name}-{option.flag}"
    value = option.format(option.default) if option.default is not None else "true"
    protocol = ["--protocol", name] if kind == "protocol" else []
    asked = read([flag, value, *protocol], REGISTRY)
    assert asked.flags[f"{kind}:{name}"] == {option.name: value}
    spec = load(None, REGISTRY, flags=asked.flags).profile.proxy("default")
    values = spec.protocol_options if kind == "protocol" else spec.behavior(name).options
    assert dict(values) in ({option.name: option.parse(value)}, {})


def test_a_yes_or_no_stands_alone_or_with_a_value() -> None:
    for words, text in (([], "true"), (["false"], "false"), (["yes"], "yes")):
        asked = read(["--protocol-tcp-keep-alive", *words, "--behavior", "delay"], REGISTRY)
        assert asked.flags == {"protocol:tcp": {"keep_alive": text}, "vaurien": {"behavior": "delay"}}


def test_everything_after_two_dashes_is_the_command() -> None:
    asked = read(["--seed", "1", "--", "pytest", "--seed", "2", "--", "x"], REGISTRY)
    assert asked.command == ("pytest", "--seed", "2", "--", "x")
    assert asked.flags == {"vaurien": {"seed": "1"}}


def test_flags_win_over_the_profile(tmp_path: Path) -> None:
    (tmp_path / "p.ini").write_text(
        "[vaurien]\nproxy = 127.0.0.1:1\nseed = 1\nbehavior = delay\n[behavior:delay]\nsleep = 9\n"
    )
    asked = read(["--config", str(tmp_path / "p.ini"), "--seed", "2", "--behavior-delay-sleep", "250ms"], REGISTRY)
    profile = load(asked.config, REGISTRY, flags=asked.flags).profile
    assert profile.seed == 2
    assert dict(profile.proxy("default").behavior("delay").options)["sleep"] == 0.25
    assert profile.proxy("default").proxy == "127.0.0.1:1"


@pytest.mark.parametrize(
    ("expression", "name", "text"),
    [
        ("exchanges >= 1", "exchanges >= 1", "exchanges >= 1"),
        ("exchanges = 5", "exchanges = 5", "exchanges = 5"),
        ("orders really failed = delay@web >= 3", "orders really failed", "delay@web >= 3"),
        ("quick=latency.p95 < 250ms", "quick", "latency.p95 < 250ms"),
        ("five = exchanges = 5", "five", "exchanges = 5"),
    ],
)
def test_an_expectation_has_a_name_or_is_its_own(expression: str, name: str, text: str) -> None:
    assert split_expectation(expression) == (name, text)
    asked = read(["--proxy", "127.0.0.1:0", "--expect", expression], REGISTRY)
    assert asked.flags["expect"] == {name: text}


def entry(n: int, **fields: object) -> Entry:
    return Entry(n=n, t=n / 3, at="2026-01-01T00:00:00.000+00:00", **fields)  # type: ignore[arg-type]


def test_a_journal_line_has_every_field_and_its_options_as_an_object() -> None:
    line = json.loads(entry_line(entry(1, label="GET /é", options=(("sleep", 2.0),))))
    assert line["options"] == {"sleep": 2.0}
    assert line["t"] == 0.333333
    assert {"n", "at", "proxy", "conn", "ex", "client", "rule", "behavior", "phase", "draw"} <= line.keys()
    assert {"planned_ms", "measured_ms", "up", "down", "outcome", "kind", "label", "text"} <= line.keys()


def test_the_recorder_writes_all_and_says_what_it_dropped(tmp_path: Path) -> None:
    paths = (tmp_path / "a" / "one.jsonl", tmp_path / "two.jsonl")
    recorder = Recorder(paths, limit=10)
    for n in range(1000):
        recorder.add(entry(n))
    recorder.close()
    recorder.close()
    lines = [json.loads(line) for line in paths[0].read_text().splitlines()]
    written = [line["n"] for line in lines if "n" in line]
    assert lines[-1] == {"dropped": 1000 - len(written)}
    assert len(written) >= 10
    assert written == sorted(written)
    assert paths[1].read_text() == paths[0].read_text()


def test_a_complete_journal_has_no_last_line_about_drops(tmp_path: Path) -> None:
    recorder = Recorder([tmp_path / "j.jsonl"])
    recorder.add(entry(1))
    recorder.close()
    assert [json.loads(x)["n"] for x in (tmp_path / "j.jsonl").read_text().splitlines()] == [1]
    assert recorder.dropped == 0


@given(name=st.text(min_size=1), sentence=st.text(), failure=st.text())
def test_junit_is_well_formed_whatever_stands_in_it(name: str, sentence: str, failure: str) -> None:
    verdicts = [Verdict(name, False, "0", ">= 1", sentence), Verdict(name, True, "1", ">= 1", sentence)]
    text = render(verdicts, started="2026-01-01T00:00:00+00:00", duration_s=1.5, failure=failure)
    suite = ET.fromstring(text.encode()).find("testsuite")
    assert suite is not None
    assert suite.get("tests") == str(2 + bool(failure))
    assert suite.get("failures") == "1"
    assert suite.get("errors") == str(int(bool(failure)))


def test_the_doctor_names_the_packages_that_bring_missing_libraries() -> None:
    def load(soname: str) -> object:
        if soname in ("libxcb-cursor.so.0", "libxkbcommon-x11.so.0"):
            raise OSError(soname)
        return object()

    finding = doctor.libraries("X11", doctor.X11, load=load)
    assert finding.verdict is doctor.Verdict.FAIL
    line = "apt-get install -y --no-install-recommends libxcb-cursor0 libxkbcommon-x11-0"
    assert finding.text == f"missing; as root: {line}"
    assert doctor.libraries("X11", doctor.X11, needed=False, load=load).verdict is doctor.Verdict.NOTE
    assert doctor.libraries("X11", doctor.X11, load=lambda _: object()).verdict is doctor.Verdict.OK


@pytest.mark.parametrize(
    ("release", "name"),
    [
        ('ID=debian\nVERSION_ID="12"\n', "libglib2.0-0"),
        ('ID=debian\nVERSION_ID="13"\n', "libglib2.0-0t64"),
        ('ID=ubuntu\nVERSION_ID="24.04"\n', "libglib2.0-0t64"),
        ('ID=ubuntu\nVERSION_ID="22.04"\n', "libglib2.0-0"),
        ("", "libglib2.0-0"),
    ],
)
def test_the_doctor_knows_the_names_of_each_release(release: str, name: str) -> None:
    assert doctor.package_name("libglib2.0-0", release) == name


def test_the_doctors_table_has_a_line_per_check(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["doctor", "--core"])
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()] == [
        "vaurien", "Python", "loop", "port", "descriptors", "loss", "package",
    ]  # fmt: skip
    assert status == 0, out
    assert "\x1b" not in out


def test_the_doctor_ends_with_1_when_something_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAURIEN_PORT", "carrier-pigeon")
    assert main(["doctor", "--core"]) == 1
    assert 'expected reactor or transport, got "carrier-pigeon"' in capsys.readouterr().out


def test_the_doctor_notices_the_original_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    original = tmp_path / "vaurien-1.9.dist-info"
    original.mkdir()
    (original / "METADATA").write_text("Metadata-Version: 2.1\nName: vaurien\nVersion: 1.9\n")

    def packages() -> Sequence[str]:
        return [str(tmp_path)]

    monkeypatch.setattr(doctor, "_site_packages", packages)
    finding = doctor.package()
    assert finding.verdict is doctor.Verdict.FAIL
    assert "original vaurien 1.9" in finding.text


class _Terminal:
    def isatty(self) -> bool:
        return True


def test_colours_only_on_a_terminal_and_never_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert logs.colourful(_Terminal())  # type: ignore[arg-type]
    monkeypatch.setenv("NO_COLOR", "1")
    assert not logs.colourful(_Terminal())  # type: ignore[arg-type]
    record = logging.LogRecord("vaurien", logging.ERROR, "", 0, "broken", (), None)
    assert "\x1b" not in logs._Lines(False).format(record)
    assert logs._Lines(True).format(record).endswith("broken\x1b[0m")
