"""A mix changed in its own lines: a weight's digits, an item taken out, an item added; the rest stays as written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vaurien_core.model.profile import Rule
from vaurien_core.profiles.lines import comment_start
from vaurien_core.profiles.mixes import mix_text, rule_text, weight_text
from vaurien_core.profiles.values import in_style

_TOKEN = re.compile(r"[^,]+")
_WEIGHT = re.compile(r"(?P<weight>[^\s:\"']+)(?P<colon>\s*:)")
_QUOTES = "\"'"


@dataclass(slots=True)
class _Item:
    """One item of the mix in its line."""

    line: int
    start: int
    stop: int
    name: str


def edit_mix(lines: list[str], rules: Sequence[Rule], current: Sequence[Rule], end: str) -> list[str]:
    """The lines of a mix with these rules.

    Args:
        lines: of the value as it is, with its key.
        rules: that it shall have.
        current: that it has.
        end: of a line.
    """
    lines = list(lines)
    kept = [rule.behavior for rule in current if any(r.behavior == rule.behavior for r in rules)]
    wanted = [rule.behavior for rule in rules]
    items = _items(lines)
    if wanted[: len(kept)] != kept or [i.name for i in items] != [r.behavior for r in current]:
        return _rewritten(lines, items, rules, end)
    by_name = {rule.behavior: rule for rule in rules}
    was = {rule.behavior: rule for rule in current}
    for item in reversed(items):
        rule = by_name.get(item.name)
        if rule is None:
            _remove(lines, item)
        elif rule.weight != was[item.name].weight:
            _reweigh(lines, item, rule)
    for rule in rules[len(kept) :]:
        _append(lines, rule, end)
    return lines


def _items(lines: Sequence[str]) -> list[_Item]:
    found = []
    for index, line in enumerate(lines):
        start = _value_start(line) if index == 0 else 0
        body = line[: comment_start(line)]
        for match in _TOKEN.finditer(body, start):
            text = match[0].strip().strip(_QUOTES).strip()
            if text:
                at = match.start() + match[0].index(text)
                found.append(_Item(index, at, at + len(text), text.rpartition(":")[2].strip()))
    return found


def _value_start(line: str) -> int:
    match = re.match(r"\s*.*?\s*[=:]\s*", line)
    assert match is not None
    return match.end()


def _reweigh(lines: list[str], item: _Item, rule: Rule) -> None:
    line = lines[item.line]
    text = line[item.start : item.stop]
    match = _WEIGHT.match(text)
    new = (
        in_style(match["weight"], weight_text(rule.weight)) + text[match.end("weight") :] if match else rule_text(rule)
    )
    lines[item.line] = line[: item.start] + new + line[item.stop :]


def _remove(lines: list[str], item: _Item) -> None:
    beside = [i for i in _items(lines) if i.line == item.line]
    at = next(index for index, other in enumerate(beside) if other.start == item.start)
    line = lines[item.line]
    if len(beside) == 1 and item.line:
        del lines[item.line]
    elif at + 1 < len(beside):
        lines[item.line] = line[: item.start] + line[beside[at + 1].start :]
    elif at:
        lines[item.line] = line[: beside[at - 1].stop] + line[item.stop :]
    else:
        head, rest = line[: item.start].rstrip(), line[item.stop :]
        lines[item.line] = head + (rest if rest.strip() else rest.lstrip(" \t"))


def _append(lines: list[str], rule: Rule, end: str) -> None:
    items = _items(lines)
    if not items:
        head = lines[0][: _value_start(lines[0])].rstrip()
        gap = " " if head[-2:-1].isspace() else ""
        lines[0] = f"{head}{gap}{rule_text(rule)}{lines[0][len(head) :]}"
        return
    last = items[-1]
    if last.line:
        line = lines[last.line]
        if not line.endswith("\n"):
            lines[last.line] = line + end
        new = line[: len(line) - len(line.lstrip())] + rule_text(rule) + (end if line.endswith("\n") else "")
        lines.insert(last.line + 1, new)
        return
    separator = lines[0][items[-2].stop : last.start] if len(items) > 1 else ", "
    lines[0] = lines[0][: last.stop] + separator + rule_text(rule) + lines[0][last.stop :]


def _rewritten(lines: list[str], items: Sequence[_Item], rules: Sequence[Rule], end: str) -> list[str]:
    """In a new order: each in a slot of the old ones if they are as many, else in the same shape."""
    if len(items) == len(rules):
        for item, rule in zip(reversed(items), reversed(rules), strict=True):
            line = lines[item.line]
            lines[item.line] = line[: item.start] + rule_text(rule) + line[item.stop :]
        return lines
    start = _value_start(lines[0])
    if items and items[-1].line:
        first = lines[items[-1].line]
        indent = first[: len(first) - len(first.lstrip())]
        head = [lines[0][:start].rstrip() + end] if items[0].line else []
        body = [f"{indent}{rule_text(rule)}{end}" for rule in rules]
        if not head:
            head, body = [lines[0][:start] + rule_text(rules[0]) + end], body[1:]
        return [*head, *body]
    comment = comment_start(lines[0])
    tail = lines[0][len(lines[0][:comment].rstrip()) :]
    return [lines[0][:start].rstrip("\r\n") + mix_text(rules) + tail]
