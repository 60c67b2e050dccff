"""Complaints, from anybody."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from elearn.extensions import Base
from elearn.shared import clock
from elearn.shared.columns import UTCDateTime, text_enum, unguessable_id
from elearn.site.rules import LONGEST_COMPLAINER, About


class Complaint(Base):
    """What somebody complains of. Who signs in is known; anybody else may give a name and an address, or neither."""

    __tablename__ = "complaints"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=unguessable_id)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    about: Mapped[About] = mapped_column(text_enum(About))
    name: Mapped[str] = mapped_column(String(LONGEST_COMPLAINER), default="")
    email: Mapped[str] = mapped_column(String(255), default="")
    words: Mapped[str] = mapped_column(Text)
    network: Mapped[str] = mapped_column(String(64), default="")
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now, index=True)
    outcome: Mapped[str] = mapped_column(Text, default="")
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_by: Mapped[int | None] = mapped_column(BigInteger)
