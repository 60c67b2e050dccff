"""Error pages: plain words, a number that finds the log line, and never a trace."""

from collections.abc import Iterator

import pytest
import structlog
from flask import Flask, abort
from structlog.testing import capture_logs

from elearn.shared.access import Access, allow
from elearn.shared.errors import WORDS
from elearn.shared.missing import NotFound
from elearn.shared.transactions import Busy
from tests.fresh import fresh_app
from tests.page import PageClient, check_page, find_all, text_of
from tests.world import MODULE, World

CANARY = "canary-of-the-fault"


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application with routes that go wrong."""
    with fresh_app(tmp_path_factory.mktemp("errors")) as app:

        @app.route("/wrong/<what>/", methods=["GET", "POST"])
        @allow(Access.PUBLIC)
        def wrong(what: str) -> str:
            if what == "missing":
                raise NotFound(CANARY)
            if what.isdigit():
                abort(int(what), CANARY)
            secret = CANARY
            raise ZeroDivisionError(secret)

        yield app


@pytest.fixture
def browser(failing: Flask) -> PageClient:
    client = failing.test_client()
    assert isinstance(client, PageClient)
    return client


@pytest.mark.parametrize("status", sorted({*WORDS, 401, 409, 410, 415, 422, 451, 501, 502, 504}))
def test_every_error_is_a_whole_page_in_plain_words(browser: PageClient, status: int) -> None:
    response = browser.get(f"/wrong/{status}/")
    assert response.status_code == status
    root = check_page(response.text, "/", browser.application)
    title, remedy = WORDS.get(status, WORDS[400])
    assert text_of(find_all(root, "h1")[0]) == title
    assert remedy in response.text
    assert CANARY not in response.text
    assert "mailto:support@example.org" in response.text


def test_a_fault_shows_no_trace_and_its_number_finds_the_log_line(browser: PageClient) -> None:
    with capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        response = browser.get("/wrong/inside/?name=canary-query")
    assert response.status_code == 500
    for word in (CANARY, "Traceback", "ZeroDivisionError", "test_errors", "canary-query", "werkzeug"):
        assert word not in response.text
    faults = [line for line in lines if line["event"] == "fault"]
    assert len(faults) == 1
    assert isinstance(faults[0]["exc_info"], ZeroDivisionError)
    number = faults[0]["request_id"]
    assert len(number) == 16
    assert f'<span class="app-number">{number}</span>' in response.text


def test_each_request_has_a_number_of_its_own(browser: PageClient) -> None:
    pages = {browser.get("/wrong/missing/").text for _ in range(5)}
    assert len(pages) == 5


def test_what_is_missing_looks_like_what_never_was(browser: PageClient) -> None:
    def masked(address: str) -> str:
        response = browser.get(address)
        assert response.status_code == 404
        root = check_page(response.text, "/", browser.application)
        (number,) = (e for e in root.iter() if e.get("class") == "app-number")
        return response.text.replace(text_of(number), "")

    assert len({masked(a) for a in ("/wrong/missing/", "/nowhere/", "/wrong/404/", "/modules/nothing/")}) == 1


def test_what_may_not_be_seen_looks_like_what_never_was(client: PageClient, world: World) -> None:
    world.sign_in(client, "other_learner")
    theirs = client.get(f"/cohorts/{world.cohorts['one']}/")
    nobodys = client.get("/cohorts/AAAAAAAAAAAAAAAAAAAAAA/")
    assert theirs.status_code == nobodys.status_code == 404
    assert len(theirs.data) == len(nobodys.data)


def test_a_wrong_method_and_a_forged_post_say_what_to_do(browser: PageClient) -> None:
    assert "use the buttons on the page" in browser.put("/").text
    forged = browser.post("/wrong/inside/")
    assert forged.status_code == 400
    assert "reload the page, and send it again" in forged.text


def test_a_redirect_stays_a_redirect(browser: PageClient) -> None:
    response = browser.get("/modules")
    assert (response.status_code, response.headers["Location"]) == (308, "https://localhost/modules/")


def test_a_hostile_address_is_inert_on_its_error_page(browser: PageClient) -> None:
    for address in (
        "/<script>alert(1)</script>/",
        "/%22%3E%3Cimg%20src=x%20onerror=1%3E/",
        "/%0d%0aX-Evil:1/",
        "/\u202e/",
    ):
        response = browser.get(address)
        assert response.status_code == 404
        assert "alert(1)" not in response.text
        assert "X-Evil" not in response.headers


def test_an_address_of_a_lesson_that_is_not_there_is_not_found(client: PageClient, world: World) -> None:
    world.enrol("learner")
    world.sign_in(client, "learner")
    for address in ("lessons/nothing/", "lessons/x%00/", "quizzes/nothing/", "lessons/" + "x" * 5000 + "/"):
        assert client.get(f"/modules/{MODULE}/{address}").status_code == 404


def test_a_database_that_is_too_busy_says_so(app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    @allow(Access.PUBLIC)
    def busy() -> str:
        raise Busy

    monkeypatch.setitem(app.view_functions, "site.start", busy)
    answer = client.get("/")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "The service is busy" in answer.get_data(as_text=True)
