"""A profile's file as it was opened, and the one way in which it is written."""

from __future__ import annotations

import codecs
import contextlib
import os
import stat
from dataclasses import field
from pathlib import Path

from vaurien_core.errors import Problem, ProfileError, UsageError
from vaurien_core.frozen import dataclass

MAX_BYTES = 4 << 20
"""A larger file is no profile."""


class ChangedOnDiskError(UsageError):
    """The file is not as it was when it was opened; writing would lose somebody's work."""

    code = "VA-203"


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a profile as it stands on disk.

    `opening` is the text that the session began with: a profile that means the same is written as exactly that text.
    """

    path: Path | None
    text: str
    data: bytes = b""
    """The file's bytes, to notice that it changed; b"" where there is no file."""
    bom: bool = False
    opening: str | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """For messages: the file's name."""
        return self.path.name if self.path else "profile.ini"

    @property
    def folder(self) -> Path | None:
        """Where relative names begin."""
        return self.path.parent if self.path else None


def read_document(path: Path, *, said: str = "") -> Document:
    """Read a file.

    Args:
        path: of the INI file.
        said: its name in messages; the path as given unless told.

    Raises:
        ProfileError: it is not there, not readable, not a file, too large or not UTF-8.
    """
    said = said or str(path)
    try:
        if path.is_dir():
            raise _refused(said, "expected a file, got a folder.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _refused(said, "there is no such file.") from None
    except PermissionError:
        raise _refused(said, "the file may not be read: permission denied.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _refused(said, f"the file can't be read: {reason}.") from None
    if len(data) > MAX_BYTES:
        raise _refused(said, f"expected a profile of at most {MAX_BYTES >> 20} MiB, got a larger file.")
    return Document(path, decode(data, said), data, data.startswith(codecs.BOM_UTF8))


def decode(data: bytes, said: str) -> str:
    """The text of a file, without its byte order mark.

    Raises:
        ProfileError: it is not UTF-8; names the line.
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"the byte 0x{data[error.start]:02x}"
        raise ProfileError([Problem(f"expected UTF-8 text, got {found}.", said, line)]) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ProfileError([Problem("expected text, got a zero byte.", said, line)])
    return text


def check_unchanged(document: Document) -> None:
    """Hold that the file on disk is the one that was opened (or is gone).

    Raises:
        ChangedOnDiskError: it is not.
    """
    if document.path is None:
        return
    try:
        now = document.path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(f"{document.path}: the file can't be read: {error.strerror or error}.") from None
    if now != document.data:
        raise ChangedOnDiskError(f"{document.path}: the file changed on disk since it was opened; it was not written.")


def write_file(path: Path, text: str, *, bom: bool = False) -> bytes:
    """Put `text` in the place of a file, or leave the file as it is: never something in between.

    Written beside it, read back, compared and moved over it; its mode is kept, a link is followed.

    Returns:
        The bytes as written.

    Raises:
        UsageError: it can't be written; the file is as it was.
    """
    import tempfile

    data = (codecs.BOM_UTF8 if bom else b"") + text.encode()
    target = Path(os.path.realpath(path))
    temporary = ""
    try:
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside = Path(temporary)
        beside.chmod(mode)
        if beside.read_bytes() != data:
            raise UsageError(f"{path}: what was written does not read back; the file was not replaced.")
        beside.replace(target)
    except OSError as error:
        raise UsageError(f"{path}: the file can't be written: {error.strerror or error}.") from None
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink(missing_ok=True)
    return data


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current


def _refused(said: str, message: str) -> ProfileError:
    return ProfileError([Problem(message, said)])
