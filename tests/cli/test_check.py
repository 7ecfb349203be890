import argparse
from pathlib import Path

import pytest

from vaurien_core.cli import check, describe
from vaurien_core.errors import UsageError
from vaurien_core.registry import Registry

CATALOGUE = Registry.builtin().catalogue()


def run_check(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    check.configure(parser)
    return check.run(parser.parse_args(arguments))


def run_describe(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    describe.configure(parser)
    return describe.run(parser.parse_args(arguments))


def test_a_good_profile_is_said_to_be_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.ini"
    path.write_text("[vaurien]\nbehavior = 5:hang\nseed = 3\n")
    assert run_check(str(path)) == 0
    assert capsys.readouterr() == (f"{path}: 1 proxy, 1 rule, seed 3.\n", "")


def test_all_errors_are_said_at_once_with_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.ini"
    path.write_text("[vaurien]\nbehavior = 5:hagn\nseed = x\n[behavior:delay]\nsleep = -1\n")
    assert run_check(str(path)) == 2
    out, err = capsys.readouterr()
    assert [line.partition(" ")[0] for line in out.splitlines()] == [f"{path}:{n}" for n in (2, 3, 5)]
    assert err == f"{path}: 3 problems.\n"


def test_warnings_go_to_stderr_and_are_errors_when_strict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.ini"
    path.write_text("[vaurien]\nsead = 3\n")
    assert run_check(str(path)) == 0
    out, err = capsys.readouterr()
    assert "seed" in err and err.startswith("warning: ")
    assert "sead" not in out
    assert run_check(str(path), "--strict") == 2


def test_a_file_that_is_not_there_is_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_check(str(tmp_path / "no.ini")) == 2
    assert "there is no such file." in capsys.readouterr().out


@pytest.mark.parametrize("info", CATALOGUE.behaviors, ids=lambda b: b.name)
def test_every_behavior_is_described_with_all_its_options(info, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_describe("behavior", info.name) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert " ".join(info.wire.split()) in text
    for option in info.options:
        assert f" {option.name} " in text
        assert not option.choices or " | ".join(option.choices) in text


@pytest.mark.parametrize("info", CATALOGUE.protocols, ids=lambda p: p.name)
def test_every_protocol_is_described_with_its_errors(info, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_describe("protocol", info.name) == 0
    text = "".join(capsys.readouterr().out.split())  # titles are wrapped
    for error in info.errors:
        assert "".join(error.title.split()) in text
        assert run_describe("error", error.name) == 0
        assert error.wire in capsys.readouterr().out


def test_the_overview_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_describe() == 0
    text = capsys.readouterr().out
    for name in (*(b.name for b in CATALOGUE.behaviors), *(p.name for p in CATALOGUE.protocols)):
        assert f"  {name} " in text
    assert max(len(line) for line in text.splitlines()) <= 100


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("behaviour",), 'did you mean "behavior"?'),
        (("behavior", "dely"), 'did you mean "delay"?'),
        (("protocol", "htp"), 'did you mean "http"?'),
        (("error", "5033"), 'did you mean "503"?'),
    ],
)
def test_a_misspelt_name_gets_a_hint(arguments: tuple[str, ...], hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        run_describe(*arguments)
    assert hint in str(caught.value)
