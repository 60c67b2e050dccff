"""Q-9: an answer that arrives signed out is held, and saved once, as of when it came first, for its person alone."""

import random
import string
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from elearn.quizzes import held
from elearn.quizzes.rules import GRACE, Claim
from elearn.shared import clock
from tests.accounts.entrance import SIGN_IN
from tests.page import PageClient, new_browser
from tests.quizzes.posting import (
    Rule,
    address,
    answers,
    chosen,
    events,
    post,
    row_of,
    ruling,
    save,
    ticket,
)
from tests.quizzes.sitting import ready, start
from tests.quizzes.test_pages import START
from tests.rows import everything_in
from tests.world import PASSWORD, World

HELD = "Your answer is held"
SAVED = "The answer that was held while you were signed out is saved"
NOT_SAVED = "The answer that was held could not be saved"


@pytest.fixture
def rule(world: World) -> Iterator[Rule]:
    with ruling(world) as found:
        yield found


@pytest.fixture
def attempt(world: World, noon: datetime) -> str:
    ready(world)
    return start(world)


def sign_in(client: PageClient, persona: str = "learner", then: str = "") -> TestResponse:
    """Sign in by the form, as after a session that has ended."""
    where = f"{SIGN_IN}?next={then}" if then else SIGN_IN
    response = client.send(where, {"email": f"{persona}@example.org", "password": PASSWORD, "next": then})
    assert response.status_code == 302
    return response


def waits(client: PageClient) -> bool:
    with client.session_transaction(base_url="https://localhost") as session:
        return "held" in session


def sealed_of(response: TestResponse) -> str:
    assert response.status_code == 401
    found: dict[str, Any] = response.get_json()
    assert found["state"] == "signed-out"
    return str(found["held"])


def hold(client: PageClient, world: World, attempt: str, **fields: object) -> str:
    """What the script is given for an answer that it sends signed out."""
    return sealed_of(save(client, world, attempt, json=True, **fields))


# -- held, then saved ------------------------------------------------------------------------------------------------


def test_it_is_saved_after_sign_in_as_of_when_it_came(
    client: PageClient, world: World, attempt: str, noon: datetime
) -> None:
    before = everything_in(world.app)
    first = save(client, world, attempt, answer="2", sure="sure", seen=0, tab="t", number=3)
    assert first.status_code == 303
    assert everything_in(world.app) == before
    page = client.get(first.headers["Location"]).get_data(as_text=True)
    assert HELD in page
    later = noon + timedelta(minutes=40)
    with clock.frozen_at(later):
        back = sign_in(client, then=address(attempt))
        assert back.headers["Location"].endswith(address(attempt))
        page = client.get(address(attempt)).get_data(as_text=True)
    assert SAVED in page
    [event] = events(world, attempt)
    assert (event.at, event.tab, event.tab_number, event.confidence) == (noon, "t", 3, "sure")
    assert (chosen(world, attempt), answers(world, attempt)[1].saved_at) == (2, noon)
    assert not waits(client)


def test_it_is_saved_once(client: PageClient, world: World, attempt: str) -> None:
    save(client, world, attempt, answer="2")
    sign_in(client)
    client.send("/account/sign-out/")
    sign_in(client)
    assert len(events(world, attempt)) == 1


def test_the_newest_of_two_that_are_held_is_saved(client: PageClient, world: World, attempt: str) -> None:
    save(client, world, attempt, answer="2", seen=0, tab="t", number=1)
    save(client, world, attempt, answer="3", seen=0, tab="t", number=2)
    sign_in(client)
    assert chosen(world, attempt) == 3
    assert len(events(world, attempt)) == 1


@pytest.mark.parametrize("json", [False, True])
@pytest.mark.parametrize("wrong", ["none", "another person's", "another attempt's", "tampered", "é"])
def test_with_a_wrong_ticket_nothing_is_held(
    client: PageClient, world: World, attempt: str, wrong: str, json: bool
) -> None:
    right = ticket(world, attempt)
    tickets = {
        "another person's": ticket(world, attempt, "other_learner"),
        "another attempt's": ticket(world, "another"),
        "tampered": right[::-1],
        "é": "é",
    }
    fields = {"ticket": tickets[wrong]} if wrong in tickets else {}
    response = post(client, attempt, json=json, answer="2", **fields)
    if json:
        assert sealed_of(response) == ""
    else:
        assert "/account/sign-in/" in response.headers["Location"]
    assert not waits(client)
    sign_in(client)
    assert events(world, attempt) == []


