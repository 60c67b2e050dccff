"""The signed-in person of the request: read once, kept for the request, and never an ORM object."""

from flask import current_app, g, session

from elearn.accounts import queries
from elearn.accounts.rules import Viewer
from elearn.accounts.stages import Stage, stage_of

COOKIE_KEY = "sid"


def find_viewer() -> Viewer | None:
    """The person who is signed in, or None; whoever still has to give or set up a second factor is nobody yet."""
    if "viewer" not in g:
        token = session.get(COOKIE_KEY)
        found = queries.find_viewer(token) if isinstance(token, str) else None
        stage = stage_of(found, current_app.extensions["elearn.settings"].second_factor_policy) if found else None
        g.viewer, g.between = (found, None) if stage is Stage.WHOLE else (None, (found, stage) if found else None)
    viewer: Viewer | None = g.viewer
    return viewer


def find_between() -> tuple[Viewer, Stage] | None:
    """The person who has given the password only, and what is asked of them next; None for anybody else."""
    find_viewer()
    between: tuple[Viewer, Stage] | None = g.between
    return between


def find_stage() -> Stage | None:
    """How far the sign-in of this request is; None where there is none."""
    if find_viewer() is not None:
        return Stage.WHOLE
    between = find_between()
    return between[1] if between else None


def get_person_of_request() -> Viewer:
    """The person of this request, whole or between the factors, in a view that both reach. Raises LookupError."""
    between = find_between()
    return between[0] if between else get_viewer()


def get_viewer() -> Viewer:
    """The person who is signed in, in a view that only signed-in people reach. Raises LookupError elsewhere."""
    viewer = find_viewer()
    if viewer is None:
        raise LookupError("nobody is signed in")
    return viewer


def forget_viewer() -> None:
    """Read the viewer again: the sign-in or the person's details have changed."""
    g.pop("viewer", None)
    g.pop("between", None)
