"""Addresses: which lead to which listener."""

from __future__ import annotations

import pytest

from vaurien_core.addresses import Address


@pytest.mark.parametrize(
    ("backend", "listener", "leads"),
    [
        ("localhost:80", "localhost:80", True),
        ("LOCALHOST:80", "localhost:80", True),
        ("127.0.0.1:80", "localhost:80", True),
        ("[::1]:80", "localhost:80", True),
        ("localhost:80", "127.0.0.1:80", True),
        ("localhost:80", "0.0.0.0:80", True),
        ("127.0.0.2:80", "0.0.0.0:80", True),
        ("0.0.0.0:80", "0.0.0.0:80", True),
        ("db.example:80", "db.example:80", True),
        ("unix:/run/a", "unix:/run/a", True),
        ("localhost:81", "localhost:80", False),
        ("[::1]:80", "127.0.0.1:80", False),
        ("localhost:80", "192.0.2.1:80", False),
        ("192.0.2.1:80", "localhost:80", False),
        ("db.example:80", "0.0.0.0:80", False),
        ("unix:/run/a", "unix:/run/b", False),
        ("unix:/run/a", "localhost:80", False),
    ],
)
def test_an_address_leads_to_a_listener_that_it_reaches_on_this_machine(
    backend: str, listener: str, leads: bool
) -> None:
    assert Address.parse(backend).leads_to(Address.parse(listener)) is leads
