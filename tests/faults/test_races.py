"""Fifty requests for one attempt that set off together: one winner, one result for all, nothing half done (Q-3, F-12)."""

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from elearn.accounts.queries import get_person, viewer_of
from elearn.certificates.models import Certificate
from elearn.extensions import db
from elearn.jobs.models import Job
from elearn.quizzes.held import ticket_for
from elearn.quizzes.queries import get_attempt
from elearn.quizzes.rules import Claim
from elearn.quizzes.saving import save_answer
from elearn.shared.transactions import writing
from tests.certificates.awarding import review
from tests.faults.books import Book, faults_in, read_books
from tests.faults.doses import Dose, tell
from tests.faults.people import CONFIRM, QUIZ, START, Browser, Clinician, admit, details_of, options_of
from tests.racing import at_once
from tests.world import World

ROUNDS = Dose(usual=40, full=1_000)
FEW, MANY = 8, 50
OFTEN = Dose(usual=20, full=5)  # every so many rounds is of fifty, the others are of eight
CERTIFICATES = Dose(usual=4, full=1)  # every so many rounds ends with a certificate
STARTS = 5
Work = Callable[[], TestResponse]


@dataclass
class Race:
    """One attempt, for which everything comes at once."""

    app: Flask
    who: Clinician
    threads: int
    random: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    attempt: str = ""

    def __post_init__(self) -> None:
        self.browser = Browser(self.app, self.who.cookie)

    def book(self) -> Book:
        """The rows of the attempt, which agree with each other."""
        books = read_books(self.app, [self.who.enrolment])
        assert faults_in(self.app, books) == []
        return books[self.attempt]

    def start(self) -> None:
        """Starts at once: one attempt, to which all are led."""
        answers = at_once([partial(self.browser.post, START)] * min(STARTS, self.threads))
        self._count(answers)
        [place] = {(answer.status_code, answer.headers.get("Location")) for answer in answers}
        assert place[0] == 303
        self.attempt = str(place[1]).split("/")[2]
        assert [*read_books(self.app, [self.who.enrolment])] == [self.attempt]

    def save(self, position: int, place: int, tab: str, number: int) -> TestResponse:
        """One save, as our script sends it from a page that has not seen other tabs' answers."""
        with self.app.app_context():
            ticket = ticket_for(self.who.id, self.attempt)
        fields = {"ticket": ticket, "tab": tab, "number": str(number), "answer": str(place)}
        return self.browser.post(f"/attempts/{self.attempt}/questions/{position}/", fields, json=True)

    def answer(self, *, right: bool) -> None:
        """Answer every question, so that the result is known."""
        with self.app.app_context(), writing():
            viewer = viewer_of(get_person(self.who.id))
            for position, place in enumerate(get_attempt(viewer, self.attempt).paper, start=1):
                [form] = place.item.forms_for(place.order, right=right)
                save_answer(viewer, self.attempt, position, form, Claim(tab="first", number=position))

    def submit_among_saves(self) -> None:
        """Submits, saves, every save twice, and starts, all at once."""
        submit = partial(self.browser.post, f"/attempts/{self.attempt}/submit/")
        kinds = self.random.choices(("submit", "save", "start"), (3, 6, 1), k=self.threads - 2)
        keys: list[tuple[int, int, str, int]] = []
        works: list[Work] = [submit, submit]
        for number, kind in enumerate(kinds, start=1):
            if kind == "save":
                key = (self.random.randint(1, 8), self.random.randint(1, options_of(self.app)), f"racing{number}", 1)
                keys.append(self.random.choice([key, *keys[-1:]]))  # a double click is the same request again
                works.append(partial(self.save, *keys[-1]))
            else:
                works.append(submit if kind == "submit" else partial(self.browser.post, START))
        self.random.shuffle(works)
        answers = at_once(works)
        self._count(answers)
        self._expect(works, answers, submit)
        self._submit_again(submit)

    def _expect(self, works: list[Work], answers: list[TestResponse], submit: Work) -> None:
        result = f"/attempts/{self.attempt}/result/"
        submissions = [answer for work, answer in zip(works, answers, strict=True) if work is submit]
        assert {(answer.status_code, answer.headers["Location"]) for answer in submissions} == {(303, result)}
        book = self.book()
        assert book.audited.count("attempt submitted") == 1
        assert not book.is_open
        keys = {(event.tab, event.tab_number) for event in book.events}
        for work, answer in zip(works, answers, strict=True):
            if isinstance(work, partial) and work.func == self.save and answer.status_code == 200:
                position, place, *key = work.args
                stood = [event.response for event in book.events if event.position == position]
                assert tuple(key) in keys or book.option_at(position, place) in stood

    def _submit_again(self, submit: Work) -> None:
        """A replay changes nothing, and shows the same result."""
        result, before = f"/attempts/{self.attempt}/result/", self.book()
        page = self._page(result)
        again = at_once([submit] * 2)
        assert [answer.headers["Location"] for answer in again] == [result, result]
        assert self._page(result) == page
        assert self.book() == before

    def _page(self, path: str) -> str:
        """A page but for the token against forgery, which is a new one each second."""
        return re.sub(r'name="csrf_token"[^>]*>', "", self.browser.get(path).get_data(as_text=True))

    def certificate(self, details: str) -> None:
        """Confirmations at once: one number."""
        answers = at_once([partial(self.browser.post, CONFIRM, {"details": details})] * self.threads)
        self._count(answers)
        assert {answer.status_code for answer in answers} == {303}
        assert len({answer.headers["Location"] for answer in answers}) == 1
        with self.app.app_context():
            assert db.session.query(Certificate).filter_by(enrolment_id=self.who.enrolment).count() == 1

    def _count(self, answers: list[TestResponse]) -> None:
        self.counts["requests"] += len(answers)
        for answer in answers:
            self.counts[f"{answer.status_code // 100}xx"] += 1
            assert answer.status_code < 500


def test_one_winner_whatever_comes_at_once(app: Flask, world: World, database: str) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - who races with whom; who wins is the machine's
    chance, counts = random.Random(seed), Counter[str]()
    review(world)
    rounds = ROUNDS.now
    for number in range(rounds):
        threads = FEW if number % OFTEN.now else MANY
        [who] = admit(app, 1)
        race = Race(app, who, threads, chance, counts)
        race.start()
        race.answer(right=number % 2 == 0)
        race.submit_among_saves()
        if number % CERTIFICATES.now == 0:
            [done] = admit(app, 1, "certificate")
            Race(app, done, threads, chance, counts).certificate(details_of(app, done.id))
    with app.app_context():
        certificates = db.session.query(Certificate).count()
        assert certificates == db.session.query(Job).count() == rounds // CERTIFICATES.now
    tell(database=database, rounds=rounds, certificates=certificates, **{"5xx": 0}, **counts)


@pytest.mark.parametrize("people", [8])
def test_the_first_starts_of_a_new_quiz_do_not_wait_for_each_other_in_a_circle(
    app: Flask, world: World, people: int
) -> None:
    """Nobody has sat the quiz before, so each start writes the items' versions; they did so in the paper's own order."""
    clinicians = admit(app, people)
    answers = at_once([partial(Browser(app, who.cookie).post, START) for who in clinicians])
    assert {answer.status_code for answer in answers} == {303}
    attempts = read_books(app)
    assert len(attempts) == people
    assert {book.attempt.quiz for book in attempts.values()} == {QUIZ}
    assert faults_in(app, attempts) == []
    assert len(set(chain.from_iterable(book.answers for book in attempts.values()))) == 8
