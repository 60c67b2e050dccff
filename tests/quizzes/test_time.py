"""Time limits: the server's clock decides, to the second; more time and rest breaks for some, known to nobody else."""

import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from elearn.audit.models import AuditEvent
from elearn.content.schema import QuizRules
from elearn.extensions import db
from elearn.jobs import worker
from elearn.modules.models import Completion
from elearn.quizzes import queries, tasks
from elearn.quizzes.models import Answer, Attempt, ItemVersion
from elearn.quizzes.rules import (
    GRACE,
    AttemptState,
    ClosedBy,
    End,
    EndsBy,
    MayStart,
    MoreTime,
    Sitting,
    StartState,
    may_start,
)
from elearn.quizzes.rules import end_of as end_of_time
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests.page import PageClient, new_browser
from tests.quizzes.posting import Rule, accommodate, address, chosen, events, row_of, ruling, save
from tests.quizzes.sitting import QUIZ, place_of, ready, sit, start, view
from tests.quizzes.test_pages import START
from tests.quizzes.test_secrecy import VARIES
from tests.rows import everything_in
from tests.world import MODULE, World

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
END = NOON + 30 * MINUTE
EDGES = [(-SECOND, True), (timedelta(), True), (GRACE, True), (GRACE + SECOND, False)]


@pytest.fixture
def rule(world: World, noon: datetime) -> Iterator[Rule]:
    with ruling(world) as found:
        yield found


@pytest.fixture
def learner(client: PageClient, world: World, rule: Rule) -> PageClient:
    """A learner who may sit a quiz of thirty minutes."""
    rule(limit_minutes=30)
    ready(world)
    world.sign_in(client, "learner")
    return client


def page_of(client: PageClient, where: str) -> str:
    return " ".join(client.get(where).get_data(as_text=True).split())


# -- exact at each edge -----------------------------------------------------------------------------------------


def test_the_grace_is_a_minute_at_most() -> None:
    assert timedelta() < GRACE <= timedelta(seconds=60)


@pytest.mark.parametrize(("late", "taken"), EDGES)
@pytest.mark.parametrize("json", [False, True])
def test_an_answer_is_taken_until_the_grace_ends(
    learner: PageClient, world: World, late: timedelta, taken: bool, json: bool
) -> None:
    attempt = start(world)
    with clock.frozen_at(END + late):
        response = save(learner, world, attempt, answer="2", json=json)
    assert len(events(world, attempt)) == int(taken)
    if json:
        assert response.get_json()["state"] == ("saved" if taken else "closed")
    else:
        assert response.headers["Location"] == (address(attempt, 2) if taken else f"/attempts/{attempt}/answers/")


@pytest.mark.parametrize(("late", "in_time"), EDGES)
def test_a_late_submit_ends_when_its_time_ended(
    learner: PageClient, world: World, late: timedelta, in_time: bool
) -> None:
    attempt = start(world)
    place = view(world, attempt).paper[0]
    save(learner, world, attempt, answer=place_of(place.item, place.order, right=True))
    with clock.frozen_at(END + late):
        learner.send(f"/attempts/{attempt}/submit/")
        page = page_of(learner, f"/attempts/{attempt}/result/")
    row = row_of(world, attempt)
    assert row.submitted_at == (END + late if in_time else END)
    assert row.closed_by is (ClosedBy.PERSON if in_time else ClosedBy.TIME)
    assert ("The time ended on 23 November 2026 at 12:30" in page) is not in_time
    assert (row.points, chosen(world, attempt) > 0) == (1, True)


@pytest.mark.parametrize(("late", "in_time"), EDGES)
def test_a_question_is_shown_until_the_grace_ends(
    learner: PageClient, world: World, late: timedelta, in_time: bool
) -> None:
    attempt = start(world)
    with clock.frozen_at(END + late):
        assert learner.get(address(attempt)).status_code == (200 if in_time else 303)
        page = page_of(learner, f"/attempts/{attempt}/answers/")
        assert ("Your time is over" in page) is (late >= timedelta())  # the words keep no grace
        assert "Submit answers" in page


