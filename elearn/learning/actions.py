"""Saving a reflection, and storing an evaluation without its person."""

from elearn.accounts.rules import Viewer
from elearn.audit import actions as audit
from elearn.content.structure import Module, StepKind
from elearn.extensions import db
from elearn.learning.models import Evaluation, Reflection
from elearn.learning.rules import Opinion, ReflectionTexts, month_of
from elearn.modules.actions import StepLocked, complete_step
from elearn.modules.models import Enrolment
from elearn.modules.queries import get_enrolment_to_change, list_done
from elearn.modules.rules import StepState, lay_path
from elearn.shared import clock
from elearn.shared.missing import NotFound


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


def _open_step(enrolment: Enrolment, module: Module, kind: StepKind) -> tuple[str, StepState]:
    step = next((step for step in module.path if step.kind is kind), None)
    if step is None:
        raise NotFound(kind)
    path_step = lay_path(module, list_done(enrolment)).of(step.id)
    if not path_step.is_open:
        raise StepLocked(path_step.reason)
    return step.id, path_step.state
