"""The outbox, for administrators: which letters went, which wait and why, and sending one again."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts.viewer import get_viewer
from elearn.mail import actions, queries
from elearn.mail.rules import LetterState
from elearn.reports.forms import LettersForm
from elearn.shared.access import Access, allow
from elearn.shared.pagination import page_of
from elearn.shared.transactions import commits

blueprint = Blueprint("outbox", __name__, template_folder="templates", url_prefix="/admin/mail")
PAGE_SIZE = 50


@blueprint.get("/")
@allow(Access.ADMINISTRATOR)
def letters() -> ResponseReturnValue:
    """Search letters, 50 a page."""
    form = LettersForm(request.args)
    if not form.validate():
        return render_template("reports/admin_letters.html", form=form, page=None, found=[]), 422
    words, state = form.q.data or "", LetterState(form.state.data) if form.state.data else None
    page = page_of(request.args.get("page"), PAGE_SIZE, queries.count_letters(words, state))
    found = queries.list_letters_page(words, state, page)
    return render_template("reports/admin_letters.html", form=form, page=page, found=found)


@blueprint.post("/<letter>/again/")
@allow(Access.ADMINISTRATOR)
@commits
def send_again(letter: str) -> ResponseReturnValue:
    """Send the same words once more."""
    try:
        again = actions.send_again(get_viewer().id, letter)
    except actions.WordsGone:
        flash("What this letter said is not kept any more, so it cannot be sent again.", "notice")
        return redirect(url_for("outbox.letters"), 303)
    flash(f"“{again.subject}” is on its way to {again.recipient} once more.")
    return redirect(url_for("outbox.letters"), 303)
