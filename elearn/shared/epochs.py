"""What each process keeps in memory, and has to read again when somebody changes it: every change moves a number on.

The number comes with the viewer, in the statement that finds them, so that a change holds from the next request on, in every
process, and no page costs a statement more.
"""

from typing import Any

from sqlalchemy import ScalarSelect, String, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from elearn.extensions import Base, db
from elearn.shared.once import insert_once


class Epoch(Base):
    """How often one kind of thing has changed."""

    __tablename__ = "epochs"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int]


def epoch_of(name: str) -> ScalarSelect[Any]:
    """The number of a kind, as a part of another statement: 0 while nothing has changed yet."""
    return select(func.coalesce(func.max(Epoch.number), 0)).where(Epoch.name == name).scalar_subquery()


def move_on(name: str) -> None:
    """Note a change, in the transaction that makes it."""
    if not insert_once(Epoch, name=name, number=1):
        db.session.execute(update(Epoch).where(Epoch.name == name).values(number=Epoch.number + 1))
