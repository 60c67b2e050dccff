"""Starting, submitting and closing attempts; rest breaks and accommodations."""

from datetime import datetime
from random import Random
from secrets import SystemRandom

from sqlalchemy import bindparam, insert, update

from elearn.accounts.rules import Viewer
from elearn.audit import actions as audit
from elearn.content.schema import QuizRules
from elearn.content.structure import Module, Quiz
from elearn.extensions import db
from elearn.modules.actions import StepLocked, complete_step
from elearn.modules.queries import get_enrolment_to_change, list_done
from elearn.modules.rules import lay_path
from elearn.quizzes import paper as papers
from elearn.quizzes import queries, rulings
from elearn.quizzes.marking import mark_paper
from elearn.quizzes.models import Accommodation, Answer, Attempt, ItemVersion
from elearn.quizzes.paper import Paper
from elearn.quizzes.rules import (
    LONGEST_BREAK_SECONDS,
    AttemptState,
    ClosedBy,
    MayStart,
    MoreTime,
    StartState,
    end_of,
    is_over,
    may_start,
    rested,
)
from elearn.shared import clock, signals
from elearn.shared.columns import unguessable_id
from elearn.shared.once import insert_once
from elearn.shared.statements import Write


class MayNotStart(Exception):
    """No attempt may start now; `decision` says why."""

    def __init__(self, decision: MayStart) -> None:
        super().__init__(decision.state)
        self.decision = decision


def start_attempt(viewer: Viewer, module: Module, quiz: Quiz, randomness: Random | None = None) -> str:
    """Begin an attempt, or find the one in progress, and give its address id. Raises MayNotStart, StepLocked, NotFound."""
    enrolment = get_enrolment_to_change(viewer, module)
    path_step = lay_path(module, list_done(enrolment)).of(f"quiz:{quiz.slug}")
    if not path_step.is_open or quiz.fault:
        raise StepLocked(path_step.reason or quiz.fault)
    return _start(viewer, module, quiz, enrolment.id, randomness)


def start_pretest(viewer: Viewer, module: Module, pretest: Quiz, randomness: Random | None = None) -> str:
    """Begin the pre-test, or find the attempt at it. Raises MayNotStart, StepLocked once a step is done, NotFound."""
    enrolment = get_enrolment_to_change(viewer, module)
    if pretest.fault or list_done(enrolment):
        raise StepLocked(pretest.fault or "You have begun to learn, so it would tell nothing of before.")
    return _start(viewer, module, pretest, enrolment.id, randomness)


def _start(viewer: Viewer, module: Module, quiz: Quiz, enrolment_id: int, randomness: Random | None) -> str:
    sittings = queries.list_sittings(enrolment_id, quiz.slug)
    decision = may_start([sitting for sitting, _ in sittings], quiz.rules, clock.now())
    if decision.state is StartState.IN_PROGRESS:
        return sittings[-1][1]
    if decision.state is not StartState.MAY_START:
        raise MayNotStart(decision)
    seen, void = queries.seen_items(enrolment_id, quiz.slug), rulings.void_versions(quiz)
    paper = papers.draw(quiz, seen, randomness or SystemRandom(), void)
    _keep_versions(module, paper)
    now, public_id = clock.now(), unguessable_id()
    end = end_of(now, quiz.rules, queries.more_time_of(viewer.id))
    attempt = Attempt(
        public_id=public_id,
        enrolment_id=enrolment_id,
        quiz=quiz.slug,
        number=decision.number,
        rules=quiz.rules.model_dump(mode="json"),
        length=len(paper),
        started_at=now,
        deadline=end.at if end else None,
        possible=sum(place.item.possible for place in paper),
    )
    db.session.add(attempt)
    db.session.flush()
    _lay_out(attempt, paper)
    audit.record("attempt started", f"attempt:{public_id}", viewer.id, quiz=quiz.slug, number=decision.number)
    return public_id


def _keep_versions(module: Module, paper: Paper) -> None:
    # In one order for everybody: two who are the first to start would wait for each other's rows in a circle.
    for item in sorted((place.item for place in paper), key=lambda item: item.digest):
        insert_once(
            ItemVersion,
            digest=item.digest,
            item_id=item.id,
            module=module.slug,
            content=item.model_dump(mode="json"),
            first_used_at=clock.now(),
        )


def _lay_out(attempt: Attempt, paper: Paper) -> None:
    """Write the paper down: a row for each place, which waits for its answer."""
    db.session.execute(
        insert(Answer),
        [
            {
                "attempt_id": attempt.id,
                "position": position,
                "item_digest": place.item.digest,
                "item_order": list(place.order),
                "saved_at": attempt.started_at,
            }
            for position, place in enumerate(paper, start=1)
        ],
    )


# -- the end ---------------------------------------------------------------------------------------------------------


