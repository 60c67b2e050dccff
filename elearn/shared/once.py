"""Doing a thing once: a unique index decides, not a look before the leap."""

from sqlalchemy import literal
from sqlalchemy.dialects import postgresql, sqlite

from elearn.extensions import Base, db


def insert_once(table: type[Base], **values: object) -> bool:
    """INSERT ... ON CONFLICT DO NOTHING: true where this call added the row, false where it was there already."""
    dialect = db.session.connection().dialect.name
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    # RETURNING, not rowcount: psycopg says -1 for an INSERT that SQLAlchemy makes return its key.
    statement = insert.values(**values).on_conflict_do_nothing().returning(literal(1))
    return db.session.execute(statement).first() is not None