@pytest.mark.parametrize(("late", "in_time"), EDGES)
def test_the_chore_closes_after_the_grace_and_not_before(
    learner: PageClient, world: World, late: timedelta, in_time: bool
) -> None:
    attempt = start(world)
    with clock.frozen_at(END + late), world.app.app_context():
        assert tasks.close_abandoned() == int(not in_time)
    assert row_of(world, attempt).state is (AttemptState.OPEN if in_time else AttemptState.SUBMITTED)


def test_the_clients_timer_is_not_listened_to(learner: PageClient, world: World) -> None:
    attempt = start(world)
    told = {"deadline": "2099-01-01", "at": "2026-11-23T12:00:00", "received_at": "2026-11-23T12:00:00", "now": "0"}
    with clock.frozen_at(END + GRACE + SECOND):
        assert save(learner, world, attempt, answer="1", json=True, **told).status_code == 409
    assert events(world, attempt) == []


def test_a_submit_that_comes_by_itself_puts_no_blanks_in(learner: PageClient, world: World) -> None:
    attempt = start(world)
    save(learner, world, attempt, answer="2")
    with clock.frozen_at(END + SECOND):
        save(learner, world, attempt, seen=0)
        learner.send(f"/attempts/{attempt}/submit/", {"answer": "", "answer-1": ""})
    assert chosen(world, attempt) == 2


# -- the chore -------------------------------------------------------------------------------------------------------


def test_it_is_a_chore_of_the_worker(app: Flask) -> None:
    jobs = app.extensions[worker.EXTENSION]
    assert tasks.close_abandoned in jobs.chores


def test_the_chore_marks_what_was_saved_and_opens_the_way(
    app: Flask, client: PageClient, world: World, rule: Rule
) -> None:
    rule(limit_minutes=30)
    for persona, right in (("learner", 8), ("other_learner", 2), ("educator", 0)):
        ready(world, persona)
        attempt = start(world, persona)
        browser = new_browser(app)
        world.sign_in(browser, persona)
        for number, place in enumerate(view(world, attempt, persona).paper[:right], start=1):
            value = place_of(place.item, place.order, right=True)
            browser.send(address(attempt, number), {"answer": value})
    with clock.frozen_at(END + GRACE + 3 * MINUTE):
        before = everything_in(app)
        app.extensions[worker.EXTENSION].do_chores()
        after = everything_in(app)
        app.extensions[worker.EXTENSION].do_chores()
        assert everything_in(app) == after
    assert {name for name in before if before[name] != after[name]} == {
        "attempts",
        "audit_events",
        "audit_seals",
        "completions",
        "jobs",  # the daily retention has asked for its cleaning
    }
    with app.app_context():
        rows = db.session.scalars(select(Attempt).order_by(Attempt.points)).all()
        assert [(row.points, row.passed, row.submitted_at, row.closed_by) for row in rows] == [
            (0, False, END, ClosedBy.TIME),
            (2, False, END, ClosedBy.TIME),
            (8, True, END, ClosedBy.TIME),
        ]
        assert db.session.query(Completion).filter_by(step=f"quiz:{QUIZ}").count() == 1
        ended = db.session.scalars(select(AuditEvent).where(AuditEvent.kind == "attempt submitted")).all()
        assert {(event.actor_id, event.detail["by"]) for event in ended} == {(None, "time")}


