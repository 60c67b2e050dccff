"""Administrators' pages about people: the list, one person, and what may be changed of their account."""

from datetime import date
from http import HTTPStatus

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts import actions, administering, factors
from elearn.accounts.again import fresh
from elearn.accounts.queries import get_person_by_public_id, names_of
from elearn.accounts.rules import EmailReason
from elearn.accounts.viewer import forget_viewer, get_viewer
from elearn.audit.queries import people_of
from elearn.cohorts import actions as cohort_actions
from elearn.cohorts import queries as cohorts
from elearn.cohorts.rules import CohortView
from elearn.modules.catalogue import catalogue
from elearn.quizzes.queries import more_time_of
from elearn.reports import letters
from elearn.reports import person as reading
from elearn.reports.people_forms import CohortForm, EmailForm, PeopleForm, RoleForm, TeachForm
from elearn.reports.rules import time_in_words
from elearn.shared import clock
from elearn.shared.access import Access, allow
from elearn.shared.pagination import page_of
from elearn.shared.transactions import commits

blueprint = Blueprint("people", __name__, template_folder="templates", url_prefix="/admin/people")
PAGE_SIZE = 50
EVENTS_PAGE_SIZE = 25


def _today() -> date:
    return clock.today(current_app.extensions["elearn.settings"].time_zone)


@blueprint.get("/")
@allow(Access.ADMINISTRATOR)
def people() -> ResponseReturnValue:
    """Search people, 50 a page."""
    form = PeopleForm(request.args)
    is_valid = form.validate()
    wanted = form.wanted if is_valid else reading.Wanted()
    page = page_of(request.args.get("page"), PAGE_SIZE, reading.count_people(get_viewer(), wanted))
    found = reading.list_people_page(get_viewer(), wanted, page)
    answer = render_template("reports/admin_people.html", form=form, page=page, found=found, valid=is_valid)
    return answer, HTTPStatus.OK if is_valid else HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.get("/<person>/")
@allow(Access.ADMINISTRATOR)
def person(person: str) -> ResponseReturnValue:
    """One person, and what can be done."""
    return _person_page(person)


def _person_page(public_id: str, problem: str = "") -> str:
    found = reading.get_person_page(get_viewer(), public_id, _today())
    page = page_of(request.args.get("page"), EVENTS_PAGE_SIZE, reading.count_events(get_viewer(), found))
    events = reading.list_events_page(get_viewer(), found, page)
    return render_template(
        "reports/admin_person.html",
        found=found,
        time=time_in_words(more_time_of(found.id)),
        page=page,
        events=events,
        names=names_of(get_viewer(), people_of(events)),
        titles={slug: module.title for slug, module in catalogue().items()},
        problem=problem,
    )


@blueprint.post("/<person>/suspend/")
@allow(Access.ADMINISTRATOR)
@commits
def suspend(person: str) -> ResponseReturnValue:
    """Keep a person out, and end their sign-ins."""
    try:
        suspended = actions.suspend(get_viewer(), person)
    except actions.MayNotSuspend as reason:
        return _person_page(person, str(reason)), 422
    flash(f"{suspended.name} is suspended and signed out everywhere.")
    return redirect(url_for("people.person", person=person), 303)


@blueprint.post("/<person>/restore/")
@allow(Access.ADMINISTRATOR)
@commits
def restore(person: str) -> ResponseReturnValue:
    """Let a suspended person sign in again."""
    try:
        restored = actions.restore(get_viewer(), person)
    except actions.IsMerged as reason:
        return _person_page(person, str(reason)), 422
    flash(f"{restored.name} can sign in again.")
    return redirect(url_for("people.person", person=person), 303)


@blueprint.post("/<person>/sign-out/")
@allow(Access.ADMINISTRATOR)
@commits
def sign_out(person: str) -> ResponseReturnValue:
    """End all of somebody's sign-ins."""
    found = administering.sign_out_everywhere(get_viewer(), person)
    forget_viewer()
    flash(f"{found.name} is signed out everywhere.")
    return redirect(url_for("people.person", person=person), 303)


@blueprint.post("/<person>/second-step/")
@allow(Access.ADMINISTRATOR)
@fresh
@commits
def reset_second_step(person: str) -> ResponseReturnValue:
    """Take every factor but the password from somebody who has lost theirs."""
    try:
        found = factors.reset_second_factor(get_viewer(), person)
    except factors.MustStay as reason:
        return _person_page(person, str(reason)), 422
    flash(f"The second step of {found.name} is reset, and they are signed out everywhere.")
    return redirect(url_for("people.person", person=person), 303)


# -- role ------------------------------------------------------------------------------------------------------------


