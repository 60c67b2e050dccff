"""What educators and administrators do with cohorts, and who is kept out."""

import pytest

from elearn.cohorts.models import Cohort, Membership, RosterEntry, Teaching
from elearn.cohorts.rules import CODE_ALPHABET, CODE_LENGTH
from elearn.extensions import db
from tests.cohorts.builders import code_of, count, email_of, events, expect, join, teach
from tests.page import PageClient
from tests.world import MODULE, World


def address(world: World, end: str = "", cohort: str = "one") -> str:
    return f"/cohorts/{world.cohorts[cohort]}/{end}"


def roster(world: World, cohort: str) -> list[tuple[str, str]]:
    with world.app.app_context():
        rows = db.session.execute(
            db.select(RosterEntry.email, RosterEntry.name)
            .join(Cohort, Cohort.id == RosterEntry.cohort_id)
            .where(Cohort.public_id == world.cohorts[cohort])
            .order_by(RosterEntry.email)
        )
        return [(row.email, row.name) for row in rows]


# -- the educator's page ---------------------------------------------------------------------------------------------


def test_an_educator_sees_code_link_and_roster(client: PageClient, world: World) -> None:
    expect(world, "one", "learner@example.org", "Amina Khan")
    expect(world, "one", "late@example.org", "Late Comer")
    expect(world, "two", "elsewhere@example.org", "Else Where")
    world.sign_in(client, "educator")
    text = client.get(address(world)).get_data(as_text=True)
    shown = f"{code_of(world, 'one')[:4]}-{code_of(world, 'one')[4:]}"
    assert shown in text
    assert f"https://localhost/cohorts/join/?code={shown}" in text
    assert "1 of 2 have joined" in text
    assert "late@example.org" in text
    for other in (
        "elsewhere@example.org",
        email_of(world, "other_learner"),
        email_of(world, "other_educator"),
        "Cohort two",
    ):
        assert other not in text


def test_a_pasted_roster_is_added_and_known_people_stay(client: PageClient, world: World) -> None:
    expect(world, "one", "b@example.org", "First Name")
    expect(world, "two", "a@example.org", "Of the other cohort")
    world.sign_in(client, "educator")
    answer = client.send(
        address(world, "roster/"),
        {"people": "Ann, A@example.org\r\n\r\nSecond Name, b@example.org\r\nc@example.org\r\n"},
    )
    assert answer.status_code == 303
    assert roster(world, "one") == [("a@example.org", "Ann"), ("b@example.org", "First Name"), ("c@example.org", "")]
    assert roster(world, "two") == [("a@example.org", "Of the other cohort")]
    assert "Added to the roster: 2. On it already: 1." in client.get(answer.location).get_data(as_text=True)
    assert [event.detail for event in events(world, "roster extended")] == [{"people": 2}]


def test_a_roster_with_one_bad_line_adds_nobody_and_names_the_line(client: PageClient, world: World) -> None:
    world.sign_in(client, "educator")
    page = client.send(address(world, "roster/"), {"people": "a@example.org\nBram\nc@example.org\nc@example.org"})
    text = page.get_data(as_text=True)
    assert page.status_code == 422
    assert "Line 2: write a name, a comma and an e-mail address" in text
    assert "Line 4: this address stands in line 3 already" in text
    assert "a@example.org\nBram" in text
    assert roster(world, "one") == []
    assert client.send(address(world, "roster/"), {"people": " \n "}).status_code == 422
    assert client.send(address(world, "roster/")).status_code == 422


def test_an_address_is_taken_off_its_own_roster_only(client: PageClient, world: World) -> None:
    for cohort in ("one", "two"):
        expect(world, cohort, "learner@example.org", "Amina")
    world.sign_in(client, "educator")
    assert client.send(address(world, "roster/remove/"), {"who": "learner@example.org"}).status_code == 303
    assert roster(world, "one") == []
    assert roster(world, "two") == [("learner@example.org", "Amina")]
    assert count(world, Membership, person_id=world.people["learner"]) == 1
    for who in ("learner@example.org", "nobody@example.org", "", "\x00"):
        assert client.send(address(world, "roster/remove/"), {"who": who}).status_code == 404


