"""The pre-test: voluntary, not counted, silent until the end; and what was gained, by hand."""

import re
from datetime import date

import pytest
from flask import Flask

from elearn.content.structure import StepKind
from elearn.items.base import Item
from elearn.modules.actions import record_review
from elearn.quizzes import actions, queries, saving
from elearn.quizzes.gains import list_gains
from elearn.shared.transactions import writing
from tests.page import PageClient, new_browser, words_in
from tests.quizzes.sitting import module_of, place_of, sit, view
from tests.world import MODULE, World

ADDRESS = f"/modules/{MODULE}/before/"
HOME = f"/modules/{MODULE}/"


@pytest.fixture
def learner(client: PageClient, world: World) -> PageClient:
    world.enrol("learner")
    world.sign_in(client, "learner")
    return client


def words_of(client: PageClient, address: str = ADDRESS) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return words_in(response.get_data(as_text=True))


def begin(client: PageClient) -> str:
    location = client.send(ADDRESS).location
    found = re.fullmatch(r"/attempts/([\w-]+)/questions/1/", location)
    assert found, location
    return found[1]


def sit_it(world: World, right: int, persona: str = "learner") -> str:
    """Sit and submit the pre-test with so many right answers, in the order of its paper."""
    module, viewer = module_of(world), world.viewer(persona)
    assert module.pretest is not None
    with world.app.app_context(), writing():
        attempt = actions.start_pretest(viewer, module, module.pretest)
    paper = view(world, attempt, persona).paper
    with world.app.app_context(), writing():
        for number, place in enumerate(paper, start=1):
            value = place_of(place.item, place.order, right=number <= right)
            saving.save_answer(viewer, attempt, number, {"answer": [value]})
        actions.submit_attempt(viewer, attempt)
    return attempt


def finish_everything(world: World, persona: str = "learner") -> None:
    """Do all lessons and pass all quizzes, with every answer right at the first try."""
    module = module_of(world)
    for step in module.path:
        if step.kind is StepKind.LESSON:
            world.enrol(persona, step.id)
        elif step.kind is StepKind.QUIZ:
            sit(world, 8, persona, step.slug)


def test_it_is_offered_before_the_first_lesson_and_says_what_it_is(learner: PageClient) -> None:
    assert "find out what you know already" in words_of(learner, HOME)
    words = words_of(learner)
    for said in (
        "10 questions",
        "counts for nothing",
        "no answers until you have finished",
        "leave it out",
        "never what one person",
    ):
        assert said in words


def test_it_unlocks_and_locks_nothing(learner: PageClient, world: World) -> None:
    before = words_of(learner, HOME)
    sit_it(world, 10)
    after = words_of(learner, HOME)
    assert re.search(r"0 of \d+ steps done", before)
    assert re.findall(r"\d+ of \d+ steps done", before) == re.findall(r"\d+ of \d+ steps done", after)


def test_it_shows_nothing_until_the_end(learner: PageClient, world: World) -> None:
    attempt = begin(learner)
    viewer, paper = world.viewer("learner"), view(world, attempt).paper
    with world.app.app_context(), writing():
        for number, place in enumerate(paper, start=1):
            saving.save_answer(viewer, attempt, number, {"answer": [place_of(place.item, place.order, right=True)]})
    assert learner.send(f"/attempts/{attempt}/submit/").status_code == 303
    assert learner.get(f"/attempts/{attempt}/result/").location == ADDRESS
    html = learner.get(ADDRESS).get_data(as_text=True)
    assert "Your answers are kept" in html
    for place in paper:
        assert isinstance(place.item, Item)
        for option in place.item.model_dump(mode="json")["options"]:
            assert option["rationale"].split(".")[0] not in html
    assert "right" not in words_in(html).lower().replace("right to try", "")


