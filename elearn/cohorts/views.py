"""Joining and leaving cohorts, what educators keep of theirs, and how administrators make them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts.viewer import get_viewer
from elearn.cohorts import actions, queries
from elearn.cohorts.forms import CodeForm, CohortForm, EducatorsForm, RemoveForm, RosterForm
from elearn.cohorts.rules import NOT_SEEN, SEEN, CohortView, read_code, shown_code
from elearn.modules.catalogue import catalogue, get_module
from elearn.shared.access import Access, allow
from elearn.shared.missing import NotFound
from elearn.shared.transactions import commits

blueprint = Blueprint("cohorts", __name__, template_folder="templates", url_prefix="/cohorts")
ROSTER = "roster"
"""The kind of message that stands beside the roster, not at the top of the page."""


def _module_title(slug: str) -> str:
    module = catalogue().get(slug)
    return module.title if module else slug


# -- everybody -------------------------------------------------------------------------------------------------------


@blueprint.get("/")
@allow(Access.SIGNED_IN)
def cohorts() -> ResponseReturnValue:
    """The cohorts that the viewer learns in and teaches; for administrators, all, with their educators."""
    viewer = get_viewer()
    everything = queries.list_all(viewer)
    return render_template(
        "cohorts/cohorts.html",
        learning=queries.list_learning(viewer),
        teaching=queries.list_teaching(viewer),
        everything=everything,
        educators=queries.educators_of(viewer, everything) if everything else {},
        module_title=_module_title,
    )


@blueprint.get("/join/")
@allow(Access.SIGNED_IN)
def join() -> ResponseReturnValue:
    """Ask for a join code; a link may bring it."""
    form = CodeForm(formdata=None, code=shown_code(read_code(request.args.get("code", "")[:40])))
    return render_template("cohorts/join.html", form=form)


@blueprint.post("/join/")
@allow(Access.SIGNED_IN)
def check_code() -> ResponseReturnValue:
    """Go on to the page of the code's cohort."""
    form = CodeForm()
    if not form.validate_on_submit():
        return render_template("cohorts/join.html", form=form), 422
    return _join_page(form)


@blueprint.post("/join/confirm/")
@allow(Access.SIGNED_IN)
@commits
def confirm() -> ResponseReturnValue:
    """Join, once."""
    form = CodeForm()
    if not form.validate_on_submit():
        return render_template("cohorts/join.html", form=form), 422
    try:
        cohort = actions.join_cohort(get_viewer(), form.code.data or "")
    except NotFound:
        return _unknown(form)
    flash(f"You are in the cohort “{cohort.name}”.")
    return redirect(url_for("cohorts.cohorts"), 303)


def _join_page(form: CodeForm) -> ResponseReturnValue:
    viewer = get_viewer()
    try:
        cohort = queries.get_by_code(viewer, form.code.data or "")
    except NotFound:
        return _unknown(form)
    return render_template(
        "cohorts/confirm.html",
        cohort=cohort,
        is_member=queries.is_member(viewer, cohort),
        educators=queries.educators_of(viewer, [cohort]).get(cohort.id, []),
        module_title=_module_title(cohort.module),
        seen=list(SEEN.values()),
        not_seen=NOT_SEEN,
    )


def _unknown(form: CodeForm) -> ResponseReturnValue:
    form.refuse()
    return render_template("cohorts/join.html", form=form), 422


@blueprint.get("/<cohort>/leave/")
@allow(Access.SIGNED_IN)
def leave(cohort: str) -> ResponseReturnValue:
    """Say what leaving means, and ask."""
    return render_template("cohorts/leave.html", cohort=queries.get_learning(get_viewer(), cohort))


@blueprint.post("/<cohort>/leave/")
@allow(Access.SIGNED_IN)
@commits
def leave_now(cohort: str) -> ResponseReturnValue:
    """Leave."""
    found = queries.get_learning(get_viewer(), cohort)
    actions.leave_cohort(get_viewer(), found)
    flash(f"You have left the cohort “{found.name}”. Its educators do not see you any more.")
    return redirect(url_for("cohorts.cohorts"), 303)


# -- educators -------------------------------------------------------------------------------------------------------


@blueprint.get("/<cohort>/")
@allow(Access.SIGNED_IN)
def cohort(cohort: str) -> ResponseReturnValue:
    """One cohort for its educators: how to join it, who is expected, who teaches."""
    return _cohort_page(queries.get_teaching(get_viewer(), cohort), RosterForm(formdata=None))


