"""A person's own copy of what is kept about them: one ZIP of JSON and a page, both made of the same sections."""

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from flask import current_app, render_template
from sqlalchemy import func, or_, select

from elearn.accounts.models import Merge, Person
from elearn.accounts.rules import LONGEST_SIGN_IN
from elearn.audit import actions as audit
from elearn.audit import queries as audit_queries
from elearn.audit.models import AuditEvent
from elearn.audit.queries import Selection
from elearn.config import Settings
from elearn.extensions import db
from elearn.mail.models import Letter
from elearn.shared import clock
from elearn.shared.personal import Section, Subject, register

KIND = "data exported"
MOST, WINDOW = 10, timedelta(hours=1)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")


def subject_of(person: Person) -> Subject:
    """A person with the accounts that were emptied into theirs."""
    emptied = db.session.scalars(select(Merge.person_id).where(Merge.into_id == person.id))
    return Subject(frozenset({person.id, *emptied}), person.public_id, person.email)


def sections_of(subject: Subject) -> list[Section]:
    """Everything that is kept about a person, table by table, also where there is nothing."""
    return [holding.section(subject) for holding in register().holdings if holding.whose is not None]


def zip_of(person: Person) -> bytes:
    """The whole copy."""
    settings: Settings = current_app.extensions["elearn.settings"]
    made_at, sections = clock.now(), sections_of(subject_of(person))
    data = {
        "made_at": made_at.isoformat(),
        "made_by": settings.provider_name,
        "of": person.public_id,
        "sections": [asdict(section) for section in sections],
    }
    page = render_template("accounts/own_data_file.html", made_at=made_at, sections=sections, shown=in_words)
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("your-data.json", json.dumps(data, ensure_ascii=False, indent=2))
        archive.writestr("your-data.html", page)
    return file.getvalue()


def has_taken_too_many(person_id: int) -> bool:
    """Whether a person has taken so many copies within the hour that the next one waits (C-S9)."""
    since = clock.now() - WINDOW
    return audit_queries.count_events(Selection(kind=KIND, people=(person_id,), since=since)) >= MOST


def note_copy(person_id: int, actor_id: int | None) -> None:
    """Tell the audit trail whose copy was taken, and by whom; None for the command."""
    audit.record("data exported", f"person:{person_id}", actor_id)


def in_words(value: Any) -> str:
    """A value of a record as the page shows it."""
    if value is None or value in ("", [], {}):
        return "Not set"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        zone: str = current_app.extensions["elearn.settings"].time_zone
        return clock.time_in_words(datetime.fromisoformat(value), zone)
    if isinstance(value, dict):
        return "; ".join(f"{str(key).replace('_', ' ')}: {in_words(part)}" for key, part in value.items())
    return (
        ", ".join(in_words(part) for part in value)
        if isinstance(value, Sequence) and not isinstance(value, str)
        else str(value)
    )


@dataclass(frozen=True)
class Affected:
    """Somebody with something to lose in a breach, and of what there are rows about them."""

    public_id: str
    email: str
    name: str
    rows: Mapping[str, int]


def list_affected(since: datetime, before: datetime) -> list[Affected]:
    """Who did something in this time, about whom something was done, or who was written to (trust.md D-12).

    The audit trail does not tell of each answer, but whoever saved one had signed in since `LONGEST_SIGN_IN` before.
    """
    within = (AuditEvent.at >= since - LONGEST_SIGN_IN, AuditEvent.at < before)
    written = select(Letter.person_id).where(Letter.written_at >= since, Letter.written_at < before)
    did = select(AuditEvent.actor_id).where(*within, AuditEvent.actor_id.is_not(None))
    about = [
        int(subject.removeprefix("person:"))
        for subject in db.session.scalars(
            select(AuditEvent.subject).where(*within, AuditEvent.subject.like("person:%")).distinct()
        )
    ]
    found = db.session.scalars(
        select(Person).where(or_(Person.id.in_(did), Person.id.in_(about), Person.id.in_(written))).order_by(Person.id)
    )
    return [Affected(person.public_id, person.email, person.name, _count(subject_of(person))) for person in found]


def _count(subject: Subject) -> Mapping[str, int]:
    counts = {
        holding.title: db.session.scalar(select(func.count()).select_from(holding.model).where(holding.whose(subject)))
        for holding in register().holdings
        if holding.whose is not None
    }
    return {title: count for title, count in counts.items() if count}
