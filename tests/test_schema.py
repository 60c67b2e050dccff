"""The schema on both databases: what migrations make is what models say, and the database keeps its own promises."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import CheckConstraint, Connection, Enum, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

from elearn import cli, schema
from elearn.extensions import Base, db
from elearn.quizzes.rules import AttemptState
from elearn.schema import APPEND_ONLY, bring_up_to_date, differences, list_triggers, make_triggers, wanted_triggers
from elearn.shared.transactions import writing
from tests.fresh import fresh_app, only_sqlite
from tests.rows import TABLES, count_of, make_row

MIGRATIONS = Path(schema.__file__).parent / "migrations"


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Iterator[str]:
    """An empty database of this test's own."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    address = make_url(request.getfixturevalue("postgresql_url"))
    name = f"{address.database}_empty"
    owner = create_engine(address, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield address.set(database=name).render_as_string(hide_password=False)
    with owner.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    owner.dispose()


@pytest.fixture
def empty_app(empty_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application before any migration."""
    with fresh_app(tmp_path, empty_url) as app:
        yield app


@pytest.fixture
def connection(app: Flask) -> Iterator[Connection]:
    """A connection that may write, whose work is undone."""
    with app.app_context(), writing():
        yield db.session.connection()
        db.session.rollback()


def refused(connection: Connection, match: str) -> Any:
    """Expect the database to refuse what follows, and go on with the transaction after it."""
    return _Refused(connection, match)


class _Refused:
    def __init__(self, connection: Connection, match: str) -> None:
        self.savepoint, self.raises = connection.begin_nested(), pytest.raises(DBAPIError, match=match)

    def __enter__(self) -> None:
        self.raises.__enter__()

    def __exit__(self, *error: object) -> bool:
        found = self.raises.__exit__(*error)  # type: ignore[arg-type]
        self.savepoint.rollback()
        return bool(found)


# -- models and migrations -------------------------------------------------------------------------------------------


def test_migrations_make_what_models_say(app: Flask) -> None:
    assert differences(app) == []


def test_an_empty_database_goes_up_down_and_up_again(empty_app: Flask) -> None:
    for _ in range(2):
        bring_up_to_date(empty_app)
        assert differences(empty_app) == []
        with empty_app.app_context(), writing():
            downgrade(revision="base")
        with empty_app.app_context(), db.engine.connect() as connection:
            assert set(inspect(connection).get_table_names()) == {"alembic_version"}
            assert list_triggers(connection) == set()


def test_differences_are_found(empty_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_up_to_date(empty_app)
    monkeypatch.setattr(schema, "make_triggers", lambda _connection: None)
    with empty_app.app_context(), writing():
        connection = db.session.connection()
        table = " ON certificates" if connection.dialect.name == "postgresql" else ""
        connection.execute(text(f"DROP TRIGGER refuse_update_certificates{table}"))
        connection.execute(text("ALTER TABLE cohorts ADD COLUMN planted INTEGER"))
        connection.execute(text("DROP INDEX uq_attempts_one_open"))
    found = " ".join(differences(empty_app))
    for planted in ("refuse_update_certificates is missing", "planted", "uq_attempts_one_open"):
        assert planted in found


def test_a_trigger_that_is_not_in_the_list_is_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "APPEND_ONLY", APPEND_ONLY[1:])
    found = differences(app)
    assert found == [
        f"the trigger refuse_{doing}_{APPEND_ONLY[0]} is not in the list" for doing in ("delete", "update")
    ]


def test_the_command_exits_0_where_nothing_differs_and_1_where_something_does(monkeypatch: pytest.MonkeyPatch) -> None:
    good = CliRunner().invoke(cli.main, ["db", "check"])
    assert (good.exit_code, good.output) == (0, "0 differences between models, migrations and triggers\n")
    monkeypatch.setattr(cli, "differences", lambda _app: ["the trigger x is missing"])
    bad = CliRunner().invoke(cli.main, ["db", "check"])
    assert bad.exit_code == 1
    assert "the trigger x is missing" in bad.output


# -- append-only tables ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_rows_are_added_and_never_changed_or_removed(connection: Connection, table: str) -> None:
    make_row(connection, table)
    column = list(TABLES[table].columns)[-1].name
    with refused(connection, "append-only"):
        connection.execute(text(f"UPDATE {table} SET {column} = {column}"))
    with refused(connection, "append-only"):
        connection.execute(text(f"DELETE FROM {table}"))
    make_row(connection, table)
    assert count_of(connection, table) == 2


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_a_row_is_not_replaced_either(connection: Connection, table: str) -> None:
    row = make_row(connection, table)
    names = ", ".join(row)
    if connection.dialect.name == "sqlite":
        replace = f"INSERT OR REPLACE INTO {table} ({names}) SELECT {names} FROM {table}"
    else:
        key = next(iter(TABLES[table].primary_key)).name
        replace = f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({key}) DO UPDATE SET {key} = excluded.{key}"
    with refused(connection, "append-only"):
        connection.execute(text(replace))


def test_the_list_names_every_table_that_is_a_record(app: Flask) -> None:
    """A table whose description says that its rows are never changed is in the list, and no other."""
    promised = {
        mapper.local_table.name  # type: ignore[attr-defined]
        for mapper in Base.registry.mappers
        if any(words in (mapper.class_.__doc__ or "") for words in ("never changed", "frozen", "immutable"))
    }
    assert promised <= set(APPEND_ONLY)
    assert promised >= {"certificates", "certificate_events", "response_events", "item_versions", "check_responses"}


BATCH = '''
"""planted"""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None
def upgrade() -> None:
    {doing}
def downgrade() -> None:
    pass
'''


def plant(folder: Path, doing: str) -> str:
    """A copy of our migrations with one more."""
    shutil.copytree(MIGRATIONS, folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    head = max(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    (folder / "migrations/versions/9999_planted.py").write_text(BATCH.format(head=head, doing=doing))
    return str(folder / "migrations")


@only_sqlite
@pytest.mark.parametrize("table", ["certificates", "people", "item_versions"])
def test_a_batch_change_loses_no_row_and_no_trigger(empty_app: Flask, tmp_path: Path, table: str) -> None:
    bring_up_to_date(empty_app)
    with empty_app.app_context(), writing():
        for name in (*APPEND_ONLY, "sign_ins", "certificate_holders"):
            make_row(db.session.connection(), name)
    doing = (
        f"with op.batch_alter_table('{table}', recreate='always') as batch:\n"
        "        batch.add_column(sa.Column('planted', sa.Integer()))"
    )
    with empty_app.app_context(), db.engine.connect() as connection:
        before = {name: count_of(connection, name) for name in TABLES}
    with empty_app.app_context(), writing():
        upgrade(directory=plant(tmp_path, doing))
    with empty_app.app_context(), db.engine.connect() as connection:
        assert "planted" in {column["name"] for column in inspect(connection).get_columns(table)}
        assert {name: count_of(connection, name) for name in TABLES} == before
        assert list_triggers(connection) == wanted_triggers()
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


@only_sqlite
def test_a_batch_change_drops_triggers_silently(connection: Connection) -> None:
    """Why they are made again after every run: this is what happens otherwise."""
    connection.execute(text("CREATE TABLE other AS SELECT * FROM audit_events"))
    connection.execute(text("DROP TABLE audit_events"))
    connection.execute(text("ALTER TABLE other RENAME TO audit_events"))
    assert wanted_triggers() - list_triggers(connection) == {
        "refuse_update_audit_events",
        "refuse_delete_audit_events",
    }
    make_triggers(connection)
    assert list_triggers(connection) == wanted_triggers()


def test_a_migration_that_leaves_rows_referring_to_nothing_is_undone(empty_app: Flask, tmp_path: Path) -> None:
    bring_up_to_date(empty_app)
    with empty_app.app_context(), writing():
        make_row(db.session.connection(), "enrolments")
    folder = plant(tmp_path, "op.execute('DELETE FROM people')")
    with empty_app.app_context(), pytest.raises((SystemExit, IntegrityError)), writing():
        upgrade(directory=folder)
    with empty_app.app_context(), db.engine.connect() as connection:
        assert count_of(connection, "people") == 1
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) != "9999"


# -- once means a unique index ---------------------------------------------------------------------------------------

UNIQUE = [
    ("enrolments", ("person_id", "module", "cycle")),
    ("completions", ("enrolment_id", "step")),
    ("attempts", ("enrolment_id", "quiz", "number")),
    ("attempts", ("public_id",)),
    ("certificates", ("enrolment_id", "edition")),
    ("certificates", ("number",)),
    ("memberships", ("cohort_id", "person_id")),
    ("teachings", ("cohort_id", "person_id")),
    ("roster_entries", ("cohort_id", "email")),
    ("cohorts", ("join_code",)),
    ("cohorts", ("public_id",)),
    ("item_versions", ("digest",)),
    ("response_events", ("attempt_id", "sequence")),
    ("answers", ("attempt_id", "position")),
    ("people", ("email",)),
    ("people", ("public_id",)),
    ("people", ("fs_uniquifier",)),
    ("sign_ins", ("token_hash",)),
    ("jobs", ("public_id",)),
    ("problem_reports", ("public_id",)),
    ("content_reviews", ("module", "version", "reviewer")),
    ("reflections", ("enrolment_id",)),
    ("certificate_holders", ("certificate_id",)),
    ("certificate_documents", ("certificate_id",)),
]


@pytest.mark.parametrize(("table", "columns"), UNIQUE)
def test_a_thing_that_is_there_once_cannot_be_there_twice(
    connection: Connection, table: str, columns: tuple[str, ...]
) -> None:
    # Submitted attempts, so that only the index in question can bite.
    rest = {"state": AttemptState.SUBMITTED} if table == "attempts" else {}
    first = make_row(connection, table, **rest)
    same = {name: first[name] for name in columns}
    with refused(connection, "(?i)unique"):
        make_row(connection, table, **rest, **same)
    for left_out in columns:
        others = {name: value for name, value in same.items() if name != left_out}
        if others:
            make_row(connection, table, **rest, **others)


@pytest.mark.parametrize(("table", "columns"), UNIQUE)
def test_the_database_knows_it_by_name(connection: Connection, table: str, columns: tuple[str, ...]) -> None:
    looked = inspect(connection)
    found = {tuple(looked.get_pk_constraint(table)["constrained_columns"])}
    found |= {tuple(constraint["column_names"]) for constraint in looked.get_unique_constraints(table)}
    assert columns in found


def test_one_attempt_is_open_at_a_time(connection: Connection) -> None:
    first = make_row(connection, "attempts", state=AttemptState.OPEN)
    place = {"enrolment_id": first["enrolment_id"], "quiz": first["quiz"]}
    with refused(connection, "(?i)unique"):
        make_row(connection, "attempts", state=AttemptState.OPEN, **place)
    make_row(connection, "attempts", state=AttemptState.SUBMITTED, **place)
    make_row(connection, "attempts", state=AttemptState.SUBMITTED, **place)
    make_row(connection, "attempts", state=AttemptState.OPEN, enrolment_id=first["enrolment_id"])
    connection.execute(text(f"UPDATE attempts SET state = 'submitted' WHERE id = {first['id']}"))
    make_row(connection, "attempts", state=AttemptState.OPEN, **place)


# -- columns and names -----------------------------------------------------------------------------------------------


def test_enums_are_kept_as_their_words(connection: Connection) -> None:
    enums = [
        (table.name, column.name)
        for table in TABLES.values()
        for column in table.columns
        if isinstance(column.type, Enum)
    ]
    assert len(enums) >= 4
    looked = inspect(connection)
    for table, name in enums:
        kept = next(column["type"] for column in looked.get_columns(table) if column["name"] == name)
        assert str(kept).startswith("VARCHAR"), (table, name)
        enum = TABLES[table].columns[name].type
        make_row(connection, table, **{name: enum.enum_class(enum.enums[0])})  # type: ignore[attr-defined]
        word = connection.scalar(text(f"SELECT {name} FROM {table} WHERE {name} IS NOT NULL LIMIT 1"))
        enum = TABLES[table].columns[name].type
        assert word in enum.enums  # type: ignore[attr-defined]
        assert word == word.lower()
    if connection.dialect.name == "postgresql":
        assert connection.scalar(text("SELECT count(*) FROM pg_type WHERE typtype = 'e'")) == 0


def test_every_constraint_and_index_has_the_name_that_the_models_give_it(connection: Connection) -> None:
    looked = inspect(connection)
    for table in TABLES.values():
        there = {looked.get_pk_constraint(table.name)["name"]}
        there |= {found["name"] for found in looked.get_unique_constraints(table.name)}
        there |= {found["name"] for found in looked.get_foreign_keys(table.name)}
        there |= {found["name"] for found in looked.get_indexes(table.name)}
        wanted = {c.name for c in table.constraints if not isinstance(c, CheckConstraint)}
        wanted |= {index.name for index in table.indexes}
        assert None not in there | wanted, table.name
        assert {str(name) for name in wanted} == {str(name) for name in there}, table.name


def test_foreign_keys_point_downwards(app: Flask) -> None:
    """A table refers to its own feature or to a lower one (design.md section 2)."""
    order = [
        "audit",
        "jobs",
        "mail",
        "accounts",
        "modules",
        "cohorts",
        "quizzes",
        "certificates",
        "learning",
        "reports",
        "site",
    ]
    feature_of = {
        mapper.local_table.name: mapper.class_.__module__.split(".")[1]  # type: ignore[attr-defined]
        for mapper in Base.registry.mappers
    }
    for table in TABLES.values():
        for key in table.foreign_keys:
            assert order.index(feature_of[key.column.table.name]) <= order.index(feature_of[table.name])
