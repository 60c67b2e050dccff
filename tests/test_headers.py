"""Headers, cookies and forged posts: what every response carries, and what no post may do without a token."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from elearn.extensions import csrf
from elearn.shared import static
from elearn.shared.access import Access, allow
from tests.fresh import fresh_app
from tests.page import PageClient
from tests.rows import everything_in
from tests.world import MODULE, PASSWORD, World

# To the letter, and not read from the code: a change of the code must show here.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "X-Frame-Options": "DENY",
}
# Views that take posts without a token. Each needs a reason beside it.
EXEMPT = {
    "certificates.match",  # anybody may match a name with a certificate, without a cookie; it changes nothing for anyone signed in
    "questions.save",  # its ticket, or else a token, is asked for by the view: tests/quizzes/test_saving.py
}
HOST = "https://localhost"


@pytest.fixture(scope="module")
def own_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application with a route that fails; what is asked of it here needs no database."""
    with fresh_app(tmp_path_factory.mktemp("headers"), trusted_hosts=["localhost"]) as app:
        app.config["PROPAGATE_EXCEPTIONS"] = False
        app.config["TESTING"] = False

        @app.get("/fault/")
        @allow(Access.PUBLIC)
        def fault() -> str:
            raise ZeroDivisionError("canary of the fault")

        @app.get("/fault/late/")
        @allow(Access.PUBLIC)
        def late() -> str:
            return "late"

        @app.after_request
        def fail_late(response: object) -> object:
            if getattr(response, "data", b"") == b"late":
                raise ZeroDivisionError("canary of the fault")
            return response

        @app.get("/unmarked/")
        def unmarked() -> str:
            return "never seen"

        yield app


@pytest.fixture
def browser(own_app: Flask) -> FlaskClient:
    """A browser that checks nothing by itself."""
    own_app.test_client_class = Plain
    return own_app.test_client()


