"""Reading people and sign-ins."""

import hashlib
from collections.abc import Collection

from sqlalchemy import and_, bindparam, func, or_, select

from elearn.accounts.erasing_rules import ERASED
from elearn.accounts.factor_models import has_factor, teaches
from elearn.accounts.models import Merge, Person, SignIn
from elearn.accounts.rules import Viewer, full_name, sign_in_is_live
from elearn.audit.queries import happened_to
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.epochs import epoch_of
from elearn.shared.matching import contain
from elearn.shared.missing import NotFound
from elearn.shared.statements import Read

CONFIRMING = ("e-mail confirmed", "invitation accepted", "e-mail changed")
"""Events after which an account is somebody's, whether or not its present address is confirmed."""
SEARCHED = (Person.given_names, Person.family_name, Person.email)
"""What people are searched by."""
VIEWER = Read(
    select(
        Person.id,
        Person.public_id,
        Person.email,
        Person.given_names,
        Person.family_name,
        Person.profession,
        Person.registration_number,
        Person.administrator,
        Person.confirmed_at,
        SignIn.id.label("sign_in_id"),
        SignIn.started_at,
        SignIn.ended_at,
        SignIn.seen_at,
        SignIn.proven_at,
        or_(Person.administrator, teaches(Person.id)).label("staff"),
        has_factor(Person.id).label("has_factor"),
        epoch_of("content").label("content_epoch"),
    )
    .join(Person, Person.id == SignIn.person_id)
    .where(Person.active.is_(True), SignIn.token_hash == bindparam("token_hash"))
)


def hashed(token: str) -> str:
    """What is kept of a session's random id."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_viewer(token: str) -> Viewer | None:
    """The person behind a live sign-in, in one statement; None for an ended, old or unknown one, or a suspended person."""
    row = next(iter(VIEWER(token_hash=hashed(token))), None)
    if row is None or not sign_in_is_live(row.started_at, row.ended_at, clock.now()):
        return None
    return Viewer(
        id=row.id,
        public_id=row.public_id,
        email=row.email,
        given_names=row.given_names,
        family_name=row.family_name,
        profession=row.profession,
        registration_number=row.registration_number,
        administrator=row.administrator,
        confirmed=row.confirmed_at is not None,
        sign_in_id=row.sign_in_id,
        content_epoch=row.content_epoch,
        staff=bool(row.staff),
        has_factor=bool(row.has_factor),
        proven=row.proven_at is not None,
        signed_in_at=row.started_at,
        seen_at=row.seen_at,
    )


def viewer_of(person: Person) -> Viewer:
    """A person as queries and actions take them, where nobody has signed in: in commands and tests."""
    return Viewer(
        id=person.id,
        public_id=person.public_id,
        email=person.email,
        given_names=person.given_names,
        family_name=person.family_name,
        profession=person.profession,
        registration_number=person.registration_number,
        administrator=person.administrator,
        confirmed=person.confirmed_at is not None,
        sign_in_id=0,
    )


def find_live_sign_in(token: str) -> SignIn | None:
    """The sign-in of this token that nobody has ended yet."""
    return db.session.scalar(select(SignIn).where(SignIn.token_hash == hashed(token), SignIn.ended_at.is_(None)))


def find_person_by_email(email: str) -> Person | None:
    """The person with this address, whatever its capitals."""
    return db.session.scalar(select(Person).where(func.lower(Person.email) == email.strip().lower()))


def may_receive_mail(email: str, person_id: int | None) -> bool:
    """Whether a letter about this person may go to this address: to any but a suspended person's (trust.md A-8).

    A letter to the old address of somebody who is suspended is caught by whom it is about.
    """
    known = select(Person.active).where(or_(func.lower(Person.email) == email.strip().lower(), Person.id == person_id))
    return all(db.session.scalars(known))


def get_person(person_id: int) -> Person:
    """A person by key. Raises NotFound."""
    person = db.session.get(Person, person_id)
    if person is None:
        raise NotFound("person")
    return person


def find_person_behind(public_id: str, *, to_change: bool = False) -> Person | None:
    """The person whom a signed link names, unless they are suspended; locked until the transaction ends if told so."""
    found = select(Person).where(Person.public_id == public_id, Person.active.is_(True))
    return db.session.scalar(found.with_for_update() if to_change else found)


def was_ever_confirmed(person: Person) -> bool:
    """Whether anybody has ever shown that the account's address is theirs, this one or an earlier one."""
    return person.confirmed_at is not None or bool(
        db.session.scalar(select(Person.id).where(Person.id == person.id, happened_to(Person.id, *CONFIRMING)))
    )


