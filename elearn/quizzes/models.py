"""Item versions, attempts, answers and the events that made them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from elearn.extensions import Base
from elearn.shared import clock
from elearn.shared.columns import UTCDateTime, text_enum, unguessable_id


class AttemptState(StrEnum):
    """An attempt is open until it is submitted."""

    OPEN = "open"
    SUBMITTED = "submitted"


class ItemVersion(Base):
    """The immutable content of an item, kept from the first paper that used it."""

    __tablename__ = "item_versions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(80), index=True)
    module: Mapped[str] = mapped_column(String(80))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    first_used_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class Attempt(Base):
    """One sitting of a quiz, with its paper."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "quiz", "number"),
        Index(
            "uq_attempts_one_open",
            "enrolment_id",
            "quiz",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=unguessable_id)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"))
    quiz: Mapped[str] = mapped_column(String(80))
    number: Mapped[int]
    state: Mapped[AttemptState] = mapped_column(text_enum(AttemptState), default=AttemptState.OPEN)
    paper: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    rules: Mapped[dict[str, Any]] = mapped_column(JSON)
    started_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    submitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    points: Mapped[int | None]
    possible: Mapped[int]
    passed: Mapped[bool | None]


class Answer(Base):
    """The answer that stands now at one position of a paper."""

    __tablename__ = "answers"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    response: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    sequence: Mapped[int]
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ResponseEvent(Base):
    """Each answer that was ever saved, in order; never changed."""

    __tablename__ = "response_events"
    __table_args__ = (UniqueConstraint("attempt_id", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"))
    sequence: Mapped[int]
    position: Mapped[int]
    item_digest: Mapped[str] = mapped_column(String(64))
    response: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
