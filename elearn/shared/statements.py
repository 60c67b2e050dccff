"""The fast way to the database: a statement compiled once, sent to the driver on the transaction's own connection.

Building a statement, and SQLAlchemy's way to run it, cost several times what the database needs for the work itself
(design.md section 8). A `Read` or `Write` is made when its module is imported and keeps, for each kind of database, the
SQL and what turns our values into the driver's and back. It takes part in the session's transaction, and a write is
refused where that reads only.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Insert, Select, Update

from elearn.extensions import db
from elearn.shared.transactions import take_write_lock

Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Compiled:
    """A statement as one kind of database is sent it."""

    sql: str
    fixed: Mapping[str, Any]
    made: Mapping[str, Callable[[None], Any]]
    order: Sequence[str] | None
    bindings: Mapping[str, Convert]
    conversions: tuple[tuple[int, Convert], ...]

    def parameters(self, values: Mapping[str, Any]) -> Sequence[Any] | Mapping[str, Any]:
        """The values as the driver takes them: converted, and by place or by name."""
        named = {**self.fixed, **values}
        for name, make in self.made.items():
            named[name] = make(None)
        for name, convert in self.bindings.items():
            named[name] = convert(named[name])
        return named if self.order is None else [named[name] for name in self.order]


class Statement:
    """What reading and writing share."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | Insert | Update) -> None:
        self.statement = statement
        self._compiled: dict[str, Compiled] = {}

    def _execute(self, values: Mapping[str, Any]) -> tuple[Any, Compiled]:
        connection = db.session.connection()
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        driver: Any = connection.connection.dbapi_connection
        cursor = driver.cursor()
        parameters = compiled.parameters(values)
        for note in connection.dispatch.before_cursor_execute:  # whoever counts statements counts these too
            note(connection, cursor, compiled.sql, parameters, None, False)
        cursor.execute(compiled.sql, parameters)
        return cursor, compiled

    def _compile(self, dialect: Dialect) -> Compiled:
        compiled: Any = self.statement.compile(dialect=dialect)
        columns = self.statement.selected_columns if isinstance(self.statement, Select) else ()
        defaults = compiled.insert_prefetch  # columns that our models fill where nobody gives a value
        found = Compiled(
            sql=str(compiled),
            fixed={name: bind.value for name, bind in compiled.binds.items() if not bind.required}
            | {column.key: column.default.arg for column in defaults if column.default.is_scalar},
            made={column.key: column.default.arg for column in defaults if column.default.is_callable},
            order=compiled.positiontup if compiled.positional else None,
            bindings=dict(_bindings(compiled, dialect)),
            conversions=tuple(_conversions(columns, dialect)),
        )
        self._compiled[dialect.name] = found
        return found


class Read(Statement):
    """A SELECT of columns, with `bindparam` for what changes."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        super().__init__(statement)
        self._row: Any = namedtuple("Row", statement.selected_columns.keys())  # type: ignore[misc]  # noqa: PYI024

    def __call__(self, **values: object) -> list[Any]:
        """All rows, as named tuples. What is not flushed yet is not seen."""
        cursor, compiled = self._execute(values)
        rows = cursor.fetchall()
        cursor.close()
        return [self._row(*_converted(row, compiled.conversions)) for row in rows]


class Write(Statement):
    """An INSERT or UPDATE that returns nothing, with `bindparam` for what changes."""

    def __init__(self, statement: Insert | Update) -> None:
        super().__init__(statement.inline() if isinstance(statement, Insert) else statement)

    def __call__(self, **values: object) -> int:
        """How many rows it touched. Rows that the session has loaded already are not told."""
        take_write_lock(db.session.connection())
        cursor, _ = self._execute(values)
        count: int = cursor.rowcount
        cursor.close()
        return count


def _bindings(compiled: Any, dialect: Dialect) -> Iterator[tuple[str, Convert]]:
    for name, bind in compiled.binds.items():
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            yield name, convert


def _conversions(columns: Any, dialect: Dialect) -> Iterator[tuple[int, Convert]]:
    for place, column in enumerate(columns):
        convert = column.type.dialect_impl(dialect).result_processor(dialect, None)
        if convert is not None:
            yield place, convert


def _converted(row: Sequence[Any], conversions: Sequence[tuple[int, Convert]]) -> Sequence[Any]:
    if not conversions:
        return row
    values = list(row)
    for place, convert in conversions:
        values[place] = convert(values[place])
    return values
