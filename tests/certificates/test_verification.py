"""What anyone may check of a certificate, and what nobody learns there."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from elearn.certificates.models import VerificationTry
from elearn.certificates.numbers import grouped, new_number
from elearn.certificates.rules import Reason
from elearn.extensions import csrf, db
from elearn.shared import clock
from tests.certificates.awarding import awarded, held, revoke
from tests.certificates.test_pages import erase, supersede, tamper
from tests.conftest import NOON, StatementCount
from tests.page import PageClient, check_page, find_all, text_of
from tests.racing import at_once
from tests.world import World


@pytest.fixture
def number(world: World, noon: object) -> str:
    return awarded(world)


def post_name(client: PageClient, number: str, family_name: str, **more: Any) -> TestResponse:
    """As a stranger's browser does: no cookie and no token."""
    return client.post(f"/verify/{number}/", data={"family_name": family_name}, **more)


def shape(html: str) -> list[tuple[str, str]]:
    """The tags and classes of a page's main part, in order."""
    main = find_all(check_page(html, "/"), "main")[0]
    return [(str(element.tag), element.get("class") or "") for element in main.iter()]


# -- the form --------------------------------------------------------------------------------------------------------


def test_anyone_may_ask_by_number(client: PageClient, number: str) -> None:
    assert "Check a certificate" in client.get("/verify/").get_data(as_text=True)
    for typed in (number, number.lower(), number.replace("-", " "), f"https://localhost/verify/{number}/"):
        answer = client.get("/verify/", query_string={"number": typed})
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/verify/{number}/")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter the number of the certificate"),
        ("ABCD", "has 17 letters and digits, and this has 4"),
        ("0000-0000-0000-0000-1", "This is not a certificate number"),
        ("<b>x</b>", "letters and digits only"),
        ("Z" * 300, "too long"),
    ],
)
def test_what_is_no_number_is_told_kindly(client: PageClient, typed: str, words: str) -> None:
    answer = client.get("/verify/", query_string={"number": typed})
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert "<b>" not in answer.get_data(as_text=True)


# -- the states ------------------------------------------------------------------------------------------------------


def test_a_valid_certificate(client: PageClient, world: World, number: str) -> None:
    page = client.get(f"/verify/{number}/").get_data(as_text=True)
    record = held(world, number).public.record
    wanted = [
        *("app-state--valid", number, record["module"]["title"], record["module"]["version"], "23 November 2026"),
        *(record["issuer"], f"{record['hours']} hours", record["statement"]),
        *("The number is well formed", "It has not been revoked", "No newer edition", "It has not expired"),
    ]
    assert [words for words in wanted if words not in page] == []


def test_a_revoked_one_stays_and_says_why_and_when(client: PageClient, world: World, number: str) -> None:
    with clock.frozen_at(NOON + timedelta(days=30)):
        revoke(world, number, Reason.NOT_OWN_WORK)
    with clock.frozen_at(NOON + timedelta(days=4000)):
        answer = client.get(f"/verify/{number}/")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "app-state--revoked" in page
    assert "It was revoked on 23 December 2026. The conditions for it were not met." in page
    assert "Canary" not in page


def test_a_superseded_one_names_the_newer_edition_but_not_the_holder(
    client: PageClient, world: World, number: str
) -> None:
    supersede(world, number)
    page = client.get(f"/verify/{number}/").get_data(as_text=True)
    assert "app-state--superseded" in page
    assert "A newer edition of this certificate exists" in page
    assert "Canary" not in page


def test_unknown_and_malformed_numbers_have_one_shape(client: PageClient, world: World, number: str) -> None:
    answers = [client.get(f"/verify/{n}/") for n in (grouped(new_number()), "0000-0000-0000-0000-1", "anything")]
    assert {answer.status_code for answer in answers} == {404}
    pages = [answer.get_data(as_text=True) for answer in answers]
    assert len({str(shape(page)) for page in pages}) == 1
    assert all("app-state--unknown" in page and "Not known" in page for page in pages)
    assert ["No certificate with this number" in page for page in pages] == [True, False, False]


