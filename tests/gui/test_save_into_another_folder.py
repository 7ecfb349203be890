"""Save As into another folder: what the engine reads from beside the file is said, where that matters."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Troubles
from PySide6.QtWidgets import QApplication
from robot_journey import empty_home, window

from tests.support.robot import Robot, UnreachableError
from vaurien_core.certificates import auto_certificate

PROFILE = "[vaurien]\nproxy = 127.0.0.1:0\nbackend = 127.0.0.1:9\nprotocol = http\n"


@pytest.mark.parametrize("verify", ["authority.pem", "yes"])
async def test_the_engine_that_goes_on_with_the_old_folder_is_named_until_it_is_restarted(
    place: str, verify: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication, troubles: Troubles
) -> None:
    home = empty_home(tmp_path, monkeypatch)
    auto_certificate(folder=tmp_path / "made")
    authority = tmp_path / "made" / "ca.pem"
    robot, old, new = Robot(), home / "old", home / "new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "authority.pem").write_text(authority.read_text())
    (old / "shop.ini").write_text(f"{PROFILE}backend_tls = on\nbackend_verify = {verify}\n")
    async with window(qapp, place, troubles) as app:
        app.filing.load(old / "shop.ini")
        await app.session.settled()
        await robot.press("Ctrl+Shift+S")
        await robot.type("File name", str(new / "shop.ini"))
        await robot.sees("shop.ini")
        if verify == "yes":
            with pytest.raises(UnreachableError):
                await robot.sees("lies in another folder", within_s=0.5)
            return
        said = await robot.sees("lies in another folder")
        assert f"still reads authority.pem in {old}" in said
        await robot.click("Engine")
        await robot.click("Restart the engine")
        (old / "authority.pem").unlink()
        await app.session.settled()
        await robot.click("Start")
        await robot.sees("Clients connect to ")
