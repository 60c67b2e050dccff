"""What every template may use; a misspelt name is an error, not an empty cell."""

from datetime import date, datetime

from flask import Flask, g, get_flashed_messages
from flask_wtf.csrf import generate_csrf
from jinja2 import StrictUndefined

from elearn.config import Settings
from elearn.shared import clock


def init_app(app: Flask) -> None:
    """Set Jinja up for strict, small pages."""
    settings: Settings = app.extensions["elearn.settings"]
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    def day(moment: date | datetime) -> str:
        """`22 November 2026`, in the zone of the settings."""
        return clock.in_words(moment, settings.time_zone)

    def moment(value: datetime) -> str:
        """`22 November 2026 at 10:42`, in the zone of the settings."""
        return clock.time_in_words(value, settings.time_zone)

    def today() -> date:
        """The date in the zone of the settings."""
        return clock.today(settings.time_zone)

    def navigation(person: object) -> list[tuple[str, str]]:
        """The header's links: words and address."""
        if person is None:
            return [("Modules", "/modules/"), ("Sign in", "/account/sign-in/"), ("Register", "/account/register/")]
        links = [
            ("My learning", "/learning/"),
            ("Modules", "/modules/"),
            ("Cohorts", "/cohorts/"),
            ("Account", "/account/"),
        ]
        return [*links, ("Administration", "/admin/")] if getattr(person, "administrator", False) else links

    def csrf_token() -> str:
        """The token of this request, which Flask-WTF keeps in `g` when it has made it; a page asks for it once a form."""
        token: str = g.get("csrf_token") or generate_csrf()
        return token

    app.jinja_env.globals |= {"navigation": navigation, "csrf_token": csrf_token}
    app.jinja_env.filters |= {"day": day, "moment": moment}
    app.jinja_env.globals |= {"settings": settings, "today": today, "messages": get_flashed_messages}
