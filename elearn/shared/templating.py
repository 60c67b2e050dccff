"""What every template may use; a misspelt name is an error, not an empty cell."""

from datetime import date, datetime
from typing import Any

from flask import Flask, g, get_flashed_messages, request, session
from flask_wtf.csrf import generate_csrf
from itsdangerous import URLSafeTimedSerializer
from jinja2 import StrictUndefined
from markupsafe import Markup

from elearn.config import Settings
from elearn.shared import clock

Links = tuple[tuple[str, str], ...]
VISITORS: Links = (("Modules", "/modules/"), ("Sign in", "/account/sign-in/"), ("Register", "/account/register/"))
PEOPLES: Links = (
    ("My learning", "/learning/"),
    ("Modules", "/modules/"),
    ("Cohorts", "/cohorts/"),
    ("Account", "/account/"),
)
ADMINISTRATORS: Links = (*PEOPLES, ("Administration", "/admin/"))


def links_for(person: object) -> Links:
    """The words and addresses of the header's links; `person` is None for a visitor."""
    if person is None:
        return VISITORS
    return ADMINISTRATORS if getattr(person, "administrator", False) else PEOPLES


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

    def lately(value: datetime) -> str:
        """`10:42` today, with its date on any other day, in the zone of the settings."""
        return clock.lately_in_words(value, settings.time_zone)

    def today() -> date:
        """The date in the zone of the settings."""
        return clock.today(settings.time_zone)

    menus: dict[tuple[Links, str], Markup] = {}

    def navigation(person: object) -> Markup:
        """The header's links, with the page's own marked; there are few cases, and each is rendered once."""
        links = links_for(person)
        current = request.path if any(request.path == address for _, address in links) else ""
        if (links, current) not in menus:
            macros: Any = app.jinja_env.get_template("navigation.html").module
            menus[links, current] = macros.menu(links, current)
        return menus[links, current]

    signer = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="wtf-csrf-token")

    def csrf_token() -> str:
        """The token against forged posts, as Flask-WTF makes it and keeps it in `g`, with a signer that is made once."""
        if "csrf_token" not in g:
            raw = session.get("csrf_token")
            g.csrf_token = signer.dumps(raw) if isinstance(raw, str) else generate_csrf()
        token: str = g.csrf_token
        return token

    app.jinja_env.globals |= {"navigation": navigation, "csrf_token": csrf_token}
    app.jinja_env.filters |= {"day": day, "moment": moment, "lately": lately, "zone": clock.zone_in_words}
    app.jinja_env.globals |= {"settings": settings, "today": today, "messages": get_flashed_messages}
