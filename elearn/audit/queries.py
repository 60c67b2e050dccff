"""Reading the audit trail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.shared.pagination import Page


@dataclass(frozen=True)
class EventRow:
    """One event as administrators list it."""

    at: datetime
    kind: str
    actor_id: int | None
    subject: str
    detail: dict[str, Any]


def count_events() -> int:
    """How many events there are."""
    return db.session.scalar(select(func.count(AuditEvent.id))) or 0


def list_events_page(page: Page) -> list[EventRow]:
    """One page of the trail, newest first."""
    rows = db.session.execute(
        select(AuditEvent.at, AuditEvent.kind, AuditEvent.actor_id, AuditEvent.subject, AuditEvent.detail)
        .order_by(AuditEvent.id.desc())
        .limit(page.size)
        .offset(page.offset)
    )
    return [EventRow(*row) for row in rows]


def list_events(limit: int = 200) -> list[AuditEvent]:
    """The newest events, newest first."""
    return list(db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)))
