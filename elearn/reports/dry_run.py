"""Reading what educators see of item versions, and whom a ruling on one would concern."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from elearn.accounts.models import Person
from elearn.accounts.rules import Viewer, full_name
from elearn.certificates.models import Certificate
from elearn.certificates.numbers import grouped
from elearn.cohorts.models import Membership, Teaching
from elearn.cohorts.queries import is_educator
from elearn.extensions import db
from elearn.items.base import Item
from elearn.modules.catalogue import find_item
from elearn.quizzes.models import Answer, Attempt, ItemVersion, Ruling
from elearn.quizzes.regrading import Change, Plan, get_item_version
from elearn.quizzes.rules import AttemptState
from elearn.shared.missing import NotFound


@dataclass(frozen=True)
class VersionLine:
    """One item version in the educators' list."""

    digest: str
    item_id: str
    module: str
    finished: int
    rulings: int

    @property
    def in_use(self) -> bool:
        """Whether new papers may draw it."""
        return find_item(self.digest) is not None


def list_versions(viewer: Viewer) -> list[VersionLine]:
    """Every item version that stands in a finished attempt, by item. Raises NotFound for whoever is no educator."""
    if not is_educator(viewer):
        raise NotFound("items")
    rulings = (
        select(func.count(Ruling.id))
        .where(Ruling.item_digest == ItemVersion.digest)
        .correlate(ItemVersion)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            ItemVersion.digest,
            ItemVersion.item_id,
            ItemVersion.module,
            func.count(Attempt.id),
            rulings.label("rulings"),
        )
        .join(Answer, Answer.item_digest == ItemVersion.digest)
        .join(Attempt, Attempt.id == Answer.attempt_id)
        .where(Attempt.state == AttemptState.SUBMITTED)
        .group_by(ItemVersion.digest, ItemVersion.item_id, ItemVersion.module)
        .order_by(ItemVersion.module, ItemVersion.item_id, ItemVersion.digest)
    )
    return [VersionLine(*row) for row in rows]


@dataclass(frozen=True)
class VersionPage:
    """An item version with how it was answered in finished attempts: answers in words with their number, most first."""

    item: Item
    answers: tuple[tuple[str, int], ...]


def get_version(viewer: Viewer, digest: str) -> VersionPage:
    """One item version, with its key. Raises NotFound."""
    item = get_item_version(viewer, digest)
    responses = db.session.scalars(
        select(Answer.response)
        .join(Attempt, Attempt.id == Answer.attempt_id)
        .where(Answer.item_digest == digest, Attempt.state == AttemptState.SUBMITTED)
        .order_by(Answer.attempt_id)
    )
    return VersionPage(item, tuple(Counter(item.wording(response) for response in responses).most_common()))


@dataclass(frozen=True)
class Concerned:
    """One change of a dry run: the name is empty where the learner is in no cohort of the viewer's."""

    name: str
    change: Change
    certificates: tuple[str, ...]


def list_concerned(viewer: Viewer, plan: Plan) -> list[Concerned]:
    """Whom a plan concerns, as far as the viewer may know, in its order."""
    names = _names(viewer, {change.person_id for change in plan.changes})
    numbers = _numbers({change.enrolment_id for change in plan.changes})
    return [
        Concerned(names.get(change.person_id, ""), change, numbers.get(change.enrolment_id, ()))
        for change in plan.changes
    ]


def certified_enrolments(plan: Plan) -> set[int]:
    """The enrolments of a plan that have a certificate."""
    return set(_numbers({change.enrolment_id for change in plan.changes}))


def _names(viewer: Viewer, people: Collection[int]) -> Mapping[int, str]:
    found = select(Person.id, Person.given_names, Person.family_name).where(Person.id.in_(people))
    if not viewer.administrator:
        taught = (
            select(Membership.person_id)
            .join(Teaching, Teaching.cohort_id == Membership.cohort_id)
            .where(Teaching.person_id == viewer.id)
        )
        found = found.where(Person.id.in_(taught))
    return {row.id: full_name(row.given_names, row.family_name) for row in db.session.execute(found)}


def _numbers(enrolments: Collection[int]) -> Mapping[int, tuple[str, ...]]:
    rows = db.session.execute(
        select(Certificate.enrolment_id, Certificate.number)
        .where(Certificate.enrolment_id.in_(enrolments))
        .order_by(Certificate.enrolment_id, Certificate.edition)
    )
    found: dict[int, tuple[str, ...]] = {}
    for row in rows:
        found[row.enrolment_id] = (*found.get(row.enrolment_id, ()), grouped(row.number))
    return found
