"""When a key is wrong: what a ruling would change, and applying it to every finished attempt in one transaction.

A ruling is on one item version. Attempts that are open meanwhile are marked under it when they are submitted: submitting
and ruling wait for each other at the row of the item version, so that no attempt falls between them.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import delete, select, update

from elearn.accounts.rules import Viewer
from elearn.audit import actions as audit
from elearn.cohorts.queries import is_educator
from elearn.content.schema import QuizRules
from elearn.extensions import db
from elearn.items.base import Item
from elearn.jobs.actions import enqueue
from elearn.modules.actions import complete_step
from elearn.modules.models import Completion, Enrolment
from elearn.quizzes import queries
from elearn.quizzes.marking import Ruled, mark_paper, under
from elearn.quizzes.models import Answer, Attempt, ItemVersion, MarkChange, Ruling
from elearn.quizzes.rules import AttemptState, Mark, RulingKind
from elearn.quizzes.rulings import rulings_on
from elearn.shared import clock
from elearn.shared.canonical import digest as digest_of
from elearn.shared.missing import NotFound
from elearn.shared.once import insert_once

TELL_JOB = "tell of a changed mark"


class Changed(Exception):
    """Since the dry run, other attempts are concerned: `plan` is what the ruling would do now."""

    def __init__(self, plan: "Plan") -> None:
        super().__init__("the dry run is out of date")
        self.plan = plan


@dataclass(frozen=True)
class Decision:
    """What an educator wants to rule; `lowers` lets it take a pass away."""

    kind: RulingKind
    alternative: str = ""
    reason: str = ""
    lowers: bool = False


@dataclass(frozen=True)
class Change:
    """What a ruling does to one finished attempt."""

    attempt_id: int
    public_id: str
    enrolment_id: int
    person_id: int
    module: str
    quiz: str
    number: int
    before: Mark
    after: Mark

    @property
    def passes_now(self) -> bool:
        """Whether it crosses the pass mark upwards."""
        return self.after.passed and not self.before.passed

    @property
    def fails_now(self) -> bool:
        """Whether it crosses the pass mark downwards."""
        return self.before.passed and not self.after.passed


@dataclass(frozen=True)
class Plan:
    """Everything that a ruling would change, in the order of the attempts."""

    changes: tuple[Change, ...]

    @property
    def fingerprint(self) -> str:
        """What tells this plan from another: the dry run that was seen is the one that is applied."""
        return digest_of([[c.attempt_id, *_numbers(c.before), *_numbers(c.after)] for c in self.changes])


def _numbers(mark: Mark) -> list[int]:
    return [mark.points, mark.possible, int(mark.passed)]


def get_item_version(viewer: Viewer, digest: str) -> Item:
    """An item version, with its key, for educators. Raises NotFound."""
    if (
        not is_educator(viewer) or db.session.get(ItemVersion, digest) is None
    ):  # offered, but never sat: nothing to rule on
        raise NotFound("item version")
    return queries.item_versions([digest])[digest]


def plan_ruling(viewer: Viewer, digest: str, decision: Decision) -> Plan:
    """What a ruling would change. Raises NotFound, and ValueError in the educator's words for an unfit alternative."""
    item = get_item_version(viewer, digest)
    rulings = dict(rulings_on(_digests_beside(digest)))
    now = Ruled(decision.kind, decision.alternative, decision.reason)
    rulings[digest] = [*rulings.get(digest, ()), now]
    under(item, rulings[digest])
    found = (_change(rows, rulings, decision) for _, rows in groupby(_answers_beside(digest), key=lambda row: row.id))
    return Plan(tuple(change for change in found if change.before != change.after))


def _with(digest: str) -> Any:
    return select(Answer.attempt_id).where(Answer.item_digest == digest)


def _digests_beside(digest: str) -> set[str]:
    """The item versions of every paper that has this one."""
    return set(db.session.scalars(select(Answer.item_digest).where(Answer.attempt_id.in_(_with(digest))).distinct()))


