"""One tree of errors. Every one carries a sentence for the person who reads it.

Foreign exceptions are wrapped where they enter (files, sockets, JSON); what is not a
`VaurienError` is a defect of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vaurien_core.frozen import dataclass


class VaurienError(Exception):
    """Base of all; `str()` is one sentence that can be shown as it is.

    Attributes:
        code: id in the error catalogue (`VA-101`), or "".
        exit_status: what a command line ends with (design: 2 usage, 3 cannot listen, 5 internal).
    """

    code = ""
    exit_status = 5


class UsageError(VaurienError):
    """The command line, an API call or a value is wrong."""

    exit_status = 2


class OverfullError(UsageError):
    """The weights of a mix exceed 100 %."""

    code = "VA-120"


class OptionError(UsageError):
    """A value does not fit its option; `expected` and `found` are phrases for a sentence."""

    def __init__(self, option: str, expected: str, found: object) -> None:
        end = "" if str(found).endswith("?") else "."
        super().__init__(f"{option}: expected {expected}, got {found}{end}")
        self.option, self.expected, self.found = option, expected, str(found)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a profile: `profile.ini:14 [behavior:delay] sleep: expected ..., got ...`."""

    message: str
    file: str = ""
    line: int = 0
    section: str = ""
    key: str = ""
    severity: str = "error"
    """`error` or `warning`."""

    def __str__(self) -> str:
        """The sentence, with its place in front."""
        place = f"{self.file}:{self.line}" if self.file and self.line else self.file
        where = " ".join(p for p in (place, f"[{self.section}]" if self.section else "", self.key) if p)
        return f"{where}: {self.message}" if where else self.message


class ProfileError(UsageError):
    """A profile can't be used; `problems` holds all of them, in file order."""

    code = "VA-201"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(p) for p in problems))
        self.problems = tuple(problems)


class ListenError(VaurienError):
    """A listener can't be bound (VA-101 in use, VA-102 not permitted)."""

    exit_status = 3

    def __init__(self, message: str, code: str = "VA-101") -> None:
        super().__init__(message)
        self.code = code


class ConflictError(VaurienError):
    """A native write was based on a revision whose touched paths have changed since (HTTP 409)."""

    code = "VA-302"

    def __init__(self, message: str, revision: int, paths: Sequence[str], author: str) -> None:
        super().__init__(message)
        self.revision, self.paths, self.author = revision, tuple(paths), author


class EngineLostError(VaurienError):
    """A remote or child engine can't be reached any more."""

    code = "VA-301"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: ` did you mean "delay"?`, the known ones, or that none is."""
    import difflib

    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f' did you mean "{close[0]}"?'
    return f" known: {', '.join(names)}." if names else " there is none."
