"""Reading attempts, papers and answers. Every read begins with its viewer: another person's attempt is not found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import bindparam, select

from elearn.accounts.rules import Viewer
from elearn.content.schema import QuizRules
from elearn.content.structure import Module
from elearn.extensions import db
from elearn.items.base import Item, Response
from elearn.modules.catalogue import find_item, get_module
from elearn.modules.models import Enrolment
from elearn.quizzes.models import Answer, Attempt, AttemptState, ItemVersion, ResponseEvent
from elearn.quizzes.paper import Paper, restored, version_of
from elearn.quizzes.rules import Sitting
from elearn.shared.missing import NotFound
from elearn.shared.reading import Read


@dataclass(frozen=True)
class SavedAnswer:
    """What stands at one position now."""

    response: Response | None
    saved_at: datetime


@dataclass(frozen=True)
class AttemptView:
    """An attempt with everything that its pages need."""

    id: int
    public_id: str
    enrolment_id: int
    module: Module
    quiz: str
    number: int
    state: AttemptState
    paper: Paper
    rules: QuizRules
    submitted_at: datetime | None
    points: int | None
    possible: int
    passed: bool | None
    answers: Mapping[int, SavedAnswer]

    @property
    def is_open(self) -> bool:
        """Whether answers may still change."""
        return self.state is AttemptState.OPEN

    @cached_property
    def unanswered(self) -> tuple[int, ...]:
        """The positions without an answer."""
        return tuple(
            n for n in range(1, len(self.paper) + 1) if n not in self.answers or self.answers[n].response is None
        )

    def response_at(self, position: int) -> Response | None:
        """The answer that stands at a position."""
        answer = self.answers.get(position)
        return answer.response if answer else None


_ATTEMPT = Read(
    select(
        Attempt.id,
        Attempt.public_id,
        Attempt.enrolment_id,
        Enrolment.module,
        Attempt.quiz,
        Attempt.number,
        Attempt.state,
        Attempt.paper,
        Attempt.rules,
        Attempt.submitted_at,
        Attempt.points,
        Attempt.possible,
        Attempt.passed,
        Answer.position,
        Answer.response,
        Answer.saved_at,
    )
    .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
    .outerjoin(Answer, Answer.attempt_id == Attempt.id)
    .where(Attempt.public_id == bindparam("attempt"), Enrolment.person_id == bindparam("viewer"))
    .order_by(Answer.position)
)


def get_attempt(viewer: Viewer, public_id: str) -> AttemptView:
    """The viewer's own attempt with its answers, in one statement. Raises NotFound."""
    rows = _ATTEMPT(attempt=public_id, viewer=viewer.id)
    if not rows:
        raise NotFound("attempt")
    row = rows[0]
    return AttemptView(
        id=row.id,
        public_id=row.public_id,
        enrolment_id=row.enrolment_id,
        module=get_module(row.module),
        quiz=row.quiz,
        number=row.number,
        state=row.state,
        paper=restored(row.paper, item_versions([place["item"] for place in row.paper])),
        rules=QuizRules.model_validate(row.rules),
        submitted_at=row.submitted_at,
        points=row.points,
        possible=row.possible,
        passed=row.passed,
        answers={r.position: SavedAnswer(r.response, r.saved_at) for r in rows if r.position is not None},
    )


def item_versions(digests: Sequence[str]) -> Mapping[str, Item]:
    """Item versions by digest: from the content in use, and for older ones from the database."""
    found = {key: item for key in digests if (item := find_item(key)) is not None}
    older = [key for key in digests if key not in found]
    if older:
        rows = db.session.execute(select(ItemVersion.digest, ItemVersion.content).where(ItemVersion.digest.in_(older)))
        found |= {row.digest: version_of(row.content) for row in rows}
    return found


def get_attempt_to_change(viewer: Viewer, public_id: str) -> Attempt:
    """The viewer's own attempt as a row, locked until the transaction ends. Raises NotFound."""
    attempt = db.session.scalar(
        select(Attempt)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Attempt.public_id == public_id, Enrolment.person_id == viewer.id)
        .with_for_update(of=Attempt)
    )
    if attempt is None:
        raise NotFound("attempt")
    return attempt


def list_sittings(enrolment_id: int, quiz: str) -> list[tuple[Sitting, str]]:
    """All attempts of a quiz in order, each with its address id."""
    rows = db.session.execute(
        select(Attempt.number, Attempt.submitted_at, Attempt.passed, Attempt.public_id)
        .where(Attempt.enrolment_id == enrolment_id, Attempt.quiz == quiz)
        .order_by(Attempt.number)
    )
    return [(Sitting(row.number, row.submitted_at, row.passed), row.public_id) for row in rows]


def seen_items(enrolment_id: int, quiz: str) -> set[str]:
    """The ids of the items in earlier papers of a quiz."""
    papers = db.session.scalars(select(Attempt.paper).where(Attempt.enrolment_id == enrolment_id, Attempt.quiz == quiz))
    digests = {place["item"] for paper in papers for place in paper}
    return set(db.session.scalars(select(ItemVersion.item_id).where(ItemVersion.digest.in_(digests))))


def current_responses(attempt_id: int) -> Mapping[int, Response | None]:
    """The answers that stand, by position."""
    rows = db.session.execute(select(Answer.position, Answer.response).where(Answer.attempt_id == attempt_id))
    return {row.position: row.response for row in rows}


def list_events(attempt_id: int) -> list[ResponseEvent]:
    """Every answer ever saved in an attempt, in order."""
    return list(
        db.session.scalars(
            select(ResponseEvent).where(ResponseEvent.attempt_id == attempt_id).order_by(ResponseEvent.sequence)
        )
    )
