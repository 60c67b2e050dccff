"""Two people, two tabs each, in any order of doings that Hypothesis can think of: no acknowledged answer is ever lost.

The machine drives the real application through requests, and keeps what it was told. After each doing it reads the whole
database and compares: what `books.faults_in` says of any attempt, and here what must hold from one doing to the next.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from elearn.accounts.queries import get_person, viewer_of
from elearn.extensions import db
from elearn.items.base import Item
from elearn.items.single_best_answer import SingleBestAnswer
from elearn.quizzes.held import ticket_for
from elearn.quizzes.models import Attempt
from elearn.quizzes.regrading import Decision, apply_ruling, plan_ruling
from elearn.quizzes.rules import GRACE, ClosedBy, Mark, RulingKind
from elearn.quizzes.tasks import close_abandoned
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests.conftest import start_empty
from tests.faults.books import Book, faults_in, read_books
from tests.faults.doses import FULL, Dose, tell
from tests.faults.people import START, Browser, admit, end_sign_ins, options_of, quiz_of, sign_in

EXAMPLES = {"sqlite": Dose(usual=60, full=500), "postgresql": Dose(usual=12, full=100)}
STEPS = Dose(usual=30, full=60)
BEGIN = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
PEOPLE, TABS = 2, ("tab1", "tab2")
# What has to happen at least once in the usual run: a machine that never gets there proves nothing.
HAPPENINGS = (
    "saved",
    "known",
    "came before",
    "elsewhere",
    "closed",
    "held",
    "held and saved",
    "retried",
    "started",
    "may not start",
    "submitted",
    "submitted again",
    "ended by the clock",
    "refused to a stranger",
    "regraded",
)
people = st.sampled_from([0, 0, 0, 1])  # one of them does most, and two of eight places are played with, so that
positions = st.integers(1, 2)  # doings meet
tabs = st.sampled_from(TABS)
MOST_DAYS = 3
PATIENCE = 2  # answers that are held, before somebody signs in again at the latest
RULINGS = 3  # in a run
MEDDLINGS = 2  # in a run, which leaves the others room
LATEST = 8  # of what was sent, any of which may come again
ENOUGH = 2  # events, before anything ends an attempt


@dataclass(frozen=True)
class Letter:
    """One save as a page sends it: the same letter again is the same request."""

    attempt: str
    position: int
    place: int
    tab: str
    number: int
    seen: int | None
    sealed: str = ""
    received_at: datetime | None = None

    @property
    def path(self) -> str:
        """Where it goes."""
        return f"/attempts/{self.attempt}/questions/{self.position}/"


@dataclass
class Somebody:
    """A person, what their tabs show, and what has not been acknowledged to them yet."""

    id: int
    enrolment: int
    browser: Browser
    signed_in: bool = True
    attempt: str = ""
    number: int = 0
    seen: dict[tuple[str, str, int], int] = field(default_factory=dict)
    waiting: list[Letter] = field(default_factory=list)
    sent: list[Letter] = field(default_factory=list)


class Sittings(RuleBasedStateMachine):
    """Everything that two people may do with the attempts of one quiz."""

    app: Flask
    happened: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        start_empty(self.app)
        self.time = ExitStack()
        self.now, self.meddled, self.ruled = BEGIN, 0, 0
        self.regraded: set[str] = set()
        self.time.enter_context(clock.frozen_at(self.now))
        self.options = options_of(self.app)
        self.people = [
            Somebody(who.id, who.enrolment, Browser(self.app, who.cookie)) for who in admit(self.app, PEOPLE)
        ]
        self.books: dict[str, Book] = {}
        self.acknowledged: dict[str, list[tuple[int, dict[str, str], int]]] = {}

    @initialize()
    def begin(self) -> None:
        """Everybody starts."""
        for who in range(PEOPLE):
            self.start(who)
        self.nothing_is_lost()

    def teardown(self) -> None:
        """Let the clock go again."""
        self.time.close()
        with self.app.app_context():
            db.session.remove()

    def _moved_to(self, moment: datetime) -> None:
        self.now = moment
        self.time.enter_context(clock.frozen_at(moment))

    def _note(self, what: str) -> None:
        self.happened[what] += 1

    # -- starting ----------------------------------------------------------------------------------------------------

    @precondition(lambda self: any(person.signed_in and not self._open_of(person) for person in self.people))
    @rule(who=people)
    def start(self, who: int) -> None:
        """Press "Start", or "Continue"."""
        person = self.people[who]
        answer = person.browser.post(START)
        assert answer.status_code == 303
        place = answer.headers["Location"]
        if not person.signed_in:
            assert place.startswith("/account/")
        elif found := re.fullmatch(r"/attempts/([\w-]+)/questions/1/", place):
            before, person.attempt = self._open_of(person), found[1]
            assert before in ("", person.attempt), "an open attempt is gone on with"
            self._note("started")
        else:
            assert place == START
            self._note("may not start")

    def _open_of(self, person: Somebody) -> str:
        return next(
            (k for k, book in self.books.items() if book.is_open and book.attempt.enrolment_id == person.enrolment), ""
        )

    # -- answering ---------------------------------------------------------------------------------------------------

    @rule(who=people, tab=tabs, position=positions)
    def look(self, who: int, tab: str, position: int) -> None:
        """Load a question's page into a tab: from then on it knows the answer that stands there."""
        person = self.people[who]
        if not person.attempt or not person.signed_in:
            return
        page = person.browser.get(f"/attempts/{person.attempt}/questions/{position}/")
        if page.status_code == 303:
            assert not self.books[person.attempt].is_open
            return
        assert page.status_code == 200
        [seen] = re.findall(r'name="seen" value="(\d+)"', page.get_data(as_text=True))
        assert int(seen) == self.books[person.attempt].answers[position].sequence
        person.seen[person.attempt, tab, position] = int(seen)

    @rule(who=people, tab=tabs, position=positions, place=st.integers(1, 3))
    def change(self, who: int, tab: str, position: int, place: int) -> None:
        """Choose an option in a tab that has just been loaded."""
        self.look(who, tab, position)
        self.answer(who, tab, position, place)

    @rule(who=people, tab=tabs, position=positions, place=st.integers(1, 3))
    def answer(self, who: int, tab: str, position: int, place: int) -> None:
        """Choose an option in a tab: new, changed, or the same again; the tab may be stale."""
        person = self.people[who]
        if sum(bool(one.sealed) for one in person.waiting) >= PATIENCE:
            self.sign_in()
        if person.attempt:
            self._send(person, self._write(person, tab, position, place))

    @rule(who=people, tab=tabs, position=positions, place=st.integers(1, 3), arrives=st.booleans())
    def lose_connection(self, who: int, tab: str, position: int, place: int, arrives: bool) -> None:
        """Choose an option while the network fails: the request is lost, or only its answer is. The tab keeps it."""
        person = self.people[who]
        if not person.attempt:
            return
        letter = self._write(person, tab, position, place)
        if arrives:
            self._send(person, letter, heard=False)
        person.waiting.append(letter)

    @precondition(lambda self: any(person.waiting for person in self.people))
    @rule(who=people, which=st.integers(0, 5))
    def send_again(self, who: int, which: int) -> None:
        """Send what was not acknowledged again, with the key that it had; late ones in any order."""
        person = self.people[who]
        if not person.waiting:
            return
        letter = person.waiting.pop(which % len(person.waiting))
        self._send(person, letter)
        self._note("retried")

    @precondition(lambda self: any(person.sent for person in self.people))
    @rule(who=people, which=st.integers(1, LATEST))
    def replay(self, who: int, which: int) -> None:
        """Send something again that was sent before, acknowledged or not, to this attempt or an older one."""
        person = self.people[who]
        if person.sent:
            self._send(person, person.sent[-min(which, len(person.sent))])

    @rule(who=people, position=positions, place=st.integers(1, 2))
    def come_twice(self, who: int, position: int, place: int) -> None:
        """A request comes a second time, by a network that repeats it, after the other tab has changed the answer."""
        person, (one, other) = self.people[who], TABS
        self.answer(who, one, position, place)
        self.books = self._read()
        self.change(who, other, position, place + 1)
        self.books = self._read()
        first = next((letter for letter in reversed(person.sent) if letter.tab == one), None)
        if first is not None:
            self._send(person, first)

    def _write(self, person: Somebody, tab: str, position: int, place: int) -> Letter:
        person.number += 1
        # Now and then a page does not say what it has seen: then its key alone keeps it from coming in twice.
        seen = person.seen.get((person.attempt, tab, position), 0) if person.number % 3 else None
        letter = Letter(person.attempt, position, place, tab, person.number, seen)
        person.sent.append(letter)
        return letter

    def _send(self, person: Somebody, letter: Letter, *, heard: bool = True) -> None:
        """Send a save, and compare what is told with what the rules of the house say."""
        signed_in, expected = person.signed_in, self._expected(person, letter)
        before = self.books[letter.attempt]
        answer = person.browser.post(letter.path, self._fields(person, letter), json=True)
        assert answer.status_code < 500
        told = answer.get_json()
        assert told["state"] == expected, (told, expected, letter)
        after = self._read()[letter.attempt]
        if not signed_in:
            assert answer.status_code == 401
            if heard:
                person.waiting.append(self._sealed(letter, told["held"]))
                self._note("held")
        elif expected == "saved":
            self._saved(person, letter, told, before, after, heard=heard)
        else:
            assert answer.status_code == 409
            assert after == before, "a refused answer changes nothing"
            self._note(expected)

    def _fields(self, person: Somebody, letter: Letter) -> dict[str, str]:
        with self.app.app_context():
            ticket = ticket_for(person.id, letter.attempt)
        fields = {"ticket": ticket, "tab": letter.tab, "number": str(letter.number), "answer": str(letter.place)}
        fields |= {"seen": str(letter.seen)} if letter.seen is not None else {}
        return fields | ({"held": letter.sealed} if letter.sealed else {})

    def _sealed(self, letter: Letter, sealed: str) -> Letter:
        assert sealed
        if letter.sealed:
            assert sealed == letter.sealed, "the receipt of the first time counts"
            return letter
        return Letter(**{**letter.__dict__, "sealed": sealed, "received_at": self.now})

    def _expected(self, person: Somebody, letter: Letter) -> str:
        book = self.books[letter.attempt]
        if not person.signed_in:
            return "signed-out"
        deadline = book.attempt.deadline
        if not book.is_open or (deadline and (letter.received_at or self.now) > deadline + GRACE):
            return "closed"
        if self._is_known(book, letter):
            return "saved"
        standing, came_before = book.answers[letter.position], self._came_before(book, letter)
        stale = letter.seen not in (None, standing.sequence) and letter.tab != standing.tab
        return "elsewhere" if came_before or stale else "saved"

    def _is_known(self, book: Book, letter: Letter) -> bool:
        """Whether nothing is to be written: it stands already, or its own tab has sent it or something newer there."""
        standing = book.answers[letter.position]
        stands = standing.response == book.option_at(letter.position, letter.place)
        return bool(stands or (letter.tab == standing.tab and letter.number <= standing.tab_number))

    def _came_before(self, book: Book, letter: Letter) -> bool:
        """Whether its key has let it in; another answer stands by now, which its page must not hide."""
        keys = {(event.tab, event.tab_number) for event in book.events}
        if (letter.tab, letter.number) not in keys:
            return False
        self._note("came before")
        return True

    def _saved(self, person: Somebody, letter: Letter, told: Any, before: Book, after: Book, *, heard: bool) -> None:
        response, last = before.option_at(letter.position, letter.place), after.answers[letter.position]
        assert told["sequence"] == last.sequence
        if self._is_known(before, letter):
            assert after == before, "what is known changes nothing"
            self._note("known")
        else:
            assert (last.response, last.tab, last.tab_number) == (response, letter.tab, letter.number)
            assert last.saved_at == (letter.received_at or self.now), "the first receipt is what counts"
            self.acknowledged.setdefault(letter.attempt, []).append((letter.position, response, last.sequence))
            self._note("held and saved" if letter.sealed else "saved")
        if heard:
            person.seen[letter.attempt, letter.tab, letter.position] = last.sequence
            person.waiting = [one for one in person.waiting if one.number != letter.number]

    @precondition(lambda self: self.meddled < MEDDLINGS)
    @rule(who=people, position=positions)
    def meddle(self, who: int, position: int) -> None:
        """Send an answer for the other person's attempt, with that attempt's own ticket."""
        self.meddled += 1
        stranger, person = self.people[who], self.people[1 - who]
        if not person.attempt or not stranger.signed_in:
            return
        fields = self._fields(person, Letter(person.attempt, position, 1, "tab1", 999, None))
        answer = stranger.browser.post(f"/attempts/{person.attempt}/questions/{position}/", fields, json=True)
        assert answer.status_code == 404
        assert stranger.browser.post(f"/attempts/{person.attempt}/submit/").status_code == 404
        assert self._read() == self.books, "nobody changes another person's attempt"
        self._note("refused to a stranger")

    # -- signing in and out ------------------------------------------------------------------------------------------

    @precondition(lambda self: all(person.signed_in for person in self.people))
    @rule(who=people)
    def expire(self, who: int) -> None:
        """The sign-in ends, in the middle of anything."""
        person = self.people[who]
        end_sign_ins(self.app, person.id)
        person.signed_in = False

    @precondition(lambda self: not all(person.signed_in for person in self.people))
    @rule()
    def sign_in(self) -> None:
        """Sign in again, and send what was held, in order."""
        for person in self.people:
            if person.signed_in:
                continue
            person.browser = Browser(self.app, sign_in(self.app, person.id))
            person.signed_in = True
            held = [one for one in person.waiting if one.sealed]
            person.waiting = [one for one in person.waiting if not one.sealed]
            for letter in held:
                self._send(person, letter)
                self.books = self._read()

    def _may_end(self) -> list[int]:
        """Who has answered enough for their attempt to end."""
        enrolments = [
            book.attempt.enrolment_id for book in self.books.values() if book.is_open and len(book.events) >= ENOUGH
        ]
        return [who for who, person in enumerate(self.people) if person.enrolment in enrolments]

    # -- the end -----------------------------------------------------------------------------------------------------

    @precondition(lambda self: self._may_end())
    @rule(right=st.booleans(), times=st.integers(1, 2), again=st.booleans())
    def submit(self, right: bool, times: int, again: bool) -> None:
        """Submit, once or by a double click, with every question answered rightly or as it is, and perhaps start again."""
        who = self._may_end()[0]
        person = self.people[who]
        if right and person.signed_in and self.books[person.attempt].is_open:
            self._answer_rightly(person)
        was_open = self.books[person.attempt].is_open
        result = f"/attempts/{person.attempt}/result/"
        for _ in range(times):
            answer = person.browser.post(f"/attempts/{person.attempt}/submit/")
            assert answer.status_code == 303
            assert (answer.headers["Location"] == result) is person.signed_in
            if person.signed_in:
                self._note("submitted" if was_open else "submitted again")
                assert not self._read()[person.attempt].is_open
                was_open = False
        if again:
            self.nothing_is_lost()
            self.start(who)

    def _answer_rightly(self, person: Somebody) -> None:
        for position, answer in sorted(self.books[person.attempt].answers.items()):
            item = next(
                one for one in quiz_of(self.app).items if isinstance(one, Item) and one.digest == answer.item_digest
            )
            assert isinstance(item, SingleBestAnswer)
            place = answer.item_order.index(item.key) + 1
            person.seen[person.attempt, "tab1", position] = answer.sequence
            self._send(person, self._write(person, "tab1", position, place))
            self.books = self._read()

    @precondition(lambda self: self.books and (self.now - BEGIN).days < MOST_DAYS)
    @rule(hours=st.sampled_from([1, 25]))
    def wait(self, hours: int) -> None:
        """Let time pass; after a day, everybody has to sign in again, and may have another try."""
        self._moved_to(self.now + timedelta(hours=hours))
        if hours > 20:
            for person in self.people:
                end_sign_ins(self.app, person.id)
                person.signed_in = False
                person.waiting = []  # what was held or kept by a tab is older than anyone keeps it
            self.sign_in()

    @precondition(lambda self: self._may_end())
    @rule()
    def end_by_the_clock(self) -> None:
        """The time of an attempt is over, and the periodic job closes it with every answer that was saved."""
        attempt = self._open_of(self.people[self._may_end()[0]])
        with self.app.app_context(), writing():
            ended = db.update(Attempt).where(Attempt.public_id == attempt)
            db.session.execute(ended.values(deadline=self.now - 2 * GRACE))
        with self.app.app_context():
            assert close_abandoned() == 1
        after = self._read()[attempt]
        assert after.attempt.closed_by is ClosedBy.TIME
        assert (after.answers, after.events) == (self.books[attempt].answers, self.books[attempt].events)
        self._note("ended by the clock")

    # -- regrades ----------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.ruled < RULINGS and any(not book.is_open for book in self.books.values()))
    @rule(which=st.integers(0, 3), position=positions, kind=st.sampled_from(RulingKind))
    def regrade(self, which: int, position: int, kind: RulingKind) -> None:
        """A key was wrong: the dry run is what happens, to finished attempts at once and to open ones at their end."""
        finished = sorted(key for key, book in self.books.items() if not book.is_open)
        answer = self.books[finished[which % len(finished)]].answers[position]
        named = kind in (RulingKind.CORRECT, RulingKind.ACCEPT)
        decision = Decision(kind, answer.item_order[0] if named else "", "The source was read wrongly.")
        key = f"ruling {self.ruled}"
        with self.app.app_context():
            educator = replace(viewer_of(get_person(self.people[0].id)), administrator=True)
            plan = plan_ruling(educator, answer.item_digest, decision)
            for changed in (len(plan.changes), 0):  # twice is once
                with writing():
                    seen = plan.fingerprint
                    done = apply_ruling(educator, answer.item_digest, decision, key=key, seen=seen, certified=())
                assert done == changed
        after = self._read()
        for change in plan.changes:
            mark = after[change.public_id].attempt
            assert Mark(mark.points, mark.possible, mark.passed) == change.after
        self.ruled += 1
        self.regraded = {change.public_id for change in plan.changes}
        self._note("regraded")

    # -- what must hold after each ----------------------------------------------------------------------------------

    def _read(self) -> dict[str, Book]:
        return read_books(self.app)

    @invariant()
    def nothing_is_lost(self) -> None:
        """What was acknowledged is there, what was written stays as it was, and what is finished stays finished."""
        books = self._read()
        assert faults_in(self.app, books) == []
        for attempt, saved in self.acknowledged.items():
            events = {event.sequence: (event.position, event.response) for event in books[attempt].events}
            for position, response, sequence in saved:
                assert events.get(sequence) == (position, response), f"{attempt}: the answer {sequence} is lost"
        for attempt, before in self.books.items():
            now = books[attempt]
            assert now.events[: len(before.events)] == before.events, "events are only added"
            if attempt in self.regraded:
                assert _but_for_marks(now.attempt) == _but_for_marks(before.attempt), "a ruling changes the mark alone"
                assert now.answers == before.answers
            elif not before.is_open:
                # The step is the quiz's: a later attempt may still do it.
                assert replace(now, completed=before.completed, rulings=before.rulings) == before, (
                    "a finished attempt does not change"
                )
        self.books, self.regraded = books, set()


