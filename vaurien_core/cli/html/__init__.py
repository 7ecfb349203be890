"""report.html: one run on one page that needs nothing else, made from samples, journal and verdicts."""

from vaurien_core.cli.html.page import render
from vaurien_core.cli.html.series import Series
from vaurien_core.cli.html.tally import Tally

__all__ = ["Series", "Tally", "render"]
