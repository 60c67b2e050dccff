"""A database of 1,000 learners on the real content, filled by sets of rows through the application's own models."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy import insert, select

from elearn.accounts.models import Person, SignIn
from elearn.accounts.queries import hashed
from elearn.accounts.rules import Profession
from elearn.certificates.holder import Holder
from elearn.certificates.models import Certificate, CertificateEvent, CertificateHolder
from elearn.certificates.numbers import new_number
from elearn.certificates.record import Facts, make_record
from elearn.certificates.rules import FIRST_EDITION, Happening
from elearn.content.structure import Lesson, Module, Quiz, StepKind
from elearn.extensions import Base, db
from elearn.items.base import Item
from elearn.items.single_best_answer import SingleBestAnswer
from elearn.modules.models import CheckResponse, Completion, Enrolment
from elearn.quizzes import paper as papers
from elearn.quizzes.models import Answer, Attempt, ItemVersion, ResponseEvent
from elearn.quizzes.rules import AttemptState, ClosedBy
from elearn.shared import clock
from elearn.shared.canonical import digest
from elearn.shared.columns import unguessable_id
from elearn.shared.transactions import writing

LEARNERS = 1_000
LENGTH = 8  # questions in a paper
ROWS_AT_ONCE = 500
SUBMITTED, OPEN = 1, 2  # the numbers of each learner's two attempts


@dataclass(frozen=True)
class Learner:
    """One invented learner. How far they are depends on their number, so that no neighbours' pages are the same."""

    number: int
    token: str
    uniquifier: str
    certificate: str
    done: tuple[str, ...]
    tried: Mapping[str, str]
    attempt: str

    @property
    def family_name(self) -> str:
        """A name that is part of no other's."""
        return f"Canary-{self.number:05d}"

    @property
    def name(self) -> str:
        """The name as pages show it."""
        return f"Learner {self.family_name}"


def half_way(module: Module) -> int:
    """How many steps lie before the lesson that is nearest to the middle of the path."""
    middle = len(module.path) // 2
    return next(n for n in range(middle, -1, -1) if module.path[n].kind is StepKind.LESSON)


def lesson_half_way(module: Module) -> Lesson:
    """The lesson that every learner has open."""
    return module.lessons[module.path[half_way(module)].slug]


