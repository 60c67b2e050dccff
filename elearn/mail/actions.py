"""Writing letters, and recording what became of them."""

from datetime import datetime
from email.utils import make_msgid

from flask import current_app
from sqlalchemy import func, update

from elearn.audit import actions as audit
from elearn.config import Settings
from elearn.extensions import db
from elearn.jobs.actions import enqueue
from elearn.mail.models import Letter
from elearn.mail.queries import get_key, get_letter_by_address, get_letter_to_change
from elearn.mail.rules import LONGEST_ADDRESS, LONGEST_ERROR, WORDS_KEPT, LetterState, next_try, one_line
from elearn.shared import clock
from elearn.shared.columns import unguessable_id
from elearn.shared.once import insert_once
from elearn.shared.sealing import NotOurs, seal, unseal

JOB = "send letter"
USE = "letter"


class WordsGone(ValueError):
    """The words of a letter are not kept any more, so it cannot be sent once more."""


def send(recipient: str, subject: str, text: str, *, person_id: int | None = None, key: str = "") -> None:
    """Write `text` to an address, in the transaction that causes it; of one `key`, only the first time.

    Nothing is handed over here: a job does that when the transaction has committed, and goes on trying for three days.
    """
    settings: Settings = current_app.extensions["elearn.settings"]
    domain = settings.contact_email.rpartition("@")[2]
    message_id = f"<{key}@{domain}>" if key else make_msgid(domain=domain)
    written = insert_once(
        Letter,
        public_id=unguessable_id(),
        message_id=message_id,
        person_id=person_id,
        recipient=one_line(recipient, LONGEST_ADDRESS),
        subject=one_line(subject),
        sealed_text=seal(USE, text),
        state=LetterState.WAITING,
        written_at=clock.now(),
        tries=0,
        last_error="",
    )
    if written:
        _enqueue(get_key(message_id), 0, None)


def _enqueue(letter_id: int, tries: int, due_at: datetime | None) -> None:
    # The number of the try makes each job good for one: a job that is run again finds the letter further on.
    enqueue(JOB, {"letter": letter_id, "try": tries}, due_at=due_at)


def words_of(sealed_text: str) -> str:
    """What a letter says."""
    return unseal(USE, sealed_text)


def send_again(administrator_id: int, public_id: str) -> Letter:
    """Send the same words once more, as a letter of its own. Raises NotFound, WordsGone."""
    letter = get_letter_by_address(public_id)
    if not letter.sealed_text:
        raise WordsGone
    try:
        words = words_of(letter.sealed_text)
    except NotOurs as fault:  # its key is gone
        raise WordsGone from fault
    send(letter.recipient, letter.subject, words, person_id=letter.person_id)
    audit.record("mail sent again", f"letter:{letter.id}", administrator_id)
    return letter


def record_sent(letter_id: int) -> None:
    """The server, or the folder, has it."""
    letter = get_letter_to_change(letter_id)
    letter.state, letter.ended_at, letter.last_error = LetterState.SENT, clock.now(), ""
    letter.tries += 1
    db.session.flush()


def record_ended(letter_id: int, state: LetterState, why: str) -> None:
    """It will not be tried again. A letter that has gone meanwhile stays as it is."""
    letter = get_letter_to_change(letter_id)
    if letter.state is not LetterState.WAITING:
        return
    letter.state, letter.ended_at, letter.last_error = state, clock.now(), one_line(why, LONGEST_ERROR)
    letter.tries += 1
    db.session.flush()


def record_failed_try(letter_id: int, why: str) -> LetterState:
    """Try it again later, or give it up after three days; gives the letter's state."""
    letter = get_letter_to_change(letter_id)
    if letter.state is not LetterState.WAITING:
        return letter.state
    letter.tries += 1
    letter.last_error = one_line(why, LONGEST_ERROR)
    then = next_try(letter.tries, letter.written_at, clock.now())
    if then.given_up:
        letter.state, letter.ended_at = LetterState.REFUSED, clock.now()
    db.session.flush()
    if not then.given_up:
        _enqueue(letter.id, letter.tries, then.at)
    return letter.state


def forget_words() -> None:
    """Let go of the words of letters that were ended a week ago."""
    old = update(Letter).where(Letter.ended_at < clock.now() - WORDS_KEPT, Letter.sealed_text != "")
    db.session.execute(old.values(sealed_text="").execution_options(synchronize_session=False))


def give_to(person_id: int, address: str) -> None:
    """Letters to an address that was nobody's, as an invitation, are its person's now, whatever their address will be."""
    db.session.execute(
        update(Letter)
        .where(func.lower(Letter.recipient) == address.lower(), Letter.person_id.is_(None))
        .values(person_id=person_id)
    )
