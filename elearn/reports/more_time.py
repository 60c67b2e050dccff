"""Accommodations: the page where an administrator sets them, and what a person reads of their own on the account page."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts.models import Person
from elearn.accounts.queries import get_person_by_public_id
from elearn.accounts.viewer import get_viewer
from elearn.quizzes.actions import accommodate
from elearn.quizzes.queries import more_time_of
from elearn.reports.forms import TimeForm
from elearn.reports.rules import time_in_words
from elearn.shared.access import Access, allow
from elearn.shared.transactions import commits

blueprint = Blueprint("more_time", __name__, url_prefix="/admin/people")


@blueprint.app_template_global()
def own_time() -> str:
    """What the viewer has in timed quizzes, in words: for their own eyes only."""
    return time_in_words(more_time_of(get_viewer().id))


@blueprint.get("/<person>/time/")
@allow(Access.ADMINISTRATOR)
def ask(person: str) -> ResponseReturnValue:
    """What a person may have more of in timed quizzes."""
    found = get_person_by_public_id(get_viewer(), person)
    return _page(found, TimeForm.of(more_time_of(found.id)))


@blueprint.post("/<person>/time/")
@allow(Access.ADMINISTRATOR)
@commits
def apply(person: str) -> ResponseReturnValue:
    """Set it, also for attempts that are running."""
    found, form = get_person_by_public_id(get_viewer(), person), TimeForm()
    if not form.validate_on_submit():
        return _page(found, form), HTTPStatus.UNPROCESSABLE_ENTITY
    accommodate(get_viewer(), found.id, form.more)
    flash(f"In timed quizzes {found.name} now has {time_in_words(form.more)}.")
    return redirect(url_for("more_time.ask", person=person), 303)


def _page(found: Person, form: TimeForm) -> str:
    return render_template("reports/more_time.html", found=found, form=form)
