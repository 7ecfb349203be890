"""INI text under edit: each step changes the lines it must and no other, and its reverse gives back the text before it.

Comments, spacing, delimiters, line ends and a missing newline at the end stay. A new section comes after a blank line;
an emptied one goes with that line, unless somebody commented it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from vaurien_core.profiles.lines import Ini, Item, Section, comment_start, scan

_HEAD = re.compile(r"(?P<head>\s*.*?(?P<before>\s*)[=:])(?P<gap>\s*)", re.DOTALL)


class Editor:
    """One text; scanned again after each change (profiles are small)."""

    def __init__(self, text: str) -> None:
        self.ini: Ini = scan(text)
        self.end = "\r\n" if self.ini.lines and self.ini.lines[0].endswith("\r\n") else "\n"

    @property
    def text(self) -> str:
        """As it stands now."""
        return "".join(self.ini.lines)

    def item(self, section: str, key: str) -> Item | None:
        """A key, if it is there."""
        return self.ini.item(section, key)

    def commented(self, item: Item) -> bool:
        """Whether somebody wrote a comment at this value, so that it should not vanish."""
        lines = self.ini.lines
        return any(comment_start(lines[i]) is not None for i in range(item.first, item.last + 1))

    # -- keys

    def put(self, section: str, key: str, text: str, *, order: Sequence[str] = (), after: Sequence[str] = ()) -> None:
        """Give a key this text: in its place, or as a new line, in a new section if need be.

        Args:
            section: its section.
            key: its name.
            text: of the value, one line.
            order: of the section's keys; a new line goes where it belongs.
            after: where a new section goes: behind the last section here that is in the text.
        """
        item = self.item(section, key)
        if item is not None:
            self._replace(item, text)
        elif section in self.ini.sections:
            self._insert(self.ini.sections[section], key, text, order)
        else:
            self._add_section(section, f"{key} = {text}".rstrip(), after)

    def drop(self, section: str, key: str) -> None:
        """Take a key out, and its section if nothing is left of it."""
        item = self.item(section, key)
        if item is None:
            return
        self._splice(item.first, item.last + 1, [])
        left = self.ini.sections[section]
        if not left.items and not self._is_commented(left):
            self.drop_section(section)

    def lines_of(self, item: Item) -> list[str]:
        """The lines of a value, as they are."""
        return self.ini.lines[item.first : item.last + 1]

    def set_lines(self, item: Item, lines: list[str]) -> None:
        """Put other lines in the place of a value's."""
        self._splice(item.first, item.last + 1, lines)

    def rename_section(self, old: str, new: str) -> None:
        """Change a section's name in its header."""
        index = self.ini.sections[old].header
        line = self.ini.lines[index]
        start, stop = line.index("["), line.rindex("]", 0, comment_start(line) or len(line))
        self._splice(index, index + 1, [f"{line[: start + 1]}{line[start + 1 : stop].replace(old, new)}{line[stop:]}"])

    # -- sections

    def drop_section(self, name: str) -> None:
        """Take a section out, with the comments among its keys and the blank line that set it apart."""
        section = self.ini.sections.get(name)
        if section is None:
            return
        start, stop = section.header, self._content_end(section)
        others = list(self.ini.sections.values())
        if section is others[0] and len(others) > 1:
            stop += 1 if stop < len(self.ini.lines) and not self.ini.lines[stop].strip() else 0
        elif start and not self.ini.lines[start - 1].strip():
            start -= 1
        self._splice(start, stop, [])

    def add_first(self, section: str, line: str) -> None:
        """A new section before all others."""
        sections = list(self.ini.sections.values())
        if not sections:
            self._add_section(section, line, ())
            return
        index = top = sections[0].header
        while top and self.ini.lines[top - 1].strip():
            top -= 1
        index = top if top else index
        self._splice(index, index, [f"[{section}]{self.end}", line + self.end, self.end])

    def _add_section(self, name: str, line: str, after: Sequence[str]) -> None:
        sections = list(self.ini.sections.values())
        anchors = [s for s in sections if s.name in after] or sections
        new = [f"[{name}]{self.end}", line + self.end]
        if not anchors:
            lead = [self.end] if self.ini.lines else []
            self._splice(len(self.ini.lines), len(self.ini.lines), [*lead, *new])
            return
        index = self._content_end(anchors[-1])
        self._splice(index, index, [self.end, *new])

    def _content_end(self, section: Section) -> int:
        """The index after a section's last line: its last key and the comments that touch it.

        Comments that touch the next header belong to that one.
        """
        lines = self.ini.lines
        index = last = max((item.last for item in section.items.values()), default=section.header) + 1
        while index < section.end and lines[index].strip():
            index += 1
        return last if index == section.end and index < len(lines) else index

    def _is_commented(self, section: Section) -> bool:
        sections = list(self.ini.sections.values())
        alone_first = section is sections[0] and len(sections) > 1  # what stands above is the file's own heading
        above = self.ini.lines[section.header - 1] if section.header and not alone_first else ""
        if comment_start(self.ini.lines[section.header]) is not None or comment_start(above) == 0:
            return True
        return self._content_end(section) > section.header + 1

    # -- lines

    def _insert(self, section: Section, key: str, text: str, order: Sequence[str]) -> None:
        items = list(section.items.values())
        rank = {name: index for index, name in enumerate(order)}
        before = [i for i in items if rank.get(i.key, -1) < rank.get(key, len(rank))] if key in rank else items
        anchor = max(before, key=lambda i: i.last, default=None)
        like = anchor or (items[0] if items else None)
        index = anchor.last + 1 if anchor else section.header + 1
        self._splice(index, index, [self._line(like, key, text)])

    def _line(self, like: Item | None, key: str, text: str) -> str:
        """A new line, spaced like another one."""
        if like is None:
            return f"{key} = {text}".rstrip() + self.end
        line = self.ini.lines[like.first]
        indent = line[: len(line) - len(line.lstrip())]
        match = _HEAD.match(line)
        assert match is not None
        delimiter = match["head"][-1]
        aligned = "\t" not in match["before"] and len(match["before"]) > 1
        before = " " if aligned else match["before"]
        gap = match["gap"].rstrip("\r\n") or (" " if before else "")
        return f"{indent}{key}{before}{delimiter}{gap}{text}".rstrip() + self.end

    def _replace(self, item: Item, text: str) -> None:
        lines = self.lines_of(item)
        filled = [i for i, line in enumerate(lines) if self._value_of(line, first=i == 0)[1]]
        where = filled[0] if filled else 0
        head, _, tail = self._value_of(lines[where], first=where == 0)
        new = f"{head}{text}{tail}"
        if not text:
            new = head.rstrip() + tail
        elif not head.endswith((" ", "\t")) and where == 0 and not filled:
            new = f"{head}{' ' if head[-2:-1].isspace() else ''}{text}{tail}"
        keep = [new if i == where else line for i, line in enumerate(lines) if i == where or i not in filled]
        self.set_lines(item, keep)

    @staticmethod
    def _value_of(line: str, *, first: bool) -> tuple[str, str, str]:
        """What stands before the value in a line, the value, and what stands behind it."""
        start = comment_start(line)
        body = line if start is None else line[:start]
        if first:
            match = _HEAD.match(body)
            assert match is not None
            head = match[0]
        else:
            head = body[: len(body) - len(body.lstrip())]
        value = body[len(head) :].rstrip()
        if not value:
            head = head.rstrip() if first else ""
            return head, "", line[len(head) :]
        return head, value, line[len(head) + len(value) :]

    def _splice(self, start: int, stop: int, new: list[str]) -> None:
        """Replace lines; a last line without an end stays one."""
        lines = self.ini.lines
        open_end = bool(lines) and not lines[-1].endswith("\n")
        result = [*lines[:start], *new, *lines[stop:]]
        if open_end:
            result = [line if line.endswith("\n") else line + self.end for line in result]
            if result:
                result[-1] = result[-1].removesuffix(self.end)
        self.ini = scan("".join(result))
