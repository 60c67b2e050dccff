"""Issuing, revoking and restoring certificates, keeping their documents, and counting tries of names."""

import hashlib
import secrets
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from elearn.accounts.rules import Viewer
from elearn.audit import actions as audit
from elearn.certificates import document, queries
from elearn.certificates.holder import SALT_BYTES, Holder
from elearn.certificates.models import (
    Certificate,
    CertificateDocument,
    CertificateEvent,
    CertificateHolder,
    CertificateNote,
    VerificationTry,
)
from elearn.certificates.numbers import new_number
from elearn.certificates.record import Facts, make_record
from elearn.certificates.rules import (
    FIRST_EDITION,
    TRIES_KEPT,
    TRIES_WINDOW,
    Event,
    Happening,
    Reason,
    State,
    may_award,
    seconds_to_wait,
    state_of,
)
from elearn.config import Settings
from elearn.content.structure import Module, StepKind
from elearn.extensions import db
from elearn.jobs.actions import enqueue
from elearn.modules.actions import complete_step
from elearn.modules.models import Enrolment
from elearn.modules.queries import get_enrolment_to_change, reviewed_versions
from elearn.modules.rules import Path, lay_path, standing
from elearn.shared import clock, signals
from elearn.shared.canonical import digest
from elearn.shared.missing import NotFound
from elearn.shared.once import insert_once, one_at_a_time

DOCUMENT_JOB = "certificate document"


class MayNotAward(Exception):
    """No certificate may be issued now; `reasons` says why in the person's words."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class DetailsChanged(Exception):
    """The details that would be printed are not those that the person was shown."""


class AlreadySo(Exception):
    """The certificate is revoked already, or not revoked, as the case may be; the message says so."""


class TooManyTries(Exception):
    """A network has tried too many names; `seconds` says how long it has to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} seconds")
        self.seconds = seconds


def issue_certificate(viewer: Viewer, module: Module, settings: Settings, shown: str) -> str:
    """Issue the viewer's certificate, once, and give its number; a second call gives the same number.

    `shown` is the digest of the holder whom the person confirmed. Every condition is read again in this transaction.
    Raises MayNotAward, DetailsChanged; NotStarted before the start.
    """
    enrolment = get_enrolment_to_change(viewer, module)
    if number := queries.find_number(enrolment.id):
        return number
    done = queries.completions(enrolment.id)
    path = lay_path(module, done)
    step = certificate_step(path)
    to_be = queries.get_holder_to_be(enrolment)
    today = clock.today(settings.time_zone)
    award = may_award(
        path,
        standing(module, reviewed_versions(module), today),
        demonstration=settings.demonstration,
        confirmed=to_be.confirmed,
        active=to_be.active,
    )
    if not award.allowed:
        raise MayNotAward(award.reasons)
    if to_be.holder.digest != shown:
        raise DetailsChanged
    completed = max(done.values()).astimezone(ZoneInfo(settings.time_zone)).date()
    facts = Facts(new_number(), FIRST_EDITION, completed, today, None, queries.pass_marks(enrolment.id))
    added = _add(enrolment, module, settings, facts, to_be)
    if added:
        complete_step(enrolment.id, step)
    return queries.find_number(enrolment.id) or facts.number


def certificate_step(path: Path) -> str:
    """The id of the path's certificate step. Raises NotFound in a module that awards none."""
    for path_step in path.steps:
        if path_step.step.kind is StepKind.CERTIFICATE:
            return path_step.step.id
    raise NotFound("certificate")


