"""The outbox."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from elearn.extensions import Base
from elearn.mail.rules import LONGEST_ADDRESS, LONGEST_SUBJECT, LetterState
from elearn.shared import clock
from elearn.shared.columns import UTCDateTime, text_enum, unguessable_id


class Letter(Base):
    """One letter to one address. Its words are sealed, because they may hold a link that signs somebody in."""

    __tablename__ = "letters"
    __table_args__ = (Index("ix_letters_written_at", "written_at"), Index("ix_letters_person_id", "person_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=unguessable_id)
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    person_id: Mapped[int | None] = mapped_column(BigInteger)
    recipient: Mapped[str] = mapped_column(String(LONGEST_ADDRESS))
    subject: Mapped[str] = mapped_column(String(LONGEST_SUBJECT))
    sealed_text: Mapped[str] = mapped_column(Text)
    state: Mapped[LetterState] = mapped_column(text_enum(LetterState), default=LetterState.WAITING)
    written_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
