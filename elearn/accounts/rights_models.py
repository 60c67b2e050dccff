"""What is kept about erasing people: that it was done, or that it was refused and why."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from elearn.accounts.erasing_rules import Ground, WhyErased
from elearn.extensions import Base
from elearn.shared import clock
from elearn.shared.columns import UTCDateTime, text_enum


class Erasure(Base):
    """That an account was erased: its address id and the moment, never changed, so that a restored backup can follow.

    The address id is random and was never shown to others; the row's own key could be another person's after a restore.
    """

    __tablename__ = "erasures"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_public_id: Mapped[str] = mapped_column(String(32), unique=True)
    why: Mapped[WhyErased] = mapped_column(text_enum(WhyErased))
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class ErasureRefusal(Base):
    """That an account must not be erased for now, and on which ground; until it is lifted, nobody erases it."""

    __tablename__ = "erasure_refusals"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    ground: Mapped[Ground] = mapped_column(text_enum(Ground))
    refused_by: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    lifted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
