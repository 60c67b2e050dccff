"""One's own sign-ins: what a sign-in has proved, which there are, and ending them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from elearn.accounts import actions, queries
from elearn.accounts.models import Person, SignIn
from elearn.accounts.rules import LONGEST_SIGN_IN, Viewer
from elearn.accounts.stages import MOST_WRONG_CODES
from elearn.audit import actions as audit
from elearn.audit.queries import Selection, count_events
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.missing import NotFound


@dataclass(frozen=True)
class SignInRow:
    """A sign-in as its person lists it."""

    public_id: str
    device: str
    started_at: datetime
    seen_at: datetime
    is_this: bool
    is_whole: bool


def list_sign_ins(viewer: Viewer) -> Sequence[SignInRow]:
    """The viewer's sign-ins that are not over, this one first, then the newest."""
    rows = db.session.execute(
        select(SignIn.id, SignIn.public_id, SignIn.device, SignIn.started_at, SignIn.seen_at, SignIn.proven_at)
        .where(
            SignIn.person_id == viewer.id,
            SignIn.ended_at.is_(None),
            SignIn.started_at > clock.now() - LONGEST_SIGN_IN,
        )
        .order_by((SignIn.id == viewer.sign_in_id).desc(), SignIn.started_at.desc(), SignIn.id.desc())
    )
    return [
        SignInRow(
            public_id=row.public_id,
            device=row.device or "A browser",
            started_at=row.started_at,
            seen_at=row.seen_at or row.started_at,
            is_this=row.id == viewer.sign_in_id,
            is_whole=row.proven_at is not None or not viewer.has_factor,
        )
        for row in rows
    ]


def end_one(viewer: Viewer, public_id: str) -> None:
    """End one of the viewer's sign-ins; twice changes nothing. Raises NotFound for anybody else's."""
    sign_in = db.session.scalar(
        select(SignIn).where(SignIn.person_id == viewer.id, SignIn.public_id == public_id).with_for_update()
    )
    if sign_in is None:
        raise NotFound("sign-in")
    if sign_in.ended_at is None:
        sign_in.ended_at = clock.now()
        db.session.flush()
        audit.record("sign-in ended", f"sign-in:{sign_in.id}", viewer.id)


def end_others(viewer: Viewer) -> int:
    """Sign out everywhere else; gives how many sign-ins that ended."""
    ended = actions.end_all_sign_ins(viewer.id, but=viewer.sign_in_id)
    audit.record("signed out everywhere else", f"person:{viewer.id}", viewer.id, ended=ended)
    return ended


def prove(viewer: Viewer) -> str:
    """Note that a sign-in has given a second factor, under a new token. Raises NotFound where it has ended."""
    token = renew(viewer, proven_at=clock.now(), wrong_codes=0)
    audit.record("second factor given", f"person:{viewer.id}", viewer.id)
    return token


def renew(viewer: Viewer, **noted: object) -> str:
    """Go on under a new token, which it gives: a cookie that was kept before is worth nothing. Raises NotFound where it has ended."""
    token = secrets.token_urlsafe(32)
    changed = db.session.execute(
        update(SignIn)
        .where(SignIn.id == viewer.sign_in_id, SignIn.ended_at.is_(None))
        .values(token_hash=queries.hashed(token), **noted)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # somebody has ended it since
        raise NotFound("sign-in")
    return token


def note_wrong(viewer: Viewer) -> bool:
    """Count a wrong code or password in this sign-in; true where that has ended it. The caller tells the audit trail."""
    sign_in = db.session.scalar(select(SignIn).where(SignIn.id == viewer.sign_in_id).with_for_update())
    if sign_in is None:
        return True
    sign_in.wrong_codes += 1
    if sign_in.wrong_codes >= MOST_WRONG_CODES and sign_in.ended_at is None:
        sign_in.ended_at = clock.now()
    db.session.flush()
    return sign_in.ended_at is not None


def count_wrong_codes(person_id: int, since: datetime) -> int:
    """How many wrong codes were given for a person since then, in whichever sign-in.

    What counts is when each was given, not when its sign-in began: of these somebody may have kept very many.
    """
    return count_events(Selection(kind="second factor wrong", people=(person_id,), since=since))


def note_seen(viewer: Viewer) -> None:
    """Keep that this sign-in is in use; the caller asks only now and then."""
    db.session.execute(update(SignIn).where(SignIn.id == viewer.sign_in_id).values(seen_at=clock.now()))


def lock_person(person_id: int) -> Person:
    """A person, locked until the transaction ends: what they sign in with changes for one request at a time."""
    person = db.session.scalar(select(Person).where(Person.id == person_id).with_for_update())
    if person is None:
        raise NotFound("person")
    return person
