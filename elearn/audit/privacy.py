"""What this feature holds about people: who did what, by numbers."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select

from elearn.audit.kinds import KINDS
from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.shared.personal import Basis, Field, Holding, KeptWhile, Record, Stays, Subject

OTHERS = "Numbers of records, other people’s among them."


def _whose(whom: Subject) -> ColumnElement[bool]:
    return or_(AuditEvent.actor_id.in_(whom.ids), AuditEvent.subject.in_([f"person:{key}" for key in whom.ids]))


def _events(_holding: Holding, whom: Subject) -> Sequence[Record]:
    rows = db.session.execute(
        select(AuditEvent.at, AuditEvent.kind, AuditEvent.actor_id).where(_whose(whom)).order_by(AuditEvent.id)
    )
    return [
        {
            "at": row.at,
            "kind": row.kind,
            "meaning": KINDS.get(row.kind, ""),
            "by": "the service" if row.actor_id is None else "you" if row.actor_id in whom.ids else "somebody else",
        }
        for row in rows
    ]


HOLDINGS = (
    Holding(
        model=AuditEvent,
        title="What you did, and what was done about you",
        purpose="To be able to show what happened to records, to the people themselves and to auditors.",
        basis=Basis.LEGITIMATE,
        recipients="administrators",
        whose=_whose,
        records=_events,
        also={"meaning": "In words", "by": "By whom"},
        fields={
            "id": Field("Number", withheld=OTHERS),
            "at": Field("When"),
            "kind": Field("What"),
            "actor_id": Field("Number of whoever did it", withheld="Said as “you”, “somebody else” or “the service”."),
            "subject": Field("Number of what it was done to", withheld=OTHERS),
            "detail": Field("Details", withheld=OTHERS),
            "request_id": Field("Number of the request", withheld="It leads into the log, which holds no people."),
        },
        erase=Stays("It holds numbers only, which lead to a nameless account; changing it would break its proof."),
        retain=KeptWhile("Kept as long as the service runs: it is a chain that proves itself only whole."),
    ),
)
WITHOUT_PEOPLE = {"audit_seals": "Hashes of events, which hold no people."}
