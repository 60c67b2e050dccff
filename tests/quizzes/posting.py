"""Quizzes by other rules, posts as a page or its script makes them, and what the tables hold afterwards."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from sqlalchemy import Connection, event, select
from werkzeug.test import TestResponse

from elearn.content.schema import QuizRules
from elearn.content.structure import Module, Quiz
from elearn.extensions import db
from elearn.quizzes import actions
from elearn.quizzes.held import ticket_for
from elearn.quizzes.models import Answer, Attempt, ResponseEvent
from elearn.quizzes.rules import MoreTime
from elearn.shared.transactions import writing
from tests.page import PageClient
from tests.quizzes.sitting import QUIZ, module_of, quiz_of
from tests.quizzes.test_secrecy import Steady, offering
from tests.world import World

JSON = {"Accept": "application/json"}
Rule = Callable[..., Module]


@contextmanager
def ruling(world: World) -> Iterator[Rule]:
    """A function that offers the quiz by other rules, or with other items, until the end."""
    with ExitStack() as stack:

        def rule(quiz: Quiz | None = None, **changes: Any) -> Module:
            found = quiz or quiz_of(world)
            rules = QuizRules.model_validate(found.rules.model_dump(mode="json") | changes)
            module = module_of(world)
            changed = replace(module, quizzes={**module.quizzes, QUIZ: replace(found, rules=rules)})
            stack.enter_context(offering(world.app, changed))
            return changed

        yield rule


def start_alike(world: World, persona: str = "learner") -> str:
    """Start an attempt whose paper is everybody's."""
    viewer = world.viewer(persona)
    with world.app.app_context(), writing():
        return actions.start_attempt(viewer, module_of(world), quiz_of(world), Steady())  # type: ignore[arg-type]


def address(attempt: str, number: int = 1) -> str:
    return f"/attempts/{attempt}/questions/{number}/"


def ticket(world: World, attempt: str, persona: str = "learner") -> str:
    with world.app.app_context():
        return ticket_for(world.people[persona], attempt)


def post(client: PageClient, attempt: str, number: int = 1, /, *, json: bool = False, **fields: object) -> TestResponse:
    """POST what a question's form says, without a token: `go_on` stands for the field go-on."""
    data = {name.replace("_", "-"): value for name, value in fields.items()}
    return client.post(address(attempt, number), data=data, headers=JSON if json else {})


def save(client: PageClient, world: World, attempt: str, number: int = 1, /, **fields: object) -> TestResponse:
    """POST an answer of the learner's with the right ticket."""
    return post(client, attempt, number, **{"ticket": ticket(world, attempt), **fields})  # type: ignore[arg-type]


def accommodate(world: World, more: MoreTime, persona: str = "learner") -> None:
    administrator = world.viewer("administrator")
    with world.app.app_context(), writing():
        actions.accommodate(administrator, world.people[persona], more)


def events(world: World, attempt: str) -> list[ResponseEvent]:
    """The events of an attempt in order, loaded."""
    with world.app.app_context():
        found = list(
            db.session.scalars(
                select(ResponseEvent)
                .join(Attempt, Attempt.id == ResponseEvent.attempt_id)
                .where(Attempt.public_id == attempt)
                .order_by(ResponseEvent.sequence)
            )
        )
        db.session.expunge_all()
    return found


def answers(world: World, attempt: str) -> dict[int, Answer]:
    """The places of a paper with what stands there."""
    with world.app.app_context():
        found = db.session.scalars(
            select(Answer).join(Attempt, Attempt.id == Answer.attempt_id).where(Attempt.public_id == attempt)
        ).all()
        db.session.expunge_all()
    return {answer.position: answer for answer in found}


def row_of(world: World, attempt: str) -> Attempt:
    with world.app.app_context():
        found = db.session.scalars(select(Attempt).where(Attempt.public_id == attempt)).one()
        db.session.expunge_all()
    return found


def chosen(world: World, attempt: str, number: int = 1) -> int:
    """The place of the option that stands, from 1; 0 for none."""
    answer = answers(world, attempt)[number]
    return answer.item_order.index(answer.response["option"]) + 1 if answer.response else 0


@contextmanager
def counting_commits(world: World) -> Iterator[list[str]]:
    """What ends transactions on the application's database from here on."""
    ends: list[str] = []

    def note(_connection: Connection) -> None:
        ends.append("commit")

    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "commit", note)
    try:
        yield ends
    finally:
        event.remove(engine, "commit", note)


def tree_of(page: str) -> Element:
    """The tree of a page."""
    found: Element = html5lib.parse(page)
    return found
