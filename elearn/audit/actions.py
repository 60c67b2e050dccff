"""Writing to the audit trail, in the transaction of what it tells of."""

from typing import Any

import structlog
from sqlalchemy import bindparam, insert

from elearn.audit.models import AuditEvent
from elearn.shared import clock
from elearn.shared.statements import Write

_COLUMNS = ("at", "kind", "actor_id", "subject", "detail", "request_id")
_RECORD = Write(insert(AuditEvent).values({name: bindparam(name) for name in _COLUMNS}))


def record(kind: str, subject: str, actor_id: int | None = None, **detail: Any) -> None:
    """Add one event. `subject` and `detail` hold ids and numbers, never names, addresses or free text of people."""
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    _RECORD(at=clock.now(), kind=kind, actor_id=actor_id, subject=subject, detail=detail, request_id=request_id)
