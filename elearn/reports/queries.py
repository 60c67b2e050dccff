"""Reading what educators see of their cohorts: sets, not loops, so that a thousand members cost as many statements as ten."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row as Record
from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import aliased

from elearn.accounts.models import Person
from elearn.accounts.rules import Viewer, full_name
from elearn.certificates.models import Certificate, CertificateEvent
from elearn.certificates.rules import Happening
from elearn.cohorts.models import Membership, Teaching
from elearn.cohorts.queries import get_teaching_with_roster
from elearn.cohorts.rules import CohortView
from elearn.content.structure import Module, Quiz, StepKind
from elearn.extensions import db
from elearn.modules.catalogue import get_module
from elearn.modules.models import Completion, Enrolment
from elearn.quizzes.gains import list_gains
from elearn.quizzes.models import Attempt
from elearn.quizzes.rules import AttemptState
from elearn.reports import rules
from elearn.reports.rules import Best, CohortGain, Row
from elearn.shared.missing import NotFound


@dataclass(frozen=True)
class CohortReport:
    """A cohort's table."""

    cohort: CohortView
    module: Module
    quizzes: tuple[Quiz, ...]
    rows: tuple[Row, ...]

    @property
    def steps(self) -> int:
        """How many steps the module has."""
        return len(self.module.path)

    def marks(self, row: Row) -> list[tuple[str, Best]]:
        """The best marks that somebody has, with their quizzes' titles."""
        pairs = zip(self.quizzes, row.best, strict=False)
        return [(quiz.title, best) for quiz, best in pairs if best is not None]


@dataclass
class _Tries:
    """What somebody has submitted in one quiz."""

    marks: list[Best]
    passed: bool = False


def get_cohort_report(viewer: Viewer, public_id: str) -> CohortReport:
    """The table of a cohort that the viewer teaches, in three statements. Raises NotFound."""
    cohort, roster = get_teaching_with_roster(viewer, public_id)
    module = get_module(cohort.module)
    quizzes = tuple(module.quizzes[step.slug] for step in module.path if step.kind is StepKind.QUIZ)
    tries = _tries_by_person(viewer, cohort)
    members = [_row(record, module, quizzes, tries[record.id]) for record in _members(viewer, cohort, module)]
    absent = rules.not_joined(roster, [row.email for row in members])
    return CohortReport(cohort, module, quizzes, (*members, *absent))


def get_cohort_gains(viewer: Viewer, public_id: str) -> tuple[CohortView, Module, list[CohortGain]]:
    """What a cohort that the viewer teaches gained, outcome by outcome. Raises NotFound, also where nothing is asked before."""
    cohort, _ = get_teaching_with_roster(viewer, public_id)
    module = get_module(cohort.module)
    if module.pretest is None:
        raise NotFound("pre-test")
    enrolments = [member.enrolment_id for member in _members(viewer, cohort, module) if member.enrolment_id]
    gains = [gain for gained in list_gains(module, enrolments).values() for gain in gained]
    return (
        cohort,
        module,
        [
            rules.cohort_gain(outcome, [gain for gain in gains if gain.outcome == outcome])
            for outcome in module.outcomes
        ],
    )


def _members(viewer: Viewer, cohort: CohortView, module: Module) -> Sequence[Record[Any]]:
    """Every member with their newest passage through the module. The viewer's reach stands in the statement itself."""
    later = aliased(Enrolment)
    newest = select(func.max(later.cycle)).where(later.person_id == Person.id, later.module == module.slug)
    newest_cycle = newest.correlate(Person).scalar_subquery()
    steps = [step.id for step in module.path]
    learning = [step.id for step in module.path if step.kind is not StepKind.CERTIFICATE]
    return db.session.execute(
        select(
            Person.id,
            Person.given_names,
            Person.family_name,
            Person.email,
            Person.confirmed_at,
            Enrolment.id.label("enrolment_id"),
            _steps_done(steps).label("steps"),
            _steps_done(learning).label("learning_steps"),
            _certificate_date().label("certificate"),
        )
        .select_from(Membership)
        .join(Teaching, Teaching.cohort_id == Membership.cohort_id)
        .join(Person, Person.id == Membership.person_id)
        .outerjoin(
            Enrolment,
            (Enrolment.person_id == Person.id) & (Enrolment.module == module.slug) & (Enrolment.cycle == newest_cycle),
        )
        .where(Membership.cohort_id == cohort.id, Teaching.person_id == viewer.id)
    ).all()


