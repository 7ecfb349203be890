"""`vaurien verify` as people call it: the table, the profile's faults as set up there, and the exit status."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vaurien_core.cli.main import main
from vaurien_core.model.profile import ProxySpec
from vaurien_core.profiles import loads
from vaurien_core.registry import Registry
from vaurien_core.verify import profile

PROFILE = """\
[vaurien]
seed = 9

[proxy:web]
proxy = 127.0.0.1:0
backend = 127.0.0.1:9
protocol = http
behavior = 20:slow, 5:down
toxics = wire, cut

[behavior:slow]
type = delay
sleep = 50ms

[behavior:down]
type = error
error = 503
phase = after

[toxic:wire]
type = latency
latency = 30ms
stream = both
toxicity = 0.5

[toxic:cut]
type = limit_data
bytes = 77

[behavior:off]
type = hang
"""


def verify(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vaurien_core.cli.main", "verify", *words],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_profiles_faults_are_measured_as_they_are_set_up(tmp_path: Path) -> None:
    path = tmp_path / "profile.ini"
    path.write_text(PROFILE)
    ran = verify("--config", str(path))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for line in (
        "slow@web: ok",
        "  claimed   50.0 ms before the backend sees it",
        "down@web: ok",
        "  claimed   503 on http, after the backend",
        "wire@web: ok",
        "  claimed   30 ms both ways",
        "wire@web, toxicity: ok",
        "cut@web: ok",
        "  claimed   exactly 77 B downstream, then FIN to both",
        "weights@web: ok",
    ):
        assert line in ran.stdout
    assert ran.stdout.rstrip().endswith("6 of 6 do what they claim.")
    assert "off@web" not in ran.stdout


def test_a_fault_that_is_broken_on_purpose_makes_it_fail_with_4_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "lazy.py").write_text(
        "from vaurien_core.behaviors.latency import Late, Latency\n"
        "class HalfLate(Late):\n"
        "    def received(self, data):\n"
        "        self.stream.pass_on(data, self.options.latency / 2000)\n"
        "class Lazy(Latency):\n"
        "    def toxic(self, stream):\n"
        "        return HalfLate(stream, self.options)\n"
    )
    path = tmp_path / "profile.ini"
    path.write_text(
        "[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:9\ntoxics = wire\n"
        "[behavior:latency]\ncallable = lazy.Lazy\n[toxic:wire]\ntype = latency\nlatency = 60ms\n"
    )
    ran = verify("--config", str(path), "wire")
    assert ran.returncode == 4, ran.stdout + ran.stderr
    assert "wire@default: FAIL: " in ran.stdout
    assert "60.0 ms were due: too early" in ran.stdout
    assert ran.stdout.rstrip().endswith("failed: wire@default.")


def test_what_would_take_too_long_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "profile.ini"
    path.write_text(
        "[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:9\nbehavior = 5:delay\n[behavior:delay]\nsleep = 300\n"
    )
    ran = verify("--config", str(path), "delay")
    assert ran.returncode == 0
    assert "delay@default: not here, because it would take 300.000 s, longer than 10 s" in ran.stdout


def test_an_empty_profile_and_a_wrong_name_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "latenzy"]) == 2
    assert 'vaurien: nothing to verify is called "latenzy"' in capsys.readouterr().err
    path = tmp_path / "profile.ini"
    path.write_text("[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:9\n")
    assert main(["verify", "--config", str(path)]) == 0
    assert capsys.readouterr().out == "Nothing here is faulty: there is nothing to verify.\n"
    assert main(["verify", "--seconds", "0"]) == 2


def test_the_list_names_what_would_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--list", "latency"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["latency", "latency (both)"]


def test_errors_of_a_protocol_are_measured_when_asked_for() -> None:
    ran = verify("--errors", "LOADING", "deadlock")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "redis LOADING (before): ok" in ran.stdout
    assert "-LOADING Redis is loading the dataset in memory; backend did not see the request" in ran.stdout
    assert "mysql deadlock (before): ok" in ran.stdout
    assert main(["verify", "--errors", "--config", "x.ini"]) == 2


def test_an_interrupt_ends_it_within_a_few_seconds() -> None:
    command = [sys.executable, "-m", "vaurien_core.cli.main", "verify"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("1/")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=15)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err


def test_rules_with_selectors_are_measured_without_them_and_stay_out_of_the_weights() -> None:
    text = PROFILE.replace("phase = after", "phase = after\nmatch = GET /pay*").replace("20:slow, ", "20:slow, 0:off, ")
    found = list(profile.subjects(loads(text, "p.ini", Registry.builtin()).profile, Registry.builtin()))
    down = next(s for s in found if s.name == "down@web")
    assert dict(down.options) == {"error": "503", "phase": "after"}
    weights = next(s for s in found if s.name == "weights@web")
    assert [rule.behavior for rule in weights.rules] == ["slow"]
    assert not [s for s in found if s.kind == "hang"]


def test_states_of_a_profile_are_measured() -> None:
    spec = ProxySpec("web", state="down")
    text = PROFILE.replace("protocol = http", "protocol = http\nstate = down")
    found = list(profile.subjects(loads(text, "p.ini", Registry.builtin()).profile, Registry.builtin()))
    assert [s.name for s in found if s.mount == "state"] == [f"{spec.state}@{spec.name}"]
