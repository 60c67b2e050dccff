"""Writing to the audit trail, in the transaction of what it tells of; and sealing what is written."""

from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import bindparam, insert, select

from elearn.audit.kinds import EXPORTS
from elearn.audit.models import AuditEvent, AuditSeal
from elearn.audit.rules import EXPORTS_WINDOW, MOST_EXPORTS, Seal, refuse_text
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.limits import seconds_to_wait
from elearn.shared.statements import Write
from elearn.shared.too_often import TooOften

_COLUMNS = ("at", "kind", "actor_id", "subject", "detail", "request_id")
_RECORD = Write(insert(AuditEvent).values({name: bindparam(name) for name in _COLUMNS}))


def record(kind: str, subject: str, actor_id: int | None = None, **detail: Any) -> None:
    """Add one event, of a kind that `kinds.py` lists. Raises NotAnId.

    `subject` and `detail` hold ids and numbers, never names, addresses or free text of people.
    What takes data away cannot go unrecorded, so this is where it is limited: raises TooOften.
    """
    refuse_text(subject, detail)
    if kind in EXPORTS and actor_id is not None:
        _refuse_too_many_exports(actor_id)
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    _RECORD(at=clock.now(), kind=kind, actor_id=actor_id, subject=subject, detail=detail, request_id=request_id)


def _refuse_too_many_exports(actor_id: int) -> None:
    now = clock.now()
    taken = db.session.scalars(
        select(AuditEvent.at).where(
            AuditEvent.kind.in_(EXPORTS), AuditEvent.at > now - EXPORTS_WINDOW, AuditEvent.actor_id == actor_id
        )
    ).all()
    if wait := seconds_to_wait(taken, now, MOST_EXPORTS, EXPORTS_WINDOW):
        raise TooOften(wait)


def add_seals(seals: Sequence[Seal]) -> None:
    """Add links to the chain. Raises IntegrityError where another sealer has added them at the same moment."""
    db.session.execute(insert(AuditSeal), [seal._asdict() for seal in seals])