def test_a_known_one_is_the_unknown_one_and_more(client: PageClient, number: str) -> None:
    known = shape(client.get(f"/verify/{number}/").get_data(as_text=True))
    unknown = shape(client.get(f"/verify/{grouped(new_number())}/").get_data(as_text=True))
    rest = iter([(tag, kind.replace("--unknown", "--valid")) for tag, kind in known])
    assert all((tag, kind.replace("--unknown", "--valid")) in rest for tag, kind in unknown)


@pytest.mark.parametrize(
    ("column", "value"),
    [("record", '{"number": "x"}'), ("record_digest", "0" * 64), ("expires_on", "2099-01-01"), ("number", "0" * 17)],
)
def test_a_record_that_an_insider_changed_is_not_confirmed(
    client: PageClient, world: World, number: str, column: str, value: str
) -> None:
    tamper(world, column, value)
    answer = client.get(f"/verify/{'0000-0000-0000-0000-0' if column == 'number' else number}/")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Cannot be confirmed" in page
    assert "app-state--valid" not in page
    assert "Matches" not in post_name(client, number, "Canary-Khan").get_data(as_text=True)


# -- what nobody learns ----------------------------------------------------------------------------------------------


def test_no_personal_data_no_cookie_nothing_kept(client: PageClient, world: World, number: str) -> None:
    certificate = held(world, number)
    canaries = ["Canary", "Amina", "CANARY-LEARNER", "learner@example.org", certificate.salt]
    canaries += [certificate.public.record_digest, certificate.public.holder_commitment, "Canary-Note"]
    revoke(world, number)
    answers = [
        client.get("/verify/"),
        client.get(f"/verify/{number}/"),
        client.get(f"/verify/{grouped(new_number())}/"),
        client.get("/verify/", query_string={"number": "ABC"}),
        client.get("/verify/", query_string={"number": number}),
        post_name(client, number, "Khan"),
        post_name(client, number, ""),
        post_name(client, grouped(new_number()), "Khan"),
    ]
    for answer in answers:
        page = answer.get_data(as_text=True)
        assert [canary for canary in canaries if canary in page] == []
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Cache-Control"] == "no-store"
        if answer.status_code != 303:
            assert '<meta name="robots" content="noindex, nofollow">' in page
            assert '<meta name="referrer" content="no-referrer">' in page
            assert "csrf_token" not in page


def test_the_page_is_the_same_for_someone_signed_in(client: PageClient, world: World, number: str) -> None:
    stranger = client.get(f"/verify/{number}/")
    world.sign_in(client, "learner")
    signed_in = client.get(f"/verify/{number}/")
    assert signed_in.data == stranger.data
    assert "Set-Cookie" not in signed_in.headers


def test_verifying_costs_one_statement(
    client: PageClient, world: World, number: str, statements: StatementCount
) -> None:
    world.sign_in(client, "learner")
    for address in (number, grouped(new_number())):
        statements.statements.clear()
        client.get(f"/verify/{address}/")
        assert len(statements) == 1, statements.statements
    assert "family_name" not in statements.statements[0]
    statements.statements.clear()
    client.get("/verify/")
    assert len(statements) == 0


