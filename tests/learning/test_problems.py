"""Reporting a problem from a question, a result and a lesson; and what its person reads of it."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import html5lib
import pytest
from flask import Flask
from sqlalchemy import select

from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.learning.models import ProblemReport
from elearn.learning.rules import MOST_PROBLEMS, PROBLEMS_WINDOW, ProblemKind, ProblemState
from elearn.quizzes.queries import get_attempt
from elearn.quizzes.saving import save_answer
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests.conftest import start_empty
from tests.page import PageClient, find_all, new_browser, text_of
from tests.quizzes.sitting import module_of, quiz_of, ready, sit, start
from tests.quizzes.test_secrecy import MASKED, fresh, moved, offering, sit_open, with_items
from tests.rows import everything_in
from tests.world import MODULE, World

LESSON = "why-rare-disease-research-is-different"
SECOND = "how-trials-build-evidence"
NEW, OWN = "/learning/problems/new/", "/learning/problems/"
KEYED = re.compile(r'name="key" value="[^"]*"')
WORDS = "The second option is spelt wrong."


@pytest.fixture
def learner(world: World, client: PageClient) -> PageClient:
    ready(world)
    world.sign_in(client, "learner")
    return client


def asking(**about: object) -> str:
    return f"{NEW}?{urlencode(about)}"


def reports(app: Flask) -> list[ProblemReport]:
    with app.app_context():
        found = list(db.session.scalars(select(ProblemReport).order_by(ProblemReport.id)))
        db.session.expunge_all()
    return found


def links_of(page: str, words: str) -> list[str]:
    return [a.get("href") or "" for a in find_all(html5lib.parse(page), "a") if text_of(a).startswith(words)]


def words_of(page: str) -> str:
    return text_of(find_all(html5lib.parse(page), "main")[0])


# -- the ways there and back -----------------------------------------------------------------------------------------


def test_from_an_open_question_and_back_to_it(learner: PageClient, app: Flask, world: World) -> None:
    attempt = start(world)
    with app.app_context():
        place = get_attempt(world.viewer("learner"), attempt).paper[2]
        with writing():
            save_answer(world.viewer("learner"), attempt, 3, {"answer": ["2"]})
    page = learner.get(f"/attempts/{attempt}/questions/3/").get_data(as_text=True)
    [link] = links_of(page, "Report a problem with this question")
    assert page.index("</form>\n<p") < page.index("Report a problem")  # after the form, not in it
    form = learner.get(link).get_data(as_text=True)
    assert f"Question 3 of 8 in the quiz “{quiz_of(world).title}”" in words_of(form)
    assert str(place.item.lead_in_html.striptags()) in words_of(form)
    assert place.item.wording({"option": place.order[1]}) in words_of(form)
    response = learner.send(link, {"words": f"  {WORDS}\r\nTwice.\x00 ", "key": "k" * 22})
    assert response.status_code == 303
    assert response.location == f"/attempts/{attempt}/questions/3/"
    assert "Your report is sent" in learner.get(response.location).get_data(as_text=True)
    [report] = reports(app)
    assert report.public_id == "k" * 22
    assert (report.person_id, report.kind, report.state) == (
        world.people["learner"],
        ProblemKind.ITEM,
        ProblemState.NEW,
    )
    assert (report.module, report.module_version) == (MODULE, module_of(world).version)
    assert (report.item_id, report.item_digest) == (place.item.id, place.item.digest)
    assert report.lesson == place.item.section.partition("#")[0]
    assert report.words == f"{WORDS}\nTwice."
    assert report.seen == {
        "place": f"Question 3 of 8 in the quiz “{quiz_of(world).title}”",
        "position": 3,
        "submitted": False,
        "order": list(place.order),
        "answer": place.item.wording({"option": place.order[1]}),
    }


def test_from_each_question_of_a_result_and_back_to_the_words_above_it(
    learner: PageClient, app: Flask, world: World
) -> None:
    attempt = sit(world, right=2)
    links = links_of(
        learner.get(f"/attempts/{attempt}/result/").get_data(as_text=True), "Report a problem with this question"
    )
    assert [link.partition("&")[2] for link in links] == [f"number={n}" for n in range(1, 9)]
    response = learner.send(links[6], {"words": WORDS})
    assert response.location == f"/attempts/{attempt}/result/"
    [report] = reports(app)
    assert (report.seen["position"], report.seen["submitted"]) == (7, True)


def test_from_a_lesson_and_back_to_it(learner: PageClient, app: Flask, world: World) -> None:
    page = learner.get(f"/modules/{MODULE}/lessons/{LESSON}/").get_data(as_text=True)
    [link] = links_of(page, "Report a problem with this page")
    title = module_of(world).lessons[LESSON].title
    assert f"The lesson “{title}”." in words_of(learner.get(link).get_data(as_text=True))
    response = learner.send(link, {"words": WORDS})
    assert response.location == f"/modules/{MODULE}/lessons/{LESSON}/"
    [report] = reports(app)
    assert (report.kind, report.lesson, report.item_id, report.item_digest) == (ProblemKind.LESSON, LESSON, "", "")
    assert report.seen == {"place": f"The lesson “{title}”"}


# -- what may be reported --------------------------------------------------------------------------------------------


def not_there(attempt: str) -> Iterator[dict[str, Any]]:
    """What names nothing that the other learner may report on; theirs is the first lesson alone."""
    yield {}
    yield {"attempt": attempt, "number": 1}
    yield {"attempt": "", "number": 1}
    yield {"attempt": "\x00", "number": 1}
    yield {"attempt": attempt + "\x00", "number": 1}
    yield {"module": "none", "lesson": LESSON}
    yield {"module": MODULE, "lesson": "none"}
    yield {"module": MODULE}
    yield {"lesson": LESSON}
    yield {"module": MODULE, "lesson": SECOND}  # locked


def test_only_ones_own_attempts_and_open_lessons_are_found(learner: PageClient, app: Flask, world: World) -> None:
    attempt = start(world)
    other = new_browser(app)
    world.enrol("other_learner")
    world.sign_in(other, "other_learner")
    for about in not_there(attempt):
        assert other.get(asking(**about)).status_code == 404, about
        assert other.send(asking(**about), {"words": WORDS}).status_code == 404, about
    for number in ("0", "9", "-1", "x", "", "1.0", 2**63, "²"):
        assert learner.get(asking(attempt=attempt, number=number)).status_code == 404, number
    assert learner.get(asking(attempt=attempt)).status_code == 404
    assert reports(app) == []
    assert other.get(asking(module=MODULE, lesson=LESSON)).status_code == 200
    world.sign_in(other, "educator")  # has not started the module
    assert other.get(asking(module=MODULE, lesson=LESSON)).status_code == 404


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (" \n ", "Enter what is wrong"),
        (" " * 8 + "too short" + "\n" * 9, "Description must be between 10 and 2,000 characters"),
        ("x" * 2001, "Description must be between 10 and 2,000 characters"),
        ("Patient 943 476 5919 cannot be meant", "NHS number"),
    ],
)
def test_a_report_that_cannot_be_is_refused_in_words(learner: PageClient, app: Flask, words: str, problem: str) -> None:
    address = asking(module=MODULE, lesson=LESSON)
    before = everything_in(app)
    response = learner.send(address, {"words": words, "key": "\x00"})  # what is no id of ours is not shown again
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "<title>Error: Report a problem with this page" in page
    assert problem in words_of(page)
    assert links_of(page, problem if "NHS" not in problem else "“943 476 5919”") == ["#words"]
    assert everything_in(app) == before


@pytest.mark.parametrize("words", ["x" * 10, "x" * 2000, "é" * 2000])
def test_the_longest_and_the_shortest_report_are_kept(learner: PageClient, app: Flask, words: str) -> None:
    assert learner.send(asking(module=MODULE, lesson=LESSON), {"words": words}).status_code == 303
    assert [report.words for report in reports(app)] == [words]


def test_one_form_is_one_report(learner: PageClient, app: Flask, world: World) -> None:
    address = asking(module=MODULE, lesson=LESSON)
    [key] = [
        field.get("value")
        for field in find_all(html5lib.parse(learner.get(address).get_data(as_text=True)), "input")
        if field.get("name") == "key"
    ]
    for _ in range(2):
        assert learner.send(address, {"words": WORDS, "key": key}).status_code == 303
    assert len(reports(app)) == 1
    other = new_browser(app)
    world.enrol("other_learner")
    world.sign_in(other, "other_learner")
    other.send(address, {"words": "Something else altogether", "key": key})  # changes nothing of the learner's
    assert [(report.person_id, report.words) for report in reports(app)] == [(world.people["learner"], WORDS)]
    for forged in ("", "x", "k" * 23, "../../etc/passwd-------"):
        learner.send(address, {"words": WORDS, "key": forged})
    assert len({report.public_id for report in reports(app)}) == 5


# -- the person's own list -------------------------------------------------------------------------------------------


def test_a_person_reads_their_own_reports_with_state_and_answer(learner: PageClient, app: Flask, world: World) -> None:
    assert OWN in learner.get("/learning/").get_data(as_text=True)
    assert "You have reported no problem" in words_of(learner.get(OWN).get_data(as_text=True))
    address = asking(module=MODULE, lesson=LESSON)
    learner.send(address, {"words": "First problem, <b>bold</b>"})
    learner.send(address, {"words": "Second problem"})
    with app.app_context(), writing():
        report = db.session.scalars(select(ProblemReport).order_by(ProblemReport.id)).first()
        assert report is not None
        report.state, report.answer = ProblemState.ANSWERED, "Canary-answer: mended."
    words = words_of(learner.get(OWN).get_data(as_text=True))
    assert words.index("Second problem") < words.index("First problem, <b>bold</b>")
    assert "Canary-answer: mended." in words
    assert "Our answerNone yet" in words
    for persona in ("other_learner", "educator", "administrator"):
        other = new_browser(app)
        world.sign_in(other, persona)
        page = other.get(OWN).get_data(as_text=True)
        assert "You have reported no problem" in page
        assert "Canary-answer" not in page


def test_the_audit_trail_does_not_tell_who_reported(learner: PageClient, app: Flask) -> None:
    with app.app_context():
        before = list(db.session.scalars(select(AuditEvent.id)))
    learner.send(asking(module=MODULE, lesson=LESSON), {"words": WORDS})
    with app.app_context():
        assert list(db.session.scalars(select(AuditEvent.id))) == before


def test_a_report_outlives_its_person(learner: PageClient, app: Flask) -> None:
    learner.send(asking(module=MODULE, lesson=LESSON), {"words": WORDS})
    with app.app_context(), writing():
        db.session.scalars(select(ProblemReport)).one().person_id = None
    assert [report.words for report in reports(app)] == [WORDS]
    assert "You have reported no problem" in learner.get(OWN).get_data(as_text=True)


# -- the key ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("noon")
def test_no_byte_tells_the_key_of_an_open_item(
    app: Flask, client: PageClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, kept = [], []
    for change in (lambda item: item, moved):
        ready(world, "learner")
        world.sign_in(client, "learner")
        module = with_items(module_of(world), lambda item, change=change: fresh(change(item)))
        with offering(app, module):
            sit_open(world, app, module, monkeypatch, "the-same-attempt")
            pages = []
            for number in range(1, 9):
                address = asking(attempt="the-same-attempt", number=number)
                pages.append(client.get(address).get_data(as_text=True))
                pages.append(client.send(address, {"words": "no", "key": "k" * 22}).get_data(as_text=True))
                client.send(address, {"words": WORDS, "key": f"{number}" * 22})
            client.get(OWN)  # takes the banners
            pages.append(client.get(OWN).get_data(as_text=True))
        seen.append([KEYED.sub("", MASKED.sub("", page)) for page in pages])
        kept.append([report.seen for report in reports(app)])
        if len(seen) == 1:
            start_empty(app)
            world, client = World.make(app), new_browser(app)
    assert seen[0] == seen[1]
    assert kept[0] == kept[1]
    assert len(kept[0]) == 8


def test_who_reports_very_many_waits(learner: PageClient, app: Flask, world: World, noon: datetime) -> None:
    """ASVS 2.4.1. What they typed stays on the page."""
    link = asking(module=MODULE, lesson=LESSON)
    for number in range(MOST_PROBLEMS):
        assert learner.send(link, {"words": WORDS, "key": f"{number:022}"}).status_code == 303
    answer = learner.send(link, {"words": "One more of these.", "key": "k" * 22})
    page = answer.get_data(as_text=True)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
    assert "One more of these." in page
    assert "You have reported many problems in this hour" in page
    assert len(reports(app)) == MOST_PROBLEMS
    with clock.frozen_at(noon + PROBLEMS_WINDOW):
        assert learner.send(link, {"words": "One more of these.", "key": "k" * 22}).status_code == 303