def _add(enrolment: Enrolment, module: Module, settings: Settings, facts: Facts, to_be: queries.HolderToBe) -> bool:
    """Add the certificate with all that belongs to it, unless the enrolment has this edition already."""
    record, salt = make_record(module, settings, facts), secrets.token_hex(SALT_BYTES)
    if not insert_once(
        Certificate,
        number=facts.number,
        enrolment_id=enrolment.id,
        edition=facts.edition,
        module=module.slug,
        issued_on=facts.issued_on,
        expires_on=facts.expires_on,
        record=record,
        record_digest=digest(record),
        holder_commitment=to_be.holder.commitment(salt),
        created_at=clock.now(),
    ):
        return False
    key = db.session.scalars(select(Certificate.id).where(Certificate.number == facts.number)).one()
    db.session.add(_holder_row(key, to_be.person_id, to_be.holder, salt))
    _record_event(key, Happening.ISSUED, actor_id=to_be.person_id)
    audit.record("certificate issued", f"certificate:{key}", to_be.person_id, edition=facts.edition)
    enqueue(DOCUMENT_JOB, {"certificate": key})
    signals.certificate_issued.send(module.slug, certificate_id=key, enrolment_id=enrolment.id, number=facts.number)
    return True


def _holder_row(key: int, person_id: int, holder: Holder, salt: str) -> CertificateHolder:
    return CertificateHolder(
        certificate_id=key,
        person_id=person_id,
        given_names=holder.given_names,
        family_name=holder.family_name,
        registration_number=holder.registration_number,
        salt=salt,
    )


def revoke(administrator: Viewer, number: str, reason: Reason, note: str) -> None:
    """Revoke a certificate; the public sees the reason's words and the date, never the note. Raises AlreadySo, NotFound."""
    certificate = queries.get_certificate_to_change(administrator, number)
    if _state(certificate) is State.REVOKED:
        raise AlreadySo("This certificate is revoked already.")
    _record_event(certificate.id, Happening.REVOKED, reason=reason, note=note, actor_id=administrator.id)
    audit.record("certificate revoked", f"certificate:{certificate.id}", administrator.id, reason=reason.name)
    signals.certificate_revoked.send(certificate.module, certificate_id=certificate.id, number=number)


def restore(administrator: Viewer, number: str, note: str) -> None:
    """Take a revocation back, as a new event. Raises AlreadySo, NotFound."""
    certificate = queries.get_certificate_to_change(administrator, number)
    if _state(certificate) is not State.REVOKED:
        raise AlreadySo("This certificate is not revoked.")
    _record_event(certificate.id, Happening.RESTORED, note=note, actor_id=administrator.id)
    audit.record("certificate restored", f"certificate:{certificate.id}", administrator.id)


def _state(certificate: Certificate) -> State:
    rows = db.session.execute(
        select(CertificateEvent.happening, CertificateEvent.reason, CertificateEvent.at)
        .where(CertificateEvent.certificate_id == certificate.id)
        .order_by(CertificateEvent.id)
    )
    return state_of([Event(*row) for row in rows], certificate.expires_on, clock.today())


def _record_event(
    key: int, happening: Happening, *, reason: str = "", note: str = "", actor_id: int | None = None
) -> None:
    event = CertificateEvent(certificate_id=key, happening=happening, reason=reason, actor_id=actor_id, at=clock.now())
    db.session.add(event)
    db.session.flush()
    if note:
        db.session.add(CertificateNote(event_id=event.id, note=note))
        db.session.flush()


def keep_document(certificate_id: int, pdf: bytes | None = None) -> None:
    """Keep a certificate's document, made now unless it is given; a second time changes nothing. Raises NotFound."""
    printable = queries.get_certificate_to_print(certificate_id).printable
    if printable is None:
        raise NotFound("holder")
    pdf = pdf or document.render(printable)
    insert_once(
        CertificateDocument,
        certificate_id=certificate_id,
        sha256=hashlib.sha256(pdf).hexdigest(),
        pdf=pdf,
        made_at=clock.now(),
    )


def count_try(network: str, now: datetime) -> None:
    """Count one try of a holder's name, and forget those of yesterday. Raises TooManyTries, which is not counted."""
    one_at_a_time(network)  # two tries at once would each not see the other's row
    db.session.execute(delete(VerificationTry).where(VerificationTry.at < now - TRIES_KEPT))
    seconds = seconds_to_wait(queries.list_tries(network, now - TRIES_WINDOW), now)
    if seconds:
        raise TooManyTries(seconds)
    db.session.add(VerificationTry(network=network, at=now))
    db.session.flush()
