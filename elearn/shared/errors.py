"""Error pages in plain words, with the request id that finds the log line; never a trace."""

import structlog
from flask import Flask, g, make_response, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from elearn.extensions import db
from elearn.shared.missing import NotFound
from elearn.shared.too_often import TooOften
from elearn.shared.transactions import Busy

log = structlog.get_logger("elearn.errors")
WORDS = {
    400: ("We could not use what was sent", "Go back, check the page, and try again."),
    403: ("You cannot open this page", "If you think that you should, tell us and give the number below."),
    404: ("Page not found", "Check the address. The page may have moved, or it may be one that you cannot see."),
    405: ("This page does not work that way", "Go back and use the buttons on the page."),
    413: ("What was sent is too large", "Shorten your text and try again. Nothing was saved."),
    429: ("Too many tries", "Wait a few minutes, then try again."),
    500: ("Something went wrong on our side", "Nothing was half saved. Wait a moment, go back, and try again."),
    503: ("The service is busy", "Nothing was saved. Wait a moment, go back, and try again."),
}
SECONDS_WHILE_BUSY = 5
OFTEN = ("You have done this very often", "Wait up to an hour, then try again. Nothing was done this time.")
EXPIRED = (
    "This page is too old to send",
    "You may have signed out or in again since it was opened. Go back, reload the page, and send it again.",
)


def init_app(app: Flask) -> None:
    """Answer every error with a page."""

    @app.errorhandler(NotFound)
    def not_found(_error: NotFound) -> ResponseReturnValue:
        return _page(404, *WORDS[404])

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> ResponseReturnValue:
        return _page(400, *EXPIRED)

    @app.errorhandler(TooOften)
    def too_often(wait: TooOften) -> ResponseReturnValue:
        answer = make_response(_page(429, *OFTEN))
        answer.headers["Retry-After"] = str(wait.seconds)
        return answer

    @app.errorhandler(Busy)
    def busy(_error: Busy) -> ResponseReturnValue:
        answer = make_response(_page(503, *WORDS[503]))
        answer.headers["Retry-After"] = str(SECONDS_WHILE_BUSY)
        return answer

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        if error.response is not None or error.code is None or error.code < 400:
            return error
        return _page(error.code, *WORDS.get(error.code, WORDS[400]))

    @app.errorhandler(Exception)
    def fault(error: Exception) -> ResponseReturnValue:
        log.error("fault", exc_info=error)
        return _page(500, *WORDS[500])


def _page(status: int, title: str, remedy: str) -> ResponseReturnValue:
    # Flask runs what a view has put off until its answer also when the view has failed: without this, Flask-Security
    # would commit the half of a registration or of a sign-in.
    db.session.rollback()
    return render_template("errors/error.html", title=title, remedy=remedy, request_id=g.get("request_id", "")), status
