"""Administrators' pages on which two accounts of one person become one: asking, a dry run, and doing it."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts.again import fresh
from elearn.accounts.queries import find_person_by_email, get_person_by_public_id
from elearn.accounts.viewer import get_viewer
from elearn.modules.catalogue import catalogue
from elearn.reports import letters
from elearn.reports.merge import MayNotMerge, MergePlan, NotAsSeen, apply_merge, plan_merge
from elearn.reports.people_forms import MergeForm
from elearn.shared.access import Access, allow
from elearn.shared.transactions import commits

blueprint = Blueprint("merging", __name__, template_folder="templates", url_prefix="/admin/people/<person>/merge")


@blueprint.get("/")
@allow(Access.ADMINISTRATOR)
def ask(person: str) -> ResponseReturnValue:
    """Ask for the other account, and which one stays."""
    return _page(person, MergeForm(formdata=None))


def _page(public_id: str, form: MergeForm) -> str:
    found = get_person_by_public_id(get_viewer(), public_id)
    return render_template("reports/admin_person_merge.html", found=found, form=form)


def _plan(person: str, form: MergeForm) -> MergePlan:
    """What the form asks for. Raises MayNotMerge, NotFound."""
    get_person_by_public_id(get_viewer(), person)
    other = find_person_by_email(form.email.data or "")
    if other is None:
        raise MayNotMerge("Nobody has an account with this address.")
    stays, emptied = (person, other.public_id) if form.stays.data == "this" else (other.public_id, person)
    return plan_merge(get_viewer(), stays, emptied)


@blueprint.post("/")
@allow(Access.ADMINISTRATOR)
def check(person: str) -> ResponseReturnValue:
    """Show what merging would do. Nothing is written."""
    form = MergeForm()
    if not form.validate_on_submit():
        return _page(person, form), 422
    try:
        plan = _plan(person, form)
    except MayNotMerge as reason:
        form.email.errors = [str(reason)]
        return _page(person, form), 422
    return _plan_page(person, form, plan)


def _plan_page(person: str, form: MergeForm, plan: MergePlan, *, outdated: bool = False) -> str:
    form.seen.data = plan.fingerprint
    titles = {slug: module.title for slug, module in catalogue().items()}
    return render_template(
        "reports/admin_person_merge_plan.html", form=form, plan=plan, address=person, titles=titles, outdated=outdated
    )


@blueprint.post("/now/")
@allow(Access.ADMINISTRATOR)
@fresh
@commits
def merge(person: str) -> ResponseReturnValue:
    """Merge, as the dry run said."""
    form = MergeForm()
    if not form.validate_on_submit():
        return _page(person, form), 422
    try:
        plan = _plan(person, form)
        stays, old = apply_merge(get_viewer(), plan.stays.public_id, plan.emptied.public_id, form.seen.data or "")
    except MayNotMerge as reason:
        form.email.errors = [str(reason)]
        return _page(person, form), 422
    except NotAsSeen:
        return _plan_page(person, form, _plan(person, form), outdated=True), HTTPStatus.CONFLICT
    letters.tell_of_merge(stays, old)
    flash(f"The two accounts of {stays.name} are one. They sign in with {stays.email}.")
    return redirect(url_for("people.person", person=stays.public_id), 303)
