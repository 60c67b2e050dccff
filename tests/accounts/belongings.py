"""A row in every table for one person, with a canary in every column that can hold words."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from flask import Flask
from sqlalchemy import JSON, Column, Connection, Enum, String

from elearn.accounts.guarding import account_key
from elearn.content.structure import Module
from elearn.extensions import Base, db
from elearn.items.base import Item
from elearn.shared.personal import Register
from elearn.shared.transactions import writing
from tests.rows import make_row
from tests.world import MODULE

# Columns without a foreign key by which a row is somebody's.
OWNERS = {
    *("letters.person_id", "jobs.owner_id", "audit_events.actor_id", "rulings.ruled_by", "content_withdrawals.by"),
    "content_reviews.recorded_by",
}
ADDRESSES = {"people.email", "invitations.email", "roster_entries.email", "letters.recipient", "complaints.email"}
NOT_WORDS = {"item_versions", "epochs", "alembic_version"}


@dataclass
class Belongings:
    """What somebody has: their key, their address, the rows by table, and the canary of each column."""

    persona: str
    person_id: int = 0
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    canaries: dict[str, str] = field(default_factory=dict)

    @property
    def email(self) -> str:
        return f"cn{self.persona}mail@example.org"


def give(app: Flask, persona: str, **more: Any) -> Belongings:
    """Make a row of each table that can be somebody's for a new person. `more` sets columns by `table__column`."""
    found, numbers = Belongings(persona), count(1)
    more = {"people__active": True, "erasure_refusals__lifted_at": datetime(2026, 11, 22, tzinfo=UTC)} | more
    register: Register = app.extensions["elearn.register"]
    owned = {holding.table for holding in register.holdings if holding.whose is not None} - {"erasures"}
    with app.test_request_context(), writing():
        connection = db.session.connection()
        item = _item_version(connection, app)
        for table in sorted(Base.metadata.sorted_tables, key=lambda table: table.name != "people"):
            if table.name not in owned | {"cohorts"}:
                continue
            values = {
                column.name: value
                for column in table.columns
                if (value := _value(found, column, item, numbers, app)) is not None
            }
            values |= {key.split("__")[1]: value for key, value in more.items() if key.startswith(f"{table.name}__")}
            found.rows[table.name] = make_row(connection, table.name, **values)
            if table.name == "people":
                found.person_id = found.rows["people"]["id"]
    return found


def _value(found: Belongings, column: "Column[Any]", item: Item, numbers: "count[int]", app: Flask) -> Any:
    place = f"{column.table.name}.{column.name}"
    for key in column.foreign_keys:
        return _referred(found, place, key.column, item)
    if place in OWNERS:
        return found.person_id
    if place in ADDRESSES:
        found.canaries[place] = found.email
        return found.email
    special: dict[str, Callable[[], Any]] = {
        "guesses.account": lambda: account_key(found.email),
        "answers.item_order": lambda: list(item.natural_order()),
        "response_events.item_digest": lambda: item.digest,
        "attempts.rules": lambda: module_of(app).quizzes["trial-phases"].rules.model_dump(mode="json"),
    }
    if place in special:
        return special[place]()
    words = isinstance(column.type, String) and not isinstance(column.type, Enum)
    if not words and not isinstance(column.type, JSON):
        return None
    found.canaries[place] = f"Cn{found.persona}{next(numbers):03}Z"
    return found.canaries[place] if words else {"words": found.canaries[place]}


def _referred(found: Belongings, place: str, to: "Column[Any]", item: Item) -> Any:
    if to.table.name == "item_versions":
        return item.digest
    mine = to.table.name in found.rows and place != "merges.person_id"
    return found.rows[to.table.name][to.name] if mine else None


def module_of(app: Flask) -> Module:
    module: Module = app.extensions["elearn.catalogue"][MODULE]
    return module


def _item_version(connection: Connection, app: Flask) -> Item:
    item = next(item for item in module_of(app).quizzes["trial-phases"].items if isinstance(item, Item))
    table = Base.metadata.tables["item_versions"]
    if connection.execute(table.select().where(table.c.digest == item.digest)).first() is None:
        make_row(connection, "item_versions", digest=item.digest, content=item.model_dump(mode="json"))
    return item
