"""Rows that the tests about cohorts add to the small world."""

from datetime import date

from elearn.accounts.models import Person
from elearn.audit.models import AuditEvent
from elearn.certificates.models import Certificate, CertificateEvent
from elearn.certificates.rules import Happening
from elearn.cohorts.models import Cohort, Membership, RosterEntry, Teaching
from elearn.extensions import db
from elearn.modules.models import Enrolment
from elearn.quizzes.models import Attempt
from elearn.quizzes.rules import AttemptState
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests.world import MODULE, World


def add_member(world: World, persona: str, given: str, family: str, cohort: str | None = "one") -> None:
    """A new person, who has joined a cohort unless it is None."""
    with world.app.app_context(), writing():
        world.people[persona] = world.add_person(persona, given, family).id
    if cohort:
        join(world, persona, cohort)


def join(world: World, persona: str, cohort: str) -> None:
    with world.app.app_context(), writing():
        db.session.add(Membership(cohort_id=cohort_key(world, cohort), person_id=world.people[persona]))


def teach(world: World, persona: str, cohort: str) -> None:
    with world.app.app_context(), writing():
        db.session.add(Teaching(cohort_id=cohort_key(world, cohort), person_id=world.people[persona]))


def expect(world: World, cohort: str, email: str, name: str = "") -> None:
    with world.app.app_context(), writing():
        db.session.add(RosterEntry(cohort_id=cohort_key(world, cohort), email=email, name=name))


def cohort_key(world: World, cohort: str) -> int:
    key: int = db.session.scalars(db.select(Cohort.id).where(Cohort.public_id == world.cohorts[cohort])).one()
    return key


def enrol_again(world: World, persona: str) -> int:
    """A second cycle of the module."""
    with world.app.app_context(), writing():
        enrolment = Enrolment(person_id=world.people[persona], module=MODULE, module_version="9.9.9", cycle=2)
        db.session.add(enrolment)
        db.session.flush()
        return enrolment.id


def sit(
    world: World, enrolment: int, quiz: str, *marks: tuple[int, int], passed: bool = False, is_open: bool = False
) -> None:
    """Attempts with these points of possible; the last one passes, or is still open, if told so."""
    with world.app.app_context(), writing():
        taken = db.session.scalar(
            db.select(db.func.count(Attempt.id)).where(Attempt.enrolment_id == enrolment, Attempt.quiz == quiz)
        )
        for number, (points, possible) in enumerate(marks, start=1 + (taken or 0)):
            last = number == len(marks) + (taken or 0)
            submitted = not (is_open and last)
            db.session.add(
                Attempt(
                    enrolment_id=enrolment,
                    quiz=quiz,
                    number=number,
                    length=0,
                    rules={},
                    state=AttemptState.SUBMITTED if submitted else AttemptState.OPEN,
                    submitted_at=clock.now() if submitted else None,
                    points=points if submitted else None,
                    possible=possible,
                    passed=(passed and last) if submitted else None,
                )
            )


def certify(world: World, enrolment: int, day: date, edition: int = 1, *happenings: Happening) -> None:
    """A certificate, and what happened to it."""
    with world.app.app_context(), writing():
        certificate = Certificate(
            number=f"N{enrolment}-{edition}",
            enrolment_id=enrolment,
            edition=edition,
            module=MODULE,
            issued_on=day,
            record={},
            record_digest="",
            holder_commitment="",
        )
        db.session.add(certificate)
        db.session.flush()
        for happening in (Happening.ISSUED, *happenings):
            db.session.add(CertificateEvent(certificate_id=certificate.id, happening=happening))
            db.session.flush()


def steps(world: World, count: int) -> list[str]:
    return [step.id for step in world.app.extensions["elearn.catalogue"][MODULE].path][:count]


def quizzes(world: World) -> list[str]:
    return list(world.app.extensions["elearn.catalogue"][MODULE].quizzes)


def count(world: World, model: type[object], **values: object) -> int:
    with world.app.app_context():
        return db.session.scalar(db.select(db.func.count()).select_from(model).filter_by(**values)) or 0


def events(world: World, kind: str) -> list[AuditEvent]:
    with world.app.app_context():
        return list(db.session.scalars(db.select(AuditEvent).where(AuditEvent.kind == kind).order_by(AuditEvent.id)))


def email_of(world: World, persona: str) -> str:
    with world.app.app_context():
        email: str = db.session.scalars(db.select(Person.email).where(Person.id == world.people[persona])).one()
    return email


def code_of(world: World, cohort: str) -> str:
    with world.app.app_context():
        code: str = db.session.scalars(
            db.select(Cohort.join_code).where(Cohort.public_id == world.cohorts[cohort])
        ).one()
    return code
