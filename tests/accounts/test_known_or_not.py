"""Answers do not tell whether an address has an account: the same words, cookies, redirects, and the same steps (B-5)."""

import re
from typing import Any

import pytest
from flask import Flask

from elearn.shared import clock
from tests.accounts.conftest import Letter
from tests.accounts.entrance import AMINA, REGISTER, SIGN_IN, people, without_tokens
from tests.conftest import StatementCount
from tests.page import new_browser
from tests.world import World

KNOWN, UNKNOWN = "learner@example.org", "nobodyy@example.org"
FORGOTTEN = "/account/forgotten-password/"


def answer(app: Flask, address: str, data: dict[str, str]) -> tuple[Any, ...]:
    """All that a stranger sees."""
    browser = new_browser(app)
    browser.get(address)
    response = browser.send(address, data)
    page = without_tokens(response.get_data(as_text=True)).replace(data["email"], "X")
    cookies = sorted(re.split("[=;]", cookie)[0] for cookie in response.headers.getlist("Set-Cookie"))
    return response.status_code, response.location, page, cookies


@pytest.mark.parametrize(
    ("address", "data"),
    [
        (SIGN_IN, {"password": "three random birds"}),
        (SIGN_IN, {"password": ""}),
        (FORGOTTEN, {}),
        (REGISTER, {**AMINA, "password": "short"}),
        (REGISTER, {**AMINA, "password": "raredisease2026!"}),
        (REGISTER, {**AMINA, "family_name": ""}),
    ],
)
def test_a_stranger_sees_the_same(
    app: Flask, world: World, post: list[Letter], hashes: list[str], address: str, data: dict[str, str]
) -> None:
    seen, steps = [], []
    with clock.frozen_at(clock.now()):
        for email in (KNOWN, UNKNOWN):
            hashes.clear()
            seen.append(answer(app, address, {**data, "email": email}))
            steps.append(len(hashes))
    assert seen[0] == seen[1]
    assert steps[0] == steps[1]


def test_a_sign_in_costs_one_hash_whoever_it_is(app: Flask, world: World, hashes: list[str]) -> None:
    for email in (KNOWN, UNKNOWN, "suspended@example.org"):
        hashes.clear()
        new_browser(app).send(SIGN_IN, {"email": email, "password": "three random birds"})
        assert len(hashes) == 1, email


def test_asking_for_a_link_is_the_same_for_somebody_suspended(app: Flask, world: World, post: list[Letter]) -> None:
    assert answer(app, FORGOTTEN, {"email": "suspended@example.org"}) == answer(app, FORGOTTEN, {"email": UNKNOWN})
    assert post == []


def test_only_the_owner_learns_that_an_address_is_registered(
    app: Flask, world: World, post: list[Letter], hashes: list[str]
) -> None:
    before = people(app)
    status, location, _, cookies = answer(app, REGISTER, {**AMINA, "email": KNOWN.upper()})
    assert (status, location, cookies) == (303, "/account/check-your-mail/", ["__Host-elearn"])
    assert len(hashes) == 1
    assert people(app) == before
    [letter] = post
    assert (letter.recipient, letter.subject) == (KNOWN, "You have an account already")
    assert "/account/forgotten-password/" in letter.text
    assert AMINA["given_names"].strip() not in letter.text or "Amina" in world.viewer("learner").name


def test_registering_costs_one_hash_whoever_it_is(
    app: Flask, world: World, post: list[Letter], hashes: list[str]
) -> None:
    for email in (KNOWN, UNKNOWN):
        hashes.clear()
        new_browser(app).send(REGISTER, {**AMINA, "email": email})
        assert hashes == ["hash"], email


@pytest.mark.only_sqlite
def test_who_tries_many_addresses_by_registering_is_stopped(app: Flask, world: World, hashes: list[str]) -> None:
    with clock.frozen_at(clock.now()):
        statuses = [new_browser(app).send(REGISTER, {**AMINA, "email": KNOWN}).status_code for _ in range(101)]
    assert statuses == [303] * 100 + [429]


def test_the_page_after_asking_says_nothing_of_anybody(app: Flask, world: World, statements: StatementCount) -> None:
    page = new_browser(app).get("/account/check-your-mail/").get_data(as_text=True)
    assert "If this address has an account" in page
    assert len(statements) == 0
