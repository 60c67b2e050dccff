"""Ways to sit a quiz in tests, as pages or as actions."""

from collections.abc import Sequence

from elearn.content.structure import Module, Quiz
from elearn.items.base import Item
from elearn.quizzes import actions, queries, saving
from elearn.shared.transactions import writing
from tests.page import PageClient
from tests.world import MODULE, World

QUIZ = "trial-phases"


def module_of(world: World) -> Module:
    module: Module = world.app.extensions["elearn.catalogue"][MODULE]
    return module


def quiz_of(world: World, slug: str = QUIZ) -> Quiz:
    return module_of(world).quizzes[slug]


def ready(world: World, persona: str = "learner", quiz: str = QUIZ) -> int:
    """Somebody who may sit the quiz."""
    return world.enrol(persona, *world.steps_before(f"quiz:{quiz}"))


def start(world: World, persona: str = "learner", quiz: str = QUIZ) -> str:
    with world.app.app_context(), writing():
        return actions.start_attempt(world.viewer(persona), module_of(world), quiz_of(world, quiz))


def view(world: World, attempt: str, persona: str = "learner") -> queries.AttemptView:
    with world.app.app_context():
        return queries.get_attempt(world.viewer(persona), attempt)


def place_of(item: Item, order: Sequence[str], *, right: bool) -> str:
    """The value of the option that is the key, or of the first that is not."""
    [form] = item.forms_for(tuple(order), right=right)
    return form["answer"][0]


def sit(world: World, right: int, persona: str = "learner", quiz: str = QUIZ) -> str:
    """Sit and submit an attempt with so many right answers; gives its id."""
    attempt = start(world, persona, quiz)
    paper = view(world, attempt, persona).paper
    viewer = world.viewer(persona)
    with world.app.app_context(), writing():
        for number, place in enumerate(paper, start=1):
            for form in place.item.forms_for(place.order, right=number <= right):
                saving.save_answer(viewer, attempt, number, form)
        actions.submit_attempt(viewer, attempt)
    return attempt


def answer(client: PageClient, attempt: str, number: int, value: str) -> int:
    return client.send(f"/attempts/{attempt}/questions/{number}/", {"answer": value}).status_code
