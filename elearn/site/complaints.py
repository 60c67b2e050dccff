"""Complaints: anybody makes one, administrators see that each is answered in time (trust.md D-10)."""

from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts.limits import in_words
from elearn.accounts.viewer import find_viewer, get_viewer
from elearn.config import Settings
from elearn.shared import clock
from elearn.shared.access import Access, allow
from elearn.shared.limits import key_of, network_of
from elearn.shared.pagination import page_of
from elearn.shared.transactions import commits
from elearn.site import actions, queries
from elearn.site.forms import ComplaintForm, OutcomeForm
from elearn.site.rules import About, answer_due

blueprint = Blueprint("complaints", __name__, template_folder="templates")
PAGE_SIZE = 50


def _settings() -> Settings:
    found: Settings = current_app.extensions["elearn.settings"]
    return found


@blueprint.get("/complaints/")
@allow(Access.PUBLIC)
def ask() -> ResponseReturnValue:
    """Ask what went wrong."""
    return _page(ComplaintForm(viewer=find_viewer()))


def _page(form: ComplaintForm, wait: str = "") -> str:
    return render_template("site/complain.html", form=form, wait=wait)


@blueprint.post("/complaints/")
@allow(Access.PUBLIC)
@commits
def send() -> ResponseReturnValue:
    """Keep it, and say at once that it is here."""
    viewer = find_viewer()
    form = ComplaintForm(viewer=viewer)
    if not form.validate_on_submit():
        return _page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    name, email = ("", "") if viewer else (form.name.data or "", form.email.data or "")
    try:
        complaint = actions.complain(
            viewer, _settings(), _network(), About(form.about.data), form.words.data or "", name, email
        )
    except actions.TooManyComplaints as wait:
        page = _page(form, in_words(wait.seconds).replace("tries", "complaints from your network"))
        return page, HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(wait.seconds)}
    return redirect(url_for("complaints.receipt", complaint=complaint.public_id), 303)


@blueprint.get("/complaints/<complaint>/")
@allow(Access.PUBLIC)
def receipt(complaint: str) -> ResponseReturnValue:
    """That a complaint is here, and how far it is, for whoever knows its number; nothing of what it says."""
    made_at, closed_at = queries.get_receipt(complaint)
    return render_template(
        "site/complained.html", number=complaint, made_at=made_at, closed_at=closed_at, due=answer_due(made_at)
    )


def _network() -> str:
    return key_of("complaints", network_of(request.remote_addr or ""), str(current_app.config["SECRET_KEY"]))


# -- administrators --------------------------------------------------------------------------------------------------


@blueprint.get("/admin/complaints/")
@allow(Access.ADMINISTRATOR)
def complaints() -> ResponseReturnValue:
    """Every complaint with its age; those that wait come first."""
    page = page_of(request.args.get("page"), PAGE_SIZE, queries.count_complaints(get_viewer()))
    found = queries.list_complaints_page(get_viewer(), page)
    waiting = queries.count_complaints(get_viewer(), waiting=True)
    return render_template("site/complaints.html", page=page, found=found, waiting=waiting, now=clock.now())


@blueprint.get("/admin/complaints/<complaint>/")
@allow(Access.ADMINISTRATOR)
def complaint(complaint: str) -> ResponseReturnValue:
    """One complaint, and what came of it."""
    return _complaint_page(complaint, OutcomeForm(formdata=None))


def _complaint_page(public_id: str, form: OutcomeForm) -> str:
    now: datetime = clock.now()
    found = queries.get_complaint(get_viewer(), public_id)
    return render_template("site/complaint.html", found=found, form=form, now=now)


@blueprint.post("/admin/complaints/<complaint>/")
@allow(Access.ADMINISTRATOR)
@commits
def close(complaint: str) -> ResponseReturnValue:
    """Record what came of it."""
    form = OutcomeForm()
    if queries.get_complaint(get_viewer(), complaint).closed_at is not None:
        return _closed_already(complaint)
    if not form.validate_on_submit():
        return _complaint_page(complaint, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        actions.close(get_viewer(), complaint, form.outcome.data or "")
    except actions.AlreadyClosed:
        return _closed_already(complaint)
    flash("The complaint is closed.")
    return redirect(url_for("complaints.complaints"), 303)


def _closed_already(complaint: str) -> ResponseReturnValue:
    flash("Somebody else has closed this complaint. What they wrote stands below.", "notice")
    return redirect(url_for("complaints.complaint", complaint=complaint), 303)
