"""Reflections, which belong to a person; evaluations, which do not; and problems that people reported."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from elearn.extensions import Base
from elearn.learning.rules import ProblemKind, ProblemState
from elearn.shared import clock
from elearn.shared.columns import UTCDateTime, random_key, text_enum, unguessable_id


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


class ProblemReport(Base):
    """What somebody found wrong with a question or a lesson, with the version and what they saw (`seen`; never a key).

    Educators read it without its person, who reads the state and the answer.
    """

    __tablename__ = "problem_reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=unguessable_id)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    module: Mapped[str] = mapped_column(String(80))
    module_version: Mapped[str] = mapped_column(String(20))
    kind: Mapped[ProblemKind] = mapped_column(text_enum(ProblemKind))
    item_id: Mapped[str] = mapped_column(String(80), default="")
    item_digest: Mapped[str] = mapped_column(String(64), default="")
    lesson: Mapped[str] = mapped_column(String(80), default="")
    seen: Mapped[dict[str, Any]] = mapped_column(JSON)
    words: Mapped[str] = mapped_column(Text)
    state: Mapped[ProblemState] = mapped_column(text_enum(ProblemState), default=ProblemState.NEW, index=True)
    answer: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    changed_by: Mapped[int | None] = mapped_column(BigInteger)
