"""Statements that are compiled once: what they do that SQLAlchemy would otherwise do."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import DBAPIError

from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.jobs.models import Job, JobState
from elearn.shared import clock
from elearn.shared.once import insert_once
from elearn.shared.statements import Write
from elearn.shared.transactions import Mode, _mode, commit_late, writing

EVENT = Write(insert(AuditEvent).values({name: bindparam(name) for name in ("at", "kind", "subject", "detail")}))


def test_defaults_are_made_for_each_row(app: Flask) -> None:
    with app.app_context():
        for moment in (clock.now(), clock.now() + timedelta(days=1)):
            with clock.frozen_at(moment), writing():
                assert insert_once(Job, kind="test", detail={})
        first, second = db.session.scalars(select(Job).where(Job.kind == "test").order_by(Job.created_at))
        assert first.public_id != second.public_id  # a function's
        assert second.created_at - first.created_at > timedelta(hours=23)
        assert (first.state, first.tries, first.result) == (JobState.WAITING, 0, {})  # values, and a function's


def test_a_row_that_is_there_already_is_left_as_it_is(app: Flask) -> None:
    with app.app_context():
        with writing():
            assert insert_once(Job, kind="test", detail={}, public_id="one")
        with writing():
            assert not insert_once(Job, kind="another", detail={}, public_id="one")
        assert db.session.scalar(select(Job.kind).where(Job.public_id == "one")) == "test"


def test_a_late_writer_takes_the_lock_with_its_first_statement(app: Flask) -> None:
    """The audit trail of Flask-Security's posts is written so."""
    with app.app_context():
        token = _mode.set(Mode.LATE_WRITE)
        try:
            db.session.execute(select(AuditEvent.id))
            EVENT(at=clock.now(), kind="test", subject="late", detail={})
            commit_late()
        finally:
            _mode.reset(token)
        assert db.session.scalar(select(AuditEvent.kind).where(AuditEvent.subject == "late")) == "test"


def test_a_reader_is_refused(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(Exception, match=r"read-?only") as refused:
            EVENT(at=clock.now(), kind="test", subject="refused", detail={})
        assert not isinstance(refused.value, DBAPIError)  # the driver's own
        db.session.rollback()
        assert db.session.scalar(select(AuditEvent.kind).where(AuditEvent.subject == "refused")) is None
