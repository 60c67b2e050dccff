"""The learner's own pages: my learning, the reflection, the evaluation."""

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts.forms import EmptyForm
from elearn.accounts.queries import get_person
from elearn.accounts.rules import Viewer
from elearn.accounts.security import confirmation_address
from elearn.accounts.viewer import get_viewer
from elearn.config import Settings
from elearn.content.structure import Module, StepKind
from elearn.learning import actions, queries
from elearn.learning.forms import EvaluationForm, ReflectionForm
from elearn.modules.actions import StepLocked
from elearn.modules.addresses import resume_address
from elearn.modules.catalogue import catalogue, get_module
from elearn.modules.queries import Progress, get_progress
from elearn.modules.rules import PathStep, StepState
from elearn.shared import clock
from elearn.shared.access import Access, allow
from elearn.shared.missing import NotFound
from elearn.shared.transactions import commits

blueprint = Blueprint("learning", __name__, template_folder="templates")


@blueprint.get("/learning/")
@allow(Access.SIGNED_IN)
def learning() -> ResponseReturnValue:
    """What is open, what is done, and the certificates."""
    viewer, settings = get_viewer(), _settings()
    passages = queries.list_passages(viewer, catalogue())
    return render_template(
        "learning/learning.html",
        passages=passages,
        resume={passage.module.slug: resume_address(passage.module, passage.progress) for passage in passages},
        certificates=queries.list_own_certificates(viewer, clock.today(settings.time_zone)),
        confirmation=_confirmation(viewer, settings),
        form=EmptyForm(),
    )


@blueprint.get("/modules/<module>/reflection/")
@allow(Access.SIGNED_IN)
def reflection(module: str) -> ResponseReturnValue:
    """Ask for the reflection, or show it to be changed."""
    viewer, found = get_viewer(), get_module(module)
    progress, path_step = _find(viewer, found, StepKind.REFLECTION)
    if not path_step.is_open:
        return render_template("modules/locked.html", module=found, step=path_step)
    saved = queries.find_reflection(viewer, progress.enrolment_id)
    return render_template("learning/reflection.html", module=found, form=ReflectionForm(obj=saved), saved=saved)


@blueprint.post("/modules/<module>/reflection/")
@allow(Access.SIGNED_IN)
@commits
def save_reflection(module: str) -> ResponseReturnValue:
    """Save the reflection, once or again."""
    viewer, found, form = get_viewer(), get_module(module), ReflectionForm()
    if not form.validate_on_submit():
        progress, _ = _find(viewer, found, StepKind.REFLECTION)
        saved = queries.find_reflection(viewer, progress.enrolment_id)
        return render_template("learning/reflection.html", module=found, form=form, saved=saved), 422
    try:
        actions.save_reflection(viewer, found, form.texts())
    except StepLocked:
        return redirect(url_for("learning.reflection", module=module), 303)
    flash("Your reflection is saved. Only you can read it.")
    return redirect(url_for("modules.module", module=module), 303)


@blueprint.get("/modules/<module>/evaluation/")
@allow(Access.SIGNED_IN)
def evaluation(module: str) -> ResponseReturnValue:
    """Ask for the evaluation, or say that it has been sent."""
    found = get_module(module)
    _, path_step = _find(get_viewer(), found, StepKind.EVALUATION)
    if not path_step.is_open:
        return render_template("modules/locked.html", module=found, step=path_step)
    sent = path_step.state is StepState.DONE
    return render_template("learning/evaluation.html", module=found, form=EvaluationForm(), sent=sent)


@blueprint.post("/modules/<module>/evaluation/")
@allow(Access.SIGNED_IN)
@commits
def send_evaluation(module: str) -> ResponseReturnValue:
    """Store the evaluation without the person."""
    found, form = get_module(module), EvaluationForm()
    if not form.validate_on_submit():
        _find(get_viewer(), found, StepKind.EVALUATION)
        return render_template("learning/evaluation.html", module=found, form=form, sent=False), 422
    try:
        stored = actions.send_evaluation(get_viewer(), found, form.opinion())
    except StepLocked:
        return redirect(url_for("learning.evaluation", module=module), 303)
    if stored:
        flash("Thank you. Your evaluation is stored without your name.")
    else:
        flash("You had sent your evaluation already.", "notice")
    return redirect(url_for("modules.module", module=module), 303)


def _find(viewer: Viewer, module: Module, kind: StepKind) -> tuple[Progress, PathStep]:
    progress = get_progress(viewer, module)
    found = next((step for step in progress.path.steps if step.step.kind is kind), None)
    if found is None:
        raise NotFound(kind)
    return progress, found


def _settings() -> Settings:
    found: Settings = current_app.extensions["elearn.settings"]
    return found


def _confirmation(viewer: Viewer, settings: Settings) -> str:
    """In the demonstration, which sends no mail, the page that confirms the viewer's address."""
    if viewer.confirmed or not settings.demonstration:
        return ""
    return confirmation_address(get_person(viewer.id))
