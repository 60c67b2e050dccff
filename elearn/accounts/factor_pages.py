"""The pages of the second step: giving it, setting it up, taking it away; and signing in with a passkey alone."""

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, current_app, flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_security.utils import login_user
from markupsafe import Markup

from elearn.accounts import factors, one_time, passkeys
from elearn.accounts.again import fresh
from elearn.accounts.between import come_in
from elearn.accounts.factor_forms import AppForm, CodeForm, NewPasskeyForm, PasskeyForm, RecoveryForm
from elearn.accounts.stages import Stage, is_required
from elearn.accounts.viewer import (
    COOKIE_KEY,
    find_between,
    find_stage,
    forget_viewer,
    get_person_of_request,
    get_viewer,
)
from elearn.shared.access import Access, allow
from elearn.shared.forms import safe_next
from elearn.shared.sealing import NotOurs
from elearn.shared.transactions import commits

blueprint = Blueprint("factors", __name__, template_folder="templates")
WRONG_CODE = "This code is not right. A code counts once and for half a minute: enter the next one"
WRONG_RECOVERY = "This is none of your recovery codes, or it was used before. Check it, or take another one"
WAIT = "Too many codes were wrong. Use a recovery code or a passkey, or try again in an hour"
UNREADABLE = "Your app cannot be checked here any more. Use a recovery code or a passkey, or ask your administrator"
NO_PASSKEY = "The passkey could not be used here. Try again, or take another way"
START = "/learning/"
F = TypeVar("F", CodeForm, RecoveryForm)


def _next() -> str:
    return safe_next(START)


# -- giving the second step ------------------------------------------------------------------------------------------


@blueprint.get("/account/second-step/")
@allow(Access.BETWEEN)
def ask() -> ResponseReturnValue:
    """Ask for the second step."""
    return _ask_page(CodeForm()) if find_stage() is Stage.PROVE else redirect(_next(), 303)


def _ask_page(form: CodeForm) -> str:
    person = get_person_of_request()
    there = factors.list_factors(person)
    asked = passkeys.ask_to_give(person.id) if there.passkeys and passkeys.are_possible() else None
    return render_template(
        "accounts/second_step.html", form=form, someone=person, there=there, asked=asked, onward=_next()
    )


@blueprint.post("/account/second-step/")
@allow(Access.BETWEEN)
@commits
def prove() -> ResponseReturnValue:
    """Take the code of an app."""
    form = CodeForm()
    return _take(form, lambda code: factors.check_code(get_person_of_request(), code), WRONG_CODE, _ask_page)


@blueprint.get("/account/second-step/recovery/")
@allow(Access.BETWEEN)
def ask_recovery() -> ResponseReturnValue:
    """Ask for a recovery code."""
    return _recovery_page(RecoveryForm()) if find_stage() is Stage.PROVE else redirect(_next(), 303)


def _recovery_page(form: RecoveryForm) -> str:
    return render_template("accounts/recovery.html", form=form, onward=_next())


@blueprint.post("/account/second-step/recovery/")
@allow(Access.BETWEEN)
@commits
def recover() -> ResponseReturnValue:
    """Take a recovery code."""
    form = RecoveryForm()
    person = get_person_of_request
    return _take(form, lambda code: factors.use_recovery_code(person(), code), WRONG_RECOVERY, _recovery_page)


def _take(form: F, check: Callable[[str], factors.Answer], words: str, page: Callable[[F], str]) -> ResponseReturnValue:
    if find_stage() is not Stage.PROVE:
        return redirect(_next(), 303)
    if not form.validate():
        return page(form), 422
    match check(form.code.data or ""):
        case factors.Answer.RIGHT:
            come_in(get_person_of_request())
            return redirect(_next(), 303)
        case factors.Answer.ENDED:
            return _signed_out()
        case factors.Answer.WAIT:
            form.code.errors = [WAIT]
        case factors.Answer.UNREADABLE:
            form.code.errors = [UNREADABLE]
        case _:
            form.code.errors = [words]
    return page(form), 422


def _signed_out() -> ResponseReturnValue:
    session.pop(COOKIE_KEY, None)
    forget_viewer()
    flash("Too many codes were wrong, so you are signed out. Start again with your password.", "notice")
    return redirect(url_for("security.login", next=_next()), 303)


@blueprint.post("/account/second-step/passkey/")
@allow(Access.BETWEEN)
@commits
def prove_by_passkey() -> ResponseReturnValue:
    """Take what a passkey has answered."""
    if find_stage() is not Stage.PROVE:
        return redirect(_next(), 303)
    form, person = PasskeyForm(), get_person_of_request()
    try:
        passkeys.person_of_answer(form.sealed.data or "", form.credential.data or "", person.id)
    except passkeys.BadPasskey:
        code_form = CodeForm(formdata=None)
        code_form.code.errors = [NO_PASSKEY]
        return _ask_page(code_form), 422
    come_in(person)
    return redirect(_next(), 303)


# -- signing in with a passkey alone ---------------------------------------------------------------------------------


@blueprint.get("/account/passkey/")
@allow(Access.PUBLIC)
def sign_in() -> ResponseReturnValue:
    """Offer to sign in with a passkey."""
    return _sign_in_page(PasskeyForm())


def _sign_in_page(form: PasskeyForm) -> str:
    asked = passkeys.ask_to_give() if passkeys.are_possible() else None
    return render_template("accounts/passkey_sign_in.html", form=form, asked=asked, onward=_next())


