"""Reading cohorts. Every read names its viewer: what they neither learn in nor teach is not found."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Select, func, select

from elearn.accounts.models import Person
from elearn.accounts.rules import Viewer, full_name
from elearn.cohorts.models import Cohort, Membership, RosterEntry, Teaching
from elearn.cohorts.rules import CohortView, Educator, Expected, RosterLine, read_code
from elearn.extensions import db
from elearn.shared.missing import NotFound

_COHORT = select(Cohort.id, Cohort.public_id, Cohort.name, Cohort.module, Cohort.join_code)
_BY_NAME = (func.lower(Cohort.name), Cohort.id)


def _views(statement: Select[int, str, str, str, str]) -> list[CohortView]:
    return [CohortView(*row) for row in db.session.execute(statement.order_by(*_BY_NAME))]


def _get(statement: Select[int, str, str, str, str]) -> CohortView:
    row = db.session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("cohort")
    return CohortView(*row)


def list_learning(viewer: Viewer) -> list[CohortView]:
    """The cohorts that the viewer learns in."""
    return _views(_COHORT.join(Membership, Membership.cohort_id == Cohort.id).where(Membership.person_id == viewer.id))


def list_teaching(viewer: Viewer) -> list[CohortView]:
    """The cohorts that the viewer teaches."""
    return _views(_COHORT.join(Teaching, Teaching.cohort_id == Cohort.id).where(Teaching.person_id == viewer.id))


def list_all(viewer: Viewer) -> list[CohortView]:
    """Every cohort there is, for administrators, who appoint educators; nobody else is shown any."""
    return _views(_COHORT) if viewer.administrator else []


def is_educator(viewer: Viewer) -> bool:
    """Whether the viewer teaches any cohort, or administers all."""
    return viewer.administrator or bool(list_teaching(viewer))


def get_learning(viewer: Viewer, public_id: str) -> CohortView:
    """A cohort that the viewer learns in. Raises NotFound."""
    return _get(
        _COHORT.join(Membership, Membership.cohort_id == Cohort.id).where(
            Cohort.public_id == public_id, Membership.person_id == viewer.id
        )
    )


def get_teaching(viewer: Viewer, public_id: str) -> CohortView:
    """A cohort that the viewer teaches. Raises NotFound."""
    return _get(
        _COHORT.join(Teaching, Teaching.cohort_id == Cohort.id).where(
            Cohort.public_id == public_id, Teaching.person_id == viewer.id
        )
    )


def get_teaching_with_roster(viewer: Viewer, public_id: str) -> tuple[CohortView, list[Expected]]:
    """A cohort that the viewer teaches and who is expected in it, in one statement. Raises NotFound."""
    rows = db.session.execute(
        _COHORT.add_columns(RosterEntry.email, RosterEntry.name.label("expected_name"))
        .join(Teaching, Teaching.cohort_id == Cohort.id)
        .outerjoin(RosterEntry, RosterEntry.cohort_id == Cohort.id)
        .where(Cohort.public_id == public_id, Teaching.person_id == viewer.id)
        .order_by(RosterEntry.email)
    ).all()
    if not rows:
        raise NotFound("cohort")
    first = rows[0]
    cohort = CohortView(first.id, first.public_id, first.name, first.module, first.join_code)
    return cohort, [Expected(row.email, row.expected_name) for row in rows if row.email is not None]


def get_any(viewer: Viewer, public_id: str) -> CohortView:
    """Any cohort, for an administrator: its name and its educators, never its members. Raises NotFound."""
    if not viewer.administrator:
        raise NotFound("cohort")
    return _get(_COHORT.where(Cohort.public_id == public_id))


def get_by_code(_viewer: Viewer, typed: str) -> CohortView:
    """The cohort of a join code, for anybody signed in who knows it. Raises NotFound."""
    return _get(_COHORT.where(Cohort.join_code == read_code(typed)))


def find_by_address(public_id: str) -> CohortView | None:
    """A cohort by its address id, for whoever is invited into it, whoever they are."""
    row = db.session.execute(_COHORT.where(Cohort.public_id == public_id)).one_or_none()
    return None if row is None else CohortView(*row)


def is_member(viewer: Viewer, cohort: CohortView) -> bool:
    """Whether the viewer learns in the cohort."""
    found = select(Membership.id).where(Membership.cohort_id == cohort.id, Membership.person_id == viewer.id)
    return db.session.scalar(found) is not None


def count_members(viewer: Viewer, cohort: CohortView) -> int:
    """How many people learn in a cohort that the viewer teaches."""
    return (
        db.session.scalar(
            select(func.count(Membership.id))
            .join(Teaching, Teaching.cohort_id == Membership.cohort_id)
            .where(Membership.cohort_id == cohort.id, Teaching.person_id == viewer.id)
        )
        or 0
    )


def list_roster(viewer: Viewer, cohort: CohortView) -> list[RosterLine]:
    """Who is expected in a cohort that the viewer teaches, and whether somebody with the address has joined."""
    joined = (
        select(Membership.id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.cohort_id == RosterEntry.cohort_id, func.lower(Person.email) == RosterEntry.email)
        .correlate(RosterEntry)
        .exists()
    )
    rows = db.session.execute(
        select(RosterEntry.email, RosterEntry.name, joined.label("joined"))
        .join(Teaching, Teaching.cohort_id == RosterEntry.cohort_id)
        .where(RosterEntry.cohort_id == cohort.id, Teaching.person_id == viewer.id)
        .order_by(func.lower(RosterEntry.name), RosterEntry.email)
    )
    return [RosterLine(row.email, row.name, row.joined) for row in rows]


def educators_of(_viewer: Viewer, cohorts: Sequence[CohortView]) -> Mapping[int, list[Educator]]:
    """Who teaches each of these cohorts, which the viewer has been given by another read; by the cohort's key."""
    rows = db.session.execute(
        select(Teaching.cohort_id, Person.public_id, Person.given_names, Person.family_name, Person.email)
        .join(Person, Person.id == Teaching.person_id)
        .where(Teaching.cohort_id.in_([cohort.id for cohort in cohorts]))
        .order_by(func.lower(Person.family_name), func.lower(Person.given_names), Person.id)
    )
    found: dict[int, list[Educator]] = defaultdict(list)
    for row in rows:
        found[row.cohort_id].append(Educator(row.public_id, full_name(row.given_names, row.family_name), row.email))
    return found