# -- the name --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "matches"),
    [
        ("Canary-Khan", True),
        ("canary khan", True),
        ("CANARYKHÁN", True),
        ("Canary", False),
        ("Amina", False),
        ("x", False),
    ],
)
def test_a_typed_name_matches_or_does_not(client: PageClient, number: str, typed: str, matches: bool) -> None:
    answer = post_name(client, number, typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert ("Matches." in page) is matches
    assert ("Does not match." in page) is not matches


def test_both_answers_have_one_shape(client: PageClient, number: str) -> None:
    yes, no = (post_name(client, number, name).get_data(as_text=True) for name in ("Canary-Khan", "Someone-Els"))
    assert shape(yes) == shape(no)
    assert abs(len(yes) - len(no)) < 20


def test_a_name_is_needed_and_not_too_long(client: PageClient, number: str) -> None:
    assert post_name(client, number, " ").status_code == 422
    assert post_name(client, number, "x" * 81).status_code == 422
    assert "Enter the family name" in post_name(client, number, "").get_data(as_text=True)


def test_a_name_is_not_kept_and_what_is_kept_tells_no_address(client: PageClient, world: World, number: str) -> None:
    post_name(client, number, "Canary-Guess", environ_base={"REMOTE_ADDR": "192.0.2.77"})
    with world.app.app_context():
        [row] = db.session.query(VerificationTry).all()
        assert len(row.network) == 64
        everything = " ".join(
            str(tuple(found)) for table in db.metadata.sorted_tables for found in db.session.execute(db.select(table))
        )
    assert "Canary-Guess" not in everything
    assert "192.0.2" not in everything


def test_ten_tries_a_minute_from_one_network(client: PageClient, world: World, number: str) -> None:
    def tries(times: int, address: str = "2001:db8::1") -> list[int]:
        place = {"REMOTE_ADDR": address}
        return [post_name(client, number, f"name {n}", environ_base=place).status_code for n in range(times)]

    assert tries(10) == [200] * 10
    refused = post_name(client, number, "Canary-Khan", environ_base={"REMOTE_ADDR": "2001:db8::2"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    page = refused.get_data(as_text=True)
    assert "Wait 60 seconds" in page
    assert "Matches" not in page
    assert "Set-Cookie" not in refused.headers
    assert tries(1, "2001:db8:0:1::1") == [200], "another network"
    with clock.frozen_at(NOON + timedelta(seconds=61)):
        assert tries(1) == [200]
    with clock.frozen_at(NOON + timedelta(days=2)):
        assert tries(1) == [200]
    with world.app.app_context():
        assert db.session.query(VerificationTry).count() == 1, "yesterday's are deleted"


def test_tries_at_once_are_limited_too(app: Flask, number: str) -> None:
    def work() -> int:
        client = app.test_client()
        assert isinstance(client, PageClient)
        return post_name(client, number, "Khan").status_code

    answers = [status for _ in range(2) for status in at_once([work] * 8)]
    assert sorted(answers) == [200] * 10 + [429] * 6


def test_a_forged_or_missing_token_is_no_matter_here_and_only_here(client: PageClient, number: str) -> None:
    """The list of posts that need no token: each must change nothing for anyone, and need no sign-in."""
    # The second asks for a ticket, or else a token, by itself (tests/quizzes/test_saving.py).
    assert csrf._exempt_views == {"elearn.certificates.views.match", "elearn.quizzes.questions.save"}
    assert not csrf._exempt_blueprints
    assert post_name(client, number, "Khan", headers={"Origin": "https://elsewhere.example"}).status_code == 200


# -- after erasure ---------------------------------------------------------------------------------------------------


def proof(world: World, number: str) -> dict[str, str]:
    certificate = held(world, number)
    assert certificate.holder is not None
    return {
        "given_names": certificate.holder.given_names,
        "family_name": certificate.holder.family_name,
        "registration_number": certificate.holder.registration_number,
        "salt": certificate.salt,
    }


def test_after_erasure_it_is_valid_and_only_the_holder_can_prove_it(
    client: PageClient, world: World, number: str
) -> None:
    printed = proof(world, number)
    erase(world, number)
    page = client.get(f"/verify/{number}/").get_data(as_text=True)
    assert "Valid, holder’s details erased" in page
    assert "app-state--valid" in page
    assert "Matches." in client.post(f"/verify/{number}/", data=printed).get_data(as_text=True)
    for field in printed:
        wrong = {**printed, field: "0" * 32 if field == "salt" else "x"}
        answer = client.post(f"/verify/{number}/", data=wrong)
        assert "Does not match." in answer.get_data(as_text=True), field
    assert client.post(f"/verify/{number}/", data={**printed, "salt": ""}).status_code == 422


def test_the_heading_of_the_state_is_its_word(client: PageClient, number: str) -> None:
    root = check_page(client.get(f"/verify/{number}/").get_data(as_text=True), "/")
    assert [text_of(h) for h in find_all(root, "h2") if h.get("class") == "app-state__title"] == ["Valid"]
