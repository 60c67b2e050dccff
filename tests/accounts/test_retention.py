"""Retention: everything whose day has come goes, nothing goes early, and it is told (trust.md D-7)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from elearn.accounts import retaining
from elearn.accounts.erasing import JOB
from elearn.accounts.erasing_rules import ERASED_NAME
from elearn.accounts.models import Person
from elearn.accounts.queries import get_person
from elearn.accounts.tasks import CHORES
from elearn.audit import actions as audit
from elearn.audit.models import AuditEvent
from elearn.config import Settings
from elearn.extensions import Base, db
from elearn.learning.models import Evaluation
from elearn.shared import clock
from elearn.shared.personal import KeptFor, Register
from elearn.shared.transactions import writing
from tests.certificates.awarding import changed_settings
from tests.page import PageClient
from tests.rows import TABLES, make_row
from tests.world import World

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
# table, moment, days by default, what the row is besides, and what is emptied where the row stays
PERIODS = [
    ("sign_ins", "started_at", 90, {}, ()),
    ("letters", "ended_at", 90, {"state": "sent"}, ()),
    ("jobs", "due_at", 30, {"state": "done"}, ()),
    ("jobs", "due_at", 30, {"state": "failed"}, ()),
    ("roster_entries", "added_at", 365, {}, ()),
    ("invitations", "expires_at", 30, {}, ()),
    ("guesses", "at", 1, {}, ()),
    ("verification_tries", "at", 1, {}, ()),
    ("spent_challenges", "spent_at", 1, {}, ()),
    ("problem_reports", "changed_at", 730, {"words": "words of a person", "answer": "an answer"}, ("words", "answer")),
    ("complaints", "closed_at", 2192, {}, ()),
]


@pytest.fixture
def at_night() -> Iterator[None]:
    """The clock, held when retention runs."""
    with clock.frozen_at(NOW):
        yield


def retain(app: Flask, **settings: int) -> dict[str, int]:
    with app.test_request_context(), changed_settings(app, **settings):
        return dict(retaining.retain(app.extensions["elearn.settings"], NOW))


def rows_of(app: Flask, table: str) -> list[dict[str, Any]]:
    with app.app_context():
        found = TABLES[table]
        rows = [dict(row._mapping) for row in db.session.execute(select(found).order_by(*found.primary_key.columns))]
    return [row for row in rows if row.get("kind") != JOB]  # the cleaning, which retention asks for


def test_the_table_of_periods_is_whole(sqlite_app: Flask) -> None:
    register: Register = sqlite_app.extensions["elearn.register"]
    by_days = {(h.table, h.retain.column) for h in register.holdings if isinstance(h.retain, KeptFor)}
    assert by_days == {(table, column) for table, column, *_ in PERIODS}


@pytest.mark.usefixtures("at_night")
@pytest.mark.parametrize(("table", "column", "days", "values", "emptied"), PERIODS)
def test_a_row_goes_on_its_day_and_not_before(
    app: Flask, table: str, column: str, days: int, values: dict[str, Any], emptied: tuple[str, ...]
) -> None:
    day = NOW - timedelta(days=days)
    with app.app_context(), writing():
        connection = db.session.connection()
        for moment in (day - SECOND, day, day + SECOND, NOW):
            make_row(connection, table, **{**values, column: moment})
    counts = retain(app)
    assert counts[table] == 2
    left = rows_of(app, table)
    if emptied:
        assert [[row[name] == "" for name in emptied] for row in left] == [[True, True]] * 2 + [[False, False]] * 2
    else:
        assert [row[column] for row in left] == [day + SECOND, NOW]
    assert retain(app)[table] == 0


@pytest.mark.usefixtures("at_night")
@pytest.mark.parametrize(("table", "values"), [("jobs", {"state": "waiting"}), ("letters", {"state": "waiting"})])
def test_what_is_not_over_stays_however_old_it_is(app: Flask, table: str, values: dict[str, str]) -> None:
    moment = {"jobs": "due_at", "letters": "ended_at"}[table]
    with app.app_context(), writing():
        make_row(db.session.connection(), table, **values, **{moment: NOW - timedelta(days=3000)})
    retain(app)
    assert len(rows_of(app, table)) == 1


@pytest.mark.usefixtures("at_night")
def test_an_open_complaint_stays(app: Flask) -> None:
    with app.app_context(), writing():
        make_row(db.session.connection(), "complaints", made_at=NOW - timedelta(days=3000))
    retain(app)
    assert len(rows_of(app, "complaints")) == 1


@pytest.mark.usefixtures("at_night")
def test_the_words_of_evaluations_go_when_the_whole_month_is_past(app: Flask) -> None:
    with app.app_context(), writing():
        for month in ("2024-10", "2024-11", "2026-11"):
            make_row(db.session.connection(), "evaluations", month=month, comment="c", bias_seen="b")
    assert retain(app)["evaluations"] == 1
    with app.app_context():
        found = db.session.execute(select(Evaluation.month, Evaluation.comment).order_by(Evaluation.month)).all()
    assert [tuple(row) for row in found] == [("2024-10", ""), ("2024-11", "c"), ("2026-11", "c")]


def erased(app: Flask) -> set[int]:
    with app.app_context():
        return set(db.session.scalars(select(Person.id).where(Person.family_name == ERASED_NAME)))


@pytest.mark.usefixtures("at_night")
def test_accounts_that_nobody_confirmed_go_on_their_day_unless_something_was_begun(app: Flask) -> None:
    day, people = NOW - timedelta(days=90), {}
    with app.app_context(), writing():
        connection = db.session.connection()
        cases: dict[str, dict[str, Any]] = {
            "due": {"created_at": day},
            "early": {"created_at": day + SECOND},
            "confirmed": {"created_at": day, "confirmed_at": NOW},
            "administrator": {"created_at": day, "administrator": True},
            "started": {"created_at": day},
            "teaches": {"created_at": day},
            "corrected": {"created_at": day},
        }
        for name, values in cases.items():
            people[name] = make_row(connection, "people", active=True, **values)["id"]
        make_row(connection, "enrolments", person_id=people["started"])
        make_row(connection, "teachings", person_id=people["teaches"])
        # An administrator has given a new address to an account that was somebody's.
        audit.record("e-mail changed", f"person:{people['corrected']}", people["administrator"])
    assert retain(app)["unconfirmed accounts"] == 1
    assert erased(app) == {people["due"]}
    assert retain(app)["unconfirmed accounts"] == 0


@pytest.mark.usefixtures("at_night")
def test_idle_accounts_go_only_where_the_setting_says_so(app: Flask) -> None:
    day, people = NOW - timedelta(days=2557), {}
    with app.app_context(), writing():
        connection = db.session.connection()
        cases: dict[str, dict[str, Any]] = {
            "due": {"last_signed_in_at": day},
            "early": {"last_signed_in_at": day + SECOND},
            "never": {"last_signed_in_at": None, "created_at": day},
            "administrator": {"last_signed_in_at": day, "administrator": True},
        }
        for name, values in cases.items():
            people[name] = make_row(connection, "people", active=True, confirmed_at=day, **values)["id"]
    assert retain(app)["idle accounts"] == 0
    assert erased(app) == set()
    assert retain(app, idle_kept_days=2557)["idle accounts"] == 2
    assert erased(app) == {people["due"], people["never"]}


@pytest.mark.usefixtures("at_night")
def test_a_period_of_nothing_keeps_for_ever(app: Flask) -> None:
    with app.app_context(), writing():
        make_row(db.session.connection(), "roster_entries", added_at=datetime(2000, 1, 1, tzinfo=UTC))
    assert retain(app, roster_kept_days=0)["roster_entries"] == 0


def test_signing_in_is_remembered_after_its_row_is_gone(app: Flask, world: World, client: PageClient) -> None:
    world.sign_in(client, "learner")
    with app.app_context():
        seen = get_person(world.people["learner"]).last_signed_in_at
    assert seen is not None
    assert clock.now() - seen < timedelta(minutes=5)


def test_it_is_done_once_a_day_and_told(app: Flask, world: World, client: PageClient) -> None:
    assert retaining.retain_daily in CHORES
    world.sign_in(client, "administrator")
    page = client.get("/admin/data-protection/").get_data(as_text=True)
    assert "Retention has not been done yet" in page
    with app.app_context(), writing():
        make_row(db.session.connection(), "roster_entries", added_at=datetime(2020, 1, 1, tzinfo=UTC))
    for hour in (0, 1, 26):
        with clock.frozen_at(NOW + timedelta(hours=hour)), app.app_context():
            retaining.retain_daily()
    with app.app_context():
        events = list(
            db.session.scalars(select(AuditEvent).where(AuditEvent.kind == retaining.KIND).order_by(AuditEvent.id))
        )
        assert [event.at for event in events] == [NOW, NOW + timedelta(hours=26)]
        assert events[0].detail == {"roster_entries": 1}
    page = client.get("/admin/data-protection/").get_data(as_text=True)
    assert "Nothing was old enough" in page
    assert "Kept for 90 days after they began." in page


def test_the_defaults_are_those_of_the_register(sqlite_app: Flask) -> None:
    register: Register = sqlite_app.extensions["elearn.register"]
    settings = Settings.model_construct()
    found = {h.table: h.retain.days(settings) for h in register.holdings if isinstance(h.retain, KeptFor)}
    assert found == {table: days for table, _, days, *_ in PERIODS}


def test_the_table_that_says_who_has_started_is_called_so() -> None:
    """`retaining` names it, because it lies above."""
    assert "person_id" in Base.metadata.tables["enrolments"].columns
