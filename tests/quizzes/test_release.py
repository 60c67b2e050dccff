"""Q-2: feedback shows when the rules say so, and on every path the same; which mark counts; what is said of waiting."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from elearn.content.schema import Counts, Feedback, QuizRules
from elearn.content.structure import Quiz
from elearn.quizzes.rules import Release, Sitting, counting, released
from elearn.shared import clock
from tests.page import PageClient, find_all, new_browser, text_of
from tests.quizzes.posting import JSON, Rule, post, ruling, save, start_alike, ticket, tree_of
from tests.quizzes.sitting import QUIZ, place_of, quiz_of, ready, sit, start, view
from tests.quizzes.test_pages import START, rationales
from tests.world import MODULE, World

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOTHING, CHOSEN, EVERYTHING = Release.NOTHING, Release.CHOSEN, Release.EVERYTHING
SUBMIT, PASSED, LAST = Feedback.SUBMIT, Feedback.PASSED, Feedback.LAST_ATTEMPT
DATE, STEPWISE = Feedback.DATE, Feedback.STEPWISE


@pytest.fixture
def rule(world: World, noon: datetime) -> Iterator[Rule]:
    with ruling(world) as found:
        yield found


@pytest.fixture
def learner(client: PageClient, world: World) -> PageClient:
    ready(world)
    world.sign_in(client, "learner")
    return client


def rules_of(feedback: Feedback) -> dict[str, Any]:
    """Three attempts, two of them at once; feedback by date comes an hour after noon."""
    dated = {"feedback_from": (NOON + HOUR).isoformat()} if feedback is DATE else {}
    return {"feedback": feedback.value, "attempts": 3, "waiting_hours": [0, 0], **dated}


# -- the rule --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feedback", "one", "two", "last", "passed", "ever"),
    [
        (SUBMIT, EVERYTHING, EVERYTHING, EVERYTHING, EVERYTHING, EVERYTHING),
        (PASSED, NOTHING, NOTHING, NOTHING, EVERYTHING, EVERYTHING),
        (LAST, NOTHING, NOTHING, EVERYTHING, EVERYTHING, EVERYTHING),
        (STEPWISE, CHOSEN, CHOSEN, EVERYTHING, EVERYTHING, EVERYTHING),
        (DATE, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING),
    ],
)
def test_what_is_released(
    feedback: Feedback, one: Release, two: Release, last: Release, passed: Release, ever: Release
) -> None:
    rules = QuizRules.model_validate(rules_of(feedback))
    shown = [released(rules, number, NOON, passed=False) for number in (1, 2, 3)]
    assert shown == [one, two, last]
    assert released(rules, 1, NOON, passed=True) is passed
    assert released(rules, 1, NOON, passed=False, ever_passed=True) is ever


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (NOON + HOUR - timedelta(seconds=1), NOTHING),
        (NOON + HOUR, EVERYTHING),
        (NOON + HOUR + timedelta(seconds=1), EVERYTHING),
    ],
)
@pytest.mark.parametrize("passed", [False, True])
def test_a_date_releases_to_the_second(moment: datetime, shown: Release, passed: bool) -> None:
    rules = QuizRules.model_validate(rules_of(DATE))
    for number in (1, 3):
        assert released(rules, number, moment, passed=passed, ever_passed=passed) is shown


# -- on every path ---------------------------------------------------------------------------------------------------


def told(text: str, quiz: Quiz) -> int:
    """How many rationales of the quiz a text tells, and whether it marks a best answer."""
    return sum(words in text for words in rationales(quiz))


def paths(app: Flask, client: PageClient, world: World, attempts: list[str]) -> Iterator[tuple[str, str]]:
    """Everything but the result page that says something of the learner's quizzes, to them or to their educator."""
    own = ["/learning/", f"/modules/{MODULE}/", START, "/account/"]
    own += [f"/attempts/{attempt}/{end}" for attempt in attempts for end in ("answers/", "questions/1/")]
    for where in own:
        for headers in ({}, JSON):
            yield where, client.get(where, headers=headers).get_data(as_text=True)
    for attempt in attempts:
        for json in (False, True):
            again = post(client, attempt, json=json, ticket=ticket(world, attempt), answer="1")
            yield f"save {json}", again.get_data(as_text=True)
        for accept in JSON, {}:
            yield (
                "submit",
                client.post(
                    f"/attempts/{attempt}/submit/",
                    data={"csrf_token": client.token()},
                    headers={"Referer": "https://localhost/", **accept},
                ).get_data(as_text=True),
            )
    educator = new_browser(app)
    world.sign_in(educator, "educator")
    report = f"/reports/cohorts/{world.cohorts['one']}/"
    yield "cohort report", educator.get(report).get_data(as_text=True)
    yield "CSV", educator.send(f"{report}csv/").get_data(as_text=True)


