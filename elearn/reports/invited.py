"""The page behind the link of an invitation, for somebody who has no account yet."""

from http import HTTPStatus

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts import guarding
from elearn.accounts.actions import EmailTaken
from elearn.accounts.invitations import Invitee, find_invitee
from elearn.accounts.rules import Profession
from elearn.cohorts.rules import NOT_SEEN, SEEN
from elearn.reports.joining import accept as accept_invitation
from elearn.reports.joining import cohort_of
from elearn.reports.people_forms import AcceptForm
from elearn.shared.access import Access, allow
from elearn.shared.transactions import writing

blueprint = Blueprint("invited", __name__, template_folder="templates", url_prefix="/account/invitation")


@blueprint.get("/<token>/")
@allow(Access.PUBLIC)
def ask(token: str) -> ResponseReturnValue:
    """Ask for names and a password. Looking at it changes nothing: mail scanners follow links."""
    invitee = find_invitee(token)
    return (
        _no_good() if invitee is None else _page(token, invitee, AcceptForm(_near(invitee), formdata=None, obj=invitee))
    )


def _page(token: str, invitee: Invitee, form: AcceptForm) -> str:
    return render_template(
        "reports/invited.html",
        form=form,
        token=token,
        invitee=invitee,
        cohort=cohort_of(invitee.cohort),
        seen=SEEN.values(),
        not_seen=NOT_SEEN,
    )


def _no_good() -> ResponseReturnValue:
    """The same answer to a link that is wrong, old, used or taken back."""
    return render_template("reports/invited_no_good.html"), HTTPStatus.NOT_FOUND


@blueprint.errorhandler(EmailTaken)
def email_taken(_error: EmailTaken) -> ResponseReturnValue:
    """Whoever holds the link has made an account meanwhile: they sign in."""
    flash("You have an account already. Sign in.", "notice")
    return redirect(url_for("security.login"), 303)


@blueprint.post("/<token>/")
@allow(Access.PUBLIC)
def accept(token: str) -> ResponseReturnValue:
    """Make the account. The password is judged and hashed outside of the write, and only behind a link that is good."""
    invitee = find_invitee(token)
    if invitee is None:
        guarding.count_link()
        return _no_good()
    form = AcceptForm(_near(invitee))
    if not form.validate_on_submit():
        return _page(token, invitee, form), 422
    hashed = guarding.to_keep(form.password.data or "")
    with writing():
        person = accept_invitation(
            token,
            password_hash=hashed,
            given_names=form.given_names.data or "",
            family_name=form.family_name.data or "",
            profession=Profession(form.profession.data),
            registration_number=form.registration_number.data or "",
        )
    if person is None:  # somebody was quicker with the same link
        return _no_good()
    flash("Your account is ready, and your e-mail address is confirmed. Sign in with your new password.")
    return redirect(url_for("security.login"), 303)


def _near(invitee: Invitee) -> tuple[str, str]:
    return invitee.email, current_app.extensions["elearn.settings"].provider_name