def _but_for_marks(attempt: Any) -> dict[str, Any]:
    return {name: value for name, value in attempt._mapping.items() if name not in ("points", "possible", "passed")}


def machine_for(app: Flask, happened: Counter[str]) -> type[Sittings]:
    """The machine on this application."""
    return type("SittingsHere", (Sittings,), {"app": app, "happened": happened})


@pytest.fixture
def happened(database: str) -> Iterator[Counter[str]]:
    """What the machine has got to, which is told at the end."""
    counts = Counter[str]()
    yield counts
    tell(
        database=database, doings=sum(counts.values()), **{name.replace(" ", "_"): counts[name] for name in HAPPENINGS}
    )


def test_no_acknowledged_answer_is_lost_in_any_order_of_doings(
    app: Flask, database: str, happened: Counter[str]
) -> None:
    run_state_machine_as_test(
        machine_for(app, happened),
        settings=settings(
            max_examples=EXAMPLES[database].now,
            stateful_step_count=STEPS.now,
            derandomize=not FULL,
            deadline=None,
            database=None,
            print_blob=True,
            # What fails fails again the same way; `make faults` takes the minutes that the shortest way to it needs.
            phases=(Phase.generate, Phase.shrink) if FULL else (Phase.generate,),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    if database == "sqlite":
        assert [name for name in HAPPENINGS if not happened[name]] == []
