"""`next` leads only inside the site, whoever reads it: our own views and Flask-Security's (C-S5)."""

from urllib.parse import quote, urljoin, urlsplit

import pytest
from flask import Flask
from flask_security.core import UserMixin

from elearn.shared.forms import is_inside
from tests.page import PageClient, new_browser
from tests.world import PASSWORD, World

HOSTILE = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "//evil.example/%2e%2e",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "\\evil.example",
    "https://evil.example",
    "http://evil.example/learning/",
    "HTTPS://EVIL.EXAMPLE",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "http:\\\\evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "ftp://evil.example",
    "mailto:a@evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\n//evil.example",
    " //evil.example",
    "\x00//evil.example",
    "\x19////evil.example",
    "\u200a///evil.example",
    "\u2028//evil.example",
    "//evil.example@localhost/",
    "https://localhost@evil.example/",
    "https://localhost.evil.example/",
    "https://localhost:443@evil.example",
    "//[::1]/",
    "//0x7f000001/",
    "https://\u2488\u2488evil.example",
    "evil.example",
    "@evil.example",
    "?next=//evil.example",
    "#//evil.example",
    ".//evil.example",
    "/learning/\r\nLocation: https://evil.example",
    "accounts.account",
    "site.start",
    "",
]
GOOD = [
    "/learning/",
    "/modules/x/?a=1&b=2",
    "/modules/x/lessons/y/#check-1",
    "/learning/?next=//evil.example",
    "/a/%2F%2Fevil",
]


@pytest.mark.parametrize("target", HOSTILE)
def test_a_hostile_address_is_not_inside(target: str) -> None:
    assert not is_inside(target)


@pytest.mark.parametrize("target", GOOD)
def test_a_page_of_ours_is_inside(target: str) -> None:
    assert is_inside(target)


@pytest.mark.only_sqlite
@pytest.mark.parametrize("where", ["address", "form", "both"])
def test_signing_in_never_leaves_the_site(
    world: World, app: Flask, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserMixin, "verify_and_update_password", lambda *_: True)  # a real hash, 150 times, is slow
    for target in HOSTILE:
        client = new_browser(app)
        address = f"/account/sign-in/?next={quote(target)}" if where != "form" else "/account/sign-in/"
        form = {"next": target} if where != "address" else {}
        data = {"email": "learner@example.org", "password": PASSWORD, **form}
        location = client.send(address, data).location
        assert location == "/learning/", target
        assert is_at_home(location)


def is_at_home(location: str) -> bool:
    """Where a browser would go: it strips tabs and line ends, and reads a backslash as a slash."""
    read = "".join(c for c in location.strip("\x00\x19 ") if c not in "\t\r\n").replace("\\", "/")
    return urlsplit(urljoin("https://localhost/account/sign-in/", read)).netloc == "localhost"


@pytest.mark.parametrize("address", ["/account/sign-in/", "/account/register/"])
def test_the_pages_do_not_carry_a_hostile_address_on(client: PageClient, address: str) -> None:
    for target in HOSTILE:
        assert "evil" not in client.get(f"{address}?next={quote(target)}").get_data(as_text=True), target


@pytest.mark.only_sqlite
def test_registering_never_leaves_the_site(app: Flask) -> None:
    for number, target in enumerate(HOSTILE[:6] + HOSTILE[22:26]):
        data = {"family_name": "K", "profession": "nurse", "email": f"k{number}@example.org", "password": PASSWORD}
        response = new_browser(app).send(f"/account/register/?next={quote(target)}", {**data, "next": target})
        assert response.location == "/learning/", target


def test_one_good_and_one_hostile_address_is_hostile(client: PageClient, world: World) -> None:
    data = {"email": "learner@example.org", "password": PASSWORD}
    assert client.send("/account/sign-in/?next=/account/&next=//evil.example", data).location == "/learning/"


def test_our_own_forms_never_leave_the_site(client: PageClient, world: World) -> None:
    world.sign_in(client, "learner")
    details = {"family_name": "K", "profession": "nurse"}
    for target in HOSTILE:
        for address, data in (("/account/details/", details), ("/account/confirm/", {})):
            assert client.send(address, {**data, "next": target}).location == "/account/", target
        assert "evil" not in client.get(f"/account/details/?next={quote(target)}").get_data(as_text=True), target


@pytest.mark.parametrize("wanted", ["/learning/", "/account/details/?next=/learning/", "/modules/x/quizzes/y/"])
def test_whoever_must_sign_in_comes_back_to_what_they_wanted(client: PageClient, world: World, wanted: str) -> None:
    response = client.get(wanted)
    assert response.status_code == 303
    page = client.get(response.location).get_data(as_text=True)
    action = page.split('<form method="post" action="', 1)[1].split('"', 1)[0].replace("&amp;", "&")
    back = client.send(action, {"email": "learner@example.org", "password": PASSWORD})
    assert back.location == wanted


def test_a_post_after_the_sign_in_has_ended_leads_back_to_the_page_of_its_form(client: PageClient) -> None:
    response = client.post(
        "/account/details/",
        data={"csrf_token": client.token()},
        headers={"Referer": "https://localhost/account/details/"},
    )
    assert response.location == "/account/sign-in/?next=/account/details/"


@pytest.mark.parametrize(
    "referrer", ["https://localhost//evil.example", "https://evil.example/", "https://localhost/\\evil"]
)
def test_a_hostile_referrer_leads_nowhere(client: PageClient, referrer: str) -> None:
    response = client.post("/account/details/", data={"csrf_token": client.token()}, headers={"Referer": referrer})
    if response.status_code == 303:
        page = client.get(response.location).get_data(as_text=True)
        assert "evil" not in page
    else:
        assert response.status_code == 400
