"""The frozen record, its holder, what happened to it, and its document."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Date, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from elearn.certificates.rules import Happening
from elearn.extensions import Base
from elearn.shared import clock
from elearn.shared.columns import UTCDateTime, text_enum


class Certificate(Base):
    """The public record, frozen at issue. `record` is what `record_digest` is taken of; the columns are for searching."""

    __tablename__ = "certificates"
    __table_args__ = (UniqueConstraint("enrolment_id", "edition"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"))
    edition: Mapped[int]
    module: Mapped[str] = mapped_column(String(80), index=True)
    issued_on: Mapped[date] = mapped_column(Date, index=True)
    expires_on: Mapped[date | None] = mapped_column(Date)
    record: Mapped[dict[str, Any]] = mapped_column(JSON)
    record_digest: Mapped[str] = mapped_column(String(64))
    holder_commitment: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class CertificateHolder(Base):
    """Who holds a certificate, as printed; the only part that erasure deletes."""

    __tablename__ = "certificate_holders"
    __table_args__ = (Index("ix_certificate_holders_family_name", "family_name"),)

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    given_names: Mapped[str] = mapped_column(String(80))
    family_name: Mapped[str] = mapped_column(String(80))
    registration_number: Mapped[str] = mapped_column(String(40))
    salt: Mapped[str] = mapped_column(String(32))


class CertificateEvent(Base):
    """What happened to a certificate, in order; never changed. The reason is a code.

    `note` is not written any more: a note may name somebody, and what is never changed cannot be erased.
    """

    __tablename__ = "certificate_events"
    __table_args__ = (Index("ix_certificate_events_certificate_id", "certificate_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"))
    happening: Mapped[Happening] = mapped_column(text_enum(Happening))
    reason: Mapped[str] = mapped_column(String(60), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class CertificateNote(Base):
    """What an administrator noted about an event, for administrators: apart from it, so that it can be erased."""

    __tablename__ = "certificate_notes"

    event_id: Mapped[int] = mapped_column(ForeignKey("certificate_events.id"), primary_key=True)
    note: Mapped[str] = mapped_column(Text)


class CertificateDocument(Base):
    """The PDF as it was first made, kept by a job; made again from the record where it is missing."""

    __tablename__ = "certificate_documents"

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    pdf: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class VerificationTry(Base):
    """One try to match a family name, so that several processes limit guesses together; swept after a day.

    `network` is a keyed hash of the address, not the address.
    """

    __tablename__ = "verification_tries"
    __table_args__ = (Index("ix_verification_tries_network_at", "network", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    network: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
