"""Old-style plugins: classes with blocking hooks on sockets, as the classic tool had them.

`bases` is what their authors derive from; `behaviors` and `protocols` make them into what the engine knows. Their code
runs in daemon threads of its own, on socket pairs; so a hook that blocks stalls its own connection only.
"""

from vaurien_core.legacy.plugins.behaviors import adapt_behavior, is_old_behavior
from vaurien_core.legacy.plugins.protocols import adapt_protocol, is_old_protocol

__all__ = ["adapt_behavior", "adapt_protocol", "is_old_behavior", "is_old_protocol"]
