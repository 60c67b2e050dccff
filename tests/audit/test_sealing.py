"""Sealing on both databases, and what verification finds in a database that somebody has changed behind our back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from elearn.audit import checkpoints, queries, rules, tasks
from elearn.audit.verifying import Verdict, verify
from elearn.extensions import db
from elearn.jobs.worker import EXTENSION
from elearn.schema import make_triggers, trigger_name
from elearn.shared import clock, transactions
from elearn.shared.transactions import writing
from tests.audit.conftest import record
from tests.faults.doses import Dose
from tests.racing import at_once

CHANGES = Dose(usual=60, full=2000)


def seal(app: Flask) -> int:
    with app.app_context():
        return tasks.seal_waiting()


def look(app: Flask, place: Path, now: datetime | None = None) -> Verdict:
    with app.app_context():
        return verify(place / checkpoints.FILE, place / checkpoints.PUBLIC_KEY, now or clock.now())


def order(app: Flask) -> list[int]:
    with app.app_context():
        return [event.id for _, event in queries.walk_sealed() if event is not None]


# -- sealing -----------------------------------------------------------------------------------------------------------


def test_events_are_sealed_in_order_once_and_signed(app: Flask, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AT_ONCE", 4)
    record(app, 10)
    assert look(app, place).waiting == 10
    assert seal(app) == 10
    assert seal(app) == 0
    assert order(app) == sorted(order(app))
    with app.app_context():
        made = tasks.make_checkpoint()
        assert made is not None
        assert (made.number, made.sequence) == (1, 10)
        assert tasks.make_checkpoint() is None, "nothing has happened since"
    record(app, 1)
    verdict = look(app, place)
    assert (verdict.sealed, verdict.waiting, verdict.checkpoints, verdict.faults) == (10, 1, 1, [])


def test_the_chore_seals_and_signs_and_signs_once_a_day_when_nothing_happens(app: Flask, place: Path) -> None:
    record(app, 3)
    app.extensions[EXTENSION].do_chores()
    # Beside those three, the daily retention has told what it did.
    assert (look(app, place).sealed, look(app, place).checkpoints) == (4, 1)
    app.extensions[EXTENSION].do_chores()
    assert look(app, place).checkpoints == 1
    with clock.frozen_at(clock.now() + timedelta(days=1, minutes=1)):
        app.extensions[EXTENSION].do_chores()
    assert look(app, place).checkpoints == 2


def test_no_request_waits_for_the_sealer(app: Flask, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read and hashed is read and hashed outside the write."""
    record(app, 3)
    modes: list[transactions.Mode] = []
    original = rules.continue_chain

    def noting(*args: Any) -> Any:
        modes.append(transactions._mode.get())
        return list(original(*args))

    monkeypatch.setattr(tasks, "continue_chain", noting)
    assert seal(app) == 3
    assert modes == [transactions.Mode.READ]


def test_a_row_that_commits_late_with_a_smaller_key_is_sealed_when_it_comes(
    app: Flask, place: Path, database: str
) -> None:
    """Two transactions at once: on PostgreSQL the one that took its key first may commit last."""
    insert = text(
        "INSERT INTO audit_events (id, at, kind, subject, detail, request_id) "
        "VALUES (:id, '2026-11-23 12:00:00.000000', 'step done', 'enrolment:1', '{}', '')"
    )
    if database == "postgresql":
        with app.app_context(), db.engine.connect() as early, db.engine.connect() as late:
            for connection in (early, late):
                connection.exec_driver_sql("BEGIN READ WRITE")
            late.execute(insert, {"id": 901})
            early.execute(insert, {"id": 902})
            early.exec_driver_sql("COMMIT")
            assert seal(app) == 1
            late.exec_driver_sql("COMMIT")
    else:  # one writer at a time: the same order is made by hand
        for key in (902, 901):
            with app.app_context(), writing():
                db.session.execute(insert, {"id": key})
            if key == 902:
                assert seal(app) == 1
    assert seal(app) == 1
    assert order(app) == [902, 901]
    assert look(app, place).faults == []