def test_it_can_be_sat_once(learner: PageClient, world: World) -> None:
    attempt = begin(learner)
    assert begin(learner) == attempt  # going on with it
    learner.send(f"/attempts/{attempt}/submit/")
    assert learner.send(ADDRESS).location == ADDRESS
    assert "Start" not in words_of(learner).split()


def test_once_a_lesson_is_done_it_is_too_late(learner: PageClient, world: World) -> None:
    first = module_of(world).path[0].id
    world.enrol("learner", first)
    assert "find out what you know already" not in words_of(learner, HOME)
    assert "You have begun to learn" in words_of(learner)
    assert learner.send(ADDRESS).location == ADDRESS
    with world.app.app_context():
        pretest = module_of(world).pretest
        assert pretest is not None
        enrolment = world.enrol("learner")
        assert queries.list_sittings(enrolment, pretest.slug) == []


def test_at_the_end_it_shows_answers_and_the_gain(learner: PageClient, world: World) -> None:
    sit_it(world, 0)
    finish_everything(world)
    words = words_of(learner)
    assert "What you gained" in words
    assert words.count("0 % (0 of 2 points)") == 5
    assert words.count("100 %") == 5
    assert len(re.findall(r"Question \d+: not right", words)) == 10


def test_nothing_is_shown_while_a_quiz_is_open(learner: PageClient, world: World) -> None:
    sit_it(world, 10)
    steps = [step.id for step in module_of(world).path if step.kind is StepKind.LESSON]
    world.enrol("learner", *steps)
    assert "What you gained" not in words_of(learner)
    assert "Question 1" not in words_of(learner)


def test_the_gain_is_counted_by_outcome(world: World) -> None:
    """All of the pre-test right, and the first try at one quiz with 2 of 8: an outcome without a second side is left out."""
    enrolment = world.enrol("learner")
    sit_it(world, 10)
    world.enrol("learner", *world.steps_before("quiz:trial-phases"))
    attempt = sit(world, 2)
    sit(world, 8)  # a second try, which does not count here
    with world.app.app_context():
        gains = list_gains(module_of(world), [enrolment])[enrolment]
    expected: dict[str, list[int]] = {}
    for number, place in enumerate(view(world, attempt).paper, start=1):
        points = expected.setdefault(place.item.outcome, [0, 0])
        points[0] += number <= 2
        points[1] += 1
    assert {gain.outcome.id: [gain.after.points, gain.after.possible] for gain in gains} == expected
    assert all((gain.before.points, gain.before.possible) == (2, 2) for gain in gains)
    assert set(expected) < {outcome.id for outcome in module_of(world).outcomes}


def test_whoever_left_it_out_has_no_gain(world: World) -> None:
    enrolment = world.enrol("learner", *world.steps_before("quiz:trial-phases"))
    sit(world, 8)
    with world.app.app_context():
        assert list_gains(module_of(world), [enrolment]).get(enrolment, []) == []
        assert list_gains(module_of(world), []) == {}


def test_the_gain_stands_beside_one_s_own_certificate(learner: PageClient, world: World, app: Flask) -> None:
    sit_it(world, 0)
    finish_everything(world)
    world.enrol("learner", *world.steps_before("certificate"))
    with app.app_context(), writing():
        record_review(
            world.viewer("administrator"),
            module_of(world),
            reviewer="Dr A. Canary",
            role="consultant",
            reviewed_on=date(2026, 11, 23),
        )
    location = learner.send(f"{HOME}certificate/", {"details": holder_details(learner)}).location
    assert "What you gained" in words_of(learner, location)
    administrator = new_browser(app)
    world.sign_in(administrator, "administrator")
    page = words_of(administrator, location)
    assert "Certificate of completion" in page
    assert "What you gained" not in page


def holder_details(client: PageClient) -> str:
    """The hidden field of the page that shows what will be printed."""
    found = re.search(r'name="details"[^>]*value="([^"]*)"', client.get(f"{HOME}certificate/").get_data(as_text=True))
    assert found
    return found[1]
