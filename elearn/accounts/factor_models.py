"""What people have besides a password: an authenticator app, passkeys, recovery codes."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, ForeignKey, Index, String, Text, column, exists, or_, table
from sqlalchemy.orm import Mapped, mapped_column

from elearn.extensions import Base
from elearn.shared import clock
from elearn.shared.columns import UTCDateTime, unguessable_id

LONGEST_PASSKEY_NAME = 60


class AuthenticatorApp(Base):
    """The secret that a person's authenticator app shares with us, sealed; each of its codes counts once."""

    __tablename__ = "authenticator_apps"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), unique=True)
    sealed_secret: Mapped[str] = mapped_column(Text)
    last_counter: Mapped[int] = mapped_column(BigInteger)
    added_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class RecoveryCode(Base):
    """One way in for whoever has lost the rest: 120 random bits, of which a hash is kept; used once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index("ix_recovery_codes_person_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Passkey(Base):
    """The public half of a passkey; the other half never leaves the person's device."""

    __tablename__ = "passkeys"
    __table_args__ = (Index("ix_passkeys_person_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=unguessable_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[str] = mapped_column(Text)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(LONGEST_PASSKEY_NAME))
    added_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class SpentChallenge(Base):
    """A challenge that a passkey has answered: its answer counts once. Rows go after a day."""

    __tablename__ = "spent_challenges"

    challenge_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    spent_at: Mapped[datetime] = mapped_column(UTCDateTime)


# Who teaches is a row of `cohorts`, which lies above this feature; the table is named, not imported, so that the
# viewer's one statement can ask. tests/accounts/test_stages.py fails where it is renamed.
_TEACHINGS = table("teachings", column("person_id"))


def teaches(person_id: Any) -> ColumnElement[bool]:
    """Whether a person is an educator of any cohort, as a part of another statement."""
    return exists().where(_TEACHINGS.c.person_id == person_id)


def has_factor(person_id: Any) -> ColumnElement[bool]:
    """Whether a person has an authenticator app or a passkey, as a part of another statement."""
    owned: tuple[Column[int] | Any, ...] = (AuthenticatorApp.person_id, Passkey.person_id)
    return or_(*(exists().where(owner == person_id) for owner in owned))
