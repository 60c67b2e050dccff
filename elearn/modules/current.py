"""The modules as they are offered now: without what administrators have withdrawn since the process began."""

from flask import Flask, current_app, g, request

from elearn.accounts.viewer import find_viewer
from elearn.modules import catalogue, queries


def init_app(app: Flask) -> None:
    """Look before each request whether anything was withdrawn or restored: the viewer brings the number of changes."""

    @app.before_request
    def bring_up_to_date() -> None:
        # Pages that ask for nobody, such as those of verification, show nothing that could be withdrawn.
        viewer = find_viewer() if "viewer" in g or request.blueprint == "modules" else None
        if viewer is not None and viewer.content_epoch != catalogue.epoch(current_app):
            catalogue.withdraw(current_app, queries.list_withdrawals(), viewer.content_epoch)
