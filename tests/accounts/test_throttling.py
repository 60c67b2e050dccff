"""Guessing is slowed down, for each account and each network, and nobody is locked out for ever (B-4, C-S9)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from elearn.accounts import tasks, throttling
from elearn.accounts.guarding import count_link
from elearn.accounts.limits import (
    LONGEST_WAIT,
    MOST_CHECKS,
    MOST_NEW,
    MOST_OF_NETWORK,
    NEW_WINDOW,
    Way,
    in_words,
    wait_of_account,
)
from elearn.accounts.models import Guess
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.limits import seconds_to_wait
from elearn.shared.transactions import writing
from tests.accounts.conftest import Letter
from tests.accounts.entrance import AMINA, REGISTER, SIGN_IN, SIGN_OUT, is_signed_in
from tests.page import PageClient, new_browser, words_in
from tests.racing import at_once
from tests.world import PASSWORD, World

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEARNER = "learner@example.org"
WRONG = {"email": LEARNER, "password": "three random birds"}
RIGHT = {"email": LEARNER, "password": PASSWORD}
DEVICE = "__Host-elearn-device"


def at(address: str) -> dict[str, Any]:
    """A request from this address."""
    return {"environ_overrides": {"REMOTE_ADDR": address}}


def network(number: int) -> str:
    """One of many networks: IPv4 addresses, and IPv6 customers."""
    return f"203.0.{number // 250}.{number % 250}" if number % 2 else f"2001:db8:{number:x}::7"


def guesses(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Guess)) or 0


# -- the rules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failures", "wait"),
    [(0, 0), (9, 0), (10, 300), (11, 300), (12, 300), (13, 480), (14, 900), (15, 900), (200, 900)],
)
def test_waits_grow_and_end(failures: int, wait: int) -> None:
    """All of the failures were just now."""
    assert wait_of_account([NOON] * failures, NOON) == wait


def test_at_most_ten_checks_in_any_five_minutes() -> None:
    """Whoever tries whenever they may, for a day."""
    tries: list[datetime] = []
    for second in range(24 * 60 * 60):
        now = NOON + timedelta(seconds=second)
        if not wait_of_account(tries, now):
            tries.append(now)
    for start in tries:
        assert sum(start <= at < start + timedelta(minutes=5) for at in tries) <= MOST_CHECKS
    assert len(tries) <= 110
    assert max(b - a for a, b in pairwise(tries)) == LONGEST_WAIT


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "a minute"), (60, "a minute"), (61, "2 minutes"), (900, "15 minutes")]
)
def test_the_wait_in_words(seconds: int, words: str) -> None:
    assert in_words(seconds) == f"Too many tries. Wait {words}, then try again"


def test_a_wait_of_less_than_a_second_is_one() -> None:
    assert seconds_to_wait([NOON], NOON + timedelta(seconds=59.9), 1, timedelta(minutes=1)) == 1


# -- signing in ------------------------------------------------------------------------------------------------------


@pytest.mark.only_sqlite
def test_a_thousand_guesses_from_rotating_networks(app: Flask, world: World, hashes: list[str]) -> None:
    """One guess a second: at most ten checks in any five minutes, and the owner is in a quarter of an hour after the end."""
    checked: list[datetime] = []
    statuses = set()
    for number in range(1000):
        now = NOON + timedelta(seconds=number)
        with clock.frozen_at(now):
            hashes.clear()
            response = new_browser(app).send(SIGN_IN, WRONG, **at(network(number)))
        checked += [now] * len(hashes)
        statuses.add(response.status_code)
    assert statuses == {422, 429}
    assert MOST_CHECKS <= len(checked) <= 20
    for start in checked:
        assert sum(start <= at < start + timedelta(minutes=5) for at in checked) <= MOST_CHECKS
    with clock.frozen_at(checked[-1] + timedelta(minutes=15)):
        assert new_browser(app).send(SIGN_IN, RIGHT).status_code == 302


def test_who_must_wait_is_told_how_long_and_loses_nothing(client: PageClient, app: Flask, world: World) -> None:
    with clock.frozen_at(NOON):
        for _ in range(MOST_CHECKS):
            assert client.send(SIGN_IN, WRONG).status_code == 422
        response = client.send(SIGN_IN, RIGHT)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "300"
    page = response.get_data(as_text=True)
    assert "Too many tries. Wait 5 minutes, then try again" in words_in(page)
    assert f'value="{LEARNER}"' in page
    assert not is_signed_in(client)
    with clock.frozen_at(NOON + timedelta(minutes=5)):
        assert client.send(SIGN_IN, RIGHT).status_code == 302


def test_who_must_wait_costs_no_hash(client: PageClient, app: Flask, world: World, hashes: list[str]) -> None:
    with clock.frozen_at(NOON):
        for _ in range(MOST_CHECKS + 5):
            client.send(SIGN_IN, WRONG)
    assert len(hashes) == MOST_CHECKS


def test_unknown_addresses_are_counted_alike(client: PageClient, app: Flask, world: World, hashes: list[str]) -> None:
    with clock.frozen_at(NOON):
        for email in (LEARNER, "nobody@example.org"):
            wrong = {**WRONG, "email": email}
            answers = [client.send(SIGN_IN, wrong) for _ in range(MOST_CHECKS + 1)]
            assert [a.status_code for a in answers] == [422] * MOST_CHECKS + [429]
            assert answers[-1].headers["Retry-After"] == "300"


@pytest.mark.parametrize("email", ["LEARNER@example.org", "learner@EXAMPLE.org", "ｌearner@example.org"])
def test_an_address_is_the_same_however_it_is_typed(
    client: PageClient, world: World, hashes: list[str], email: str
) -> None:
    with clock.frozen_at(NOON):
        for _ in range(MOST_CHECKS):
            client.send(SIGN_IN, WRONG)
        assert client.send(SIGN_IN, {**WRONG, "email": email}).status_code == 429


def test_a_known_device_is_not_hindered(app: Flask, world: World, hashes: list[str]) -> None:
    own, other = new_browser(app), new_browser(app)
    with clock.frozen_at(NOON):
        own.send(SIGN_IN, RIGHT)
        own.send(SIGN_OUT)
        for number in range(MOST_CHECKS + 1):
            refused = other.send(SIGN_IN, WRONG, **at(network(number)))
        assert refused.status_code == 429
        assert own.send(SIGN_IN, RIGHT).status_code == 302
        other.send(SIGN_IN, RIGHT)
        assert not is_signed_in(other)


def test_a_known_device_does_not_guess_freely_either(app: Flask, world: World, hashes: list[str]) -> None:
    own = new_browser(app)
    with clock.frozen_at(NOON):
        own.send(SIGN_IN, RIGHT)
        own.send(SIGN_OUT)
        statuses = [own.send(SIGN_IN, WRONG).status_code for _ in range(MOST_CHECKS + 1)]
    assert statuses == [422] * MOST_CHECKS + [429]


def test_a_device_is_known_for_its_own_accounts_only(app: Flask, world: World, hashes: list[str]) -> None:
    thief = new_browser(app)
    with clock.frozen_at(NOON):
        thief.send(SIGN_IN, {"email": "other_learner@example.org", "password": PASSWORD})
        thief.send(SIGN_OUT)
        for number in range(MOST_CHECKS):
            new_browser(app).send(SIGN_IN, WRONG, **at(network(number)))
        assert thief.send(SIGN_IN, WRONG).status_code == 429


@pytest.mark.parametrize("cookie", ["", "x", "WyJhIixbImIiXV0.forged", "W10.", "null"])
def test_a_forged_device_is_not_known(app: Flask, world: World, hashes: list[str], cookie: str) -> None:
    thief = new_browser(app)
    with clock.frozen_at(NOON):
        for number in range(MOST_CHECKS):
            new_browser(app).send(SIGN_IN, WRONG, **at(network(number)))
        thief.set_cookie(DEVICE, cookie, secure=True)
        assert thief.send(SIGN_IN, WRONG).status_code == 429


def test_the_cookie_of_a_device_names_nobody(client: PageClient, world: World) -> None:
    client.send(SIGN_IN, RIGHT)
    cookie = client.get_cookie(DEVICE)
    assert cookie is not None
    assert (cookie.secure, cookie.http_only, cookie.same_site, cookie.path) == (True, True, "Lax", "/")
    assert "learner" not in cookie.value
    client.send(SIGN_OUT)
    assert client.get_cookie(DEVICE) is not None


def test_success_takes_the_count_back(client: PageClient, app: Flask, world: World, hashes: list[str]) -> None:
    with clock.frozen_at(NOON):
        for _ in range(3):
            for _ in range(MOST_CHECKS - 1):
                assert client.send(SIGN_IN, WRONG).status_code == 422
            assert client.send(SIGN_IN, RIGHT).status_code == 302
            client.send(SIGN_OUT)
            client.delete_cookie(DEVICE)
    assert guesses(app) == 0


def test_a_count_stays_although_the_sign_in_fails_and_is_seen_by_everybody(app: Flask, world: World) -> None:
    new_browser(app).send(SIGN_IN, WRONG)
    with app.app_context():
        db.engine.dispose()  # as after a restart
    assert guesses(app) == 1


@pytest.mark.only_sqlite
def test_one_network_is_stopped_with_many_accounts(app: Flask, world: World, hashes: list[str]) -> None:
    """A machine that tries one password with each of many addresses; next door, and on a known device, nobody notices."""
    own = new_browser(app)
    with clock.frozen_at(NOON):
        own.send(SIGN_IN, RIGHT, **at("198.51.100.7"))
        own.send(SIGN_OUT, **at("198.51.100.7"))
        for number in range(MOST_OF_NETWORK):
            answer = new_browser(app).send(
                SIGN_IN, {**WRONG, "email": f"person{number}@example.org"}, **at("198.51.100.7")
            )
            assert answer.status_code == 422
        someone = {"email": "educator@example.org", "password": PASSWORD}
        answer = new_browser(app).send(SIGN_IN, someone, **at("198.51.100.7"))
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "300")
        assert new_browser(app).send(SIGN_IN, someone, **at("198.51.100.8")).status_code == 302
        assert own.send(SIGN_IN, RIGHT, **at("198.51.100.7")).status_code == 302


def test_no_network_fills_the_site_with_accounts(app: Flask, world: World, hashes: list[str]) -> None:
    """All but the last few are planted: a lecture hall registers in one go, a script does not go on (ASVS 2.4.1)."""

    def registers(number: int, address: str = "2001:db8:1::7") -> tuple[int, str]:
        browser = new_browser(app)
        answer = browser.send(REGISTER, {**AMINA, "email": f"new{number}@example.org"}, **at(address))
        return answer.status_code, answer.get_data(as_text=True)

    with clock.frozen_at(NOON):
        assert registers(0)[0] == 302
        with app.app_context(), writing():
            [counted] = db.session.scalars(select(Guess).where(Guess.way == Way.NEW_ACCOUNT))
            for _ in range(MOST_NEW - 2):
                db.session.add(Guess(account="", network=counted.network, way=Way.NEW_ACCOUNT, at=NOON))
        assert registers(1, "2001:db8:1::8")[0] == 302
        status, page = registers(2, "2001:db8:1::9")
        assert (status, 'value="new2@example.org"' in page) == (429, True), "nothing that was typed is lost"
        assert "Too many tries. Wait 60 minutes" in page
        assert registers(3, "2001:db8:2::7")[0] == 302, "another network"
        someone = {"email": "educator@example.org", "password": PASSWORD}
        assert new_browser(app).send(SIGN_IN, someone, **at("2001:db8:1::7")).status_code == 302, (
            "who has one is let in"
        )
    with clock.frozen_at(NOON + NEW_WINDOW):
        assert registers(2)[0] == 302


def test_an_ipv6_customer_is_one_network(app: Flask, world: World) -> None:
    with app.app_context():
        for last in (1, 2):
            with app.test_request_context(environ_base={"REMOTE_ADDR": f"2001:db8:1:2::{last}"}):
                throttle_link()
        with app.test_request_context(environ_base={"REMOTE_ADDR": "2001:db8:1:3::1"}):
            throttle_link()
        assert len(set(db.session.scalars(select(Guess.network)))) == 2


def throttle_link() -> None:
    count_link()


@pytest.mark.only_sqlite
def test_a_hospital_signs_in_in_the_morning(app: Flask, world: World, hashes: list[str]) -> None:
    """Twice as many people as may fail behind one address, each with the right password: none waits."""
    with clock.frozen_at(NOON):
        for _ in range(2 * MOST_OF_NETWORK):
            assert new_browser(app).send(SIGN_IN, RIGHT, **at("198.51.100.7")).status_code == 302


def test_many_guesses_at_once_are_counted_one_by_one(app: Flask, world: World, hashes: list[str]) -> None:
    browsers = [new_browser(app) for _ in range(MOST_CHECKS + 6)]

    def guess(browser: PageClient) -> Callable[[], int]:
        return lambda: browser.send(SIGN_IN, WRONG).status_code

    statuses = at_once([guess(browser) for browser in browsers])
    assert statuses.count(422) == MOST_CHECKS
    assert statuses.count(429) == 6


# -- the other paths -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "data"),
    [
        ("/account/password/", {"present": "wrong", "password": "gravel orbit lampshade"}),
        ("/account/email/", {"present": "wrong", "email": "new@example.org"}),
    ],
)
def test_the_password_is_not_guessed_in_a_stolen_session(
    client: PageClient, world: World, hashes: list[str], address: str, data: dict[str, str]
) -> None:
    world.sign_in(client, "learner")
    with clock.frozen_at(clock.now()):
        answers = [client.send(address, data) for _ in range(MOST_CHECKS + 1)]
    assert [a.status_code for a in answers] == [422] * MOST_CHECKS + [429]
    assert answers[-1].headers["Retry-After"] == "300"
    assert "Wait 5 minutes" in words_in(answers[-1].get_data(as_text=True))
    assert hashes == ["verify"] * MOST_CHECKS


def test_who_is_signed_in_is_not_hindered_by_guesses_elsewhere(app: Flask, client: PageClient, world: World) -> None:
    world.sign_in(client, "learner")
    for number in range(MOST_CHECKS + 1):
        new_browser(app).send(SIGN_IN, WRONG, **at(network(number)))
    assert client.send("/account/again/", {"again_password": PASSWORD}).status_code == 303


@pytest.mark.only_sqlite
@pytest.mark.parametrize("address", ["/account/reset/x/", "/account/email/x/", "/account/confirm/x/"])
def test_links_are_not_guessed(app: Flask, client: PageClient, address: str) -> None:
    with clock.frozen_at(NOON):
        statuses = [client.send(address).status_code for _ in range(MOST_OF_NETWORK + 1)]
        assert statuses == [404] * MOST_OF_NETWORK + [429]
        answer = client.send(address)
    assert answer.headers["Retry-After"] == "300"
    assert "Wait 5 minutes" in words_in(answer.get_data(as_text=True))


def test_nobody_is_written_to_more_than_three_times_an_hour(
    app: Flask, client: PageClient, world: World, post: list[Letter]
) -> None:
    with clock.frozen_at(NOON):
        for _ in range(5):
            assert client.send("/account/forgotten-password/", {"email": LEARNER}).status_code == 303
        assert len(post) == 3
        assert client.get(post[-1].link).status_code == 200, "asking too often kills no link"
    with clock.frozen_at(NOON + timedelta(hours=1)):
        client.send("/account/forgotten-password/", {"email": LEARNER})
    assert len(post) == 4


def test_other_letters_do_not_use_up_those_with_a_link_to_a_new_password(
    app: Flask, client: PageClient, world: World, post: list[Letter]
) -> None:
    """Such a link is the owner's way in while somebody else guesses; a stranger must not be able to stop it."""
    with clock.frozen_at(NOON):
        for _ in range(5):
            new_browser(app).send(REGISTER, {**AMINA, "email": LEARNER})
        assert len(post) == 3
        client.send("/account/forgotten-password/", {"email": LEARNER})
        assert [letter.subject for letter in post[3:]] == ["Choose a new password"]
        assert client.get(post[-1].link).status_code == 200


