"""What the tests of TLS share."""

from __future__ import annotations

import pytest

pytest.importorskip("trustme", reason="pip install trustme")
from tests.tls.authority import Certificates


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("pem")).write()
