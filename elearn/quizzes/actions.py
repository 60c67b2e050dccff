"""Starting, answering and submitting attempts."""

from collections.abc import Sequence
from random import Random
from secrets import SystemRandom

from sqlalchemy import func, select

from elearn.accounts.rules import Viewer
from elearn.audit import actions as audit
from elearn.content.structure import Module, Quiz
from elearn.extensions import db
from elearn.modules.actions import StepLocked, complete_step
from elearn.modules.queries import get_enrolment_to_change, list_done
from elearn.modules.rules import lay_path
from elearn.quizzes import paper as papers
from elearn.quizzes import queries
from elearn.quizzes.models import Answer, Attempt, AttemptState, ItemVersion, ResponseEvent
from elearn.quizzes.rules import MayStart, StartState, mark, may_start
from elearn.shared import clock, signals
from elearn.shared.columns import unguessable_id
from elearn.shared.missing import NotFound
from elearn.shared.once import insert_once


class MayNotStart(Exception):
    """No attempt may start now; `decision` says why."""

    def __init__(self, decision: MayStart) -> None:
        super().__init__(decision.state)
        self.decision = decision


class AttemptClosed(Exception):
    """The attempt is submitted: answers do not change any more."""


def start_attempt(viewer: Viewer, module: Module, quiz: Quiz, randomness: Random | None = None) -> str:
    """Begin an attempt, or find the one in progress, and give its address id. Raises MayNotStart, StepLocked, NotFound."""
    enrolment = get_enrolment_to_change(viewer, module)
    path_step = lay_path(module, list_done(enrolment)).of(f"quiz:{quiz.slug}")
    if not path_step.is_open or quiz.fault:
        raise StepLocked(path_step.reason or quiz.fault)
    sittings = queries.list_sittings(enrolment.id, quiz.slug)
    decision = may_start([sitting for sitting, _ in sittings], quiz.rules, clock.now())
    if decision.state is StartState.IN_PROGRESS:
        return sittings[-1][1]
    if decision.state is not StartState.MAY_START:
        raise MayNotStart(decision)
    paper = papers.draw(quiz, queries.seen_items(enrolment.id, quiz.slug), randomness or SystemRandom())
    for place in paper:
        insert_once(
            ItemVersion,
            digest=place.item.digest,
            item_id=place.item.id,
            module=module.slug,
            content=place.item.model_dump(mode="json"),
            first_used_at=clock.now(),
        )
    public_id = unguessable_id()
    insert_once(
        Attempt,
        public_id=public_id,
        enrolment_id=enrolment.id,
        quiz=quiz.slug,
        number=decision.number,
        state=AttemptState.OPEN,
        paper=papers.stored(paper),
        rules=quiz.rules.model_dump(mode="json"),
        started_at=clock.now(),
        possible=sum(place.item.possible for place in paper),
    )
    audit.record("attempt started", f"attempt:{public_id}", viewer.id, quiz=quiz.slug, number=decision.number)
    return queries.list_sittings(enrolment.id, quiz.slug)[-1][1]


def save_answer(viewer: Viewer, public_id: str, position: int, values: Sequence[str]) -> None:
    """Save the answer at a position: an event, and the answer that now stands. Raises AttemptClosed, BadResponse, NotFound.

    Nothing chosen leaves an earlier answer as it is: an answer is never lost by going back and forth.
    """
    attempt = queries.get_attempt_to_change(viewer, public_id)
    if attempt.state is not AttemptState.OPEN:
        raise AttemptClosed(public_id)
    paper = papers.restored(attempt.paper, queries.item_versions([place["item"] for place in attempt.paper]))
    if not 1 <= position <= len(paper):
        raise NotFound("question")
    place = paper[position - 1]
    response = place.item.read(values, place.order)
    if response is None:
        return
    sequence = 1 + (
        db.session.scalar(select(func.max(ResponseEvent.sequence)).where(ResponseEvent.attempt_id == attempt.id)) or 0
    )
    now = clock.now()
    db.session.add(
        ResponseEvent(
            attempt_id=attempt.id,
            sequence=sequence,
            position=position,
            item_digest=place.item.digest,
            response=response,
            at=now,
        )
    )
    standing = db.session.get(Answer, (attempt.id, position))
    if standing is None:
        db.session.add(
            Answer(attempt_id=attempt.id, position=position, response=response, sequence=sequence, saved_at=now)
        )
    else:
        standing.response, standing.sequence, standing.saved_at = response, sequence, now
    db.session.flush()


def submit_attempt(viewer: Viewer, public_id: str) -> None:
    """Mark an attempt and close it; submitting again changes nothing. Raises NotFound."""
    attempt = queries.get_attempt_to_change(viewer, public_id)
    if attempt.state is not AttemptState.OPEN:
        return
    paper = papers.restored(attempt.paper, queries.item_versions([place["item"] for place in attempt.paper]))
    answers = queries.current_responses(attempt.id)
    points = [place.item.points(answers.get(position)) for position, place in enumerate(paper, start=1)]
    result = mark(points, attempt.possible, int(attempt.rules["pass_percent"]))
    attempt.state, attempt.submitted_at = AttemptState.SUBMITTED, clock.now()
    attempt.points, attempt.passed = result.points, result.passed
    db.session.flush()
    if result.passed:
        complete_step(attempt.enrolment_id, f"quiz:{attempt.quiz}")
    audit.record("attempt submitted", f"attempt:{public_id}", viewer.id, points=result.points, possible=result.possible)
    signals.attempt_submitted.send(attempt.quiz, enrolment_id=attempt.enrolment_id, passed=result.passed)
