"""The demo's MySQL behind its protocol: one table `orders` in memory, shared by all clients, with transactions.

A transaction keeps what it changed and puts it back on ROLLBACK; there are no locks and no isolation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from vaurien_core.engine.demo.sql import SqlError, Tokens, Value
from vaurien_core.frozen import dataclass

VERSION = "8.0.36-vaurien-demo"
ROWS_MAX = 10_000
COLUMNS = ("id", "item", "price", "quantity")
Row = dict[str, Value]
_START: tuple[tuple[Value, ...], ...] = ((1, "tea", 3.5, 2), (2, "cups", 12.0, 4), (3, "kettle", 39.9, 1))


@dataclass(slots=True)
class Database:
    """What all clients share."""

    orders: dict[int, Row] = field(
        default_factory=lambda: {int(row[0] or 0): dict(zip(COLUMNS, row, strict=True)) for row in _START}
    )
    last_id: int = len(_START)


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement gives: rows, or how many it changed."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Value, ...], ...] = ()
    changed: int = 0
    new_id: int = 0


class Client:
    """One client's statements.

    Attributes:
        in_transaction: BEGIN was said, or something was changed without autocommit.
    """

    def __init__(self, database: Database, number: int) -> None:
        self._database, self._number = database, number
        self.schema = "demo"
        self.autocommit = True
        self.in_transaction = False
        self._before: list[tuple[int, Row | None]] = []

    def run(self, sql: str) -> Result:
        """Run one statement.

        Raises:
            SqlError: as MySQL would answer.
        """
        tokens = Tokens(sql)
        if tokens.done:
            raise SqlError(1065, "42000", "Query was empty")
        word = tokens.next().text.upper()
        statement = _STATEMENTS.get(word)
        if statement is None:
            raise tokens.wrong(1)
        return statement(self, tokens)

    def leave(self) -> None:
        """The client is gone: what it didn't commit is undone."""
        self._end(keep=False)

    # -- transactions

    def _begin(self, tokens: Tokens) -> Result:
        self._end(keep=True)
        self.in_transaction = True
        return Result()

    def _commit(self, tokens: Tokens) -> Result:
        return self._end(keep=True)

    def _rollback(self, tokens: Tokens) -> Result:
        return self._end(keep=False)

    def _end(self, *, keep: bool) -> Result:
        for number, row in reversed([] if keep else self._before):
            if row is None:
                self._database.orders.pop(number, None)
            else:
                self._database.orders[number] = row
        self._before.clear()
        self.in_transaction = False
        return Result()

    def _put(self, number: int, row: Row | None) -> None:
        orders = self._database.orders
        if not self.autocommit:
            self.in_transaction = True
        if self.in_transaction:
            old = orders.get(number)
            self._before.append((number, dict(old) if old is not None else None))
        if row is None:
            orders.pop(number, None)
        else:
            orders[number] = row

    # -- statements

    def _select(self, tokens: Tokens) -> Result:
        names, items = list[str](), list[Callable[[Row], Value]]()
        counted = False
        while True:
            if tokens.took("*"):
                names += COLUMNS
                items += [lambda row, name=name: row.get(name) for name in COLUMNS]  # type: ignore[misc]
            elif tokens.took("COUNT", "(", "*", ")"):
                counted = True
                names.append(_alias(tokens) or "COUNT(*)")
            else:
                shown, item = self._item(tokens)
                names.append(_alias(tokens) or shown)
                items.append(item)
            if not tokens.took(","):
                break
        if tokens.done:
            if counted or names[: len(COLUMNS)] == list(COLUMNS):
                raise SqlError(1096, "HY000", "No tables used")
            return Result(tuple(names), (tuple(item({}) for item in items),))
        tokens.need("FROM")
        rows = self._found(tokens)
        if counted and items:
            raise SqlError(1140, "42000", "In aggregated query without GROUP BY, only COUNT(*) may be selected here")
        if counted:
            return Result(tuple(names), ((len(rows),),))
        return Result(tuple(names), tuple(tuple(item(row) for item in items) for row in rows))

    def _item(self, tokens: Tokens) -> tuple[str, Callable[[Row], Value]]:
        """A literal, function, variable or column: how it is called, and its value in a row."""
        token = tokens.next()
        word = token.text.upper()
        if token.kind == "word" and word.startswith("@@"):
            return token.text, lambda _: self._variable(word)
        if token.kind == "word" and tokens.took("(", ")"):
            return f"{token.text}()", lambda _: self._function(token.text)
        if token.kind == "word" and word not in ("NULL", "TRUE", "FALSE"):
            name = token.text.strip("`")
            return name, lambda row: _column(row, name)
        tokens.back()
        value = tokens.value()
        return token.text.strip("'\""), lambda _: value

    def _found(self, tokens: Tokens) -> list[Row]:
        """The rows that `table [WHERE ...] [ORDER BY ...] [LIMIT n]` names."""
        rows = self._where(tokens, self._matching(tokens))
        if tokens.took("ORDER", "BY"):
            column = tokens.name()
            rows.sort(key=lambda row: _order(_column(row, column)), reverse=tokens.took("DESC"))
        if tokens.took("LIMIT"):
            limit = tokens.value()
            rows = rows[: int(limit or 0)]
        tokens.took("FOR", "UPDATE")
        tokens.end()
        return rows

    def _matching(self, tokens: Tokens) -> list[Row]:
        table = tokens.name()
        if table.lower() != "orders":
            raise SqlError(1146, "42S02", f"Table '{self.schema}.{table}' doesn't exist")
        return list(self._database.orders.values())

    def _where(self, tokens: Tokens, rows: list[Row]) -> list[Row]:
        if tokens.took("WHERE"):
            while True:
                column = tokens.name()
                tokens.need("=")
                value = tokens.value()
                rows = [row for row in rows if str(_column(row, column)) == str(value)]
                if not tokens.took("AND"):
                    break
        return rows

    def _insert(self, tokens: Tokens) -> Result:
        tokens.need("INTO")
        self._matching(tokens)
        columns = _names(tokens) if tokens.took("(") else list(COLUMNS)
        if not tokens.took("VALUES"):
            tokens.need("VALUE")
        made = list[Row]()
        while True:
            tokens.need("(")
            made.append(dict(zip(columns, _values(tokens, len(columns)), strict=True)))
            if not tokens.took(","):
                break
        tokens.end()
        database, first = self._database, 0
        for row in made:
            number = int(row.get("id") or database.last_id + 1)
            if number in database.orders:
                raise SqlError(1062, "23000", f"Duplicate entry '{number}' for key 'orders.PRIMARY'")
            if len(database.orders) >= ROWS_MAX:
                raise SqlError(1114, "HY000", "The table 'orders' is full")
            database.last_id = max(database.last_id, number)
            self._put(number, {name: row.get(name) for name in COLUMNS} | {"id": number})
            first = first or number
        return Result(changed=len(made), new_id=first)

    def _update(self, tokens: Tokens) -> Result:
        rows = self._matching(tokens)
        tokens.need("SET")
        changes = list[tuple[str, Callable[[Row], Value]]]()
        while True:
            column = tokens.name()
            tokens.need("=")
            changes.append((column, _expression(tokens, self._item)))
            if not tokens.took(","):
                break
        found = self._where(tokens, rows)
        tokens.end()
        for row in found:
            new = dict(row)
            for column, value in changes:
                _column(row, column)
                new[column] = value(row)
            self._put(int(row["id"] or 0), new)
        return Result(changed=len(found))

    def _delete(self, tokens: Tokens) -> Result:
        tokens.need("FROM")
        found = self._where(tokens, self._matching(tokens))
        tokens.end()
        for row in found:
            self._put(int(row["id"] or 0), None)
        return Result(changed=len(found))

    def _set(self, tokens: Tokens) -> Result:
        name = tokens.name().upper()
        if name == "AUTOCOMMIT" or name == "@@AUTOCOMMIT":
            tokens.need("=")
            self.autocommit = bool(tokens.value())
            if self.autocommit:
                self._end(keep=True)
        return Result()

    def _use(self, tokens: Tokens) -> Result:
        self.schema = tokens.name()
        return Result()

    def _show(self, tokens: Tokens) -> Result:
        word = tokens.next().text.upper()
        match word:
            case "TABLES":
                return Result((f"Tables_in_{self.schema}",), (("orders",),))
            case "DATABASES" | "SCHEMAS":
                return Result(("Database",), (("demo",),))
            case "WARNINGS" | "ERRORS":
                return Result(("Level", "Code", "Message"))
            case "VARIABLES" | "STATUS" | "GLOBAL" | "SESSION":
                return Result(("Variable_name", "Value"), (("version", VERSION),))
        raise tokens.wrong(1)

    def _function(self, name: str) -> Value:
        match name.upper():
            case "VERSION":
                return VERSION
            case "DATABASE" | "SCHEMA":
                return self.schema
            case "CONNECTION_ID":
                return self._number
            case "USER" | "CURRENT_USER" | "SESSION_USER":
                return "demo@localhost"
            case "LAST_INSERT_ID":
                return self._database.last_id
        raise SqlError(1305, "42000", f"FUNCTION {self.schema}.{name} does not exist")

    def _variable(self, name: str) -> Value:
        known: dict[str, Value] = {
            "VERSION": VERSION, "AUTOCOMMIT": int(self.autocommit), "MAX_ALLOWED_PACKET": 2**20,
            "VERSION_COMMENT": "Vaurien demo", "TRANSACTION_ISOLATION": "READ-UNCOMMITTED",
            "SQL_MODE": "", "LOWER_CASE_TABLE_NAMES": 0,
        }  # fmt: skip
        short = name.removeprefix("@@").removeprefix("SESSION.").removeprefix("GLOBAL.")
        if short not in known:
            raise SqlError(1193, "HY000", f"Unknown system variable '{short.lower()}'")
        return known[short]


