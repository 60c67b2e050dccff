"""Reading the outbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from elearn.extensions import db
from elearn.jobs.queries import list_given_up
from elearn.mail.models import Letter
from elearn.mail.rules import LetterState, ToSend
from elearn.shared.matching import contain
from elearn.shared.missing import NotFound
from elearn.shared.pagination import Page


@dataclass(frozen=True)
class LetterRow:
    """A letter as administrators list it."""

    public_id: str
    recipient: str
    subject: str
    state: LetterState
    written_at: datetime
    ended_at: datetime | None
    tries: int
    last_error: str
    has_words: bool


def get_key(message_id: str) -> int:
    """The key of the letter with this Message-ID. Raises NotFound."""
    key = db.session.scalar(select(Letter.id).where(Letter.message_id == message_id))
    if key is None:
        raise NotFound("letter")
    return key


def list_keys(keys: Iterable[int]) -> set[int]:
    """Those of these keys that are of letters whose words are kept."""
    return set(db.session.scalars(select(Letter.id).where(Letter.id.in_(list(keys)), Letter.sealed_text != "")))


def find_to_send(letter_id: int) -> ToSend | None:
    """A letter by key; None where it is not kept any more."""
    row = db.session.execute(
        select(
            Letter.id,
            Letter.message_id,
            Letter.person_id,
            Letter.recipient,
            Letter.subject,
            Letter.sealed_text,
            Letter.state,
            Letter.written_at,
            Letter.tries,
        ).where(Letter.id == letter_id)
    ).one_or_none()
    return None if row is None else ToSend(*row)


def list_forsaken(kind: str) -> list[tuple[int, str]]:
    """The keys of letters that wait for a job of this kind that was given up, and why it was."""
    found = select(Letter.id, Letter.tries).where(Letter.state == LetterState.WAITING)
    waiting = {(row.id, row.tries) for row in db.session.execute(found)}
    if not waiting:
        return []
    given_up = ((int(detail["letter"]), int(detail["try"]), why) for detail, why in list_given_up(kind))
    return [(letter_id, why) for letter_id, tries, why in given_up if (letter_id, tries) in waiting]


def get_letter_to_change(letter_id: int) -> Letter:
    """A letter by key, locked until the transaction ends. Raises NotFound."""
    letter = db.session.get(Letter, letter_id, with_for_update=True, populate_existing=True)
    if letter is None:
        raise NotFound("letter")
    return letter


def get_letter_by_address(public_id: str) -> Letter:
    """A letter by its address id, locked until the transaction ends. Raises NotFound."""
    letter = db.session.scalar(select(Letter).where(Letter.public_id == public_id).with_for_update())
    if letter is None:
        raise NotFound("letter")
    return letter


def _wanted(words: str, state: LetterState | None) -> list[ColumnElement[bool]]:
    wanted = contain((Letter.recipient, Letter.subject), words)
    return [*wanted, Letter.state == state] if state else list(wanted)


def count_letters(words: str = "", state: LetterState | None = None) -> int:
    """How many letters have each of these words in their address or subject, in this state."""
    return db.session.scalar(select(func.count(Letter.id)).where(*_wanted(words, state))) or 0


def list_letters_page(words: str, state: LetterState | None, page: Page) -> list[LetterRow]:
    """One page of them, newest first."""
    rows = db.session.execute(
        select(
            Letter.public_id,
            Letter.recipient,
            Letter.subject,
            Letter.state,
            Letter.written_at,
            Letter.ended_at,
            Letter.tries,
            Letter.last_error,
            (Letter.sealed_text != "").label("has_words"),
        )
        .where(*_wanted(words, state))
        .order_by(Letter.written_at.desc(), Letter.id.desc())
        .limit(page.size)
        .offset(page.offset)
    )
    return [LetterRow(*row) for row in rows]
