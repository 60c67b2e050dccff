"""Every rule with parameters that no page of ours sends: refused or ignored, and never a fault (C-S17; ASVS 15.3.5, 15.3.7).

The names of fields are read from the forms of the pages themselves, so a new form is tried without being listed here.
"""

import io
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from elearn.modules import catalogue
from tests.kept import Kept
from tests.page import XHTML, PageClient
from tests.test_access import COOKIE, EVERYBODY, MATRIX, NOBODY, Things, browser_of, things
from tests.world import World

__all__ = ["things"]
HUGE = "9" * 5000
STRANGE: tuple[str | list[str], ...] = (
    *("", "\0", "a\0b", "-1", "0", str(2**31), str(2**63), HUGE, "1e400", "NaN", "0x10", "null", "true", "[]", "{}"),
    *(
        "' OR 1=1 --",
        '"><script>',
        "%00%ff",
        "../../etc/passwd",
        "\ud7ff\u202e\u200d",
        "é" * 3000,
        "\r\nSet-Cookie: x=1",
    ),
    *(["1", "2"], ["", "", ""], ["x"] * 60),
)
"""Lists are one name many times."""
IN_A_QUERY = (
    "page",
    "q",
    "sort",
    "direction",
    "state",
    "next",
    "number",
    "code",
    "attempt",
    "kind",
    "person",
    "since",
    "until",
)
IN_A_PATH = (
    "-1",
    "0",
    str(2**63),
    "9" * 400,
    "%00",
    "a%00b",
    "%ff%fe",
    "..%2f..%2f",
    "%0d%0a",
    "%e2%80%ae",
    "[]",
    "'--",
)
UNKNOWN = {
    "role": "administrator",
    "is_admin": "1",
    "person_id": "1",
    "id": "1",
    "score": "100",
    "passed": "true",
    "__proto__": "x",
}
PERSONAS = ("learner", "educator", "administrator", "anonymous")


def persona_of(entry: str) -> str:
    allowed = MATRIX[entry] or EVERYBODY
    return next(persona for persona in PERSONAS if persona in allowed)


def entries(method: str) -> list[tuple[str, str]]:
    return [
        (entry, entry.partition(" ")[2])
        for entry in sorted(MATRIX)
        if entry.startswith(method) and MATRIX[entry] != NOBODY
    ]


class Unchecked(PageClient):
    """A page that repeats a NUL to whoever sent it is no whole page: here only faults count."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Fetch, and check nothing."""
        return FlaskClient.open(self, *args, **{"base_url": "https://localhost", **kwargs})


class Browsers:
    """Somebody of each kind, signed in again whenever a post has signed them out."""

    def __init__(self, things: Things) -> None:
        self.app = things.world.app
        self.app.test_client_class = Unchecked
        self.found = {persona: browser_of(things.world, persona) for persona in PERSONAS}
        self.cookies = {persona: browser.get_cookie(COOKIE) for persona, browser in self.found.items()}

    def of(self, entry: str) -> PageClient:
        return self.found[persona_of(entry)]

    def put_back(self) -> None:
        catalogue.withdraw(self.app, (), 0)  # a process knows by a number of the database what is withdrawn
        for persona, cookie in self.cookies.items():
            if cookie is not None:
                self.found[persona].set_cookie(COOKIE, cookie.value, secure=True, httponly=True, samesite="Lax")


def forms_of(html: str, path: str) -> Iterator[tuple[str, set[str]]]:
    for form in html5lib.parse(html).iter(XHTML + "form"):
        names = {element.get("name") or "" for element in form.iter()} - {"", "csrf_token", "ticket"}
        yield urlsplit(form.get("action") or path).path, names


def fields(things: Things, browsers: Browsers) -> dict[str, set[str]]:
    """The names of the fields that go to each endpoint, as the pages show them."""
    app, found = things.world.app, defaultdict[str, set[str]](set)
    adapter = app.url_map.bind("localhost")
    for entry, endpoint in entries("GET"):
        address = things.address(app, endpoint)
        with browsers.of(entry).get(address) as response:
            if response.mimetype != "text/html" or response.status_code != 200:
                continue
            for action, names in forms_of(response.get_data(as_text=True), urlsplit(address).path):
                for method in ("GET", "POST"):
                    if adapter.test(action, method):
                        found[f"{method} {adapter.match(action, method)[0]}"] |= names
    return found


