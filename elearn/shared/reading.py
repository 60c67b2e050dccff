"""The fast way to read: a statement compiled once, sent to the driver on the transaction's own connection.

Building a statement, and SQLAlchemy's way to run it, cost several times what the database needs for the read itself
(design.md section 8). A `Read` is made when its module is imported and keeps, for each kind of database, the SQL and what
turns the driver's values into ours. It takes part in the session's transaction, and refuses to write where that does.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Select

from elearn.extensions import db

Convert = Callable[[Any], Any]
Value = str | int


@dataclass(frozen=True)
class Compiled:
    """A statement as one kind of database is sent it."""

    sql: str
    fixed: Mapping[str, Any]
    order: Sequence[str] | None
    conversions: tuple[tuple[int, Convert], ...]

    def parameters(self, values: Mapping[str, Value]) -> Sequence[Any] | Mapping[str, Any]:
        """The values in the shape that the driver takes: by place or by name."""
        named = {**self.fixed, **values}
        return named if self.order is None else [named[name] for name in self.order]


class Read:
    """A statement of columns, with `bindparam` for the texts and whole numbers that change."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self.statement = statement
        self._row: Any = namedtuple("Row", statement.selected_columns.keys())  # type: ignore[misc]  # noqa: PYI024
        self._compiled: dict[str, Compiled] = {}

    def __call__(self, **values: Value) -> list[Any]:
        """All rows, as named tuples. What is not flushed yet is not seen."""
        connection = db.session.connection()
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        driver: Any = connection.connection.dbapi_connection
        cursor = driver.cursor()
        parameters = compiled.parameters(values)
        for note in connection.dispatch.before_cursor_execute:  # whoever counts statements counts these too
            note(connection, cursor, compiled.sql, parameters, None, False)
        cursor.execute(compiled.sql, parameters)
        rows = cursor.fetchall()
        cursor.close()
        return [self._row(*_converted(row, compiled.conversions)) for row in rows]

    def _compile(self, dialect: Dialect) -> Compiled:
        compiled: Any = self.statement.compile(dialect=dialect)
        found = Compiled(
            sql=str(compiled),
            fixed={name: bind.value for name, bind in compiled.binds.items() if not bind.required},
            order=compiled.positiontup if compiled.positional else None,
            conversions=tuple(_conversions(self.statement, dialect)),
        )
        self._compiled[dialect.name] = found
        return found


def _conversions(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> Iterator[tuple[int, Convert]]:
    for place, column in enumerate(statement.selected_columns):
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
