"""Reading complaints. Reach is the caller's: only administrators' pages read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from elearn.accounts.models import Person
from elearn.accounts.rules import Viewer, full_name
from elearn.extensions import db
from elearn.shared.missing import NotFound
from elearn.shared.pagination import Page
from elearn.site.models import Complaint
from elearn.site.rules import About, answer_due


@dataclass(frozen=True)
class ComplaintRow:
    """A complaint as administrators read it."""

    public_id: str
    about: About
    name: str
    email: str
    person: str | None
    words: str
    made_at: datetime
    outcome: str
    closed_at: datetime | None

    @property
    def due_at(self) -> datetime:
        """By when it should be answered."""
        return answer_due(self.made_at)

    def days_open(self, now: datetime) -> int:
        """How many whole days it has waited, or did wait until it was closed."""
        return ((self.closed_at or now) - self.made_at).days

    def is_late(self, now: datetime) -> bool:
        """Whether it was not closed in time."""
        return (self.closed_at or now) > self.due_at


_ROW = select(
    Complaint.public_id,
    Complaint.about,
    Complaint.name,
    Complaint.email,
    Complaint.words,
    Complaint.made_at,
    Complaint.outcome,
    Complaint.closed_at,
    Person.public_id.label("person"),
    Person.given_names,
    Person.family_name,
    Person.email.label("person_email"),
).outerjoin(Person, Person.id == Complaint.person_id)


def _only(administrator: Viewer) -> None:
    if not administrator.administrator:
        raise NotFound("complaints")


def _row(row: Any) -> ComplaintRow:
    found = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    signed_in = found["person"] is not None
    return ComplaintRow(
        public_id=found["public_id"],
        about=found["about"],
        name=full_name(found["given_names"], found["family_name"]) if signed_in else found["name"],
        email=found["person_email"] if signed_in else found["email"],
        person=found["person"],
        words=found["words"],
        made_at=found["made_at"],
        outcome=found["outcome"],
        closed_at=found["closed_at"],
    )


def count_complaints(administrator: Viewer, *, waiting: bool = False) -> int:
    """How many complaints there are, or wait to be closed."""
    _only(administrator)
    asked = select(func.count(Complaint.id))
    return db.session.scalar(asked.where(Complaint.closed_at.is_(None)) if waiting else asked) or 0


def list_complaints_page(administrator: Viewer, page: Page) -> Sequence[ComplaintRow]:
    """One page: those that wait first, the oldest of them first; then the others, newest first."""
    _only(administrator)
    waiting = Complaint.closed_at.is_(None)
    ordered = _ROW.order_by(waiting.desc(), Complaint.closed_at.desc(), Complaint.made_at, Complaint.id)
    return [_row(row) for row in db.session.execute(ordered.limit(page.size).offset(page.offset))]


def get_complaint(administrator: Viewer, public_id: str) -> ComplaintRow:
    """One complaint. Raises NotFound."""
    _only(administrator)
    row = db.session.execute(_ROW.where(Complaint.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFound("complaint")
    return _row(row)


def get_receipt(public_id: str) -> tuple[datetime, datetime | None]:
    """When a complaint was made and when it was closed, for anybody who knows its number. Raises NotFound."""
    row = db.session.execute(
        select(Complaint.made_at, Complaint.closed_at).where(Complaint.public_id == public_id)
    ).one_or_none()
    if row is None:
        raise NotFound("complaint")
    return row.made_at, row.closed_at


def get_complaint_to_change(administrator: Viewer, public_id: str) -> Complaint:
    """One complaint as a row, locked until the transaction ends. Raises NotFound."""
    _only(administrator)
    found = db.session.scalar(select(Complaint).where(Complaint.public_id == public_id).with_for_update())
    if found is None:
        raise NotFound("complaint")
    return found


def list_made(network: str, since: datetime) -> Sequence[datetime]:
    """When complaints came from one network since a moment."""
    return list(
        db.session.scalars(select(Complaint.made_at).where(Complaint.network == network, Complaint.made_at > since))
    )