def faults(status: int, entry: str, what: object) -> list[str]:
    return [f"{entry}: {status} for {str(what)[:60]!r}"] if status >= 500 else []


def strange_bodies(names: set[str], token: str) -> Iterator[dict[str, Any]]:
    """Arguments for a post: all fields with one strange value, then bodies of other kinds."""
    known = dict.fromkeys(names, "1") | {"csrf_token": token}
    for value in STRANGE:
        yield {"data": dict.fromkeys(names or {"x"}, value) | {"csrf_token": token}}
    yield {"data": known | UNKNOWN}
    yield {
        "data": {f"{name}[]": "1" for name in names} | {f"{name}[a][b]": "1" for name in names} | {"csrf_token": token}
    }
    yield {"data": known | {name: (io.BytesIO(b"\0\xff" * 100), "../x\0.csv") for name in names}}
    yield {"data": {"csrf_token": token}, "query_string": dict.fromkeys(names, "from the query")}
    for body in (known, [known], None, 1, "x", {name: {"$gt": ""} for name in names}):
        yield {"data": json.dumps(body), "content_type": "application/json"}
    yield {"data": b"\xff\xfe\0=%zz&&&=", "content_type": "application/x-www-form-urlencoded"}
    yield {"data": b"--x\r\nno header", "content_type": "multipart/form-data; boundary=x"}


@pytest.mark.parametrize("share", range(2))
def test_no_form_is_broken_by_what_is_sent_to_it(things: Things, share: int) -> None:
    app, browsers = things.world.app, Browsers(things)
    names, kept = fields(things, browsers), Kept(things.world.app)
    asked, found = 0, []
    for entry, endpoint in entries("POST")[share::2]:
        browser, address = browsers.of(entry), urlsplit(things.address(app, endpoint)).path
        for body in strange_bodies(names.get(entry, set()), browser.token()):
            with browser.post(address, headers={"Referer": "https://localhost/"}, **body) as response:
                found += faults(response.status_code, entry, body)
            asked += 1
        kept.put_back()
        browsers.put_back()
    assert found == []
    assert asked > 1400
    assert sum(bool(names.get(entry)) for entry, _ in entries("POST")) > 35


def test_no_page_is_broken_by_its_query_or_its_path(things: Things) -> None:
    app, browsers = things.world.app, Browsers(things)
    names, asked, found = fields(things, browsers), 0, []
    for entry, endpoint in entries("GET"):
        browser, address = browsers.of(entry), things.address(app, endpoint)
        asks = sorted(names.get(entry, set())) or (IN_A_QUERY if endpoint.count(".") else ())
        for value in STRANGE[:: 1 if names.get(entry) else 5]:
            query = urlencode(dict.fromkeys(asks, value), doseq=True)
            with browser.get(f"{urlsplit(address).path}?{query}"[:60_000]) as response:
                found += faults(response.status_code, entry, query)
            asked += 1
        for path in strange_paths(app, endpoint):
            with browser.get(path) as response:
                found += faults(response.status_code, entry, path)
            asked += 1
    assert found == []
    assert asked > 1000


def strange_paths(app: Flask, endpoint: str) -> Iterator[str]:
    """The endpoint's address with something strange in the place of every argument."""
    rule = next(app.url_map.iter_rules(endpoint))
    for value in IN_A_PATH if rule.arguments else ():
        yield "".join(value if is_argument else quote(text) for is_argument, text in rule._trace).lstrip("|")


def test_one_name_twice_is_not_taken_from_elsewhere(app: Flask, client: PageClient, world: World) -> None:
    """A form reads its fields from the body alone: what the address says beside it changes nothing."""
    world.sign_in(client, "learner")
    body = {"given_names": "Amina", "family_name": "Body", "profession": "doctor", "registration_number": "1"}
    address = "/account/details/?family_name=Query&given_names=Query"
    assert client.send(address, body).status_code == 303
    page = client.get("/account/details/?family_name=Query").text
    assert "Body" in page
    assert "Query" not in page