def _steps_done(steps: Sequence[str]) -> ScalarSelect[Any]:
    """How many of these steps an enrolment has done; steps that the module has no more do not count."""
    return (
        select(func.count(Completion.id))
        .where(Completion.enrolment_id == Enrolment.id, Completion.step.in_(steps))
        .correlate(Enrolment)
        .scalar_subquery()
    )


def _certificate_date() -> ScalarSelect[Any]:
    """The date of an enrolment's certificate: of its newest edition, unless that is revoked and not restored."""
    later, restored = aliased(Certificate), aliased(CertificateEvent)
    newest = (
        select(func.max(later.edition))
        .where(later.enrolment_id == Certificate.enrolment_id)
        .correlate(Certificate)
        .scalar_subquery()
    )
    is_restored = (
        select(restored.id)
        .where(
            restored.certificate_id == CertificateEvent.certificate_id,
            restored.happening == Happening.RESTORED,
            restored.id > CertificateEvent.id,
        )
        .correlate(CertificateEvent)
        .exists()
    )
    is_revoked = (
        select(CertificateEvent.id)
        .where(
            CertificateEvent.certificate_id == Certificate.id,
            CertificateEvent.happening == Happening.REVOKED,
            ~is_restored,
        )
        .correlate(Certificate)
        .exists()
    )
    return (
        select(Certificate.issued_on)
        .where(Certificate.enrolment_id == Enrolment.id, Certificate.edition == newest, ~is_revoked)
        .correlate(Enrolment)
        .scalar_subquery()
    )


def _tries_by_person(viewer: Viewer, cohort: CohortView) -> Mapping[int, Mapping[str, _Tries]]:
    """The submitted attempts of a cohort's members, in their newest passage, by person and quiz."""
    later = aliased(Enrolment)
    newest = (
        select(func.max(later.cycle))
        .where(later.person_id == Enrolment.person_id, later.module == Enrolment.module)
        .correlate(Enrolment)
        .scalar_subquery()
    )
    records = db.session.execute(
        select(Enrolment.person_id, Attempt.quiz, Attempt.points, Attempt.possible, Attempt.passed)
        .select_from(Membership)
        .join(Teaching, Teaching.cohort_id == Membership.cohort_id)
        .join(Enrolment, Enrolment.person_id == Membership.person_id)
        .join(Attempt, Attempt.enrolment_id == Enrolment.id)
        .where(
            Membership.cohort_id == cohort.id,
            Teaching.person_id == viewer.id,
            Enrolment.module == cohort.module,
            Enrolment.cycle == newest,
            Attempt.state == AttemptState.SUBMITTED,
        )
        .order_by(Attempt.id)
    )
    found: dict[int, dict[str, _Tries]] = defaultdict(lambda: defaultdict(lambda: _Tries([])))
    for record in records:
        tries = found[record.person_id][record.quiz]
        tries.marks.append(Best(record.points or 0, record.possible))
        tries.passed = tries.passed or bool(record.passed)
    return found


def _row(record: Record[Any], module: Module, quizzes: Sequence[Quiz], tries: Mapping[str, _Tries]) -> Row:
    sat = [tries.get(quiz.slug, _Tries([])) for quiz in quizzes]
    to_learn = sum(step.kind is not StepKind.CERTIFICATE for step in module.path)
    enrolled = record.enrolment_id is not None
    return Row(
        name=full_name(record.given_names, record.family_name),
        sort_name=rules.sort_name(record.given_names, record.family_name),
        email=record.email,
        email_confirmed=record.confirmed_at is not None,
        status=rules.status_of(joined=True, enrolled=enrolled, finished=record.learning_steps >= to_learn),
        steps=record.steps,
        attempts=sum(len(one.marks) for one in sat),
        best=tuple(rules.counting_of(one.marks, quiz.rules.counts) for one, quiz in zip(sat, quizzes, strict=True)),
        passed=sum(one.passed for one in sat),
        certificate=record.certificate,
    )