def submit_attempt(viewer: Viewer, public_id: str, received_at: datetime | None = None) -> None:
    """Mark an attempt and close it; submitting again changes nothing. Raises NotFound."""
    attempt = queries.get_ending(viewer, public_id)
    late = is_over(attempt.deadline, received_at or clock.now())
    _close(attempt, viewer.id, ClosedBy.TIME if late else ClosedBy.PERSON)


_CLOSED = ("submitted_at", "closed_by", "points", "possible", "passed")
_CLOSE = Write(
    update(Attempt)
    .where(Attempt.id == bindparam("attempt"))
    .values({**{name: bindparam(name) for name in _CLOSED}, "state": AttemptState.SUBMITTED, "paused_at": None})
)


def _close(attempt: queries.Ending, actor_id: int | None, closed_by: ClosedBy) -> None:
    if attempt.state is not AttemptState.OPEN:
        return
    sheets = queries.list_sheets(attempt.id)
    rules = QuizRules.model_validate(attempt.rules)
    rulings.lock_versions([sheet.item.digest for sheet in sheets])
    answered = [(sheet.item, sheet.response) for sheet in sheets]
    result = mark_paper(answered, rulings.rulings_on_paper(attempt.id), rules.pass_percent)
    _CLOSE(
        attempt=attempt.id,
        # What the clock ends, ended when its time was over, not when somebody came to look (trust.md Q-6).
        submitted_at=attempt.deadline if closed_by is ClosedBy.TIME else clock.now(),
        closed_by=closed_by,
        points=result.points,
        possible=result.possible,
        passed=result.passed,
    )
    if result.passed and rules.counted:
        complete_step(attempt.enrolment_id, f"quiz:{attempt.quiz}")
    subject = f"attempt:{attempt.public_id}"
    audit.record("attempt submitted", subject, actor_id, points=result.points, possible=result.possible, by=closed_by)
    signals.attempt_submitted.send(attempt.quiz, enrolment_id=attempt.enrolment_id, passed=result.passed)


def close_overdue(attempt_id: int) -> bool:
    """Submit one attempt for its person when its time is over; false where it is closed, or has time, by now."""
    attempt = queries.find_ending(attempt_id)
    if attempt is None or attempt.state is not AttemptState.OPEN:
        return False
    if not is_over(attempt.deadline, clock.now()):
        return False
    _close(attempt, None, ClosedBy.TIME)
    return True


# -- more time -------------------------------------------------------------------------------------------------------


def take_break(viewer: Viewer, public_id: str) -> bool:
    """Stop the clock of an attempt for somebody who may rest; false where they may not, or nothing runs."""
    attempt = queries.get_attempt_to_change(viewer, public_id)
    running = attempt.state is AttemptState.OPEN and attempt.paused_at is None
    if not running or attempt.deadline is None or is_over(attempt.deadline, clock.now()):
        return False
    more = queries.more_time_of(viewer.id)
    if not more.rest_breaks:
        return False
    attempt.paused_at = clock.now()
    _set_deadline(attempt, more)
    db.session.flush()
    audit.record("rest break began", f"attempt:{public_id}", viewer.id)
    return True


def end_break(viewer: Viewer, public_id: str) -> None:
    """Let the clock run again; the break does not count, up to a day of it. A second time changes nothing. Raises NotFound."""
    attempt = queries.get_attempt_to_change(viewer, public_id)
    if attempt.paused_at is None or attempt.state is not AttemptState.OPEN:
        return
    attempt.paused_seconds += rested(attempt.paused_at, clock.now())
    attempt.paused_at = None
    _set_deadline(attempt, queries.more_time_of(viewer.id))
    db.session.flush()
    audit.record("rest break ended", f"attempt:{public_id}", viewer.id)


def _set_deadline(attempt: Attempt, more: MoreTime) -> None:
    """Set when the attempt's time ends; while its person rests, when it would if they rested as long as they may."""
    paused = attempt.paused_seconds + (LONGEST_BREAK_SECONDS if attempt.paused_at is not None else 0)
    end = end_of(attempt.started_at, QuizRules.model_validate(attempt.rules), more, paused)
    attempt.deadline = end.at if end else None


def accommodate(administrator: Viewer | None, person_id: int, more: MoreTime) -> None:
    """Set what a person may have more of; it applies to their running attempts at once (trust.md X-2)."""
    actor = administrator.id if administrator else None
    values = {
        "time_percent": more.time_percent,
        "rest_breaks": more.rest_breaks,
        "set_by": actor,
        "set_at": clock.now(),
    }
    if not insert_once(Accommodation, person_id=person_id, **values):
        db.session.execute(update(Accommodation).where(Accommodation.person_id == person_id).values(**values))
    for attempt in queries.list_open_to_change(person_id):
        _set_deadline(attempt, more)
    db.session.flush()
    # What was set stays out of the audit trail, which more people read than may know it.
    audit.record("accommodation set", f"person:{person_id}", actor)
