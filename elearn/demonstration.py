"""The demonstration: invented people with plausible histories, made by the same actions that real people cause."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import structlog
from flask import Flask, current_app
from flask_security.utils import hash_password

from elearn.accounts.actions import create_person
from elearn.accounts.queries import find_person_by_email, viewer_of
from elearn.accounts.rules import Profession, Viewer
from elearn.certificates.actions import issue_certificate
from elearn.certificates.holder import Holder
from elearn.cohorts.actions import create_cohort, expect, join_cohort
from elearn.cohorts.queries import get_teaching
from elearn.cohorts.rules import Expected
from elearn.content.structure import Module, Quiz, StepKind
from elearn.items.base import Item, Order, Sent
from elearn.learning.actions import save_reflection, send_evaluation
from elearn.learning.rules import Balanced, Opinion, ReflectionTexts, RightLevel
from elearn.modules.actions import answer_check, finish_lesson, start_module
from elearn.quizzes.actions import start_attempt, submit_attempt
from elearn.quizzes.queries import get_attempt
from elearn.quizzes.saving import save_answer
from elearn.shared import clock
from elearn.shared.transactions import writing

PASSWORD = "three random words"  # noqa: S105 - of invented people, printed at the start
SIGN_INS = (
    ("A learner, half-way", "learner@example.org", PASSWORD),
    ("An educator of the cohort", "educator@example.org", PASSWORD),
    ("An administrator", "administrator@example.org", PASSWORD),
)
COHORT = "Rare disease network, autumn 2026"
# (given names, family name, profession, share of answers that are right, steps done out of the path's)
MEMBERS = (
    ("Aisha", "Rahman", Profession.DOCTOR, 0.95, 14),
    ("Ben", "Whitlock", Profession.NURSE, 0.9, 14),
    ("Chidi", "Nwosu", Profession.PHARMACIST, 0.9, 12),
    ("Delyth", "Price", Profession.GENETIC_COUNSELLOR, 0.85, 11),
    ("Eilidh", "Fraser", Profession.NURSE, 0.8, 9),
    ("Farah", "Aziz", Profession.DOCTOR, 0.8, 8),
    ("Gareth", "Hughes", Profession.ALLIED_HEALTH, 0.7, 6),
    ("Hana", "Kimura", Profession.RESEARCH, 0.7, 5),
    ("Iain", "MacLeod", Profession.DOCTOR, 0.5, 4),
    ("Jo", "O’Neill", Profession.PHARMACIST, 0.6, 3),
    ("Kwame", "Boateng", Profession.DOCTOR, 0.6, 1),
    ("Lena", "Fischer", Profession.NURSE, 0.6, 0),
)
HALF_WAY = 5


def fill(app: Flask) -> None:
    """Fill an empty database; one that is filled stays as it is."""
    with app.app_context():
        if find_person_by_email(SIGN_INS[0][1]) is not None:
            return
        hashed = hash_password(PASSWORD)
        module = next(iter(app.extensions["elearn.catalogue"].values()))
        with clock.frozen_at(clock.now() - timedelta(days=30)):
            administrator = _add("administrator", "Ada", "Example", Profession.OTHER, hashed, administrator=True)
            educator = _add("educator", "Edwin", "Example", Profession.DOCTOR, hashed)
            learner = _add("learner", "Lina", "Example", Profession.DOCTOR, hashed, registration="GMC 0000000")
            code = _open_cohort(administrator, educator, module)
        _walk_members(module, code, hashed)
        with clock.frozen_at(clock.now() - timedelta(days=2)):
            with writing():
                join_cohort(learner, code)
            _walk(learner, module, 0.9, HALF_WAY, Random(0))  # noqa: S311 - invented people, not papers of real ones
    structlog.get_logger(__name__).info("demonstration filled")


def _add(
    name: str,
    given: str,
    family: str,
    profession: Profession,
    hashed: str,
    *,
    administrator: bool = False,
    registration: str = "",
) -> Viewer:
    with writing():
        person = create_person(
            email=f"{name}@example.org",
            password_hash=hashed,
            given_names=given,
            family_name=family,
            profession=profession,
            registration_number=registration,
            administrator=administrator,
            confirmed_at=clock.now(),
        )
        return viewer_of(person)


def _open_cohort(administrator: Viewer, educator: Viewer, module: Module) -> str:
    with writing():
        cohort_id = create_cohort(administrator, COHORT, module, [educator.email])
    cohort = get_teaching(educator, cohort_id)
    with writing():
        expect(educator, cohort, [Expected(email="not.joined@example.org", name="Mo Not-Joined")])
    return cohort.join_code


def _walk_members(module: Module, code: str, hashed: str) -> None:
    for number, (given, family, profession, share, steps) in enumerate(MEMBERS):
        started = clock.now() - timedelta(days=25 - number)
        with clock.frozen_at(started):
            member = _add(f"{given}.{family}".lower().replace("’", ""), given, family, profession, hashed)
            with writing():
                join_cohort(member, code)
        if steps:
            _walk(member, module, share, steps, Random(number), started)  # noqa: S311


def _walk(
    who: Viewer, module: Module, share: float, steps: int, randomness: Random, started: datetime | None = None
) -> None:
    moment = started or clock.now()
    with clock.frozen_at(moment), writing():
        start_module(who, module)
    for step in module.path[:steps]:
        moment += timedelta(minutes=randomness.randint(10, 300))
        if step.kind is StepKind.LESSON:
            _read(who, module, step.slug, share, randomness, moment)
        elif step.kind is StepKind.QUIZ:
            if not _sit(who, module, module.quizzes[step.slug], share, randomness, moment):
                return
            moment += timedelta(days=3)
        else:
            with clock.frozen_at(moment), writing():
                _CLOSING_STEPS[step.kind](who, module)


def _read(who: Viewer, module: Module, slug: str, share: float, randomness: Random, moment: datetime) -> None:
    lesson = module.lessons[slug]
    with clock.frozen_at(moment), writing():
        for item in lesson.checks.values():
            if isinstance(item, Item):
                answer_check(who, module, lesson, item, _choose(item, item.natural_order(), share, randomness)[0])
        finish_lesson(who, module, lesson)


def _sit(who: Viewer, module: Module, quiz: Quiz, share: float, randomness: Random, moment: datetime) -> bool:
    """Sit a quiz until it is passed or no attempt is left."""
    for _ in range(quiz.rules.attempts):
        with clock.frozen_at(moment):
            with writing():
                attempt = start_attempt(who, module, quiz, randomness)
            paper = get_attempt(who, attempt).paper
            with writing():
                for position, place in enumerate(paper, start=1):
                    for sent in _choose(place.item, place.order, share, randomness):
                        save_answer(who, attempt, position, sent)
                submit_attempt(who, attempt)
            if get_attempt(who, attempt).passed:
                return True
        moment += timedelta(hours=25)
    return False


def _choose(item: Item, order: Order, share: float, randomness: Random) -> list[Sent]:
    """Forms that earn every point for a `share` of the answers, else none."""
    return item.forms_for(order, right=randomness.random() < share)


def _reflect(who: Viewer, module: Module) -> None:
    texts = ReflectionTexts(
        learned="A phase is named by its purpose, not by its size or by who takes part.",
        will_change="I will ask early what a family knows about trials, and look at the registry with them.",
        effect_on_patients="Families hear of a study before its window closes, and know what it asks of them.",
    )
    save_reflection(who, module, texts)


def _evaluate(who: Viewer, module: Module) -> None:
    opinion = Opinion(useful=4, right_level=RightLevel.ABOUT_RIGHT, balanced=Balanced.YES)
    send_evaluation(who, module, opinion)


def _certify(who: Viewer, module: Module) -> None:
    holder = Holder(who.given_names, who.family_name, who.registration_number)
    issue_certificate(who, module, current_app.extensions["elearn.settings"], holder.digest)


_CLOSING_STEPS: dict[StepKind, Callable[[Viewer, Module], object]] = {
    StepKind.REFLECTION: _reflect,
    StepKind.EVALUATION: _evaluate,
    StepKind.CERTIFICATE: _certify,
}