def test_of_two_sealers_at_once_one_seals_each_event(app: Flask, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AT_ONCE", 5)
    record(app, 40)
    both = threading.Barrier(2, timeout=30)
    first = threading.local()
    original = tasks._add

    def meet(seals: Any) -> bool:
        if not getattr(first, "met", False):
            first.met = True
            both.wait()  # both have read the same head
        return original(seals)

    monkeypatch.setattr(tasks, "_add", meet)
    counts = at_once([lambda: seal(app), lambda: seal(app)])
    assert sum(counts) == 40
    assert min(counts) < 40
    verdict = look(app, place)
    assert (verdict.sealed, verdict.waiting, verdict.faults) == (40, 0, [])


def test_nothing_is_signed_that_contradicts_what_was_signed(app: Flask, place: Path) -> None:
    record(app, 4)
    seal(app)
    with app.app_context():
        tasks.make_checkpoint()
    behind_our_back(app, "DELETE FROM audit_seals WHERE sequence > 2")
    with app.app_context(), pytest.raises(tasks.ChainChanged):
        tasks.make_checkpoint(even_if_unchanged=True)
    assert look(app, place).checkpoints == 1


# -- changes behind our back -------------------------------------------------------------------------------------------


@contextmanager
def unguarded(app: Flask) -> Iterator[Connection]:
    """A connection past the triggers, as the owner of the database has it."""
    with app.app_context(), writing():
        connection = db.session.connection()
        on = connection.dialect.name == "postgresql"
        for table in ("audit_events", "audit_seals"):
            for doing in ("UPDATE", "DELETE"):
                connection.execute(text(f"DROP TRIGGER {trigger_name(table, doing)}" + (f" ON {table}" if on else "")))
        yield connection
        make_triggers(connection)


def behind_our_back(app: Flask, *statements: str) -> None:
    with unguarded(app) as connection:
        for statement in statements:
            connection.execute(text(statement))


def as_sql(statement: str, event_id: int) -> str:
    return statement.replace("{id}", str(event_id))


ONE_CHANGE = [
    "UPDATE audit_events SET kind = 'step  done' WHERE id = {id}",
    "UPDATE audit_events SET kind = 'attempt started' WHERE id = {id}",
    "UPDATE audit_events SET actor_id = NULL WHERE id = {id}",
    "UPDATE audit_events SET actor_id = 8 WHERE id = {id}",
    "UPDATE audit_events SET subject = 'enrolment:99' WHERE id = {id}",
    "UPDATE audit_events SET request_id = 'x' WHERE id = {id}",
    'UPDATE audit_events SET detail = \'{"step":  "lesson:1", "done": true}\' WHERE id = {id}',
    "UPDATE audit_events SET detail = '{}' WHERE id = {id}",
    "UPDATE audit_events SET at = '2026-11-23 12:00:00.000001' WHERE id = {id}",
    "UPDATE audit_events SET id = 5000 WHERE id = {id}",
    "DELETE FROM audit_events WHERE id = {id}",
    "UPDATE audit_seals SET hash = 'x' WHERE event_id = {id}",
    "UPDATE audit_seals SET event_id = 5000 WHERE event_id = {id}",
    "UPDATE audit_seals SET sequence = 5000 WHERE event_id = {id}",
    "DELETE FROM audit_seals WHERE event_id = {id}",
]


@pytest.mark.parametrize("statement", ONE_CHANGE)
def test_one_change_in_the_database_is_found(app: Flask, place: Path, statement: str) -> None:
    record(app, 8)
    seal(app)
    with app.app_context():
        tasks.make_checkpoint()
    behind_our_back(app, as_sql(statement, order(app)[4]))
    assert look(app, place).faults


@pytest.mark.only_sqlite
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET kind = CAST(x'ff61' AS TEXT) WHERE id = {id}",
        "UPDATE audit_events SET kind = CAST(kind AS BLOB) WHERE id = {id}",
        "UPDATE audit_events SET detail = x'ff' WHERE id = {id}",
        "UPDATE audit_events SET at = '2026-11-23' WHERE id = {id}",
        "UPDATE audit_seals SET hash = CAST(hash AS BLOB) WHERE event_id = {id}",
        "UPDATE audit_seals SET sequence = 'last' WHERE event_id = {id}",
    ],
)
def test_what_only_sqlite_would_store_is_a_fault_and_not_an_error(app: Flask, place: Path, statement: str) -> None:
    record(app, 6)
    seal(app)
    behind_our_back(app, as_sql(statement, order(app)[3]))
    assert look(app, place).faults


def test_changes_by_chance_in_a_real_database_are_found(app: Flask, place: Path, database: str) -> None:
    record(app, 20)
    seal(app)
    with app.app_context():
        tasks.make_checkpoint()
    ids, random, missed = order(app), Random(7), []
    paths = place / checkpoints.FILE, place / checkpoints.PUBLIC_KEY
    with unguarded(app) as connection:
        assert verify(*paths, clock.now()).faults == []
        for _ in range(CHANGES.now):
            statement = as_sql(random.choice(ONE_CHANGE), random.choice(ids))
            undo = connection.begin_nested()
            connection.execute(text(statement))
            if not verify(*paths, clock.now()).faults:
                missed.append(statement)
            undo.rollback()
    assert missed == []


def test_the_end_that_was_cut_off_shows_against_the_checkpoint(app: Flask, place: Path) -> None:
    record(app, 9)
    seal(app)
    with app.app_context():
        tasks.make_checkpoint()
    last = order(app)[-1]
    behind_our_back(
        app, f"DELETE FROM audit_seals WHERE event_id = {last}", f"DELETE FROM audit_events WHERE id = {last}"
    )
    assert [str(fault) for fault in look(app, place).faults] == [
        "seal 9: a checkpoint was made here, but the chain ends at 8"
    ]


def test_an_event_sealed_twice_is_found(app: Flask, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The unique index refuses it; an insider may have dropped that."""
    record(app, 3)
    seal(app)
    with app.app_context():
        assert queries.find_sealed_twice() is None
    monkeypatch.setattr(queries, "find_sealed_twice", lambda: 3)
    assert [fault.words for fault in look(app, place).faults] == ["event 3 was sealed more than once"]
