"""Writing to the audit trail, in the transaction of what it tells of."""

from typing import Any

import structlog

from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.shared import clock


def record(kind: str, subject: str, actor_id: int | None = None, **detail: Any) -> None:
    """Add one event. `subject` and `detail` hold ids and numbers, never names, addresses or free text of people."""
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    db.session.add(
        AuditEvent(at=clock.now(), kind=kind, actor_id=actor_id, subject=subject, detail=detail, request_id=request_id)
    )
    db.session.flush()
