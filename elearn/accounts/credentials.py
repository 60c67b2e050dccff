"""Changing what a person signs in with: the password and the e-mail address. Passwords arrive hashed."""

import secrets

from sqlalchemy import update

from elearn.accounts import queries
from elearn.accounts.actions import EmailTaken
from elearn.accounts.models import Person, SignIn
from elearn.audit import actions as audit
from elearn.extensions import db
from elearn.shared import clock, signals


def ask_for_link(person: Person) -> None:
    """Note that a new link was asked for: every older one dies."""
    person.links_asked += 1
    db.session.flush()


def set_password(person: Person, password_hash: str, *, kept: int | None = None) -> None:
    """Set the password and end the person's sign-ins, but for the one with the key `kept`.

    None of them is kept when it was reset by a link. Links that were sent before are worth nothing after it.
    """
    person.password = password_hash
    person.fs_uniquifier = secrets.token_hex(16)
    end_sign_ins(person.id, kept=kept)
    kind = "password reset" if kept is None else "password changed"
    audit.record(kind, f"person:{person.id}", person.id)


def end_sign_ins(person_id: int, *, kept: int | None = None) -> None:
    """End a person's sign-ins on the server, but for the one with the key `kept`."""
    now = clock.now()
    others = update(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None), SignIn.id != (kept or 0))
    db.session.execute(others.values(ended_at=now).execution_options(synchronize_session=False))
    db.session.flush()


def change_email(person: Person, email: str) -> None:
    """Change the address, which the person has just shown to be theirs. Raises EmailTaken.

    Sign-ins stay: the person is the same. Links that were sent before are worth nothing after it.
    """
    if queries.find_person_by_email(email) not in (None, person):
        raise EmailTaken(email)
    old, person.email = person.email, email
    person.confirmed_at = clock.now()
    person.links_asked += 1
    db.session.flush()
    audit.record("e-mail changed", f"person:{person.id}", person.id)
    signals.email_changed.send("accounts", person_id=person.id, old=old, new=email)
