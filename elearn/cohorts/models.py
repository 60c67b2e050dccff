"""Cohorts, who learns in them, who teaches them, who is expected."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from elearn.extensions import Base
from elearn.shared import clock
from elearn.shared.columns import UTCDateTime, unguessable_id


class Cohort(Base):
    """A group that learns one module together."""

    __tablename__ = "cohorts"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=unguessable_id)
    name: Mapped[str] = mapped_column(String(120))
    module: Mapped[str] = mapped_column(String(80))
    join_code: Mapped[str] = mapped_column(String(12), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class Membership(Base):
    """A learner in a cohort; leaving ends it, joining again begins it anew."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("cohort_id", "person_id"), Index("ix_memberships_person_id", "person_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    joined_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class Teaching(Base):
    """An educator's reach over one cohort."""

    __tablename__ = "teachings"
    __table_args__ = (UniqueConstraint("cohort_id", "person_id"), Index("ix_teachings_person_id", "person_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    given_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class RosterEntry(Base):
    """Somebody who is expected in a cohort, by e-mail, whether or not they have joined."""

    __tablename__ = "roster_entries"
    __table_args__ = (UniqueConstraint("cohort_id", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id"))
    email: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(160), default="")
    added_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