_STATEMENTS: dict[str, Callable[[Client, Tokens], Result]] = {
    "SELECT": Client._select, "INSERT": Client._insert, "UPDATE": Client._update, "DELETE": Client._delete,
    "BEGIN": Client._begin, "START": Client._begin, "COMMIT": Client._commit, "ROLLBACK": Client._rollback,
    "SET": Client._set, "SHOW": Client._show, "USE": Client._use,
}  # fmt: skip


def _order(value: Value) -> tuple[int, float, str]:
    """NULL first, then numbers, then texts."""
    if isinstance(value, (int, float)):
        return 1, value, ""
    return (0, 0, "") if value is None else (2, 0, value)


def _alias(tokens: Tokens) -> str:
    return tokens.name() if tokens.took("AS") else ""


def _column(row: Row, name: str) -> Value:
    if name.lower() not in COLUMNS:
        raise SqlError(1054, "42S22", f"Unknown column '{name}' in 'field list'")
    return row.get(name.lower())


def _expression(tokens: Tokens, item: Callable[[Tokens], tuple[str, Callable[[Row], Value]]]) -> Callable[[Row], Value]:
    """`value`, `column`, `column + number`, `column - number`."""
    _, read = item(tokens)
    sign = 1 if tokens.took("+") else -1 if tokens.took("-") else 0
    if not sign:
        return read
    step = tokens.value()

    def added(row: Row) -> Value:
        value = read(row)
        return value + sign * step if isinstance(value, (int, float)) and isinstance(step, (int, float)) else None

    return added


def _names(tokens: Tokens) -> list[str]:
    """`a, b)`."""
    names = [tokens.name().lower()]
    while tokens.took(","):
        names.append(tokens.name().lower())
    tokens.need(")")
    for name in names:
        _column({}, name)
    return names


def _values(tokens: Tokens, count: int) -> list[Value]:
    """`1, 'a')`."""
    values = [tokens.value()]
    while tokens.took(","):
        values.append(tokens.value())
    tokens.need(")")
    if len(values) != count:
        raise SqlError(1136, "21S01", "Column count doesn't match value count at row 1")
    return values