def test_nobody_asks_for_a_link_for_everybody(client: PageClient, world: World) -> None:
    with clock.frozen_at(NOON):
        answers = [
            client.send("/account/forgotten-password/", {"email": f"n{number}@example.org"}) for number in range(101)
        ]
    assert [answer.status_code for answer in answers[:100]] == [303] * 100
    assert answers[100].status_code == 429
    assert answers[100].headers["Retry-After"]


def test_whoever_did_not_confirm_an_address_does_not_fill_its_mailbox(
    client: PageClient, world: World, post: list[Letter]
) -> None:
    world.sign_in(client, "unconfirmed")
    with clock.frozen_at(clock.now()):
        for _ in range(3):
            assert client.send("/account/confirm/").status_code == 303
        before = len(post)
        client.send("/account/confirm/")
        assert "Wait an hour" in client.get("/account/").get_data(as_text=True)
    assert len(post) == before


def test_letters_do_not_count_as_guesses(app: Flask, client: PageClient, world: World, post: list[Letter]) -> None:
    for _ in range(5):
        client.send("/account/forgotten-password/", {"email": LEARNER})
    assert client.send(SIGN_IN, RIGHT).status_code == 302


def test_old_counts_are_deleted(app: Flask) -> None:
    with app.app_context():
        with writing():
            for hours in (25, 23):
                throttling.count_check("a", "", "n", Way.SIGN_IN, clock.now() - timedelta(hours=hours))
        tasks.forget_guesses()
    assert guesses(app) == 1


def test_the_chore_is_among_the_chores(app: Flask) -> None:
    assert tasks.forget_guesses in app.extensions["elearn.jobs"].chores
