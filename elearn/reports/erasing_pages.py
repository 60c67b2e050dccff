"""Administrators' pages on which somebody is erased, or their erasure is refused with the ground that they are told."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts import erasing
from elearn.accounts.again import fresh
from elearn.accounts.erasing_rules import Ground, WhyErased
from elearn.accounts.queries import get_person_by_public_id
from elearn.accounts.viewer import get_viewer
from elearn.reports import letters
from elearn.reports.people_forms import ErasePersonForm, RefuseErasureForm
from elearn.shared.access import Access, allow
from elearn.shared.missing import NotFound
from elearn.shared.transactions import commits

blueprint = Blueprint("erasing", __name__, template_folder="templates", url_prefix="/admin/people/<person>/erase")


@blueprint.get("/")
@allow(Access.ADMINISTRATOR)
def ask(person: str) -> ResponseReturnValue:
    """Say what goes and what stays, and ask why."""
    return _page(person, ErasePersonForm(formdata=None))


def _page(public_id: str, form: ErasePersonForm, problem: str = "") -> str:
    if erasing.is_erased(public_id):
        raise NotFound("person")
    found = get_person_by_public_id(get_viewer(), public_id)
    held = erasing.find_refusal(found.id)
    problem = problem or ("" if held else erasing.why_not_erase(found))
    if held or problem:
        form = ErasePersonForm(formdata=None)  # the page says why instead of asking
    return render_template("reports/admin_person_erase.html", found=found, form=form, held=held, problem=problem)


@blueprint.post("/")
@allow(Access.ADMINISTRATOR)
@fresh
@commits
def erase(person: str) -> ResponseReturnValue:
    """Erase them."""
    form = ErasePersonForm()
    if not form.validate_on_submit():
        return _page(person, form), 422
    try:
        erasing.erase_other(get_viewer(), person, WhyErased(form.why.data))
    except erasing.MayNotErase as reason:
        return _page(person, form, str(reason)), 422
    flash("The account is erased. What is left in files goes within the hour.")
    return redirect(url_for("people.people"), 303)


@blueprint.get("/refuse/")
@allow(Access.ADMINISTRATOR)
def ask_to_refuse(person: str) -> ResponseReturnValue:
    """Ask on which ground."""
    return _refuse_page(person, RefuseErasureForm(formdata=None))


def _refuse_page(public_id: str, form: RefuseErasureForm) -> str:
    if erasing.is_erased(public_id):
        raise NotFound("person")
    found = get_person_by_public_id(get_viewer(), public_id)
    return render_template("reports/admin_person_refuse.html", found=found, form=form)


@blueprint.post("/refuse/")
@allow(Access.ADMINISTRATOR)
@commits
def refuse(person: str) -> ResponseReturnValue:
    """Record the ground and tell the person."""
    form = RefuseErasureForm()
    if not form.validate_on_submit():
        return _refuse_page(person, form), 422
    try:
        found = erasing.refuse(get_viewer(), person, Ground(form.ground.data))
    except erasing.MayNotErase as reason:
        form.ground.errors = [str(reason)]
        return _refuse_page(person, form), 422
    letters.tell_of_refused_erasure(found, Ground(form.ground.data))
    flash(f"The refusal is recorded, and {found.name} is told why.")
    return redirect(url_for("people.person", person=person), 303)


@blueprint.post("/lift/")
@allow(Access.ADMINISTRATOR)
@commits
def lift(person: str) -> ResponseReturnValue:
    """Let the account be erased again."""
    found = erasing.lift_refusal(get_viewer(), person)
    flash(f"{found.name} can be erased again, by themselves or by an administrator.")
    return redirect(url_for("erasing.ask", person=person), 303)
