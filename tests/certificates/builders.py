"""Certificates for tests, as if they had been issued: with holder, events, record, and a document or none."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from flask import Flask

from elearn.accounts.models import Person
from elearn.accounts.rules import Profession
from elearn.certificates.holder import Holder
from elearn.certificates.models import Certificate, CertificateDocument, CertificateEvent, CertificateHolder
from elearn.certificates.numbers import new_number
from elearn.certificates.record import Facts, make_record
from elearn.certificates.rules import Happening, Reason
from elearn.extensions import db
from elearn.modules.models import Enrolment
from elearn.shared.canonical import digest
from elearn.shared.transactions import writing
from tests.world import MODULE

SALT = "00" * 16
DAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Issued:
    """What a test needs to know of a certificate."""

    id: int
    number: str


@dataclass(frozen=True)
class Wanted:
    """A certificate to be, and its life so far."""

    given: str
    family: str
    module: str = MODULE
    on: date = DAY
    expires_on: date | None = None
    happened: tuple[Happening, ...] = ()
    kept: bytes | None = None
    erased: bool = False


def issue(
    app: Flask,
    given: str = "Amina",
    family: str = "Khan",
    *,
    module: str = MODULE,
    on: date = DAY,
    expires_on: date | None = None,
    happened: Sequence[Happening] = (),
    kept: bytes | None = None,
    erased: bool = False,
) -> Issued:
    """One certificate, in a transaction of its own."""
    with app.app_context(), writing():
        return _add(app, Wanted(given, family, module, on, expires_on, tuple(happened), kept, erased))


def issue_many(app: Flask, count: int, *, kept: bool = True) -> list[Issued]:
    """So many certificates of people with different names, all of one day."""
    with app.app_context(), writing():
        return [
            _add(app, Wanted(f"Given{n}", f"Family{n:03}", kept=f"%PDF-{n}".encode() * 50 if kept else None))
            for n in range(count)
        ]


def _add(app: Flask, wanted: Wanted) -> Issued:
    number, holder = new_number(), Holder(wanted.given, wanted.family, "")
    person = Person(
        email=f"{uuid.uuid4().hex}@example.org",
        password="x",
        fs_uniquifier=uuid.uuid4().hex,
        given_names=wanted.given,
        family_name=wanted.family,
        profession=Profession.NURSE,
    )
    db.session.add(person)
    db.session.flush()
    enrolment = Enrolment(person_id=person.id, module=wanted.module, module_version="1.0.0", cycle=1)
    db.session.add(enrolment)
    db.session.flush()
    taught = replace(app.extensions["elearn.catalogue"][MODULE], slug=wanted.module)
    record = make_record(
        taught, app.extensions["elearn.settings"], Facts(number, 1, wanted.on, wanted.on, wanted.expires_on, {})
    )
    certificate = Certificate(
        number=number,
        enrolment_id=enrolment.id,
        edition=1,
        module=wanted.module,
        issued_on=wanted.on,
        expires_on=wanted.expires_on,
        record=record,
        record_digest=digest(record),
        holder_commitment=holder.commitment(SALT),
    )
    db.session.add(certificate)
    db.session.flush()
    if not wanted.erased:
        db.session.add(
            CertificateHolder(
                certificate_id=certificate.id,
                person_id=person.id,
                given_names=wanted.given,
                family_name=wanted.family,
                registration_number="",
                salt=SALT,
            )
        )
    moment = datetime.combine(wanted.on, datetime.min.time(), UTC)
    for turn, happening in enumerate((Happening.ISSUED, *wanted.happened)):
        reason = Reason.ISSUED_IN_ERROR if happening is Happening.REVOKED else ""
        db.session.add(
            CertificateEvent(
                certificate_id=certificate.id, happening=happening, reason=reason, at=moment + timedelta(hours=turn)
            )
        )
        db.session.flush()
    if wanted.kept is not None:
        db.session.add(
            CertificateDocument(
                certificate_id=certificate.id, sha256=hashlib.sha256(wanted.kept).hexdigest(), pdf=wanted.kept
            )
        )
    db.session.flush()
    return Issued(certificate.id, number)
