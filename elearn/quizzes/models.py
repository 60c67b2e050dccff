"""Item versions, attempts with their papers, the events that made the answers, accommodations, and rulings on keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from elearn.extensions import Base
from elearn.quizzes.rules import AttemptState, ClosedBy, Confidence, RulingKind
from elearn.shared import clock
from elearn.shared.columns import UTCDateTime, text_enum, unguessable_id

LONGEST_TAB = 40


class ItemVersion(Base):
    """The immutable content of an item, kept from the first paper that used it."""

    __tablename__ = "item_versions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(80), index=True)
    module: Mapped[str] = mapped_column(String(80))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    first_used_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class Attempt(Base):
    """One sitting of a quiz. `deadline` is the moment when its time ends, where it has an end."""

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
        Index(
            "ix_attempts_open_deadline",
            "deadline",
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
    rules: Mapped[dict[str, Any]] = mapped_column(JSON)
    length: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    deadline: Mapped[datetime | None] = mapped_column(UTCDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    paused_seconds: Mapped[int] = mapped_column(default=0)
    submitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_by: Mapped[ClosedBy | None] = mapped_column(text_enum(ClosedBy))
    points: Mapped[int | None]
    possible: Mapped[int]
    passed: Mapped[bool | None]


class Answer(Base):
    """One place of an attempt's paper, fixed at the start, and the answer that stands there now (sequence 0: none yet)."""

    __tablename__ = "answers"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    item_digest: Mapped[str] = mapped_column(ForeignKey("item_versions.digest"), index=True)
    item_order: Mapped[list[str]] = mapped_column(JSON)
    response: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    confidence: Mapped[Confidence | None] = mapped_column(text_enum(Confidence))
    sequence: Mapped[int] = mapped_column(default=0)
    tab: Mapped[str] = mapped_column(String(LONGEST_TAB), default="")
    tab_number: Mapped[int] = mapped_column(default=0)
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ResponseEvent(Base):
    """Each answer that was ever saved, in order; never changed. A tab's number is the key that lets it in once only."""

    __tablename__ = "response_events"
    __table_args__ = (
        UniqueConstraint("attempt_id", "sequence"),
        Index(
            "uq_response_events_once",
            "attempt_id",
            "tab",
            "tab_number",
            unique=True,
            sqlite_where=text("tab_number > 0"),
            postgresql_where=text("tab_number > 0"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"))
    sequence: Mapped[int]
    position: Mapped[int]
    item_digest: Mapped[str] = mapped_column(String(64))
    response: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    confidence: Mapped[Confidence | None] = mapped_column(text_enum(Confidence))
    tab: Mapped[str] = mapped_column(String(LONGEST_TAB), default="")
    tab_number: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Accommodation(Base):
    """What one person may have more of in every timed quiz. Nobody but the person and administrators sees it (X-2, X-12)."""

    __tablename__ = "accommodations"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    time_percent: Mapped[int | None]
    rest_breaks: Mapped[bool] = mapped_column(Boolean(name="rest_breaks"), default=False)
    set_by: Mapped[int | None] = mapped_column(BigInteger)
    set_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class Ruling(Base):
    """What was decided on one item version whose key was wrong. `key` lets a decision in once; the reason is for learners."""

    __tablename__ = "rulings"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    item_digest: Mapped[str] = mapped_column(ForeignKey("item_versions.digest"), index=True)
    kind: Mapped[RulingKind] = mapped_column(text_enum(RulingKind))
    alternative: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(Text)
    lowers: Mapped[bool] = mapped_column(Boolean(name="lowers"), default=False)
    ruled_by: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class MarkChange(Base):
    """What a ruling did to one finished attempt; never changed."""

    __tablename__ = "mark_changes"
    __table_args__ = (UniqueConstraint("attempt_id", "ruling_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ruling_id: Mapped[int] = mapped_column(ForeignKey("rulings.id"), index=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"))
    points_before: Mapped[int]
    possible_before: Mapped[int]
    passed_before: Mapped[bool] = mapped_column(Boolean(name="passed_before"))
    points_after: Mapped[int]
    possible_after: Mapped[int]
    passed_after: Mapped[bool] = mapped_column(Boolean(name="passed_after"))
