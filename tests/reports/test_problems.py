"""The educators' list of reported problems: who reads it, what it shows, and what an answer does."""

from datetime import datetime

import html5lib
import pytest
from flask import Flask
from sqlalchemy import select

from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.learning.actions import answer_problem, report_problem
from elearn.learning.models import ProblemReport
from elearn.learning.reported import count_reports, get_lesson_subject, get_question_subject, get_report
from elearn.learning.reported import list_reports_page as list_page
from elearn.learning.rules import ProblemState
from elearn.quizzes.queries import get_attempt
from elearn.shared.missing import NotFound
from elearn.shared.pagination import Page
from elearn.shared.transactions import writing
from tests.conftest import StatementCount
from tests.page import PageClient, find_all, new_browser, text_of
from tests.quizzes.sitting import module_of, quiz_of, ready, sit
from tests.rows import everything_in
from tests.world import MODULE, PEOPLE, World

LIST = "/reports/problems/"
LESSON = "why-rare-disease-research-is-different"


@pytest.fixture
def educator(app: Flask, world: World, client: PageClient, noon: datetime) -> PageClient:
    ready(world)
    world.sign_in(client, "educator")
    return client


def report_lesson(world: World, words: str = "The lesson is too long.", public_id: str = "lesson-report") -> str:
    learner = world.viewer("learner")
    with world.app.app_context(), writing():
        report_problem(learner, get_lesson_subject(learner, MODULE, LESSON), words, public_id)
    return public_id


def report_question(world: World, words: str = "Two options are right.", public_id: str = "item-report") -> str:
    attempt, learner = sit(world, right=2), world.viewer("learner")
    with world.app.app_context(), writing():
        report_problem(learner, get_question_subject(learner, attempt, 2), words, public_id)
    return attempt


def words_of(client: PageClient, address: str) -> str:
    return text_of(find_all(html5lib.parse(client.get(address).get_data(as_text=True)), "main")[0])


def row(app: Flask, public_id: str) -> ProblemReport:
    with app.app_context():
        found = db.session.scalars(select(ProblemReport).where(ProblemReport.public_id == public_id)).one()
        db.session.expunge_all()
    return found


# -- what is shown ---------------------------------------------------------------------------------------------------


def test_a_report_shows_what_its_person_saw_and_not_who_they_are(
    educator: PageClient, app: Flask, world: World
) -> None:
    attempt = report_question(world)
    with app.app_context():
        view = get_attempt(world.viewer("learner"), attempt)
    place, response = view.paper[1], view.response_at(2)
    words = words_of(educator, f"{LIST}item-report/")
    options = {option.id: option.words for option in place.item.alternatives()}
    lesson = module_of(world).lessons[place.item.section.partition("#")[0]].title
    for shown in (
        place.item.id,
        place.item.digest[:12],
        module_of(world).version,
        lesson,
        "Two options are right.",
        f"Question 2 of 8 in the quiz “{quiz_of(world).title}”",
        place.item.wording(response),
        "".join(options[part] for part in place.order),
        "23 November 2026 at 12:00",
    ):
        assert shown in words, shown
    assert educator.get(f"/reports/items/{place.item.digest}/").status_code == 200
    in_list = words_of(educator, LIST)
    assert all(shown in in_list for shown in (place.item.id, place.item.digest[:12], lesson, "Two options are right."))
    for address in (LIST, f"{LIST}item-report/"):
        page = educator.get(address).get_data(as_text=True)
        assert f"/reports/items/{place.item.digest}/" in page or address == LIST
        for told in (*PEOPLE["learner"], "learner@", "CANARY-LEARNER", attempt, world.viewer("learner").public_id):
            assert told not in page, (address, told)


def test_a_lesson_report_names_lesson_and_version(educator: PageClient, world: World) -> None:
    report_lesson(world)
    words = words_of(educator, f"{LIST}lesson-report/")
    assert module_of(world).lessons[LESSON].title in words
    assert f"Module {module_of(world).version}" in words
    assert "Question" not in words


