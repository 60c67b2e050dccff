"""From 0001 on: a database with open and submitted attempts keeps every paper, answer, event and mark, up and down."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import MetaData, Table, insert, select

from elearn.accounts.queries import get_person, viewer_of
from elearn.accounts.rules import Viewer
from elearn.content.structure import Module
from elearn.extensions import db
from elearn.quizzes import actions, queries, saving
from elearn.quizzes.rules import AttemptState, ClosedBy
from elearn.schema import APPEND_ONLY, bring_up_to_date, list_triggers, wanted_triggers
from elearn.shared.transactions import writing
from tests.quizzes.sitting import QUIZ
from tests.rows import make_row
from tests.test_schema import empty_app, empty_url  # noqa: F401 - fixtures
from tests.world import MODULE

THEN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TABLES = ("attempts", "answers", "response_events", "item_versions")
RULES = {"pass_percent": 75, "attempts": 3, "waiting_hours": [0, 24]}
OPEN, SUBMITTED = 7, 8
PAPER = 4
ANSWERED = {OPEN: (1, 3), SUBMITTED: (1, 2, 3, 4)}


def table(name: str) -> Table:
    """A table as it is now, whatever the models say."""
    return Table(name, MetaData(), autoload_with=db.session.connection())


def rows_of(name: str) -> list[dict[str, Any]]:
    found = table(name)
    rows = db.session.execute(select(found).order_by(*found.primary_key)).mappings()
    return [dict(row) for row in rows]


def module_of(app: Flask) -> Module:
    found: Module = app.extensions["elearn.catalogue"][MODULE]
    return found


def fill(app: Flask) -> int:
    """What version 0001 has after two attempts, one of them submitted with two of four right; gives the person's key."""
    items = module_of(app).quizzes[QUIZ].items[:PAPER]
    person = make_row(db.session.connection(), "people", fs_uniquifier="someone")["id"]
    enrolment = make_row(db.session.connection(), "enrolments", person_id=person, module=MODULE)["id"]
    for item in items:
        content = item.model_dump(mode="json")  # type: ignore[attr-defined]
        version = {"digest": item.digest, "item_id": item.id, "module": MODULE, "content": content}
        db.session.execute(insert(table("item_versions")).values(**version, first_used_at=THEN))
    for key in (OPEN, SUBMITTED):
        _attempt(key, enrolment, items)
    return int(person)


def _attempt(key: int, enrolment: int, items: Any) -> None:
    orders = [list(item.drawn_order(Backwards())) for item in items]
    submitted = key == SUBMITTED
    values: dict[str, Any] = {
        "id": key,
        "public_id": f"attempt-{key}",
        "enrolment_id": enrolment,
        "quiz": QUIZ,
        "number": 1 if submitted else 2,
        "state": "submitted" if submitted else "open",
        "paper": [{"item": item.digest, "order": order} for item, order in zip(items, orders, strict=True)],
        "rules": RULES,
        "started_at": THEN + timedelta(days=int(not submitted)),
        "possible": PAPER,
    }
    if submitted:
        values |= {"submitted_at": THEN + timedelta(minutes=9), "points": 2, "passed": False}
    db.session.execute(insert(table("attempts")).values(**values))
    for sequence, position in enumerate((*ANSWERED[key], 1), start=1):
        form = items[position - 1].forms_for(tuple(orders[position - 1]), right=position <= 2)[0]
        response = items[position - 1].read(form, tuple(orders[position - 1]))
        moment = THEN + timedelta(minutes=sequence)
        event = {"attempt_id": key, "sequence": sequence, "position": position, "response": response, "at": moment}
        digest = items[position - 1].digest
        db.session.execute(insert(table("response_events")).values(**event, item_digest=digest))
        answers = table("answers")
        here = (answers.c.attempt_id == key) & (answers.c.position == position)
        db.session.execute(answers.delete().where(here))
        stands = {"attempt_id": key, "position": position, "response": response, "sequence": sequence}
        db.session.execute(insert(answers).values(**stands, saved_at=moment))


class Backwards:
    def shuffle(self, pool: list[Any]) -> None:
        pool.reverse()


@pytest.fixture
def old(empty_app: Flask) -> tuple[Flask, int]:  # noqa: F811
    """A database at version 0001 with attempts, and whose they are."""
    with empty_app.app_context(), writing():
        upgrade(revision="0001")
    with empty_app.app_context(), writing():
        return empty_app, fill(empty_app)


def dump(app: Flask) -> dict[str, list[dict[str, Any]]]:
    with app.app_context():
        found = {name: rows_of(name) for name in TABLES}
        db.session.remove()
    return found


def viewer(person: int) -> Viewer:
    return viewer_of(get_person(person))


def test_every_paper_answer_and_mark_is_kept(old: tuple[Flask, int]) -> None:
    app, person = old
    before = dump(app)
    assert [len(before[name]) for name in TABLES] == [2, 6, 8, PAPER]
    bring_up_to_date(app)
    after = dump(app)
    for name in ("response_events", "item_versions"):
        assert [{k: v for k, v in row.items() if k in before[name][0]} for row in after[name]] == before[name]
    with app.app_context():
        for old_row in before["attempts"]:
            found = queries.get_attempt(viewer(person), old_row["public_id"])
            paper = [{"item": place.item.digest, "order": list(place.order)} for place in found.paper]
            assert paper == old_row["paper"]
            stood = {row["position"]: row for row in before["answers"] if row["attempt_id"] == old_row["id"]}
            assert set(found.answers) == set(stood)
            for position, row in stood.items():
                answer = found.answers[position]
                assert (answer.response, answer.sequence) == (row["response"], row["sequence"])
                assert answer.saved_at.replace(tzinfo=None) == row["saved_at"].replace(tzinfo=None)
            assert (found.points, found.passed, found.possible) == tuple(
                old_row[name] for name in ("points", "passed", "possible")
            )
            assert found.state == old_row["state"]
            assert (found.deadline, found.paused_at, found.length) == (None, None, PAPER)
            submitted = found.state is AttemptState.SUBMITTED
            assert found.closed_by is (ClosedBy.PERSON if submitted else None)
            assert all(a.confidence is None and (a.tab, a.tab_number) == ("", 0) for a in found.answers.values())


def test_the_open_attempt_goes_on_and_is_marked(old: tuple[Flask, int]) -> None:
    app, person = old
    bring_up_to_date(app)
    name = f"attempt-{OPEN}"
    with app.app_context():
        paper = queries.get_attempt(viewer(person), name).paper
    for position in (2, 3, 4):
        place = paper[position - 1]
        with app.app_context(), writing():
            saving.save_answer(viewer(person), name, position, place.item.forms_for(place.order, right=True)[0])
    with app.app_context(), writing():
        actions.submit_attempt(viewer(person), name)
    with app.app_context():
        found = queries.get_attempt(viewer(person), name)
        assert (found.points, found.passed) == (4, True)
        assert [event.sequence for event in queries.list_events(OPEN)] == list(range(1, 7))


def test_going_back_gives_what_was_there(old: tuple[Flask, int]) -> None:
    app, _ = old
    before = dump(app)
    bring_up_to_date(app)
    with app.app_context(), writing():
        downgrade(revision="0001")
    assert dump(app) == before
    with app.app_context():
        there = list_triggers(db.session.connection())
        assert {name for name in wanted_triggers() if name.endswith(("response_events", "item_versions"))} <= there
        db.session.remove()
    bring_up_to_date(app)
    with app.app_context():
        assert list_triggers(db.session.connection()) == wanted_triggers()
        assert "response_events" in APPEND_ONLY
        db.session.remove()
