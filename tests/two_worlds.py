"""Two look-alike worlds in one database: the same people doing the same things, each thing marked with its world's word.

Whatever somebody of one world is answered must not hold the other's word (A-3 to A-6).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import Column, Connection, Enum, String, Table, select, update

from elearn.accounts.invitations import Invitee, invite
from elearn.accounts.queries import get_person, viewer_of
from elearn.accounts.rules import Profession, Viewer
from elearn.certificates.actions import issue_certificate
from elearn.certificates.holder import Holder
from elearn.certificates.numbers import grouped
from elearn.cohorts.models import Cohort, Membership, RosterEntry, Teaching
from elearn.extensions import Base, db
from elearn.learning.actions import report_problem
from elearn.learning.reported import get_question_subject
from elearn.mail import actions as mail
from elearn.modules.actions import record_review
from elearn.quizzes.queries import get_attempt
from elearn.schema import make_triggers
from elearn.shared import clock
from elearn.shared.transactions import writing
from elearn.site.actions import complain
from elearn.site.rules import About
from tests.accounts.belongings import OWNERS
from tests.hostile import people_fill
from tests.kept import without_triggers
from tests.quizzes.sitting import module_of, sit, start
from tests.rows import make_row
from tests.world import World

ROLES = ("learner", "mate", "educator", "suspended")
LONG = 12
# Educators mend questions together, so they read what any learner reports about one; learners do not.
READ_BY_EDUCATORS = {"problem_reports.words", "problem_reports.answer"}
# No row of these is anybody's: who wrote an evaluation is not kept, and the others are the program's.
NOBODYS = {
    *(
        "evaluations",
        "epochs",
        "item_versions",
        "verification_tries",
        "guesses",
        "spent_challenges",
        "erasures",
        "audit_seals",
    ),
    *("content_reviews", "content_withdrawals", "rulings", "mark_changes", "merges"),
}


@dataclass
class Half:
    """One of the two worlds: its word, its people, its rows by table."""

    word: str
    people: dict[str, int] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    own: str = ""

    @property
    def secret(self) -> str:
        """What nobody else may read."""
        return f"Cn{self.word}Z{self.own}"

    @property
    def shared_with_educators(self) -> str:
        """What learners of the other world may not read."""
        return f"Ce{self.word}Z{self.own}"

    def of_learner(self) -> "Half":
        """The learner's own part: what somebody else of the same cohort may not read either."""
        people = {"learner": self.people["learner"]}
        found = Half(self.word, people, own="own")
        mine = Half(f"{self.word}-learner", people)
        for table in Base.metadata.sorted_tables:
            rows = [row for row in self.rows.get(table.name, []) if _is_of(mine, found.rows, table, row)]
            if rows:
                found.rows[table.name] = rows
        return found

    @property
    def ids(self) -> list[str]:
        """Everything of this world that an address or a form can name: keys, public ids, numbers, codes, addresses."""
        found = {
            str(row[column.name]): None
            for name, rows in self.rows.items()
            for row in rows
            for column in Base.metadata.tables[name].columns
            if names_something(column) and row[column.name] is not None
        }
        return [*found, *self.tokens]

    @property
    def unguessable(self) -> list[str]:
        """Those ids that nobody can know who was not told: where one stands in an answer, somebody tells."""
        shown = [grouped(str(row["number"])) for row in self.rows.get("certificates", [])]
        return shown + [
            str(row[column.name])
            for name, rows in self.rows.items()
            for column in Base.metadata.tables[name].columns
            if column.name in {"public_id", "number"} and name != "problem_reports"
            for row in rows
            if isinstance(row[column.name], str) and len(row[column.name]) >= LONG
        ]

    def one(self, table: str, **where: object) -> dict[str, Any]:
        """A row of this world."""
        return next(row for row in self.rows[table] if all(row[key] == value for key, value in where.items()))


def names_something(column: "Column[Any]") -> bool:
    """Whether a value of this column can stand in a request to name a row."""
    return column.name in {"public_id", "number", "email", "recipient", "digest", "join_code", "token_hash"} or (
        column.primary_key and not column.foreign_keys
    )


def counterparts(half: Half, other: Half) -> dict[str, str]:
    """What in the other world each id of this one names in its own: they are alike, row by row."""
    return {
        str(mine[column.name]): str(yours[column.name])
        for name, rows in half.rows.items()
        for mine, yours in zip(rows, other.rows.get(name, []), strict=False)
        for column in Base.metadata.tables[name].columns
        if names_something(column) and not str(mine[column.name]).isdigit()
    }


@dataclass
class TwoWorlds:
    """Both, and the application that holds them."""

    app: Flask
    a: Half
    b: Half
    administrator: int

    def viewer(self, key: int) -> Viewer:
        """Somebody as queries and actions take them."""
        with self.app.app_context():
            return viewer_of(get_person(key))


def make(app: Flask) -> TwoWorlds:
    """Fill an empty database with both."""
    with app.app_context(), writing():
        administrator = World.add_person("administrator", "Efua", "Mensah", administrator=True).id
    worlds = TwoWorlds(app, Half("amber"), Half("birch"), administrator)
    for half in (worlds.a, worlds.b):
        _live(worlds, half)
    with app.test_request_context(), writing():
        without_triggers()
        connection = db.session.connection()
        for half in (worlds.a, worlds.b):
            half.rows = rows_of(connection, half)
            _complete(connection, half)
            half.rows = rows_of(connection, half)
        for half in (worlds.a, worlds.b):
            _mark(connection, half)
            half.rows = rows_of(connection, half)
        if db.engine.dialect.name == "sqlite":
            make_triggers(connection)
    return worlds


