"""The pre-test: for those who like to know where they start. It counts for nothing, and says nothing until the end."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts.viewer import get_viewer
from elearn.content.structure import Module, Quiz, StepKind
from elearn.modules.actions import StepLocked
from elearn.modules.catalogue import get_module
from elearn.modules.queries import Progress, get_progress
from elearn.modules.rules import StepState
from elearn.quizzes import actions, queries
from elearn.quizzes.gains import list_gains
from elearn.quizzes.marking import under
from elearn.quizzes.rulings import rulings_on_paper
from elearn.shared.access import Access, allow
from elearn.shared.missing import NotFound
from elearn.shared.transactions import commits

blueprint = Blueprint("pretest", __name__, template_folder="templates")


def _find(module: str) -> tuple[Module, Quiz]:
    found = get_module(module)
    if found.pretest is None or found.pretest.fault:
        raise NotFound("pre-test")
    return found, found.pretest


def _is_over(progress: Progress) -> bool:
    """Whether every lesson and quiz is done: then answers may be shown."""
    taught = [step for step in progress.path.steps if step.step.kind in (StepKind.LESSON, StepKind.QUIZ)]
    return all(step.state is StepState.DONE for step in taught)


@blueprint.get("/modules/<module>/before/")
@allow(Access.SIGNED_IN)
def before(module: str) -> ResponseReturnValue:
    """What it is; after it, that it is kept; at the end of the module, its answers and what was gained."""
    found, pretest = _find(module)
    viewer = get_viewer()
    progress = get_progress(viewer, found)
    sittings = queries.list_sittings(progress.enrolment_id, pretest.slug)
    submitted = bool(sittings) and sittings[-1][0].submitted_at is not None
    reviews = []
    if submitted and _is_over(progress):
        view = queries.get_attempt(viewer, sittings[-1][1])
        rulings = rulings_on_paper(view.id)
        for number, place in enumerate(view.paper, start=1):
            item = under(place.item, rulings.get(place.item.digest, ())).item
            reviews.append((number, item, item.review(place.order, view.response_at(number), everything=True)))
    return render_template(
        "quizzes/pretest.html",
        module=found,
        pretest=pretest,
        begun=bool(sittings),
        submitted=submitted,
        may_start=progress.path.done == 0 and not submitted,
        reviews=reviews,
        gains=list_gains(found, [progress.enrolment_id]).get(progress.enrolment_id, []) if reviews else [],
    )


@blueprint.post("/modules/<module>/before/")
@allow(Access.SIGNED_IN)
@commits
def start(module: str) -> ResponseReturnValue:
    """Start it, or go on with it."""
    found, pretest = _find(module)
    try:
        attempt = actions.start_pretest(get_viewer(), found, pretest)
    except (actions.MayNotStart, StepLocked):
        return redirect(url_for("pretest.before", module=module), 303)
    return redirect(url_for("questions.question", attempt=attempt, number=1), 303)
