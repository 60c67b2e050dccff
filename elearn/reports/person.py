"""Reading people as administrators see them: the list, and everything about one of them on one page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, String, cast, func, or_, select

from elearn.accounts.erasing_rules import ERASED
from elearn.accounts.models import Merge, Person, SignIn
from elearn.accounts.queries import SEARCHED
from elearn.accounts.rules import LONGEST_SIGN_IN, Profession, Viewer, full_name
from elearn.audit.models import AuditEvent
from elearn.audit.queries import ROWS, EventRow
from elearn.certificates import search
from elearn.certificates.search import Found
from elearn.cohorts.models import Cohort, Membership, Teaching
from elearn.extensions import db
from elearn.modules.models import Completion, Enrolment
from elearn.quizzes.models import Attempt
from elearn.shared import clock
from elearn.shared.matching import contain
from elearn.shared.missing import NotFound
from elearn.shared.pagination import Page

_TEACHES = select(Teaching.id).where(Teaching.person_id == Person.id).correlate(Person).exists()


class Role(StrEnum):
    """What a person may do, as administrators look for it; an administrator who teaches is both."""

    ADMINISTRATOR = "administrator"
    EDUCATOR = "educator"
    LEARNER = "learner"


class Standing(StrEnum):
    """Whether a person can sign in, and whether their address is confirmed."""

    ACTIVE = "active"
    UNCONFIRMED = "unconfirmed"
    SUSPENDED = "suspended"
    MERGED = "merged"
    ERASED = "erased"


@dataclass(frozen=True)
class Wanted:
    """Whom an administrator looks for."""

    words: str = ""
    role: Role | None = None
    standing: Standing | None = None


@dataclass(frozen=True)
class PersonRow:
    """A person as administrators list them."""

    public_id: str
    given_names: str
    family_name: str
    email: str
    profession: Profession
    administrator: bool
    teaches: bool
    active: bool
    confirmed: bool
    merged: bool
    erased: bool

    @property
    def name(self) -> str:
        """The whole name."""
        return full_name(self.given_names, self.family_name)

    @property
    def role(self) -> str:
        """The role in words."""
        return role_in_words(administrator=self.administrator, teaches=self.teaches)


def role_in_words(*, administrator: bool, teaches: bool) -> str:
    """What a person is, in words."""
    if administrator:
        return "Administrator and educator" if teaches else "Administrator"
    return "Educator" if teaches else "Learner"


def _only(administrator: Viewer) -> None:
    if not administrator.administrator:
        raise NotFound("people")


def _merged() -> ColumnElement[bool]:
    return select(Merge.person_id).where(Merge.person_id == Person.id).correlate(Person).exists()


def _erased() -> ColumnElement[bool]:
    return Person.email.endswith(ERASED)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found = contain(SEARCHED, wanted.words)
    match wanted.role:
        case Role.ADMINISTRATOR:
            found.append(Person.administrator.is_(True))
        case Role.EDUCATOR:
            found.append(_TEACHES)
        case Role.LEARNER:
            found += [Person.administrator.is_(False), ~_TEACHES]
        case None:
            pass
    match wanted.standing:
        case Standing.ACTIVE:
            found += [Person.active.is_(True), Person.confirmed_at.is_not(None)]
        case Standing.UNCONFIRMED:
            found += [Person.active.is_(True), Person.confirmed_at.is_(None)]
        case Standing.SUSPENDED:
            found += [Person.active.is_(False), ~_merged()]
        case Standing.MERGED:
            found.append(_merged())
        case Standing.ERASED | None:
            pass
    # Whoever is erased is not looked for by mistake: they are listed only where they are asked for.
    return [*found, _erased() if wanted.standing is Standing.ERASED else ~_erased()]


def count_people(administrator: Viewer, wanted: Wanted) -> int:
    """How many people are like that."""
    _only(administrator)
    return db.session.scalar(select(func.count(Person.id)).where(*_conditions(wanted))) or 0


def list_people_page(administrator: Viewer, wanted: Wanted, page: Page) -> list[PersonRow]:
    """One page of them, by family name, given names, then key."""
    _only(administrator)
    rows = db.session.execute(
        select(
            Person.public_id,
            Person.given_names,
            Person.family_name,
            Person.email,
            Person.profession,
            Person.administrator,
            _TEACHES,
            Person.active,
            Person.confirmed_at.is_not(None),
            _merged(),
            _erased(),
        )
        .where(*_conditions(wanted))
        .order_by(Person.family_name, Person.given_names, Person.id)
        .limit(page.size)
        .offset(page.offset)
    )
    return [PersonRow(*row) for row in rows]


@dataclass(frozen=True)
class InCohort:
    """A cohort that somebody belongs to or teaches."""

    public_id: str
    name: str


@dataclass(frozen=True)
class PassageLine:
    """One passage of a person through a module, as administrators see it: how far, and no answers."""

    module: str
    cycle: int
    started_at: datetime
    steps: int
    attempts: int


@dataclass(frozen=True)
class PersonPage:
    """One person with everything that the page shows, but for the audit trail."""

    id: int
    public_id: str
    name: str
    email: str
    profession: Profession
    registration_number: str
    administrator: bool
    active: bool
    confirmed_at: datetime | None
    created_at: datetime
    sign_ins: int
    learning: Sequence[InCohort]
    teaching: Sequence[InCohort]
    passages: Sequence[PassageLine]
    certificates: Sequence[Found]
    merged_into: tuple[str, str] | None
    merged_from: Sequence[int]
    erased: bool

    @property
    def role(self) -> str:
        """The role in words."""
        return role_in_words(administrator=self.administrator, teaches=bool(self.teaching))


def get_person_page(administrator: Viewer, public_id: str, today: date) -> PersonPage:
    """Everything about one person that an administrator may know: no answers, no reflections. Raises NotFound."""
    _only(administrator)
    person = db.session.execute(select(Person).where(Person.public_id == public_id)).scalar_one_or_none()
    if person is None:
        raise NotFound("person")
    live = select(func.count(SignIn.id)).where(
        SignIn.person_id == person.id, SignIn.ended_at.is_(None), SignIn.started_at > clock.now() - LONGEST_SIGN_IN
    )
    return PersonPage(
        id=person.id,
        public_id=person.public_id,
        name=person.name,
        email=person.email,
        profession=person.profession,
        registration_number=person.registration_number,
        administrator=person.administrator,
        active=person.active,
        confirmed_at=person.confirmed_at,
        created_at=person.created_at,
        sign_ins=db.session.scalar(live) or 0,
        learning=_cohorts(Membership, person.id),
        teaching=_cohorts(Teaching, person.id),
        passages=list_passages(person.id),
        certificates=search.list_of_person(administrator, person.id, today),
        merged_into=_merged_into(person.id),
        merged_from=list(db.session.scalars(select(Merge.person_id).where(Merge.into_id == person.id))),
        erased=person.email.endswith(ERASED),
    )


def _cohorts(link: type[Membership] | type[Teaching], person_id: int) -> list[InCohort]:
    rows = db.session.execute(
        select(Cohort.public_id, Cohort.name)
        .join(link, link.cohort_id == Cohort.id)
        .where(link.person_id == person_id)
        .order_by(func.lower(Cohort.name), Cohort.id)
    )
    return [InCohort(*row) for row in rows]


def list_passages(person_id: int) -> list[PassageLine]:
    """A person's passages, with how many steps are done and how many attempts were begun, in one statement."""
    steps = select(func.count(Completion.id)).where(Completion.enrolment_id == Enrolment.id).correlate(Enrolment)
    attempts = select(func.count(Attempt.id)).where(Attempt.enrolment_id == Enrolment.id).correlate(Enrolment)
    rows = db.session.execute(
        select(
            Enrolment.module,
            Enrolment.cycle,
            Enrolment.started_at,
            steps.scalar_subquery(),
            attempts.scalar_subquery(),
        )
        .where(Enrolment.person_id == person_id)
        .order_by(Enrolment.module, Enrolment.cycle.desc())
    )
    return [PassageLine(*row) for row in rows]


