"""Asking who it is again: staff who have been away, and anyone who changes how they sign in.

Whoever was away gives the password. To change how one signs in takes all that signing in took: the second factor too, where
there is one, or a passkey, which is both. Nothing that was typed is lost: a form that was sent too late comes back inside
the page that asks, and goes on to where it was sent when the answer is right; only passwords are typed once more. When a
person was last here lies in the signed cookie, so no page writes it (B-9).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from http import HTTPStatus
from typing import ParamSpec

from flask import Flask, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts import factors, guarding, passkeys, queries, sign_ins
from elearn.accounts.factor_forms import AGAIN_FIELDS, AgainForm
from elearn.accounts.limits import Way
from elearn.accounts.rules import Viewer
from elearn.accounts.stages import FRESH, LONGEST_IDLE, NOTED_EVERY, is_within
from elearn.accounts.viewer import COOKIE_KEY, find_viewer, forget_viewer, get_person_of_request
from elearn.audit import actions as audit
from elearn.shared import clock
from elearn.shared.access import Access, access_of, wanted
from elearn.shared.transactions import writing

P = ParamSpec("P")
SEEN, FRESH_AT = "seen", "fresh"
MARK = "asks_fully"
"""The attribute of a view that `fresh` marks, so that whoever was away is asked once, for everything."""
A_MINUTE = 60
# Staff pages are those for administrators, and these of educators. tests/accounts/test_idle.py compares them with the matrix.
STAFF_BLUEPRINTS = frozenset({"admin", "reports", "gain", "items", "reported", "preview", "more_time", "withdrawals"})
STAFF_ENDPOINTS = frozenset({"cohorts.cohort", "cohorts.add_to_roster", "cohorts.remove_from_roster"})
NOT_RIGHT = "The password is not right. Check it and try again"
NO_CODE = "Enter a code: your password alone is not enough to change how you sign in"
NOT_THE_CODE = "This code is not right, or it was used before. Enter the next one of your app, or a recovery code"
WAIT = "Too many codes were wrong. Use a recovery code or a passkey, or try again in an hour"
UNREADABLE = "Your app cannot be checked here any more. Use a recovery code or a passkey"
NO_PASSKEY = "The passkey could not be used here. Try again, or give your password"
NOT_KEPT = frozenset({"csrf_token", *AGAIN_FIELDS, "present", "password"})
"""Fields of a form that came too late which its page of asking does not hold: what answered it, and passwords."""
Allowed = Callable[P, ResponseReturnValue]


def is_staff_page(app: Flask, endpoint: str) -> bool:
    """Whether an endpoint shows other people's data to those who teach or administer."""
    return (
        access_of(app, endpoint) is Access.ADMINISTRATOR
        or endpoint.partition(".")[0] in STAFF_BLUEPRINTS
        or endpoint in STAFF_ENDPOINTS
    )


def init_app(app: Flask) -> None:
    """Look, after access is decided, when the person was here last."""

    @app.before_request
    def ask_who_was_away() -> ResponseReturnValue | None:
        endpoint = request.endpoint
        if endpoint is None or access_of(current_app, endpoint) is Access.PUBLIC:
            return None
        viewer = find_viewer()
        if viewer is None:
            return None
        if viewer.staff and is_staff_page(current_app, endpoint) and not _is_here(viewer):
            refused = ask_again(viewer, fully=hasattr(current_app.view_functions[endpoint], MARK))
            if refused is not None:
                return refused
        _note_seen(viewer)
        return None


def _moment(name: str, viewer: Viewer) -> datetime:
    """What the cookie says of this sign-in, and no earlier than it began."""
    started = viewer.signed_in_at or clock.now()
    kept = session.get(name)
    return max(started, datetime.fromtimestamp(kept, UTC)) if isinstance(kept, int) else started


def _is_here(viewer: Viewer) -> bool:
    return is_within(_moment(SEEN, viewer), LONGEST_IDLE, clock.now())


def _note_seen(viewer: Viewer) -> None:
    now = clock.now()
    # Whoever was away stays away for staff pages, whatever else is opened, until the password is given.
    if viewer.staff and _is_here(viewer) and (now - _moment(SEEN, viewer)).total_seconds() >= A_MINUTE:
        session[SEEN] = int(now.timestamp())
    last = viewer.seen_at or viewer.signed_in_at
    # Only a request that may write anyway keeps it for the list of sign-ins, and only now and then.
    if request.method == "POST" and request.blueprint != "security" and last and now - last >= NOTED_EVERY:
        with writing():
            sign_ins.note_seen(viewer)


def note_proven(viewer: Viewer) -> None:
    """The person has shown all that signing in takes, inside a write; the sign-in goes on under a new token."""
    session[COOKIE_KEY] = sign_ins.prove(viewer)
    note_fresh()
    forget_viewer()


