"""The pages of a quiz: its rules, one item a page, check your answers, the result."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts.viewer import get_viewer
from elearn.content.structure import Module, Quiz
from elearn.items.base import BadResponse
from elearn.modules.actions import StepLocked
from elearn.modules.catalogue import get_module
from elearn.modules.queries import get_progress
from elearn.quizzes import actions, queries
from elearn.quizzes.rules import may_start, needed, shows_everything
from elearn.shared import clock
from elearn.shared.access import Access, allow
from elearn.shared.missing import NotFound
from elearn.shared.transactions import commits

blueprint = Blueprint("quizzes", __name__, template_folder="templates")


def _find(module: str, quiz: str) -> tuple[Module, Quiz]:
    found = get_module(module)
    page = found.quizzes.get(quiz)
    if page is None:
        raise NotFound("quiz")
    return found, page


@blueprint.get("/modules/<module>/quizzes/<quiz>/")
@allow(Access.SIGNED_IN)
def quiz(module: str, quiz: str) -> ResponseReturnValue:
    """The rules in words, and where the person stands."""
    found, page = _find(module, quiz)
    progress = get_progress(get_viewer(), found)
    path_step = progress.path.of(f"quiz:{quiz}")
    if not path_step.is_open or page.fault:
        return render_template("modules/locked.html", module=found, step=path_step)
    sittings = queries.list_sittings(progress.enrolment_id, quiz)
    return render_template(
        "quizzes/quiz.html",
        module=found,
        quiz=page,
        sittings=sittings,
        decision=may_start([sitting for sitting, _ in sittings], page.rules, clock.now()),
        needed=needed(page.length, page.rules.pass_percent),
    )


@blueprint.post("/modules/<module>/quizzes/<quiz>/")
@allow(Access.SIGNED_IN)
@commits
def start(module: str, quiz: str) -> ResponseReturnValue:
    """Start an attempt, or go on with the one in progress."""
    found, page = _find(module, quiz)
    try:
        attempt = actions.start_attempt(get_viewer(), found, page)
    except (actions.MayNotStart, StepLocked):
        return redirect(url_for("quizzes.quiz", module=module, quiz=quiz), 303)
    return redirect(url_for("quizzes.question", attempt=attempt, number=1), 303)


@blueprint.get("/attempts/<attempt>/questions/<int:number>/")
@allow(Access.SIGNED_IN)
def question(attempt: str, number: int) -> ResponseReturnValue:
    """One item."""
    view = queries.get_attempt(get_viewer(), attempt)
    if not view.is_open:
        return redirect(url_for("quizzes.result", attempt=attempt), 303)
    return _question_page(view, number)


@blueprint.post("/attempts/<attempt>/questions/<int:number>/")
@allow(Access.SIGNED_IN)
@commits
def save(attempt: str, number: int) -> ResponseReturnValue:
    """Save the answer, and go on to the next item, or to check the answers after the last."""
    try:
        actions.save_answer(get_viewer(), attempt, number, request.form.getlist("answer"))
    except actions.AttemptClosed:
        return redirect(url_for("quizzes.result", attempt=attempt), 303)
    except BadResponse:
        return _question_page(queries.get_attempt(get_viewer(), attempt), number, error="Choose one answer"), 422
    view = queries.get_attempt(get_viewer(), attempt)
    if number == len(view.paper) or request.form.get("then") == "answers":
        return redirect(url_for("quizzes.answers", attempt=attempt), 303)
    return redirect(url_for("quizzes.question", attempt=attempt, number=number + 1), 303)


def _question_page(view: queries.AttemptView, number: int, error: str = "") -> str:
    if not 1 <= number <= len(view.paper):
        raise NotFound("question")
    place = view.paper[number - 1]
    return render_template(
        "quizzes/question.html",
        attempt=view,
        quiz=view.module.quizzes[view.quiz],
        number=number,
        face=place.item.face(place.order, view.response_at(number)),
        saved=view.answers.get(number),
        error=error,
    )


@blueprint.get("/attempts/<attempt>/answers/")
@allow(Access.SIGNED_IN)
def answers(attempt: str) -> ResponseReturnValue:
    """Check your answers before you submit them (WCAG 3.3.4)."""
    view = queries.get_attempt(get_viewer(), attempt)
    if not view.is_open:
        return redirect(url_for("quizzes.result", attempt=attempt), 303)
    rows = [
        (number, place.item.face(place.order, None), place.item.wording(view.response_at(number)))
        for number, place in enumerate(view.paper, start=1)
    ]
    return render_template("quizzes/answers.html", attempt=view, quiz=view.module.quizzes[view.quiz], rows=rows)


@blueprint.post("/attempts/<attempt>/submit/")
@allow(Access.SIGNED_IN)
@commits
def submit(attempt: str) -> ResponseReturnValue:
    """Submit, once."""
    actions.submit_attempt(get_viewer(), attempt)
    return redirect(url_for("quizzes.result", attempt=attempt), 303)


@blueprint.get("/attempts/<attempt>/result/")
@allow(Access.SIGNED_IN)
def result(attempt: str) -> ResponseReturnValue:
    """What came of it, with what may be shown of each item."""
    view = queries.get_attempt(get_viewer(), attempt)
    if view.is_open or view.passed is None:
        return redirect(url_for("quizzes.answers", attempt=attempt), 303)
    everything = shows_everything(view.passed, view.number, view.rules)
    reviews = [
        (number, place.item, place.item.review(place.order, view.response_at(number), everything=everything))
        for number, place in enumerate(view.paper, start=1)
    ]
    sittings = [sitting for sitting, _ in queries.list_sittings(view.enrolment_id, view.quiz)]
    return render_template(
        "quizzes/result.html",
        attempt=view,
        quiz=view.module.quizzes[view.quiz],
        reviews=reviews,
        everything=everything,
        needed=needed(view.possible, view.rules.pass_percent),
        decision=may_start(sittings, view.rules, clock.now()),
    )
