"""The module page, its lessons and their checks."""

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts.viewer import find_viewer, get_viewer
from elearn.content.structure import Lesson, Module
from elearn.items.base import BadResponse, Item
from elearn.modules import actions, queries
from elearn.modules.addresses import resume_address
from elearn.modules.catalogue import catalogue, get_module
from elearn.modules.fixed import fixed
from elearn.modules.forms import PlaceForm
from elearn.modules.rules import PathStep, standing
from elearn.shared import clock
from elearn.shared.access import Access, allow
from elearn.shared.missing import NotFound
from elearn.shared.transactions import commits

blueprint = Blueprint("modules", __name__, template_folder="templates", url_prefix="/modules")


@blueprint.app_errorhandler(queries.NotStarted)
def start_first(error: queries.NotStarted) -> ResponseReturnValue:
    """Bring somebody who has not started the module to its page."""
    return redirect(url_for("modules.module", module=error.module.slug), 303)


@blueprint.get("/")
@allow(Access.PUBLIC)
def modules() -> ResponseReturnValue:
    """Every module that is offered."""
    return render_template("modules/modules.html", modules=list(catalogue().values()))


@blueprint.get("/<module>/")
@allow(Access.PUBLIC)
def module(module: str) -> ResponseReturnValue:
    """What the module is, before starting; and for somebody who has started, how far they are."""
    found = get_module(module)
    viewer = find_viewer()
    progress = queries.find_progress(viewer, found) if viewer else None
    reviews = queries.list_reviews(found)
    zone = current_app.extensions["elearn.settings"].time_zone
    return render_template(
        "modules/module.html",
        module=found,
        progress=progress,
        resume=resume_address(found, progress) if progress else "",
        reviews=reviews,
        standing=standing(found, {r.version: r.reviewed_on for r in reviews}, clock.today(zone)),
        about=fixed(found).about,
        behind=fixed(found).behind(signed_in=viewer is not None),
        rows=fixed(found).rows(progress.path) if progress else [],
    )


@blueprint.post("/<module>/start/")
@allow(Access.SIGNED_IN)
@commits
def start(module: str) -> ResponseReturnValue:
    """Start the module, and go to its first open step."""
    found = get_module(module)
    actions.start_module(get_viewer(), found)
    return redirect(url_for("modules.module", module=found.slug) + "#path", 303)


@blueprint.get("/<module>/lessons/<lesson>/")
@allow(Access.SIGNED_IN)
def lesson(module: str, lesson: str) -> ResponseReturnValue:
    """One lesson."""
    return _lesson_page(get_module(module), lesson)


@blueprint.post("/<module>/lessons/<lesson>/checks/<check>/")
@allow(Access.SIGNED_IN)
@commits
def check(module: str, lesson: str, check: str) -> ResponseReturnValue:
    """Answer an inline check, and come back to its feedback."""
    found, page = _find(module, lesson)
    item = page.checks.get(check)
    if not isinstance(item, Item):
        raise NotFound("check")
    try:
        actions.answer_check(get_viewer(), found, page, item, request.form.to_dict(flat=False))
    except actions.StepLocked:
        return redirect(url_for("modules.lesson", module=module, lesson=lesson), 303)
    except actions.NothingChosen:
        return _lesson_page(found, lesson, fault=(check, BadResponse(item.nothing_chosen))), 422
    except BadResponse as fault:
        return _lesson_page(found, lesson, fault=(check, fault)), 422
    return redirect(url_for("modules.lesson", module=module, lesson=lesson) + f"#check-{check}-feedback", 303)


@blueprint.post("/<module>/lessons/<lesson>/done/")
@allow(Access.SIGNED_IN)
@commits
def done(module: str, lesson: str) -> ResponseReturnValue:
    """Call a lesson done, and go on to the next step."""
    found, page = _find(module, lesson)
    try:
        actions.finish_lesson(get_viewer(), found, page)
    except actions.StepLocked as locked:
        return _lesson_page(found, lesson, problem=str(locked)), 422
    return redirect(url_for("modules.module", module=module) + f"#step-{page.slug}", 303)


@blueprint.post("/<module>/place/")
@allow(Access.SIGNED_IN)
@commits
def place(module: str) -> ResponseReturnValue:
    """Remember the heading that the person reads, for "Go on where you stopped"."""
    found, form = get_module(module), PlaceForm()
    step, anchor = form.step.data or "", form.anchor.data or ""
    if not form.validate_on_submit() or not found.is_place(step, anchor):
        abort(422)
    actions.keep_place(get_viewer(), found, step, anchor)
    return "", 204


def _find(module: str, lesson: str) -> tuple[Module, Lesson]:
    found = get_module(module)
    page = found.lessons.get(lesson)
    if page is None or page.fault:
        raise NotFound("lesson")
    return found, page


def _lesson_page(found: Module, slug: str, *, fault: tuple[str, BadResponse] | None = None, problem: str = "") -> str:
    page = found.lessons.get(slug)
    if page is None:
        raise NotFound("lesson")
    progress = queries.get_progress(get_viewer(), found)
    path_step = progress.path.of(f"lesson:{slug}")
    if not path_step.is_open or page.fault:
        return _locked_page(found, path_step)
    responses = queries.latest_responses(progress.enrolment_id, slug)
    ready = fixed(found)
    body = ready.lesson(page)
    errors = [("done", problem)] if problem else []
    if fault:
        errors = [(f"check-{fault[0]}{fault[1].control}", str(fault[1]))]
    return render_template(
        "modules/lesson.html",
        module=found,
        lesson=page,
        ready=ready,
        body=body,
        parts=body.after(responses, fault),
        step=path_step,
        following=progress.path.after(path_step.step.id),
        errors=errors,
    )


def _locked_page(found: Module, path_step: PathStep) -> str:
    return render_template("modules/locked.html", module=found, step=path_step)
