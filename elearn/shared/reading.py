"""The fast way to read: a statement that was made once, sent on the transaction's own connection, answered in plain rows.

Building a statement, and the ORM's way to run it, cost several times what the database needs for the read itself
(design.md section 8). So a query keeps its statement beside it, with `bindparam` for what changes.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select

from elearn.extensions import db


def read(statement: Select[Any], **values: object) -> Sequence[Row[Any]]:
    """All rows of a statement of columns, with `values` for its parameters. What is not flushed yet is not seen."""
    return db.session.connection().execute(statement, values).all()
