"""Saving an answer: an event that is never changed, and the answer that now stands beside it, in one transaction.

It is the busiest write there is, on bad networks and ward PCs, so it costs three statements after the viewer's own.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, update

from elearn.accounts.rules import Viewer
from elearn.extensions import db
from elearn.items.base import Response, Sent
from elearn.modules.models import Enrolment
from elearn.quizzes.models import Answer, Attempt, ResponseEvent
from elearn.quizzes.paper import Place
from elearn.quizzes.queries import ANSWER, MOST_QUESTIONS, OWN, SavedAnswer, item_versions, saved_answer
from elearn.quizzes.rules import Arrival, AttemptState, Claim, Confidence, arrival, is_behind, is_over
from elearn.shared import clock
from elearn.shared.missing import NotFound
from elearn.shared.statements import Read, Write


class AttemptClosed(Exception):
    """The attempt is submitted, or its time is over: answers do not change any more."""


class OnBreak(Exception):
    """The attempt rests: go on first."""


class AnsweredElsewhere(Exception):
    """The page did not know the answer that stands: neither is lost, and the person decides."""

    def __init__(self, place: Place, standing: SavedAnswer, offered: Response) -> None:
        super().__init__("answered elsewhere")
        self.place = place
        self.standing = standing
        self.offered = offered


@dataclass(frozen=True)
class Saved:
    """What came of saving: the sequence of the answer that stands, since when, and where the paper goes on."""

    sequence: int
    at: datetime
    length: int
    goes_on: bool


_LAST_SEQUENCE = (
    select(func.coalesce(func.max(ResponseEvent.sequence), 0))
    .where(ResponseEvent.attempt_id == Attempt.id)
    .scalar_subquery()
)
_KNOWN = (
    select(func.count(ResponseEvent.id))
    .where(
        ResponseEvent.attempt_id == Attempt.id,
        ResponseEvent.tab == bindparam("tab"),
        ResponseEvent.tab_number == bindparam("tab_number"),
        ResponseEvent.tab_number > 0,
    )
    .scalar_subquery()
)
_LOCK = Read(
    select(Attempt.id).join(Enrolment, Enrolment.id == Attempt.enrolment_id).where(*OWN).with_for_update(of=Attempt)
)
_TARGET = Read(
    select(
        Attempt.id,
        Attempt.state,
        Attempt.length,
        Attempt.deadline,
        Attempt.paused_at,
        *ANSWER,
        _LAST_SEQUENCE.label("last_sequence"),
        _KNOWN.label("known"),
    )
    .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
    .join(Answer, Answer.attempt_id == Attempt.id)
    .where(*OWN, Answer.position == bindparam("position"))
)
_COMMON = ("response", "confidence", "sequence", "tab", "tab_number")
_event = insert(ResponseEvent).values(
    {name: bindparam(name) for name in ("attempt_id", "position", "item_digest", *_COMMON, "at")}
)
_answer = (
    update(Answer)
    .where(Answer.attempt_id == bindparam("attempt_id"), Answer.position == bindparam("position"))
    .values({**{name: bindparam(name) for name in _COMMON}, "saved_at": bindparam("at")})
)
_EVENT, _ANSWER_NOW = Write(_event), Write(_answer)
_BOTH = Write(_answer.add_cte(_event.cte("event")))  # PostgreSQL takes both in one


@dataclass(frozen=True)
class _Target:
    attempt_id: int
    state: AttemptState
    length: int
    deadline: datetime | None
    paused_at: datetime | None
    digest: str
    place: Place
    answer: SavedAnswer
    last_sequence: int
    known: bool


def _is_sqlite() -> bool:
    return db.session.connection().dialect.name == "sqlite"


def _target(viewer: Viewer, public_id: str, position: int, claim: Claim) -> _Target:
    """The place that an answer is for. Nobody else changes the attempt until the transaction ends. Raises NotFound.

    SQLite has one writer at a time. On PostgreSQL the attempt is locked first: a statement that itself waited for the lock
    would read the answers of before the wait.
    """
    if not _is_sqlite():
        _LOCK(attempt=public_id, viewer=viewer.id)
    found = {"attempt": public_id, "viewer": viewer.id, "position": position}
    rows = _TARGET(**found, tab=claim.tab, tab_number=claim.number) if 0 < position <= MOST_QUESTIONS else ()
    if not rows:
        raise NotFound("question")
    row = rows[0]
    return _Target(
        attempt_id=row.id,
        state=row.state,
        length=row.length,
        deadline=row.deadline,
        paused_at=row.paused_at,
        digest=row.item_digest,
        place=Place(item_versions([row.item_digest])[row.item_digest], tuple(row.item_order)),
        answer=saved_answer(row),
        last_sequence=row.last_sequence,
        known=row.known > 0,
    )


def save_answer(
    viewer: Viewer,
    public_id: str,
    position: int,
    sent: Sent,
    claim: Claim | None = None,
    confidence: Confidence | None = None,
) -> Saved:
    """Save what a form says at a position of the viewer's own attempt; the same answer again changes nothing.

    Nothing chosen leaves an earlier answer as it is: an answer is never lost by going back and forth. Raises
    AttemptClosed, OnBreak, AnsweredElsewhere, BadResponse, NotFound.
    """
    claim = claim or Claim()
    target = _target(viewer, public_id, position, claim)
    received_at = claim.received_at or clock.now()
    _refuse_if_shut(target, received_at)
    place, standing = target.place, target.answer
    if is_behind(claim, standing.tab, standing.tab_number):  # before it is read: it may have locked its part of a case
        return Saved(standing.sequence, standing.saved_at, target.length, place.item.goes_on(standing.response))
    response = place.item.read(sent, place.order, standing.response)
    response = standing.response if response is None else response
    confidence = confidence or standing.confidence
    same = (response, confidence) == (standing.response, standing.confidence)
    coming = arrival(claim, standing.sequence, standing.tab, standing.tab_number, known=target.known, same=same)
    if coming is Arrival.STALE and response is not None and response != standing.response:
        raise AnsweredElsewhere(place, standing, response)
    if coming is Arrival.KNOWN or target.known:  # how sure somebody is has no two sides to choose from
        return Saved(standing.sequence, standing.saved_at, target.length, place.item.goes_on(standing.response))
    sequence = target.last_sequence + 1
    _keep(
        attempt_id=target.attempt_id,
        position=position,
        item_digest=target.digest,
        response=response,
        confidence=confidence,
        sequence=sequence,
        tab=claim.tab,
        tab_number=claim.number,
        at=received_at,
    )
    return Saved(sequence, received_at, target.length, place.item.goes_on(response))


def _refuse_if_shut(target: _Target, received_at: datetime) -> None:
    if target.state is not AttemptState.OPEN or is_over(target.deadline, received_at):
        raise AttemptClosed
    if target.paused_at is not None:
        raise OnBreak


def _keep(**values: object) -> None:
    if not _is_sqlite():
        _BOTH(**values)
        return
    _EVENT(**values)
    _ANSWER_NOW(**{name: values[name] for name in ("attempt_id", "position", *_COMMON, "at")})