MARKS: list[tuple[Feedback, list[int], list[list[Release]]]] = [
    (SUBMIT, [0], [[EVERYTHING]]),
    (SUBMIT, [0, 8], [[EVERYTHING], [EVERYTHING, EVERYTHING]]),
    (PASSED, [0, 0, 0], [[NOTHING], [NOTHING] * 2, [NOTHING] * 3]),
    (PASSED, [0, 8], [[NOTHING], [EVERYTHING] * 2]),
    (LAST, [0, 0, 0], [[NOTHING], [NOTHING] * 2, [EVERYTHING] * 3]),
    (LAST, [0, 8], [[NOTHING], [EVERYTHING] * 2]),
    (STEPWISE, [0, 0, 0], [[CHOSEN], [CHOSEN] * 2, [EVERYTHING] * 3]),
    (STEPWISE, [8], [[EVERYTHING]]),
    (DATE, [0, 8], [[NOTHING], [NOTHING] * 2]),
]


@pytest.mark.parametrize(("feedback", "marks", "expected"), MARKS)
def test_every_result_page_shows_what_is_released_and_no_other_path_anything(
    app: Flask,
    learner: PageClient,
    world: World,
    rule: Rule,
    feedback: Feedback,
    marks: list[int],
    expected: list[list[Release]],
) -> None:
    rule(**rules_of(feedback))
    quiz = quiz_of(world)
    attempts: list[str] = []
    for right, shown in zip(marks, expected, strict=True):
        attempts.append(sit(world, right=right))
        for attempt, release in zip(attempts, shown, strict=True):
            check_result(learner, world, attempt, release)
    for where, text in paths(app, learner, world, attempts):
        assert told(text, quiz) == 0, where
        assert "Best answer" not in text, where


def check_result(client: PageClient, world: World, attempt: str, release: Release) -> None:
    options = sum(len(place.order) for place in view(world, attempt).paper)
    for headers in ({}, JSON):
        page = client.get(f"/attempts/{attempt}/result/", headers=headers).get_data(as_text=True)
        assert told(page, quiz_of(world)) == {NOTHING: 0, CHOSEN: 8, EVERYTHING: options}[release]
        verdicts = re.search(r"Question 1: (right|not right|not answered)", page)
        assert bool(verdicts) is (release is not NOTHING)
        assert ("The answers are shown" in page) is (release is NOTHING)


def test_a_date_opens_every_result_at_once(learner: PageClient, world: World, rule: Rule) -> None:
    rule(**rules_of(DATE))
    attempts = [sit(world, right=0), sit(world, right=8)]
    page = learner.get(f"/attempts/{attempts[0]}/result/").get_data(as_text=True)
    assert "The answers are shown from 23 November 2026 at 13:00 on" in page
    with clock.frozen_at(NOON + HOUR):
        for attempt in attempts:
            check_result(learner, world, attempt, EVERYTHING)


def test_the_rules_of_the_attempt_hold_not_those_of_today(learner: PageClient, world: World, rule: Rule) -> None:
    rule(**rules_of(PASSED))
    attempt = sit(world, right=0)
    rule(**rules_of(SUBMIT))
    check_result(learner, world, attempt, NOTHING)


def test_an_old_tab_and_going_back_show_no_more(learner: PageClient, world: World, rule: Rule) -> None:
    """What a browser keeps is its own: no page of an attempt may be kept by it."""
    rule(**rules_of(PASSED))
    attempt = sit(world, right=0)
    response = learner.get(f"/attempts/{attempt}/result/")
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("feedback", "words"),
    [
        (SUBMIT, "After each attempt you see every answer."),
        (PASSED, "You see the answers after you pass."),
        (LAST, "You see the answers after you pass, or after the last attempt."),
        (STEPWISE, "After an attempt that does not pass you see why your own answers are right or wrong"),
        (DATE, "You see the answers from 23 November 2026 at 13:00 on."),
    ],
)
def test_the_start_page_says_when_answers_are_shown(
    learner: PageClient, world: World, rule: Rule, feedback: Feedback, words: str
) -> None:
    rule(**rules_of(feedback))
    assert words in learner.get(START).get_data(as_text=True)


# -- which mark counts -----------------------------------------------------------------------------------------------


def done(number: int, points: int, possible: int = 8) -> Sitting:
    return Sitting(number, NOON, passed=points * 4 >= possible * 3, points=points, possible=possible)


@pytest.mark.parametrize(
    ("sittings", "best", "latest"),
    [
        ([], None, None),
        ([Sitting(1, None, None, possible=8)], None, None),
        ([done(1, 0)], 1, 1),
        ([done(1, 5), done(2, 3)], 1, 2),
        ([done(1, 3), done(2, 5)], 2, 2),
        ([done(1, 5), done(2, 5)], 1, 2),
        ([done(1, 5, 8), done(2, 6, 9)], 2, 2),
        ([done(1, 6, 9), done(2, 5, 8)], 1, 2),
        ([done(1, 2, 3), done(2, 4, 6)], 1, 2),
        ([done(1, 5), done(2, 3), Sitting(3, None, None, possible=8)], 1, 2),
        ([done(1, 5), done(2, 0, 0)], 1, 1),
    ],
)
def test_the_best_or_the_latest_mark_counts(sittings: list[Sitting], best: int | None, latest: int | None) -> None:
    for counts, number in ((Counts.BEST, best), (Counts.LATEST, latest)):
        found = counting(sittings, QuizRules(counts=counts))
        assert (found.number if found else None) == number