@pytest.mark.parametrize("persona", ["learner", "other_learner", "other_educator", "administrator"])
def test_nobody_else_reaches_the_educators_pages(client: PageClient, world: World, persona: str) -> None:
    expect(world, "one", "late@example.org", "Late Comer")
    world.sign_in(client, persona)
    assert client.get(address(world)).status_code == 404
    assert client.send(address(world, "roster/"), {"people": "x@example.org"}).status_code == 404
    assert client.send(address(world, "roster/remove/"), {"who": "late@example.org"}).status_code == 404
    assert client.get(f"/reports/cohorts/{world.cohorts['one']}/").status_code == 404
    assert client.send(f"/reports/cohorts/{world.cohorts['one']}/csv/").status_code == 404
    assert roster(world, "one") == [("late@example.org", "Late Comer")]
    assert events(world, "cohort exported") == []


@pytest.mark.parametrize(
    "wrong", ["x", "1", "0", "-1", "9223372036854775808", "%2e%2e", "' OR 1=1", "%F0%9F%A6%86", "%00", "x%00"]
)
def test_wrong_ids_are_not_found(client: PageClient, world: World, wrong: str) -> None:
    world.sign_in(client, "educator")
    for end in ("", "leave/", "educators/"):
        assert client.get(f"/cohorts/{wrong}/{end}").status_code == 404
    assert client.get(f"/reports/cohorts/{wrong}/").status_code == 404
    assert client.send(f"/reports/cohorts/{wrong}/csv/").status_code == 404


def test_who_is_not_signed_in_is_asked_to_sign_in(client: PageClient, world: World) -> None:
    for page in ("/cohorts/", "/cohorts/join/", address(world), f"/reports/cohorts/{world.cohorts['one']}/"):
        assert client.get(page).location.startswith("/account/sign-in/")


# -- administrators --------------------------------------------------------------------------------------------------


def test_an_administrator_makes_a_cohort_and_sees_nobody_in_it(client: PageClient, world: World) -> None:
    world.sign_in(client, "administrator")
    emails = f"{email_of(world, 'educator')}\n{email_of(world, 'learner').upper()}"
    answer = client.send("/cohorts/new/", {"name": "  Spring   2027 ", "module": MODULE, "educators": emails})
    assert answer.status_code == 303
    with world.app.app_context():
        cohort = db.session.scalars(db.select(Cohort).where(Cohort.name == "Spring 2027")).one()
        public_id, code = cohort.public_id, cohort.join_code
        taught_by = set(db.session.scalars(db.select(Teaching.person_id).where(Teaching.cohort_id == cohort.id)))
    assert taught_by == {world.people["educator"], world.people["learner"]}
    assert len(code) == CODE_LENGTH
    assert set(code) <= set(CODE_ALPHABET)
    assert [event.actor_id for event in events(world, "cohort created")] == [world.people["administrator"]]
    assert sorted(event.detail["person"] for event in events(world, "educator appointed")) == sorted(taught_by)
    assert client.get(f"/cohorts/{public_id}/").status_code == 404
    assert client.get(f"/reports/cohorts/{public_id}/").status_code == 404
    page = client.get(f"/cohorts/{world.cohorts['two']}/educators/").get_data(as_text=True)
    assert email_of(world, "other_educator") in page
    assert email_of(world, "other_learner") not in page
    everything = client.get("/cohorts/").get_data(as_text=True)
    assert "Spring 2027" in everything
    assert "Cohort two" in everything
    assert code not in everything


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": ""}, "Enter a name for the cohort"),
        ({"name": "x" * 121}, "120 characters or fewer"),
        ({"module": "no-such-module"}, "Not a valid choice"),
        ({"educators": ""}, "at least one educator"),
        ({"educators": "educator@example.org\nnobody"}, "Line 2: write an e-mail address"),
        ({"educators": "nobody@example.org"}, "nobody@example.org: nobody with an account has confirmed this address"),
        ({"educators": "unconfirmed@example.org"}, "unconfirmed@example.org: nobody with an account"),
        ({"educators": "suspended@example.org"}, "suspended@example.org: nobody with an account"),
    ],
)
def test_a_cohort_with_a_fault_is_not_made(
    client: PageClient, world: World, values: dict[str, str], words: str
) -> None:
    world.sign_in(client, "administrator")
    right = {"name": "Spring", "module": MODULE, "educators": "educator@example.org"}
    page = client.send("/cohorts/new/", right | values)
    assert page.status_code == 422
    assert words in page.get_data(as_text=True)
    assert count(world, Cohort) == 2
    assert count(world, Teaching) == 2


