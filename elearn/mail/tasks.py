"""Emptying the outbox."""

import smtplib
from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog
from flask import Flask, current_app

from elearn.config import Settings
from elearn.jobs.rules import Handler, Work
from elearn.mail import actions, delivery
from elearn.mail.queries import find_to_send, list_forsaken, list_keys
from elearn.mail.rules import LetterState, ToSend
from elearn.shared import clock
from elearn.shared.sealing import NotOurs
from elearn.shared.transactions import writing

log = structlog.get_logger(__name__)
EXTENSION = "elearn.mail.may_receive"
NO_SERVER = "elearn.mail.no_server"  # which server did not answer, and when
SUSPENDED = "The person is suspended"
STILL_DOWN = "The mail server could not be reached a moment ago, so it was not asked for this letter"
REST = timedelta(seconds=30)
"""So long a server that could not be reached is left alone: a worker that waited for it with each letter would keep
everybody's documents and exports waiting."""


def init_app(app: Flask, may_receive: Callable[[str, int | None], bool]) -> None:
    """Ask `may_receive` of address and person just before a letter goes: who is suspended gets none (trust.md A-8)."""
    app.extensions[EXTENSION] = may_receive


def send_letter(work: Work) -> Mapping[str, str]:
    """Hand one letter over, once; what could not be handed over is a job of its own for later."""
    settings: Settings = current_app.extensions["elearn.settings"]
    letter = find_to_send(int(work.detail["letter"]))  # None: its person was erased meanwhile
    if letter is None or letter.state is not LetterState.WAITING or letter.tries != work.detail["try"]:
        return {"letter": "done before"}
    if not current_app.extensions[EXTENSION](letter.recipient, letter.person_id):
        return _ended(letter.id, LetterState.WITHHELD, SUSPENDED)
    if _rests(settings.smtp_url):
        return _failed(letter.id, STILL_DOWN)
    return _hand_over(work, settings, letter)


def _hand_over(work: Work, settings: Settings, letter: ToSend) -> Mapping[str, str]:
    try:
        # The lease is renewed when the server is ready. Whoever has lost it meanwhile leaves the letter to the other.
        delivery.deliver(settings, letter, actions.words_of(letter.sealed_text), lambda: work.progress(0, 1))
    except delivery.Refused as refused:
        return _ended(letter.id, LetterState.REFUSED, str(refused))
    except NotOurs:
        return _ended(letter.id, LetterState.REFUSED, "Its words cannot be read: the secret key has changed")
    except (OSError, smtplib.SMTPException) as fault:
        log.warning("letter not handed over", letter=letter.id, tries=letter.tries + 1, error=type(fault).__name__)
        if isinstance(fault, delivery.NoServer):
            current_app.extensions[NO_SERVER] = (settings.smtp_url, clock.now())
        return _failed(letter.id, delivery.in_words(fault))
    with writing():
        actions.record_sent(letter.id)
    return {"letter": LetterState.SENT}


def _rests(smtp_url: str) -> bool:
    """Whether this server did not answer a moment ago."""
    url, when = current_app.extensions.get(NO_SERVER, ("", None))
    return bool(smtp_url) and url == smtp_url and when <= clock.now() < when + REST


def _failed(letter_id: int, why: str) -> Mapping[str, str]:
    with writing():
        return {"letter": actions.record_failed_try(letter_id, why)}


def _ended(letter_id: int, state: LetterState, why: str) -> Mapping[str, str]:
    with writing():
        actions.record_ended(letter_id, state, why)
    return {"letter": state}


def sweep_files() -> None:
    """Delete the files of letters whose words are kept no more, because their person is erased or they are old.

    So go the halves of letters that a worker was writing when it was ended.
    """
    settings: Settings = current_app.extensions["elearn.settings"]
    delivery.remove_halves(settings)
    files = delivery.list_files(settings)
    there = list_keys(files.keys())
    for key, path in files.items():
        if key not in there:
            path.unlink(missing_ok=True)


def forget_words() -> None:
    """Let go of the words of old letters."""
    with writing():
        actions.forget_words()


def take_up_again() -> None:
    """Count a job that was given up, as its worker died or failed time and again, as one failed try of its letter."""
    for letter_id, why in list_forsaken(actions.JOB):
        _failed(letter_id, f"The worker failed. {why}")


HANDLERS: Mapping[str, Handler] = {actions.JOB: send_letter}
CHORES = (forget_words, take_up_again)
