"""Emptying the outbox."""

import smtplib
from collections.abc import Callable, Mapping

import structlog
from flask import Flask, current_app

from elearn.config import Settings
from elearn.jobs.rules import Handler, Work
from elearn.mail import actions, delivery
from elearn.mail.queries import find_to_send, list_keys
from elearn.mail.rules import LetterState
from elearn.shared.sealing import NotOurs
from elearn.shared.transactions import writing

log = structlog.get_logger(__name__)
EXTENSION = "elearn.mail.may_receive"
SUSPENDED = "The person is suspended"


def init_app(app: Flask, may_receive: Callable[[str], bool]) -> None:
    """Ask `may_receive` of each address, just before a letter goes: who is suspended gets none (trust.md A-8)."""
    app.extensions[EXTENSION] = may_receive


def send_letter(work: Work) -> Mapping[str, str]:
    """Hand one letter over, once; what could not be handed over is a job of its own for later."""
    settings: Settings = current_app.extensions["elearn.settings"]
    letter = find_to_send(int(work.detail["letter"]))  # None: its person was erased meanwhile
    if letter is None or letter.state is not LetterState.WAITING or letter.tries != work.detail["try"]:
        return {"letter": "done before"}
    if not current_app.extensions[EXTENSION](letter.recipient):
        return _ended(letter.id, LetterState.WITHHELD, SUSPENDED)
    try:
        delivery.deliver(settings, letter, actions.words_of(letter.sealed_text))
    except delivery.Refused as refused:
        return _ended(letter.id, LetterState.REFUSED, str(refused))
    except NotOurs:
        return _ended(letter.id, LetterState.REFUSED, "Its words cannot be read: the secret key has changed")
    except (OSError, smtplib.SMTPException) as fault:
        log.warning("letter not handed over", letter=letter.id, tries=letter.tries + 1, error=type(fault).__name__)
        with writing():
            return {"letter": actions.record_failed_try(letter.id, f"{type(fault).__name__}: {fault}")}
    with writing():
        actions.record_sent(letter.id)
    return {"letter": LetterState.SENT}


def _ended(letter_id: int, state: LetterState, why: str) -> Mapping[str, str]:
    with writing():
        actions.record_ended(letter_id, state, why)
    return {"letter": state}


def sweep_files() -> None:
    """Delete the files of letters whose rows are gone, because their person is erased or they were kept long enough."""
    settings: Settings = current_app.extensions["elearn.settings"]
    files = delivery.list_files(settings)
    there = list_keys(files.keys())
    for key, path in files.items():
        if key not in there:
            path.unlink(missing_ok=True)


def forget_words() -> None:
    """Let go of the words of old letters."""
    with writing():
        actions.forget_words()


HANDLERS: Mapping[str, Handler] = {actions.JOB: send_letter}
CHORES = (forget_words,)
