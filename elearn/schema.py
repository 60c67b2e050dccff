"""Bringing the database's schema up to date, and the triggers that keep append-only tables append-only."""

import logging
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Connection, text

from elearn.extensions import Base, db
from elearn.shared.transactions import writing

# Rows of these tables are added and never changed or removed.
APPEND_ONLY = (
    "audit_events",
    "audit_seals",
    "check_responses",
    "response_events",
    "item_versions",
    "rulings",
    "mark_changes",
    "certificate_events",
    "certificates",
    "content_withdrawals",
    "erasures",
)
DOINGS = ("UPDATE", "DELETE")
# Of these the application's role on PostgreSQL may only read and add rows: an owner could drop the triggers.
ADD_AND_READ = ("audit_events", "audit_seals")
_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""


def trigger_name(table: str, doing: str) -> str:
    """The name of the trigger that refuses `doing` on `table`."""
    return f"refuse_{doing.lower()}_{table}"


def make_triggers(connection: Any) -> None:
    """Make every trigger of the list, whatever is there, on the tables that this version has."""
    if not connection.dialect.has_table(connection, "audit_events"):
        return
    postgresql = connection.dialect.name == "postgresql"
    if postgresql:
        connection.execute(text(_FUNCTION))
    for table in APPEND_ONLY:
        if not connection.dialect.has_table(connection, table):
            continue  # an earlier version does not have them all
        for doing in DOINGS:
            name = trigger_name(table, doing)
            on = f" ON {table}" if postgresql else ""
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}{on}"))
            connection.execute(text(_refusal(table, doing, name, postgresql)))


def _refusal(table: str, doing: str, name: str, postgresql: bool) -> str:
    if postgresql:
        return f"CREATE TRIGGER {name} BEFORE {doing} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    return f"CREATE TRIGGER {name} BEFORE {doing} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"


def grants(role: str) -> list[str]:
    """The SQL by which the owner of a PostgreSQL database lets a role of the application in, and no further."""
    name, tables = '"' + role.replace('"', '""') + '"', ", ".join(ADD_AND_READ)
    return [
        "BEGIN",
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"REVOKE ALL ON {tables}, alembic_version FROM {name}",
        f"GRANT SELECT, INSERT ON {tables} TO {name}",
        f"GRANT SELECT ON alembic_version TO {name}",
        "COMMIT",
    ]


def list_triggers(connection: Connection) -> set[str]:
    """The triggers that are there."""
    if connection.dialect.name == "postgresql":
        found = connection.execute(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"))
    else:
        found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
    return {row[0] for row in found}


def wanted_triggers() -> set[str]:
    """The triggers that must be there."""
    return {trigger_name(table, doing) for table in APPEND_ONLY for doing in DOINGS}


def differences(app: Flask) -> list[str]:
    """Where the models and the list of triggers differ from what the migrations make of an empty database."""
    bring_up_to_date(app)
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _is_ours})
        found = [f"models and migrations differ: {change}" for change in compare_metadata(context, Base.metadata)]
        there = list_triggers(connection)
    missing = [f"the trigger {name} is missing" for name in sorted(wanted_triggers() - there)]
    return found + missing + [f"the trigger {name} is not in the list" for name in sorted(there - wanted_triggers())]


def _is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
    return not (kind == "table" and name == "alembic_version")


def bring_up_to_date(app: Flask) -> None:
    """Run every migration that is missing."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with app.app_context(), writing():
        upgrade()