def _merged_into(person_id: int) -> tuple[str, str] | None:
    row = db.session.execute(
        select(Person.public_id, Person.given_names, Person.family_name)
        .join(Merge, Merge.into_id == Person.id)
        .where(Merge.person_id == person_id)
    ).one_or_none()
    return None if row is None else (row.public_id, full_name(row.given_names, row.family_name))


def _concerning(people: Sequence[int]) -> ColumnElement[bool]:
    """Events by these people, about them, and those that name them in their details."""
    named = cast(AuditEvent.detail["person"].as_string(), String)
    return or_(
        AuditEvent.actor_id.in_(people),
        AuditEvent.subject.in_([f"person:{key}" for key in people]),
        named.in_([str(key) for key in people]),
    )


def count_events(administrator: Viewer, person: PersonPage) -> int:
    """How many events are by a person or about them, and of accounts that were merged into theirs."""
    _only(administrator)
    concerning = _concerning([person.id, *person.merged_from])
    return db.session.scalar(select(func.count(AuditEvent.id)).where(concerning)) or 0


def list_events_page(administrator: Viewer, person: PersonPage, page: Page) -> list[EventRow]:
    """One page of them, newest first."""
    _only(administrator)
    rows = db.session.execute(
        ROWS.where(_concerning([person.id, *person.merged_from]))
        .order_by(AuditEvent.id.desc())
        .limit(page.size)
        .offset(page.offset)
    )
    return [EventRow(*row) for row in rows]
