"""Reading a learner's own pages: where they stand, what they wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from elearn.accounts.rules import Viewer
from elearn.certificates.models import Certificate, CertificateEvent, CertificateHolder
from elearn.certificates.numbers import grouped
from elearn.certificates.rules import Event, State, state_of
from elearn.content.structure import Module
from elearn.extensions import db
from elearn.learning.models import Reflection
from elearn.modules.catalogue import Catalogue
from elearn.modules.models import Completion, Enrolment
from elearn.modules.queries import Progress
from elearn.modules.rules import lay_path


@dataclass(frozen=True)
class SavedReflection:
    """A reflection as it stands."""

    learned: str
    will_change: str
    effect_on_patients: str
    next_step: str
    saved_at: datetime


@dataclass(frozen=True)
class Passage:
    """A module that the viewer has started, and how far they are."""

    module: Module
    progress: Progress

    @property
    def is_done(self) -> bool:
        """Whether every step is done."""
        return self.progress.path.done == len(self.progress.path.steps)


def find_reflection(viewer: Viewer, enrolment_id: int) -> SavedReflection | None:
    """The viewer's own reflection on one enrolment; nobody else's is ever found."""
    row = db.session.execute(
        select(
            Reflection.learned,
            Reflection.will_change,
            Reflection.effect_on_patients,
            Reflection.next_step,
            Reflection.saved_at,
        )
        .join(Enrolment, Enrolment.id == Reflection.enrolment_id)
        .where(Reflection.enrolment_id == enrolment_id, Enrolment.person_id == viewer.id)
    ).one_or_none()
    return None if row is None else SavedReflection(*row)


def list_passages(viewer: Viewer, modules: Catalogue) -> Sequence[Passage]:
    """Every module that the viewer has started and that is still offered, newest start first, in one statement.

    Of several rounds of one module the newest is the one that they go on with.
    """
    rows = db.session.execute(
        select(
            Enrolment.id,
            Enrolment.module,
            Enrolment.cycle,
            Enrolment.last_step,
            Enrolment.last_anchor,
            Completion.step,
        )
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .where(Enrolment.person_id == viewer.id)
        .order_by(Enrolment.started_at.desc(), Enrolment.id.desc(), Completion.id)
    ).all()
    done: dict[int, set[str]] = {}
    for row in rows:
        done.setdefault(row.id, set()).update({row.step} - {None})
    newest = {row.module: row.cycle for row in sorted(rows, key=lambda row: row.cycle)}
    found: dict[int, Passage] = {}
    for row in rows:
        module = modules.get(row.module)
        if module is not None and row.cycle == newest[row.module] and row.id not in found:
            path = lay_path(module, done[row.id])
            found[row.id] = Passage(module, Progress(row.id, row.cycle, path, row.last_step, row.last_anchor))
    return list(found.values())


@dataclass(frozen=True)
class OwnCertificate:
    """A certificate of the viewer's own, as a line of a list."""

    number: str
    grouped: str
    module: str
    issued_on: date
    state: State


def list_own_certificates(viewer: Viewer, today: date) -> Sequence[OwnCertificate]:
    """The viewer's certificates, newest first, in one statement."""
    rows = db.session.execute(
        select(
            Certificate.id,
            Certificate.number,
            Certificate.record,
            Certificate.issued_on,
            Certificate.expires_on,
            CertificateEvent.happening,
            CertificateEvent.reason,
            CertificateEvent.at,
        )
        .join(CertificateHolder, CertificateHolder.certificate_id == Certificate.id)
        .join(CertificateEvent, CertificateEvent.certificate_id == Certificate.id)
        .where(CertificateHolder.person_id == viewer.id)
        .order_by(Certificate.issued_on.desc(), Certificate.id.desc(), CertificateEvent.id)
    ).all()
    events: dict[int, list[Event]] = {}
    for row in rows:
        events.setdefault(row.id, []).append(Event(row.happening, row.reason, row.at))
    return [
        OwnCertificate(
            number=row.number,
            grouped=grouped(row.number),
            module=row.record["module"]["title"],
            issued_on=row.issued_on,
            state=state_of(events[row.id], row.expires_on, today),
        )
        for row in {row.id: row for row in rows}.values()
    ]
