"""Reading attempts, papers and answers. Every read begins with its viewer: another person's attempt is not found."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import bindparam, select

from elearn.accounts.rules import Viewer
from elearn.content.schema import QuizRules
from elearn.content.structure import Module
from elearn.extensions import db
from elearn.items.base import Item, Response
from elearn.modules.catalogue import find_item, get_module
from elearn.modules.models import Enrolment
from elearn.quizzes.models import Accommodation, Answer, Attempt, ItemVersion, ResponseEvent
from elearn.quizzes.paper import Paper, Place, version_of
from elearn.quizzes.rules import LONGEST_BREAK, AttemptState, ClosedBy, Confidence, MoreTime, Sitting
from elearn.shared.missing import NotFound
from elearn.shared.statements import Read


@dataclass(frozen=True)
class SavedAnswer:
    """What stands at one position now; `sequence` 0 says that nothing was saved there yet."""

    response: Response | None
    confidence: Confidence | None
    sequence: int
    tab: str
    tab_number: int
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
    started_at: datetime
    deadline: datetime | None
    paused_at: datetime | None
    submitted_at: datetime | None
    closed_by: ClosedBy | None
    points: int | None
    possible: int
    passed: bool | None
    answers: Mapping[int, SavedAnswer]

    @property
    def is_open(self) -> bool:
        """Whether answers may still change."""
        return self.state is AttemptState.OPEN

    @property
    def break_ends(self) -> datetime | None:
        """When the time goes on by itself, if the person rests."""
        return self.paused_at + LONGEST_BREAK if self.paused_at else None

    @property
    def length(self) -> int:
        """How many questions the paper has."""
        return len(self.paper)

    @cached_property
    def unanswered(self) -> tuple[int, ...]:
        """The positions without a whole answer."""
        return tuple(n for n, place in enumerate(self.paper, 1) if place.item.left(self.response_at(n)))

    def response_at(self, position: int) -> Response | None:
        """The answer that stands at a position."""
        answer = self.answers.get(position)
        return answer.response if answer else None


MOST_QUESTIONS = 10_000  # a paper has far fewer, and PostgreSQL's integers end somewhere
_ATTEMPT = (
    Attempt.id,
    Attempt.public_id,
    Attempt.enrolment_id,
    Enrolment.module,
    Attempt.quiz,
    Attempt.number,
    Attempt.state,
    Attempt.length,
    Attempt.rules,
    Attempt.started_at,
    Attempt.deadline,
    Attempt.paused_at,
    Attempt.submitted_at,
    Attempt.closed_by,
    Attempt.points,
    Attempt.possible,
    Attempt.passed,
)
ANSWER = (
    Answer.position,
    Answer.item_digest,
    Answer.item_order,
    Answer.response,
    Answer.confidence,
    Answer.sequence,
    Answer.tab,
    Answer.tab_number,
    Answer.saved_at,
)
OWN = (Attempt.public_id == bindparam("attempt"), Enrolment.person_id == bindparam("viewer"))
_OWN_ATTEMPT = Read(select(*_ATTEMPT).join(Enrolment, Enrolment.id == Attempt.enrolment_id).where(*OWN))
_ANSWERS = Read(select(*ANSWER).where(Answer.attempt_id == bindparam("attempt")).order_by(Answer.position))
_QUESTION = Read(
    select(*_ATTEMPT, *ANSWER)
    .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
    .join(Answer, Answer.attempt_id == Attempt.id)
    .where(*OWN, Answer.position == bindparam("position"))
)


def saved_answer(row: Any) -> SavedAnswer:
    """The answer of a row that has the columns of `ANSWER`."""
    return SavedAnswer(row.response, row.confidence, row.sequence, row.tab, row.tab_number, row.saved_at)


def get_attempt(viewer: Viewer, public_id: str) -> AttemptView:
    """The viewer's own attempt with its paper and answers. Raises NotFound."""
    rows = _OWN_ATTEMPT(attempt=public_id, viewer=viewer.id)
    if not rows:
        raise NotFound("attempt")
    row = rows[0]
    answers = _ANSWERS(attempt=row.id)
    versions = item_versions([answer.item_digest for answer in answers])
    return AttemptView(
        id=row.id,
        public_id=row.public_id,
        enrolment_id=row.enrolment_id,
        module=get_module(row.module),
        quiz=row.quiz,
        number=row.number,
        state=row.state,
        paper=tuple(Place(versions[answer.item_digest], tuple(answer.item_order)) for answer in answers),
        rules=QuizRules.model_validate(row.rules),
        started_at=row.started_at,
        deadline=row.deadline,
        paused_at=row.paused_at,
        submitted_at=row.submitted_at,
        closed_by=row.closed_by,
        points=row.points,
        possible=row.possible,
        passed=row.passed,
        answers={answer.position: saved_answer(answer) for answer in answers if answer.sequence},
    )


@dataclass(frozen=True)
class Question:
    """One question of an open or finished attempt, with what stands there now."""

    attempt: str
    module: Module
    quiz: str
    number: int
    length: int
    is_open: bool
    place: Place
    answer: SavedAnswer
    started_at: datetime
    deadline: datetime | None
    paused_at: datetime | None


def get_question(viewer: Viewer, public_id: str, number: int) -> Question:
    """One question of the viewer's own attempt, in one statement. Raises NotFound."""
    rows = _QUESTION(attempt=public_id, viewer=viewer.id, position=number) if 0 < number <= MOST_QUESTIONS else ()
    if not rows:
        raise NotFound("question")
    row = rows[0]
    return Question(
        attempt=row.public_id,
        module=get_module(row.module),
        quiz=row.quiz,
        number=number,
        length=row.length,
        is_open=row.state is AttemptState.OPEN,
        place=Place(item_versions([row.item_digest])[row.item_digest], tuple(row.item_order)),
        answer=saved_answer(row),
        started_at=row.started_at,
        deadline=row.deadline,
        paused_at=row.paused_at,
    )


