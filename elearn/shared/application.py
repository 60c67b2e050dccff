"""Flask without what costs time on every request and has no use here."""

from collections.abc import Callable, MutableMapping
from typing import Any

from flask import Flask
from flask.templating import Environment


class Templates(Environment):
    """Flask's Jinja environment, whose templates share its globals as they are.

    Jinja lays a `ChainMap` over them for each template, in case one is given globals of its own. None is, and comparing
    such maps at every `{% from ... import %}` took a tenth of a page's time.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's own globals, unless a template asks for more."""
        return super().make_globals(d) if d else self.globals


class Application(Flask):
    """The application's kind of Flask: no view is asynchronous, so none is asked whether it is."""

    jinja_environment = Templates

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func
