"""The quizzes as they are published, with questions of every kind, sat whole; other tests have plain ones (tests/plain.py)."""

from collections.abc import Iterator
from random import Random

import pytest

from elearn.content.structure import Module
from elearn.modules.catalogue import OWN_CONTENT, load
from elearn.quizzes import actions, saving
from elearn.quizzes.paper import draw
from elearn.shared.transactions import writing
from tests.page import PageClient
from tests.quizzes.sitting import view
from tests.quizzes.test_secrecy import offering
from tests.world import MODULE, World

QUIZZES = ["trial-phases", "adaptive-designs", "early-access-eligibility"]


@pytest.fixture
def module(world: World) -> Iterator[Module]:
    found = load(OWN_CONTENT / MODULE)
    with offering(world.app, found):
        yield found


def start(world: World, module: Module, slug: str, seed: int) -> str:
    with world.app.app_context(), writing():
        return actions.start_attempt(world.viewer("learner"), module, module.quizzes[slug], Random(seed))


def answer_all(world: World, attempt: str, *, right: bool) -> None:
    viewer, paper = world.viewer("learner"), view(world, attempt).paper
    for number, place in enumerate(paper, start=1):
        for form in place.item.forms_for(place.order, right=right):
            with world.app.app_context(), writing():
                saving.save_answer(viewer, attempt, number, form)


@pytest.mark.parametrize("slug", QUIZZES)
def test_a_quiz_can_be_failed_and_passed_page_by_page(
    world: World, client: PageClient, module: Module, slug: str
) -> None:
    world.enrol("learner", *world.steps_before(f"quiz:{slug}"))
    world.sign_in(client, "learner")
    for right, words in ((False, "Not passed yet"), (True, "Passed")):
        attempt = start(world, module, slug, 3)
        length = len(view(world, attempt).paper)
        for number in range(1, length + 1):
            assert client.get(f"/attempts/{attempt}/questions/{number}/").status_code == 200
        answer_all(world, attempt, right=right)
        for number in range(1, length + 1):
            assert client.get(f"/attempts/{attempt}/questions/{number}/").status_code == 200
        assert client.get(f"/attempts/{attempt}/answers/").status_code == 200
        assert client.send(f"/attempts/{attempt}/submit/").status_code == 303
        assert words in client.get(f"/attempts/{attempt}/result/").get_data(as_text=True)
        found = view(world, attempt)
        assert (found.points, found.passed) == (found.possible if right else 0, right)


@pytest.mark.parametrize("slug", QUIZZES)
def test_every_question_can_be_drawn_and_its_key_earns_every_point(module: Module, slug: str) -> None:
    """Papers are drawn until each question has stood in one."""
    left = {item.id for item in module.quizzes[slug].items}
    seeds = iter(range(500))
    while left:
        paper = draw(module.quizzes[slug], (), Random(next(seeds)))
        left -= {place.item.id for place in paper}
        for place in paper:
            for everything in (False, True):
                response = None
                for form in place.item.forms_for(place.order, right=everything):
                    response = place.item.read(form, place.order, response)
                assert place.item.points(response) == (place.item.possible if everything else 0)
                assert place.item.review(place.order, response, everything=everything).answered
