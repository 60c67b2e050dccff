"""Erasing people: their identity goes everywhere, in one transaction for the rows; files and freed space by a job."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, select

from elearn.accounts import queries
from elearn.accounts.erasing_rules import Ground, WhyErased
from elearn.accounts.models import Merge, Person
from elearn.accounts.own_data import subject_of
from elearn.accounts.rights_models import Erasure, ErasureRefusal
from elearn.accounts.rules import LAST_ADMINISTRATOR, Viewer, why_not_without
from elearn.audit import actions as audit
from elearn.extensions import db
from elearn.jobs.actions import enqueue
from elearn.shared import clock
from elearn.shared.missing import NotFound
from elearn.shared.personal import Emptied, Goes, register

JOB = "clean after erasure"
LATE = timedelta(days=2)
MERGED = "This account was emptied into another one. Erase that one: this goes with it."


class MayNotErase(ValueError):
    """The account cannot be erased now; the message says why."""


class IsRefused(MayNotErase):
    """An administrator has refused the erasure; `ground` says on which ground."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(f"The erasure is refused: {ground.words}.")
        self.ground = ground


def why_not_erase(person: Person) -> str:
    """Why an account cannot be erased now, or nothing where it can; for pages that ask first."""
    try:
        _check(person, queries.list_active_administrators())
    except MayNotErase as reason:
        return str(reason)
    return ""


def find_refusal(person_id: int) -> ErasureRefusal | None:
    """The refusal that holds an account, where there is one."""
    found = select(ErasureRefusal).where(ErasureRefusal.person_id == person_id, ErasureRefusal.lifted_at.is_(None))
    return db.session.scalars(found.order_by(ErasureRefusal.id)).first()


def is_erased(public_id: str) -> bool:
    """Whether the account with this address id was erased."""
    return db.session.scalar(select(Erasure.id).where(Erasure.person_public_id == public_id)) is not None


def erase_own(viewer: Viewer) -> None:
    """Erase the viewer's own account. Raises MayNotErase, NotFound."""
    administrators = queries.list_active_administrators_to_change()
    person = queries.get_own_to_change(viewer)
    _check(person, administrators)
    _erase(person, WhyErased.OWN, viewer.id)
    enqueue(JOB, {})


def erase_other(administrator: Viewer, public_id: str, why: WhyErased) -> None:
    """Erase somebody's account; a second time changes nothing. Raises MayNotErase, NotFound."""
    administrators = queries.list_active_administrators_to_change()
    person = queries.get_person_to_change(administrator, public_id, closed=True)
    if is_erased(public_id):
        return
    _check(person, administrators)
    _erase(person, why, administrator.id)
    enqueue(JOB, {})


def erase_by_time(person_id: int, conditions: Sequence[ColumnElement[bool]]) -> bool:
    """Erase an account that was kept long enough; false where it may not be erased. The caller asks for the cleaning.

    The conditions are looked at once more behind the lock: the person may have come back since the account was found.
    """
    administrators = queries.list_active_administrators_to_change()
    person = db.session.scalar(select(Person).where(Person.id == person_id).with_for_update())
    if db.session.scalar(select(Person.id).where(Person.id == person_id, *conditions)) is None:
        return False
    if person is None or is_erased(person.public_id):
        return False
    try:
        _check(person, administrators)
    except MayNotErase:
        return False
    _erase(person, WhyErased.TIME, None)
    return True


def erase_again(public_ids: Mapping[str, object]) -> int:
    """Erase whom a restored backup has brought back, by the list that was kept beside it; gives how many there were."""
    found = db.session.scalars(
        select(Person).where(Person.public_id.in_(public_ids)).order_by(Person.id).with_for_update()
    )
    back = []
    for person in found:
        if not is_erased(person.public_id):  # nor with the account that it was emptied into, a moment ago
            _erase(person, WhyErased.AGAIN, None)
            back.append(person)
    if back:
        enqueue(JOB, {})
    return len(back)


def sweep_late() -> int:
    """Erase once more what requests that were under way have written for those who were erased lately; gives the rows."""
    lately = select(Erasure.person_public_id).where(Erasure.at > clock.now() - LATE)
    rows = 0
    for person in db.session.scalars(select(Person).where(Person.public_id.in_(lately)).order_by(Person.id)).all():
        subject = subject_of(person)
        for holding in register().children_first():
            if isinstance(holding.erase, (Goes, Emptied)):
                rows += holding.erase(holding, subject)
    return rows


def refuse(administrator: Viewer, public_id: str, ground: Ground) -> Person:
    """Keep an account from being erased, by anybody, and record why. The caller tells the person. Raises NotFound."""
    person = queries.get_person_to_change(administrator, public_id, closed=True)
    if is_erased(public_id):
        raise MayNotErase("This account is erased already.")
    if (held := find_refusal(person.id)) is not None:
        raise IsRefused(held.ground)
    db.session.add(ErasureRefusal(person_id=person.id, ground=ground, refused_by=administrator.id, at=clock.now()))
    db.session.flush()
    audit.record("erasure refused", f"person:{person.id}", administrator.id, ground=ground.value)
    return person


def lift_refusal(administrator: Viewer, public_id: str) -> Person:
    """Let an account be erased again. Raises NotFound where nothing holds it."""
    person = queries.get_person_to_change(administrator, public_id, closed=True)
    held = find_refusal(person.id)
    if held is None:
        raise NotFound("refusal")
    held.lifted_at = clock.now()
    db.session.flush()
    audit.record("refusal lifted", f"person:{person.id}", administrator.id)
    return person


def list_erasures() -> list[Erasure]:
    """Every erasure, oldest first."""
    return list(db.session.scalars(select(Erasure).order_by(Erasure.id)))


def _check(person: Person, administrators: list[int]) -> None:
    if (held := find_refusal(person.id)) is not None:
        raise IsRefused(held.ground)
    if why_not_without(person.id, administrators):
        raise MayNotErase(LAST_ADMINISTRATOR)
    if db.session.get(Merge, person.id) is not None:
        raise MayNotErase(MERGED)


def _erase(person: Person, why: WhyErased, actor_id: int | None) -> None:
    """Ask every table's handler, those that refer to others first, and keep that it was done."""
    subject = subject_of(person)
    done = {holding.table: holding.erase(holding, subject) for holding in register().children_first()}
    # A restored backup may be older than a merge: the accounts that were emptied into this one are erased again, too.
    ids = db.session.scalars(select(Person.public_id).where(Person.id.in_(subject.ids)).order_by(Person.id)).all()
    new = [public_id for public_id in ids if not is_erased(public_id)]
    db.session.add_all(Erasure(person_public_id=public_id, why=why, at=clock.now()) for public_id in new)
    db.session.flush()
    changed = {table: rows for table, rows in done.items() if rows}
    audit.record("person erased", f"person:{person.id}", actor_id, why=why.value, **changed)
