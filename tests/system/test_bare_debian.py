"""`make demo` and `make test` from a fresh clone in a Debian tree that has Python, git and make, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASE = "ca-certificates,git,make,python3"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PIP_CONF = Path("/etc/pip.conf")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600), pytest.mark.xdist_group("bare")]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A minimal Debian 12, with this host's way to the network and a bare copy of the sources."""
    if os.geteuid() != 0:
        pytest.skip("needs root for chroot")
    if shutil.which("debootstrap") is None:
        pytest.skip("needs debootstrap: apt-get install debootstrap")
    root = tmp_path_factory.mktemp("bare") / "debian"
    command = ["debootstrap", "--variant=minbase", f"--include={BASE}", "bookworm", str(root)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=900)
    for name in ("resolv.conf", "hosts"):
        shutil.copy(Path("/etc", name), root / "etc" / name)
    shutil.copy(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
    if PIP_CONF.exists():
        shutil.copy(PIP_CONF, root / "etc" / "pip.conf")
    for name in ("proc", "dev"):
        subprocess.run(["mount", "--bind", f"/{name}", str(root / name)], check=True)
    try:
        subprocess.run(["git", "clone", "-q", "--bare", str(ROOT), str(root / "srv" / "vaurien.git")], check=True)
        inside(root, "useradd -m qa")
        yield root
    finally:
        for name in ("proc", "dev"):
            subprocess.run(["umount", "-l", str(root / name)], check=False)
        subprocess.run(["rm", "-rf", "--one-file-system", str(root)], check=False)


def inside(root: Path, script: str, *, network: bool = True) -> str:
    """Run a shell script in the tree, without a terminal; its output. Fails on a status that isn't 0."""
    command = [
        "env",
        "-i",
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME=/root",
        "chroot",
        str(root),
        "bash",
        "-ec",
        script,
    ]
    if not network:
        command = ["unshare", "-n", "bash", "-c", 'ip link set lo up; exec "$@"', "bash", *command]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1800, cwd="/")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def pictures(root: Path, clone: str) -> set[str]:
    return {p.name for p in (root / clone.lstrip("/") / "build" / "demo").glob("*.png")}


WANTED = {"normal.png", "faults-on.png", "all-normal.png"}
DEMO = 'set -o pipefail; cd "{0}"; make demo </dev/null 2>&1 | cat'


def test_demo_as_root_in_a_path_with_a_space(tree: Path) -> None:
    clone = "/root/my clone"
    inside(tree, f'git clone -q /srv/vaurien.git "{clone}"')
    assert "Injected" in inside(tree, DEMO.format(clone))
    assert pictures(tree, clone) == WANTED


def test_demo_as_a_user_with_a_dead_display_and_again_without_network(tree: Path) -> None:
    clone = "/home/qa/vaurien"
    inside(tree, f"git config --global --add safe.directory '*'; su qa -c 'git clone -q /srv/vaurien.git {clone}'")
    script = f"su qa -c 'export DISPLAY=:77; {DEMO.format(clone)}'"
    assert "Injected" in inside(tree, script)
    assert "Injected" in inside(tree, script, network=False)
    assert pictures(tree, clone) == WANTED


def test_the_tests_pass_as_root(tree: Path) -> None:
    inside(tree, "git clone -q /srv/vaurien.git /root/tested")
    assert " passed" in inside(tree, "set -o pipefail; cd /root/tested; make test </dev/null 2>&1 | cat")
