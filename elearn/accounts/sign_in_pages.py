"""The pages about one's own sign-ins, and the one that asks again who it is."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts import actions, sign_ins
from elearn.accounts.again import fresh, is_shown, render_again
from elearn.accounts.factor_forms import AgainForm
from elearn.accounts.viewer import COOKIE_KEY, find_stage, forget_viewer, get_person_of_request, get_viewer
from elearn.shared.access import Access, allow
from elearn.shared.forms import safe_next
from elearn.shared.transactions import commits

blueprint = Blueprint("sign_ins", __name__, template_folder="templates")


@blueprint.get("/account/sign-ins/")
@allow(Access.SIGNED_IN)
def sign_ins_page() -> ResponseReturnValue:
    """Where the person is signed in."""
    return render_template("accounts/sign_ins.html", sign_ins=sign_ins.list_sign_ins(get_viewer()))


@blueprint.post("/account/sign-ins/end/")
@allow(Access.SIGNED_IN)
@fresh
@commits
def end() -> ResponseReturnValue:
    """End one of them."""
    sign_ins.end_one(get_viewer(), request.form.get("sign_in", ""))
    forget_viewer()
    flash("That browser is signed out.")
    return redirect(url_for("sign_ins.sign_ins_page"), 303)


@blueprint.post("/account/sign-ins/end-all/")
@allow(Access.SIGNED_IN)
@fresh
@commits
def end_all() -> ResponseReturnValue:
    """Sign out everywhere else, or everywhere."""
    viewer = get_viewer()
    if request.form.get("which") == "all":
        actions.end_all_sign_ins(viewer.id)
        session.clear()
        forget_viewer()
        flash("You are signed out everywhere.")
        return redirect(url_for("security.login"), 303)
    sign_ins.end_others(viewer)
    flash("You are signed out everywhere but here.")
    return redirect(url_for("sign_ins.sign_ins_page"), 303)


@blueprint.post("/account/second-step/cancel/")
@allow(Access.BETWEEN)
@commits
def cancel() -> ResponseReturnValue:
    """Leave between the password and the second step."""
    if token := session.get(COOKIE_KEY):
        actions.end_sign_in(token)
    session.clear()
    forget_viewer()
    return redirect("/", 303)


@blueprint.get("/account/again/")
@allow(Access.SETTING_UP)
def again() -> ResponseReturnValue:
    """Ask who it is before another page opens."""
    return _again_page(AgainForm())


def _again_page(form: AgainForm) -> str:
    away = _is_for_away()
    action = url_for("sign_ins.again_now", away=1 if away else None, next=safe_next(url_for("accounts.account")))
    return render_again(get_person_of_request(), form, action, fully=not away)


def _is_for_away() -> bool:
    """Whether the page is for whoever was away, and asks for the password alone."""
    return request.args.get("away") == "1"


@blueprint.post("/account/again/")
@allow(Access.SETTING_UP)
def again_now() -> ResponseReturnValue:
    """Go on where the answer is right. It is looked at outside of any write."""
    form = AgainForm()
    if is_shown(get_person_of_request(), form, fully=not _is_for_away()):
        return redirect(safe_next(url_for("accounts.account")), 303)
    if find_stage() is None:
        return redirect(url_for("security.login"), 303)
    return _again_page(form), 422
