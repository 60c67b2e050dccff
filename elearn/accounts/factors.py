"""Authenticator apps and recovery codes: setting up, giving, taking away, and helping whoever has lost theirs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from flask import current_app
from sqlalchemy import delete, func, select, update

from elearn.accounts import actions, one_time, queries, sign_ins
from elearn.accounts.factor_models import AuthenticatorApp, Passkey, RecoveryCode
from elearn.accounts.models import Person
from elearn.accounts.rules import Viewer
from elearn.accounts.stages import MOST_WRONG_AN_HOUR, is_required, why_not_remove
from elearn.audit import actions as audit
from elearn.extensions import db
from elearn.mail.actions import send
from elearn.shared import clock
from elearn.shared.missing import NotFound
from elearn.shared.sealing import NotOurs, seal, unseal

log = structlog.get_logger(__name__)
SECRET = "authenticator secret"  # noqa: S105 - what it is sealed for
SETTING_UP = "authenticator being set up"
SECONDS_TO_SET_UP = 3600


class WrongCode(ValueError):
    """A code that is wrong, or that was used before."""


class MustStay(ValueError):
    """A factor that cannot be taken away; the message says why."""


class Answer(StrEnum):
    """What came of a code."""

    RIGHT = "right"
    WRONG = "wrong"
    WAIT = "too many wrong ones: wait, or take another way"
    ENDED = "too many wrong ones: the sign-in has ended"
    UNREADABLE = "the app's secret was sealed with a key that we have no more: take another way"


@dataclass(frozen=True)
class PasskeyRow:
    """A passkey as its person lists it."""

    public_id: str
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class Factors:
    """What a person can sign in with besides the password."""

    app_added_at: datetime | None
    passkeys: tuple[PasskeyRow, ...]
    codes_left: int


def list_factors(viewer: Viewer) -> Factors:
    """The viewer's app, passkeys and unused recovery codes."""
    app = db.session.scalar(select(AuthenticatorApp.added_at).where(AuthenticatorApp.person_id == viewer.id))
    rows = db.session.execute(
        select(Passkey.public_id, Passkey.name, Passkey.added_at, Passkey.used_at)
        .where(Passkey.person_id == viewer.id)
        .order_by(Passkey.added_at, Passkey.id)
    )
    left = select(func.count(RecoveryCode.id)).where(
        RecoveryCode.person_id == viewer.id, RecoveryCode.used_at.is_(None)
    )
    return Factors(app, tuple(PasskeyRow(*row) for row in rows), db.session.scalar(left) or 0)


# -- the authenticator app -------------------------------------------------------------------------------------------


def begin_app(viewer: Viewer) -> str:
    """A new secret, sealed for this person; nothing is kept until a code of it comes back."""
    return seal(SETTING_UP, f"{viewer.id}:{one_time.new_secret()}")


def secret_of(viewer: Viewer, sealed: str) -> str:
    """The secret that is being set up. Raises NotOurs where it is another person's, or too old."""
    owner, _, secret = unseal(SETTING_UP, sealed, SECONDS_TO_SET_UP).partition(":")
    if owner != str(viewer.id):
        raise NotOurs(SETTING_UP)
    return secret


def add_app(viewer: Viewer, sealed: str, code: str) -> list[str]:
    """Keep the app that gave this code, in place of an earlier one; the first factor comes with recovery codes.

    Raises WrongCode, NotOurs.
    """
    secret = secret_of(viewer, sealed)
    person, before = sign_ins.lock_person(viewer.id), list_factors(viewer)
    counter = one_time.counter_of(secret, code, clock.now())
    if counter is None:
        raise WrongCode
    db.session.execute(delete(AuthenticatorApp).where(AuthenticatorApp.person_id == viewer.id))
    db.session.add(AuthenticatorApp(person_id=viewer.id, sealed_secret=seal(SECRET, secret), last_counter=counter))
    db.session.flush()
    audit.record("authenticator added", f"person:{viewer.id}", viewer.id, instead=before.app_added_at is not None)
    tell(person, "An authenticator app was added to your account")
    return first_codes(viewer, person, before)


def first_codes(viewer: Viewer, person: Person, before: Factors) -> list[str]:
    """Recovery codes for whoever has just got their first factor; none for anybody else."""
    return make_codes(viewer, person) if before.app_added_at is None and not before.passkeys else []


def check_code(viewer: Viewer, code: str) -> Answer:
    """Whether this is a code of the viewer's app that was not used before."""
    person = sign_ins.lock_person(viewer.id)
    if sign_ins.count_wrong_codes(viewer.id, clock.now() - timedelta(hours=1)) >= MOST_WRONG_AN_HOUR:
        return Answer.WAIT
    app = db.session.scalar(select(AuthenticatorApp).where(AuthenticatorApp.person_id == viewer.id).with_for_update())
    counter = None
    if app is not None:
        try:
            secret = unseal(SECRET, app.sealed_secret)
        except NotOurs:
            log.warning("an authenticator cannot be read: is its key in ELEARN_OLD_SECRET_KEYS?", app=app.id)
            return Answer.UNREADABLE
        counter = one_time.counter_of(secret, code, clock.now(), app.last_counter)
    if app is None or counter is None:
        return wrong(viewer, person)
    app.last_counter, app.sealed_secret = counter, seal(SECRET, secret)  # under the newest key
    db.session.flush()
    return Answer.RIGHT


