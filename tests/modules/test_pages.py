"""The module page and the lessons, as a browser without JavaScript walks them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from sqlalchemy import insert, select

from elearn.accounts.models import Person
from elearn.content.structure import Lesson, Module, Quiz
from elearn.extensions import db
from elearn.items.base import Item
from elearn.modules.models import CheckResponse, Completion, Enrolment
from elearn.shared.transactions import writing
from tests.conftest import StatementCount
from tests.page import PageClient, check_page, find_all, text_of
from tests.rows import make_row
from tests.world import MODULE, World

HOME = f"/modules/{MODULE}/"
FIRST, SECOND, THIRD = (
    "why-rare-disease-research-is-different",
    "how-trials-build-evidence",
    "trials-in-rare-disease",
)


def module_of(app: Flask) -> Module:
    module: Module = app.extensions["elearn.catalogue"][MODULE]
    return module


def checks_of(app: Flask, lesson: str) -> list[Item]:
    return [item for item in module_of(app).lessons[lesson].checks.values() if isinstance(item, Item)]


def value(item: Item, *, right: bool) -> str:
    return item.forms_for(item.natural_order(), right=right)[0]["answer"][0]


@pytest.fixture
def learner(client: PageClient, world: World) -> PageClient:
    """Somebody signed in who has just started the module."""
    world.enrol("learner")
    world.sign_in(client, "learner")
    return client


def lesson(slug: str) -> str:
    return f"{HOME}lessons/{slug}/"


def try_checks(client: PageClient, slug: str, *, right: bool = True) -> None:
    for item in checks_of(client.application, slug):
        response = client.send(f"{lesson(slug)}checks/{item.id}/", {"answer": value(item, right=right)})
        assert response.status_code == 303


def by_id(root: Element, key: str) -> Element:
    return next(element for element in root.iter() if element.get("id") == key)


def page(client: PageClient, address: str) -> Element:
    return check_page(client.get(address).text, address, client.application)


# -- before starting -------------------------------------------------------------------------------------------------


def test_everybody_reads_what_it_is_before_starting(client: PageClient, app: Flask) -> None:
    text = text_of(page(client, HOME))
    module = module_of(app)
    told = [module.title, module.audience, module.funding, module.method, module.provenance, module.version]
    told += [outcome.text for outcome in module.outcomes] + [step.title for step in module.path]
    told += [author.name for author in module.authors] + [author.interests for author in module.authors]
    told += [f"{module.minutes} minutes", f"{module.hours} hours", "22 November 2026", "23 November 2027"]
    told += ["draft for clinical review", "Sign in to start"]
    for words in told:
        assert " ".join(words.split()) in text, words


def test_starting_needs_a_sign_in_and_comes_back(client: PageClient, world: World) -> None:
    link = client.get(HOME)
    assert f"/account/sign-in/?next={HOME}" in link.text
    assert client.send(f"{HOME}start/").status_code == 303
    world.sign_in(client, "learner")
    assert client.send(f"{HOME}start/").headers["Location"] == f"{HOME}#path"


def test_starting_twice_is_starting_once(client: PageClient, world: World, app: Flask) -> None:
    world.sign_in(client, "learner")
    for _ in range(3):
        assert client.send(f"{HOME}start/").status_code == 303
    with app.app_context():
        assert len(db.session.scalars(select(Enrolment.id)).all()) == 1


def test_a_module_that_is_not_there_is_not_found(client: PageClient, world: World) -> None:
    world.sign_in(client, "learner")
    for address in ("", "lessons/x/"):
        assert client.get(f"/modules/nothing/{address}").status_code == 404
    for address in ("start/", "place/", "lessons/x/done/", "lessons/x/checks/y/"):
        assert client.send(f"/modules/nothing/{address}").status_code == 404


def test_nothing_is_done_in_a_module_that_is_not_started(client: PageClient, world: World, app: Flask) -> None:
    world.sign_in(client, "learner")
    item = checks_of(app, FIRST)[0]
    for address in (f"{lesson(FIRST)}done/", f"{lesson(FIRST)}checks/{item.id}/"):
        response = client.send(address, {"answer": value(item, right=True)})
        assert (response.status_code, response.headers["Location"]) == (303, HOME)
    with app.app_context():
        assert db.session.scalars(select(Completion.id)).all() == []
        assert db.session.scalars(select(CheckResponse.id)).all() == []


# -- the path --------------------------------------------------------------------------------------------------------


def test_the_path_says_done_open_or_why_not(learner: PageClient, world: World) -> None:
    world.enrol("learner", f"lesson:{FIRST}")
    root = page(learner, HOME)
    items = {item.get("id"): item for item in find_all(root, "li") if (item.get("id") or "").startswith("step-")}
    assert len(items) == 16
    assert "Completed" in text_of(items[f"step-{FIRST}"])
    assert "Incomplete" in text_of(items[f"step-{SECOND}"])
    locked = items["step-trial-phases"]
    assert "Cannot start yet" in text_of(locked)
    assert "First finish “How trials build evidence”." in text_of(locked)
    assert find_all(locked, "a") == []
    assert len(find_all(root, "progress")) == 1
    assert "1 of 16 steps done" in text_of(root)


def test_the_address_of_a_locked_step_answers_with_the_reason(learner: PageClient, app: Flask) -> None:
    for address, title in (
        (lesson(SECOND), "How trials build evidence"),
        (f"{HOME}quizzes/trial-phases/", "Quiz: Trial phases"),
    ):
        response = learner.get(address)
        assert response.status_code == 200
        root = check_page(response.text, address, app)
        assert text_of(find_all(root, "h1")[0]) == f"{title}: cannot start yet"
        assert "First finish “Why rare disease research is different”." in text_of(root)
        assert "What you will learn" not in response.text
        assert "A clinical trial is planned research" not in response.text


def test_a_locked_lesson_takes_no_answer_and_is_not_done(learner: PageClient, app: Flask) -> None:
    item = checks_of(app, SECOND)[0]
    response = learner.send(f"{lesson(SECOND)}checks/{item.id}/", {"answer": value(item, right=True)})
    assert response.headers["Location"] == lesson(SECOND)
    assert learner.send(f"{lesson(SECOND)}done/").status_code == 422
    with app.app_context():
        assert db.session.scalars(select(CheckResponse.id)).all() == []
        assert db.session.scalars(select(Completion.id)).all() == []


def test_lessons_unlock_one_after_another(learner: PageClient) -> None:
    for slug, following in ((FIRST, SECOND), (SECOND, THIRD)):
        assert "cannot start yet" in learner.get(lesson(following)).text
        try_checks(learner, slug)
        done = learner.send(f"{lesson(slug)}done/")
        assert done.headers["Location"] == f"{HOME}#step-{slug}"
        by_id(page(learner, HOME), f"step-{slug}")
        assert "What you will learn" in learner.get(lesson(following)).text
    assert "You have finished this lesson" in learner.get(lesson(FIRST)).text


def test_done_twice_is_done_once(learner: PageClient, app: Flask) -> None:
    try_checks(learner, FIRST)
    for _ in range(3):
        assert learner.send(f"{lesson(FIRST)}done/").status_code == 303
    with app.app_context():
        assert db.session.scalars(select(Completion.step)).all() == [f"lesson:{FIRST}"]


# -- checks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("right", "verdict"), [(True, "Right"), (False, "Not right")])
def test_an_answer_gets_its_feedback(learner: PageClient, app: Flask, right: bool, verdict: str) -> None:
    item = checks_of(app, FIRST)[0]
    assert "app-check__feedback" not in learner.get(lesson(FIRST)).text
    answer = value(item, right=right)
    response = learner.send(f"{lesson(FIRST)}checks/{item.id}/", {"answer": answer})
    assert response.headers["Location"] == f"{lesson(FIRST)}#check-{item.id}-feedback"
    root = page(learner, lesson(FIRST))
    feedback = by_id(root, f"check-{item.id}-feedback")
    assert feedback.get("tabindex") == "-1"
    assert text_of(feedback).startswith(f"{verdict} ")
    assert "Your answer" in text_of(feedback)
    assert "est answer" in text_of(feedback)
    for option in item.options:  # type: ignore[attr-defined]
        assert " ".join(option.rationale.split())[:30].rstrip("*") in text_of(feedback)
    assert by_id(root, f"check-{item.id}-{answer}").get("checked") is not None


def test_a_check_may_be_tried_again_and_every_try_is_kept(learner: PageClient, app: Flask) -> None:
    item = checks_of(app, FIRST)[0]
    for right in (False, True):
        learner.send(f"{lesson(FIRST)}checks/{item.id}/", {"answer": value(item, right=right)})
    assert 'app-check__verdict">Right<' in learner.get(lesson(FIRST)).text
    with app.app_context():
        assert db.session.scalars(select(CheckResponse.points).order_by(CheckResponse.id)).all() == [0, 1]


@pytest.mark.parametrize("data", [{}, {"answer": ""}, {"answer": "9"}, {"answer": "a"}, {"answer": ["1", "2"]}])
def test_no_answer_is_an_error_with_nothing_lost(
    learner: PageClient, world: World, app: Flask, data: dict[str, str]
) -> None:
    place = next(slug for slug in module_of(app).lessons if len(checks_of(app, slug)) > 1)
    world.enrol("learner", *world.steps_before(f"lesson:{place}"))
    first, second = checks_of(app, place)[:2]
    learner.send(f"{lesson(place)}checks/{first.id}/", {"answer": value(first, right=True)})
    response = learner.send(f"{lesson(place)}checks/{second.id}/", data)
    assert response.status_code == 422
    root = check_page(response.text, lesson(place), app)
    assert text_of(find_all(root, "title")[0]).startswith("Error: ")
    summary = next(e for e in root.iter() if "nhsuk-error-summary" in (e.get("class") or "").split())
    (link,) = find_all(summary, "a")
    target = by_id(root, (link.get("href") or "")[1:])
    assert (target.get("name"), target.get("type")) == ("answer", "radio")
    assert by_id(root, f"check-{second.id}-error") is not None
    assert by_id(root, f"check-{first.id}-feedback") is not None
    with app.app_context():
        assert db.session.scalars(select(CheckResponse.check_id)).all() == [first.id]


def test_done_is_refused_before_each_check_is_tried(learner: PageClient, app: Flask) -> None:
    items = checks_of(app, FIRST)
    for tried, item in enumerate(items):
        response = learner.send(f"{lesson(FIRST)}done/")
        assert response.status_code == 422
        root = check_page(response.text, lesson(FIRST), app)
        left = len(items) - tried
        words = "Try the question in" if left == 1 else f"Try the {left} questions in"
        assert words in text_of(root)
        learner.send(f"{lesson(FIRST)}checks/{item.id}/", {"answer": value(item, right=False)})
    assert learner.send(f"{lesson(FIRST)}done/").status_code == 303


def test_a_check_of_another_lesson_is_not_found(learner: PageClient, app: Flask) -> None:
    theirs = checks_of(app, SECOND)[0]
    for check in (theirs.id, "nothing"):
        assert learner.send(f"{lesson(FIRST)}checks/{check}/", {"answer": "1"}).status_code == 404


def test_feedback_to_an_older_version_of_a_check_is_not_shown(learner: PageClient, app: Flask, world: World) -> None:
    item = checks_of(app, FIRST)[0]
    with app.app_context(), writing():
        enrolment = db.session.scalars(select(Enrolment)).one()
        db.session.add(
            CheckResponse(
                enrolment_id=enrolment.id,
                lesson=FIRST,
                check_id=item.id,
                item_digest="0" * 64,
                response={"option": "a"},
                points=0,
            )
        )
    assert "app-check__feedback" not in learner.get(lesson(FIRST)).text


# -- resuming --------------------------------------------------------------------------------------------------------


def go_on(client: PageClient) -> str:
    found = re.search(r'href="([^"]+)"[^>]*>Go on: ', client.get(HOME).text)
    assert found is not None
    return found[1]


def test_going_on_leads_to_the_heading_that_was_read_last(learner: PageClient, app: Flask) -> None:
    assert go_on(learner) == lesson(FIRST)
    anchors = [anchor for anchor, _ in module_of(app).lessons[FIRST].anchors]
    for anchor in (anchors[0], anchors[-1], f"check-{checks_of(app, FIRST)[0].id}"):
        assert learner.send(f"{HOME}place/", {"step": f"lesson:{FIRST}", "anchor": anchor}).status_code == 204
        assert go_on(learner) == f"{lesson(FIRST)}#{anchor}"
        by_id(page(learner, lesson(FIRST)), anchor)
    try_checks(learner, FIRST)
    learner.send(f"{lesson(FIRST)}done/")
    assert go_on(learner) == lesson(SECOND)


@pytest.mark.parametrize(
    ("step", "anchor"),
    [
        (f"lesson:{FIRST}", "no-such-heading"),
        ("lesson:nothing", ""),
        ("", ""),
        ("reflection", "x"),
        (f"lesson:{FIRST}", "x" * 121),
        (f"lesson:{FIRST}", '"><script>'),
    ],
)
def test_a_place_that_is_none_is_refused(learner: PageClient, app: Flask, step: str, anchor: str) -> None:
    assert learner.send(f"{HOME}place/", {"step": step, "anchor": anchor}).status_code == 422
    with app.app_context():
        assert db.session.scalars(select(Enrolment.last_step)).all() == [""]


def test_each_person_has_a_place_and_a_path_of_their_own(app: Flask, world: World) -> None:
    for persona in ("learner", "other_learner"):
        world.enrol(persona)
    one, two = app.test_client(), app.test_client()
    assert isinstance(one, PageClient)
    assert isinstance(two, PageClient)
    world.sign_in(one, "learner")
    world.sign_in(two, "other_learner")
    try_checks(one, FIRST)
    one.send(f"{lesson(FIRST)}done/")
    assert "cannot start yet" in two.get(lesson(SECOND)).text
    assert "What you will learn" in one.get(lesson(SECOND)).text
    assert "app-check__feedback" not in two.get(lesson(FIRST)).text
    assert "Canary-Okafor" in two.get(HOME).text
    assert "Canary-Okafor" not in one.get(HOME).text


# -- what is damaged -------------------------------------------------------------------------------------------------


MENDED = "This part is being mended, so you can pass it by for now. Your certificate waits for it."


@pytest.fixture
def damaged_quiz(app: Flask) -> Iterator[None]:
    """The first quiz is out of service."""
    whole = module_of(app)
    quizzes = {**whole.quizzes, "trial-phases": Quiz("trial-phases", "Trial phases", fault=MENDED)}
    path = tuple(replace(step, fault=MENDED if step.slug == "trial-phases" else "") for step in whole.path)
    app.extensions["elearn.catalogue"][MODULE] = replace(whole, quizzes=quizzes, path=path)
    yield
    app.extensions["elearn.catalogue"][MODULE] = whole


@pytest.fixture
def damaged(app: Flask) -> Iterator[None]:
    """The second lesson is out of service."""
    whole = module_of(app)
    lessons = {**whole.lessons, SECOND: Lesson(SECOND, 2, "How trials build evidence", fault=MENDED)}
    path = tuple(replace(step, fault=MENDED if step.slug == SECOND else "") for step in whole.path)
    app.extensions["elearn.catalogue"][MODULE] = replace(whole, lessons=lessons, path=path)
    yield
    app.extensions["elearn.catalogue"][MODULE] = whole


@pytest.mark.usefixtures("damaged")
def test_a_damaged_lesson_is_passed_by_and_the_pages_say_why(learner: PageClient, world: World) -> None:
    world.enrol("learner", f"lesson:{FIRST}")
    assert go_on(learner) == lesson(THIRD)
    root = page(learner, HOME)
    assert "Out of service" in text_of(by_id(root, f"step-{SECOND}"))
    assert "you can pass it by" in text_of(by_id(root, f"step-{SECOND}"))
    assert "your certificate waits for it" in text_of(by_id(root, "step-certificate"))
    answer = learner.get(lesson(SECOND))
    assert answer.status_code == 200
    assert "out of service" in answer.text
    assert "Your certificate waits for it" in answer.text
    assert "What you will learn" in learner.get(lesson(THIRD)).text
    assert learner.send(f"{lesson(SECOND)}done/").status_code == 404
    assert "your certificate waits for it" in learner.get(f"{HOME}certificate/").text


@pytest.mark.usefixtures("damaged_quiz")
def test_a_damaged_quiz_is_passed_by_and_the_pages_say_why(learner: PageClient, world: World) -> None:
    world.enrol("learner", *world.steps_before("quiz:trial-phases"))
    assert go_on(learner) == lesson("how-trials-adapt")
    root = page(learner, HOME)
    assert "Out of service" in text_of(by_id(root, "step-trial-phases"))
    assert "your certificate waits for it" in text_of(by_id(root, "step-certificate"))
    address = f"{HOME}quizzes/trial-phases/"
    assert "out of service" in learner.get(address).text
    assert learner.send(address).headers["Location"] == address


# -- statements ------------------------------------------------------------------------------------------------------


def crowd(app: Flask, size: int) -> None:
    """So many other people who have got somewhere."""
    with app.app_context(), writing():
        connection = db.session.connection()
        first = make_row(connection, "enrolments", module=MODULE, cycle=1)
        person = dict(
            connection.execute(select(Person.__table__).where(Person.id == first["person_id"])).mappings().one()
        )
        others = range(10_001, 10_001 + size)
        names = ("public_id", "email", "fs_uniquifier")
        db.session.execute(
            insert(Person), [person | {"id": n} | {name: f"{name}-{n}" for name in names} for n in others]
        )
        db.session.execute(insert(Enrolment), [first | {"id": n, "person_id": n} for n in others])
        done = [{"enrolment_id": n, "step": f"lesson:{FIRST}"} for n in others]
        db.session.execute(insert(Completion), done)


@pytest.mark.parametrize("size", [10, 500])
def test_a_page_costs_the_same_for_one_person_or_many(
    learner: PageClient, world: World, statements: StatementCount, size: int
) -> None:
    crowd(learner.application, size)
    world.enrol("learner", f"lesson:{FIRST}")
    try_checks(learner, SECOND)
    for address, most in ((lesson(SECOND), 3), (HOME, 4), (lesson(THIRD), 3), ("/modules/", 1)):
        statements.statements.clear()
        assert learner.get(address).status_code == 200
        assert len(statements) <= most, statements.statements
    statements.statements.clear()
    learner.application.test_client().get(HOME)
    assert len(statements) <= 1
