"""Enrolments, what is done of a path, answers to inline checks, and recorded reviews of the content."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from elearn.extensions import Base
from elearn.modules.withdrawing import PartKind
from elearn.shared import clock
from elearn.shared.columns import UTCDateTime, text_enum


class Enrolment(Base):
    """A person's passage through a module in one cycle."""

    __tablename__ = "enrolments"
    __table_args__ = (UniqueConstraint("person_id", "module", "cycle"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    module: Mapped[str] = mapped_column(String(80))
    module_version: Mapped[str] = mapped_column(String(20))
    cycle: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    last_step: Mapped[str] = mapped_column(String(120), default="")
    last_anchor: Mapped[str] = mapped_column(String(120), default="")


class Completion(Base):
    """One step that is done, once."""

    __tablename__ = "completions"
    __table_args__ = (UniqueConstraint("enrolment_id", "step"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"))
    step: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class CheckResponse(Base):
    """One try of an inline check; tries are added, never changed."""

    __tablename__ = "check_responses"
    __table_args__ = (Index("ix_check_responses_enrolment_id_lesson", "enrolment_id", "lesson"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"))
    lesson: Mapped[str] = mapped_column(String(80))
    check_id: Mapped[str] = mapped_column(String(80))
    item_digest: Mapped[str] = mapped_column(String(64))
    response: Mapped[dict[str, Any]] = mapped_column(JSON)
    points: Mapped[int]
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class ContentWithdrawal(Base):
    """A lesson or item that was withdrawn, or restored: the newest row of a part says how it stands."""

    __tablename__ = "content_withdrawals"
    __table_args__ = (Index("ix_content_withdrawals_part", "module", "kind", "part"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    module: Mapped[str] = mapped_column(String(80))
    module_version: Mapped[str] = mapped_column(String(20))
    kind: Mapped[PartKind] = mapped_column(text_enum(PartKind))
    part: Mapped[str] = mapped_column(String(80))
    withdrawn: Mapped[bool] = mapped_column(Boolean(name="withdrawn"))
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class ContentReview(Base):
    """A clinical review of one version, as an administrator recorded it."""

    __tablename__ = "content_reviews"
    __table_args__ = (UniqueConstraint("module", "version", "reviewer"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    module: Mapped[str] = mapped_column(String(80))
    version: Mapped[str] = mapped_column(String(20))
    content_digest: Mapped[str] = mapped_column(String(64))
    reviewer: Mapped[str] = mapped_column(String(160))
    reviewer_role: Mapped[str] = mapped_column(String(160))
    reviewed_on: Mapped[date] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, default="")
    recorded_by: Mapped[int | None] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