def test_the_newest_comes_first_fifty_a_page_filtered_by_state(
    educator: PageClient, app: Flask, world: World, statements: StatementCount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("elearn.learning.actions.MOST_PROBLEMS", 1_000)
    assert "There is none." in words_of(educator, LIST)
    counts: list[int] = []
    for size in (2, 60):
        for number in range(len(counts) and 2, size):
            report_lesson(world, f"Problem number {number}.", f"report-{number}")
        statements.statements.clear()
        words = words_of(educator, LIST)
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert "1 to 50 of 60, newest first" in words
    assert words.index("number 59.") < words.index("number 58.") < words.index("number 10.")
    assert "number 9." not in words
    assert "number 9." in words_of(educator, LIST + "?page=2")
    with app.app_context(), writing():
        answer_problem(world.viewer("educator"), "report-7", ProblemState.LOOKING, "")
    looking = words_of(educator, LIST + "?state=looking")
    assert "1 to 1 of 1" in looking
    assert "number 7." in looking
    assert "All (60) New (59) Looking (1) Answered (0) Closed (0)" in looking
    assert "number 7." not in words_of(educator, LIST + "?state=new&page=2")
    assert "There is none." in words_of(educator, LIST + "?state=closed")
    for strange in ("?state=none", "?state=%00", "?page=%00", "?page=99"):
        assert educator.get(LIST + strange).status_code == 200
    assert "state=new" in educator.get(LIST + "?state=new").get_data(as_text=True).partition("pagination")[2]


# -- who reads and answers -------------------------------------------------------------------------------------------


def test_whoever_teaches_nothing_neither_reads_nor_answers(app: Flask, world: World, educator: PageClient) -> None:
    report_lesson(world)
    before = everything_in(app)
    for persona in ("learner", "other_learner", "unconfirmed"):
        viewer, browser = world.viewer(persona), new_browser(app)
        world.sign_in(browser, persona)
        for address in (LIST, f"{LIST}lesson-report/"):
            assert browser.get(address).status_code == 404
        assert browser.send(f"{LIST}lesson-report/", {"state": "closed", "answer": ""}).status_code == 404
        with app.app_context(), writing():
            with pytest.raises(NotFound):
                count_reports(viewer)
            with pytest.raises(NotFound):
                list_page(viewer, None, Page(1, 50, 1))
            with pytest.raises(NotFound):
                get_report(viewer, "lesson-report")
            with pytest.raises(NotFound):
                answer_problem(viewer, "lesson-report", ProblemState.CLOSED, "")
    assert everything_in(app)["problem_reports"] == before["problem_reports"]
    for persona in ("educator", "other_educator", "administrator"):
        browser = new_browser(app)
        world.sign_in(browser, persona)
        assert browser.get(f"{LIST}lesson-report/").status_code == 200
    assert educator.get(f"{LIST}none/").status_code == 404
    assert educator.send(f"{LIST}none/", {"state": "closed"}).status_code == 404
    assert LIST in educator.get("/cohorts/").get_data(as_text=True)


def test_an_answer_reaches_the_person_and_the_trail_keeps_ids_only(
    educator: PageClient, app: Flask, world: World
) -> None:
    report_lesson(world)
    response = educator.send(
        f"{LIST}lesson-report/", {"state": "answered", "answer": " Canary-answer.\r\nThank you.\x00 "}
    )
    assert (response.status_code, response.location) == (303, f"{LIST}lesson-report/")
    found = row(app, "lesson-report")
    assert (found.state, found.answer) == (ProblemState.ANSWERED, "Canary-answer.\nThank you.")
    assert found.changed_by == world.people["educator"]
    assert "Canary-answer." in words_of(educator, f"{LIST}lesson-report/")
    learner = new_browser(app)
    world.sign_in(learner, "learner")
    assert "Answered What you wroteThe lesson is too long." in words_of(learner, "/learning/problems/")
    assert "Canary-answer.Thank you." in words_of(learner, "/learning/problems/")
    with app.app_context():
        [event] = db.session.scalars(select(AuditEvent).where(AuditEvent.kind == "problem answered"))
        assert (event.subject, event.actor_id) == ("problem:lesson-report", world.people["educator"])
        assert event.detail == {"state": "answered"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": ""}, "Choose the state"),
        ({"state": "done"}, "Choose the state"),
        ({"state": "answered", "answer": "  "}, "Enter an answer, or choose another state"),
        ({"answer": "x" * 2001}, "Answer must be 2,000 characters or fewer"),
    ],
)
def test_an_answer_that_cannot_be_changes_nothing(
    educator: PageClient, app: Flask, world: World, change: dict[str, str], words: str
) -> None:
    report_lesson(world)
    before = everything_in(app)
    response = educator.send(f"{LIST}lesson-report/", {"state": "looking", "answer": "x", **change})
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "<title>Error: Reported problem" in page
    assert words in page
    assert everything_in(app) == before
