"""Changing one's e-mail address: the new one is shown to be one's own, and the old one is told."""

from http import HTTPStatus

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts import again, credentials, guarding, letters, links, queries
from elearn.accounts.actions import EmailTaken
from elearn.accounts.limits import Way, in_words
from elearn.accounts.password_forms import WRONG_PASSWORD, ChangeEmailForm
from elearn.accounts.viewer import forget_viewer, get_viewer
from elearn.shared.access import Access, allow
from elearn.shared.transactions import writing

blueprint = Blueprint("emails", __name__, template_folder="templates")
SAME = "This is your address already. Enter another one"
TOO_OFTEN = "We have written to this address several times already. Wait an hour, then try again"


@blueprint.get("/account/email/")
@allow(Access.SIGNED_IN)
@again.fresh_factor
def change() -> ResponseReturnValue:
    """Ask for the new address and for the password."""
    return _page(ChangeEmailForm())


@blueprint.post("/account/email/")
@allow(Access.SIGNED_IN)
@again.fresh_factor
def ask() -> ResponseReturnValue:
    """Send the link to the new address, and tell the old one; whether the new one has an account is not said (B-5)."""
    form, viewer = ChangeEmailForm(), get_viewer()
    if not form.validate_on_submit():
        return _page(form), 422
    address = form.email.data or ""
    if address == viewer.email:
        return _refused(form, "email", SAME)
    try:
        present, hashed = form.present.data or "", queries.get_person(viewer.id).password
        if not guarding.is_password(viewer.email, hashed, present, Way.CHECK):
            return _refused(form, "present", WRONG_PASSWORD)
    except guarding.TooManyTries as wait:
        page, _ = _refused(form, "present", in_words(wait.seconds))
        return page, HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(wait.seconds)}
    with writing():
        again.show_again(viewer)
        if not guarding.may_write_to(address):
            return _refused(form, "email", TOO_OFTEN)
        _write_to(address)
    flash(f"We have sent a link to {address}. Your address changes when you open it.")
    return redirect(url_for("accounts.account"), 303)


def _write_to(address: str) -> None:
    person, owner = queries.get_own_to_change(get_viewer()), queries.find_person_by_email(address)
    credentials.ask_for_link(person)
    if owner is not None:
        letters.tell_taken(person, owner)
        return
    token = links.make(person, links.EMAIL, address)
    letters.send_email_link(person, address, url_for("emails.confirm", token=token))


def _page(form: ChangeEmailForm) -> str:
    return render_template("accounts/email.html", form=form, address=get_viewer().email)


def _refused(form: ChangeEmailForm, field: str, words: str) -> tuple[str, int]:
    form[field].errors = [words]
    return _page(form), HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.get("/account/email/<token>/")
@allow(Access.PUBLIC)
def confirm(token: str) -> ResponseReturnValue:
    """Show one button: mail scanners follow links, so the link itself changes nothing."""
    claim = links.find(token, links.EMAIL)
    if claim is None:
        return _dead_link()
    return render_template("accounts/email_confirm.html", address=claim.address, token=token)


@blueprint.post("/account/email/<token>/")
@allow(Access.PUBLIC)
def confirm_now(token: str) -> ResponseReturnValue:
    """Change the address, and tell the old one."""
    if links.find(token, links.EMAIL) is None:
        guarding.count_link()
        return _dead_link()
    try:
        with writing():
            claim = links.find(token, links.EMAIL, to_change=True)
            if claim is None:
                return _dead_link()
            old = claim.person.email
            credentials.change_email(claim.person, claim.address)
            letters.tell_email_changed(claim.person, old)
    except EmailTaken:  # somebody has registered with it meanwhile
        current_app.logger.warning("an address was taken before its change was confirmed")
        return _dead_link()
    forget_viewer()
    flash("Your e-mail address is changed. Sign in with the new one from now on.")
    return redirect(url_for("accounts.account"), 303)


def _dead_link() -> ResponseReturnValue:
    return render_template("accounts/dead_link.html"), HTTPStatus.NOT_FOUND
