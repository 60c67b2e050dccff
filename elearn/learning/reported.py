"""Reading problems that people reported, and what a report would be about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from elearn.accounts.rules import Viewer
from elearn.cohorts.queries import is_educator
from elearn.content.structure import Module
from elearn.extensions import db
from elearn.items.base import Item
from elearn.learning.models import ProblemReport
from elearn.learning.rules import ProblemKind, ProblemState
from elearn.modules.catalogue import get_module
from elearn.modules.queries import find_progress
from elearn.quizzes.queries import get_question
from elearn.shared.missing import NotFound
from elearn.shared.pagination import Page

# -- what a report is about ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Subject:
    """What a report is about, and what its person sees of it. `lesson` is the one itself, or the one that the question is of.

    Of `item` a page shows what its face shows; `seen`, which is kept, tells no key.
    """

    kind: ProblemKind
    module: Module
    seen: Mapping[str, Any]
    lesson: str
    item: Item | None = None
    attempt: str = ""
    is_open: bool = False

    @property
    def place(self) -> str:
        """Where it is, in words."""
        return str(self.seen["place"])

    @property
    def asked(self) -> Mapping[str, Any]:
        """What an address says to name it."""
        if self.item is None:
            return {"module": self.module.slug, "lesson": self.lesson}
        return {"attempt": self.attempt, "number": self.seen["position"]}


def get_question_subject(viewer: Viewer, attempt: str, number: int) -> Subject:
    """A question of the viewer's own attempt. Raises NotFound."""
    if not attempt.isprintable():  # PostgreSQL would refuse a NUL with an error
        raise NotFound("attempt")
    found = get_question(viewer, attempt, number)
    quiz = found.module.quiz(found.quiz)
    return Subject(
        kind=ProblemKind.ITEM,
        module=found.module,
        item=found.place.item,
        attempt=found.attempt,
        is_open=found.is_open,
        lesson=found.place.item.section.partition("#")[0],
        seen={
            "place": f"Question {number} of {found.length} in the quiz “{quiz.title}”",
            "position": number,
            "submitted": not found.is_open,
            "order": list(found.place.order),
            "answer": found.place.item.wording(found.answer.response),
        },
    )


def get_lesson_subject(viewer: Viewer, module: str, lesson: str) -> Subject:
    """A lesson that the viewer may read. Raises NotFound."""
    found = get_module(module)
    page, progress = found.lessons.get(lesson), find_progress(viewer, found)
    if page is None or page.fault or progress is None or not progress.path.of(f"lesson:{lesson}").is_open:
        raise NotFound("lesson")
    return Subject(kind=ProblemKind.LESSON, module=found, lesson=lesson, seen={"place": f"The lesson “{page.title}”"})


# -- one's own -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OwnReport:
    """A report as its person reads it."""

    seen: Mapping[str, Any]
    words: str
    state: ProblemState
    answer: str
    made_at: datetime
    changed_at: datetime


def list_own_reports(viewer: Viewer) -> list[OwnReport]:
    """What the viewer has reported, newest first."""
    rows = db.session.execute(
        select(
            ProblemReport.seen,
            ProblemReport.words,
            ProblemReport.state,
            ProblemReport.answer,
            ProblemReport.made_at,
            ProblemReport.changed_at,
        )
        .where(ProblemReport.person_id == viewer.id)
        .order_by(ProblemReport.id.desc())
    )
    return [OwnReport(*row) for row in rows]


# -- the educators' --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """A report as educators read it: without its person."""

    public_id: str
    kind: ProblemKind
    module: str
    module_version: str
    item_id: str
    item_digest: str
    lesson: str
    seen: Mapping[str, Any]
    words: str
    state: ProblemState
    answer: str
    made_at: datetime
    changed_at: datetime


_REPORT = select(
    ProblemReport.public_id,
    ProblemReport.kind,
    ProblemReport.module,
    ProblemReport.module_version,
    ProblemReport.item_id,
    ProblemReport.item_digest,
    ProblemReport.lesson,
    ProblemReport.seen,
    ProblemReport.words,
    ProblemReport.state,
    ProblemReport.answer,
    ProblemReport.made_at,
    ProblemReport.changed_at,
)


def _only_educators(viewer: Viewer) -> None:
    if not is_educator(viewer):
        raise NotFound("problem reports")


def count_reports(viewer: Viewer) -> Mapping[ProblemState, int]:
    """How many reports are in each state. Raises NotFound for whoever is no educator."""
    _only_educators(viewer)
    found = select(ProblemReport.state, func.count(ProblemReport.id)).group_by(ProblemReport.state)
    counts = {row[0]: row[1] for row in db.session.execute(found)}
    return {state: counts.get(state, 0) for state in ProblemState}


def list_reports_page(viewer: Viewer, state: ProblemState | None, page: Page) -> list[Report]:
    """One page of the reports in a state, or of all, newest first. Raises NotFound."""
    _only_educators(viewer)
    found = _REPORT if state is None else _REPORT.where(ProblemReport.state == state)
    ordered = found.order_by(ProblemReport.id.desc()).limit(page.size).offset(page.offset)
    return [Report(*row) for row in db.session.execute(ordered)]


def get_report(viewer: Viewer, public_id: str) -> Report:
    """One report. Raises NotFound."""
    _only_educators(viewer)
    row = db.session.execute(_REPORT.where(ProblemReport.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFound("problem report")
    return Report(*row)


def get_report_to_change(viewer: Viewer, public_id: str) -> ProblemReport:
    """One report as a row, locked until the transaction ends. Raises NotFound."""
    _only_educators(viewer)
    report = db.session.scalar(select(ProblemReport).where(ProblemReport.public_id == public_id).with_for_update())
    if report is None:
        raise NotFound("problem report")
    return report
