"""A person's rights over their own data: taking a copy, and erasing the account."""

from flask import Blueprint, Response, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts import erasing, own_data
from elearn.accounts.again import fresh
from elearn.accounts.forms import EmptyForm, EraseForm
from elearn.accounts.guarding import forget_device
from elearn.accounts.queries import get_person
from elearn.accounts.viewer import forget_viewer, get_viewer
from elearn.shared import clock
from elearn.shared.access import Access, allow
from elearn.shared.transactions import commits, writing

blueprint = Blueprint("data", __name__, template_folder="templates", url_prefix="/account")


@blueprint.get("/data/")
@allow(Access.SIGNED_IN)
def data() -> ResponseReturnValue:
    """What a person can do with their own data."""
    held = erasing.find_refusal(get_viewer().id)
    return render_template("accounts/data.html", form=EmptyForm(), held=held)


@blueprint.post("/data/copy/")
@allow(Access.SIGNED_IN)
def copy() -> ResponseReturnValue:
    """Everything that is kept about the person, as one file. It is made before anything is written, and not kept."""
    viewer = get_viewer()
    if own_data.has_taken_too_many(viewer.id):
        flash("You have taken many copies in this hour. Wait an hour, then take the next.", "notice")
        return redirect(url_for("data.data"), 303)
    made = own_data.zip_of(get_person(viewer.id))
    with writing():
        own_data.note_copy(viewer.id, viewer.id)
    response = Response(made, mimetype="application/zip")
    name = f"your-data-{clock.today().isoformat()}.zip"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/erase/")
@allow(Access.SIGNED_IN)
def ask() -> ResponseReturnValue:
    """Say in words what goes and what stays, and ask."""
    return _ask_page(EraseForm(formdata=None))


def _ask_page(form: EraseForm) -> str:
    person = get_person(get_viewer().id)
    held = erasing.find_refusal(person.id)
    problem = "" if held else erasing.why_not_erase(person)
    if held or problem:
        form = EraseForm(formdata=None)  # the page says why instead of asking
    return render_template("accounts/erase.html", form=form, held=held, problem=problem)


@blueprint.post("/erase/")
@allow(Access.SIGNED_IN)
@fresh
@commits
def erase() -> ResponseReturnValue:
    """Erase the account, once the person has said that they mean it."""
    form = EraseForm()
    if not form.validate_on_submit():
        return _ask_page(form), 422
    try:
        erasing.erase_own(get_viewer())
    except erasing.MayNotErase:
        return _ask_page(form), 422
    session.clear()
    forget_viewer()
    forget_device()
    return redirect(url_for("data.erased"), 303)


@blueprint.get("/erased/")
@allow(Access.PUBLIC)
def erased() -> ResponseReturnValue:
    """Say that it is done."""
    return render_template("accounts/erased.html")