def _live(worlds: TwoWorlds, half: Half) -> None:
    """What a cohort's people do in half a year."""
    app, world = worlds.app, World(worlds.app)
    with app.app_context(), writing():
        for role in ROLES:
            half.people[role] = world.people[role] = World.add_person(f"{half.word}-{role}", role, half.word).id
        get_person(half.people["suspended"]).active = False
        cohort = Cohort(name=half.word, module=module_of(world).slug, join_code=f"JOIN{half.word.upper()}")
        db.session.add(cohort)
        db.session.flush()
        db.session.add(RosterEntry(cohort_id=cohort.id, email=f"{half.word}-expected@example.org"))
        db.session.add(Teaching(cohort_id=cohort.id, person_id=half.people["educator"]))
        for role in ("learner", "mate"):
            db.session.add(Membership(cohort_id=cohort.id, person_id=half.people[role]))
    world.enrol("learner", *world.steps_before("certificate"))
    done, learner = sit(world, right=2, quiz="trial-phases"), world.viewer("learner")
    administrator = worlds.viewer(worlds.administrator)
    with app.app_context(), writing():
        record_review(None, module_of(world), reviewer="Dr X", role="consultant", reviewed_on=clock.today())
        holder = Holder(learner.given_names, learner.family_name, learner.registration_number)
        issue_certificate(learner, module_of(world), app.extensions["elearn.settings"], holder.digest)
    start(world, quiz="adaptive-designs")
    world.enrol("mate", *world.steps_before("quiz:trial-phases"))
    start(world, "mate", "trial-phases")
    with app.app_context(), writing():
        assert get_attempt(learner, done).paper
        report_problem(learner, get_question_subject(learner, done, 1), "The stem is cut off.", f"problem-{half.word}")
        mail.send(f"{half.word}-learner@example.org", "Planted", "A letter.", person_id=learner.id)
        invitee = Invitee(f"{half.word}-invited@example.org", "Ida", "Invited", Profession.NURSE)
        half.tokens.append(invite(administrator, invitee))
        complain(learner, app.extensions["elearn.settings"], "", About.OTHER, "It is slow.", "", "")


def rows_of(connection: Connection, half: Half) -> dict[str, list[dict[str, Any]]]:
    """The rows of one world: its people's, its cohort's, and what hangs on them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table in Base.metadata.sorted_tables:
        rows = [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
        mine = [row for row in rows if _is_of(half, found, table, row)]
        if mine:
            found[table.name] = mine
    return found


def _is_of(half: Half, found: Mapping[str, list[dict[str, Any]]], table: Table, row: Mapping[str, Any]) -> bool:
    people = set(half.people.values())
    if table.name == "people":
        return row["id"] in people
    if any(half.word in str(row.get(key, "")) for key in ("email", "name", "recipient")):
        return True
    for column in table.columns:
        value = row[column.name]
        if f"{table.name}.{column.name}" in OWNERS and value in people:
            return True
        for key in column.foreign_keys:
            there = found.get(key.column.table.name, [])
            if key.column.table.name != "item_versions" and any(value == other[key.column.name] for other in there):
                return True
    return False


def _complete(connection: Connection, half: Half) -> None:
    """A row for the learner in each table in which this world has none."""
    for table in Base.metadata.sorted_tables:
        if table.name in half.rows or table.name in NOBODYS | {"alembic_version"}:
            continue
        values = {column.name: value for column in table.columns if (value := _value(half, column)) is not None}
        half.rows[table.name] = [make_row(connection, table.name, **values)]


def _value(half: Half, column: "Column[Any]") -> Any:
    if f"{column.table.name}.{column.name}" in OWNERS:
        return half.people["learner"]
    for key in column.foreign_keys:
        rows = half.rows.get(key.column.table.name, [])
        learner = (row for row in rows if row.get("person_id", row.get("id")) == half.people["learner"])
        row = next(learner, rows[0] if rows else None)
        if row is not None:
            return row[key.column.name]
    if column.name == "credential_id":
        return f"{half.word}AAA"  # base64, as browsers name a passkey
    # A sign-in is listed for a while after it began.
    return (
        clock.now()
        if f"{column.table.name}.{column.name}" in {"sign_ins.started_at", "erasure_refusals.lifted_at"}
        else None
    )


def _mark(connection: Connection, half: Half) -> None:
    """Write the world's word into each cell that people's words come into; the learner's own say so."""
    own = half.of_learner()
    for place, column in people_fill().items():
        table = column.table
        assert isinstance(table, Table)
        word = half.shared_with_educators if place in READ_BY_EDUCATORS else half.secret
        for number, row in enumerate(half.rows.get(table.name, [])):
            if not isinstance(column.type, String) or isinstance(column.type, Enum):
                continue
            whose = f"{word}own" if row in own.rows.get(table.name, []) else word
            words = f"{whose}{number}"
            if "email" in column.name or column.name == "recipient":
                words = f"{whose}{str(row[column.name]).lower()}".lower().replace(" ", "")
            where = [key == row[key.name] for key in table.primary_key.columns]
            connection.execute(update(table).where(*where).values({column.name: words}))


def canaries(half: Half, *, for_educator: bool) -> Iterator[str]:
    """What somebody else may not be answered, in small letters."""
    yield half.secret.lower()
    if not for_educator:
        yield half.shared_with_educators.lower()
    yield from (found.lower() for found in half.unguessable)
