"""The forms of an answer: told each packet's first bytes and size, they know when it is over.

Source: MySQL source documentation, page_protocol_basic_response_packets, page_protocol_com_query_response,
page_protocol_com_stmt_prepare; MariaDB knowledge base, "Result Set Packets" and "Progress Reporting".
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from vaurien_core.protocols.mysql.constants import CHUNK_MAX, Answer, Cap, Status, lenenc

HEAD = 24
"""Bytes of a packet that decide what it is."""
_OK, _AUTH_MORE, _LOCAL_INFILE, _EOF, _ERR = 0x00, 0x01, 0xFB, 0xFE, 0xFF
_EOF_MAX = 9
_PROGRESS = 0xFFFF
COLUMNS_MAX = 1 << 16


class Step(Enum):
    """What a packet is to its answer."""

    ON = "the answer goes on"
    INTERIM = "passed on before the answer"
    UPLOAD = "the server asks for a file"
    END = "the answer ends with it"
    UNKNOWN = "not what may come here"


class Reply(Protocol):
    """An answer under way.

    Attributes:
        error: its error code, 0 for none.
        status: the last status flags that it told, or None.
    """

    error: int
    status: int | None

    def packet(self, size: int, head: bytes) -> Step:
        """The next packet: its payload's first bytes (24 or all) and the size of its first chunk."""
        ...


def ok_status(head: bytes) -> int | None:
    """The status flags of an OK packet."""
    try:
        _, pos = lenenc(head, 1)
        _, pos = lenenc(head, pos)
    except IndexError:
        return None
    return int.from_bytes(head[pos : pos + 2], "little") if len(head) >= pos + 2 else None


class Single:
    """One packet, whatever it is (OK, ERR, EOF, a text)."""

    __slots__ = ("error", "status")

    def __init__(self) -> None:
        self.error = 0
        self.status: int | None = None

    def packet(self, size: int, head: bytes) -> Step:
        """See `Reply`."""
        if head[:1] == b"\xff":
            return self._err(head)
        if size >= _EOF_MAX - 2 and head[:1] == b"\0":
            self.status = ok_status(head)
        return Step.END

    def _err(self, head: bytes) -> Step:
        code = int.from_bytes(head[1:3], "little")
        if code == _PROGRESS:
            return Step.INTERIM
        self.error = code
        return Step.END


class Dialogue(Single):
    """A login or COM_CHANGE_USER: packets both ways until OK or ERR."""

    __slots__ = ("_interim",)

    def __init__(self, *, interim: bool) -> None:
        super().__init__()
        self._interim = Step.INTERIM if interim else Step.ON

    def packet(self, size: int, head: bytes) -> Step:
        """See `Reply`."""
        first = head[0] if head else _AUTH_MORE
        return super().packet(size, head) if first in (_OK, _ERR) else self._interim


class _Terminated(Single):
    """What ends with EOF, or with OK in its place."""

    __slots__ = ("_caps",)

    def __init__(self, caps: int) -> None:
        super().__init__()
        self._caps = caps

    def _ends(self, size: int, head: bytes) -> bool:
        """Whether a packet among rows is the end of them."""
        if not head or head[0] != _EOF:
            return False
        if self._caps & Cap.DEPRECATE_EOF:
            if size < CHUNK_MAX:
                self.status = ok_status(head)
                return True
            return False
        if size < _EOF_MAX:
            self.status = int.from_bytes(head[3:5], "little")
            return True
        return False


class Rows(_Terminated):
    """Packets until the end (COM_STMT_FETCH, COM_FIELD_LIST)."""

    __slots__ = ()

    def packet(self, size: int, head: bytes) -> Step:
        """See `Reply`."""
        if head[:1] == b"\xff":
            return self._err(head)
        return Step.END if self._ends(size, head) else Step.ON


