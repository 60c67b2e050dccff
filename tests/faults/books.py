"""What the database says of an attempt, and whether its rows agree with each other: nothing half done, nothing twice."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import Connection, select

from elearn.audit.models import AuditEvent
from elearn.content.schema import QuizRules
from elearn.extensions import db
from elearn.modules.models import Completion
from elearn.quizzes.marking import Ruled, mark_paper
from elearn.quizzes.models import Answer, Attempt, ItemVersion, ResponseEvent, Ruling
from elearn.quizzes.paper import version_of
from elearn.quizzes.rules import AttemptState

COMMON = ("item_digest", "response", "confidence", "sequence", "tab", "tab_number")


@dataclass(frozen=True)
class Book:
    """One attempt: answers by position, events in order, its audit trail, its step, and rulings on items by digest."""

    attempt: Any
    answers: Mapping[int, Any]
    events: Sequence[Any]
    audited: Sequence[str]
    completed: int
    rulings: Mapping[str, Sequence[Ruled]]

    @property
    def is_open(self) -> bool:
        """Whether its answers may still change."""
        return bool(self.attempt.state is AttemptState.OPEN)

    @property
    def last_events(self) -> dict[int, Any]:
        """The last event of each position."""
        return {event.position: event for event in self.events}

    def option_at(self, position: int, place: int) -> dict[str, str]:
        """The response that the place of an option, counted from 1, stands for."""
        return {"option": self.answers[position].item_order[place - 1]}


def read_books(app: Flask, enrolments: Collection[int] | None = None) -> dict[str, Book]:
    """The books of everybody's attempts, or of these enrolments' alone, by address id, as of one moment."""
    with app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        return _read(connection, enrolments)


def _read(connection: Connection, enrolments: Collection[int] | None) -> dict[str, Book]:
    wanted = select(*Attempt.__table__.columns)
    if enrolments is not None:
        wanted = wanted.where(Attempt.enrolment_id.in_(enrolments))
    rows = connection.execute(wanted).all()
    keys = [row.id for row in rows]
    answers = connection.execute(select(*Answer.__table__.columns).where(Answer.attempt_id.in_(keys))).all()
    events = connection.execute(
        select(*ResponseEvent.__table__.columns)
        .where(ResponseEvent.attempt_id.in_(keys))
        .order_by(ResponseEvent.sequence)
    ).all()
    subjects = [f"attempt:{row.public_id}" for row in rows]
    audited = connection.execute(
        select(AuditEvent.subject, AuditEvent.kind).where(AuditEvent.subject.in_(subjects)).order_by(AuditEvent.id)
    ).all()
    steps = connection.execute(
        select(Completion.enrolment_id, Completion.step).where(
            Completion.enrolment_id.in_([row.enrolment_id for row in rows])
        )
    ).all()
    rulings: dict[str, list[Ruled]] = {}
    for row in connection.execute(select(*Ruling.__table__.columns).order_by(Ruling.id)).all():
        rulings.setdefault(row.item_digest, []).append(Ruled(row.kind, row.alternative, row.reason))
    return {
        row.public_id: Book(
            attempt=row,
            answers={answer.position: answer for answer in answers if answer.attempt_id == row.id},
            events=[event for event in events if event.attempt_id == row.id],
            audited=[one.kind for one in audited if one.subject == f"attempt:{row.public_id}"],
            completed=[tuple(step) for step in steps].count((row.enrolment_id, f"quiz:{row.quiz}")),
            rulings=rulings,
        )
        for row in rows
    }


def faults_in(app: Flask, books: Mapping[str, Book]) -> list[str]:
    """Everything that is half done, lost, or there twice, in words; nothing where all is well."""
    points = _Points(app)
    found = [f"{key}: {words}" for key, book in books.items() for words in _faults_in(book, points)]
    sittings = [(book.attempt.enrolment_id, book.attempt.quiz) for book in books.values() if book.is_open]
    passed = {(book.attempt.enrolment_id, book.attempt.quiz) for book in books.values() if book.attempt.passed}
    found += [f"{sitting} has two open attempts" for sitting in set(sittings) if sittings.count(sitting) > 1]
    for book in books.values():
        done = (book.attempt.enrolment_id, book.attempt.quiz) in passed
        if book.completed != int(done):
            found.append(f"{book.attempt.public_id}: the step is done {book.completed} times, passed: {done}")
    return found


def _faults_in(book: Book, points: "_Points") -> list[str]:
    attempt, last, found = book.attempt, book.last_events, []
    if sorted(book.answers) != list(range(1, attempt.length + 1)):
        found.append(f"half a paper: positions {sorted(book.answers)} of {attempt.length}")
    if [event.sequence for event in book.events] != list(range(1, len(book.events) + 1)):
        found.append(f"the sequence has gaps: {[event.sequence for event in book.events]}")
    for position, answer in book.answers.items():
        event = last.get(position)
        if event is None and (answer.sequence or answer.response is not None):
            found.append(f"an answer without its event at {position}")
        if event is not None and any(getattr(event, name) != getattr(answer, name) for name in COMMON):
            found.append(f"the answer at {position} is not its last event")
    keys = [(event.tab, event.tab_number) for event in book.events if event.tab_number]
    found += [f"the key {key} came in twice" for key in set(keys) if keys.count(key) > 1]
    if book.audited.count("attempt started") != 1:
        found.append(f"{book.audited.count('attempt started')} starts in the audit trail")
    return found + _faults_of_mark(book, points)


def _faults_of_mark(book: Book, points: "_Points") -> list[str]:
    attempt = book.attempt
    marked = (attempt.points, attempt.passed, attempt.submitted_at, attempt.closed_by)
    submissions = book.audited.count("attempt submitted")
    if book.is_open:
        torn = submissions or any(value is not None for value in marked)
        return [f"open, and marked {marked}, submitted {submissions} times"] if torn else []
    events = book.last_events
    paper = [
        (points.item(answer.item_digest), events[position].response if position in events else None)
        for position, answer in sorted(book.answers.items())
    ]
    rebuilt = mark_paper(paper, book.rulings, QuizRules.model_validate(attempt.rules).pass_percent)
    found = []
    if submissions != 1 or any(value is None for value in marked):
        found.append(f"submitted {submissions} times, marked {marked}")
    ruled = any(answer.item_digest in book.rulings for answer in book.answers.values())
    passed = attempt.passed if ruled and attempt.passed else rebuilt.passed  # no ruling here takes a pass away
    if (attempt.points, attempt.possible, attempt.passed) != (rebuilt.points, rebuilt.possible, passed):
        found.append(f"marked {marked[:2]}, rebuilt from events {rebuilt}")
    if attempt.points is not None and not 0 <= attempt.points <= attempt.possible:
        found.append(f"{attempt.points} points of {attempt.possible}")
    return found


class _Points:
    """The item versions that papers name, as stored and by nothing else."""

    versions: dict[str, Any] = {}  # noqa: RUF012 - they never change

    def __init__(self, app: Flask) -> None:
        self.app = app

    def item(self, digest: str) -> Any:
        """The item version of a digest."""
        if digest not in self.versions:
            with self.app.app_context():
                content = db.session.scalars(select(ItemVersion.content).where(ItemVersion.digest == digest)).one()
            self.versions[digest] = version_of(content)
        return self.versions[digest]