class Plain(FlaskClient):
    """A client that reads each answer to its end, and so closes the files behind it."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, **{"base_url": HOST, "buffered": True, **kwargs})


def check_headers(response: TestResponse) -> None:
    for name, value in HEADERS.items():
        assert response.headers.getlist(name) == [value], name
    assert not [name for name, _ in response.headers if name.lower().startswith("access-control-")], "no other origin"
    if response.data:
        kind = response.headers["Content-Type"]
        assert not re.match(r"text/|.*\+xml", kind) or re.search(r"; charset=\"?utf-8\"?$", kind), kind
    assert "nonce" not in str(response.headers)
    assert "unsafe" not in response.headers["Content-Security-Policy"]


ANSWERS = [
    ("GET", "/", 200),
    ("HEAD", "/", 200),
    ("OPTIONS", "/", 200),
    ("GET", "/healthz", 200),
    ("GET", "/account/sign-in/", 200),
    ("GET", "/learning/", 303),
    ("GET", "/modules", 308),
    ("GET", "/nowhere/", 404),
    ("GET", "/modules/nothing/", 404),
    ("DELETE", "/", 405),
    ("POST", "/account/sign-in/", 400),
    ("GET", "/fault/", 500),
    ("GET", "/fault/late/", 500),
    ("GET", "/unmarked/", 403),
    ("GET", "/account/verify", 404),
    ("GET", "/account/fs-static/css/flask_security.css", 404),
    ("GET", "/static/css/main.css", 200),
    ("HEAD", "/static/css/main.css", 200),
    ("GET", "/static/img/favicon.svg", 200),
    ("GET", "/static/nothing.css", 404),
    ("POST", "/static/css/main.css", 405),
    ("GET", "/static/../config.py", 404),
    ("GET", "/static/%2e%2e/config.py", 404),
]


@pytest.mark.parametrize(("method", "address", "status"), ANSWERS)
def test_every_answer_carries_the_headers(browser: FlaskClient, method: str, address: str, status: int) -> None:
    response = browser.open(address, method=method)
    assert response.status_code == status
    check_headers(response)
    if not address.startswith("/static/") or status == 404:
        assert response.headers["Cache-Control"] == "no-store"


def test_no_other_origin_is_let_in_whatever_it_asks(browser: FlaskClient) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method, address, _ in ANSWERS:
        check_headers(browser.open(address, method=method, headers=asked))


def test_a_post_that_is_too_large_carries_them(browser: FlaskClient) -> None:
    response = browser.post("/account/sign-in/", data={"email": "x" * 300_000})
    assert response.status_code == 413
    check_headers(response)


def test_a_host_that_is_not_ours_is_refused_with_them(browser: FlaskClient) -> None:
    response = browser.get("/", base_url="https://evil.example")
    assert response.status_code == 400
    check_headers(response)
    assert "evil.example" not in response.text


def test_a_static_file_that_has_not_changed_carries_them(browser: FlaskClient) -> None:
    first = browser.get("/static/css/main.css")
    again = browser.get("/static/css/main.css", base_url=HOST, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    check_headers(again)
    odd = browser.get("/static/css/main.css", base_url=HOST, headers={"Range": "bytes=99999999-"})
    assert odd.status_code == 416
    check_headers(odd)


def test_static_files_are_kept_under_an_address_of_their_content(browser: FlaskClient) -> None:
    page = browser.get("/").text
    for name, kind in (
        ("css/main.css", "text/css"),
        ("js/main.mjs", "text/javascript"),
        ("img/favicon.svg", "image/svg"),
    ):
        found = re.search(rf'"(/static/{name}\?v=[0-9a-f]{{12}})"', page)
        assert found is not None, name
        response = browser.get(found[1])
        assert response.headers["Cache-Control"].startswith("max-age=31536000, public")
        assert (response.mimetype or "").startswith(kind)
        assert response.data == (static.FOLDER / name).read_bytes()


def test_no_page_names_another_origin_or_a_nonce(browser: FlaskClient) -> None:
    for address in ("/", "/modules/", f"/modules/{MODULE}/", "/account/register/", "/nowhere/"):
        page = browser.get(address).text
        assert not re.search(r"nonce|<style|\sstyle=|<script(?! type=\"module\" src=\"/static/)|\son\w+=", page), (
            address
        )
        assert not re.search(r"(src|<link[^>]*href)=\"(https?:)?//", page), address


# -- cookies ---------------------------------------------------------------------------------------------------------


def cookies_of(response: TestResponse) -> list[str]:
    return response.headers.getlist("Set-Cookie")


def check_cookies(response: TestResponse) -> int:
    for cookie in cookies_of(response):
        name, *attributes = (part.strip() for part in cookie.split(";"))
        said = {attribute.lower() for attribute in attributes}
        assert name.startswith(("__Host-elearn=", "__Host-elearn-device=")), cookie
        assert said >= {"secure", "httponly", "samesite=lax", "path=/"}, cookie
        assert not any(word.startswith("domain") for word in said), cookie
    return len(cookies_of(response))


def test_cookies_belong_to_this_host_and_to_no_script(client: PageClient, world: World) -> None:
    responses = [client.get("/account/sign-in/")]
    details = {"email": "learner@example.org", "password": PASSWORD}
    responses.append(client.send("/account/sign-in/", details))
    assert responses[-1].status_code in (302, 303)
    responses += [client.get(address) for address in ("/learning/", "/account/", f"/modules/{MODULE}/")]
    responses.append(client.send(f"/modules/{MODULE}/start/"))
    responses.append(client.send("/account/sign-out/"))
    assert sum(check_cookies(response) for response in responses) >= 3


def test_public_pages_that_ask_nothing_set_no_cookie(browser: FlaskClient) -> None:
    for address in (
        "/",
        "/modules/",
        f"/modules/{MODULE}/",
        "/healthz",
        "/static/css/main.css",
        "/nowhere/",
        "/about/",
    ):
        assert cookies_of(browser.get(address)) == [], address


def test_without_https_the_prefix_is_left_out(tmp_path: Path) -> None:
    with fresh_app(tmp_path, cookie_secure=False) as app:
        app.test_client_class = None
        (cookie,) = cookies_of(app.test_client().get("/account/sign-in/"))
        assert cookie.startswith("elearn=")
        assert "Secure" not in cookie


# -- forged posts ----------------------------------------------------------------------------------------------------

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def posts_of(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if (rule.methods or set()) & UNSAFE]


def address_for(app: Flask, rule: Rule, **known: str) -> str:
    values: dict[str, str | int] = {
        name: known.get(name, 1 if "Integer" in type(converter).__name__ else "x")
        for name, converter in rule._converters.items()
    }
    with app.test_request_context(base_url=HOST):
        adapter = app.url_map.bind("localhost")
        built: str = adapter.build(rule.endpoint, values, method=next(iter((rule.methods or set()) & UNSAFE)))
        return built


@pytest.mark.parametrize("persona", [None, "learner", "administrator"])
@pytest.mark.parametrize("token", ["", "forged"])
def test_a_post_without_a_right_token_changes_nothing(
    app: Flask, client: PageClient, world: World, persona: str | None, token: str
) -> None:
    world.enrol("learner")
    if persona:
        world.sign_in(client, persona)
    before = everything_in(app)
    known = {"module": MODULE, "lesson": "how-trials-build-evidence", "cohort": world.cohorts["one"]}
    rules = [rule for rule in posts_of(app) if rule.endpoint not in EXEMPT]
    assert len(rules) >= 20
    for rule in rules:
        address = address_for(app, rule, **known)
        response = client.post(address, data={"csrf_token": token} if token else {}, headers={"Referer": f"{HOST}/"})
        assert response.status_code == 400, rule.endpoint
        assert "too old to send" in response.text, rule.endpoint
    assert everything_in(app) == before


@pytest.mark.parametrize(
    "referrer", ["https://evil.example/", "https://localhost.evil.example/", "http://localhost/", None]
)
def test_a_post_from_another_origin_changes_nothing_even_with_a_token(
    app: Flask, client: PageClient, world: World, referrer: str | None
) -> None:
    world.sign_in(client, "learner")
    token = client.token()
    before = everything_in(app)
    headers = {"Referer": referrer} if referrer else {}
    response = client.post(f"/modules/{MODULE}/start/", data={"csrf_token": token}, headers=headers)
    assert response.status_code == 400
    assert everything_in(app) == before
    assert client.send(f"/modules/{MODULE}/start/").status_code == 303
    assert everything_in(app) != before


def test_the_token_of_another_session_is_not_right(app: Flask, client: PageClient, world: World) -> None:
    world.sign_in(client, "learner")
    other = app.test_client()
    with other.session_transaction(base_url=HOST) as session:
        session["csrf_token"] = "1" * 40
    assert isinstance(other, PageClient)
    token = other.token()
    client.token()
    response = client.post(f"/modules/{MODULE}/start/", data={"csrf_token": token}, headers={"Referer": f"{HOST}/"})
    assert response.status_code == 400


def test_only_the_listed_views_take_posts_without_a_token(app: Flask) -> None:
    exempt = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if f"{view.__module__}.{view.__name__}" in csrf._exempt_views and endpoint.partition(".")[0] != "security"
    }
    assert exempt == EXEMPT
    assert len(csrf._exempt_views) == len(EXEMPT)
    assert csrf._exempt_blueprints == set()
    assert app.config["WTF_CSRF_ENABLED"] is True
    assert app.config["WTF_CSRF_CHECK_DEFAULT"] is True
    assert {"POST", "PUT", "PATCH", "DELETE"} <= set(app.config["WTF_CSRF_METHODS"])
    assert app.config["WTF_CSRF_SSL_STRICT"] is True


def test_no_rule_takes_more_methods_than_we_know(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        assert (rule.methods or set()) <= {"GET", "HEAD", "OPTIONS", "POST"}, rule.endpoint
