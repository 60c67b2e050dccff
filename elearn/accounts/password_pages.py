"""Choosing a new password, changing it, and giving it again."""

from http import HTTPStatus

from flask import Blueprint, current_app, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts import again, credentials, factors, guarding, letters, links, queries
from elearn.accounts.limits import Way, in_words
from elearn.accounts.models import Person
from elearn.accounts.password_forms import (
    WRONG_PASSWORD,
    AddressForm,
    ChangePasswordForm,
    NewPasswordForm,
)
from elearn.accounts.viewer import forget_viewer, get_viewer
from elearn.shared.access import Access, allow
from elearn.shared.transactions import writing

blueprint = Blueprint("passwords", __name__, template_folder="templates")


def words_near(person: Person) -> tuple[str, ...]:
    """What a guesser of this person's password would try first."""
    provider = current_app.extensions["elearn.settings"].provider_name
    return person.given_names, person.family_name, person.email, provider


def too_many(page: str, seconds: int) -> ResponseReturnValue:
    """Answer with a page that says how long to wait."""
    return page, HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(seconds)}


# -- a forgotten password --------------------------------------------------------------------------------------------


@blueprint.get("/account/forgotten-password/")
@allow(Access.PUBLIC)
def forgotten() -> ResponseReturnValue:
    """Ask whom to send the link to."""
    return render_template("accounts/forgotten.html", form=AddressForm())


@blueprint.post("/account/forgotten-password/")
@allow(Access.PUBLIC)
def send_link() -> ResponseReturnValue:
    """Send it, and say the same whether there is an account or not (B-5)."""
    form = AddressForm()
    if not form.validate_on_submit():
        return render_template("accounts/forgotten.html", form=form), 422
    address = form.email.data or ""
    guarding.count_reset()
    with writing():
        may_write = guarding.may_write_to(address, Way.RESET)
        person = queries.find_person_by_email(address)
        if may_write and person is not None and person.active:
            credentials.ask_for_link(person)
            letters.send_reset(person, url_for("passwords.reset", token=links.make(person, links.RESET)))
    return redirect(url_for("passwords.look_at_mail"), 303)


@blueprint.get("/account/check-your-mail/")
@allow(Access.PUBLIC)
def look_at_mail() -> ResponseReturnValue:
    """Say that a message is on its way, if there is anybody to write to."""
    return render_template("accounts/look_at_mail.html")


@blueprint.get("/account/reset/<token>/")
@allow(Access.PUBLIC)
def reset(token: str) -> ResponseReturnValue:
    """Ask for a new password; opening the link changes nothing."""
    if links.find(token, links.RESET) is None:
        return _dead_link()
    return _reset_page(NewPasswordForm(), token)


@blueprint.post("/account/reset/<token>/")
@allow(Access.PUBLIC)
def reset_now(token: str) -> ResponseReturnValue:
    """Set it, once, and end every sign-in; who was reset signs in with it, second factor and all."""
    claim = links.find(token, links.RESET)
    if claim is None:
        guarding.count_link()
        return _dead_link()
    form = NewPasswordForm(words_near(claim.person))
    if not form.validate_on_submit():
        return _reset_page(form, token), 422
    hashed = guarding.to_keep(form.password.data or "")
    with writing():
        claim = links.find(token, links.RESET, to_change=True)
        if claim is None:  # somebody was quicker with the same link
            return _dead_link()
        credentials.set_password(claim.person, hashed)
        factors.take_away_from_strangers(claim.person)
        guarding.forgive(claim.person.email)
        letters.tell_password_changed(claim.person)
        address = claim.person.email
    guarding.remember_device(address)
    forget_viewer()
    flash("Your password is changed. Sign in with the new one.")
    return redirect(url_for("security.login"), 303)


def _reset_page(form: NewPasswordForm, token: str) -> str:
    return render_template("accounts/reset.html", form=form, token=token)


def _dead_link() -> ResponseReturnValue:
    return render_template("accounts/dead_link.html"), HTTPStatus.NOT_FOUND


# -- another password ------------------------------------------------------------------------------------------------


@blueprint.get("/account/password/")
@allow(Access.SIGNED_IN)
@again.fresh_factor
def change() -> ResponseReturnValue:
    """Ask for the present password and for a new one."""
    return _change_page(ChangePasswordForm())


@blueprint.post("/account/password/")
@allow(Access.SIGNED_IN)
@again.fresh_factor
def change_now() -> ResponseReturnValue:
    """Change it, end the other sign-ins, and tell the person by mail."""
    person = queries.get_person(get_viewer().id)
    form = ChangePasswordForm(words_near(person))
    if not form.validate_on_submit():
        return _change_page(form), 422
    before = person.password
    try:
        if not guarding.is_password(person.email, before, form.present.data or "", Way.CHECK):
            return _refused(form)
    except guarding.TooManyTries as wait:
        form.present.errors = [in_words(wait.seconds)]
        return too_many(_change_page(form), wait.seconds)
    hashed = guarding.to_keep(form.password.data or "")
    with writing():
        person = queries.get_own_to_change(get_viewer())
        if person.password != before:  # changed elsewhere while this was being hashed
            return _refused(form)
        credentials.set_password(person, hashed, kept=get_viewer().sign_in_id)
        letters.tell_password_changed(person)
        again.show_again(get_viewer())
        session["_user_id"] = person.fs_uniquifier  # what Flask-Login knows this sign-in by
    flash("Your password is changed. You are signed out everywhere else.")
    return redirect(url_for("accounts.account"), 303)


def _change_page(form: ChangePasswordForm) -> str:
    return render_template("accounts/password.html", form=form, address=get_viewer().email)


def _refused(form: ChangePasswordForm) -> ResponseReturnValue:
    form.present.errors = [WRONG_PASSWORD]
    return _change_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
