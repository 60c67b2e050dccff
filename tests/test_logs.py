"""The log: JSON, one line for each request, with the number that the error page shows, and nothing that people typed."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from elearn.shared.access import Access, allow
from tests.fresh import fresh_app
from tests.page import PageClient


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """The standard error of an application that is made while this stands."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


@pytest.fixture
def talking(tmp_path: Path, written: io.StringIO) -> Iterator[Flask]:
    """An application that logs what it does to a standard error that the test reads."""
    with fresh_app(tmp_path, log_level="INFO") as app:

        @app.get("/fault/")
        @allow(Access.PUBLIC)
        def fault() -> str:
            raise ZeroDivisionError("over\nthree\r\nlines")

        @app.get("/unmarked/")
        def unmarked() -> str:
            return "never seen"

        yield app


@pytest.fixture
def browser(talking: Flask) -> PageClient:
    client = talking.test_client()
    assert isinstance(client, PageClient)
    return client


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    text = written.getvalue()
    assert text.endswith("\n")
    assert text.isascii()
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("address", ["/", "/modules/", "/healthz", "/nowhere/", "/learning/"])
def test_one_line_of_json_for_each_request(browser: PageClient, written: io.StringIO, address: str) -> None:
    response = browser.get(f"{address}?email=canary@example.org", headers={"X-Request-ID": "canary"})
    (line,) = lines(written)
    assert "canary" not in json.dumps(line)
    assert line["event"] == "request"
    assert line["level"] == "info"
    assert (line["method"], line["path"], line["status"]) == ("GET", address, response.status_code)
    assert line["ms"] >= 0
    assert line["timestamp"].endswith("Z")
    assert set(line) == {"event", "level", "timestamp", "method", "path", "status", "ms", "request_id"}


def test_a_fault_is_two_lines_with_the_number_of_the_page(browser: PageClient, written: io.StringIO) -> None:
    page = browser.get("/fault/").text
    fault, request = lines(written)
    assert (fault["event"], fault["level"]) == ("fault", "error")
    assert "ZeroDivisionError" in fault["exception"]
    assert request["status"] == 500
    assert fault["request_id"] == request["request_id"]
    assert request["request_id"] in page


@pytest.mark.parametrize(
    "evil", ['%0d%0a{"event":"forged"}', "%0a", "%0d", "%e2%80%a8", "%c2%85", "%00", "%1b[31m", '"}']
)
def test_a_path_cannot_forge_a_line(browser: PageClient, written: io.StringIO, evil: str) -> None:
    browser.get(f"/nowhere/{evil}/")
    (line,) = lines(written)
    assert line["event"] == "request"
    assert line["path"].startswith("/nowhere/")


LINKS = ("reset", "confirm", "email", "invitation")
TOKEN = "WyJjYW5hcnkiXQ.9kQ_secret-token-of-a-link_x0XYb0123456789"


WAYS = (
    *("/account/{0}/{1}/", "/account/{0}/{1}", "/account/{0}/{1}/more/", "//account//{0}///{1}/"),
    *("/Account/{0}/{1}", "/account/{0}/{1}%2f", "/before/account/{0}/{1}/"),
    "/account/sign-in/?next=/account/{0}/{1}/",
)


def test_the_token_of_a_link_is_masked(browser: PageClient, written: io.StringIO) -> None:
    for kind in LINKS:
        for way in WAYS:
            browser.get(way.format(kind, TOKEN))
            browser.send(way.format(kind, TOKEN), {"password": "canary"})
    requests = [line["path"] for line in lines(written) if line["event"] == "request"]
    assert len(requests) == 2 * len(LINKS) * len(WAYS)
    assert "secret-token" not in written.getvalue()
    assert {f"/account/{kind}/***" for kind in LINKS} <= set(requests)


def test_every_rule_with_a_token_is_known_to_be_masked(talking: Flask) -> None:
    rules = {rule.rule.split("/")[2] for rule in talking.url_map.iter_rules() if "token" in rule.arguments}
    assert rules == set(LINKS)


def test_nothing_else_is_masked(browser: PageClient, written: io.StringIO) -> None:
    addresses = ["/account/email/", "/account/confirm/", f"/reports/items/{'a' * 64}/"]
    for address in addresses:
        browser.get(address)
    assert [line["path"] for line in lines(written) if line["event"] == "request"] == addresses


def test_neither_can_what_is_posted_or_sent_along(browser: PageClient, written: io.StringIO) -> None:
    headers = {"User-Agent": 'canary {"event": "forged"}', "Referer": "https://localhost/?canary"}
    browser.post("/account/sign-in/", data={"email": "canary\n@example.org", "password": "canary"}, headers=headers)
    (line,) = lines(written)
    assert line["status"] == 400
    assert "canary" not in json.dumps(line)


def test_denials_and_forgotten_marks_are_told(browser: PageClient, written: io.StringIO) -> None:
    assert browser.get("/account/verify").status_code == 404
    assert browser.get("/unmarked/").status_code == 403
    told = [(line["event"], line["level"], line.get("endpoint")) for line in lines(written)]
    assert ("denied", "warning", "security.verify") in told
    assert ("view without an access mark", "error", "unmarked") in told


def test_the_number_of_one_request_does_not_reach_the_next(browser: PageClient, written: io.StringIO) -> None:
    for _ in range(3):
        browser.get("/healthz")
    numbers = [line["request_id"] for line in lines(written)]
    assert len(set(numbers)) == 3


def test_the_level_is_that_of_the_settings(
    tmp_path: Path, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", written)  # pytest has set its own again since the fixture
    with fresh_app(tmp_path, log_level="WARNING") as app:
        app.test_client().get("/healthz")
        assert written.getvalue() == ""
        app.test_client().get("/account/verify")
        assert [line["event"] for line in lines(written)] == ["denied"]
