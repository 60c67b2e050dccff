"""Suspended stops everything at once: every route, every job, every mail (A-8)."""

import pytest
from flask import Flask
from sqlalchemy import select

from elearn.accounts import actions, administering
from elearn.accounts.rules import EmailReason
from elearn.certificates import export
from elearn.extensions import db
from elearn.jobs.actions import enqueue
from elearn.jobs.models import Job, JobState
from elearn.jobs.runner import run_due
from elearn.jobs.worker import EXTENSION
from elearn.reports import letters
from elearn.shared.transactions import writing
from tests.page import PageClient, new_browser
from tests.post import empty_post, mails
from tests.rows import everything_in
from tests.test_access import EVERYBODY, MATRIX, NOBODY, Things, outcome, things
from tests.world import PASSWORD, World

__all__ = ["things"]
PERSONAS = ("learner", "educator", "administrator")
CLOSED = sorted(entry for entry, allowed in MATRIX.items() if allowed not in (EVERYBODY, NOBODY))


def ask(browser: PageClient, things: Things, entry: str) -> str:
    method, _, endpoint = entry.partition(" ")
    address = things.address(things.world.app, endpoint)
    response = browser.get(address) if method == "GET" else browser.send(address, things.data(endpoint))
    return outcome(response)


@pytest.fixture
def suspended(app: Flask, world: World, things: Things) -> dict[str, PageClient]:
    """Browsers that were in the middle of things when their people were suspended, by an administrator who stays."""
    with app.app_context(), writing():
        world.people["second"] = world.add_person("second", "Hana", "Sato", administrator=True).id
    browsers = {persona: new_browser(app) for persona in PERSONAS}
    for persona, browser in browsers.items():
        world.sign_in(browser, persona)
        assert browser.get("/account/").status_code == 200
    second, ids = world.viewer("second"), [world.viewer(persona).public_id for persona in PERSONAS]
    with app.app_context(), writing():
        enqueue(export.JOB, {"certificates": [1]}, world.people["administrator"])
    with app.app_context(), writing():
        for public_id in ids:
            actions.suspend(second, public_id)
    return browsers


def test_no_route_lets_them_in_and_none_changes_anything(
    app: Flask, things: Things, suspended: dict[str, PageClient]
) -> None:
    assert len(CLOSED) > 60
    before = everything_in(app)
    answers = {(entry, persona): ask(suspended[persona], things, entry) for entry in CLOSED for persona in PERSONAS}
    assert {key for key, answer in answers.items() if answer != "sign in"} == set()
    assert everything_in(app) == before


def test_they_cannot_sign_in_again_with_the_right_password(app: Flask, suspended: dict[str, PageClient]) -> None:
    for persona in PERSONAS:
        guest = new_browser(app)
        answer = guest.send("/account/sign-in/", {"email": f"{persona}@example.org", "password": PASSWORD})
        assert answer.status_code == 422
        assert guest.get("/account/").status_code == 303


def test_no_job_of_theirs_succeeds_and_no_mail_goes_to_them(
    app: Flask, world: World, suspended: dict[str, PageClient]
) -> None:
    post, folder = empty_post(app), export.folder_of(app.instance_path)
    for path in folder.iterdir():
        path.unlink()
    run_due(app, app.extensions[EXTENSION].handlers)
    with app.app_context():
        assert db.session.scalars(select(Job.id).where(Job.state == JobState.WAITING)).all() == []
        [job] = db.session.scalars(select(Job).where(Job.kind == export.JOB))
        assert "refused" in job.result
    assert list(folder.iterdir()) == []
    second = world.viewer("second")
    learner = world.viewer("learner").public_id
    with app.test_request_context(base_url="https://localhost"), writing():
        person, old = administering.change_email(second, learner, "new@example.org", EmailReason.LOST)
        letters.tell_of_new_address(person, old)
        letters.tell_of_merge(person, old)
    assert mails(post) == []
