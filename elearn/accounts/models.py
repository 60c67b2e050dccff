"""People and their sign-ins."""

from datetime import datetime
from typing import Any

from flask_security.core import UserMixin
from sqlalchemy import Boolean, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from elearn.accounts.rules import LONGEST_NAME, LONGEST_REGISTRATION, Profession, full_name
from elearn.extensions import Base
from elearn.shared import clock
from elearn.shared.columns import UTCDateTime, text_enum, unguessable_id


class Person(Base, UserMixin):
    """Anyone with an account. `fs_uniquifier` is Flask-Security's: changing it ends everything it vouches for."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=unguessable_id)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    password: Mapped[str] = mapped_column(String(255))
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    active: Mapped[bool] = mapped_column(Boolean(name="active"), default=True)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    given_names: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    family_name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    profession: Mapped[Profession] = mapped_column(text_enum(Profession))
    registration_number: Mapped[str] = mapped_column(String(LONGEST_REGISTRATION), default="")
    administrator: Mapped[bool] = mapped_column(Boolean(name="administrator"), default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)

    @property
    def roles(self) -> list[Any]:  # type: ignore[override]
        """Flask-Security asks for roles; reach comes from `administrator` and from rows about cohorts instead."""
        return []

    @property
    def name(self) -> str:
        """The name as it is shown and printed."""
        return full_name(self.given_names, self.family_name)


class SignIn(Base):
    """One session on one device; the token's hash, so that a copy of the database signs nobody in.

    `proven_at` is when a second factor was given, `seen_at` when it was last used, to the hour.
    """

    __tablename__ = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_person_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    started_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=unguessable_id)
    device: Mapped[str] = mapped_column(String(60), default="")
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    proven_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    wrong_codes: Mapped[int] = mapped_column(default=0)