@blueprint.get("/<person>/role/")
@allow(Access.ADMINISTRATOR)
def role(person: str) -> ResponseReturnValue:
    """Ask whether somebody is an administrator, and show what they teach."""
    found = get_person_by_public_id(get_viewer(), person)
    return _role_page(person, RoleForm(formdata=None, administrator="yes" if found.administrator else "no"))


def _role_page(public_id: str, form: RoleForm, teach: TeachForm | None = None) -> str:
    found = reading.get_person_page(get_viewer(), public_id, _today())
    teach = teach or TeachForm(_untaught(found), formdata=None)
    return render_template("reports/admin_person_role.html", found=found, form=form, teach=teach)


def _untaught(found: reading.PersonPage) -> list[CohortView]:
    taught = {cohort.public_id for cohort in found.teaching}
    return [cohort for cohort in cohorts.list_all(get_viewer()) if cohort.public_id not in taught]


@blueprint.post("/<person>/role/")
@allow(Access.ADMINISTRATOR)
@fresh
@commits
def change_role(person: str) -> ResponseReturnValue:
    """Make somebody an administrator, or one no longer."""
    form = RoleForm()
    if not form.validate_on_submit():
        return _role_page(person, form), 422
    try:
        found = administering.change_role(get_viewer(), person, to_administrator=form.administrator.data == "yes")
    except (administering.LastAdministrator, administering.MayNotAppoint) as reason:
        form.administrator.errors = [str(reason)]
        return _role_page(person, form), 422
    forget_viewer()
    flash(f"{found.name} is {'an administrator' if found.administrator else 'no administrator'} now.")
    if found.id == get_viewer().id and not found.administrator:
        return redirect(url_for("learning.learning"), 303)
    return redirect(url_for("people.person", person=person), 303)


@blueprint.post("/<person>/teaching/")
@allow(Access.ADMINISTRATOR)
@fresh
@commits
def teach(person: str) -> ResponseReturnValue:
    """Appoint somebody as an educator of a cohort."""
    found = reading.get_person_page(get_viewer(), person, _today())
    form = TeachForm(cohorts.list_all(get_viewer()))
    role = RoleForm(formdata=None, administrator="yes" if found.administrator else "no")
    if not form.validate_on_submit():
        return _role_page(person, role, form), 422
    cohort = cohorts.get_any(get_viewer(), form.cohort.data)
    try:
        cohort_actions.appoint_educators(get_viewer(), cohort, [found.email])
    except cohort_actions.NotAnEducator:
        form.cohort.errors = ["Only somebody who can sign in and has confirmed their address can be an educator"]
        return _role_page(person, role, form), 422
    flash(f"{found.name} teaches {cohort.name} now.")
    return redirect(url_for("people.role", person=person), 303)


@blueprint.post("/<person>/teaching/end/")
@allow(Access.ADMINISTRATOR)
@commits
def teach_no_more(person: str) -> ResponseReturnValue:
    """Take an educator's reach over a cohort away."""
    found = get_person_by_public_id(get_viewer(), person)
    cohort = cohorts.get_any(get_viewer(), CohortForm().cohort.data or "")
    cohort_actions.dismiss_educator(get_viewer(), cohort, person)
    flash(f"{found.name} does not teach {cohort.name} any more.")
    return redirect(url_for("people.role", person=person), 303)


# -- address ---------------------------------------------------------------------------------------------------------


@blueprint.get("/<person>/email/")
@allow(Access.ADMINISTRATOR)
def email(person: str) -> ResponseReturnValue:
    """Ask for another address."""
    return _email_page(person, EmailForm(formdata=None))


def _email_page(public_id: str, form: EmailForm) -> str:
    found = get_person_by_public_id(get_viewer(), public_id)
    return render_template("reports/admin_person_email.html", found=found, form=form)


@blueprint.post("/<person>/email/")
@allow(Access.ADMINISTRATOR)
@fresh
@commits
def change_email(person: str) -> ResponseReturnValue:
    """Change the address, and tell both mailboxes."""
    form = EmailForm()
    if not form.validate_on_submit():
        return _email_page(person, form), 422
    try:
        found, old = administering.change_email(
            get_viewer(), person, form.email.data or "", EmailReason(form.reason.data)
        )
    except actions.EmailTaken:
        form.email.errors = ["Another account has this address. If both belong to one person, merge them"]
        return _email_page(person, form), 422
    if found.email == old:
        form.email.errors = ["This is the address already"]
        return _email_page(person, form), 422
    letters.tell_of_new_address(found, old)
    forget_viewer()
    flash(f"{found.name} signs in with {found.email} now. Both addresses are told, and the new one is to be confirmed.")
    return redirect(url_for("people.person", person=person), 303)
