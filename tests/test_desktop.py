"""The desktop entry says what a desktop needs, and its icon is one."""

from __future__ import annotations

import configparser
import tomllib
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
DESKTOP = ROOT / "resources" / "desktop"


def test_the_entry_starts_the_program_that_the_package_installs() -> None:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[method-assign,assignment]
    parser.read(DESKTOP / "vaurien.desktop")
    entry = parser["Desktop Entry"]
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert entry["Exec"].split()[0] in scripts
    assert entry["Categories"].endswith(";")
    assert (DESKTOP / f"{entry['Icon']}.svg").is_file()
    assert entry["StartupWMClass"] == "vaurien"


def test_the_icon_is_a_square_picture() -> None:
    root = ElementTree.parse(DESKTOP / "vaurien.svg").getroot()
    assert root.tag.endswith("svg")
    assert root.attrib["width"] == root.attrib["height"]


def test_the_notices_name_every_dependency_that_is_packed() -> None:
    notice = (DESKTOP / "NOTICE.md").read_text().lower()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["gui"]]
    names = {w.split(";")[0].split(">")[0].split("<")[0].strip().lower().removesuffix("-essentials") for w in wanted}
    assert [name for name in sorted(names) if name not in notice] == []
    assert "gnu lesser general public license" in (DESKTOP / "LGPL-3.0.txt").read_text().lower()
