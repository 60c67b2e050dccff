"""Reading certificates. The public record is for anyone; who holds it is for the holder and for administrators."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, true

from elearn.accounts.models import Person
from elearn.accounts.rules import Viewer
from elearn.certificates.document import Printable
from elearn.certificates.holder import Holder
from elearn.certificates.models import (
    Certificate,
    CertificateDocument,
    CertificateEvent,
    CertificateHolder,
    VerificationTry,
)
from elearn.certificates.record import Record, is_unchanged
from elearn.certificates.rules import Event, State, state_of
from elearn.extensions import db
from elearn.modules.models import Completion, Enrolment
from elearn.quizzes.models import Attempt
from elearn.shared.missing import NotFound
from elearn.shared.statements import Read


@dataclass(frozen=True)
class CertificateRecord:
    """The public side of a certificate: nothing here tells who holds it."""

    id: int
    number: str
    edition: int
    issued_on: date
    expires_on: date | None
    record: Record
    record_digest: str
    holder_commitment: str
    events: tuple[Event, ...]
    has_holder: bool

    @property
    def unchanged(self) -> bool:
        """Whether the record is the one that was issued."""
        return is_unchanged(self.record, self.record_digest, self.number, self.expires_on)

    def state(self, today: date) -> State:
        """The state on a day."""
        return state_of(self.events, self.expires_on, today)


@dataclass(frozen=True)
class HeldCertificate:
    """A certificate with its holder; None after the holder's details are erased."""

    public: CertificateRecord
    holder: Holder | None
    salt: str
    person_id: int | None
    enrolment_id: int

    @property
    def printable(self) -> Printable | None:
        """What its document is made of."""
        if self.holder is None:
            return None
        return Printable(self.public.record, self.public.record_digest, self.holder, self.salt)


@dataclass(frozen=True)
class HolderToBe:
    """The person of an enrolment, as a certificate would print them now."""

    person_id: int
    holder: Holder
    confirmed: bool
    active: bool


_PUBLIC = (
    select(
        Certificate.id,
        Certificate.number,
        Certificate.edition,
        Certificate.issued_on,
        Certificate.expires_on,
        Certificate.record,
        Certificate.record_digest,
        Certificate.holder_commitment,
        CertificateEvent.happening,
        CertificateEvent.reason,
        CertificateEvent.at,
        CertificateHolder.certificate_id.label("held"),
    )
    .join(CertificateEvent, CertificateEvent.certificate_id == Certificate.id)
    .outerjoin(CertificateHolder, CertificateHolder.certificate_id == Certificate.id)
    .order_by(Certificate.id, CertificateEvent.id)
)
_VERIFIED = Read(_PUBLIC.where(Certificate.number == bindparam("number")))
_HELD = _PUBLIC.add_columns(
    CertificateHolder.given_names,
    CertificateHolder.family_name,
    CertificateHolder.registration_number,
    CertificateHolder.salt,
    CertificateHolder.person_id,
    Certificate.enrolment_id,
)


def find_certificate_record(number: str) -> CertificateRecord | None:
    """The public record behind a number (as `numbers.parse` gives it), in one statement; None where there is none."""
    rows = _VERIFIED(number=number)
    return _public(rows) if rows else None


def get_certificate_record(number: str) -> CertificateRecord:
    """The same. Raises NotFound."""
    found = find_certificate_record(number)
    if found is None:
        raise NotFound("certificate")
    return found


def get_certificate(viewer: Viewer, number: str) -> HeldCertificate:
    """A certificate with its holder, for the holder and for administrators. Raises NotFound."""
    reach = true() if viewer.administrator else CertificateHolder.person_id == viewer.id
    return _held(db.session.execute(_HELD.where(Certificate.number == number, reach)).all())


def get_certificate_to_print(certificate_id: int) -> HeldCertificate:
    """A certificate by key, for the job that keeps its document. Raises NotFound."""
    return _held(db.session.execute(_HELD.where(Certificate.id == certificate_id)).all())


