"""What new-style plugins are made of."""

from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.model.catalogue import ErrorInfo
from vaurien_core.model.exchange import Exchange
from vaurien_core.options import OptionSet, opt
from vaurien_core.protocols.base import Framer, Piece, ProtocolType
from vaurien_core.protocols.plain import Plain

__all__ = [
    "Behavior",
    "ErrorInfo",
    "Exchange",
    "Framer",
    "Intervention",
    "OptionSet",
    "Piece",
    "Plain",
    "ProtocolType",
    "opt",
]
