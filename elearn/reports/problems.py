"""Educators' pages about problems that learners reported; nobody's name is on them."""

from collections.abc import Sequence
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts.viewer import get_viewer
from elearn.learning import reported
from elearn.learning.actions import answer_problem
from elearn.learning.rules import ProblemState
from elearn.modules.catalogue import catalogue
from elearn.quizzes.queries import item_versions
from elearn.reports.forms import ProblemForm
from elearn.shared.access import Access, allow
from elearn.shared.pagination import page_of
from elearn.shared.transactions import commits

blueprint = Blueprint("reported", __name__, url_prefix="/reports/problems")
PAGE_SIZE = 50


@blueprint.get("/")
@allow(Access.SIGNED_IN)
def problems() -> ResponseReturnValue:
    """Every report, or those in one state, newest first, 50 a page."""
    viewer, asked = get_viewer(), request.args.get("state")
    state = ProblemState(asked) if asked in set(ProblemState) else None
    counts = reported.count_reports(viewer)
    total = sum(counts.values()) if state is None else counts[state]
    page = page_of(request.args.get("page"), PAGE_SIZE, total)
    return render_template(
        "reports/problems.html",
        reports=reported.list_reports_page(viewer, state, page),
        page=page,
        state=state,
        counts=counts,
        titles=_lesson_titles(),
    )


def _lesson_titles() -> dict[tuple[str, str], str]:
    return {
        (module.slug, lesson.slug): lesson.title
        for module in catalogue().values()
        for lesson in module.lessons.values()
    }


@blueprint.get("/<problem>/")
@allow(Access.SIGNED_IN)
def problem(problem: str) -> ResponseReturnValue:
    """One report with what its person saw, and the form of the answer."""
    found = reported.get_report(get_viewer(), problem)
    return _page(found, ProblemForm(state=found.state.value, answer=found.answer))


@blueprint.post("/<problem>/")
@allow(Access.SIGNED_IN)
@commits
def answer(problem: str) -> ResponseReturnValue:
    """Set the state and the answer."""
    viewer, form = get_viewer(), ProblemForm()
    found = reported.get_report(viewer, problem)
    if not form.validate_on_submit():
        return _page(found, form), HTTPStatus.UNPROCESSABLE_ENTITY
    answer_problem(viewer, problem, ProblemState(form.state.data), form.answer.data or "")
    flash("Saved. Whoever reported the problem reads it under My learning.")
    return redirect(url_for("reported.problem", problem=problem), 303)


def _page(found: reported.Report, form: ProblemForm) -> str:
    return render_template(
        "reports/problem.html", report=found, form=form, order=_order(found), titles=_lesson_titles()
    )


def _order(found: reported.Report) -> Sequence[str]:
    """What was put in an order, as the person saw it: in words where the item has words for it."""
    if not found.item_digest:
        return ()
    item = item_versions([found.item_digest])[found.item_digest]
    words = {alternative.id: alternative.words for alternative in item.alternatives()}
    return [words.get(part, part) for part in found.seen["order"]]
