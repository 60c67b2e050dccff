"""Where the steps of a path are. Steps of upper features are named by endpoint, never imported."""

from flask import url_for

from elearn.content.structure import Module, Step, StepKind
from elearn.modules.queries import Progress

_ENDPOINTS = {
    StepKind.REFLECTION: "learning.reflection",
    StepKind.EVALUATION: "learning.evaluation",
    StepKind.CERTIFICATE: "certificates.confirm",
}


def address_of(module: Module, step: Step) -> str:
    """The page of a step."""
    match step.kind:
        case StepKind.LESSON:
            return url_for("modules.lesson", module=module.slug, lesson=step.slug)
        case StepKind.QUIZ:
            return url_for("quizzes.quiz", module=module.slug, quiz=step.slug)
        case _:
            return url_for(_ENDPOINTS[step.kind], module=module.slug)


def resume_address(module: Module, progress: Progress) -> str:
    """Where to go on: the heading that was read last, if its step still waits; else the next open step."""
    waiting = progress.path.next
    if waiting is None:
        return url_for("modules.module", module=module.slug) + "#path"
    address = address_of(module, waiting.step)
    if progress.last_step == waiting.step.id and progress.last_anchor:
        return f"{address}#{progress.last_anchor}"
    return address
