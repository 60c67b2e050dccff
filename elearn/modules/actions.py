"""Changing enrolments, progress and reviews."""

from datetime import date

from elearn.accounts.rules import Viewer
from elearn.audit import actions as audit
from elearn.content.structure import Lesson, Module
from elearn.extensions import db
from elearn.items.base import Item, Sent
from elearn.modules import queries
from elearn.modules.models import CheckResponse, Completion, ContentReview, ContentWithdrawal, Enrolment
from elearn.modules.rules import FIRST_CYCLE, lay_path, may_finish_lesson
from elearn.modules.withdrawing import CONTENT, PartKind
from elearn.shared import clock
from elearn.shared.epochs import move_on
from elearn.shared.once import insert_once


class StepLocked(Exception):
    """The step cannot be done now; the message says why in the person's words."""


class NothingChosen(Exception):
    """The form was sent without an answer."""


def start_module(viewer: Viewer, module: Module) -> None:
    """Enrol the viewer; a second call changes nothing."""
    added = insert_once(
        Enrolment,
        person_id=viewer.id,
        module=module.slug,
        module_version=module.version,
        cycle=FIRST_CYCLE,
        started_at=clock.now(),
        last_step="",
        last_anchor="",
    )
    if added:
        audit.record("module started", f"module:{module.slug}", viewer.id)


def answer_check(viewer: Viewer, module: Module, lesson: Lesson, item: Item, sent: Sent) -> None:
    """Keep one try of an inline check. Raises BadResponse, StepLocked; NotFound before the module is started."""
    enrolment = queries.get_enrolment_to_change(viewer, module)
    _require_open(module, enrolment, f"lesson:{lesson.slug}")
    response = item.read(sent, item.natural_order())
    if response is None:
        raise NothingChosen
    db.session.add(
        CheckResponse(
            enrolment_id=enrolment.id,
            lesson=lesson.slug,
            check_id=item.id,
            item_digest=item.digest,
            response=response,
            points=item.points(response),
        )
    )
    db.session.flush()


def finish_lesson(viewer: Viewer, module: Module, lesson: Lesson) -> None:
    """Call a lesson done. Raises StepLocked with the reason where it is not its turn or a check is untried."""
    enrolment = queries.get_enrolment_to_change(viewer, module)
    _require_open(module, enrolment, f"lesson:{lesson.slug}")
    decision = may_finish_lesson(lesson, queries.latest_responses(enrolment.id, lesson.slug))
    if not decision.allowed:
        raise StepLocked(decision.reason)
    complete_step(enrolment.id, f"lesson:{lesson.slug}")


def complete_step(enrolment_id: int, step: str) -> None:
    """Note that a step is done; a second time changes nothing."""
    if insert_once(Completion, enrolment_id=enrolment_id, step=step, at=clock.now()):
        audit.record("step done", f"enrolment:{enrolment_id}", step=step)


def keep_place(viewer: Viewer, module: Module, step: str, anchor: str) -> None:
    """Remember where the person is, so that they can go on from there."""
    enrolment = queries.get_enrolment_to_change(viewer, module)
    enrolment.last_step, enrolment.last_anchor = step, anchor
    db.session.flush()


def record_review(
    administrator: Viewer | None, module: Module, *, reviewer: str, role: str, reviewed_on: date, note: str = ""
) -> bool:
    """Record that somebody reviewed this version of the content. False where their review of it is recorded already."""
    actor = administrator.id if administrator else None
    added = insert_once(
        ContentReview,
        module=module.slug,
        version=module.version,
        content_digest=module.digest,
        reviewer=reviewer,
        reviewer_role=role,
        reviewed_on=reviewed_on,
        note=note,
        recorded_by=actor,
        recorded_at=clock.now(),
    )
    if added:
        audit.record("content review recorded", f"module:{module.slug}", actor, version=module.version)
    return added


def withdraw_part(administrator: Viewer, module: Module, kind: PartKind, part: str, reason: str) -> bool:
    """Take a lesson or item out of use in every process from the next request on; false where it is so already."""
    return _set_withdrawn(administrator, module, kind, part, reason, withdrawn=True)


def restore_part(administrator: Viewer, module: Module, kind: PartKind, part: str, reason: str) -> bool:
    """Bring a withdrawn lesson or item back; false where it is in use."""
    return _set_withdrawn(administrator, module, kind, part, reason, withdrawn=False)


def _set_withdrawn(
    administrator: Viewer, module: Module, kind: PartKind, part: str, reason: str, *, withdrawn: bool
) -> bool:
    move_on(CONTENT)  # first: it makes two administrators wait for each other
    known = {(found.module, found.kind, found.part) for found in queries.list_withdrawals()}
    if ((module.slug, kind, part) in known) is withdrawn:
        return False
    db.session.add(
        ContentWithdrawal(
            module=module.slug,
            module_version=module.version,
            kind=kind,
            part=part,
            withdrawn=withdrawn,
            reason=reason,
            by=administrator.id,
            at=clock.now(),
        )
    )
    db.session.flush()
    doing = "content withdrawn" if withdrawn else "content restored"
    audit.record(doing, f"module:{module.slug}", administrator.id, part=f"{kind.value}:{part}")
    return True


def _require_open(module: Module, enrolment: Enrolment, step: str) -> None:
    path_step = lay_path(module, queries.list_done(enrolment)).of(step)
    if not path_step.is_open:
        raise StepLocked(path_step.reason)