_older_versions: dict[str, Item] = {}  # item versions never change, so what was read once stays right


def item_versions(digests: Collection[str]) -> Mapping[str, Item]:
    """Item versions by digest: from the content in use, and older ones from the database. Raises NotFound."""
    found = {key: item for key in digests if (item := find_item(key) or _older_versions.get(key)) is not None}
    older = [key for key in digests if key not in found]
    if older:
        rows = db.session.execute(select(ItemVersion.digest, ItemVersion.content).where(ItemVersion.digest.in_(older)))
        read = {row.digest: version_of(row.content) for row in rows}
        _older_versions.update(read)
        found |= read
    if missing := set(digests) - set(found):
        raise NotFound(f"item version {min(missing)}")
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


@dataclass(frozen=True)
class Ending:
    """An attempt as submitting needs it."""

    id: int
    public_id: str
    enrolment_id: int
    quiz: str
    state: AttemptState
    rules: Mapping[str, Any]
    deadline: datetime | None


_ENDING = select(
    Attempt.id,
    Attempt.public_id,
    Attempt.enrolment_id,
    Attempt.quiz,
    Attempt.state,
    Attempt.rules,
    Attempt.deadline,
).with_for_update(of=Attempt)
_OWN_ENDING = Read(_ENDING.join(Enrolment, Enrolment.id == Attempt.enrolment_id).where(*OWN))
_ENDING_BY_ID = Read(_ENDING.where(Attempt.id == bindparam("attempt")))


def get_ending(viewer: Viewer, public_id: str) -> Ending:
    """The viewer's own attempt, which they want to submit, locked until the transaction ends. Raises NotFound."""
    rows = _OWN_ENDING(attempt=public_id, viewer=viewer.id)
    if not rows:
        raise NotFound("attempt")
    return Ending(*rows[0])


def find_ending(attempt_id: int) -> Ending | None:
    """An attempt that the clock may close, locked until the transaction ends."""
    rows = _ENDING_BY_ID(attempt=attempt_id)
    return Ending(*rows[0]) if rows else None


def find_owner(public_id: str) -> int | None:
    """Whose attempt this is: for a post that arrives signed out. Nothing else is told of it."""
    rows = _OWNER(attempt=public_id)
    return rows[0].person_id if rows else None


_OWNER = Read(
    select(Enrolment.person_id)
    .join(Attempt, Attempt.enrolment_id == Enrolment.id)
    .where(Attempt.public_id == bindparam("attempt"))
)


def list_sittings(enrolment_id: int, quiz: str) -> list[tuple[Sitting, str]]:
    """All attempts of a quiz in order, each with its address id."""
    return [(Sitting(*sitting), public_id) for *sitting, public_id in _SITTINGS(enrolment=enrolment_id, quiz=quiz)]


_SITTINGS = Read(
    select(
        Attempt.number,
        Attempt.submitted_at,
        Attempt.passed,
        Attempt.points,
        Attempt.possible,
        Attempt.deadline,
        Attempt.paused_at,
        Attempt.public_id,
    )
    .where(Attempt.enrolment_id == bindparam("enrolment"), Attempt.quiz == bindparam("quiz"))
    .order_by(Attempt.number)
)


def seen_items(enrolment_id: int, quiz: str) -> set[str]:
    """The ids of the items in earlier papers of a quiz."""
    return set(
        db.session.scalars(
            select(ItemVersion.item_id)
            .join(Answer, Answer.item_digest == ItemVersion.digest)
            .join(Attempt, Attempt.id == Answer.attempt_id)
            .where(Attempt.enrolment_id == enrolment_id, Attempt.quiz == quiz)
        )
    )


@dataclass(frozen=True)
class Sheet:
    """One place of a paper as it is marked."""

    position: int
    item: Item
    response: Response | None


def list_sheets(attempt_id: int) -> list[Sheet]:
    """The places of an attempt with the answers that stand, in order."""
    rows = _ANSWERS(attempt=attempt_id)
    versions = item_versions([row.item_digest for row in rows])
    return [Sheet(row.position, versions[row.item_digest], row.response) for row in rows]


def list_events(attempt_id: int) -> list[ResponseEvent]:
    """Every answer ever saved in an attempt, in order."""
    return list(
        db.session.scalars(
            select(ResponseEvent).where(ResponseEvent.attempt_id == attempt_id).order_by(ResponseEvent.sequence)
        )
    )


def list_overdue(now: datetime) -> list[int]:
    """The open attempts whose time is over by this moment, longest first."""
    return list(
        db.session.scalars(
            select(Attempt.id)
            .where(Attempt.state == AttemptState.OPEN, Attempt.deadline < now)
            .order_by(Attempt.deadline, Attempt.id)
        )
    )


_MORE_TIME = Read(
    select(Accommodation.time_percent, Accommodation.rest_breaks).where(Accommodation.person_id == bindparam("person"))
)


def more_time_of(person_id: int) -> MoreTime:
    """What a person may have more of in timed quizzes."""
    rows = _MORE_TIME(person=person_id)
    return MoreTime(rows[0].time_percent, rows[0].rest_breaks) if rows else MoreTime()


def list_open_to_change(person_id: int) -> list[Attempt]:
    """A person's open attempts, locked until the transaction ends."""
    return list(
        db.session.scalars(
            select(Attempt)
            .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
            .where(Enrolment.person_id == person_id, Attempt.state == AttemptState.OPEN)
            .order_by(Attempt.id)
            .with_for_update(of=Attempt)
        )
    )
