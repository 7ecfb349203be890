"""Files on disk: replaced whole or not at all, never over somebody else's work."""

import os
import stat
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from profiles_tools import COMMENTED, REGISTRY, SLIDES, edited

from vaurien_core.errors import UsageError
from vaurien_core.profiles import ChangedOnDiskError, load, save
from vaurien_core.profiles import document as document_module

EDIT = {"proxies/default/mix/delay": Decimal(30)}


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def test_a_file_is_saved_with_its_mode_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    text = "\ufeff" + COMMENTED.replace("\n", "\r\n")
    path = write(tmp_path / "p.ini", text)
    path.chmod(0o640)
    loaded = load(path, REGISTRY, env={})
    new = edited(loaded.profile, EDIT)
    document = save(loaded.document, loaded.profile, new, registry=REGISTRY, env={})
    assert path.read_bytes() == text.replace("20:delay", "30:delay").encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    save(document, new, loaded.profile, registry=REGISTRY, env={})
    assert path.read_bytes() == text.encode()
    assert os.listdir(tmp_path) == ["p.ini"]


def test_undoing_gives_the_file_back_after_several_saves_and_a_new_session(tmp_path: Path) -> None:
    path = write(tmp_path / "p.ini", COMMENTED)
    first = load(path, REGISTRY, env={})
    steps = [first.profile]
    for edit in (EDIT, {"proxies/orders/behaviors/delay/sleep": 0.3}, {"seed": 7}, {"proxies/orders/enabled": False}):
        steps.append(edited(steps[-1], edit))
    document = first.document
    for old, new in pairwise(steps):
        document = save(document, old, new, registry=REGISTRY, env={})
    assert path.read_text() != COMMENTED
    again = load(path, REGISTRY, env={})
    assert again.profile == steps[-1]
    save(again.document, again.profile, first.profile, registry=REGISTRY, env={})
    assert path.read_text() == COMMENTED


def test_a_file_that_changed_on_disk_is_not_overwritten_unless_told(tmp_path: Path) -> None:
    path = write(tmp_path / "p.ini", SLIDES)
    loaded = load(path, REGISTRY, env={})
    new = edited(loaded.profile, EDIT)
    theirs = SLIDES + "\n# mine\n"
    path.write_text(theirs)
    with pytest.raises(ChangedOnDiskError, match="changed on disk"):
        save(loaded.document, loaded.profile, new, registry=REGISTRY, env={})
    assert path.read_text() == theirs
    save(loaded.document, loaded.profile, new, registry=REGISTRY, env={}, force=True)
    assert path.read_text() == SLIDES.replace("20:delay", "30:delay")


def test_a_file_that_was_deleted_is_written_again(tmp_path: Path) -> None:
    path = write(tmp_path / "p.ini", SLIDES)
    loaded = load(path, REGISTRY, env={})
    path.unlink()
    save(loaded.document, loaded.profile, edited(loaded.profile, EDIT), registry=REGISTRY, env={})
    assert path.read_text() == SLIDES.replace("20:delay", "30:delay")


@pytest.mark.parametrize("broken", ["replace", "fsync", "chmod"])
def test_a_write_that_fails_leaves_the_file_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    path = write(tmp_path / "p.ini", SLIDES)
    loaded = load(path, REGISTRY, env={})

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(document_module.os if broken == "fsync" else Path, broken, fail)
    with pytest.raises(UsageError, match="No space left on device"):
        save(loaded.document, loaded.profile, edited(loaded.profile, EDIT), registry=REGISTRY, env={})
    monkeypatch.undo()
    assert path.read_text() == SLIDES
    assert os.listdir(tmp_path) == ["p.ini"]


def test_what_does_not_read_back_does_not_replace_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "p.ini", SLIDES)
    loaded = load(path, REGISTRY, env={})
    monkeypatch.setattr(Path, "read_bytes", lambda self: loaded.document.data)
    with pytest.raises(UsageError, match="does not read back"):
        save(loaded.document, loaded.profile, edited(loaded.profile, EDIT), registry=REGISTRY, env={})
    monkeypatch.undo()
    assert path.read_text() == SLIDES


def test_a_link_is_followed(tmp_path: Path) -> None:
    real = write(tmp_path / "real.ini", SLIDES)
    link = tmp_path / "link.ini"
    link.symlink_to(real)
    loaded = load(link, REGISTRY, env={})
    save(loaded.document, loaded.profile, edited(loaded.profile, EDIT), registry=REGISTRY, env={})
    assert link.is_symlink()
    assert "30:delay" in real.read_text()


def test_save_as_leaves_the_first_file_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "p.ini", COMMENTED)
    loaded = load(path, REGISTRY, env={})
    new = edited(loaded.profile, EDIT)
    other = tmp_path / "other.ini"
    document = save(loaded.document, loaded.profile, new, other, registry=REGISTRY, env={})
    assert path.read_text() == COMMENTED
    assert other.read_text() == COMMENTED.replace("20:delay", "30:delay")
    assert document.path == other


def test_save_as_in_another_folder_keeps_what_is_extended(tmp_path: Path) -> None:
    write(tmp_path / "base.ini", SLIDES)
    path = write(tmp_path / "p.ini", "[DEFAULT]\nextends = base.ini ; shared\n[vaurien]\nseed = 1\n")
    (tmp_path / "sub").mkdir()
    loaded = load(path, REGISTRY, env={})
    other = tmp_path / "sub" / "p.ini"
    save(loaded.document, loaded.profile, edited(loaded.profile, {"seed": 2}), other, registry=REGISTRY, env={})
    assert other.read_text() == "[DEFAULT]\nextends = ../base.ini ; shared\n[vaurien]\nseed = 2\n"
    assert load(other, REGISTRY, env={}).profile.proxies == loaded.profile.proxies


def test_a_profile_without_a_file_gets_a_fresh_one(tmp_path: Path) -> None:
    profile = load(None, REGISTRY, env={}).profile
    path = tmp_path / "new.ini"
    document = save(None, profile, profile, path, registry=REGISTRY, env={})
    assert path.read_text() == "[vaurien]\nproxy = localhost:8000\nbackend = localhost:80\nprotocol = tcp\n"
    assert stat.S_IMODE(path.stat().st_mode) & 0o111 == 0
    with pytest.raises(UsageError, match="no file yet"):
        save(None, profile, profile, registry=REGISTRY)
    assert document.text == path.read_text()


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    profile = load(None, REGISTRY, env={}).profile
    with pytest.raises(UsageError, match="can't be written: No such file or directory"):
        save(None, profile, profile, tmp_path / "no" / "p.ini", registry=REGISTRY)
