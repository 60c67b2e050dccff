"""Withdrawing a lesson or question from the site: at once, everywhere, with its reason; and who learned from it (D-15)."""

from collections.abc import Iterator

import pytest
from flask import Flask

from elearn.audit.models import AuditEvent
from elearn.content.structure import Module
from elearn.extensions import db
from elearn.modules import catalogue
from elearn.modules.actions import restore_part, withdraw_part
from elearn.modules.queries import list_withdrawals
from elearn.modules.withdrawing import PartKind, Withdrawal, without
from elearn.reports.recall import list_learners
from elearn.shared import clock
from elearn.shared.missing import NotFound
from elearn.shared.transactions import writing
from tests.page import PageClient, new_browser, words_in
from tests.quizzes.sitting import QUIZ, module_of, sit, start, view
from tests.quizzes.test_secrecy import KEPT
from tests.world import MODULE, World

LESSON = "how-trials-build-evidence"
REASON = "A dose in it is wrong by a factor of ten."
HOME = f"/modules/{MODULE}/"


@pytest.fixture(autouse=True)
def _as_before(app: Flask) -> Iterator[None]:
    """The application is shared between tests: what one withdraws is in use again for the next."""
    kept = {key: app.extensions[key] for key in KEPT}
    yield
    app.extensions |= kept


@pytest.fixture
def administrator(client: PageClient, world: World) -> PageClient:
    world.sign_in(client, "administrator")
    return client


@pytest.fixture
def learner(app: Flask, world: World) -> PageClient:
    browser = new_browser(app)
    world.enrol("learner", *world.steps_before(f"lesson:{LESSON}"))
    world.sign_in(browser, "learner")
    return browser


def address(kind: str, part: str) -> str:
    return f"/admin/content/{MODULE}/{kind}/{part}/"


def words_of(client: PageClient, page: str, status: int = 200) -> str:
    response = client.get(page)
    assert response.status_code == status
    return words_in(response.get_data(as_text=True))


def send(client: PageClient, kind: str, part: str, reason: str = REASON) -> int:
    return client.send(address(kind, part), {"reason": reason}).status_code


def a_question(world: World) -> str:
    return module_of(world).quizzes[QUIZ].items[0].id


# -- lessons ---------------------------------------------------------------------------------------------------------


def test_a_lesson_is_out_of_use_from_the_next_page_on(administrator: PageClient, learner: PageClient) -> None:
    lesson = f"{HOME}lessons/{LESSON}/"
    assert "What you will learn" in words_of(learner, lesson)
    assert send(administrator, "lesson", LESSON) == 303
    page = words_of(learner, lesson)
    assert REASON in page
    assert "What you will learn" not in page
    assert REASON in words_of(learner, HOME)
    assert send(administrator, "lesson", LESSON, "It has been put right.") == 303
    assert "What you will learn" in words_of(learner, lesson)


def test_another_process_sees_it_too(administrator: PageClient, learner: PageClient, app: Flask) -> None:
    """What a second process would hold in memory: the catalogue and the epoch of before."""
    lesson = f"{HOME}lessons/{LESSON}/"
    words_of(learner, lesson)
    elsewhere = {key: app.extensions[key] for key in KEPT}
    send(administrator, "lesson", LESSON)
    app.extensions |= elsewhere
    assert REASON in words_of(learner, lesson)


def test_the_certificate_waits_and_issued_ones_stay(
    administrator: PageClient, learner: PageClient, world: World
) -> None:
    world.enrol("learner", *world.steps_before("certificate"))
    assert "out of service" not in words_of(learner, f"{HOME}certificate/")
    send(administrator, "lesson", LESSON)
    assert "is out of service, and your certificate waits for it" in words_of(learner, f"{HOME}certificate/")


def test_learners_pass_it_by(administrator: PageClient, learner: PageClient, world: World) -> None:
    send(administrator, "lesson", LESSON)
    words_of(learner, HOME)
    steps = [step.id for step in module_of(world).path]
    following = steps[steps.index(f"lesson:{LESSON}") + 1].removeprefix("lesson:")
    assert "What you will learn" in words_of(learner, f"{HOME}lessons/{following}/")


# -- questions -------------------------------------------------------------------------------------------------------


def test_a_question_is_drawn_no_more_and_an_open_attempt_keeps_it(
    administrator: PageClient, learner: PageClient, world: World
) -> None:
    world.enrol("learner", *world.steps_before(f"quiz:{QUIZ}"))
    attempt = start(world)
    paper = view(world, attempt).paper
    gone = paper[0].item.id
    assert send(administrator, "item", gone) == 303
    words_of(learner, HOME)
    assert gone not in {item.id for item in module_of(world).quizzes[QUIZ].items}
    assert learner.get(f"/attempts/{attempt}/questions/1/").status_code == 200
    assert view(world, attempt).paper == paper
    world.enrol("other_learner", *world.steps_before(f"quiz:{QUIZ}"))
    for _ in range(5):
        assert gone not in {
            place.item.id for place in view(world, start(world, "other_learner"), "other_learner").paper
        }


def test_a_check_is_asked_no_more(administrator: PageClient, learner: PageClient, world: World) -> None:
    check = next(iter(module_of(world).lessons[LESSON].checks))
    send(administrator, "item", check)
    page = learner.get(f"{HOME}lessons/{LESSON}/").get_data(as_text=True)
    assert f"check-{check}" not in page
    assert "What you will learn" in page


