"""What an administrator changes of somebody's account: their role, their address, their sign-ins."""

import secrets

from sqlalchemy.exc import IntegrityError

from elearn.accounts import queries
from elearn.accounts.actions import EmailTaken, end_all_sign_ins
from elearn.accounts.models import Person
from elearn.accounts.rules import EmailReason, Viewer, why_not_without
from elearn.audit import actions as audit
from elearn.extensions import db
from elearn.shared import signals


class LastAdministrator(ValueError):
    """There would be no administrator left who can sign in; the message says what to do."""


class MayNotAppoint(ValueError):
    """Somebody who cannot be made an administrator; the message says why."""


def change_role(administrator: Viewer, public_id: str, *, to_administrator: bool) -> Person:
    """Make somebody an administrator, or one no longer; twice changes nothing.

    Raises NotFound, LastAdministrator, and MayNotAppoint for whoever has not shown that the address is theirs: anybody can
    register with the address of somebody who is expected.

    The administrators are locked in order before anything is decided: of two who demote each other, one remains.
    """
    administrators = queries.list_active_administrators_to_change()
    person = queries.get_person_to_change(administrator, public_id)
    if person.administrator == to_administrator:
        return person
    _still_administers(administrator, administrators)
    if not to_administrator and (reason := why_not_without(person.id, administrators)):
        raise LastAdministrator(reason)
    if to_administrator and not (person.active and person.confirmed_at is not None):
        raise MayNotAppoint("Only somebody who can sign in and has confirmed their address can be an administrator")
    person.administrator = to_administrator
    db.session.flush()
    kind = "administrator appointed" if to_administrator else "administrator dismissed"
    audit.record(kind, f"person:{person.id}", administrator.id)
    return person


def change_email(administrator: Viewer, public_id: str, email: str, reason: EmailReason) -> tuple[Person, str]:
    """Give somebody another address, not confirmed yet, and end their sign-ins; gives the person and the old address.

    What Flask-Security has vouched for by the old address, such as a link in a mailbox that somebody else may read by
    now, ends as well. Raises NotFound, EmailTaken; the same address changes nothing.
    """
    person = queries.get_person_to_change(administrator, public_id)
    old, new = person.email, email.strip().lower()
    if new == old:
        return person, old
    if queries.find_person_by_email(new) is not None:
        raise EmailTaken(new)
    person.email = new
    person.confirmed_at = None
    person.fs_uniquifier = secrets.token_hex(16)
    try:
        db.session.flush()
    except IntegrityError as taken:  # somebody else was quicker
        raise EmailTaken(new) from taken
    ended = end_all_sign_ins(person.id)
    audit.record("e-mail changed", f"person:{person.id}", administrator.id, reason=reason.value, sign_ins_ended=ended)
    signals.email_changed.send("accounts", person_id=person.id, old=old, new=new)
    return person, old


def sign_out_everywhere(administrator: Viewer, public_id: str) -> Person:
    """End all of somebody's sign-ins. Raises NotFound."""
    person = queries.get_person_to_change(administrator, public_id)
    ended = end_all_sign_ins(person.id)
    audit.record("signed out everywhere", f"person:{person.id}", administrator.id, sign_ins_ended=ended)
    return person


def _still_administers(administrator: Viewer, administrators: list[int]) -> None:
    """Whoever was demoted or suspended while they waited for the lock decides nothing any more. Raises LastAdministrator."""
    if administrator.id not in administrators:
        raise LastAdministrator("You are not an administrator any more. Reload the page.")