def get_own_to_change(viewer: Viewer) -> Person:
    """The viewer's own row, locked until the transaction ends. Raises NotFound."""
    person = find_person_behind(viewer.public_id, to_change=True)
    if person is None:
        raise NotFound("person")
    return person


def count_people(administrator: Viewer) -> int:
    """How many people have an account."""
    _only(administrator)
    there = ~Person.email.endswith(ERASED)
    return db.session.scalar(select(func.count(Person.id)).where(there)) or 0


def names_of(administrator: Viewer, ids: Collection[int]) -> dict[int, str]:
    """People's names by key; those of erased people are missing."""
    _only(administrator)
    rows = db.session.execute(select(Person.id, Person.given_names, Person.family_name).where(Person.id.in_(ids)))
    return {row.id: full_name(row.given_names, row.family_name) for row in rows}


def list_ids(administrator: Viewer, words: str, limit: int) -> list[int]:
    """The keys of people, so many at most, who have these words in their names or address, or this address id."""
    _only(administrator)
    asked = select(Person.id).where(or_(and_(*contain(SEARCHED, words)), Person.public_id == words))
    return list(db.session.scalars(asked.order_by(Person.id).limit(limit)))


def get_person_by_public_id(administrator: Viewer, public_id: str) -> Person:
    """A person by address id. Raises NotFound."""
    _only(administrator)
    person = db.session.scalar(select(Person).where(Person.public_id == public_id))
    if person is None:
        raise NotFound("person")
    return person


def get_person_to_change(administrator: Viewer, public_id: str, *, closed: bool = False) -> Person:
    """A person by address id, locked until the transaction ends.

    Raises NotFound, also for accounts that are erased or were emptied into another one, unless `closed` says otherwise, and
    for whoever was an administrator when the request began and is none now.
    """
    _only(administrator)
    person = db.session.scalar(select(Person).where(Person.public_id == public_id).with_for_update())
    if person is None or not (closed or is_open(person)) or not is_active_administrator(administrator.id):
        raise NotFound("person")
    return person


def is_open(person: Person) -> bool:
    """Whether the account is neither erased nor emptied into another one."""
    return not person.email.endswith(ERASED) and db.session.get(Merge, person.id) is None


def list_active_administrators_to_change() -> list[int]:
    """The keys of the administrators who can sign in, locked in order, so that two of them cannot suspend each other."""
    return list(
        db.session.scalars(
            select(Person.id).where(Person.administrator, Person.active).order_by(Person.id).with_for_update()
        )
    )


def list_active_administrators() -> list[int]:
    """The keys of the administrators who can sign in, for a page that asks before anything is changed."""
    return list(db.session.scalars(select(Person.id).where(Person.administrator, Person.active).order_by(Person.id)))


def is_active_administrator(person_id: int) -> bool:
    """Whether this person may do now what administrators do: asked by work that began when they could (A-8)."""
    found = select(Person.id).where(Person.id == person_id, Person.administrator.is_(True), Person.active.is_(True))
    return db.session.scalar(found) is not None


def _only(administrator: Viewer) -> None:
    if not administrator.administrator:
        raise NotFound("people")


def list_people(limit: int = 500) -> list[Person]:
    """Everybody, by family name, then given names, then key."""
    return list(
        db.session.scalars(select(Person).order_by(Person.family_name, Person.given_names, Person.id).limit(limit))
    )