@blueprint.post("/account/passkey/")
@allow(Access.PUBLIC)
@commits
def sign_in_now() -> ResponseReturnValue:
    """Sign in whoever's passkey has answered: it checks the person too, so nothing more is asked."""
    form = PasskeyForm()
    try:
        person = passkeys.person_of_answer(form.sealed.data or "", form.credential.data or "")
    except passkeys.BadPasskey:
        form.credential.errors = [NO_PASSKEY]
        return _sign_in_page(form), 422
    g.proven = True
    if not person.active or not login_user(person, authn_via=["passkey"]):
        form.credential.errors = ["This account is suspended. Ask your administrator"]
        return _sign_in_page(form), 422
    return redirect(_next(), 303)


# -- how one signs in ------------------------------------------------------------------------------------------------


@blueprint.get("/account/factors/")
@allow(Access.SETTING_UP)
def factors_page() -> ResponseReturnValue:
    """How the person signs in, and what they may add."""
    person = get_person_of_request()
    policy = current_app.extensions["elearn.settings"].second_factor_policy
    return render_template(
        "accounts/factors.html",
        someone=person,
        there=factors.list_factors(person),
        required=is_required(person, policy),
        between=find_between() is not None,
        passkeys_possible=passkeys.are_possible(),
        onward=safe_next(""),
    )


@blueprint.get("/account/factors/app/")
@allow(Access.SETTING_UP)
@fresh
def app() -> ResponseReturnValue:
    """Show a new secret, as a drawing and to type. It lies sealed in the form: nothing is written."""
    form = AppForm()
    form.sealed.data = factors.begin_app(get_person_of_request())
    return _app_page(form)


def _app_page(form: AppForm) -> ResponseReturnValue:
    person = get_person_of_request()
    try:
        secret = factors.secret_of(person, form.sealed.data or "")
    except NotOurs:
        flash("The page was too old. Here is a new code to scan.", "notice")
        return redirect(url_for("factors.app", next=_next()), 303)
    provider = current_app.extensions["elearn.settings"].provider_name
    drawing: Markup = one_time.drawing(secret, person.email, provider)
    page = render_template(
        "accounts/app.html",
        form=form,
        drawing=drawing,
        secret=one_time.in_groups(secret),
        between=find_between() is not None,
        onward=safe_next(""),
    )
    return (page, 422) if form.errors else page


@blueprint.post("/account/factors/app/")
@allow(Access.SETTING_UP)
@fresh
@commits
def add_app() -> ResponseReturnValue:
    """Keep the app whose code was given."""
    form, person = AppForm(), get_person_of_request()
    if not form.validate():
        return _app_page(form)
    try:
        codes = factors.add_app(person, form.sealed.data or "", form.code.data or "")
    except factors.WrongCode:
        form.code.errors = [WRONG_CODE]
        return _app_page(form)
    except NotOurs:
        return _app_page(form)
    return _added(codes, "Your app is set up.")


def _added(codes: list[str], words: str) -> ResponseReturnValue:
    onward = safe_next(url_for("factors.factors_page"))
    come_in(get_person_of_request())
    if codes:
        return render_template("accounts/codes.html", codes=codes, words=words, onward=onward)
    flash(words)
    return redirect(onward, 303)


@blueprint.post("/account/factors/app/remove/")
@allow(Access.SIGNED_IN)
@fresh
@commits
def remove_app() -> ResponseReturnValue:
    """Take the app away."""
    return _remove(lambda: factors.remove_app(get_viewer()), "The app is removed: its codes count no more.")


@blueprint.post("/account/factors/passkeys/<passkey>/remove/")
@allow(Access.SIGNED_IN)
@fresh
@commits
def remove_passkey(passkey: str) -> ResponseReturnValue:
    """Take a passkey away."""
    return _remove(lambda: factors.remove_passkey(get_viewer(), passkey), "The passkey is removed.")


def _remove(take_away: Callable[[], None], words: str) -> ResponseReturnValue:
    try:
        take_away()
    except factors.MustStay as reason:
        flash(str(reason), "notice")
    else:
        flash(words)
    return redirect(url_for("factors.factors_page"), 303)


@blueprint.post("/account/factors/codes/")
@allow(Access.SIGNED_IN)
@fresh
@commits
def new_codes() -> ResponseReturnValue:
    """Make new recovery codes; they are shown in this one answer."""
    viewer = get_viewer()
    if not viewer.has_factor:
        return redirect(url_for("factors.factors_page"), 303)
    codes = factors.make_codes(viewer)
    return render_template(
        "accounts/codes.html",
        codes=codes,
        words="Your earlier codes count no more.",
        onward=url_for("factors.factors_page"),
    )


@blueprint.get("/account/factors/passkey/")
@allow(Access.SETTING_UP)
@fresh
def passkey() -> ResponseReturnValue:
    """Offer to make a passkey."""
    if not passkeys.are_possible():
        return redirect(url_for("factors.factors_page"), 303)
    return _passkey_page(NewPasskeyForm())


def _passkey_page(form: NewPasskeyForm) -> str:
    return render_template(
        "accounts/passkey.html",
        form=form,
        asked=passkeys.ask_to_add(get_person_of_request()),
        between=find_between() is not None,
        onward=safe_next(""),
    )


@blueprint.post("/account/factors/passkey/")
@allow(Access.SETTING_UP)
@fresh
@commits
def add_passkey() -> ResponseReturnValue:
    """Keep the passkey that the browser has made."""
    form = NewPasskeyForm()
    if not form.validate():
        return _passkey_page(form), 422
    try:
        codes = passkeys.add_passkey(
            get_person_of_request(), form.sealed.data or "", form.credential.data or "", form.name.data or ""
        )
    except passkeys.BadPasskey:
        form.name.errors = [NO_PASSKEY]
        return _passkey_page(form), 422
    return _added(codes, "Your passkey is set up.")
