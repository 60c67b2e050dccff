"""Ways to a certificate in tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from elearn.certificates import actions, queries
from elearn.certificates.holder import Holder
from elearn.certificates.numbers import grouped
from elearn.certificates.rules import Reason
from elearn.config import Settings
from elearn.content.structure import Module
from elearn.extensions import db
from elearn.modules.actions import record_review
from elearn.shared.transactions import writing
from tests.page import PageClient
from tests.world import MODULE, World

CONFIRM = f"/modules/{MODULE}/certificate/"


def module_of(world: World) -> Module:
    module: Module = world.app.extensions["elearn.catalogue"][MODULE]
    return module


def settings_of(app: Flask) -> Settings:
    settings: Settings = app.extensions["elearn.settings"]
    return settings


@contextmanager
def changed_settings(app: Flask, **changes: object) -> Iterator[None]:
    """The application as other settings make it."""
    before = settings_of(app)
    for holder in (app.extensions, app.jinja_env.globals):
        key = "elearn.settings" if holder is app.extensions else "settings"
        holder[key] = before.model_copy(update=changes)
    try:
        yield
    finally:
        app.extensions["elearn.settings"] = app.jinja_env.globals["settings"] = before


def review(world: World) -> None:
    """Record a clinical review of the content, so that it awards."""
    with world.app.app_context(), writing():
        record_review(None, module_of(world), reviewer="R", role="consultant", reviewed_on=date(2026, 11, 22))


def ready(world: World, persona: str = "learner") -> int:
    """Somebody who has done every step but the last, of a reviewed module."""
    review(world)
    return world.enrol(persona, *world.steps_before("certificate"))


def holder_of(world: World, persona: str = "learner") -> Holder:
    viewer = world.viewer(persona)
    return Holder(viewer.given_names, viewer.family_name, viewer.registration_number)


def issue(world: World, persona: str = "learner") -> str:
    """Issue as the action does; gives the number without hyphens."""
    with world.app.app_context(), writing():
        return actions.issue_certificate(
            world.viewer(persona), module_of(world), settings_of(world.app), holder_of(world, persona).digest
        )


def awarded(world: World, persona: str = "learner") -> str:
    """A person with a certificate; gives its number as it is shown."""
    ready(world, persona)
    return grouped(issue(world, persona))


def send_confirmation(client: PageClient, world: World, persona: str = "learner") -> TestResponse:
    """POST the last step's form as the page would."""
    return client.send(CONFIRM, {"details": holder_of(world, persona).digest})


def revoke(world: World, number: str, reason: Reason = Reason.ISSUED_IN_ERROR) -> None:
    with world.app.app_context(), writing():
        actions.revoke(world.viewer("administrator"), number.replace("-", ""), reason, "a note with Canary-Note")


def held(world: World, number: str, persona: str = "learner") -> queries.HeldCertificate:
    with world.app.app_context():
        return queries.get_certificate(world.viewer(persona), number.replace("-", ""))


def execute(world: World, statement: str, **values: object) -> None:
    """Change rows behind the application's back."""
    with world.app.app_context(), writing():
        db.session.execute(text(statement), values)
