"""What people learned: the pre-test beside the first try at each quiz, outcome by outcome.

The first try, since a later one has seen feedback. Points are those of the marking that is in force now, so a ruling moves both.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from elearn.content.structure import Module
from elearn.extensions import db
from elearn.quizzes.marking import under
from elearn.quizzes.models import Answer, Attempt
from elearn.quizzes.queries import item_versions
from elearn.quizzes.rules import AttemptState, Gain, Share
from elearn.quizzes.rulings import rulings_on


def list_gains(module: Module, enrolment_ids: Collection[int]) -> Mapping[int, Sequence[Gain]]:
    """The gains of enrolments, by id, outcome by outcome; of those alone that have both sides of an outcome.

    One statement for the answers of all, and one for rulings.
    """
    if module.pretest is None or not enrolment_ids:
        return {}
    rows = _first_answers(module, enrolment_ids)
    if not any(row.quiz == module.pretest.slug for row in rows):
        return {}
    versions = item_versions({row.item_digest for row in rows})
    rulings = rulings_on(set(versions))
    marked = {digest: under(item, rulings.get(digest, ())) for digest, item in versions.items()}
    before: dict[tuple[int, str], Share] = defaultdict(Share)
    after: dict[tuple[int, str], Share] = defaultdict(Share)
    for row in rows:
        force = marked[row.item_digest]
        side = before if row.quiz == module.pretest.slug else after
        side[row.enrolment_id, force.item.outcome] += Share(force.points(row.response), force.possible)
    return {
        enrolment: [
            Gain(outcome, before[enrolment, outcome.id], after[enrolment, outcome.id])
            for outcome in module.outcomes
            if before[enrolment, outcome.id].possible and after[enrolment, outcome.id].possible
        ]
        for enrolment in sorted({row.enrolment_id for row in rows})
    }


def _first_answers(module: Module, enrolment_ids: Collection[int]) -> Sequence[Any]:
    quizzes = [quiz.slug for quiz in module.every_quiz]
    return db.session.execute(
        select(Attempt.enrolment_id, Attempt.quiz, Answer.item_digest, Answer.response)
        .join(Answer, Answer.attempt_id == Attempt.id)
        .where(
            Attempt.enrolment_id.in_(enrolment_ids),
            Attempt.quiz.in_(quizzes),
            Attempt.number == 1,
            Attempt.state == AttemptState.SUBMITTED,
        )
    ).all()