@blueprint.post("/<cohort>/roster/")
@allow(Access.SIGNED_IN)
@commits
def add_to_roster(cohort: str) -> ResponseReturnValue:
    """Add a pasted list of expected people, all or none."""
    found = queries.get_teaching(get_viewer(), cohort)
    form = RosterForm()
    if not form.validate_on_submit():
        return _cohort_page(found, form), 422
    added = actions.expect(get_viewer(), found, form.expected)
    known = len(form.expected) - added
    flash(f"Added to the roster: {added}." + (f" On it already: {known}." if known else ""), ROSTER)
    return redirect(url_for("cohorts.cohort", cohort=found.public_id) + "#roster", 303)


@blueprint.post("/<cohort>/roster/remove/")
@allow(Access.SIGNED_IN)
@commits
def remove_from_roster(cohort: str) -> ResponseReturnValue:
    """Take one address off the roster."""
    found = queries.get_teaching(get_viewer(), cohort)
    actions.expect_no_longer(get_viewer(), found, RemoveForm().who.data or "")
    flash("Removed from the roster.", ROSTER)
    return redirect(url_for("cohorts.cohort", cohort=found.public_id) + "#roster", 303)


def _cohort_page(found: CohortView, form: RosterForm) -> str:
    viewer = get_viewer()
    return render_template(
        "cohorts/cohort.html",
        cohort=found,
        form=form,
        link=url_for("cohorts.join", code=found.shown_code),
        members=queries.count_members(viewer, found),
        roster=queries.list_roster(viewer, found),
        educators=queries.educators_of(viewer, [found]).get(found.id, []),
        module=catalogue().get(found.module),
        module_title=_module_title(found.module),
    )


# -- administrators --------------------------------------------------------------------------------------------------


def _new_form(**kwargs: None) -> CohortForm:
    form = CohortForm(**kwargs)
    form.module.choices = [(module.slug, module.title) for module in catalogue().values()]
    return form


@blueprint.get("/new/")
@allow(Access.ADMINISTRATOR)
def new() -> ResponseReturnValue:
    """Ask for a new cohort's name, module and educators."""
    return render_template("cohorts/new.html", form=_new_form(formdata=None))


@blueprint.post("/new/")
@allow(Access.ADMINISTRATOR)
@commits
def create() -> ResponseReturnValue:
    """Make a cohort."""
    form = _new_form()
    if not form.validate_on_submit():
        return render_template("cohorts/new.html", form=form), 422
    try:
        module = get_module(form.module.data)
        public_id = actions.create_cohort(get_viewer(), form.name.data or "", module, form.emails)
    except actions.NotAnEducator as refused:
        form.refuse(refused.emails)
        return render_template("cohorts/new.html", form=form), 422
    flash(f"The cohort “{form.name.data}” is made. Its educators find its join code under Cohorts.")
    return redirect(url_for("cohorts.educators", cohort=public_id), 303)


@blueprint.get("/<cohort>/educators/")
@allow(Access.ADMINISTRATOR)
def educators(cohort: str) -> ResponseReturnValue:
    """Who teaches a cohort; nothing about who learns in it."""
    return _educators_page(queries.get_any(get_viewer(), cohort), EducatorsForm(formdata=None))


@blueprint.post("/<cohort>/educators/")
@allow(Access.ADMINISTRATOR)
@commits
def appoint(cohort: str) -> ResponseReturnValue:
    """Appoint educators."""
    found, form = queries.get_any(get_viewer(), cohort), EducatorsForm()
    if not form.validate_on_submit():
        return _educators_page(found, form), 422
    try:
        actions.appoint_educators(get_viewer(), found, form.emails)
    except actions.NotAnEducator as refused:
        form.refuse(refused.emails)
        return _educators_page(found, form), 422
    flash("The educators are appointed.")
    return redirect(url_for("cohorts.educators", cohort=found.public_id), 303)


@blueprint.post("/<cohort>/educators/remove/")
@allow(Access.ADMINISTRATOR)
@commits
def dismiss(cohort: str) -> ResponseReturnValue:
    """Take an educator's reach over the cohort away."""
    found = queries.get_any(get_viewer(), cohort)
    actions.dismiss_educator(get_viewer(), found, RemoveForm().who.data or "")
    flash("This person does not teach the cohort any more.")
    return redirect(url_for("cohorts.educators", cohort=found.public_id), 303)


def _educators_page(found: CohortView, form: EducatorsForm) -> str:
    educators = queries.educators_of(get_viewer(), [found]).get(found.id, [])
    return render_template("cohorts/educators.html", cohort=found, form=form, educators=educators)