def test_a_quiz_without_enough_questions_is_out_of_service(world: World) -> None:
    module = module_of(world)
    quiz = module.quizzes[QUIZ]
    cell = quiz.blueprint[0]
    pool = [item.id for item in quiz.items if item.objective == cell.objective]
    gone = [Withdrawal(MODULE, PartKind.ITEM, item, REASON, clock.now()) for item in pool]
    assert not without(module, gone[: len(pool) - cell.draw]).quizzes[QUIZ].fault
    short = without(module, gone[: len(pool) - cell.draw + 1])
    assert REASON in short.quizzes[QUIZ].fault
    assert not short.is_whole


def test_nothing_withdrawn_changes_nothing(world: World) -> None:
    module = module_of(world)
    assert without(module, []) is module
    assert without(module, [Withdrawal("another", PartKind.LESSON, LESSON, REASON, clock.now())]) is module


# -- actions ---------------------------------------------------------------------------------------------------------


def test_a_second_withdrawal_changes_nothing(world: World, app: Flask) -> None:
    administrator, module = world.viewer("administrator"), module_of(world)
    for act, expected in ((withdraw_part, True), (withdraw_part, False), (restore_part, True), (restore_part, False)):
        with app.app_context(), writing():
            assert act(administrator, module, PartKind.LESSON, LESSON, REASON) is expected
    with app.app_context():
        kinds = db.session.scalars(
            db.select(AuditEvent.kind).where(AuditEvent.kind.startswith("content")).order_by(AuditEvent.id)
        ).all()
        assert list(kinds) == ["content withdrawn", "content restored"]
        assert list_withdrawals() == []


def test_the_newest_word_counts(world: World, app: Flask) -> None:
    administrator, module = world.viewer("administrator"), module_of(world)
    for act in (withdraw_part, restore_part, withdraw_part):
        with app.app_context(), writing():
            act(administrator, module, PartKind.LESSON, LESSON, REASON)
    with app.app_context():
        assert [(found.kind, found.part) for found in list_withdrawals()] == [(PartKind.LESSON, LESSON)]


# -- who learned from it ---------------------------------------------------------------------------------------------


def learned(world: World, kind: PartKind, part: str) -> list[str]:
    with world.app.app_context():
        return [found.email for found in list_learners(world.viewer("administrator"), MODULE, kind, part)]


def test_everybody_who_learned_from_a_lesson_is_listed(world: World) -> None:
    assert learned(world, PartKind.LESSON, LESSON) == []
    world.enrol("learner", f"lesson:{LESSON}")
    world.enrol("other_learner", "lesson:trials-in-rare-disease")
    assert learned(world, PartKind.LESSON, LESSON) == ["learner@example.org"]


def test_everybody_who_was_asked_a_question_is_listed(world: World) -> None:
    for persona in ("learner", "other_learner"):
        world.enrol(persona, *world.steps_before(f"quiz:{QUIZ}"))
    papers = {}
    for persona in ("learner", "other_learner"):
        attempt = sit(world, 8, persona)
        papers[f"{persona}@example.org"] = {place.item.id for place in view(world, attempt, persona).paper}
    for item in module_of(world).quizzes[QUIZ].items:
        assert set(learned(world, PartKind.ITEM, item.id)) == {who for who, paper in papers.items() if item.id in paper}


def test_nobody_else_may_ask(world: World) -> None:
    with world.app.app_context(), pytest.raises(NotFound):
        list_learners(world.viewer("educator"), MODULE, PartKind.LESSON, LESSON)


def test_the_list_can_be_taken_and_the_trail_says_so(administrator: PageClient, world: World, app: Flask) -> None:
    world.enrol("learner", f"lesson:{LESSON}")
    assert "Canary-Khan" in words_of(administrator, address("lesson", LESSON))
    response = administrator.send(f"{address('lesson', LESSON)}csv/")
    assert response.status_code == 200
    assert "learner@example.org" in response.get_data(as_text=True)
    with app.app_context():
        assert db.session.scalar(db.select(AuditEvent.detail).where(AuditEvent.kind == "learners listed")) == {
            "part": f"lesson:{LESSON}",
            "rows": 1,
        }


# -- the pages -------------------------------------------------------------------------------------------------------


def test_every_part_is_listed_with_its_state(administrator: PageClient, world: World) -> None:
    module: Module = module_of(world)
    page = administrator.get(f"/admin/content/{MODULE}/").get_data(as_text=True)
    for lesson in module.lessons:
        assert address("lesson", lesson) in page
    assert address("item", a_question(world)) in page
    assert "Withdrawn" not in words_in(page)
    send(administrator, "lesson", LESSON)
    assert words_of(administrator, f"/admin/content/{MODULE}/").count("Withdrawn") == 1


@pytest.mark.parametrize("reason", ["", "   ", "too short", "x" * 301])
def test_a_withdrawal_needs_a_reason(administrator: PageClient, world: World, reason: str) -> None:
    response = administrator.send(address("lesson", LESSON), {"reason": reason})
    assert response.status_code == 422
    assert "There is a problem" in response.get_data(as_text=True)
    with world.app.app_context():
        assert list_withdrawals() == []
        assert catalogue.published(MODULE).lessons[LESSON].fault == ""


@pytest.mark.parametrize("place", ["lesson/nothing", "item/nothing", f"item/{LESSON}", "quiz/trial-phases"])
def test_what_is_no_part_is_not_found(administrator: PageClient, place: str) -> None:
    assert administrator.get(f"/admin/content/{MODULE}/{place}/").status_code == 404
