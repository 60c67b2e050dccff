"""More time: who sets it, what it does to a running attempt, and that nobody else sees it anywhere (X-2, X-12)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import html5lib
import pytest
from flask import Flask
from sqlalchemy import select

from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.quizzes.models import Accommodation
from elearn.quizzes.queries import more_time_of
from elearn.quizzes.rules import MoreTime
from elearn.reports.rules import TIMES, time_in_words
from tests.cohorts.builders import expect
from tests.page import PageClient, find_all, new_browser, text_of
from tests.quizzes.posting import Rule, row_of, ruling
from tests.quizzes.sitting import QUIZ, ready, sit, start
from tests.quizzes.test_secrecy import VARIES
from tests.rows import everything_in
from tests.world import MODULE, World


@pytest.fixture
def admin(world: World, client: PageClient, noon: datetime) -> PageClient:
    world.sign_in(client, "administrator")
    return client


@pytest.fixture
def rule(world: World) -> Iterator[Rule]:
    with ruling(world) as found:
        yield found


def address(world: World, persona: str = "learner") -> str:
    return f"/admin/people/{world.viewer(persona).public_id}/time/"


def more_of(world: World, persona: str = "learner") -> MoreTime:
    with world.app.app_context():
        return more_time_of(world.people[persona])


def main_of(client: PageClient, at: str) -> str:
    return text_of(find_all(html5lib.parse(client.get(at).get_data(as_text=True)), "main")[0])


def checked(client: PageClient, at: str) -> set[tuple[str | None, str | None]]:
    fields = find_all(html5lib.parse(client.get(at).get_data(as_text=True)), "input")
    return {(field.get("name"), field.get("value")) for field in fields if field.get("checked") is not None}


# -- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (MoreTime(), "the usual time"),
        (MoreTime(125), "a quarter more time"),
        (MoreTime(150), "half as much time again"),
        (MoreTime(200, rest_breaks=True), "twice the time, and may take rest breaks"),
        (MoreTime(None), "no time limit"),
        (MoreTime(None, rest_breaks=True), "no time limit, and may take rest breaks"),
        (MoreTime(175), "175 % of the usual time"),
    ],
)
def test_more_time_in_words(more: MoreTime, words: str) -> None:
    assert time_in_words(more) == words


# -- setting it ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("breaks", ["yes", "no"])
@pytest.mark.parametrize("percent", TIMES)
def test_an_administrator_sets_it_and_its_person_reads_it(
    admin: PageClient, app: Flask, world: World, percent: int | None, breaks: str
) -> None:
    form = {"time": str(percent or "none"), "breaks": breaks}
    assert checked(admin, address(world)) == {("time", "100"), ("breaks", "no")}
    response = admin.send(address(world), form)
    assert (response.status_code, response.location) == (303, address(world))
    assert more_of(world) == MoreTime(percent, rest_breaks=breaks == "yes")
    told = f"In timed quizzes Amina Canary-Khan now has {time_in_words(more_of(world))}."
    assert told in main_of(admin, address(world))
    assert checked(admin, address(world)) == set(form.items())
    learner = new_browser(app)
    world.sign_in(learner, "learner")
    assert f"In timed quizzes you have {time_in_words(more_of(world))}." in main_of(learner, "/account/")
    assert "In timed quizzes you have the usual time." in main_of(admin, "/account/")


def test_it_applies_at_once_to_a_running_attempt_and_to_nobody_elses(
    admin: PageClient, world: World, rule: Rule, noon: datetime
) -> None:
    rule(limit_minutes=10)
    attempts = {}
    for persona in ("learner", "other_learner"):
        ready(world, persona)
        attempts[persona] = start(world, persona)
    assert "also to attempts that are running" in main_of(admin, address(world))
    for time, minutes in (("150", 15), ("200", 20), ("125", 12.5), ("100", 10)):
        admin.send(address(world), {"time": time, "breaks": "no"})
        assert row_of(world, attempts["learner"]).deadline == noon + timedelta(minutes=minutes)
    admin.send(address(world), {"time": "none", "breaks": "yes"})
    assert row_of(world, attempts["learner"]).deadline is None
    assert row_of(world, attempts["other_learner"]).deadline == noon + timedelta(minutes=10)


def test_the_trail_says_who_set_it_and_not_what(admin: PageClient, app: Flask, world: World) -> None:
    admin.send(address(world), {"time": "150", "breaks": "yes"})
    with app.app_context():
        [event] = db.session.scalars(select(AuditEvent).where(AuditEvent.kind == "accommodation set"))
        assert (event.actor_id, event.subject) == (
            world.people["administrator"],
            f"person:{world.people['learner']}",
        )
        assert event.detail == {}
    admin.get("/admin/")  # takes the banner
    assert "half as much" not in main_of(admin, "/admin/audit/")
    people = main_of(admin, "/admin/people/")
    assert "Time in quizzes of Amina Canary-Khan" in people
    assert "half as much" not in people


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"time": ""}, "Choose how much time"),
        ({"time": "175"}, "Choose how much time"),
        ({"time": "-100"}, "Choose how much time"),
        ({"breaks": ""}, "Choose whether they may take rest breaks"),
        ({"breaks": "maybe"}, "Choose whether they may take rest breaks"),
    ],
)
def test_what_cannot_be_set_changes_nothing(
    admin: PageClient, app: Flask, world: World, change: dict[str, str], words: str
) -> None:
    before = everything_in(app)
    response = admin.send(address(world), {"time": "150", "breaks": "yes", **change})
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "<title>Error: Time in quizzes" in page
    assert words in page
    assert everything_in(app) == before


def test_only_administrators_set_it(app: Flask, world: World, admin: PageClient) -> None:
    form = {"time": "none", "breaks": "yes"}
    for persona in ("learner", "other_learner", "educator", "other_educator", "unconfirmed"):
        browser = new_browser(app)
        world.sign_in(browser, persona)
        assert browser.get(address(world)).status_code == 404
        assert browser.send(address(world), form).status_code == 404
    with app.app_context():
        assert db.session.scalars(select(Accommodation)).all() == []
    assert admin.get("/admin/people/nobody/time/").status_code == 404
    assert admin.send("/admin/people/nobody/time/", form).status_code == 404


# -- nobody else sees it ---------------------------------------------------------------------------------------------

# A preview draws a paper of its own each time.
DRAWN = "/preview/"


def addresses(world: World, app: Flask, attempts: list[str]) -> list[str]:
    """Every page there is, with the learner's and the other learner's things in its place."""
    learner = world.viewer("learner").public_id
    known: list[dict[str, object]] = [
        {
            "module": MODULE,
            "lesson": "how-trials-build-evidence",
            "quiz": QUIZ,
            "attempt": attempt,
            "cohort": cohort,
            "person": learner,
            "number": 1,
            "problem": "none",
            "digest": "none",
            "letter": "none",
            "complaint": "none",
            "kind": "lesson",
            "part": "how-trials-build-evidence",
            "public_id": "none",
            "token": "none",
            "filename": "none",
            "passkey": "none",
        }
        for attempt in attempts
        for cohort in world.cohorts.values()
    ]
    built = {
        app.url_map.bind("localhost").build(rule.endpoint, {name: values[name] for name in rule.arguments}, "GET")
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        for values in known
    }
    return sorted(address for address in built if DRAWN not in address and address != "/healthz")


def everything_seen(world: World, app: Flask, browsers: dict[str, PageClient], attempts: list[str]) -> dict[str, str]:
    """Every page and file that these people can open, without what is the person's own token."""
    seen = {}
    for persona, browser in browsers.items():
        for at in addresses(world, app, attempts):
            with browser.get(at) as response:
                seen[f"{persona} {at}"] = f"{response.status_code} {VARIES.sub('', response.get_data(as_text=True))}"
        for cohort in world.cohorts.values():
            response = browser.send(f"/reports/cohorts/{cohort}/csv/")
            seen[f"{persona} csv of {cohort}"] = (
                f"{response.status_code} {VARIES.sub('', response.get_data(as_text=True))}"
            )
    return seen


def test_nobody_else_sees_it_on_any_page_or_file(
    admin: PageClient, app: Flask, world: World, rule: Rule, noon: datetime
) -> None:
    rule(limit_minutes=10, feedback="after submit")
    attempts = []
    for persona in ("learner", "other_learner"):
        ready(world, persona, "adaptive-designs")
        attempts.append(sit(world, right=2, persona=persona))
        attempts.append(start(world, persona, "adaptive-designs"))
    expect(world, "one", "learner@example.org", "Amina")
    browsers = {}
    for persona in ("other_learner", "educator", "other_educator"):
        browsers[persona] = new_browser(app)
        world.sign_in(browsers[persona], persona)
    before = everything_seen(world, app, browsers, attempts)
    opened = {key for key, page in before.items() if page.startswith("200")}
    assert any("educator csv" in key for key in opened)
    assert any("/result/" in key for key in opened)
    admin.send(address(world), {"time": "150", "breaks": "yes"})
    after = everything_seen(world, app, browsers, attempts)
    assert {key for key in before if before[key] != after[key]} == set()
    assert not any("half as much" in page or "150 %" in page for page in after.values())
