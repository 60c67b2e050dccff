"""What this feature holds about people: their passages, steps and answers to inline checks; who reviewed and withdrew."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, select

from elearn.extensions import db
from elearn.items.base import Item
from elearn.modules.catalogue import catalogue
from elearn.modules.models import CheckResponse, Completion, ContentReview, ContentWithdrawal, Enrolment
from elearn.shared.personal import WITH_ACCOUNT, Basis, Emptied, Field, Holding, KeptWhile, Record, Stays, Subject

INNER = "A number of the database without meaning outside it."
STATISTICS = "Stays without identity, for the statistics of questions."
LEARNERS = "the person, administrators; educators of cohorts that the person joined see steps and dates"


def enrolments_of(whom: Subject) -> Select[int]:
    """The keys of a person's enrolments, as a part of another statement."""
    return select(Enrolment.id).where(Enrolment.person_id.in_(whom.ids))


def _checks_of(whom: Subject) -> ColumnElement[bool]:
    return CheckResponse.enrolment_id.in_(enrolments_of(whom))


def _checks(_holding: Holding, whom: Subject) -> Sequence[Record]:
    """Each try in words; of a question that has changed since only that there was an answer."""
    rows = db.session.execute(
        select(Enrolment.module, *CheckResponse.__table__.columns)
        .join(Enrolment, Enrolment.id == CheckResponse.enrolment_id)
        .where(_checks_of(whom))
        .order_by(CheckResponse.id)
    )
    found = []
    for row in rows:
        module = catalogue().get(row.module)
        lesson = module.lessons.get(row.lesson) if module else None
        item = lesson.checks.get(row.check_id) if lesson else None
        asked = item if isinstance(item, Item) and item.digest == row.item_digest else None
        found.append(
            {
                "module": row.module,
                "lesson": row.lesson,
                "check_id": row.check_id,
                "question": asked.lead_in if asked else "A question that has changed since",
                "answer": asked.wording(row.response) if asked else "Kept, to that question",
                "points": row.points,
                "at": row.at,
            }
        )
    return found


HOLDINGS = (
    Holding(
        model=Enrolment,
        title="Modules you started",
        purpose="To take the person along the path and back to where they were.",
        basis=Basis.CONTRACT,
        recipients=LEARNERS,
        whose=lambda whom: Enrolment.person_id.in_(whom.ids),
        fields={
            "id": Field("Number"),
            "person_id": Field("Number of the account", withheld=INNER),
            "module": Field("Module"),
            "module_version": Field("Version"),
            "cycle": Field("Round"),
            "started_at": Field("Started"),
            "last_step": Field("Last page"),
            "last_anchor": Field("Place on it"),
        },
        erase=Emptied({"last_step": "", "last_anchor": ""}, STATISTICS + " The last place read is deleted."),
        retain=WITH_ACCOUNT,
    ),
    Holding(
        model=Completion,
        title="Steps you have done",
        purpose="To show how far the person is, and to award the certificate.",
        basis=Basis.CONTRACT,
        recipients=LEARNERS,
        whose=lambda whom: Completion.enrolment_id.in_(enrolments_of(whom)),
        fields={
            "id": Field("Number", withheld=INNER),
            "enrolment_id": Field("Number of the start of the module"),
            "step": Field("Step"),
            "at": Field("When"),
        },
        erase=Stays(STATISTICS),
        retain=WITH_ACCOUNT,
    ),
    Holding(
        model=CheckResponse,
        title="Your answers to questions inside lessons",
        purpose="To show feedback, and to find questions that are bad.",
        basis=Basis.CONTRACT,
        recipients="the person; educators see numbers of answers without people",
        whose=_checks_of,
        records=_checks,
        also={"module": "Module", "question": "Question", "answer": "Your answer"},
        fields={
            "id": Field("Number", withheld=INNER),
            "enrolment_id": Field("Number of the start of the module", withheld=INNER),
            "lesson": Field("Lesson"),
            "check_id": Field("Check"),
            "item_digest": Field("Version of the question", withheld="It is about the question."),
            "response": Field("Answer as it is stored", withheld="Said in words as “Your answer”."),
            "points": Field("Points"),
            "at": Field("When"),
        },
        erase=Stays(STATISTICS + " Answers are choices and numbers, never words."),
        retain=WITH_ACCOUNT,
    ),
    Holding(
        model=ContentWithdrawal,
        title="Content that you withdrew or restored",
        purpose="To tell learners why a lesson or question is out of use.",
        basis=Basis.LEGITIMATE,
        recipients="everybody reads the reason; administrators see who",
        whose=lambda whom: ContentWithdrawal.by.in_(whom.ids),
        fields={
            "id": Field("Number", withheld=INNER),
            "module": Field("Module"),
            "module_version": Field("Version"),
            "kind": Field("Kind"),
            "part": Field("What"),
            "withdrawn": Field("Withdrawn"),
            "reason": Field("Reason"),
            "by": Field("Number of whoever did it", withheld=INNER),
            "at": Field("When"),
        },
        erase=Stays("The reason is about the content; who gave it is a number that leads to a nameless account."),
        retain=KeptWhile("Kept as long as the service runs: certificates rest on it."),
    ),
    Holding(
        model=ContentReview,
        title="Reviews that you recorded",
        purpose="To show who answers for the content: the reviewer’s name and role are on the module’s public page.",
        basis=Basis.LEGITIMATE,
        recipients="everybody (reviewer, role, day); administrators (the note)",
        whose=lambda whom: ContentReview.recorded_by.in_(whom.ids),
        fields={
            "id": Field("Number", withheld=INNER),
            "module": Field("Module"),
            "version": Field("Version"),
            "content_digest": Field("Mark of the content"),
            "reviewer": Field("Reviewer"),
            "reviewer_role": Field("Reviewer’s role"),
            "reviewed_on": Field("Day of the review"),
            "note": Field("Note"),
            "recorded_by": Field("Number of whoever recorded it", withheld=INNER),
            "recorded_at": Field("Recorded"),
        },
        erase=Stays(
            "A reviewer stands with their name for what certificates rest on, whether or not they have an account."
        ),
        retain=KeptWhile("Kept as long as the service runs: certificates rest on it."),
    ),
)
WITHOUT_PEOPLE = {"epochs": "Counters that say which content is in use."}