@pytest.mark.parametrize(("counts", "number"), [("best", 1), ("latest", 2)])
def test_the_start_page_says_which_counts(
    learner: PageClient, world: World, rule: Rule, counts: str, number: int
) -> None:
    rule(counts=counts)
    for right in (4, 2):
        sit(world, right=right)
    items = [text_of(item) for item in find_all(tree_of(learner.get(START).get_data(as_text=True)), "li")]
    said = [item for item in items if "This one counts" in item]
    assert len(said) == 1
    assert said[0].startswith(f"Attempt {number},")
    assert any(f"Your {counts} mark counts" in item for item in items)


# -- waiting ---------------------------------------------------------------------------------------------------------


def test_waiting_is_said_in_words_on_both_pages(learner: PageClient, world: World, rule: Rule) -> None:
    rule(attempts=3, waiting_hours=[2, 48])
    for moment, opens in ((NOON, "23 November 2026 at 14:00"), (NOON + 2 * HOUR, "25 November 2026 at 14:00")):
        with clock.frozen_at(moment):
            attempt = sit(world, right=0)
            for where in (START, f"/attempts/{attempt}/result/"):
                page = learner.get(where).get_data(as_text=True)
                assert "Your next attempt opens on" in page
                assert opens in page
                assert "Start attempt" not in page
        with clock.frozen_at(moment + 2 * HOUR - timedelta(seconds=1)):
            assert learner.send(START).headers["Location"].endswith(START)
    with clock.frozen_at(NOON + 50 * HOUR):
        world.sign_in(learner, "learner")
        assert "Start attempt 3" in learner.get(START).get_data(as_text=True)


# -- sure and wrong --------------------------------------------------------------------------------------------------


def answer_all(client: PageClient, world: World, says: Callable[[int], tuple[bool | None, str]]) -> str:
    """Sit by what `says` gives for each number: right, wrong or not at all, and how sure."""
    attempt = start_alike(world)
    for number, place in enumerate(view(world, attempt).paper, start=1):
        right, sure = says(number)
        value = "" if right is None else place_of(place.item, place.order, right=right)
        save(client, world, attempt, number, answer=value, sure=sure)
    client.send(f"/attempts/{attempt}/submit/")
    return attempt


SAID: dict[int, tuple[bool | None, str]] = {
    1: (False, "sure"),
    2: (True, "sure"),
    3: (False, "guessing"),
    4: (None, "sure"),
    5: (False, ""),
    6: (False, "sure"),
    7: (False, "fairly sure"),
    8: (True, "guessing"),
}


def test_sure_and_wrong_comes_first_with_the_section(learner: PageClient, world: World) -> None:
    attempt = answer_all(learner, world, SAID.__getitem__)
    page = learner.get(f"/attempts/{attempt}/result/").get_data(as_text=True)
    headings = [text_of(heading) for heading in find_all(tree_of(page), "h2")]
    assert headings.index("You were sure, and it was not right") < headings.index("Your answers")
    [part] = [s for s in find_all(tree_of(page), "section") if s.get("aria-labelledby") == "sure-and-wrong"]
    items = [text_of(item) for item in find_all(part, "li")]
    assert [item.split(":")[0] for item in items] == ["Question 1", "Question 6"]
    assert all("Reread " in item for item in items)
    for number, (_, sure) in SAID.items():
        [section] = [s for s in find_all(tree_of(page), "section") if s.get("aria-labelledby") == f"question-{number}"]
        assert (f"You said: {sure}." in text_of(section)) is bool(sure)


def test_sure_and_wrong_is_not_told_before_anything_is(learner: PageClient, world: World, rule: Rule) -> None:
    rule(**rules_of(PASSED))
    attempt = answer_all(learner, world, SAID.__getitem__)
    page = learner.get(f"/attempts/{attempt}/result/").get_data(as_text=True)
    assert "You were sure" not in page
    assert "You said: sure." in page


def test_nothing_is_said_where_nobody_was_sure_and_wrong(learner: PageClient, world: World) -> None:
    attempt = answer_all(learner, world, lambda number: (number > 2, "guessing"))
    assert "You were sure" not in learner.get(f"/attempts/{attempt}/result/").get_data(as_text=True)


def test_a_result_page_of_a_quiz_that_is_open_again_shows_no_key_of_the_open_paper(
    learner: PageClient, world: World
) -> None:
    """Stepwise, the default: an attempt runs, and the result of the one before shows what was chosen there and no more."""
    done_before = sit(world, right=0)
    attempt = start(world)
    check_result(learner, world, done_before, CHOSEN)
    response = learner.get(f"/attempts/{attempt}/result/")
    assert response.headers["Location"] == f"/attempts/{attempt}/answers/"
    assert QUIZ in START
