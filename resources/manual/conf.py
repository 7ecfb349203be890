"""The manual: MyST pages under furo; reference pages are made from the catalogue by `_extensions/reference.py`."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_extensions"), str(HERE.parents[1])]

from vaurien_core import __version__  # noqa: E402 - the path is set above

project = "Vaurien"
author = "The Vaurien authors"
project_copyright = author
release = version = __version__
extensions = ["myst_parser", "reference"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"Vaurien {__version__}"
html_copy_source = html_show_sourcelink = False
nitpicky = True