@pytest.mark.parametrize("broken", ["no such type", "no options", "no rules"])
def test_one_broken_attempt_does_not_stop_the_others(
    world: World, rule: Rule, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(limit_minutes=30)
    attempts = []
    for minute, persona in enumerate(("learner", "other_learner", "educator")):
        ready(world, persona)
        with clock.frozen_at(NOON + minute * MINUTE):
            attempts.append(start(world, persona))
    _break(world, attempts[0], broken)
    log = Log()
    monkeypatch.setattr(tasks, "log", log)
    with clock.frozen_at(END + 10 * MINUTE), world.app.app_context():
        assert (tasks.close_abandoned(), tasks.close_abandoned()) == (2, 0)
    states = [row_of(world, attempt).state for attempt in attempts]
    assert states == [AttemptState.OPEN, AttemptState.SUBMITTED, AttemptState.SUBMITTED]
    key = row_of(world, attempts[0]).id
    assert log.told == [("attempt not closed", {"attempt": key})] * 2
    assert "the-secret-key" not in log.traces


class Log:
    """What the chore says, with the traces as the real log writes them."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, object]]] = []
        self.traces = ""

    def exception(self, words: str, **told: object) -> None:
        self.told.append((words, told))
        self.traces += traceback.format_exc()


def _break(world: World, attempt: str, how: str) -> None:
    """Let one place of a paper name a version that nothing can be made of."""
    key = row_of(world, attempt).id
    content = {"no such type": {"type": "riddle", "key": "the-secret-key"}, "no options": {}, "no rules": None}[how]
    with world.app.app_context(), writing():
        if content is not None:
            row = {"digest": f"broken {how}", "item_id": "broken", "module": MODULE, "content": content}
            db.session.execute(insert(ItemVersion).values(**row))
            changed = {"item_digest": f"broken {how}"}
        else:
            db.session.execute(update(Attempt).where(Attempt.id == key).values(rules={"pass_percent": 1000}))
            return
        here = (Answer.attempt_id == key) & (Answer.position == 3)
        db.session.execute(update(Answer).where(here).values(**changed))


# -- which ends first -------------------------------------------------------------------------------------------


def rules_with(limit: int | None, closes: datetime | None) -> QuizRules:
    return QuizRules(limit_minutes=limit, closes=closes)


@pytest.mark.parametrize(
    ("limit", "closes", "more", "rested", "end"),
    [
        (None, None, MoreTime(), 0, None),
        (None, None, MoreTime(200), 60, None),
        (30, None, MoreTime(), 0, End(END, EndsBy.LIMIT)),
        (30, None, MoreTime(None), 0, None),
        (30, None, MoreTime(125), 0, End(NOON + timedelta(minutes=37, seconds=30), EndsBy.LIMIT)),
        (7, None, MoreTime(125), 0, End(NOON + timedelta(minutes=8, seconds=45), EndsBy.LIMIT)),
        (1, None, MoreTime(125), 0, End(NOON + timedelta(seconds=75), EndsBy.LIMIT)),
        (30, None, MoreTime(150), 0, End(NOON + 45 * MINUTE, EndsBy.LIMIT)),
        (30, None, MoreTime(200), 0, End(NOON + 60 * MINUTE, EndsBy.LIMIT)),
        (600, None, MoreTime(200), 0, End(NOON + 1200 * MINUTE, EndsBy.LIMIT)),
        (30, None, MoreTime(), 61, End(END + 61 * SECOND, EndsBy.LIMIT)),
        (None, END, MoreTime(), 0, End(END, EndsBy.CLOSING)),
        (None, END, MoreTime(None), 600, End(END, EndsBy.CLOSING)),
        (30, END, MoreTime(), 0, End(END, EndsBy.LIMIT)),
        (30, END - SECOND, MoreTime(), 0, End(END - SECOND, EndsBy.CLOSING)),
        (30, END + SECOND, MoreTime(), 0, End(END, EndsBy.LIMIT)),
        (30, END + SECOND, MoreTime(125), 0, End(END + SECOND, EndsBy.CLOSING)),
        (30, END + SECOND, MoreTime(), 1, End(END + SECOND, EndsBy.LIMIT)),
        (30, END + SECOND, MoreTime(), 2, End(END + SECOND, EndsBy.CLOSING)),
        (30, END + SECOND, MoreTime(None), 0, End(END + SECOND, EndsBy.CLOSING)),
    ],
)
def test_what_ends_an_attempt(
    limit: int | None, closes: datetime | None, more: MoreTime, rested: int, end: End | None
) -> None:
    assert end_of_time(NOON, rules_with(limit, closes), more, rested) == end


@pytest.mark.parametrize(
    ("limit", "closes", "percent", "words"),
    [
        (None, None, 100, ["there is no time limit"]),
        (
            30,
            None,
            100,
            ["<strong>30 minutes</strong>, by our clock. If you start now, it ends on 23 November 2026 at 12:30. Then"],
        ),
        (30, None, 125, ["<strong>37.5 minutes</strong>", "ends on 23 November 2026 at 12:37. Then"]),
        (30, None, None, ["there is no time limit"]),
        (30, 45, 100, ["ends on 23 November 2026 at 12:30, before the quiz closes on 23 November 2026 at 12:45. Then"]),
        (30, 30, 100, ["ends on 23 November 2026 at 12:30, when the quiz closes. Then"]),
        (
            30,
            20,
            100,
            ["The quiz closes on <strong>23 November 2026 at 12:20</strong>, which comes before the 30 minutes of"],
        ),
        (
            30,
            45,
            200,
            ["The quiz closes on <strong>23 November 2026 at 12:45</strong>, which comes before the 60 minutes of"],
        ),
        (30, 45, None, ["The quiz closes on <strong>23 November 2026 at 12:45</strong>. Then"]),
        (None, 45, 100, ["The quiz closes on <strong>23 November 2026 at 12:45</strong>. Then"]),
    ],
)
def test_the_start_page_says_which_ends_first(
    client: PageClient,
    world: World,
    rule: Rule,
    limit: int | None,
    closes: int | None,
    percent: int | None,
    words: list[str],
) -> None:
    rule(limit_minutes=limit, closes=closes and (NOON + closes * MINUTE).isoformat())
    ready(world)
    accommodate(world, MoreTime(percent))
    world.sign_in(client, "learner")
    page = page_of(client, START)
    for said in words:
        assert said in page
    if words != ["there is no time limit"]:
        assert "there is no time limit" not in page
    attempt = start(world)
    found = end_of_time(NOON, rules_with(limit, closes and NOON + closes * MINUTE), MoreTime(percent))  # type: ignore[arg-type]
    assert row_of(world, attempt).deadline == (found.at if found else None)


def test_the_start_page_of_a_running_attempt_says_when_that_one_ends(learner: PageClient, world: World) -> None:
    start(world)
    with clock.frozen_at(NOON + 20 * MINUTE):
        page = page_of(learner, START)
    assert "Your time for attempt 1 ends on <strong>23 November 2026 at 12:30</strong>" in page
    assert "12:50" not in page


def test_a_quiz_that_has_closed_says_so_and_starts_no_attempt(client: PageClient, world: World, rule: Rule) -> None:
    rule(closes=NOON.isoformat())
    ready(world)
    world.sign_in(client, "learner")
    assert "This quiz closed on 23 November 2026 at 12:00" in page_of(client, START)
    assert client.send(START).headers["Location"].endswith(START)
    with world.app.app_context():
        assert db.session.query(Attempt).count() == 0


@pytest.mark.parametrize(
    ("closes", "state"),
    [(23, StartState.CLOSED), (24, StartState.CLOSED), (25, StartState.WAIT), (None, StartState.WAIT)],
)
def test_nobody_is_told_to_wait_for_an_attempt_that_never_opens(closes: int | None, state: StartState) -> None:
    closing = None if closes is None else NOON + timedelta(hours=closes)
    rules = QuizRules(attempts=2, waiting_hours=(24,), closes=closing)
    found = may_start([Sitting(1, NOON, passed=False)], rules, NOON + MINUTE)
    opens = NOON + timedelta(hours=24) if state is StartState.WAIT else None
    assert found == MayStart(state, 2, 1, opens)


def test_a_page_says_that_a_quiz_closes_before_the_next_attempt_opens(
    client: PageClient, world: World, rule: Rule
) -> None:
    rule(attempts=2, waiting_hours=[24], closes=(NOON + timedelta(hours=2)).isoformat())
    ready(world)
    world.sign_in(client, "learner")
    sit(world, right=0)
    page = page_of(client, START)
    assert "This quiz closes on 23 November 2026 at 14:00, before another attempt opens" in page
    assert "Your next attempt opens" not in page


# -- more time (X-2) -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("percent", "seconds"), [(100, 1800), (125, 2250), (150, 2700), (200, 3600), (None, None)])
def test_more_time_to_the_second(learner: PageClient, world: World, percent: int | None, seconds: int | None) -> None:
    accommodate(world, MoreTime(percent))
    ready(world, "other_learner")
    moment = NOON + timedelta(seconds=7, microseconds=123456)
    with clock.frozen_at(moment):
        mine, others = start(world), start(world, "other_learner")
    end = None if seconds is None else moment + timedelta(seconds=seconds)
    assert row_of(world, mine).deadline == end
    assert row_of(world, others).deadline == moment + 30 * MINUTE
    if end is not None:
        for late, taken in EDGES:
            with clock.frozen_at(end + late):
                world.sign_in(learner, "learner")
                answer = str(1 + (late.seconds // 10) % 3)
                assert (save(learner, world, mine, answer=answer, json=True).status_code == 200) is taken


def test_more_time_applies_to_a_running_attempt_at_once(learner: PageClient, world: World) -> None:
    attempt = start(world)
    with clock.frozen_at(END - SECOND):
        accommodate(world, MoreTime(200))
    with clock.frozen_at(NOON + 60 * MINUTE + GRACE):
        assert save(learner, world, attempt, answer="1", json=True).status_code == 200
    accommodate(world, MoreTime(None))
    assert row_of(world, attempt).deadline is None
    accommodate(world, MoreTime())
    assert row_of(world, attempt).deadline == END


def test_more_time_after_the_time_was_over_still_helps_an_open_attempt(learner: PageClient, world: World) -> None:
    attempt = start(world)
    with clock.frozen_at(END + 5 * MINUTE):
        assert save(learner, world, attempt, answer="1", json=True).status_code == 409
        accommodate(world, MoreTime(150))
        assert save(learner, world, attempt, answer="1", json=True).status_code == 200


def test_more_time_opens_nothing_that_is_submitted(learner: PageClient, world: World) -> None:
    attempt = sit(world, right=3)
    before = row_of(world, attempt).deadline
    accommodate(world, MoreTime(200))
    assert row_of(world, attempt).deadline == before


@pytest.mark.parametrize("percent", [125, 150, 200, None])
def test_nothing_stretches_the_closing(client: PageClient, world: World, rule: Rule, percent: int | None) -> None:
    closes = NOON + 31 * MINUTE
    rule(limit_minutes=30, closes=closes.isoformat())
    ready(world)
    attempt = start(world)
    accommodate(world, MoreTime(percent, rest_breaks=True))
    assert row_of(world, attempt).deadline == closes


def test_who_set_it_is_written_down_and_what_was_set_is_not(learner: PageClient, world: World) -> None:
    accommodate(world, MoreTime(125, rest_breaks=True))
    accommodate(world, MoreTime(150))
    with world.app.app_context():
        found = db.session.scalars(select(AuditEvent).where(AuditEvent.kind == "accommodation set")).all()
        assert [(event.actor_id, event.subject) for event in found] == [
            (world.people["administrator"], f"person:{world.people['learner']}")
        ] * 2
        assert [event.detail for event in found] == [{}, {}]
        assert queries.more_time_of(world.people["learner"]) == MoreTime(150)
        assert queries.more_time_of(world.people["other_learner"]) == MoreTime()


# -- rest breaks -----------------------------------------------------------------------------------------------------


@pytest.fixture
def rester(learner: PageClient, world: World) -> str:
    """A running attempt of somebody who may rest."""
    accommodate(world, MoreTime(rest_breaks=True))
    return start(world)


def rest(client: PageClient, attempt: str) -> None:
    assert client.send(f"/attempts/{attempt}/break/").headers["Location"] == f"/attempts/{attempt}/answers/"


def go_on(client: PageClient, attempt: str) -> None:
    assert client.send(f"/attempts/{attempt}/go-on/").headers["Location"] == address(attempt)


def test_who_may_not_rest_cannot(learner: PageClient, world: World) -> None:
    attempt = start(world)
    assert "rest break" not in page_of(learner, address(attempt))
    learner.token()
    before = everything_in(world.app)
    rest(learner, attempt)
    assert everything_in(world.app) == before
    accommodate(world, MoreTime(200))
    rest(learner, attempt)
    assert row_of(world, attempt).paused_at is None


def test_time_stands_still_while_somebody_rests(learner: PageClient, world: World, rester: str) -> None:
    assert "Take a rest break" in page_of(learner, address(rester))
    with clock.frozen_at(NOON + 20 * MINUTE):
        rest(learner, rester)
        rest(learner, rester)
    with clock.frozen_at(NOON + 95 * MINUTE):
        page = page_of(learner, f"/attempts/{rester}/answers/")
        assert "Your time has been stopped since 23 November 2026 at 12:20" in page
        assert "if you have not gone on by 24 November 2026 at 12:20" in page
        assert "ends on <strong>24 November 2026 at 12:30</strong>" in page
        assert "Answers that were saved stay saved." in page
        page = page_of(learner, START)
        assert "You began a rest break on 23 November 2026 at 12:20" in page
        assert "You may take rest breaks" not in page
        with world.app.app_context():
            assert tasks.close_abandoned() == 0
        go_on(learner, rester)
        go_on(learner, rester)
    end = NOON + 105 * MINUTE
    assert (row_of(world, rester).deadline, row_of(world, rester).paused_seconds) == (end, 75 * 60)
    for late, taken in EDGES:
        with clock.frozen_at(end + late):
            world.sign_in(learner, "learner")
            answer = str(1 + (late.seconds // 10) % 3)
            assert (save(learner, world, rester, answer=answer, json=True).status_code == 200) is taken


def test_breaks_add_up(learner: PageClient, world: World, rester: str) -> None:
    for minute in (5, 10, 15):
        with clock.frozen_at(NOON + minute * MINUTE):
            rest(learner, rester)
        with clock.frozen_at(NOON + minute * MINUTE + 30 * SECOND):
            go_on(learner, rester)
    assert row_of(world, rester).deadline == END + 90 * SECOND


@pytest.mark.parametrize("json", [False, True])
def test_answers_are_refused_while_somebody_rests(learner: PageClient, world: World, rester: str, json: bool) -> None:
    save(learner, world, rester, answer="1")
    rest(learner, rester)
    response = save(learner, world, rester, answer="2", json=json)
    where = response.get_json()["next"] if json else response.headers["Location"]
    assert response.status_code == (409 if json else 303)
    assert "Your time has been stopped" in page_of(learner, where)
    assert learner.get(address(rester)).headers["Location"] == where
    assert chosen(world, rester) == 1
    go_on(learner, rester)
    assert save(learner, world, rester, answer="2", json=json).status_code == (200 if json else 303)


def test_the_start_page_tells_who_may_rest_that_they_may(learner: PageClient, world: World, rule: Rule) -> None:
    assert "rest break" not in page_of(learner, START)
    accommodate(world, MoreTime(rest_breaks=True))
    assert "You may take rest breaks" in page_of(learner, START)
    assert "closes all the same" not in page_of(learner, START)
    start(world)
    assert "You may take rest breaks" in page_of(learner, START)
    rule(limit_minutes=30, closes=(NOON + 90 * MINUTE).isoformat())
    assert "the quiz closes all the same" in page_of(learner, START)
    accommodate(world, MoreTime(None, rest_breaks=True))
    assert "You may take rest breaks" not in page_of(learner, START), "no limit, nothing to stop"


DAY = timedelta(hours=24)


@pytest.mark.parametrize(
    ("rested", "end"),
    [
        (DAY - SECOND, END + DAY - SECOND),
        (DAY, END + DAY),
        (DAY + SECOND, END + DAY),
        (DAY + 9 * MINUTE, END + DAY),
    ],
)
def test_after_a_day_of_rest_the_time_goes_on_by_itself(
    learner: PageClient, world: World, rester: str, rested: timedelta, end: datetime
) -> None:
    with clock.frozen_at(NOON + 20 * MINUTE):
        rest(learner, rester)
    assert row_of(world, rester).deadline == END + DAY
    with clock.frozen_at(NOON + 20 * MINUTE + rested):
        world.sign_in(learner, "learner")
        page = page_of(learner, f"/attempts/{rester}/answers/")
        assert ("Your time has been stopped since" in page) is (rested < DAY)
        assert ("Your rest break ended on 24 November 2026 at 12:20, after 24 hours" in page) is (rested >= DAY)
        assert save(learner, world, rester, answer="2", json=True).get_json()["state"] == "break"
        go_on(learner, rester)
    assert (row_of(world, rester).deadline, row_of(world, rester).paused_at) == (end, None)


@pytest.mark.parametrize(("late", "in_time"), EDGES)
def test_an_attempt_that_is_left_in_a_break_ends_a_day_and_what_was_left_later(
    learner: PageClient, world: World, rester: str, late: timedelta, in_time: bool
) -> None:
    with clock.frozen_at(NOON + 20 * MINUTE):
        rest(learner, rester)
    with clock.frozen_at(END + DAY + late):
        world.sign_in(learner, "learner")
        page = page_of(learner, f"/attempts/{rester}/answers/")
        assert ("Rest break" in page) is (late < timedelta())
        assert ("Your time is over" in page) is (late >= timedelta())
        assert save(learner, world, rester, answer="2", json=True).status_code == 409
        with world.app.app_context():
            assert tasks.close_abandoned() == int(not in_time)
    row = row_of(world, rester)
    if not in_time:
        assert (row.closed_by, row.submitted_at, row.paused_at) == (ClosedBy.TIME, END + DAY, None)


def test_each_break_has_a_day_of_its_own(learner: PageClient, world: World, rester: str) -> None:
    for day in range(2):
        with clock.frozen_at(NOON + day * DAY + (10 + 5 * day) * MINUTE):
            world.sign_in(learner, "learner")
            rest(learner, rester)
        with clock.frozen_at(NOON + (day + 1) * DAY + (10 + 5 * day) * MINUTE):
            world.sign_in(learner, "learner")
            go_on(learner, rester)
    assert row_of(world, rester).deadline == END + 2 * DAY


def test_submitting_from_a_break_counts_as_in_time(learner: PageClient, world: World, rester: str) -> None:
    with clock.frozen_at(NOON + 20 * MINUTE):
        rest(learner, rester)
    moment = NOON + 50 * MINUTE
    with clock.frozen_at(moment):
        learner.send(f"/attempts/{rester}/submit/")
    row = row_of(world, rester)
    assert (row.closed_by, row.submitted_at, row.paused_at) == (ClosedBy.PERSON, moment, None)


def test_more_time_that_is_set_during_a_break_counts_after_it(learner: PageClient, world: World, rester: str) -> None:
    with clock.frozen_at(NOON + 20 * MINUTE):
        rest(learner, rester)
    with clock.frozen_at(NOON + 60 * MINUTE):
        accommodate(world, MoreTime(200))
        with world.app.app_context():
            assert tasks.close_abandoned() == 0
    with clock.frozen_at(NOON + 80 * MINUTE):
        go_on(learner, rester)
    assert row_of(world, rester).deadline == NOON + 120 * MINUTE


def test_no_break_begins_when_the_time_is_over_or_the_attempt_is(
    learner: PageClient, world: World, rester: str
) -> None:
    with clock.frozen_at(END + GRACE + SECOND):
        rest(learner, rester)
    assert row_of(world, rester).paused_at is None
    learner.send(f"/attempts/{rester}/submit/")
    rest(learner, rester)
    assert row_of(world, rester).paused_at is None


def test_a_break_does_not_stretch_the_closing_and_the_chore_ends_it_there(
    client: PageClient, world: World, rule: Rule
) -> None:
    closes = NOON + 40 * MINUTE
    rule(limit_minutes=30, closes=closes.isoformat())
    ready(world)
    world.sign_in(client, "learner")
    accommodate(world, MoreTime(rest_breaks=True))
    attempt = start(world)
    with clock.frozen_at(NOON + 10 * MINUTE):
        rest(client, attempt)
        page = page_of(client, f"/attempts/{attempt}/answers/")
        assert "It ends at the latest on <strong>23 November 2026 at 12:40</strong>" in page
    with clock.frozen_at(closes + GRACE), world.app.app_context():
        assert tasks.close_abandoned() == 0
    with clock.frozen_at(closes + GRACE + SECOND):
        assert "Your time is over" in page_of(client, f"/attempts/{attempt}/answers/")
        with world.app.app_context():
            assert tasks.close_abandoned() == 1
        client.send(f"/attempts/{attempt}/go-on/")
    row = row_of(world, attempt)
    assert (row.state, row.closed_by, row.submitted_at) == (AttemptState.SUBMITTED, ClosedBy.TIME, closes)


def test_one_persons_break_is_nothing_to_another(app: Flask, learner: PageClient, world: World, rester: str) -> None:
    ready(world, "other_learner")
    others = start(world, "other_learner")
    other = new_browser(app)
    world.sign_in(other, "other_learner")
    rest(learner, rester)
    assert other.send(f"/attempts/{rester}/go-on/").status_code == 404
    assert row_of(world, rester).paused_at == NOON
    assert (row_of(world, others).paused_at, row_of(world, others).deadline) == (None, END)
    with clock.frozen_at(END + GRACE + SECOND), world.app.app_context():
        assert tasks.close_abandoned() == 1
    assert row_of(world, rester).state is AttemptState.OPEN


# -- known to nobody else (X-2, X-12) --------------------------------------------------------------------------------


def every_page(app: Flask, client: PageClient, world: World, attempts: list[str]) -> dict[str, str]:
    """Every page that this browser opens, by its address, without what is its own each time."""
    values = {"module": [MODULE], "quiz": [QUIZ], "attempt": attempts, "cohort": list(world.cohorts.values())}
    adapter = app.url_map.bind("localhost")
    found = {}
    for rule_of in app.url_map.iter_rules():
        if "GET" not in (rule_of.methods or ()) or rule_of.endpoint in ("security.logout", "preview.preview"):
            continue  # a preview is drawn anew each time
        names = rule_of.arguments
        for place in range(2):
            told = {name: values.get(name, ["1"])[min(place, len(values.get(name, ["1"])) - 1)] for name in names}
            where = adapter.build(rule_of.endpoint, told)
            response = client.get(where)
            if response.status_code == 200:
                found[where] = VARIES.sub("", response.get_data(as_text=True))
    for cohort in world.cohorts.values():
        report = client.send(f"/reports/cohorts/{cohort}/csv/")
        if report.status_code == 200:
            found[f"{cohort}.csv"] = report.get_data(as_text=True)
    return found


@pytest.mark.parametrize("persona", ["educator", "other_learner", "nobody"])
def test_more_time_and_breaks_change_no_byte_that_others_see(
    app: Flask, learner: PageClient, world: World, persona: str
) -> None:
    attempt = start(world)
    attempts = [attempt]
    other = new_browser(app)
    if persona != "nobody":
        ready(world, persona)
        attempts.append(start(world, persona))
        world.sign_in(other, persona)
    seen = []
    every_page(app, other, world, attempts)  # what a first visit changes, such as the place where one was
    for change in (False, True):
        if change:
            accommodate(world, MoreTime(125, rest_breaks=True))
            rest(learner, attempt)
        seen.append(every_page(app, other, world, attempts))
    assert len(seen[0]) > (5 if persona == "nobody" else 20)
    assert (f"/reports/cohorts/{world.cohorts['one']}/" in seen[0]) is (persona == "educator")
    assert any(name.endswith(".csv") for name in seen[0]) is (persona == "educator")
    assert seen[0] == seen[1]
    for where, page in seen[1].items():
        if where not in ("/privacy/", "/account/"):  # what may be kept of anybody, and what one has oneself
            assert "rest break" not in page.lower()
        assert "37.5" not in page


def test_the_person_sees_their_own_time(learner: PageClient, world: World) -> None:
    accommodate(world, MoreTime(125, rest_breaks=True))
    assert "37.5 minutes" in page_of(learner, START)
    attempt = start(world)
    page = page_of(learner, address(attempt))
    assert "Your time ends on <strong>23 November 2026 at 12:37</strong>" in page
    assert "Take a rest break" in page
