"""Two tabs, a double click, Back: one attempt, one submission, one result, on both databases."""

from functools import partial

from flask import Flask

from elearn.extensions import db
from elearn.modules.models import Completion
from elearn.quizzes.models import Answer, Attempt, ResponseEvent
from tests.page import PageClient
from tests.quizzes.sitting import QUIZ, place_of, ready, start, view
from tests.racing import at_once
from tests.world import MODULE, World

TABS = 8


def browsers(app: Flask, world: World) -> list[PageClient]:
    """Eight tabs of one learner."""
    ready(world)
    found = []
    for _ in range(TABS):
        client = app.test_client()
        assert isinstance(client, PageClient)
        world.sign_in(client, "learner")
        client.token()
        found.append(client)
    return found


def test_starting_in_many_tabs_gives_one_attempt(app: Flask, world: World) -> None:
    tabs = browsers(app, world)
    answers = at_once([partial(tab.send, f"/modules/{MODULE}/quizzes/{QUIZ}/") for tab in tabs])
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    with app.app_context():
        assert db.session.query(Attempt).count() == 1


def test_submitting_in_many_tabs_gives_one_result(app: Flask, world: World) -> None:
    tabs = browsers(app, world)
    attempt = start(world)
    for number, place in enumerate(view(world, attempt).paper, start=1):
        tabs[0].send(
            f"/attempts/{attempt}/questions/{number}/", {"answer": place_of(place.item, place.order, right=True)}
        )
    answers = at_once([partial(tab.send, f"/attempts/{attempt}/submit/") for tab in tabs])
    assert {(a.status_code, a.headers["Location"]) for a in answers} == {(303, f"/attempts/{attempt}/result/")}
    with app.app_context():
        assert db.session.query(Completion).filter_by(step=f"quiz:{QUIZ}").count() == 1
    assert view(world, attempt).points == 8


def test_saving_in_many_tabs_loses_no_event(app: Flask, world: World) -> None:
    tabs = browsers(app, world)
    attempt = start(world)
    answers = at_once(
        [
            partial(tab.send, f"/attempts/{attempt}/questions/{1 + n % 4}/", {"answer": str(1 + n % 3)})
            for n, tab in enumerate(tabs)
        ]
    )
    assert {answer.status_code for answer in answers} == {303}
    with app.app_context():
        events = db.session.query(ResponseEvent).order_by(ResponseEvent.sequence).all()
        assert [event.sequence for event in events] == list(range(1, TABS + 1))
        last = {event.position: (event.sequence, event.response) for event in events}
        assert {a.position: (a.sequence, a.response) for a in db.session.query(Answer).all() if a.sequence} == last
