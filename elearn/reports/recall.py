"""Who learned from a lesson or an item: for an administrator who withdraws it (trust.md D-15)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, union_all

from elearn.accounts.erasing_rules import ERASED
from elearn.accounts.models import Person
from elearn.accounts.rules import Viewer, full_name
from elearn.extensions import db
from elearn.modules.models import CheckResponse, Completion, Enrolment
from elearn.modules.withdrawing import PartKind
from elearn.quizzes.models import Answer, Attempt, ItemVersion
from elearn.shared.missing import NotFound


@dataclass(frozen=True)
class Learned:
    """One person who learned from it, and when last."""

    name: str
    email: str
    last_at: datetime


def list_learners(administrator: Viewer, module: str, kind: PartKind, part: str) -> list[Learned]:
    """Everybody who finished the lesson or tried a check in it; or who was asked the item, in any version. By name.

    Raises NotFound for whoever is no administrator.
    """
    if not administrator.administrator:
        raise NotFound("content")
    traces = _of_lesson(part) if kind is PartKind.LESSON else _of_item(part)
    seen = union_all(*traces).subquery()
    rows = db.session.execute(
        select(Person.given_names, Person.family_name, Person.email, func.max(seen.c.at).label("last_at"))
        .select_from(seen)
        .join(Enrolment, Enrolment.id == seen.c.enrolment_id)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.module == module, ~Person.email.endswith(ERASED))
        .group_by(Person.id, Person.given_names, Person.family_name, Person.email)
    )
    found = [Learned(full_name(row.given_names, row.family_name), row.email, row.last_at) for row in rows]
    return sorted(found, key=lambda learned: (learned.name.casefold(), learned.email))


def _of_lesson(slug: str) -> Sequence[Select[*tuple[Any, ...]]]:
    return (
        select(Completion.enrolment_id, Completion.at).where(Completion.step == f"lesson:{slug}"),
        select(CheckResponse.enrolment_id, CheckResponse.at).where(CheckResponse.lesson == slug),
    )


def _of_item(item_id: str) -> Sequence[Select[*tuple[Any, ...]]]:
    return (
        select(CheckResponse.enrolment_id, CheckResponse.at).where(CheckResponse.check_id == item_id),
        select(Attempt.enrolment_id, Answer.saved_at.label("at"))
        .join(Answer, Answer.attempt_id == Attempt.id)
        .join(ItemVersion, ItemVersion.digest == Answer.item_digest)
        .where(ItemVersion.item_id == item_id),
    )