@pytest.mark.parametrize("json", [False, True])
def test_an_attempt_that_is_not_there_is_not_told_from_one_that_is(
    client: PageClient, world: World, attempt: str, json: bool
) -> None:
    seen = []
    for name in ("nothing", attempt):
        response = post(client, name, json=json, answer="2", ticket="0" * 64)
        seen.append((response.status_code, response.get_data().replace(name.encode(), b"")))
    assert seen[0] == seen[1]


# -- a shared PC -----------------------------------------------------------------------------------------------------


def test_who_signs_in_in_between_gets_nothing_and_it_is_forgotten(
    client: PageClient, world: World, attempt: str
) -> None:
    ready(world, "other_learner")
    other = start(world, "other_learner")
    save(client, world, attempt, answer="2")
    assert waits(client)
    sign_in(client, "other_learner")
    assert not waits(client)
    assert SAVED not in client.get(address(other)).get_data(as_text=True)
    client.send("/account/sign-out/")
    sign_in(client)
    assert SAVED not in client.get(address(attempt)).get_data(as_text=True)
    assert events(world, attempt) == events(world, other) == []


def test_a_failed_sign_in_keeps_it(client: PageClient, world: World, attempt: str) -> None:
    save(client, world, attempt, answer="2")
    wrong = {"email": "learner@example.org", "password": "three random birds"}
    assert client.send(SIGN_IN, wrong).status_code == 422 or waits(client)
    assert waits(client)
    sign_in(client)
    assert chosen(world, attempt) == 2


def test_a_seal_is_worth_nothing_to_another_person(app: Flask, client: PageClient, world: World, attempt: str) -> None:
    sealed = hold(client, world, attempt, answer="2")
    thief = new_browser(app)
    world.sign_in(thief, "other_learner")
    own = ticket(world, attempt, "other_learner")
    assert post(thief, attempt, json=True, ticket=own, held=sealed, answer="3").status_code == 404
    assert events(world, attempt) == []


# -- the seal --------------------------------------------------------------------------------------------------------


def test_a_seal_keeps_the_first_receipt_and_the_sealed_values(
    app: Flask, client: PageClient, world: World, attempt: str, noon: datetime
) -> None:
    sealed = hold(client, world, attempt, answer="2", seen=0, tab="t", number=4, sure="guessing")
    with clock.frozen_at(noon + timedelta(minutes=5)):
        assert (
            hold(client, world, attempt, answer="2", seen=0, tab="t", number=4, sure="guessing", held=sealed) == sealed
        )
    with clock.frozen_at(noon + timedelta(minutes=30)):
        world.sign_in(client, "learner")
        response = save(client, world, attempt, json=True, answer="3", sure="sure", tab="u", number=9, held=sealed)
        assert response.get_json()["state"] == "saved"
    [event] = events(world, attempt)
    assert (event.at, event.tab, event.tab_number, event.confidence) == (noon, "t", 4, "guessing")
    assert chosen(world, attempt) == 2
    with clock.frozen_at(noon + timedelta(minutes=31)):
        save(client, world, attempt, json=True, answer="2", held=sealed)
    assert len(events(world, attempt)) == 1


def test_another_answer_gets_a_seal_of_its_own(client: PageClient, world: World, attempt: str, noon: datetime) -> None:
    sealed = hold(client, world, attempt, answer="2", tab="t", number=1)
    with clock.frozen_at(noon + timedelta(minutes=5)):
        newer = hold(client, world, attempt, answer="3", tab="t", number=2, held=sealed)
    world.sign_in(client, "learner")
    with clock.frozen_at(noon + timedelta(minutes=6)):
        save(client, world, attempt, json=True, answer="3", held=newer)
    [event] = events(world, attempt)
    assert (event.at, chosen(world, attempt)) == (noon + timedelta(minutes=5), 3)


