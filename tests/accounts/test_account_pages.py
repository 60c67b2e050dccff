"""The pages about oneself."""

from flask import Flask

from elearn.accounts.queries import get_person
from tests.page import PageClient
from tests.post import PostBox, messages
from tests.world import World

DETAILS = {"given_names": "Amina", "family_name": "Khan", "profession": "nurse", "registration_number": "12A3456E"}


def test_the_account_page_shows_what_is_kept_and_where_to_change_it(client: PageClient, world: World) -> None:
    world.sign_in(client, "learner")
    page = client.get("/account/").get_data(as_text=True)
    for shown in ("Amina", "Canary-Khan", "Doctor", "CANARY-LEARNER", "learner@example.org", ">Confirmed</strong>"):
        assert shown in page
    for field in ("given_names", "family_name", "profession", "registration_number"):
        assert f'href="/account/details/#{field}"' in page
        assert f'id="{field}"' in client.get("/account/details/").get_data(as_text=True)
    assert "Send the link again" not in page
    assert not [other for other in ("Okafor", "Lloyd", "Rao") if other in page]


def test_an_unconfirmed_address_is_said_to_be_so(client: PageClient, world: World) -> None:
    world.sign_in(client, "unconfirmed")
    page = client.get("/account/").get_data(as_text=True)
    assert ">Not confirmed yet</strong>" in page
    assert "Send the link again" in page
    assert client.send("/account/confirm/").location == "/account/"


def test_a_confirmed_person_is_sent_no_link(client: PageClient, world: World, mail: PostBox) -> None:
    world.sign_in(client, "learner")
    client.send("/account/confirm/")
    page = client.get("/account/").get_data(as_text=True)
    assert "is confirmed already" in page
    assert "Important</h2>" in page
    assert "nhsuk-notification-banner--success" not in page
    assert not messages(mail)


def test_details_are_changed_and_shown(client: PageClient, world: World, app: Flask) -> None:
    world.sign_in(client, "learner")
    assert 'value="Canary-Khan"' in client.get("/account/details/").get_data(as_text=True)
    assert client.send("/account/details/", DETAILS).location == "/account/"
    page = client.get("/account/").get_data(as_text=True)
    assert "Your details are changed" in page
    assert "12A3456E" in page
    with app.app_context():
        person = get_person(world.people["learner"])
        assert (person.name, person.profession, person.email) == ("Amina Khan", "nurse", "learner@example.org")
        assert get_person(world.people["other_learner"]).family_name == "Canary-Okafor"


def test_a_name_may_be_one_name_only(client: PageClient, world: World) -> None:
    world.sign_in(client, "learner")
    client.send("/account/details/", {**DETAILS, "given_names": "", "family_name": "Suharto"})
    page = client.get("/account/").get_data(as_text=True)
    assert "Signed in as <strong>Suharto</strong>" in page
    assert "None given" in page


def test_refused_details_are_kept_on_the_page(client: PageClient, world: World, app: Flask) -> None:
    world.sign_in(client, "learner")
    response = client.send("/account/details/", {**DETAILS, "family_name": " "})
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert '<a href="#family_name">Enter your family name</a>' in page
    assert 'value="12A3456E"' in page
    assert '<option value="nurse" selected>' in page
    with app.app_context():
        assert get_person(world.people["learner"]).family_name == "Canary-Khan"


def test_the_way_back_is_kept_through_an_error(client: PageClient, world: World) -> None:
    world.sign_in(client, "learner")
    address = "/modules/clinical-trials-rare-disease/certificate/"
    assert f'name="next" value="{address}"' in client.get(f"/account/details/?next={address}").get_data(as_text=True)
    refused = client.send("/account/details/", {"next": address}).get_data(as_text=True)
    assert f'name="next" value="{address}"' in refused
    assert client.send("/account/details/", {**DETAILS, "next": address}).location == address


def test_hostile_names_are_shown_as_text(client: PageClient, world: World) -> None:
    world.sign_in(client, "learner")
    client.send("/account/details/", {**DETAILS, "family_name": "<script>alert(1)</script>\x00\x1b"})
    page = client.get("/account/").get_data(as_text=True)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_further_fields_change_nothing(client: PageClient, world: World, app: Flask) -> None:
    world.sign_in(client, "learner")
    client.send(
        "/account/details/", {**DETAILS, "administrator": "1", "email": "x@example.org", "id": "1", "person_id": "2"}
    )
    with app.app_context():
        person = get_person(world.people["learner"])
        assert (person.administrator, person.email) == (False, "learner@example.org")
