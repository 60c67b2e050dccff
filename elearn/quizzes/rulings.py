"""Reading the rulings on keys that were wrong, and what they did to marks."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from elearn.accounts.rules import Viewer
from elearn.content.structure import Quiz
from elearn.extensions import db
from elearn.items.base import Item
from elearn.modules.models import Enrolment
from elearn.quizzes.marking import Ruled
from elearn.quizzes.models import Answer, Attempt, ItemVersion, MarkChange, Ruling
from elearn.quizzes.rules import Mark, RulingKind
from elearn.shared.missing import NotFound
from elearn.shared.statements import Read

_RULED = (Ruling.item_digest, Ruling.kind, Ruling.alternative, Ruling.reason, Ruling.at)
_ON_PAPER = Read(
    select(*_RULED)
    .join(Answer, Answer.item_digest == Ruling.item_digest)
    .where(Answer.attempt_id == bindparam("attempt"))
    .order_by(Ruling.id)
)


def rulings_on(digests: Collection[str]) -> Mapping[str, Sequence[Ruled]]:
    """The rulings on item versions, by digest, in their order."""
    return _by_digest(db.session.execute(select(*_RULED).where(Ruling.item_digest.in_(digests)).order_by(Ruling.id)))


def rulings_on_paper(attempt_id: int) -> Mapping[str, Sequence[Ruled]]:
    """The rulings on the items of an attempt's paper, by digest, in their order."""
    return _by_digest(_ON_PAPER(attempt=attempt_id))


def void_versions(quiz: Quiz) -> set[str]:
    """The item versions of a quiz that do not count by the last ruling on them, by digest."""
    on_items = rulings_on([item.digest for item in quiz.items if isinstance(item, Item)])
    return {digest for digest, ruled in on_items.items() if ruled[-1].kind is RulingKind.VOID}


def _by_digest(rows: Iterable[Any]) -> Mapping[str, Sequence[Ruled]]:
    found: dict[str, list[Ruled]] = defaultdict(list)
    for row in rows:
        found[row.item_digest].append(Ruled(row.kind, row.alternative, row.reason, row.at))
    return found


def lock_versions(digests: Collection[str]) -> None:
    """Wait for a ruling on any of these item versions that is being made, and keep the next waiting (PostgreSQL)."""
    if db.session.connection().dialect.name == "postgresql":
        statement = select(ItemVersion.digest).where(ItemVersion.digest.in_(digests)).order_by(ItemVersion.digest)
        db.session.execute(statement.with_for_update(read=True))


@dataclass(frozen=True)
class ChangedMark:
    """How a ruling changed an attempt's mark, for its person."""

    person_id: int
    attempt: str
    module: str
    quiz: str
    reason: str
    at: datetime
    before: Mark
    after: Mark


_CHANGED = (
    select(
        Enrolment.person_id,
        Attempt.public_id,
        Enrolment.module,
        Attempt.quiz,
        Ruling.reason,
        Ruling.at,
        MarkChange.points_before,
        MarkChange.possible_before,
        MarkChange.passed_before,
        MarkChange.points_after,
        MarkChange.possible_after,
        MarkChange.passed_after,
    )
    .join(Ruling, Ruling.id == MarkChange.ruling_id)
    .join(Attempt, Attempt.id == MarkChange.attempt_id)
    .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
    .order_by(MarkChange.id)
)


def _changed_mark(row: Any) -> ChangedMark:
    before = Mark(row.points_before, row.possible_before, row.passed_before)
    after = Mark(row.points_after, row.possible_after, row.passed_after)
    return ChangedMark(row.person_id, row.public_id, row.module, row.quiz, row.reason, row.at, before, after)


def list_mark_changes(viewer: Viewer, attempt_id: int) -> list[ChangedMark]:
    """How the mark of the viewer's own attempt was changed, in order."""
    own = (MarkChange.attempt_id == attempt_id, Enrolment.person_id == viewer.id)
    return [_changed_mark(row) for row in db.session.execute(_CHANGED.where(*own))]


def get_mark_change(change_id: int) -> ChangedMark:
    """One change of a mark, for the job that tells its person. Raises NotFound."""
    row = db.session.execute(_CHANGED.where(MarkChange.id == change_id)).one_or_none()
    if row is None:
        raise NotFound("mark change")
    return _changed_mark(row)
