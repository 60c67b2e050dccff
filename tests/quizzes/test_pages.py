"""The way through a quiz, page by page."""

import re
from collections import Counter
from datetime import datetime, timedelta

import pytest

from elearn.content.structure import Quiz
from elearn.modules.queries import find_progress
from elearn.modules.rules import StepState
from elearn.shared import clock
from tests.conftest import StatementCount
from tests.page import PageClient
from tests.quizzes.sitting import QUIZ, answer, module_of, place_of, quiz_of, ready, sit, start, view
from tests.world import MODULE, World

START = f"/modules/{MODULE}/quizzes/{QUIZ}/"


@pytest.fixture
def learner(client: PageClient, world: World) -> PageClient:
    ready(world)
    world.sign_in(client, "learner")
    return client


def test_the_start_page_says_the_rules_in_words(learner: PageClient) -> None:
    page = learner.get(START).get_data(as_text=True)
    for words in (
        "8 questions",
        "you need 6 of 8 right",
        "no time limit",
        "3 attempts",
        "24 hours",
        "not fit for high-stakes",
    ):
        assert words in page


def test_a_locked_quiz_answers_with_the_reason(client: PageClient, world: World) -> None:
    world.enrol("learner")
    world.sign_in(client, "learner")
    page = client.get(START).get_data(as_text=True)
    assert "First finish “Why rare disease research is different”" in page
    assert "Start attempt" not in page
    assert client.send(START).headers["Location"].endswith(START)
    assert not client.get(START).get_data(as_text=True).count("Attempt 1")


def test_the_whole_way(learner: PageClient, world: World) -> None:
    first = learner.send(START)
    attempt = first.headers["Location"].split("/")[2]
    paper = view(world, attempt).paper
    for number, place in enumerate(paper[:-1], start=1):
        value = place_of(place.item, place.order, right=True)
        response = learner.send(f"/attempts/{attempt}/questions/{number}/", {"answer": value})
        assert response.headers["Location"] == f"/attempts/{attempt}/questions/{number + 1}/"
    check = learner.get(f"/attempts/{attempt}/answers/").get_data(as_text=True)
    assert "1 question is not answered yet" in check
    assert check.count("Not answered yet") == 1
    assert learner.send(f"/attempts/{attempt}/submit/").headers["Location"] == f"/attempts/{attempt}/result/"
    result = learner.get(f"/attempts/{attempt}/result/").get_data(as_text=True)
    assert "Passed" in result
    assert "7 of 8 right in attempt 1; 6 are needed" in result
    with world.app.app_context():
        progress = find_progress(world.viewer("learner"), module_of(world))
    assert progress is not None
    assert progress.path.of(f"quiz:{QUIZ}").state is StepState.DONE


def test_back_and_forth_keeps_every_answer(learner: PageClient, world: World) -> None:
    attempt = start(world)
    answer(learner, attempt, 1, "2")
    answer(learner, attempt, 2, "3")
    learner.send(f"/attempts/{attempt}/questions/1/", {})
    page = learner.get(f"/attempts/{attempt}/questions/1/").get_data(as_text=True)
    assert re.search(r'value="2" checked', page)
    answer(learner, attempt, 1, "1")
    assert re.search(r'value="1" checked', learner.get(f"/attempts/{attempt}/questions/1/").get_data(as_text=True))
    assert re.search(r'value="3" checked', learner.get(f"/attempts/{attempt}/questions/2/").get_data(as_text=True))


def test_a_question_says_when_its_answer_was_saved(learner: PageClient, world: World, noon: datetime) -> None:
    """The hour alone on the day itself, as the script says it; the edge is green for a saved answer only."""
    attempt = start(world)
    where = f"/attempts/{attempt}/questions/1/"
    assert '<p class="app-saved" id="saved" data-saved>Not answered yet</p>' in learner.get(where).get_data(
        as_text=True
    )
    answer(learner, attempt, 1, "2")
    saved = '<p class="app-saved app-saved--yes" id="saved" data-saved>Saved {}</p>'
    assert saved.format("12:00") in learner.get(where).get_data(as_text=True)
    with clock.frozen_at(noon + timedelta(hours=11, minutes=59)):
        world.sign_in(learner, "learner")
        assert saved.format("12:00") in learner.get(where).get_data(as_text=True)
    with clock.frozen_at(noon + timedelta(hours=12)):
        world.sign_in(learner, "learner")
        assert saved.format("23 November 2026 at 12:00") in learner.get(where).get_data(as_text=True)


def test_nothing_is_chosen_before_the_person_chooses(learner: PageClient, world: World) -> None:
    attempt = start(world)
    pages = [learner.get(f"/attempts/{attempt}/questions/{n}/").get_data(as_text=True) for n in range(1, 9)]
    assert not any(" checked" in page for page in pages)


@pytest.mark.parametrize("value", ["0", "9", "-1", "a", "1.0", "NaN", str(2**63), "１"])
def test_a_tampered_answer_changes_nothing(learner: PageClient, world: World, value: str) -> None:
    attempt = start(world)
    answer(learner, attempt, 1, "1")
    assert answer(learner, attempt, 1, value) == 422
    assert view(world, attempt).response_at(1) == {"option": view(world, attempt).paper[0].order[0]}


