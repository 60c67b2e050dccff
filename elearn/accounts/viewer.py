"""The signed-in person of the request: read once, kept for the request, and never an ORM object."""

from flask import g, session

from elearn.accounts import queries
from elearn.accounts.rules import Viewer

COOKIE_KEY = "sid"


def find_viewer() -> Viewer | None:
    """The person who is signed in, or None."""
    if "viewer" not in g:
        token = session.get(COOKIE_KEY)
        g.viewer = queries.find_viewer(token) if isinstance(token, str) else None
    found: Viewer | None = g.viewer
    return found


def get_viewer() -> Viewer:
    """The person who is signed in, in a view that only signed-in people reach. Raises LookupError elsewhere."""
    viewer = find_viewer()
    if viewer is None:
        raise LookupError("nobody is signed in")
    return viewer


def forget_viewer() -> None:
    """Read the viewer again: the sign-in or the person's details have changed."""
    g.pop("viewer", None)