def first_quiz(module: Module) -> Quiz:
    """The quiz that every learner has an attempt of: with the questions that one form answers, a point each."""
    quiz = next(iter(module.quizzes.values()))
    items = tuple(item for item in quiz.items if isinstance(item, SingleBestAnswer))
    cells = [cell for cell in quiz.blueprint if sum(item.objective == cell.objective for item in items) >= LENGTH // 4]
    drawn = tuple(cell.model_copy(update={"draw": LENGTH // 4}) for cell in cells[:4])
    return replace(quiz, items=items, blueprint=drawn)


def the_module(app: Flask) -> Module:
    """The module that is measured."""
    found: Module = next(iter(app.extensions["elearn.catalogue"].values()))
    return found


def fill(app: Flask, count: int = LEARNERS) -> list[Learner]:
    """Fill an empty, migrated database, and give its learners."""
    module = the_module(app)
    learners = [_invent(module, number) for number in range(1, count + 1)]
    with app.app_context(), writing():
        _add(Person, (_person(learner) for learner in learners))
        _add(SignIn, ({"token_hash": hashed(who.token), "person_id": who.number} for who in learners))
        _add(Enrolment, (_enrolment(who.number, who.number, module, 1) for who in learners))
        _add(Completion, ({"enrolment_id": who.number, "step": step} for who in learners for step in who.done))
        _add(CheckResponse, (row for learner in learners for row in _tries(learner, lesson_half_way(module))))
        _add(ItemVersion, (_version(module, item) for quiz in module.quizzes.values() for item in quiz.items))
        _sit(learners, first_quiz(module))
        _certify(app, learners, module)
    return learners


def add_open_attempts(
    app: Flask, learners: Sequence[Learner], count: int, *, answered: bool = True
) -> list[tuple[Learner, str]]:
    """Attempts that wait to be answered or submitted, each in a cycle of its own, so that everything does all its work."""
    module = the_module(app)
    quiz = first_quiz(module)
    with app.app_context(), writing():
        enrolments, attempts = (db.session.scalar(select(db.func.max(table.id))) or 0 for table in (Enrolment, Attempt))
        cycle = 1 + (db.session.scalar(select(db.func.max(Enrolment.cycle))) or 0)
        chosen = [learners[n % len(learners)] for n in range(count)]
        ids = [unguessable_id() for _ in chosen]
        _add(
            Enrolment,
            (
                _enrolment(enrolments + n, who.number, module, cycle + (n - 1) // len(learners))
                for n, who in enumerate(chosen, start=1)
            ),
        )
        _add(
            Attempt,
            (_attempt(attempts + n, enrolments + n, OPEN, public, quiz) for n, public in enumerate(ids, start=1)),
        )
        _add(Answer, (row for n in range(1, count + 1) for row in _answers(attempts + n, quiz, answered=answered)))
    return list(zip(chosen, ids, strict=True))


def _add(table: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
    remaining = iter(rows)
    while some := list(islice(remaining, ROWS_AT_ONCE)):
        db.session.execute(insert(table), some)


# -- people and their way --------------------------------------------------------------------------------------------


def _invent(module: Module, number: int) -> Learner:
    lesson = lesson_half_way(module)
    further = number % (len(module.path) - half_way(module))
    checks = [item for item in lesson.checks.values() if isinstance(item, Item)]
    return Learner(
        number=number,
        token=secrets.token_urlsafe(32),
        uniquifier=secrets.token_hex(16),
        certificate=new_number(),
        done=tuple(step.id for step in module.path[: half_way(module) + further]),
        # Half of the checks tried, other options by other learners.
        tried={
            item.id: item.natural_order()[(number + place) % len(item.natural_order())]
            for place, item in enumerate(checks)
            if (number + place) % 2
        },
        attempt=unguessable_id(),
    )


def _person(learner: Learner) -> dict[str, Any]:
    return {
        "id": learner.number,
        "email": f"learner-{learner.number}@example.org",
        "password": "nobody signs in with it",
        "fs_uniquifier": learner.uniquifier,
        "given_names": "Learner",
        "family_name": learner.family_name,
        "profession": Profession.DOCTOR,
        "confirmed_at": clock.now(),
    }


def _enrolment(key: int, person_id: int, module: Module, cycle: int) -> dict[str, Any]:
    names = {"module": module.slug, "module_version": module.version}
    return {"id": key, "person_id": person_id, "cycle": cycle, **names}


def _tries(learner: Learner, lesson: Lesson) -> Iterator[dict[str, Any]]:
    for check_id, option in learner.tried.items():
        yield {
            "enrolment_id": learner.number,
            "lesson": lesson.slug,
            "check_id": check_id,
            "item_digest": lesson.checks[check_id].digest,
            "response": {"option": option},
            "points": 0,
        }


# -- attempts --------------------------------------------------------------------------------------------------------


def _version(module: Module, item: Any) -> dict[str, Any]:
    content = item.model_dump(mode="json")
    return {"digest": item.digest, "item_id": item.id, "module": module.slug, "content": content}


def _sit(learners: Sequence[Learner], quiz: Quiz) -> None:
    """One submitted and one open attempt of each learner, every answer saved once."""
    keys = [(2 * who.number - 1, 2 * who.number) for who in learners]
    closed = [
        _attempt(old, who.number, SUBMITTED, unguessable_id(), quiz)
        for who, (old, _) in zip(learners, keys, strict=True)
    ]
    under_way = [
        _attempt(new, who.number, OPEN, who.attempt, quiz) for who, (_, new) in zip(learners, keys, strict=True)
    ]
    _add(Attempt, closed)
    _add(Attempt, under_way)
    everyone = [key for pair in keys for key in pair]
    _add(Answer, (row for key in everyone for row in _answers(key, quiz)))
    _add(ResponseEvent, (row for key in everyone for row in _events(key, quiz)))


def _attempt(key: int, enrolment_id: int, number: int, public_id: str, quiz: Quiz) -> dict[str, Any]:
    paper, submitted = _paper(key, quiz), number == SUBMITTED
    return {
        "id": key,
        "public_id": public_id,
        "enrolment_id": enrolment_id,
        "quiz": quiz.slug,
        "number": number,
        "state": AttemptState.SUBMITTED if submitted else AttemptState.OPEN,
        "length": len(paper),
        "closed_by": ClosedBy.PERSON if submitted else None,
        "rules": quiz.rules.model_dump(mode="json"),
        "started_at": clock.now() - timedelta(hours=1),
        "submitted_at": clock.now() if submitted else None,
        "points": 2 if submitted else None,
        "possible": len(paper),
        "passed": False if submitted else None,
    }


def paper_of(learner: Learner, quiz: Quiz) -> papers.Paper:
    """The paper of a learner's open attempt."""
    return _paper(2 * learner.number, quiz)


def _paper(key: int, quiz: Quiz) -> papers.Paper:
    return papers.draw(quiz, (), Random(key))


def _answers(key: int, quiz: Quiz, *, answered: bool = True) -> Iterator[dict[str, Any]]:
    for position, place in enumerate(_paper(key, quiz), start=1):
        response, sequence = (_response(key, place), position) if answered else (None, 0)
        saved: dict[str, Any] = {"response": response, "sequence": sequence, "saved_at": clock.now()}
        saved |= {"item_digest": place.item.digest, "item_order": list(place.order)}
        yield {"attempt_id": key, "position": position, **saved}


def _events(key: int, quiz: Quiz) -> Iterator[dict[str, Any]]:
    for position, place in enumerate(_paper(key, quiz), start=1):
        saved = {"response": _response(key, place), "item_digest": place.item.digest, "at": clock.now()}
        yield {"attempt_id": key, "sequence": position, "position": position, **saved}


def _response(key: int, place: papers.Place) -> dict[str, str]:
    """The key for most attempts, so that they pass, which costs most; the first option of the paper for the others."""
    right = getattr(place.item, "key", place.order[0])
    return {"option": right if key % 4 else place.order[0]}


# -- certificates ----------------------------------------------------------------------------------------------------


def _certify(app: Flask, learners: Sequence[Learner], module: Module) -> None:
    settings, today = app.extensions["elearn.settings"], clock.today()
    certificates, holders = [], []
    for who in learners:
        facts = Facts(who.certificate, FIRST_EDITION, today, today, None, {})
        record, salt = make_record(module, settings, facts), secrets.token_hex(16)
        holder = Holder("Learner", who.family_name, "")
        certificates.append(
            {
                "id": who.number,
                "number": who.certificate,
                "enrolment_id": who.number,
                "edition": FIRST_EDITION,
                "module": module.slug,
                "issued_on": today,
                "record": record,
                "record_digest": digest(record),
                "holder_commitment": holder.commitment(salt),
            }
        )
        holders.append(_holder(who, holder, salt))
    _add(Certificate, certificates)
    _add(CertificateHolder, holders)
    _add(CertificateEvent, ({"certificate_id": who.number, "happening": Happening.ISSUED} for who in learners))


def _holder(who: Learner, holder: Holder, salt: str) -> dict[str, Any]:
    return {
        "certificate_id": who.number,
        "person_id": who.number,
        "given_names": holder.given_names,
        "family_name": holder.family_name,
        "registration_number": holder.registration_number,
        "salt": salt,
    }