class Results(_Terminated):
    """One or more results: OK, ERR, a request for a file, or columns and rows."""

    __slots__ = ("_columns", "_place")

    def __init__(self, caps: int) -> None:
        super().__init__(caps)
        self._columns = 0
        self._place = self._begin

    @property
    def among_rows(self) -> bool:
        """Whether the next packet is a row, or ends them."""
        return self._place == self._row

    def packet(self, size: int, head: bytes) -> Step:
        """See `Reply`."""
        if head[:1] == b"\xff" and self._place != self._column:
            return self._err(head)
        return self._place(size, head)

    def _begin(self, size: int, head: bytes) -> Step:
        first = head[0] if head else _EOF
        metadata = True
        if self._caps & Cap.OPTIONAL_METADATA and size in (2, 4) and first in (0, 1):
            metadata = bool(first)
            head, first = head[1:], head[1]
        if first == _OK:
            self.status = ok_status(head)
            return self._over()
        if first == _LOCAL_INFILE:
            return Step.UPLOAD
        if first == _EOF and size < _EOF_MAX:
            self.status = int.from_bytes(head[3:5], "little")
            return self._over()
        try:
            count, pos = lenenc(head, 0)
        except IndexError:
            return Step.UNKNOWN
        if count > COLUMNS_MAX:
            return Step.UNKNOWN
        if self._caps & Cap.CACHE_METADATA and pos < len(head):
            metadata = bool(head[pos])
        self._columns = count if metadata else 0
        self._place = self._column if self._columns else self._behind_columns()
        return Step.ON

    def _column(self, size: int, head: bytes) -> Step:
        self._columns -= 1
        if not self._columns:
            self._place = self._behind_columns()
        return Step.ON

    def _behind_columns(self) -> Place:
        return self._row if self._caps & Cap.DEPRECATE_EOF else self._columns_end

    def _columns_end(self, size: int, head: bytes) -> Step:
        if not self._ends(size, head):
            return Step.UNKNOWN
        self._place = self._row
        return Step.END if self.status is not None and self.status & Status.CURSOR else Step.ON

    def _row(self, size: int, head: bytes) -> Step:
        return self._over() if self._ends(size, head) else Step.ON

    def _over(self) -> Step:
        if self.status is not None and self.status & Status.MORE_RESULTS:
            self._place = self._begin
            return Step.ON
        return Step.END


class Place(Protocol):
    """Where a result stands: what to do with its next packet."""

    def __call__(self, size: int, head: bytes) -> Step:
        """Judge it."""
        ...


class Prepared(_Terminated):
    """The answer to COM_STMT_PREPARE.

    Attributes:
        statement_id: what the server calls the statement; None: it refused.
    """

    __slots__ = ("_left", "statement_id")

    def __init__(self, caps: int) -> None:
        super().__init__(caps)
        self._left = -1
        self.statement_id: int | None = None

    def packet(self, size: int, head: bytes) -> Step:
        """See `Reply`."""
        if self._left < 0:
            if head[:1] == b"\xff":
                return self._err(head)
            if head[:1] != b"\0" or len(head) < 9:
                return Step.UNKNOWN
            self.statement_id = int.from_bytes(head[1:5], "little")
            columns = int.from_bytes(head[5:7], "little")
            parameters = int.from_bytes(head[7:9], "little")
            self._left = columns + parameters
            if self._caps & Cap.OPTIONAL_METADATA and len(head) > 12 and not head[12]:
                self._left = 0
            elif not self._caps & Cap.DEPRECATE_EOF:
                self._left += bool(columns) + bool(parameters)
        else:
            self._left -= 1
        return Step.END if not self._left else Step.ON


def reply_to(form: Answer, caps: int) -> Reply:
    """The answer that a command waits for."""
    if form is Answer.RESULTS:
        return Results(caps)
    if form is Answer.PREPARED:
        return Prepared(caps)
    if form is Answer.ROWS:
        return Rows(caps)
    return Dialogue(interim=True) if form is Answer.DIALOGUE else Single()
