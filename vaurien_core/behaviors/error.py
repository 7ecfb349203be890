"""error: answer with an error of the protocol."""

from __future__ import annotations

from typing import ClassVar

from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.behaviors.failing import ErrorOptions, check_error, error_sentence, fail, names_connect
from vaurien_core.model.catalogue import ErrorInfo, ProtocolInfo
from vaurien_core.options import OptionSet


class Error(Behavior):
    """Answers in the backend's place."""

    name: ClassVar[str] = "error"
    title: ClassVar[str] = "Error"
    summary: ClassVar[str] = "Answers with an error of the protocol"
    wire: ClassVar[str] = (
        "The request is read to its end and dropped, and the error takes its turn among the answers. With phase after, "
        "the backend gets the request, and its real answer is read to its end, dropped and replaced. On tcp the "
        "request is dropped and 1,000 random bytes come back. The connection goes on, unless the error says close."
    )
    group: ClassVar[str] = "Errors"
    needs_answer: ClassVar[bool] = True
    Options: ClassVar[type[OptionSet]] = ErrorOptions

    def begin(self, act: Intervention) -> None:
        """Fail, once warmed up."""
        options = self.options
        assert isinstance(options, ErrorOptions)
        if act.hit <= options.warmup:
            act.skip("warm-up")
        else:
            fail(act, options)

    def at_connect(self, errors: tuple[ErrorInfo, ...]) -> bool:
        """Where the named error is one of the connect phase."""
        return names_connect(self.options, errors)

    @classmethod
    def check(cls, options: OptionSet, protocol: ProtocolInfo) -> str:
        """An error that the protocol doesn't have."""
        return check_error(options, protocol)

    @classmethod
    def sentence(cls, options: OptionSet) -> str:
        """`are answered with error 503; the backend never sees them`."""
        assert isinstance(options, ErrorOptions)
        return error_sentence(options)
