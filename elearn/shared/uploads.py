"""Files only where a view asks for one: a form would take a file for the text of a field of that name, and fail."""

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, abort, request

View = TypeVar("View", bound=Callable[..., object])


def takes_file(name: str) -> Callable[[View], View]:
    """Mark a view with the one field that may be a file."""

    def mark(view: View) -> View:
        view.__dict__["file"] = name
        return view

    return mark


def init_app(app: Flask) -> None:
    """Refuse every other file with 400, before a view or a form sees it."""

    @app.before_request
    def refuse_files() -> None:
        if request.mimetype != "multipart/form-data" or request.endpoint is None:
            return
        wanted = getattr(app.view_functions.get(request.endpoint), "file", None)
        if any(name != wanted for name in request.files):
            abort(400)
