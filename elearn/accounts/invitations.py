"""Inviting people: a link by mail, 48 hours, once; what is kept of it is a hash, and nothing when it was used."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select

from elearn.accounts import queries
from elearn.accounts.actions import create_person
from elearn.accounts.models import Invitation, Person
from elearn.accounts.rules import INVITATION_KEPT, INVITATION_LASTS, Profession, Viewer, full_name, tidy
from elearn.audit import actions as audit
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.columns import unguessable_id
from elearn.shared.missing import NotFound
from elearn.shared.once import insert_once


@dataclass(frozen=True)
class Invitee:
    """Whom an administrator invites, as what, and into which cohort (its address id) as a member or an educator."""

    email: str
    given_names: str
    family_name: str
    profession: Profession
    registration_number: str = ""
    administrator: bool = False
    cohort: str = ""
    educates: bool = False

    @property
    def name(self) -> str:
        """The whole name."""
        return full_name(self.given_names, self.family_name)


@dataclass(frozen=True)
class Waiting:
    """An invitation that nobody has taken yet, as administrators list it."""

    public_id: str
    name: str
    email: str
    expires_at: datetime
    is_open: bool


@dataclass(frozen=True)
class Accepted:
    """A new account, and what the administrator who invited wanted for it."""

    person: Person
    cohort: str
    educates: bool
    invited_by: int


class HasAccount(ValueError):
    """The person has an account already: an administrator may know, and may change its role instead."""

    def __init__(self, person: Person) -> None:
        super().__init__("has an account")
        self.public_id, self.name = person.public_id, person.name


def invite(administrator: Viewer, invitee: Invitee) -> str:
    """Invite somebody and give the token for the link; an older invitation ends. Raises HasAccount, NotFound."""
    _only(administrator)
    if (person := queries.find_person_by_email(invitee.email)) is not None:
        raise HasAccount(person)
    token, values = _values(administrator, invitee)
    if not insert_once(Invitation, **values):
        row = db.session.scalars(select(Invitation).filter_by(email=values["email"]).with_for_update()).one()
        for name in values.keys() - {"public_id"}:
            setattr(row, name, values[name])
        db.session.flush()
    _note(administrator, invitee)
    return token


def invite_new(administrator: Viewer, invitee: Invitee) -> str | None:
    """Invite somebody whom no open invitation waits for; None where one does, which then stays as it is."""
    _only(administrator)
    token, values = _values(administrator, invitee)
    db.session.execute(
        delete(Invitation)
        .where(Invitation.email == values["email"], Invitation.expires_at <= clock.now())
        .execution_options(synchronize_session=False)
    )
    if not insert_once(Invitation, **values):
        return None
    _note(administrator, invitee)
    return token


def _values(administrator: Viewer, invitee: Invitee) -> tuple[str, dict[str, object]]:
    now, token = clock.now(), secrets.token_urlsafe(32)
    return token, {
        "public_id": unguessable_id(),
        "email": invitee.email.strip().lower(),
        "token_hash": queries.hashed(token),
        "given_names": tidy(invitee.given_names),
        "family_name": tidy(invitee.family_name),
        "profession": invitee.profession,
        "registration_number": tidy(invitee.registration_number),
        "administrator": invitee.administrator,
        "cohort": invitee.cohort,
        "educates": invitee.educates,
        "invited_by": administrator.id,
        "invited_at": now,
        "expires_at": now + INVITATION_LASTS,
    }


def _note(administrator: Viewer, invitee: Invitee) -> None:
    """Tell the audit trail, without the address; and let go of what nobody took for a month."""
    key = db.session.scalar(select(Invitation.id).where(Invitation.email == invitee.email.strip().lower()))
    what = {"administrator": invitee.administrator, "educator": invitee.educates, "cohort": invitee.cohort}
    audit.record("person invited", f"invitation:{key}", administrator.id, **what)
    old = delete(Invitation).where(Invitation.expires_at < clock.now() - INVITATION_KEPT)
    db.session.execute(old.execution_options(synchronize_session=False))


def withdraw(administrator: Viewer, public_id: str) -> None:
    """Take an invitation back: its link is worth nothing any more. Raises NotFound."""
    _only(administrator)
    gone = db.session.scalars(
        delete(Invitation)
        .where(Invitation.public_id == public_id)
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not gone:
        raise NotFound("invitation")
    audit.record("invitation withdrawn", f"invitation:{gone[0]}", administrator.id)


def _open(token: str) -> tuple[ColumnElement[bool], ...]:
    """Whose link is good: not used, not old, and from somebody who still is an administrator (A-8)."""
    inviters = select(Person.id).where(Person.administrator.is_(True), Person.active.is_(True))
    return (
        Invitation.token_hash == queries.hashed(token),
        Invitation.expires_at > clock.now(),
        Invitation.invited_by.in_(inviters),
    )


def find_invitee(token: str) -> Invitee | None:
    """Whom this link is for; None where it is wrong, old, used or taken back, and nothing says which."""
    row = db.session.execute(
        select(
            Invitation.email,
            Invitation.given_names,
            Invitation.family_name,
            Invitation.profession,
            Invitation.registration_number,
            Invitation.administrator,
            Invitation.cohort,
            Invitation.educates,
        ).where(*_open(token))
    ).one_or_none()
    return None if row is None else Invitee(*row)


def redeem(
    token: str,
    *,
    password_hash: str,
    given_names: str,
    family_name: str,
    profession: Profession,
    registration_number: str,
) -> Accepted | None:
    """Make the account of a link, with its address confirmed; None where the link is no good. Raises EmailTaken.

    Removing the row decides who is first: the database gives it to one of those who come at once.
    """
    row = db.session.execute(
        delete(Invitation)
        .where(*_open(token))
        .returning(
            Invitation.email, Invitation.administrator, Invitation.cohort, Invitation.educates, Invitation.invited_by
        )
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return None
    person = create_person(
        email=row.email,
        password_hash=password_hash,
        given_names=given_names,
        family_name=family_name,
        profession=profession,
        registration_number=registration_number,
        administrator=row.administrator,
        confirmed_at=clock.now(),
    )
    audit.record("invitation accepted", f"person:{person.id}", person.id, invited_by=row.invited_by)
    return Accepted(person, row.cohort, row.educates, row.invited_by)


def list_waiting(administrator: Viewer) -> list[Waiting]:
    """The invitations that nobody has taken yet, newest first."""
    _only(administrator)
    rows = db.session.execute(
        select(
            Invitation.public_id,
            Invitation.given_names,
            Invitation.family_name,
            Invitation.email,
            Invitation.expires_at,
        ).order_by(Invitation.invited_at.desc(), Invitation.id.desc())
    )
    now = clock.now()
    return [
        Waiting(
            row.public_id,
            full_name(row.given_names, row.family_name),
            row.email,
            row.expires_at,
            is_open=row.expires_at > now,
        )
        for row in rows
    ]


def list_invited(administrator: Viewer, emails: Collection[str]) -> set[str]:
    """Which of these addresses an open invitation waits for."""
    _only(administrator)
    found = select(Invitation.email).where(
        func.lower(Invitation.email).in_(emails), Invitation.expires_at > clock.now()
    )
    return set(db.session.scalars(found))


def _only(administrator: Viewer) -> None:
    if not administrator.administrator:
        raise NotFound("invitations")