def wrong(viewer: Viewer, person: Person) -> Answer:
    """Count a wrong code. The person is told when a sign-in ends by it, and when an hour has too many: their password is known."""
    ended = sign_ins.note_wrong(viewer)
    audit.record("second factor wrong", f"person:{viewer.id}", viewer.id)
    if not ended and sign_ins.count_wrong_codes(viewer.id, clock.now() - timedelta(hours=1)) != MOST_WRONG_AN_HOUR:
        return Answer.WRONG
    tell(person, "Somebody gave your password, and then wrong codes")
    return Answer.ENDED if ended else Answer.WRONG


def remove_app(viewer: Viewer) -> None:
    """Take the app away; twice changes nothing. Raises MustStay."""
    person, there = sign_ins.lock_person(viewer.id), list_factors(viewer)
    if there.app_added_at is None:
        return
    _may_go(viewer, there.passkeys)
    db.session.execute(delete(AuthenticatorApp).where(AuthenticatorApp.person_id == viewer.id))
    _drop_codes(person, there.passkeys)
    audit.record("authenticator removed", f"person:{viewer.id}", viewer.id)
    tell(person, "The authenticator app was removed from your account")


def remove_passkey(viewer: Viewer, public_id: str) -> None:
    """Take a passkey away. Raises NotFound, MustStay."""
    person, there = sign_ins.lock_person(viewer.id), list_factors(viewer)
    others = [key for key in there.passkeys if key.public_id != public_id]
    if len(others) == len(there.passkeys):
        raise NotFound("passkey")
    rest = [*others, *([there.app_added_at] if there.app_added_at else [])]
    _may_go(viewer, rest)
    db.session.execute(delete(Passkey).where(Passkey.person_id == viewer.id, Passkey.public_id == public_id))
    _drop_codes(person, rest)
    audit.record("passkey removed", f"person:{viewer.id}", viewer.id)
    tell(person, "A passkey was removed from your account")


def _may_go(viewer: Viewer, others: object) -> None:
    policy = current_app.extensions["elearn.settings"].second_factor_policy
    if reason := why_not_remove(is_required(viewer, policy), others):  # type: ignore[arg-type]
        raise MustStay(reason)


def _drop_codes(person: Person, rest: object) -> None:
    """Recovery codes stand for a lost factor: they go with the last one."""
    if not rest:
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))


# -- recovery codes --------------------------------------------------------------------------------------------------


def make_codes(viewer: Viewer, person: Person | None = None) -> list[str]:
    """New recovery codes in place of all earlier ones. They are shown this once."""
    person = person or sign_ins.lock_person(viewer.id)
    codes = one_time.new_recovery_codes()
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == viewer.id))
    db.session.add_all(RecoveryCode(person_id=viewer.id, code_hash=one_time.hash_of_recovery(code)) for code in codes)
    db.session.flush()
    audit.record("recovery codes made", f"person:{viewer.id}", viewer.id)
    tell(person, "Recovery codes were made for your account")
    return codes


def use_recovery_code(viewer: Viewer, code: str) -> Answer:
    """Whether this is one of the viewer's recovery codes that was not used before; it is used now."""
    person = sign_ins.lock_person(viewer.id)
    used = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == viewer.id,
            RecoveryCode.code_hash == one_time.hash_of_recovery(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        return wrong(viewer, person)
    audit.record("recovery code used", f"person:{viewer.id}", viewer.id)
    tell(person, "A recovery code was used to sign in to your account")
    return Answer.RIGHT


def check_any_code(viewer: Viewer, code: str) -> Answer:
    """Whether this is a code of the viewer's app or a recovery code: they are told apart by their length."""
    return check_code(viewer, code) if len(code) <= one_time.DIGITS else use_recovery_code(viewer, code)


# -- whoever has lost theirs -----------------------------------------------------------------------------------------


def reset_second_factor(administrator: Viewer, public_id: str) -> Person:
    """Take every factor but the password from a person who has lost theirs, and end their sign-ins.

    Raises NotFound, and MustStay for oneself: an administrator's own second step is taken away by another one.
    """
    person = queries.get_person_to_change(administrator, public_id)
    if person.id == administrator.id:
        raise MustStay("Change your own second step under “How you sign in”, or ask another administrator to reset it.")
    take_all_away(person, administrator.id)
    return person


def take_all_away(person: Person, actor_id: int | None) -> None:
    """The same, for the command that helps the last administrator."""
    for kind in (AuthenticatorApp, Passkey, RecoveryCode):
        db.session.execute(delete(kind).where(kind.person_id == person.id))
    actions.end_all_sign_ins(person.id)
    audit.record("second factor reset", f"person:{person.id}", actor_id)
    tell(person, "The second step of your sign-in was reset")


def take_away_from_strangers(person: Person) -> None:
    """Take every factor away that was set up before anybody showed that the account's address is theirs."""
    kinds = (AuthenticatorApp, Passkey)
    has_any = any(db.session.scalar(select(kind.id).where(kind.person_id == person.id).limit(1)) for kind in kinds)
    if has_any and not queries.was_ever_confirmed(person):
        take_all_away(person, None)


NOTICE = """Hello {name}

{what}, on {when}.

If this was you, or you asked for it, there is nothing to do. If not, somebody else may know your password: sign in, change it, and look at
"How you sign in" on your account page:

{link}

If you cannot sign in, write to {contact}.

{provider}
"""


def tell(person: Person, what: str) -> None:
    """Write to a person that what they sign in with has changed; a mail server that is down stops nothing."""
    settings = current_app.extensions["elearn.settings"]
    text = NOTICE.format(
        name=person.name,
        what=what,
        when=clock.time_in_words(clock.now(), settings.time_zone),
        link=settings.base_url.rstrip("/") + "/account/factors/",
        contact=settings.contact_email,
        provider=settings.provider_name,
    )
    send(person.email, what, text, person_id=person.id)
