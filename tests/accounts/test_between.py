"""Between the password and the second factor nothing is reached; what was begun is not lost (B-7)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from elearn.accounts.models import SignIn
from elearn.cohorts.models import Cohort, Teaching
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.access import Access, access_of
from elearn.shared.transactions import writing
from tests.accounts.authenticator import APP, SECOND_STEP, set_up_app
from tests.accounts.entrance import AMINA, REGISTER, SIGN_IN, is_signed_in
from tests.page import PageClient, new_browser
from tests.quizzes.sitting import module_of, start
from tests.rows import everything_in
from tests.shared.test_safe_methods import fill
from tests.world import MODULE, PASSWORD, World

pytestmark = pytest.mark.usefixtures("of_staff")
SET_UP = "/account/factors/"


def gives_password(app: Flask, persona: str, onward: str = "") -> tuple[PageClient, TestResponse]:
    browser = new_browser(app)
    at = f"{SIGN_IN}?next={onward}" if onward else SIGN_IN
    return browser, browser.send(at, {"email": f"{persona}@example.org", "password": PASSWORD})


@pytest.mark.parametrize("stage", ["to set up", "to prove"])
def test_every_rule_refuses_the_half_signed_in(client: PageClient, app: Flask, world: World, stage: str) -> None:
    """Every rule times every method, as the administrator: what opens is what anybody may see."""
    known, _ = fill(world)
    known |= {"passkey": "none", "token": "forged"}
    if stage == "to prove":
        world.sign_in(client, "administrator")
        set_up_app(client)
    browser, response = gives_password(app, "administrator")
    led_to = SECOND_STEP if stage == "to prove" else SET_UP
    assert response.location == f"{led_to}?next=%2Flearning%2F"
    stranger = new_browser(app)
    marks = {Access.BETWEEN} if stage == "to prove" else {Access.BETWEEN, Access.SETTING_UP}
    before, walked = everything_in(app), 0
    for rule in app.url_map.iter_rules():
        access = access_of(app, rule.endpoint)
        if access in marks or rule.endpoint.startswith("security."):
            continue
        for method in (rule.methods or set()) & {"GET", "POST"}:
            walked += 1
            values = {name: known[name] for name in rule.arguments}
            if {"attempt", "number"} <= values.keys():
                values["number"] = known["question"]
            at = app.url_map.bind("localhost").build(rule.endpoint, values, method=method)
            answers = [one.get(at) if method == "GET" else one.send(at, {"address": at}) for one in (browser, stranger)]
            assert "Mensah" not in answers[0].get_data(as_text=True), at
            if access is Access.PUBLIC:
                assert answers[0].status_code == answers[1].status_code, at
            elif access is Access.NOBODY:
                assert answers[0].status_code == 404, at
            else:
                assert answers[0].status_code == 303, at
                assert answers[0].location.startswith(f"{led_to}?next="), (at, answers[0].location)
    assert walked > 100
    after = everything_in(app)
    assert {name for name in after if after[name] != before[name]} <= {"guesses"}, "of links that do not work"
    with browser.session_transaction(base_url="https://localhost") as session:
        assert "sid" in session, "the walk itself has not signed anybody out"


def test_only_the_second_step_opens_and_no_new_factor(client: PageClient, app: Flask, world: World) -> None:
    """Whoever knows the password only cannot add a factor beside the one that is there."""
    world.sign_in(client, "learner")
    set_up_app(client)
    browser, _ = gives_password(app, "learner")
    for at in (APP, SET_UP, "/account/factors/passkey/", "/account/again/"):
        assert browser.get(at).location.startswith(SECOND_STEP), at
        if at != SET_UP:
            assert browser.send(at, {"again_password": PASSWORD}).location.startswith(SECOND_STEP), at


def test_staff_set_a_factor_up_and_go_on(app: Flask, world: World) -> None:
    wanted = "/admin/people/"
    browser, response = gives_password(app, "administrator", wanted)
    assert response.location == f"{SET_UP}?next=%2Fadmin%2Fpeople%2F"
    html = browser.get(response.location).get_data(as_text=True)
    assert f'href="{APP}?next=/admin/people/"' in html
    assert browser.get(wanted).status_code == 303
    set_up_app(browser)
    assert browser.get(wanted).status_code == 200


@pytest.mark.parametrize(
    ("policy", "demanded"),
    [
        ("staff", {"educator", "administrator"}),
        ("everybody", {"learner", "educator", "administrator"}),
        ("nobody", set()),
    ],
)
def test_of_whom_it_is_demanded(
    app: Flask, world: World, demand: Callable[[str], None], policy: str, demanded: set[str]
) -> None:
    demand(policy)
    for persona in ("learner", "educator", "administrator"):
        _, response = gives_password(app, persona)
        assert response.location.startswith(SET_UP) is (persona in demanded), persona


def test_a_new_token_for_each_step(client: PageClient, app: Flask, world: World) -> None:
    """The cookie of between the factors is worth nothing afterwards, nor is the one of before."""
    with clock.frozen_at(clock.now() - timedelta(minutes=5)):
        world.sign_in(client, "learner")
        phone, _ = set_up_app(client)
    browser, _ = gives_password(app, "learner")
    half = browser.get_cookie("__Host-elearn")
    assert half is not None
    browser.send(SECOND_STEP, {"code": phone.code()})
    assert is_signed_in(browser)
    thief = new_browser(app)
    thief.set_cookie("__Host-elearn", half.value, secure=True)
    assert thief.get("/account/").location.startswith(SIGN_IN)


def test_leaving_between_ends_it_on_the_server(app: Flask, world: World) -> None:
    browser, _ = gives_password(app, "administrator")
    half = browser.get_cookie("__Host-elearn")
    assert half is not None
    assert browser.send("/account/sign-out/").location.startswith(SET_UP)
    assert browser.get(SECOND_STEP).location == "/learning/", "which leads to setting up again"
    assert browser.send("/account/second-step/cancel/").location == "/"
    thief = new_browser(app)
    thief.set_cookie("__Host-elearn", half.value, secure=True)
    assert thief.get(SET_UP).location.startswith(SIGN_IN)
    with app.app_context():
        assert db.session.scalars(db.select(SignIn.ended_at)).one() is not None


def test_a_role_gained_in_mid_session_demands_it_at_the_next_request(
    client: PageClient, app: Flask, world: World
) -> None:
    world.sign_in(client, "learner")
    assert client.get("/learning/").status_code == 200
    with app.app_context(), writing():
        cohort = db.session.scalars(db.select(Cohort)).first()
        assert cohort is not None
        db.session.add(Teaching(cohort_id=cohort.id, person_id=world.people["learner"]))
    assert client.get("/learning/").location.startswith(SET_UP)
    assert client.get(f"/cohorts/{world.cohorts['one']}/").location.startswith(SET_UP)
    set_up_app(client)
    assert client.get("/learning/").status_code == 200


def test_an_attempt_and_a_held_answer_outlive_the_second_step(
    client: PageClient, app: Flask, world: World, demand: Callable[[str], None]
) -> None:
    """The demand comes in the middle of an attempt: the answer is held, and saved when the factor is set up."""
    world.enrol("learner", *world.steps_before("quiz:trial-phases"))
    attempt = start(world, quiz="trial-phases")
    assert module_of(world).slug == MODULE
    world.sign_in(client, "learner")
    at = f"/attempts/{attempt}/questions/1/"
    html = client.get(at).get_data(as_text=True)
    ticket = html.split('name="ticket" value="', 1)[1].split('"', 1)[0]
    demand("everybody")
    response = client.send(at, {"ticket": ticket, "answer": "1"})
    assert response.location.startswith(SIGN_IN)
    browser_response = client.send(SIGN_IN, {"email": "learner@example.org", "password": PASSWORD})
    assert browser_response.location.startswith(SET_UP)
    set_up_app(client)
    html = client.get(at).get_data(as_text=True)
    assert "The answer that was held while you were signed out is saved." in html
    assert " checked" in html


@pytest.mark.parametrize("persona", ["learner", "administrator"])
def test_it_costs_no_statement_more(
    client: PageClient, app: Flask, world: World, statements: list[str], persona: str
) -> None:
    world.sign_in(client, persona)
    set_up_app(client)
    statements.statements.clear()  # type: ignore[attr-defined]
    assert client.get("/account/details/").status_code == 200
    assert len(statements) == 1


def test_registering_leads_to_it_where_it_is_demanded_of_everybody(
    client: PageClient, demand: Callable[[str], None]
) -> None:
    demand("everybody")
    assert client.send(REGISTER, AMINA).location.startswith(SET_UP)
    set_up_app(client)
    assert is_signed_in(client)
