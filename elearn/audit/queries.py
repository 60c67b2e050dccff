"""Reading the audit trail and its seals. Reach is the caller's: only administrators' pages and commands read them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Text, cast, exists, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from elearn.audit.kinds import EXPORTS
from elearn.audit.models import AuditEvent, AuditSeal
from elearn.audit.rules import NO_SEAL, Seal, StoredEvent
from elearn.extensions import db
from elearn.shared.pagination import Page

ANY_EXPORT = "exports"
BATCH = 1000


@dataclass(frozen=True)
class EventRow:
    """One event as administrators list it."""

    id: int
    at: datetime
    kind: str
    actor_id: int | None
    subject: str
    detail: dict[str, Any]
    request_id: str
    sequence: int | None
    hash: str | None

    @property
    def about_person(self) -> int | None:
        """The key of the person whom it is about, where it is about one."""
        kind, _, key = self.subject.partition(":")
        return int(key) if kind == "person" and key.isdecimal() else None


@dataclass(frozen=True)
class Selection:
    """Which events: each part that is given narrows it. `people` did it, or it was done about them."""

    kind: str = ""
    people: Sequence[int] | None = None
    since: datetime | None = None
    before: datetime | None = None
    subject: str = ""
    newest: int | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """What a row must be like."""
        if self.kind:
            yield AuditEvent.kind.in_(EXPORTS) if self.kind == ANY_EXPORT else AuditEvent.kind == self.kind
        if self.people is not None:
            subjects = [f"person:{key}" for key in self.people]
            yield or_(AuditEvent.actor_id.in_(self.people), AuditEvent.subject.in_(subjects))
        if self.since is not None:
            yield AuditEvent.at >= self.since
        if self.before is not None:
            yield AuditEvent.at < self.before
        if self.subject:
            yield AuditEvent.subject == self.subject
        if self.newest is not None:
            yield AuditEvent.id <= self.newest


ALL = Selection()
# With `.where(...)`, and in an order: what `EventRow(*row)` is made of.
ROWS = select(
    AuditEvent.id,
    AuditEvent.at,
    AuditEvent.kind,
    AuditEvent.actor_id,
    AuditEvent.subject,
    AuditEvent.detail,
    AuditEvent.request_id,
    AuditSeal.sequence,
    AuditSeal.hash,
).join(AuditSeal, AuditSeal.event_id == AuditEvent.id, isouter=True)


def people_of(events: Iterable[EventRow]) -> set[int]:
    """The keys of everybody who did it, or whom it is about."""
    return {key for event in events for key in (event.actor_id, event.about_person) if key is not None}


def count_events(selection: Selection = ALL) -> int:
    """How many events there are."""
    return db.session.scalar(select(func.count(AuditEvent.id)).where(*selection.conditions())) or 0


def happened_to(person_id: InstrumentedAttribute[int], *kinds: str) -> ColumnElement[bool]:
    """Whether there is an event of these kinds about the person in a statement's row."""
    subject = literal("person:").concat(cast(person_id, String))
    return select(AuditEvent.id).where(AuditEvent.subject == subject, AuditEvent.kind.in_(kinds)).exists()


def list_events_page(page: Page, selection: Selection = ALL) -> list[EventRow]:
    """One page of the trail, newest first."""
    rows = db.session.execute(
        ROWS.where(*selection.conditions()).order_by(AuditEvent.id.desc()).limit(page.size).offset(page.offset)
    )
    return [EventRow(*row) for row in rows]


def list_events_before(selection: Selection, event_id: int | None) -> list[EventRow]:
    """The next of a selection, newest first, behind the event with this key; from the newest on for None."""
    asked = ROWS.where(*selection.conditions()).order_by(AuditEvent.id.desc()).limit(BATCH)
    rows = db.session.execute(asked if event_id is None else asked.where(AuditEvent.id < event_id))
    return [EventRow(*row) for row in rows]


def find_newest() -> int:
    """The key of the newest event; 0 where there is none."""
    return db.session.scalar(select(func.max(AuditEvent.id))) or 0


def list_events(limit: int = 200) -> list[AuditEvent]:
    """The newest events, newest first."""
    return list(db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)))


# -- the chain -------------------------------------------------------------------------------------------------------

_HEAD = select(AuditSeal.sequence, AuditSeal.event_id, AuditSeal.hash).order_by(AuditSeal.sequence.desc()).limit(1)


def find_head() -> Seal:
    """The last seal; `NO_SEAL` where nothing is sealed yet."""
    row = db.session.execute(_HEAD).one_or_none()
    return NO_SEAL if row is None else Seal(*row)


def find_hash(sequence: int) -> str | None:
    """The hash at a place of the chain; None where there is no seal."""
    if sequence == 0:
        return NO_SEAL.hash
    return db.session.scalar(select(AuditSeal.hash).where(AuditSeal.sequence == sequence))


def list_unsealed(after: int, limit: int) -> list[StoredEvent]:
    """Events that are not sealed yet, by key, behind this key.

    On PostgreSQL keys may be committed out of their order: so the answer is which events have no seal, and never which
    are newer than the last that has one.
    """
    rows = db.session.execute(
        _stored().where(AuditEvent.id > after, ~_is_sealed()).order_by(AuditEvent.id).limit(limit)
    )
    return [StoredEvent(*row) for row in rows]


def count_unsealed() -> int:
    """How many events are not sealed yet."""
    return db.session.scalar(select(func.count()).select_from(AuditEvent).where(~_is_sealed())) or 0


def walk_sealed() -> Iterator[tuple[Seal, StoredEvent | None]]:
    """Every seal in order with its event, a thousand at a time; None where the event is gone."""
    asked = select(AuditSeal.sequence, AuditSeal.event_id, AuditSeal.hash, *_stored().selected_columns).join(
        AuditEvent, AuditEvent.id == AuditSeal.event_id, isouter=True
    )
    # Ordered by the hash as well: an insider may have taken the primary key away and numbered two seals alike.
    asked = asked.order_by(AuditSeal.sequence, AuditSeal.hash).limit(BATCH)
    rows = list(db.session.execute(asked))
    while rows:
        for row in rows:
            yield Seal(*row[:3]), None if row[3] is None else StoredEvent(*row[3:])
        rows = list(db.session.execute(asked.where(AuditSeal.sequence > rows[-1][0])))


def find_sealed_twice() -> int | None:
    """The key of an event that was sealed more than once, which the database's own index refuses."""
    return db.session.scalar(select(AuditSeal.event_id).group_by(AuditSeal.event_id).having(func.count() > 1).limit(1))


def _is_sealed() -> Any:
    return exists().where(AuditSeal.event_id == AuditEvent.id)


def _stored() -> Select[*tuple[Any, ...]]:
    """The columns of an event as texts of the database itself: the same on both, and each byte counts."""
    sqlite = db.session.connection().dialect.name == "sqlite"
    utc = func.timezone("UTC", AuditEvent.at)
    at = cast(AuditEvent.at, Text) if sqlite else func.to_char(utc, "YYYY-MM-DD HH24:MI:SS.US")
    return select(
        AuditEvent.id,
        at,
        AuditEvent.kind,
        AuditEvent.actor_id,
        AuditEvent.subject,
        cast(AuditEvent.detail, Text),
        AuditEvent.request_id,
    )
