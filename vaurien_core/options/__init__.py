"""Options: declared once, used by INI, command line, HTTP, forms and manual."""

from vaurien_core.options.kinds import Kind, OptionValue
from vaurien_core.options.option import Option
from vaurien_core.options.sets import OptionSet, OptionValues, opt, values_of

__all__ = ["Kind", "Option", "OptionSet", "OptionValue", "OptionValues", "opt", "values_of"]
