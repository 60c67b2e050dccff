"""The rows of every table, and a way back to them: a world is made once, and what happens in it hides nothing that follows."""

from typing import Any

from flask import Flask
from sqlalchemy import select

from elearn.extensions import Base, db
from elearn.shared.transactions import writing
from tests.conftest import start_empty


class Kept:
    """All rows as they are when this is made."""

    def __init__(self, app: Flask) -> None:
        self.app, self.rows = app, rows_of(app)

    def put_back(self) -> None:
        """Make the database as it was, unless it is still so."""
        if rows_of(self.app) == self.rows:
            return
        start_empty(self.app)
        with self.app.test_request_context(), writing():
            connection = db.session.connection()
            for name, rows in self.rows.items():
                for row in rows:
                    there = {column: value for column, value in row.items() if value is not None}
                    connection.execute(Base.metadata.tables[name].insert().values(**there))


def rows_of(app: Flask) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, in the order in which they may be inserted."""
    with app.app_context():
        return {
            table.name: [dict(row) for row in db.session.execute(select(table).order_by(*table.primary_key)).mappings()]
            for table in Base.metadata.sorted_tables
        }
