"""Changing people and sign-ins."""

import secrets
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from elearn.accounts import queries
from elearn.accounts.erasing_rules import ERASED
from elearn.accounts.models import Merge, Person, SignIn
from elearn.accounts.rules import Profession, Viewer, tidy, why_not_suspend
from elearn.audit import actions as audit
from elearn.extensions import db
from elearn.shared import clock


class MayNotSuspend(ValueError):
    """The person cannot be suspended; the message says why."""


class IsMerged(ValueError):
    """The account was emptied, into another one or for ever; the message says so."""


class EmailTaken(ValueError):
    """Another person has this e-mail address."""


def create_person(
    *,
    email: str,
    password_hash: str,
    given_names: str,
    family_name: str,
    profession: Profession,
    registration_number: str = "",
    administrator: bool = False,
    confirmed_at: datetime | None = None,
) -> Person:
    """Add a person. Raises EmailTaken. The password arrives hashed: nothing is hashed inside the write lock."""
    if queries.find_person_by_email(email) is not None:
        raise EmailTaken(email)
    person = Person(
        email=email.strip().lower(),
        password=password_hash,
        fs_uniquifier=secrets.token_hex(16),
        given_names=tidy(given_names),
        family_name=tidy(family_name),
        profession=profession,
        registration_number=tidy(registration_number),
        administrator=administrator,
        confirmed_at=confirmed_at,
    )
    db.session.add(person)
    try:
        db.session.flush()
    except IntegrityError as taken:  # somebody else was quicker
        raise EmailTaken(email) from taken
    audit.record("person created", f"person:{person.id}", administrator=administrator)
    return person


def start_sign_in(person: Person, *, device: str = "", proven: bool = False) -> str:
    """Begin a session for a person and give the random token for the cookie (256 bits).

    `proven`: they came by a passkey, which is two factors in one.
    """
    token = secrets.token_urlsafe(32)
    person.last_signed_in_at = clock.now()  # sign-ins are not kept for long, and an idle account must be known as one
    db.session.flush()
    proven_at = clock.now() if proven else None
    db.session.add(SignIn(token_hash=queries.hashed(token), person_id=person.id, device=device, proven_at=proven_at))
    db.session.flush()
    audit.record("signed in", f"person:{person.id}", person.id)
    return token


def end_sign_in(token: str) -> None:
    """End a session on the server, so that its cookie is worth nothing any more; ending it twice changes nothing."""
    sign_in = queries.find_live_sign_in(token)
    if sign_in is not None:
        sign_in.ended_at = clock.now()
        db.session.flush()
        audit.record("signed out", f"person:{sign_in.person_id}", sign_in.person_id)


def end_all_sign_ins(person_id: int, *, but: int | None = None) -> int:
    """End every live sign-in of a person, but the one with this key where it is given; gives how many have ended."""
    live = update(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None))
    if but is not None:
        live = live.where(SignIn.id != but)
    db.session.flush()
    return len(db.session.scalars(live.values(ended_at=clock.now()).returning(SignIn.id)).all())


def change_details(
    person: Person, *, given_names: str, family_name: str, profession: Profession, registration_number: str
) -> None:
    """Change what a certificate will print; certificates already issued stay as they are."""
    person.given_names = tidy(given_names)
    person.family_name = tidy(family_name)
    person.profession = profession
    person.registration_number = tidy(registration_number)
    db.session.flush()
    audit.record("details changed", f"person:{person.id}", person.id)


def confirm_email(person: Person) -> None:
    """Note that the person reads the mail of their address; a second time changes nothing."""
    if person.confirmed_at is None:
        person.confirmed_at = clock.now()
        db.session.flush()
        audit.record("e-mail confirmed", f"person:{person.id}", person.id)


def suspend(administrator: Viewer, public_id: str) -> Person:
    """Keep a person out, and end their sign-ins; twice changes nothing. Raises NotFound, MayNotSuspend."""
    administrators = queries.list_active_administrators_to_change()
    person = queries.get_person_to_change(administrator, public_id)
    if not person.active:
        return person
    if reason := why_not_suspend(person.id, administrator.id, administrators):
        raise MayNotSuspend(reason)
    person.active = False
    end_all_sign_ins(person.id)
    audit.record("person suspended", f"person:{person.id}", administrator.id)
    return person


def restore(administrator: Viewer, public_id: str) -> Person:
    """Let a suspended person sign in again; twice changes nothing. Raises NotFound, IsMerged."""
    person = queries.get_person_to_change(administrator, public_id, closed=True)
    if not person.active:
        if person.email.endswith(ERASED):
            raise IsMerged("This account is erased. Nobody can sign in with it any more.")
        if db.session.get(Merge, person.id) is not None:
            raise IsMerged("This account was merged into another one. The person signs in with that one.")
        person.active = True
        db.session.flush()
        audit.record("person restored", f"person:{person.id}", administrator.id)
    return person
