"""Reporting a problem with a question or a lesson, and what has become of one's reports."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts.viewer import get_viewer
from elearn.learning import actions, reported
from elearn.learning.forms import ProblemForm
from elearn.shared.access import Access, allow
from elearn.shared.too_often import TooOften
from elearn.shared.transactions import commits

blueprint = Blueprint("problems", __name__, url_prefix="/learning/problems")
MANY = "You have reported many problems in this hour. Copy what you wrote, and send it in an hour"


@blueprint.get("/")
@allow(Access.SIGNED_IN)
def problems() -> ResponseReturnValue:
    """The viewer's own reports, with their state and the answer."""
    return render_template("learning/problems.html", reports=reported.list_own_reports(get_viewer()))


@blueprint.get("/new/")
@allow(Access.SIGNED_IN)
def new() -> ResponseReturnValue:
    """Ask what is wrong with a question of the viewer's own attempt, or with a lesson; the address says with which."""
    return _page(_subject(), ProblemForm())


@blueprint.post("/new/")
@allow(Access.SIGNED_IN)
@commits
def send() -> ResponseReturnValue:
    """Keep the report, and go back to what it is about."""
    subject, form = _subject(), ProblemForm()
    if not form.validate_on_submit():
        return _page(subject, form), 422
    try:
        actions.report_problem(get_viewer(), subject, form.words.data or "", form.public_id)
    except TooOften as wait:
        form.words.errors = [MANY]
        return _page(subject, form), 429, {"Retry-After": str(wait.seconds)}
    flash("Thank you. Your report is sent. Under My learning you find what becomes of it.")
    return redirect(_back(subject).partition("#")[0], 303)  # the page says at its top that the report is sent


def _subject() -> reported.Subject:
    asked = request.args
    if "attempt" in asked:
        return reported.get_question_subject(get_viewer(), asked["attempt"], asked.get("number", 0, type=int))
    return reported.get_lesson_subject(get_viewer(), asked.get("module", ""), asked.get("lesson", ""))


def _back(subject: reported.Subject) -> str:
    if subject.item is None:
        return url_for("modules.lesson", module=subject.module.slug, lesson=subject.lesson)
    number = subject.seen["position"]
    if subject.is_open:
        return url_for("questions.question", attempt=subject.attempt, number=number)
    return url_for("quizzes.result", attempt=subject.attempt) + f"#question-{number}"


def _page(subject: reported.Subject, form: ProblemForm) -> str:
    return render_template("learning/problem.html", subject=subject, form=form, back=_back(subject))
