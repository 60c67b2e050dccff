"""Reflections, which belong to a person, and evaluations, which do not."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from elearn.extensions import Base
from elearn.shared import clock
from elearn.shared.columns import UTCDateTime, random_key


class Reflection(Base):
    """What a learner made of the module (prompts of fact CP-11); only the learner reads it."""

    __tablename__ = "reflections"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), primary_key=True)
    learned: Mapped[str] = mapped_column(Text)
    will_change: Mapped[str] = mapped_column(Text)
    effect_on_patients: Mapped[str] = mapped_column(Text)
    next_step: Mapped[str] = mapped_column(Text, default="")
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class Evaluation(Base):
    """What somebody thought of the module, stored without the person.

    The key is random and only the month is kept, so that neither order nor time leads back to who wrote it. On SQLite
    the key must be the row's own id (INTEGER), which would otherwise be a hidden number in the order of writing.
    """

    __tablename__ = "evaluations"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False, default=random_key
    )
    module: Mapped[str] = mapped_column(String(80), index=True)
    module_version: Mapped[str] = mapped_column(String(20))
    month: Mapped[str] = mapped_column(String(7))
    useful: Mapped[int]
    balanced: Mapped[str] = mapped_column(String(20))
    bias_seen: Mapped[str] = mapped_column(Text, default="")
    right_level: Mapped[str] = mapped_column(String(20))
    comment: Mapped[str] = mapped_column(Text, default="")