def show_again(viewer: Viewer) -> None:
    """The person has given their password again, inside a write: from here on a cookie that was kept before is worth nothing.

    For whoever has a second factor that is not all, and lets them change nothing.
    """
    session[COOKIE_KEY] = sign_ins.renew(viewer)
    forget_viewer()
    session[SEEN] = int(clock.now().timestamp())
    if not viewer.has_factor:
        note_fresh()


def note_fresh() -> None:
    """The person has just shown who they are."""
    session[SEEN] = session[FRESH_AT] = int(clock.now().timestamp())


def _is_fresh(viewer: Viewer) -> bool:
    return is_within(_moment(FRESH_AT, viewer), FRESH, clock.now())


def fresh(view: Allowed[P]) -> Allowed[P]:
    """Mark a view for whoever has shown a quarter of an hour ago at most who they are; others are asked first (B-10)."""
    wrapped = _asking(view, lambda viewer: not _is_fresh(viewer))
    setattr(wrapped, MARK, True)
    return wrapped


def fresh_factor(view: Allowed[P]) -> Allowed[P]:
    """The same for a view whose own form asks for the password: only whoever has a second factor is asked first."""
    return _asking(view, lambda viewer: viewer.has_factor and not _is_fresh(viewer))


def _asking(view: Allowed[P], must_ask: Callable[[Viewer], bool]) -> Allowed[P]:
    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        viewer = get_person_of_request()
        refused = ask_again(viewer) if must_ask(viewer) else None
        return view(*args, **kwargs) if refused is None else refused

    return wrapped


def ask_again(viewer: Viewer, *, fully: bool = True) -> ResponseReturnValue | None:
    """Ask who it is; None where this post brings the answer. What a form holds beside it is kept in the page."""
    if request.method != "POST":
        return redirect(url_for("sign_ins.again", away=None if fully else 1, next=wanted()), 303)
    form = AgainForm(formdata=request.form)
    if not AGAIN_FIELDS.isdisjoint(request.form):
        if is_shown(viewer, form, fully=fully):
            return None
        if find_viewer() is None:
            return redirect(url_for("security.login"), 303)
    page = render_again(viewer, form, request.full_path.rstrip("?"), fully=fully, keep=True)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


def render_again(viewer: Viewer, form: AgainForm, action: str, *, fully: bool, keep: bool = False) -> str:
    """The page that asks; `keep` where the post has more than an answer to it."""
    there = factors.list_factors(viewer)
    has_app = there.app_added_at is not None
    form.again_code.label.text = "Code from your app, or a recovery code" if has_app else "One of your recovery codes"
    return render_template(
        "accounts/again.html",
        form=form,
        kept=[(name, value) for name, value in request.form.items(multi=True) if keep and name not in NOT_KEPT],
        action=action,
        has_file=bool(request.files),
        away=not fully,
        asked=passkeys.ask_to_give(viewer.id) if there.passkeys and passkeys.are_possible() else None,
        needs_code=fully and viewer.has_factor,
    )


def is_shown(viewer: Viewer, form: AgainForm, *, fully: bool) -> bool:
    """Whether the form shows who it is; what is wrong stands at its fields. Outside of any write.

    A sign-in in which the answer was wrong too often ends.
    """
    if form.again_credential.data:
        return _is_passkey(viewer, form)
    needs_code = fully and viewer.has_factor
    if needs_code and not form.again_code.data:
        form.validate()
        form.again_code.errors = [NO_CODE]
        return False
    if not form.validate() or not _is_password(viewer, form):
        return False
    return not needs_code or _is_code(viewer, form)


def _is_passkey(viewer: Viewer, form: AgainForm) -> bool:
    try:
        with writing():
            passkeys.person_of_answer(form.again_sealed.data or "", form.again_credential.data or "", viewer.id)
            note_proven(viewer)
    except passkeys.BadPasskey:
        form.again_password.errors = [NO_PASSKEY]
        return False
    return True


def _is_password(viewer: Viewer, form: AgainForm) -> bool:
    password = form.again_password.data or ""
    if guarding.is_password(viewer.email, queries.get_person(viewer.id).password, password, Way.CHECK):
        with writing():
            show_again(viewer)
        return True
    form.again_password.errors = [NOT_RIGHT]
    with writing():
        ended = sign_ins.note_wrong(viewer)
        audit.record("password wrong", f"person:{viewer.id}", viewer.id)
    if ended:
        _sign_out()
    return False


def _is_code(viewer: Viewer, form: AgainForm) -> bool:
    with writing():
        answer = factors.check_any_code(viewer, form.again_code.data or "")
        if answer is factors.Answer.RIGHT:
            note_proven(viewer)
            return True
    if answer is factors.Answer.ENDED:
        _sign_out()
    words = {factors.Answer.WAIT: WAIT, factors.Answer.UNREADABLE: UNREADABLE}
    form.again_code.errors = [words.get(answer, NOT_THE_CODE)]
    return False


def _sign_out() -> None:
    session.pop(COOKIE_KEY, None)
    forget_viewer()
    flash("You are signed out: what you gave was wrong too often. Sign in again.", "notice")
