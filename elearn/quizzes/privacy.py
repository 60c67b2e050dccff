"""What this feature holds about people: attempts, answers, more time; who ruled.

A person's own copy holds their answers in words and, where the release rules show the result of each question, whether it
was right (trust.md Q-2). It never holds a key: of what the person did not choose it says nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from elearn.content.schema import QuizRules
from elearn.extensions import db
from elearn.items.base import Item
from elearn.modules.catalogue import catalogue
from elearn.modules.models import Enrolment
from elearn.quizzes.marking import under
from elearn.quizzes.models import Accommodation, Answer, Attempt, MarkChange, ResponseEvent, Ruling
from elearn.quizzes.queries import item_versions
from elearn.quizzes.rules import AttemptState, Release, released
from elearn.quizzes.rulings import rulings_on
from elearn.shared import clock
from elearn.shared.personal import (
    WITH_ACCOUNT,
    Basis,
    Field,
    Goes,
    Holding,
    KeptWhile,
    Record,
    Stays,
    Subject,
    rows_of,
)

INNER = "A number of the database without meaning outside it."
ABOUT_QUESTION = "It is about the question, and could tell its key."
STATISTICS = "Stays without identity, for the statistics of questions. Answers are choices and numbers, never words."
LEARNERS = "the person, administrators; educators of cohorts that the person joined see attempts, best marks and dates"


def _enrolments(whom: Subject) -> Select[int]:
    return select(Enrolment.id).where(Enrolment.person_id.in_(whom.ids))


def _attempts(whom: Subject) -> Select[int]:
    return select(Attempt.id).where(Attempt.enrolment_id.in_(_enrolments(whom)))


def _answers_of(whom: Subject) -> ColumnElement[bool]:
    return Answer.attempt_id.in_(_attempts(whom))


def _events_of(whom: Subject) -> ColumnElement[bool]:
    return ResponseEvent.attempt_id.in_(_attempts(whom))


def _titled(holding: Holding, whom: Subject) -> Sequence[Record]:
    """Attempts with the module and the title of the quiz."""
    rows = db.session.execute(
        select(Attempt.id, Enrolment.module, Attempt.quiz)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Attempt.id.in_(_attempts(whom)))
    )
    named = {row.id: {"module": row.module, "title": _title(row.module, row.quiz)} for row in rows}
    return [{**named[row["id"]], **row} for row in rows_of(holding, whom)]


def _title(slug: str, quiz: str) -> str:
    module = catalogue().get(slug)
    found = module.quizzes.get(quiz) if module else None
    return found.title if found else quiz


def _answers(_holding: Holding, whom: Subject) -> Sequence[Record]:
    """The answers that stand, with the mark of each where its result may be shown."""
    shown = _released(whom)
    rows = list(db.session.execute(select(*Answer.__table__.columns).where(_answers_of(whom)).order_by(*_KEY)))
    digests = {row.item_digest for row in rows}
    items, rulings = item_versions(digests), rulings_on(digests)
    return [
        {
            "attempt_id": row.attempt_id,
            "position": row.position,
            "question": items[row.item_digest].lead_in,
            "answer": items[row.item_digest].wording(row.response),
            "confidence": row.confidence,
            "sequence": row.sequence,
            "tab": row.tab,
            "tab_number": row.tab_number,
            "saved_at": row.saved_at,
            **(
                _mark(items[row.item_digest], row, rulings.get(row.item_digest, ()))
                if shown[row.attempt_id] is not Release.NOTHING
                else {}
            ),
        }
        for row in rows
    ]


_KEY = (Answer.attempt_id, Answer.position)


def _mark(item: Item, row: Any, rulings: Sequence[Any]) -> Mapping[str, int]:
    force = under(item, rulings)
    return {"points": force.points(row.response), "possible": force.possible}


def _released(whom: Subject) -> Mapping[int, Release]:
    """What the result of each attempt shows now, as its page decides it; nothing of one that is open."""
    rows = db.session.execute(
        select(*Attempt.__table__.columns).where(Attempt.id.in_(_attempts(whom))).order_by(Attempt.number)
    ).all()
    found = {}
    for row in rows:
        same = [other for other in rows if (other.enrolment_id, other.quiz) == (row.enrolment_id, row.quiz)]
        finished = [other for other in same if other.submitted_at is not None]
        rules = QuizRules.model_validate(row.rules)
        # A pre-test has no page that shows the result of a question.
        if row.state is AttemptState.OPEN or row.passed is None or not rules.counted:
            found[row.id] = Release.NOTHING
            continue
        found[row.id] = released(
            rules,
            finished[-1].number,
            clock.now(),
            passed=row.passed,
            ever_passed=any(other.passed for other in finished),
        )
    return found


def _events(_holding: Holding, whom: Subject) -> Sequence[Record]:
    """Each answer that was ever saved, in words."""
    rows = list(
        db.session.execute(select(*ResponseEvent.__table__.columns).where(_events_of(whom)).order_by(ResponseEvent.id))
    )
    items = item_versions({row.item_digest for row in rows})
    return [
        {
            "attempt_id": row.attempt_id,
            "sequence": row.sequence,
            "position": row.position,
            "answer": items[row.item_digest].wording(row.response),
            "confidence": row.confidence,
            "tab": row.tab,
            "tab_number": row.tab_number,
            "at": row.at,
        }
        for row in rows
    ]


HOLDINGS = (
    Holding(
        model=Attempt,
        title="Your attempts at quizzes",
        purpose="To mark quizzes, and to hold back answers until they may be shown.",
        basis=Basis.CONTRACT,
        recipients=LEARNERS,
        whose=lambda whom: Attempt.enrolment_id.in_(_enrolments(whom)),
        records=_titled,
        also={"module": "Module", "title": "Quiz"},
        fields={
            "id": Field("Number"),
            "public_id": Field("Number in addresses"),
            "enrolment_id": Field("Number of the start of the module"),
            "quiz": Field("Quiz, as it is stored"),
            "number": Field("Attempt"),
            "state": Field("State"),
            "rules": Field("Rules of the quiz when it began"),
            "length": Field("Questions"),
            "started_at": Field("Started"),
            "deadline": Field("Time ends"),
            "paused_at": Field("Rest break began"),
            "paused_seconds": Field("Seconds of rest breaks"),
            "submitted_at": Field("Submitted"),
            "closed_by": Field("Submitted by"),
            "points": Field("Points"),
            "possible": Field("Points that could be had"),
            "passed": Field("Passed"),
        },
        erase=Stays(STATISTICS),
        retain=WITH_ACCOUNT,
    ),
    Holding(
        model=Answer,
        title="Your answers in quizzes",
        purpose="To mark quizzes, and to find questions that are bad.",
        basis=Basis.CONTRACT,
        recipients="the person; educators see numbers of answers without people",
        whose=_answers_of,
        records=_answers,
        also={
            "question": "Question",
            "answer": "Your answer",
            "points": "Points, where the result is shown to you",
            "possible": "Points that could be had",
        },
        fields={
            "attempt_id": Field("Number of the attempt"),
            "position": Field("Place in the quiz"),
            "item_digest": Field("Version of the question", withheld=ABOUT_QUESTION),
            "item_order": Field("Order of the options", withheld=ABOUT_QUESTION),
            "response": Field("Answer as it is stored", withheld="Said in words as “Your answer”."),
            "confidence": Field("How sure you were"),
            "sequence": Field("Number of the save"),
            "tab": Field("Browser tab"),
            "tab_number": Field("Number of the save in that tab"),
            "saved_at": Field("Saved"),
        },
        erase=Stays(STATISTICS),
        retain=WITH_ACCOUNT,
    ),
    Holding(
        model=ResponseEvent,
        title="Every answer that was saved in quizzes",
        purpose="So that no answer is lost, and a mark can be shown to be right.",
        basis=Basis.CONTRACT,
        recipients="the person",
        whose=_events_of,
        records=_events,
        also={"answer": "Your answer"},
        fields={
            "id": Field("Number", withheld=INNER),
            "attempt_id": Field("Number of the attempt"),
            "sequence": Field("Number of the save"),
            "position": Field("Place in the quiz"),
            "item_digest": Field("Version of the question", withheld=ABOUT_QUESTION),
            "response": Field("Answer as it is stored", withheld="Said in words as “Your answer”."),
            "confidence": Field("How sure you were"),
            "tab": Field("Browser tab"),
            "tab_number": Field("Number of the save in that tab"),
            "at": Field("When"),
        },
        erase=Stays(STATISTICS),
        retain=WITH_ACCOUNT,
    ),
    Holding(
        model=Accommodation,
        title="Your time in quizzes",
        purpose="To give more time or rest breaks to whoever needs them. The reason is never kept.",
        basis=Basis.DUTY,
        recipients="the person, administrators; no educator and no other learner",
        whose=lambda whom: Accommodation.person_id.in_(whom.ids),
        fields={
            "person_id": Field("Number of the account", withheld=INNER),
            "time_percent": Field("Time in percent (none: without limit)"),
            "rest_breaks": Field("Rest breaks"),
            "set_by": Field("Who set it", withheld="It is about an administrator."),
            "set_at": Field("When"),
        },
        erase=Goes(),
        retain=WITH_ACCOUNT,
    ),
    Holding(
        model=Ruling,
        title="Rulings on questions that you made",
        purpose="To say which answers count, and to tell learners why a mark has changed.",
        basis=Basis.LEGITIMATE,
        recipients="learners whose mark changed read the reason; nobody is told who ruled",
        whose=lambda whom: Ruling.ruled_by.in_(whom.ids),
        fields={
            "id": Field("Number", withheld=INNER),
            "key": Field("Mark that lets a decision in once"),
            "item_digest": Field("Version of the question"),
            "kind": Field("Decision"),
            "alternative": Field("Answer"),
            "reason": Field("Reason"),
            "lowers": Field("May lower a mark"),
            "ruled_by": Field("Number of whoever ruled", withheld=INNER),
            "at": Field("When"),
        },
        erase=Stays("The reason is about the question; who gave it is a number that leads to a nameless account."),
        retain=KeptWhile("Kept as long as the service runs: marks rest on it."),
    ),
    Holding(
        model=MarkChange,
        title="Corrections of your marks",
        purpose="To tell the person what a ruling did to their mark.",
        basis=Basis.CONTRACT,
        recipients=LEARNERS,
        whose=lambda whom: MarkChange.attempt_id.in_(_attempts(whom)),
        fields={
            "id": Field("Number", withheld=INNER),
            "ruling_id": Field("Number of the ruling", withheld=INNER),
            "attempt_id": Field("Number of the attempt"),
            "points_before": Field("Points before"),
            "possible_before": Field("Points that could be had before"),
            "passed_before": Field("Passed before"),
            "points_after": Field("Points after"),
            "possible_after": Field("Points that could be had after"),
            "passed_after": Field("Passed after"),
        },
        erase=Stays(STATISTICS),
        retain=WITH_ACCOUNT,
    ),
)
WITHOUT_PEOPLE = {"item_versions": "The content of questions."}