def test_a_seal_lets_nothing_else_in_before_its_time(
    client: PageClient, world: World, rule: Rule, noon: datetime
) -> None:
    """Nobody holds an empty answer in time and fills it when the time is over."""
    rule(limit_minutes=30)
    ready(world)
    attempt = start(world)
    empty = hold(client, world, attempt, answer="")
    bare = hold(client, world, attempt)
    with clock.frozen_at(noon + timedelta(minutes=30) + GRACE + timedelta(seconds=1)):
        world.sign_in(client, "learner")
        for sealed in (empty, bare):
            save(client, world, attempt, json=True, answer="2", sure="sure", held=sealed)
        assert save(client, world, attempt, json=True, answer="2").status_code == 409
    assert chosen(world, attempt) == 0


def seal(world: World, attempt: str, position: int = 1, at: datetime | None = None, **fields: list[str]) -> str:
    with world.app.test_request_context():
        claim = Claim(None, "", 0, at or clock.now())
        return held.hold(attempt, position, fields or {"answer": ["2"]}, claim, at or clock.now())


@pytest.mark.parametrize("bad", ["forged", "tampered", "empty", "another key", "too old", "NUL", "huge"])
def test_a_seal_that_is_not_ours_or_too_old_is_nothing(
    client: PageClient, world: World, attempt: str, noon: datetime, bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = seal(world, attempt)
    sealed = {
        "forged": "eyJhdHRlbXB0IjoxfQ.aaaa.bbbb",
        "tampered": good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
        "empty": "",
        "another key": good,
        "too old": seal(world, attempt, at=noon - timedelta(hours=24, seconds=1)),
        "NUL": good + "\0",
        "huge": good + "A" * 100_000,
    }[bad]
    if bad == "another key":
        monkeypatch.setattr(world.app, "secret_key", "another secret key, that is long enough too")
    with world.app.test_request_context():
        assert held.open_held(sealed) is None
    monkeypatch.undo()
    if bad == "another key":
        return
    with client.session_transaction(base_url="https://localhost") as session:
        session["held"] = sealed
    sign_in(client)
    assert events(world, attempt) == []
    assert not waits(client)


def test_a_seal_is_good_for_a_day(world: World, attempt: str, noon: datetime) -> None:
    sealed = seal(world, attempt)
    for late, good in ((timedelta(hours=24), True), (timedelta(hours=24, seconds=1), False)):
        with clock.frozen_at(noon + late), world.app.test_request_context():
            assert (held.open_held(sealed) is not None) is good


@pytest.mark.parametrize("json", [False, True])
def test_what_is_larger_than_any_answer_is_not_held(client: PageClient, world: World, attempt: str, json: bool) -> None:
    from_chance = "".join(random.Random(1).choices(string.ascii_letters, k=4000))
    response = save(client, world, attempt, answer=from_chance, json=json)
    if json:
        assert sealed_of(response) == ""
    assert not waits(client)


def test_what_is_held_fits_into_the_cookie(client: PageClient, world: World, attempt: str) -> None:
    fields = {f"answer-{n}": str(n % 7) for n in range(40)}
    response = save(client, world, attempt, **fields)
    assert waits(client)
    assert max(len(cookie) for cookie in response.headers.getlist("Set-Cookie")) < 4096


def test_a_seal_for_another_question_is_not_used(
    client: PageClient, world: World, attempt: str, noon: datetime
) -> None:
    sealed = hold(client, world, attempt, answer="2")
    world.sign_in(client, "learner")
    with clock.frozen_at(noon + timedelta(minutes=3)):
        assert save(client, world, attempt, 2, json=True, answer="3", held=sealed).status_code == 200
    [event] = events(world, attempt)
    assert (event.position, event.at) == (2, noon + timedelta(minutes=3))


# -- what happened meanwhile -----------------------------------------------------------------------------------------


def test_answered_elsewhere_meanwhile_keeps_what_stands_and_says_so(
    app: Flask, client: PageClient, world: World, attempt: str
) -> None:
    save(client, world, attempt, answer="2", seen=0, tab="t", number=1)
    elsewhere = new_browser(app)
    world.sign_in(elsewhere, "learner")
    save(elsewhere, world, attempt, answer="3", seen=0, tab="u", number=1)
    sign_in(client)
    page = client.get(address(attempt)).get_data(as_text=True)
    assert NOT_SAVED in page
    assert "Important</h2>" in page
    assert "nhsuk-notification-banner--success" not in page
    assert chosen(world, attempt) == 3


def test_answered_elsewhere_meanwhile_is_told_to_the_script_with_its_seal(
    app: Flask, client: PageClient, world: World, attempt: str
) -> None:
    sealed = hold(client, world, attempt, answer="2", seen=0, tab="t", number=1)
    elsewhere = new_browser(app)
    world.sign_in(elsewhere, "learner")
    save(elsewhere, world, attempt, answer="3", seen=0, tab="u", number=1)
    world.sign_in(client, "learner")
    assert save(client, world, attempt, json=True, answer="2", held=sealed).status_code == 409
    page = save(client, world, attempt, answer="2", held=sealed)
    assert page.status_code == 409
    assert "was answered elsewhere" in page.get_data(as_text=True)
    assert chosen(world, attempt) == 3


def test_a_closed_attempt_stays_as_it_is_and_the_person_is_told(
    app: Flask, client: PageClient, world: World, attempt: str
) -> None:
    save(client, world, attempt, answer="2")
    sealed = hold(client, world, attempt, answer="2")
    elsewhere = new_browser(app)
    world.sign_in(elsewhere, "learner")
    elsewhere.send(f"/attempts/{attempt}/submit/")
    sign_in(client)
    page = client.get(f"/attempts/{attempt}/result/").get_data(as_text=True)
    assert NOT_SAVED in page
    assert save(client, world, attempt, json=True, answer="2", held=sealed).get_json()["state"] == "closed"
    assert events(world, attempt) == []
    assert row_of(world, attempt).points == 0


def test_what_came_in_time_is_saved_though_the_time_is_over_at_sign_in(
    client: PageClient, world: World, rule: Rule, noon: datetime
) -> None:
    rule(limit_minutes=30)
    ready(world)
    attempt = start(world)
    end = noon + timedelta(minutes=30)
    for moment, value in ((end + GRACE, "2"), (end + GRACE + timedelta(seconds=1), "3")):
        with clock.frozen_at(moment):
            save(client, world, attempt, answer=value)
        with clock.frozen_at(end + timedelta(minutes=4)):
            sign_in(client)
            page = client.get(START).get_data(as_text=True)
            assert (SAVED if value == "2" else NOT_SAVED) in page
            client.send("/account/sign-out/")
    assert [event.at for event in events(world, attempt)] == [end + GRACE]
    assert chosen(world, attempt) == 2


def test_a_held_answer_that_is_none_is_told(client: PageClient, world: World, attempt: str) -> None:
    save(client, world, attempt, answer="77")
    sign_in(client)
    assert NOT_SAVED in client.get(address(attempt)).get_data(as_text=True)
    assert events(world, attempt) == []


@pytest.mark.parametrize("number", ["99999999999999999999", "9", "0"])
def test_a_question_beyond_the_paper_is_forgotten(client: PageClient, world: World, attempt: str, number: str) -> None:
    save(client, world, attempt, int(number), answer="1")
    sign_in(client)
    assert events(world, attempt) == []
    assert not waits(client)


# -- no way out ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("evil", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
@pytest.mark.parametrize("signed_in", [False, True])
def test_no_field_leads_out_of_the_site(
    client: PageClient, world: World, attempt: str, evil: str, signed_in: bool
) -> None:
    if signed_in:
        world.sign_in(client, "learner")
    fields = {"then": evil, "next": evil, "return": evil}
    for right in (ticket(world, attempt), "wrong"):
        response = client.post(
            f"{address(attempt)}?next={evil}",
            data={"ticket": right, "answer": "1", **fields},
            headers={"Referer": f"https://localhost{'' if evil.startswith('/') else '/'}{evil}"},
        )
        assert "evil" not in response.headers.get("Location", "") or not _leaves(response.headers["Location"])
    if not signed_in:
        back = sign_in(client, then=evil)
        assert not _leaves(back.headers["Location"])


def _leaves(location: str) -> bool:
    """Whether a browser would go elsewhere, or be sent elsewhere by the sign-in page."""
    inside = location.removeprefix("https://localhost")
    return not inside.startswith("/") or inside.startswith(("//", "/\\"))
