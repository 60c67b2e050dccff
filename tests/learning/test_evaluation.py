"""The evaluation: stored once, and without the person."""

import pytest
from flask import Flask
from sqlalchemy import Date, DateTime, func, inspect, select, text

from elearn.extensions import Base, db
from elearn.learning import actions
from elearn.learning.models import Evaluation
from elearn.learning.rules import Balanced, Opinion, RightLevel
from elearn.modules.models import Completion
from elearn.shared.transactions import writing
from tests.page import PageClient
from tests.world import MODULE, World

ADDRESS = f"/modules/{MODULE}/evaluation/"
ANSWERS = {"useful": "4", "right_level": "about right", "balanced": "mostly", "bias_seen": "Lesson 6", "comment": ""}
OPINION = Opinion(4, RightLevel.ABOUT_RIGHT, Balanced.YES)


@pytest.fixture
def at_evaluation(world: World, client: PageClient) -> World:
    """Two learners at the evaluation, one of them signed in."""
    for persona in ("learner", "other_learner"):
        world.enrol(persona, *world.steps_before("evaluation"))
    world.sign_in(client, "learner")
    return world


def counted(app: Flask) -> tuple[int, int]:
    """How many evaluations, and how many steps done for one."""
    with app.app_context():
        return (
            db.session.scalar(select(func.count()).select_from(Evaluation)) or 0,
            db.session.scalar(select(func.count()).select_from(Completion).where(Completion.step == "evaluation")) or 0,
        )


def test_it_is_stored_without_a_name_and_says_so(
    at_evaluation: World, client: PageClient, app: Flask, noon: object
) -> None:
    page = client.get(ADDRESS).get_data(as_text=True)
    assert "stored without your name" in page
    assert "checked" not in page, "nothing is chosen beforehand"
    response = client.send(ADDRESS, ANSWERS)
    assert (response.status_code, response.location) == (303, f"/modules/{MODULE}/")
    with app.app_context():
        stored = db.session.scalars(select(Evaluation)).one()
        assert (stored.module, stored.month, stored.useful) == (MODULE, "2026-11", 4)
        assert (stored.right_level, stored.balanced, stored.bias_seen) == ("about right", "mostly", "Lesson 6")
    assert counted(app) == (1, 1)


def test_a_second_post_stores_nothing_more(at_evaluation: World, client: PageClient, app: Flask) -> None:
    client.send(ADDRESS, ANSWERS)
    assert "Done</h2>" in client.get(f"/modules/{MODULE}/").get_data(as_text=True)
    response = client.send(ADDRESS, {**ANSWERS, "useful": "1"})
    assert response.status_code == 303
    assert counted(app) == (1, 1)
    page = client.get(response.location).get_data(as_text=True)
    assert "You had sent your evaluation already." in page
    assert "Important</h2>" in page
    assert "Done</h2>" not in page, "it is no success"
    assert "nhsuk-notification-banner--success" not in page
    assert "cannot find it again" in client.get(ADDRESS).get_data(as_text=True)


def test_opinion_and_step_are_kept_together_or_not_at_all(
    at_evaluation: World, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the power went out")

    monkeypatch.setattr(actions, "complete_step", fail)
    module, viewer = app.extensions["elearn.catalogue"][MODULE], at_evaluation.viewer("learner")
    with app.app_context(), pytest.raises(RuntimeError), writing():
        actions.send_evaluation(viewer, module, OPINION)
    assert counted(app) == (0, 0)


def test_what_is_missing_is_said_and_what_is_there_is_kept(
    at_evaluation: World, client: PageClient, app: Flask
) -> None:
    response = client.send(
        ADDRESS, {"useful": "5", "right_level": "other", "comment": "see 9434765919", "bias_seen": "kept"}
    )
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert '<a href="#balanced">Choose whether it was balanced and free of commercial bias</a>' in page
    assert '<a href="#right_level">' in page
    assert '<a href="#comment">“9434765919” has the form' in page
    assert 'value="5" checked' in page
    assert "kept</textarea>" in page
    assert counted(app) == (0, 0)


@pytest.mark.parametrize("useful", ["0", "6", "-1", "4.5", "five", "", "4 "])
def test_only_one_to_five_can_be_chosen(at_evaluation: World, client: PageClient, app: Flask, useful: str) -> None:
    assert client.send(ADDRESS, {**ANSWERS, "useful": useful}).status_code == 422
    assert counted(app) == (0, 0)


def test_a_locked_step_says_why_and_takes_nothing(world: World, client: PageClient, app: Flask) -> None:
    world.enrol("learner")
    world.sign_in(client, "learner")
    assert "First finish “" in client.get(ADDRESS).get_data(as_text=True)
    assert client.send(ADDRESS, ANSWERS).location == ADDRESS
    assert counted(app) == (0, 0)


def test_no_column_leads_back_to_the_person() -> None:
    table = Evaluation.__table__
    assert {column.name for column in table.columns} == {
        *("id", "module", "module_version", "month"),
        *("useful", "right_level", "balanced", "bias_seen", "comment"),
    }, "a new column: does it lead back to who wrote the row?"
    assert not [column for column in table.columns if column.foreign_keys]
    assert not [column for column in table.columns if isinstance(column.type, (Date, DateTime))]
    assert str(table.columns["month"].type) == "VARCHAR(7)"
    assert not [
        key for other in Base.metadata.tables.values() for key in other.foreign_keys if key.column.table is table
    ], "a row that points at an evaluation tells whose it is"


def test_the_order_of_the_rows_is_not_the_order_of_writing(at_evaluation: World, app: Flask) -> None:
    """Keys are random, and on SQLite the hidden row number, which counts up, is the key itself."""
    module, written = app.extensions["elearn.catalogue"][MODULE], []
    for number in range(12):
        with app.app_context(), writing():
            person = at_evaluation.add_person(f"writer{number}", "W", f"Writer {number}")
            at_evaluation.people[f"writer{number}"] = person.id
        at_evaluation.enrol(f"writer{number}", *at_evaluation.steps_before("evaluation"))
        with app.app_context(), writing():
            actions.send_evaluation(
                at_evaluation.viewer(f"writer{number}"),
                module,
                Opinion(3, RightLevel.TOO_HARD, Balanced.NO, "", f"{number:02}"),
            )
        written.append(f"{number:02}")
    with app.app_context():
        by_key = db.session.scalars(select(Evaluation.comment).order_by(Evaluation.id)).all()
        assert sorted(by_key) == written
        assert by_key != written, "one in 479 million runs may say this by chance"
        if db.engine.dialect.name == "sqlite":
            rows = db.session.execute(text("SELECT rowid, id FROM evaluations")).all()
            assert all(rowid == key for rowid, key in rows)


def test_the_key_on_postgresql_is_no_counter(app: Flask) -> None:
    with app.app_context():
        [key] = [column for column in inspect(db.engine).get_columns("evaluations") if column["name"] == "id"]
    assert not key.get("default")
    assert not key.get("identity")


def test_the_audit_trail_tells_of_the_step_and_not_of_the_opinion(
    at_evaluation: World, client: PageClient, app: Flask
) -> None:
    client.send(ADDRESS, {**ANSWERS, "comment": "Canary-opinion"})
    with app.app_context():
        found = db.session.scalars(select(Evaluation)).one()
        events = db.session.execute(text("SELECT kind, subject, detail FROM audit_events")).all()
    assert "Canary-opinion" not in repr(events)
    assert str(found.id) not in repr(events)
    assert "evaluation" not in " ".join(event.kind for event in events)
