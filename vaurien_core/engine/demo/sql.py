"""Statements of the demo's MySQL as tokens, and values as SQL writes them. What it doesn't know is a syntax error."""

from __future__ import annotations

import re

from vaurien_core.frozen import dataclass

Value = int | float | str | None
_TOKEN = re.compile(
    r"""(?: \s+ | /\*.*?\*/ | --\s[^\n]* | \#[^\n]* )*
    (?: (?P<number> \d+(?:\.\d+)? )
      | (?P<text> '(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" )
      | (?P<word> @@[\w.]+ | [^\W\d]\w* | `[^`]*` )
      | (?P<mark> [(),=*;.+-] ) )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "Z": "\x1a", "b": "\b"}


class SqlError(Exception):
    """Answered as an error packet."""

    def __init__(self, code: int, state: str, message: str) -> None:
        super().__init__(message)
        self.code, self.state = code, state


@dataclass(frozen=True, slots=True)
class Token:
    """One word, mark or value."""

    kind: str
    """`number`, `text`, `word` or `mark`."""
    text: str
    at: int


class Tokens:
    """A statement, read from left to right."""

    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._tokens = _tokens(sql)
        self._pos = 0

    @property
    def done(self) -> bool:
        """Whether nothing but a semicolon is left."""
        return all(token.text == ";" for token in self._tokens[self._pos :])

    def next(self) -> Token:
        """The next token, whatever it is."""
        if self._pos >= len(self._tokens):
            raise self.wrong()
        self._pos += 1
        return self._tokens[self._pos - 1]

    def back(self) -> None:
        """Give the last one back."""
        self._pos -= 1

    def took(self, *words: str) -> bool:
        """Take these words or marks if they come next."""
        coming = [
            t.text.upper() for t in self._tokens[self._pos : self._pos + len(words)] if t.kind in ("word", "mark")
        ]
        if coming != list(words):
            return False
        self._pos += len(words)
        return True

    def need(self, word: str) -> None:
        """Take this word or mark."""
        if not self.took(word):
            raise self.wrong()

    def name(self) -> str:
        """Take a name; of `database.table` the last part."""
        token = self.next()
        if token.kind != "word":
            raise self.wrong(1)
        return self.name() if self.took(".") else token.text.strip("`")

    def value(self) -> Value:
        """Take a literal."""
        sign = -1 if self.took("-") else 1
        token = self.next()
        if token.kind == "number":
            return sign * (float(token.text) if "." in token.text else int(token.text))
        if sign < 0:
            raise self.wrong(1)
        if token.kind == "text":
            return _unquoted(token.text)
        words: dict[str, Value] = {"NULL": None, "TRUE": 1, "FALSE": 0}
        if token.kind == "word" and token.text.upper() in words:
            return words[token.text.upper()]
        raise self.wrong(1)

    def end(self) -> None:
        """Hold that nothing follows."""
        if not self.done:
            raise self.wrong()

    def wrong(self, back: int = 0) -> SqlError:
        """The error of a statement that can't be read (here, or `back` tokens before)."""
        self._pos -= back
        at = self._tokens[self._pos].at if self._pos < len(self._tokens) else len(self._sql)
        return SqlError(
            1064, "42000",
            "You have an error in your SQL syntax; check what the demo backend knows for the right syntax to use "
            f"near '{self._sql[at : at + 80]}' at line 1",
        )  # fmt: skip


def _tokens(sql: str) -> list[Token]:
    tokens, pos = list[Token](), 0
    while pos < len(sql):
        found = _TOKEN.match(sql, pos)
        if found is None or found.lastgroup is None:
            if sql[pos:].strip():
                tokens.append(Token("unknown", sql[pos:].strip()[:1], len(sql) - len(sql[pos:].lstrip())))
            break
        tokens.append(Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)))
        pos = found.end()
    return tokens


def _unquoted(text: str) -> str:
    quote, inner = text[0], text[1:-1].replace(text[0] * 2, text[0])
    assert quote in "'\""
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), inner, flags=re.DOTALL)
