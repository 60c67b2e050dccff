"""The pages about oneself."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts import actions, guarding, queries
from elearn.accounts.forms import DetailsForm, EmptyForm
from elearn.accounts.guarding import count_link
from elearn.accounts.rules import Profession
from elearn.accounts.security import person_of_confirmation, send_confirmation
from elearn.accounts.viewer import forget_viewer, get_viewer
from elearn.shared.access import Access, allow
from elearn.shared.forms import safe_next
from elearn.shared.missing import NotFound
from elearn.shared.transactions import commits, writing

blueprint = Blueprint("accounts", __name__, template_folder="templates")


@blueprint.get("/account/")
@allow(Access.SIGNED_IN)
def account() -> ResponseReturnValue:
    """What is kept about the person, and where to change it."""
    return render_template("accounts/account.html", form=EmptyForm())


@blueprint.get("/account/details/")
@allow(Access.SIGNED_IN)
def details() -> ResponseReturnValue:
    """Ask for changed details."""
    return _details_page(DetailsForm(obj=get_viewer()))


def _details_page(form: DetailsForm) -> str:
    return render_template("accounts/details.html", form=form, back=safe_next(url_for("accounts.account")))


@blueprint.post("/account/details/")
@allow(Access.SIGNED_IN)
@commits
def change_details() -> ResponseReturnValue:
    """Change name, profession and registration number."""
    form = DetailsForm()
    if not form.validate_on_submit():
        return _details_page(form), 422
    actions.change_details(
        queries.get_own_to_change(get_viewer()),
        given_names=form.given_names.data or "",
        family_name=form.family_name.data or "",
        profession=Profession(form.profession.data),
        registration_number=form.registration_number.data or "",
    )
    forget_viewer()
    flash("Your details are changed. Certificates that you already have stay as they are.")
    return redirect(safe_next(url_for("accounts.account")), 303)


@blueprint.post("/account/confirm/")
@allow(Access.SIGNED_IN)
@commits
def send_again() -> ResponseReturnValue:
    """Send the confirmation link again."""
    person = queries.get_person(get_viewer().id)
    if person.confirmed_at is not None:
        flash("Your e-mail address is confirmed already.", "notice")
    elif not guarding.may_write_to(person.email):
        flash("We have written to this address several times already. Wait an hour, then try again.", "notice")
    else:
        send_confirmation(person)
        flash(f"We are sending a link to {person.email}. Open it to confirm the address.")
    return redirect(safe_next(url_for("accounts.account")), 303)


@blueprint.get("/account/confirm/<token>/")
@allow(Access.PUBLIC)
def confirm(token: str) -> ResponseReturnValue:
    """Show one button: mail scanners follow links, so the link itself changes nothing."""
    person = person_of_confirmation(token)
    if person is None:
        return render_template("accounts/confirm.html", address="", confirmed=False, token=""), 404
    confirmed = person.confirmed_at is not None
    return render_template("accounts/confirm.html", address=person.email, confirmed=confirmed, token=token)


@blueprint.post("/account/confirm/<token>/")
@allow(Access.PUBLIC)
def confirm_now(token: str) -> ResponseReturnValue:
    """Confirm the address."""
    if person_of_confirmation(token) is None:
        count_link()
        raise NotFound("confirmation")
    with writing():
        person = person_of_confirmation(token)
        if person is None:
            raise NotFound("confirmation")
        actions.confirm_email(person)
    flash("Your e-mail address is confirmed.")
    return redirect(url_for("learning.learning"), 303)
