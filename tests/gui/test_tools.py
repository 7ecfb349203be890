"""The Tools menu, the log's tab, and the mix shaped as a whole."""

from __future__ import annotations

import logging
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from vaurien_core.model.profile import ProxySpec
from vaurien_gui.models.log_lines import KEPT, LogLines
from vaurien_gui.models.mix_model import MixModel
from vaurien_gui.presenters.client_settings import client_settings

WEIGHTS = st.lists(st.integers(0, 400).map(lambda n: Decimal(n) / 10), min_size=1, max_size=6)


@given(WEIGHTS)
def test_solo_and_split_keep_the_share_of_faults_and_touch_no_normal_traffic(weights: list[Decimal]) -> None:
    model = MixModel.of((f"row {n}", weight) for n, weight in enumerate(weights))
    alone = model.solo("row 0")
    assert alone.total == min(model.total, Decimal(100))
    assert not model.total or alone.weight("row 0") == alone.total
    even = [weight for _, weight in model.split().weights if weight]
    assert sum(even) == min(model.total, Decimal(100))
    assert len(even) == sum(1 for weight in weights if weight)
    assert not even or max(even) - min(even) <= Decimal("0.1")


def test_rules_with_selectors_are_left_alone() -> None:
    model = MixModel.of([("delay", Decimal(10)), ("rule", Decimal(50)), ("hang", Decimal(20))], ["rule"])
    assert dict(model.solo("hang").weights) == {"delay": 0, "rule": 50, "hang": 30}
    assert dict(model.split().weights) == {"delay": 15, "rule": 50, "hang": 15}
    assert model.solo("rule") == model


def test_client_settings_name_the_address_that_is_bound() -> None:
    mysql = ProxySpec("db", proxy="0.0.0.0:0", protocol="mysql")
    web = ProxySpec("web", proxy="[::1]:8000", protocol="http", tls="terminate")
    text = client_settings([(mysql, "0.0.0.0:3307"), (web, "")])
    assert "export MYSQL_HOST=127.0.0.1 MYSQL_TCP_PORT=3307" in text
    assert "https://[::1]:8000/" in text
    assert "does not listen now" in text
    assert client_settings([]) == "There is no proxy."


def test_the_log_keeps_its_newest_lines_and_leaves_the_level_as_it_was() -> None:
    ours = logging.getLogger("vaurien")
    before = ours.level
    lines = LogLines()
    lines.listen()
    try:
        for n in range(KEPT + 5):
            logging.getLogger("vaurien.test").info("line %d", n)
        logging.getLogger("vaurien.test").warning("two\nlines")
        assert lines.take()
        assert not lines.take()
    finally:
        lines.close()
    assert ours.level == before
    assert lines.rowCount() == KEPT
    texts = lines.text.splitlines()
    assert texts[-1].endswith("WARNING  vaurien.test  lines")
    assert texts[-2].endswith("WARNING  vaurien.test  two")
    assert "line 7" in texts[0]
