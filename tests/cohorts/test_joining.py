"""Joining, leaving, and what the pages say about it."""

import pytest

from elearn.cohorts.models import Membership
from elearn.cohorts.rules import NOT_SEEN, SEEN
from tests.cohorts.builders import add_member, code_of, count, email_of, events, join, teach
from tests.page import PageClient
from tests.world import World


@pytest.fixture
def newcomer(client: PageClient, world: World) -> PageClient:
    """Somebody who is in no cohort."""
    add_member(world, "newcomer", "Nia", "Newcomer", None)
    world.sign_in(client, "newcomer")
    return client


def test_the_code_leads_to_a_page_that_says_what_will_be_seen_before_anything_is_joined(
    newcomer: PageClient, world: World
) -> None:
    page = newcomer.send("/cohorts/join/", {"code": code_of(world, "one").lower()})
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "Join Cohort one" in text
    for words in (*SEEN.values(), *NOT_SEEN):
        assert f"<li>{words}</li>" in text
    assert "Carys Canary-Lloyd" in text
    assert "How to leave" in text
    for persona in ("learner", "other_learner", "other_educator"):
        assert email_of(world, persona) not in text
    assert count(world, Membership, person_id=world.people["newcomer"]) == 0


def test_joining_twice_makes_one_member_and_one_audit_event(newcomer: PageClient, world: World) -> None:
    for _ in range(2):
        answer = newcomer.send("/cohorts/join/confirm/", {"code": code_of(world, "one")})
        assert (answer.status_code, answer.location) == (303, "/cohorts/")
    assert count(world, Membership, person_id=world.people["newcomer"]) == 1
    joined = events(world, "cohort joined")
    assert [(event.actor_id, event.subject) for event in joined] == [
        (world.people["newcomer"], f"cohort:{world.cohorts['one']}")
    ]
    page = newcomer.send("/cohorts/join/", {"code": code_of(world, "one")}).get_data(as_text=True)
    assert "You are in Cohort one" in page
    assert "Join this cohort" not in page
    listed = newcomer.get("/cohorts/").get_data(as_text=True)
    assert "Cohort one" in listed
    assert "Cohort two" not in listed


@pytest.mark.parametrize("address", ["/cohorts/join/", "/cohorts/join/confirm/"])
@pytest.mark.parametrize("code", ["", "XXXXXXXX", "x" * 4000, "' OR 1=1 --", "\x00", "JOIN0ON"])
def test_an_unknown_code_gets_kind_words_and_joins_nothing(
    newcomer: PageClient, world: World, address: str, code: str
) -> None:
    page = newcomer.send(address, {"code": code})
    text = page.get_data(as_text=True)
    assert page.status_code == 422
    assert ("We do not know this code" in text) or (code == "" and "Enter the join code" in text)
    assert count(world, Membership, person_id=world.people["newcomer"]) == 0


def test_every_unknown_code_gets_the_same_page_but_for_what_was_typed(newcomer: PageClient) -> None:
    def page(code: str) -> str:
        text = newcomer.send("/cohorts/join/", {"code": code}).get_data(as_text=True)
        return "\n".join(line for line in text.splitlines() if "csrf_token" not in line).replace(code, "")

    assert page("XXXXXXXX") == page("YYYYYYYY") == page("short")


@pytest.mark.parametrize("typed", ["CDFG-3467&code=second", "cdfg3467", "%00CDFG%203467", "%3CCDFG3467%22%3E"])
def test_a_link_brings_the_code_and_changes_nothing(newcomer: PageClient, world: World, typed: str) -> None:
    text = newcomer.get(f"/cohorts/join/?code={typed}").get_data(as_text=True)
    assert 'value="CDFG-3467"' in text
    assert count(world, Membership, person_id=world.people["newcomer"]) == 0


def test_leaving_asks_first_and_removes_the_row(client: PageClient, world: World) -> None:
    address = f"/cohorts/{world.cohorts['one']}/leave/"
    world.sign_in(client, "learner")
    assert "can join again" in client.get(address).get_data(as_text=True)
    assert count(world, Membership, person_id=world.people["learner"]) == 1
    assert client.send(address).status_code == 303
    assert count(world, Membership, person_id=world.people["learner"]) == 0
    assert [(event.actor_id, event.subject) for event in events(world, "cohort left")] == [
        (world.people["learner"], f"cohort:{world.cohorts['one']}")
    ]
    assert client.get(address).status_code == 404
    assert client.send(address).status_code == 404
    assert "You are in no cohort" in client.get("/cohorts/").get_data(as_text=True)


def test_leaving_leaves_everybody_else_where_they_are(client: PageClient, world: World) -> None:
    join(world, "learner", "two")
    world.sign_in(client, "learner")
    client.send(f"/cohorts/{world.cohorts['one']}/leave/")
    assert count(world, Membership) == 2
    assert count(world, Membership, person_id=world.people["learner"]) == 1


def test_one_person_learns_and_teaches(client: PageClient, world: World) -> None:
    teach(world, "learner", "two")
    world.sign_in(client, "learner")
    text = client.get("/cohorts/").get_data(as_text=True)
    teaching, learning = text[text.index("Cohorts you teach") :].split("Cohorts you learn in")
    assert "Cohort two" in teaching
    assert "Cohort one" not in teaching
    assert "Cohort one" in learning
    assert "Cohort two" not in learning
    assert client.get(f"/cohorts/{world.cohorts['two']}/").status_code == 200
    assert client.get(f"/reports/cohorts/{world.cohorts['two']}/").status_code == 200
    assert client.get(f"/cohorts/{world.cohorts['one']}/").status_code == 404
    assert client.get(f"/reports/cohorts/{world.cohorts['one']}/").status_code == 404
