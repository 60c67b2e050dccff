"""Making cohorts, joining and leaving them, appointing educators, keeping the roster."""

import secrets
from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update

from elearn.accounts.models import Person
from elearn.accounts.queries import find_person_by_email
from elearn.accounts.rules import Viewer, tidy
from elearn.audit import actions as audit
from elearn.cohorts import queries
from elearn.cohorts.models import Cohort, Membership, RosterEntry, Teaching
from elearn.cohorts.rules import CohortView, Expected, new_join_code
from elearn.content.structure import Module
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.missing import NotFound
from elearn.shared.once import insert_once


class NotAnEducator(ValueError):
    """These addresses belong to nobody who can be appointed: no active person has confirmed them."""

    def __init__(self, emails: Sequence[str]) -> None:
        super().__init__(", ".join(emails))
        self.emails = tuple(emails)


def create_cohort(administrator: Viewer, name: str, module: Module, educators: Sequence[str]) -> str:
    """Add a cohort with these educators, by e-mail, and give its address id. Raises NotAnEducator, NotFound."""
    if not administrator.administrator:
        raise NotFound("cohort")
    people = _people_to_appoint(educators)
    cohort = Cohort(name=tidy(name), module=module.slug, join_code=new_join_code(secrets.choice))
    db.session.add(cohort)
    db.session.flush()
    audit.record("cohort created", f"cohort:{cohort.public_id}", administrator.id, module=module.slug)
    _appoint(
        administrator, CohortView(cohort.id, cohort.public_id, cohort.name, cohort.module, cohort.join_code), people
    )
    return cohort.public_id


def appoint_educators(administrator: Viewer, cohort: CohortView, emails: Sequence[str]) -> None:
    """Give people the reach of an educator over one cohort; twice changes nothing. Raises NotAnEducator, NotFound."""
    _appoint(administrator, queries.get_any(administrator, cohort.public_id), _people_to_appoint(emails))


def dismiss_educator(administrator: Viewer, cohort: CohortView, person_public_id: str) -> None:
    """Take an educator's reach over one cohort away. Raises NotFound where they do not teach it."""
    known = queries.get_any(administrator, cohort.public_id)
    teaching = db.session.scalar(
        select(Teaching)
        .join(Person, Person.id == Teaching.person_id)
        .where(Teaching.cohort_id == known.id, Person.public_id == person_public_id)
    )
    if teaching is None:
        raise NotFound("educator")
    person_id = teaching.person_id
    db.session.delete(teaching)
    db.session.flush()
    audit.record("educator dismissed", f"cohort:{known.public_id}", administrator.id, person=person_id)


def join_cohort(viewer: Viewer, code: str) -> CohortView:
    """Make the viewer a member of the code's cohort; a second time changes nothing. Raises NotFound."""
    cohort = queries.get_by_code(viewer, code)
    if insert_once(Membership, cohort_id=cohort.id, person_id=viewer.id, joined_at=clock.now()):
        audit.record("cohort joined", f"cohort:{cohort.public_id}", viewer.id)
    return cohort


def leave_cohort(viewer: Viewer, cohort: CohortView) -> None:
    """End the viewer's membership: their row goes, and with it the educators' sight of them. Raises NotFound."""
    membership = db.session.scalar(
        select(Membership).where(Membership.cohort_id == cohort.id, Membership.person_id == viewer.id).with_for_update()
    )
    if membership is None:
        raise NotFound("membership")
    db.session.delete(membership)
    db.session.flush()
    audit.record("cohort left", f"cohort:{cohort.public_id}", viewer.id)


def expect(educator: Viewer, cohort: CohortView, people: Sequence[Expected]) -> int:
    """Add people to the roster; those who are on it stay as they are. Gives how many are new. Raises NotFound."""
    _lock_taught(educator, cohort)
    there = set(db.session.scalars(select(RosterEntry.email).where(RosterEntry.cohort_id == cohort.id)))
    now = clock.now()
    new = [
        {"cohort_id": cohort.id, "email": person.email, "name": person.name, "added_at": now}
        for person in people
        if person.email not in there
    ]
    if new:
        db.session.execute(insert(RosterEntry), new)
        audit.record("roster extended", f"cohort:{cohort.public_id}", educator.id, people=len(new))
    return len(new)


def expect_no_longer(educator: Viewer, cohort: CohortView, email: str) -> None:
    """Take an address off the roster; their membership, if there is one, stays. Raises NotFound."""
    _lock_taught(educator, cohort)
    gone = db.session.scalars(
        delete(RosterEntry)
        .where(RosterEntry.cohort_id == cohort.id, RosterEntry.email == email)
        .returning(RosterEntry.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not gone:
        raise NotFound("roster entry")
    audit.record("roster shortened", f"cohort:{cohort.public_id}", educator.id, entry=gone[0])


def follow_email(_sender: object, *, person_id: int, old: str, new: str) -> None:
    """Keep the roster lines of a person's own cohorts with them when their e-mail address changes.

    Rosters of cohorts that they have not joined stay: nobody there is told the new address.
    """
    joined = select(Membership.cohort_id).where(Membership.person_id == person_id)
    has_new = select(RosterEntry.cohort_id).where(RosterEntry.email == new.lower())
    lines = (RosterEntry.email == old.lower(), RosterEntry.cohort_id.in_(joined))
    db.session.execute(
        update(RosterEntry)
        .where(*lines, RosterEntry.cohort_id.not_in(has_new))
        .values(email=new.lower())
        .execution_options(synchronize_session=False)
    )
    db.session.execute(delete(RosterEntry).where(*lines).execution_options(synchronize_session=False))


def note_export(educator: Viewer, cohort: CohortView, rows: int) -> None:
    """Note in the audit trail that an educator has taken a cohort's table away as a file."""
    audit.record("cohort exported", f"cohort:{cohort.public_id}", educator.id, rows=rows)


def _lock_taught(educator: Viewer, cohort: CohortView) -> None:
    """Hold the cohort's row until the transaction ends, so that two educators who paste at once wait for each other."""
    taught = queries.get_teaching(educator, cohort.public_id)
    db.session.execute(select(Cohort.id).where(Cohort.id == taught.id).with_for_update())


def _people_to_appoint(emails: Sequence[str]) -> list[int]:
    """The keys of the people with these addresses, which they have confirmed: an address alone proves nobody."""
    found = {email: find_person_by_email(email) for email in emails}
    missing = [
        email for email, person in found.items() if person is None or not person.active or not person.confirmed_at
    ]
    if missing:
        raise NotAnEducator(missing)
    return [person.id for person in found.values() if person is not None]


def _appoint(administrator: Viewer, cohort: CohortView, people: Sequence[int]) -> None:
    for person_id in people:
        if insert_once(Teaching, cohort_id=cohort.id, person_id=person_id, given_at=clock.now()):
            audit.record("educator appointed", f"cohort:{cohort.public_id}", administrator.id, person=person_id)
