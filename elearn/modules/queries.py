"""Reading enrolments, progress and reviews."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from elearn.accounts.rules import Viewer
from elearn.content.structure import Module
from elearn.extensions import db
from elearn.items.base import Response
from elearn.modules.models import CheckResponse, Completion, ContentReview, ContentWithdrawal, Enrolment
from elearn.modules.rules import Path, lay_path
from elearn.modules.withdrawing import Withdrawal
from elearn.shared.missing import NotFound
from elearn.shared.statements import Read


class NotStarted(NotFound):
    """The viewer has not started this module: the module's page is where to go."""

    def __init__(self, module: Module) -> None:
        super().__init__("enrolment")
        self.module = module


@dataclass(frozen=True)
class Progress:
    """Where a person stands in a module."""

    enrolment_id: int
    cycle: int
    path: Path
    last_step: str
    last_anchor: str


_PROGRESS = Read(
    select(Enrolment.id, Enrolment.cycle, Enrolment.last_step, Enrolment.last_anchor, Completion.step)
    .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
    .where(Enrolment.person_id == bindparam("person_id"), Enrolment.module == bindparam("slug"))
    .order_by(Enrolment.cycle.desc(), Completion.id)
)


def find_progress(viewer: Viewer, module: Module) -> Progress | None:
    """The viewer's newest passage through a module, in one statement; None before it is started."""
    rows = _PROGRESS(person_id=viewer.id, slug=module.slug)
    if not rows:
        return None
    newest = rows[0]
    done = {row.step for row in rows if row.id == newest.id and row.step is not None}
    return Progress(newest.id, newest.cycle, lay_path(module, done), newest.last_step, newest.last_anchor)


def get_progress(viewer: Viewer, module: Module) -> Progress:
    """The same, of a module that the viewer has started. Raises NotStarted."""
    progress = find_progress(viewer, module)
    if progress is None:
        raise NotStarted(module)
    return progress


def get_enrolment_to_change(viewer: Viewer, module: Module) -> Enrolment:
    """The viewer's newest enrolment, locked until the transaction ends. Raises NotStarted."""
    enrolment = db.session.scalar(
        select(Enrolment)
        .where(Enrolment.person_id == viewer.id, Enrolment.module == module.slug)
        .order_by(Enrolment.cycle.desc())
        .limit(1)
        .with_for_update()
    )
    if enrolment is None:
        raise NotStarted(module)
    return enrolment


def list_done(enrolment: Enrolment) -> set[str]:
    """The steps that are done."""
    return set(db.session.scalars(select(Completion.step).where(Completion.enrolment_id == enrolment.id)))


_LATEST_RESPONSES = Read(
    select(CheckResponse.check_id, CheckResponse.item_digest, CheckResponse.response)
    .where(CheckResponse.enrolment_id == bindparam("enrolment_id"), CheckResponse.lesson == bindparam("lesson"))
    .order_by(CheckResponse.id)
)


def latest_responses(enrolment_id: int, lesson: str) -> Mapping[str, tuple[str, Response]]:
    """The last try of each check of a lesson: item digest and response by check id."""
    rows = _LATEST_RESPONSES(enrolment_id=enrolment_id, lesson=lesson)
    return {row.check_id: (row.item_digest, row.response) for row in rows}


@dataclass(frozen=True)
class RecordedReview:
    """A clinical review of one version, as pages tell of it."""

    version: str
    reviewer: str
    reviewer_role: str
    reviewed_on: date
    note: str


_REVIEWS = Read(
    select(
        ContentReview.version,
        ContentReview.reviewer,
        ContentReview.reviewer_role,
        ContentReview.reviewed_on,
        ContentReview.note,
    )
    .where(ContentReview.module == bindparam("slug"))
    .order_by(ContentReview.reviewed_on.desc(), ContentReview.id.desc())
)


def list_reviews(module: Module) -> list[RecordedReview]:
    """The recorded reviews of a module, newest first."""
    return [RecordedReview(*row) for row in _REVIEWS(slug=module.slug)]


def reviewed_versions(module: Module) -> Mapping[str, date]:
    """The versions of a module that a review is recorded of, with the newest review's date."""
    return {review.version: review.reviewed_on for review in reversed(list_reviews(module))}


def list_withdrawals() -> list[Withdrawal]:
    """What is withdrawn now, of every module."""
    later = aliased(ContentWithdrawal)
    same = (later.module == ContentWithdrawal.module, later.kind == ContentWithdrawal.kind)
    newer = select(later.id).where(*same, later.part == ContentWithdrawal.part, later.id > ContentWithdrawal.id)
    rows = db.session.execute(
        select(
            ContentWithdrawal.module,
            ContentWithdrawal.kind,
            ContentWithdrawal.part,
            ContentWithdrawal.reason,
            ContentWithdrawal.at,
        ).where(ContentWithdrawal.withdrawn.is_(True), ~newer.exists())
    )
    return [Withdrawal(*row) for row in rows]