def test_an_administrator_reaches_members_by_appointing_themselves_which_is_recorded(
    client: PageClient, world: World
) -> None:
    world.sign_in(client, "administrator")
    for _ in range(2):
        answer = client.send(address(world, "educators/"), {"educators": email_of(world, "administrator")})
        assert answer.status_code == 303
    assert client.get(address(world)).status_code == 200
    appointed = events(world, "educator appointed")
    assert [(event.actor_id, event.detail) for event in appointed] == [
        (world.people["administrator"], {"person": world.people["administrator"]})
    ]
    assert client.get(address(world, cohort="two")).status_code == 404
    assert client.send(address(world, "educators/"), {"educators": "nobody@example.org"}).status_code == 422


def test_a_dismissed_educator_sees_nothing_any_more(client: PageClient, world: World) -> None:
    world.sign_in(client, "administrator")
    who = world.viewer("educator").public_id
    assert (
        client.send(address(world, "educators/remove/"), {"who": world.viewer("other_educator").public_id}).status_code
        == 404
    )
    assert client.send(address(world, "educators/remove/", "two"), {"who": who}).status_code == 404
    assert client.send(address(world, "educators/remove/"), {"who": who}).status_code == 303
    assert [event.detail for event in events(world, "educator dismissed")] == [{"person": world.people["educator"]}]
    world.sign_in(client, "educator")
    assert client.get(address(world)).status_code == 404
    assert client.get(f"/reports/cohorts/{world.cohorts['one']}/").status_code == 404
    assert "Cohort one" not in client.get("/cohorts/").get_data(as_text=True)


@pytest.mark.parametrize("persona", ["educator", "other_educator", "learner"])
def test_only_administrators_make_cohorts_and_appoint(client: PageClient, world: World, persona: str) -> None:
    world.sign_in(client, persona)
    me = email_of(world, persona)
    assert client.get("/cohorts/new/").status_code == 404
    assert client.send("/cohorts/new/", {"name": "Mine", "module": MODULE, "educators": me}).status_code == 404
    for cohort in ("one", "two"):
        assert client.get(address(world, "educators/", cohort)).status_code == 404
        assert client.send(address(world, "educators/", cohort), {"educators": me}).status_code == 404
        assert client.send(address(world, "educators/remove/", cohort), {"who": "x"}).status_code == 404
    assert count(world, Teaching) == 2
    assert count(world, Cohort) == 2
    assert "All cohorts" not in client.get("/cohorts/").get_data(as_text=True)


def test_an_educator_of_two_cohorts_sees_each_by_itself(client: PageClient, world: World) -> None:
    teach(world, "educator", "two")
    join(world, "educator", "two")
    expect(world, "two", "two@example.org")
    world.sign_in(client, "educator")
    assert "two@example.org" not in client.get(address(world)).get_data(as_text=True)
    assert "two@example.org" in client.get(address(world, cohort="two")).get_data(as_text=True)