def _answers_beside(digest: str) -> Iterator[Any]:
    """Every answer of the finished attempts that have this item version."""
    yield from db.session.execute(
        select(
            Attempt.id,
            Attempt.public_id,
            Attempt.enrolment_id,
            Enrolment.person_id,
            Enrolment.module,
            Attempt.quiz,
            Attempt.number,
            Attempt.rules,
            Attempt.points,
            Attempt.possible,
            Attempt.passed,
            Answer.item_digest,
            Answer.response,
        )
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Answer, Answer.attempt_id == Attempt.id)
        .where(Attempt.state == AttemptState.SUBMITTED, Attempt.id.in_(_with(digest)))
        .order_by(Attempt.id, Answer.position)
    )


def _change(rows: Iterator[Any], rulings: dict[str, Sequence[Ruled]], decision: Decision) -> Change:
    paper = list(rows)
    first = paper[0]
    versions = queries.item_versions([row.item_digest for row in paper])
    before = Mark(first.points, first.possible, bool(first.passed))
    percent = QuizRules.model_validate(first.rules).pass_percent
    after = mark_paper([(versions[row.item_digest], row.response) for row in paper], rulings, percent)
    if before.passed and not decision.lowers:
        after = Mark(after.points, after.possible, passed=True)
    return Change(
        attempt_id=first.id,
        public_id=first.public_id,
        enrolment_id=first.enrolment_id,
        person_id=first.person_id,
        module=first.module,
        quiz=first.quiz,
        number=first.number,
        before=before,
        after=after,
    )


def apply_ruling(
    viewer: Viewer, digest: str, decision: Decision, *, key: str, seen: str, certified: Collection[int]
) -> int:
    """Apply a ruling that was seen in a dry run (`seen` is its fingerprint), once for its `key`; gives how many changed.

    A pass gained completes its quiz. A pass lost, where `decision` asks for that, opens the quiz again, except for the
    enrolments that are `certified`: no certificate loses its ground without a person who decides that. Raises Changed,
    NotFound, ValueError.
    """
    item = get_item_version(viewer, digest)
    db.session.scalar(select(ItemVersion.digest).where(ItemVersion.digest == digest).with_for_update())
    if db.session.scalar(select(Ruling.id).where(Ruling.key == key)) is not None:
        return 0
    plan = plan_ruling(viewer, digest, decision)
    if plan.fingerprint != seen:
        raise Changed(plan)
    insert_once(
        Ruling,
        key=key,
        item_digest=digest,
        kind=decision.kind,
        alternative=decision.alternative,
        reason=decision.reason,
        lowers=decision.lowers,
        ruled_by=viewer.id,
        at=clock.now(),
    )
    ruling_id = db.session.scalar(select(Ruling.id).where(Ruling.key == key))
    for change in plan.changes:
        _apply(change, ruling_id, certified)
    audit.record(
        "key ruled", f"item:{item.id}", viewer.id, version=digest[:12], ruling=decision.kind, marks=len(plan.changes)
    )
    return len(plan.changes)


def _apply(change: Change, ruling_id: int | None, certified: Collection[int]) -> None:
    db.session.execute(
        update(Attempt)
        .where(Attempt.id == change.attempt_id)
        .values(points=change.after.points, possible=change.after.possible, passed=change.after.passed)
    )
    row = MarkChange(
        ruling_id=ruling_id,
        attempt_id=change.attempt_id,
        points_before=change.before.points,
        possible_before=change.before.possible,
        passed_before=change.before.passed,
        points_after=change.after.points,
        possible_after=change.after.possible,
        passed_after=change.after.passed,
    )
    db.session.add(row)
    db.session.flush()
    step = f"quiz:{change.quiz}"
    if change.passes_now:
        complete_step(change.enrolment_id, step)
    elif change.fails_now and change.enrolment_id not in certified and not _passed_otherwise(change):
        db.session.execute(
            delete(Completion).where(Completion.enrolment_id == change.enrolment_id, Completion.step == step)
        )
        audit.record("step opened again", f"enrolment:{change.enrolment_id}", step=step)
    enqueue(TELL_JOB, {"change": row.id})


def _passed_otherwise(change: Change) -> bool:
    found = select(Attempt.id).where(
        Attempt.enrolment_id == change.enrolment_id,
        Attempt.quiz == change.quiz,
        Attempt.passed.is_(True),
        Attempt.id != change.attempt_id,
    )
    return db.session.scalar(found.limit(1)) is not None
