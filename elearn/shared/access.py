"""Deny by default: a view without an access mark is refused, and what may not be seen is not found.

A view says `@allow(Access.SIGNED_IN)`; views of libraries are marked by a table (`mark_third_party`). Finer reach, such
as an educator's over one cohort, is decided by the query that reads the cohort, and its answer is 404 as well.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Protocol, TypeVar
from urllib.parse import urlencode

import structlog
from flask import Flask, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from elearn.shared import signals

View = TypeVar("View", bound=Callable[..., object])
log = structlog.get_logger(__name__)


class Access(StrEnum):
    """Who gets in."""

    PUBLIC = "anyone"
    SIGNED_IN = "anyone signed in"
    ADMINISTRATOR = "administrators"
    BETWEEN = "anyone signed in, and whoever has given the password and must give the second factor"
    SETTING_UP = "anyone signed in, and whoever has given the password and must set up a second factor"
    NOBODY = "nobody: a rule of a library that this application does not use"


class Visitor(Protocol):
    """The part of a signed-in person that access is decided on."""

    @property
    def administrator(self) -> bool: ...  # noqa: D102


def allow(access: Access) -> Callable[[View], View]:
    """Mark a view with who gets in."""

    def mark(view: View) -> View:
        view.__dict__["access"] = access
        return view

    return mark


def access_of(app: Flask, endpoint: str) -> Access | None:
    """The mark of an endpoint, or None where it was forgotten."""
    third_party: Mapping[str, Access] = app.extensions["elearn.access"]
    found = third_party.get(endpoint) or getattr(app.view_functions.get(endpoint), "access", None)
    return found if isinstance(found, Access) else None


def may_enter(access: Access | None, visitor: Visitor | None) -> bool:
    """Whether a visitor (None: not signed in) gets past the mark."""
    match access:
        case Access.PUBLIC:
            return True
        case Access.SIGNED_IN | Access.BETWEEN | Access.SETTING_UP:
            return visitor is not None
        case Access.ADMINISTRATOR:
            return visitor is not None and visitor.administrator
        case _:
            return False


Between = Callable[[], tuple[frozenset[Access], str] | None]


def init_app(
    app: Flask,
    visitor: Callable[[], Visitor | None],
    third_party: Mapping[str, Access],
    between: Between = lambda: None,
) -> None:
    """Ask the mark of every request's view before it runs.

    `between` tells of a visitor who is nobody yet, between two factors: the marks they may enter, and the page that
    they are led to from anywhere else.
    """
    app.extensions["elearn.access"] = dict(third_party)

    @app.before_request
    def refuse() -> ResponseReturnValue | None:
        if request.endpoint is None:
            return None
        if "\0" in request.path:  # no id holds one, and PostgreSQL refuses it with an error
            abort(404)
        access = access_of(current_app, request.endpoint)
        if access is Access.PUBLIC:
            return None
        who = visitor()
        if may_enter(access, who):
            return None
        if access is None:
            log.error("view without an access mark", endpoint=request.endpoint)
            abort(403)
        if who is None and access is not Access.NOBODY:
            marks, page = between() or (frozenset(), "")
            if access in marks:
                return None
            return redirect(f"{page}?{urlencode({'next': wanted() or ''})}", 303) if marks else to_sign_in()
        log.warning("denied", endpoint=request.endpoint)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            signals.access_denied.send(app, endpoint=request.endpoint)
        return abort(404)


def to_sign_in() -> ResponseReturnValue:
    """Ask the person to sign in, and bring them back where they wanted to go.

    A post cannot be brought back: the person lands on the page that held the form.
    """
    return redirect(url_for("security.login", next=wanted()), 303)


def wanted() -> str | None:
    """The page to come back to after whatever has to be done first: this one, or the one that held the form."""
    return request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else _path_of_referrer()


def _path_of_referrer() -> str | None:
    referrer = request.referrer or ""
    return "/" + referrer.removeprefix(request.host_url) if referrer.startswith(request.host_url) else None
