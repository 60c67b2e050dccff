"""My learning: what is open, what is done, the certificates, and the e-mail address that a certificate waits for."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from elearn.certificates.models import Certificate, CertificateEvent, CertificateHolder
from elearn.certificates.numbers import grouped, new_number
from elearn.certificates.rules import Happening
from elearn.extensions import db
from elearn.modules.actions import keep_place
from elearn.shared.transactions import writing
from tests.conftest import StatementCount
from tests.page import PageClient
from tests.world import MODULE, World

ADDRESS = "/learning/"
LESSON = "why-rare-disease-research-is-different"


def page(client: PageClient) -> str:
    response = client.get(ADDRESS)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def add_certificate(app: Flask, world: World, persona: str, enrolment: int, edition: int, *happened: Happening) -> str:
    number = new_number()
    with app.app_context(), writing():
        row = Certificate(
            number=number,
            enrolment_id=enrolment,
            edition=edition,
            module=MODULE,
            issued_on=date(2026, 11, 20 + edition),
            record={"module": {"title": "Clinical trials"}},
            record_digest="0" * 64,
            holder_commitment="0" * 64,
        )
        db.session.add(row)
        db.session.flush()
        db.session.add(
            CertificateHolder(
                certificate_id=row.id,
                person_id=world.people[persona],
                given_names="",
                family_name="X",
                registration_number="",
                salt="",
            )
        )
        for happening in (Happening.ISSUED, *happened):
            db.session.add(CertificateEvent(certificate_id=row.id, happening=happening, at=datetime.now(UTC)))
            db.session.flush()
    return grouped(number)


def test_a_newcomer_is_shown_the_modules(world: World, client: PageClient) -> None:
    world.sign_in(client, "learner")
    found = page(client)
    assert "You have not started a module yet" in found
    assert 'href="/modules/"' in found
    assert "You have no certificate yet" in found


def test_an_open_module_goes_on_where_the_person_stopped(world: World, client: PageClient, app: Flask) -> None:
    world.enrol("learner")
    world.enrol("other_learner", *world.steps_before("certificate"))
    module = app.extensions["elearn.catalogue"][MODULE]
    anchor = module.lessons[LESSON].anchors[1][0]
    with app.app_context(), writing():
        keep_place(world.viewer("learner"), module, f"lesson:{LESSON}", anchor)
    world.sign_in(client, "learner")
    found = page(client)
    assert f"0 of {len(module.path)} steps done" in found
    assert f'href="/modules/{MODULE}/lessons/{LESSON}/#{anchor}"' in found


def test_what_is_done_is_said_to_be_done(world: World, client: PageClient, app: Flask) -> None:
    world.enrol("learner", *world.steps_before("certificate"), "certificate")
    world.sign_in(client, "learner")
    found = page(client)
    assert "Nothing is open" in found
    assert f"all {len(app.extensions['elearn.catalogue'][MODULE].path)} steps done" in found
    assert "Go on" not in found


def test_certificates_are_the_persons_own_with_their_states(world: World, client: PageClient, app: Flask) -> None:
    mine, other = world.enrol("learner"), world.enrol("other_learner")
    old = add_certificate(app, world, "learner", mine, 1, Happening.SUPERSEDED)
    new = add_certificate(app, world, "learner", mine, 2)
    foreign = add_certificate(app, world, "other_learner", other, 1)
    world.sign_in(client, "learner")
    found = page(client)
    assert foreign not in found
    assert found.index(new) < found.index(old)
    assert "22 November 2026" in found
    assert ">Valid</strong>" in found[: found.index(old)]
    assert ">Superseded</strong>" in found[found.index(old) :]
    assert f'href="/certificates/{new}/"' in found


def test_a_revoked_certificate_says_so(world: World, client: PageClient, app: Flask) -> None:
    add_certificate(app, world, "learner", world.enrol("learner"), 1, Happening.REVOKED)
    world.sign_in(client, "learner")
    assert ">Revoked</strong>" in page(client)


def test_an_unconfirmed_address_is_asked_for_with_a_button(world: World, client: PageClient) -> None:
    world.sign_in(client, "unconfirmed")
    found = page(client)
    assert "your certificate waits for it" in found
    assert "Send the link again" in found
    assert "/account/confirm/" in found
    response = client.send("/account/confirm/", {"next": ADDRESS})
    assert response.location == ADDRESS
    assert "We are sending a link to unconfirmed@example.org" in page(client)


def test_a_confirmed_person_is_not_asked(world: World, client: PageClient) -> None:
    world.sign_in(client, "learner")
    assert "Confirm your e-mail" not in page(client)


def test_the_demonstration_shows_the_link_itself(
    world: World, client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    demonstration = app.extensions["elearn.settings"].model_copy(update={"demonstration": True})
    monkeypatch.setitem(app.extensions, "elearn.settings", demonstration)
    world.sign_in(client, "unconfirmed")
    found = page(client)
    assert "Send the link again" not in found
    link = found.split('href="/account/confirm/', 1)[1].split('"', 1)[0]
    assert client.send(f"/account/confirm/{link}").status_code == 303
    assert "Confirm your e-mail" not in page(client)


def test_the_page_costs_three_statements_however_much_there_is(
    world: World, client: PageClient, app: Flask, statements: StatementCount
) -> None:
    enrolment = world.enrol("learner", *world.steps_before("certificate"))
    for edition in range(1, 6):
        add_certificate(app, world, "learner", enrolment, edition)
    world.sign_in(client, "learner")
    statements.statements.clear()
    page(client)
    assert len(statements) == 3, statements.statements
