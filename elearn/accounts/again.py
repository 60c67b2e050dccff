"""Asking for the password again: staff who have been away, and anyone who changes how they sign in.

Nothing that was typed is lost: a form that was sent too late comes back inside the page that asks, and goes on to where it
was sent when the password is right. When a person was last here lies in the signed cookie, so no page writes it (B-9).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from http import HTTPStatus
from typing import ParamSpec

from flask import Flask, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts import guarding, queries, sign_ins
from elearn.accounts.factor_forms import AgainForm
from elearn.accounts.limits import Way
from elearn.accounts.rules import Viewer
from elearn.accounts.stages import FRESH, LONGEST_IDLE, NOTED_EVERY, is_within
from elearn.accounts.viewer import COOKIE_KEY, find_viewer, forget_viewer, get_person_of_request
from elearn.shared import clock
from elearn.shared.access import Access, access_of, wanted
from elearn.shared.transactions import writing

P = ParamSpec("P")
SEEN, FRESH_AT = "seen", "fresh"
A_MINUTE = 60
# Staff pages are those for administrators, and these of educators. tests/accounts/test_idle.py compares them with the matrix.
STAFF_BLUEPRINTS = frozenset({"admin", "reports", "gain", "items", "reported", "preview", "more_time", "withdrawals"})
STAFF_ENDPOINTS = frozenset({"cohorts.cohort", "cohorts.add_to_roster", "cohorts.remove_from_roster"})
PASSWORD, NOT_RIGHT = "again_password", "The password is not right. Check it and try again"
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
            refused = ask_again(viewer)
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


def note_fresh() -> None:
    """The person has just shown who they are."""
    session[SEEN] = session[FRESH_AT] = int(clock.now().timestamp())


def show_again(viewer: Viewer) -> None:
    """The person has given their password again, inside a write: from here on a cookie that was kept before is worth nothing."""
    session[COOKIE_KEY] = sign_ins.renew(viewer)
    forget_viewer()
    note_fresh()


def fresh(view: Allowed[P]) -> Allowed[P]:
    """Mark a view for whoever has shown a quarter of an hour ago at most who they are; others are asked first (B-10)."""

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        viewer = get_person_of_request()
        if not is_within(_moment(FRESH_AT, viewer), FRESH, clock.now()):
            refused = ask_again(viewer)
            if refused is not None:
                return refused
        return view(*args, **kwargs)

    return wrapped


def ask_again(viewer: Viewer) -> ResponseReturnValue | None:
    """Ask for the password; None where this post brings it. What a form holds beside it is kept in the page."""
    if request.method != "POST":
        return redirect(url_for("sign_ins.again", next=wanted()), 303)
    form = AgainForm(formdata=request.form)
    if PASSWORD in request.form and form.validate():
        if is_right(viewer, form.again_password.data or ""):
            return None
        if find_viewer() is None:
            return redirect(url_for("security.login"), 303)
        form.again_password.errors = [NOT_RIGHT]
    elif PASSWORD not in request.form:
        form.again_password.errors = []
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", PASSWORD)]
    page = render_template(
        "accounts/again.html", form=form, kept=kept, action=request.full_path.rstrip("?"), has_file=bool(request.files)
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


def is_right(viewer: Viewer, password: str) -> bool:
    """Whether this is the person's password. A sign-in in which it was wrong too often ends."""
    if guarding.is_password(viewer.email, queries.get_person(viewer.id).password, password, Way.CHECK):
        with writing():
            show_again(viewer)
        return True
    with writing():
        ended = sign_ins.note_wrong(viewer)
    if ended:
        session.pop(COOKIE_KEY, None)
        forget_viewer()
        flash("You are signed out: the password was wrong too often. Sign in again.", "notice")
    return False
