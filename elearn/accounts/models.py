"""People and their sign-ins."""

from datetime import datetime
from typing import Any

from flask_security.core import UserMixin
from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from elearn.accounts.limits import Way
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
    links_asked: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    last_signed_in_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def roles(self) -> list[Any]:  # type: ignore[override]
        """Flask-Security asks for roles; reach comes from `administrator` and from rows about cohorts instead."""
        return []

    @property
    def name(self) -> str:
        """The name as it is shown and printed."""
        return full_name(self.given_names, self.family_name)


class Guess(Base):
    """One try of a password, a code or a link that has not succeeded, or a letter; keyed hashes only, and for a day."""

    __tablename__ = "guesses"
    __table_args__ = (Index("ix_guesses_account", "account", "device"), Index("ix_guesses_network_at", "network", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(64), default="")
    network: Mapped[str] = mapped_column(String(64))
    way: Mapped[Way] = mapped_column(text_enum(Way))
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


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


class Invitation(Base):
    """Somebody who is invited and has no account yet; taking it removes the row, so it works once.

    One for each address: a newer one takes the older one's place. `cohort` is the address id of a cohort to join or,
    where `educates`, to teach: a word and not a key, because cohorts lie above accounts.
    """

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=unguessable_id)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    given_names: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    family_name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    profession: Mapped[Profession] = mapped_column(text_enum(Profession))
    registration_number: Mapped[str] = mapped_column(String(LONGEST_REGISTRATION), default="")
    administrator: Mapped[bool] = mapped_column(Boolean(name="administrator"), default=False)
    cohort: Mapped[str] = mapped_column(String(32), default="")
    educates: Mapped[bool] = mapped_column(Boolean(name="educates"), default=False)
    invited_by: Mapped[int] = mapped_column(BigInteger)
    invited_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Merge(Base):
    """An account that was emptied into another one of the same person."""

    __tablename__ = "merges"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    into_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    merged_by: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