def find_number(enrolment_id: int) -> str | None:
    """The number of the newest edition that an enrolment has brought, or None."""
    return db.session.scalar(
        select(Certificate.number)
        .where(Certificate.enrolment_id == enrolment_id)
        .order_by(Certificate.edition.desc())
        .limit(1)
    )


def find_family_name(certificate_id: int) -> str | None:
    """The holder's family name, to compare a typed one with; None after erasure."""
    return db.session.scalar(
        select(CertificateHolder.family_name).where(CertificateHolder.certificate_id == certificate_id)
    )


def has_erased_holder(certificate_ids: Collection[int]) -> bool:
    """Whether the holder of any of these certificates is erased."""
    held = select(CertificateHolder.certificate_id).where(CertificateHolder.certificate_id.in_(certificate_ids))
    return len(db.session.scalars(held).all()) < len(set(certificate_ids))


def find_document(certificate_id: int) -> bytes | None:
    """The document as it was kept, or None."""
    return db.session.scalar(
        select(CertificateDocument.pdf).where(CertificateDocument.certificate_id == certificate_id)
    )


def get_certificate_to_change(administrator: Viewer, number: str) -> Certificate:
    """A certificate as a row, locked until the transaction ends. Raises NotFound, also for who is no administrator."""
    found = db.session.scalar(select(Certificate).where(Certificate.number == number).with_for_update())
    if found is None or not administrator.administrator:
        raise NotFound("certificate")
    return found


def get_holder_to_be(enrolment: Enrolment) -> HolderToBe:
    """The person of an enrolment as they stand now, locked until the transaction ends."""
    row = db.session.execute(
        select(
            Person.id,
            Person.given_names,
            Person.family_name,
            Person.registration_number,
            Person.confirmed_at,
            Person.active,
        )
        .where(Person.id == enrolment.person_id)
        .with_for_update()
    ).one()
    holder = Holder(row.given_names, row.family_name, row.registration_number)
    return HolderToBe(row.id, holder, row.confirmed_at is not None, row.active)


def completions(enrolment_id: int) -> Mapping[str, datetime]:
    """The steps that are done, and when."""
    rows = db.session.execute(select(Completion.step, Completion.at).where(Completion.enrolment_id == enrolment_id))
    return {row.step: row.at for row in rows}


def pass_marks(enrolment_id: int) -> Mapping[str, int]:
    """The pass mark of each quiz as it stood in the attempt that was passed."""
    rows = db.session.execute(
        select(Attempt.quiz, Attempt.rules).where(Attempt.enrolment_id == enrolment_id, Attempt.passed.is_(True))
    )
    return {row.quiz: int(row.rules["pass_percent"]) for row in rows}


def list_tries(network: str, since: datetime) -> list[datetime]:
    """When a network tried family names since a moment."""
    return list(
        db.session.scalars(
            select(VerificationTry.at)
            .where(VerificationTry.network == network, VerificationTry.at > since)
            .order_by(VerificationTry.at)
        )
    )


def _public(rows: Sequence[Row[Any]]) -> CertificateRecord:
    row = rows[0]
    return CertificateRecord(
        id=row.id,
        number=row.number,
        edition=row.edition,
        issued_on=row.issued_on,
        expires_on=row.expires_on,
        record=row.record,
        record_digest=row.record_digest,
        holder_commitment=row.holder_commitment,
        events=tuple(Event(r.happening, r.reason, r.at) for r in rows),
        has_holder=row.held is not None,
    )


def _held(rows: Sequence[Row[Any]]) -> HeldCertificate:
    if not rows:
        raise NotFound("certificate")
    row = rows[0]
    if row.held is None:
        return HeldCertificate(_public(rows), None, "", None, row.enrolment_id)
    holder = Holder(row.given_names, row.family_name, row.registration_number)
    return HeldCertificate(_public(rows), holder, row.salt, row.person_id, row.enrolment_id)
