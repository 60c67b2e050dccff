"""Saving a reflection, storing an evaluation without its person, reporting a problem and answering one."""

from sqlalchemy import select

from elearn.accounts.rules import Viewer
from elearn.audit import actions as audit
from elearn.content.structure import Module, StepKind
from elearn.extensions import db
from elearn.learning.models import Evaluation, ProblemReport, Reflection
from elearn.learning.reported import Subject, get_report_to_change
from elearn.learning.rules import MOST_PROBLEMS, PROBLEMS_WINDOW, Opinion, ProblemState, ReflectionTexts, month_of
from elearn.modules.actions import StepLocked, complete_step
from elearn.modules.models import Enrolment
from elearn.modules.queries import get_enrolment_to_change, list_done
from elearn.modules.rules import StepState, lay_path
from elearn.shared import clock
from elearn.shared.limits import seconds_to_wait
from elearn.shared.missing import NotFound
from elearn.shared.once import insert_once
from elearn.shared.too_often import TooOften


def save_reflection(viewer: Viewer, module: Module, texts: ReflectionTexts) -> None:
    """Keep the viewer's reflection, or change it. Raises StepLocked, NotFound. The audit trail never holds the text."""
    enrolment = get_enrolment_to_change(viewer, module)
    step_id, _ = _open_step(enrolment, module, StepKind.REFLECTION)
    reflection = db.session.get(Reflection, enrolment.id)
    if reflection is None:
        reflection = Reflection(enrolment_id=enrolment.id)
        db.session.add(reflection)
    reflection.learned, reflection.will_change = texts.learned, texts.will_change
    reflection.effect_on_patients, reflection.next_step = texts.effect_on_patients, texts.next_step
    reflection.saved_at = clock.now()
    db.session.flush()
    complete_step(enrolment.id, step_id)
    audit.record("reflection saved", f"enrolment:{enrolment.id}", viewer.id)


def send_evaluation(viewer: Viewer, module: Module, opinion: Opinion) -> bool:
    """Store an opinion without the person, and call the step done; true where it was stored.

    A person who has done the step stores nothing more. Raises StepLocked, NotFound.
    """
    enrolment = get_enrolment_to_change(viewer, module)
    step_id, state = _open_step(enrolment, module, StepKind.EVALUATION)
    if state is StepState.DONE:
        return False
    db.session.add(
        Evaluation(
            module=module.slug,
            module_version=module.version,
            month=month_of(clock.today()),
            useful=opinion.useful,
            balanced=opinion.balanced,
            bias_seen=opinion.bias_seen,
            right_level=opinion.right_level,
            comment=opinion.comment,
        )
    )
    db.session.flush()
    complete_step(enrolment.id, step_id)
    return True


def report_problem(viewer: Viewer, subject: Subject, words: str, public_id: str) -> bool:
    """Keep what the viewer found wrong; a second time under the same id changes nothing, and says so by false.

    Raises TooOften where the viewer has reported very many lately. The audit trail is not told: whoever reads it beside the reports would know who wrote which.
    """
    now = clock.now()
    made = select(ProblemReport.made_at).where(
        ProblemReport.person_id == viewer.id, ProblemReport.made_at > now - PROBLEMS_WINDOW
    )
    if wait := seconds_to_wait(db.session.scalars(made).all(), now, MOST_PROBLEMS, PROBLEMS_WINDOW):
        raise TooOften(wait)
    return insert_once(
        ProblemReport,
        public_id=public_id,
        person_id=viewer.id,
        module=subject.module.slug,
        module_version=subject.module.version,
        kind=subject.kind,
        item_id=subject.item.id if subject.item else "",
        item_digest=subject.item.digest if subject.item else "",
        lesson=subject.lesson,
        seen=dict(subject.seen),
        words=words,
        made_at=now,
        changed_at=now,
    )


def answer_problem(educator: Viewer, public_id: str, state: ProblemState, answer: str) -> None:
    """Set how far a reported problem is, and what its person reads. Raises NotFound for whoever is no educator."""
    report = get_report_to_change(educator, public_id)
    report.state, report.answer = state, answer
    report.changed_at, report.changed_by = clock.now(), educator.id
    db.session.flush()
    audit.record("problem answered", f"problem:{public_id}", educator.id, state=state.value)


def _open_step(enrolment: Enrolment, module: Module, kind: StepKind) -> tuple[str, StepState]:
    step = next((step for step in module.path if step.kind is kind), None)
    if step is None:
        raise NotFound(kind)
    path_step = lay_path(module, list_done(enrolment)).of(step.id)
    if not path_step.is_open:
        raise StepLocked(path_step.reason)
    return step.id, path_step.state
