"""The pages about one's own sign-ins, and the one that asks for the password again."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts import actions, sign_ins
from elearn.accounts.again import NOT_RIGHT, fresh, is_right
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
    """Ask for the password again before another page opens."""
    return _again_page(AgainForm())


def _again_page(form: AgainForm) -> str:
    action = url_for("sign_ins.again_now", next=safe_next(url_for("accounts.account")))
    return render_template("accounts/again.html", form=form, kept=[], action=action, has_file=False)


@blueprint.post("/account/again/")
@allow(Access.SETTING_UP)
def again_now() -> ResponseReturnValue:
    """Go on where the password is right. It is looked at outside of any write."""
    form, viewer = AgainForm(), get_person_of_request()
    if form.validate():
        if is_right(viewer, form.again_password.data or ""):
            return redirect(safe_next(url_for("accounts.account")), 303)
        if find_stage() is None:
            return redirect(url_for("security.login"), 303)
        form.again_password.errors = [NOT_RIGHT]
    return _again_page(form), 422