@pytest.mark.parametrize("number", ["0", "9", "99999999999999999999"])
def test_there_is_no_question_beyond_the_paper(learner: PageClient, world: World, number: str) -> None:
    attempt = start(world)
    assert learner.get(f"/attempts/{attempt}/questions/{number}/").status_code == 404
    assert answer(learner, attempt, int(number), "1") == 404


def test_after_submitting_nothing_changes(learner: PageClient, world: World) -> None:
    attempt = sit(world, right=2)
    before = view(world, attempt)
    assert answer(learner, attempt, 1, "2") == 303
    learner.send(f"/attempts/{attempt}/submit/")
    after = view(world, attempt)
    assert (after.answers, after.points, after.submitted_at) == (before.answers, before.points, before.submitted_at)
    assert learner.get(f"/attempts/{attempt}/questions/1/").headers["Location"] == f"/attempts/{attempt}/result/"


@pytest.mark.parametrize("persona", ["other_learner", "educator", "administrator"])
def test_another_persons_attempt_is_not_found(client: PageClient, world: World, persona: str) -> None:
    ready(world)
    attempt = start(world)
    world.sign_in(client, persona)
    for path in ("questions/1/", "answers/", "result/"):
        assert client.get(f"/attempts/{attempt}/{path}").status_code == 404
    assert answer(client, attempt, 1, "1") == 404
    assert client.send(f"/attempts/{attempt}/submit/").status_code == 404
    assert view(world, attempt).answers == {}


def test_starting_twice_gives_one_attempt(learner: PageClient, world: World) -> None:
    first, second = learner.send(START).headers["Location"], learner.send(START).headers["Location"]
    assert first == second


def rationales(quiz: Quiz) -> set[str]:
    return {str(text) for item in quiz.items for text in item._rationales.values()}  # type: ignore[attr-defined]


def shown(page: str, quiz: Quiz) -> int:
    return sum(text in page for text in rationales(quiz))


def test_a_failed_first_try_shows_only_what_was_chosen(learner: PageClient, world: World) -> None:
    page = learner.get(f"/attempts/{sit(world, right=1)}/result/").get_data(as_text=True)
    assert shown(page, quiz_of(world)) == 8
    assert page.count("Best answer") == 0
    assert page.count("Reread: ") == 8


def test_a_pass_shows_every_rationale(learner: PageClient, world: World) -> None:
    attempt = sit(world, right=8)
    page = learner.get(f"/attempts/{attempt}/result/").get_data(as_text=True)
    assert shown(page, quiz_of(world)) == sum(len(place.order) for place in view(world, attempt).paper)


def test_retakes_at_once_then_after_a_day_then_ask(learner: PageClient, world: World, noon: datetime) -> None:
    sit(world, right=0)
    assert "Start attempt 2" in learner.get(START).get_data(as_text=True)
    sit(world, right=0)
    waiting = learner.get(START).get_data(as_text=True)
    assert "Your next attempt opens on 24 November 2026 at 12:00" in waiting
    assert learner.send(START).headers["Location"].endswith(START)
    with clock.frozen_at(noon + timedelta(hours=24)):
        world.sign_in(learner, "learner")
        last = sit(world, right=0)
        assert "You have used all 3 attempts" in learner.get(START).get_data(as_text=True)
        page = learner.get(f"/attempts/{last}/result/").get_data(as_text=True)
    assert shown(page, quiz_of(world)) == sum(len(place.order) for place in view(world, last).paper)


def test_a_retake_brings_other_items_first(world: World) -> None:
    ready(world)
    first = {place.item.id for place in view(world, sit(world, right=0)).paper}
    second = {place.item.id for place in view(world, start(world)).paper}
    cells = quiz_of(world).blueprint
    unseen = {
        c.objective: sum(i.objective == c.objective and i.id not in first for i in quiz_of(world).items) for c in cells
    }
    repeats = sum(max(0, cell.draw - unseen[cell.objective]) for cell in cells)
    assert len(first & second) == repeats


def test_every_paper_follows_the_blueprint(world: World) -> None:
    ready(world)
    paper = view(world, start(world)).paper
    drawn = Counter(place.item.objective for place in paper)
    assert drawn == {cell.objective: cell.draw for cell in quiz_of(world).blueprint}
    assert all(sorted(place.order) == sorted(place.item.natural_order()) for place in paper)


def test_a_paper_is_the_same_for_ever(learner: PageClient, world: World) -> None:
    attempt = start(world)
    first = view(world, attempt).paper
    assert view(world, attempt).paper == first
    pages = [learner.get(f"/attempts/{attempt}/questions/3/").get_data(as_text=True) for _ in range(2)]
    assert masked(pages[0]) == masked(pages[1])


def masked(page: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


def test_an_item_page_costs_three_statements(learner: PageClient, world: World, statements: StatementCount) -> None:
    attempt = start(world)
    answer(learner, attempt, 1, "1")
    statements.statements.clear()
    learner.get(f"/attempts/{attempt}/questions/1/")
    assert len(statements) <= 3, statements.statements
