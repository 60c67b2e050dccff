"""What this feature holds about people: reflections, reported problems; and evaluations, which name nobody."""

from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select, update

from elearn.config import Settings
from elearn.learning.models import Evaluation, ProblemReport, Reflection
from elearn.learning.rules import month_of
from elearn.modules.models import Enrolment
from elearn.shared.personal import (
    WITH_ACCOUNT,
    Basis,
    Emptied,
    Field,
    Goes,
    Holding,
    KeptBy,
    KeptFor,
    Stays,
    Subject,
    run,
)

INNER = "A number of the database without meaning outside it."


def _enrolments(whom: Subject) -> Select[int]:
    return select(Enrolment.id).where(Enrolment.person_id.in_(whom.ids))


def forget_comments(settings: Settings, now: datetime) -> int:
    """Take the words out of evaluations whose whole month is past the period; the day in it is not known."""
    if not settings.texts_kept_days:
        return 0
    last = month_of((now - timedelta(days=settings.texts_kept_days)).date())
    written = or_(Evaluation.comment != "", Evaluation.bias_seen != "")
    return run(update(Evaluation).where(Evaluation.month < last, written).values(comment="", bias_seen=""))


def months_in_words(settings: Settings) -> str:
    """The same in words."""
    days = settings.texts_kept_days
    return f"Its words are kept for {days} days after its month." if days else "Kept as long as the service runs."


HOLDINGS = (
    Holding(
        model=Reflection,
        title="Your reflections",
        purpose="For the person’s own record.",
        basis=Basis.CONTRACT,
        recipients="the person, and nobody else",
        whose=lambda whom: Reflection.enrolment_id.in_(_enrolments(whom)),
        fields={
            "enrolment_id": Field("Number of the start of the module"),
            "learned": Field("What did you learn?"),
            "will_change": Field("What will you change in your work?"),
            "effect_on_patients": Field("What effect will it have on patients?"),
            "next_step": Field("What will you do or learn next?"),
            "saved_at": Field("Saved"),
        },
        erase=Goes(),
        retain=WITH_ACCOUNT,
    ),
    Holding(
        model=Evaluation,
        title="Evaluations of modules",
        purpose="To make the module better.",
        basis=Basis.LEGITIMATE,
        recipients="educators and administrators, without a person",
        whose=None,
        fields={
            "id": Field("Random number"),
            "module": Field("Module"),
            "module_version": Field("Version"),
            "month": Field("Month"),
            "useful": Field("How useful"),
            "balanced": Field("Balanced"),
            "bias_seen": Field("What bias was seen"),
            "right_level": Field("At the right level"),
            "comment": Field("What to change"),
        },
        erase=Stays("Stored without the person, so that nobody’s can be found."),
        retain=KeptBy(forget_comments, months_in_words),
    ),
    Holding(
        model=ProblemReport,
        title="Problems you reported",
        purpose="To mend the content, and to answer the person.",
        basis=Basis.LEGITIMATE,
        recipients="the person; educators and administrators, without the person",
        whose=lambda whom: ProblemReport.person_id.in_(whom.ids),
        fields={
            "id": Field("Number", withheld=INNER),
            "public_id": Field("Number in addresses"),
            "person_id": Field("Number of the account", withheld=INNER),
            "module": Field("Module"),
            "module_version": Field("Version"),
            "kind": Field("About"),
            "item_id": Field("Question"),
            "item_digest": Field(
                "Version of the question", withheld="It is about the question, and could tell its key."
            ),
            "lesson": Field("Lesson"),
            "seen": Field(
                "What you saw", withheld="The order of options could tell a key; your answer is with your quizzes."
            ),
            "words": Field("What you wrote"),
            "state": Field("State"),
            "answer": Field("Answer"),
            "made_at": Field("Sent"),
            "changed_at": Field("Changed"),
            "changed_by": Field("Who answered", withheld="It is about an educator."),
        },
        erase=Emptied(
            {"person_id": None, "words": "", "answer": "", "seen": {}},
            "Its words and the answer are deleted; that there was a report on a question stays, without a person.",
        ),
        retain=KeptFor("texts_kept_days", "changed_at", "it changed last", emptied={"words": "", "answer": ""}),
    ),
)
