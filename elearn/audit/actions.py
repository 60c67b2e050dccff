"""Writing to the audit trail, in the transaction of what it tells of; and sealing what is written."""

from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import bindparam, insert

from elearn.audit.models import AuditEvent, AuditSeal
from elearn.audit.rules import Seal, refuse_text
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.statements import Write

_COLUMNS = ("at", "kind", "actor_id", "subject", "detail", "request_id")
_RECORD = Write(insert(AuditEvent).values({name: bindparam(name) for name in _COLUMNS}))


def record(kind: str, subject: str, actor_id: int | None = None, **detail: Any) -> None:
    """Add one event, of a kind that `kinds.py` lists. Raises NotAnId.

    `subject` and `detail` hold ids and numbers, never names, addresses or free text of people.
    """
    refuse_text(subject, detail)
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    _RECORD(at=clock.now(), kind=kind, actor_id=actor_id, subject=subject, detail=detail, request_id=request_id)


def add_seals(seals: Sequence[Seal]) -> None:
    """Add links to the chain. Raises IntegrityError where another sealer has added them at the same moment."""
    db.session.execute(insert(AuditSeal), [seal._asdict() for seal in seals])
