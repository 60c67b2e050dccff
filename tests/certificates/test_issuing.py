"""The last step: what it shows, what it asks, and that it issues once."""

import dataclasses
import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pytest
from flask import Flask

from elearn.audit.models import AuditEvent
from elearn.certificates import actions
from elearn.certificates.models import Certificate, CertificateEvent, CertificateHolder
from elearn.certificates.record import CONFIRMS, NOT_ENDORSED
from elearn.extensions import db
from elearn.jobs.models import Job
from elearn.modules.models import Completion
from elearn.shared import clock, signals
from elearn.shared.canonical import digest
from elearn.shared.transactions import writing
from tests.certificates.awarding import (
    CONFIRM,
    awarded,
    changed_settings,
    execute,
    held,
    holder_of,
    issue,
    module_of,
    ready,
    review,
    send_confirmation,
)
from tests.conftest import NOON
from tests.page import PageClient
from tests.racing import at_once
from tests.world import MODULE, World


def count(app: Flask, table: type) -> int:
    with app.app_context():
        return int(db.session.query(table).count())


def test_the_last_step_shows_what_will_be_printed(client: PageClient, world: World) -> None:
    ready(world)
    world.sign_in(client, "learner")
    page = client.get(CONFIRM).get_data(as_text=True)
    assert "Amina Canary-Khan" in page
    assert "CANARY-LEARNER" in page
    assert f"/account/details/?next={CONFIRM}" in page
    assert "Confirm and get my certificate" in page


def test_a_certificate_is_issued_when_confirmed(client: PageClient, world: World) -> None:
    ready(world)
    world.sign_in(client, "learner")
    answer = send_confirmation(client, world)
    assert answer.status_code == 303
    assert re.fullmatch(r"/certificates/([0-9A-Z]{4}-){4}[0-9A-Z]/", answer.headers["Location"])
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Amina Canary-Khan" in page
    assert client.get(CONFIRM).headers["Location"] == answer.headers["Location"]
    assert send_confirmation(client, world).headers["Location"] == answer.headers["Location"]
    assert count(world.app, Certificate) == 1


def test_the_record_says_everything_but_the_holder(world: World, noon: object) -> None:
    number = awarded(world)
    certificate = held(world, number)
    module, record = module_of(world), certificate.public.record
    assert record == {
        "template": 1,
        "number": number,
        "edition": 1,
        "module": {"slug": module.slug, "title": module.title, "version": module.version, "digest": module.digest},
        "outcomes": [outcome.text for outcome in module.outcomes],
        "quizzes": [{"title": quiz.title, "pass_percent": 75} for quiz in module.quizzes.values()],
        "completed_on": "2026-11-23",
        "issued_on": "2026-11-23",
        "expires_on": None,
        "minutes": module.minutes,
        "hours": module.hours,
        "method": record["method"],
        "issuer": "The elearn project",
        "statement": f"{CONFIRMS.format(hours=module.hours)} {NOT_ENDORSED}",
        "approval": "",
        "address": f"https://localhost/verify/{number}/",
        "demonstration": False,
        "demonstration_note": "",
    }
    assert "self-directed and non-participatory" in record["method"]
    assert "Canary" not in str(record)
    assert certificate.public.record_digest == digest(record)
    assert certificate.public.unchanged
    assert certificate.holder == holder_of(world)
    assert certificate.holder is not None
    assert certificate.public.holder_commitment == certificate.holder.commitment(certificate.salt)
    assert len(bytes.fromhex(certificate.salt)) == 16
    with world.app.test_request_context():
        assert record["address"].endswith(
            world.app.url_for("certificates.verification", number=number, _external=False)
        )


def test_an_approval_is_printed_instead_of_the_disclaimer(world: World) -> None:
    with changed_settings(world.app, approval_reference="RCX 12345"):
        record = held(world, awarded(world)).public.record
    assert record["statement"].endswith("of self-directed learning. Approval: RCX 12345.")
    assert NOT_ENDORSED not in str(record)


def test_issuing_is_recorded_by_ids_signalled_and_followed_by_a_job(world: World) -> None:
    heard: list[tuple[object, dict[str, object]]] = []

    def listen(sender: object, **details: object) -> None:
        heard.append((sender, details))

    with signals.certificate_issued.connected_to(listen):
        number = awarded(world)
    key = held(world, number).public.id
    assert [details["certificate_id"] for _, details in heard] == [key]
    with world.app.app_context():
        event = db.session.query(AuditEvent).filter_by(kind="certificate issued").one()
        assert (event.subject, event.actor_id) == (f"certificate:{key}", world.people["learner"])
        assert "Canary" not in str(event.detail)
        job = db.session.query(Job).one()
        assert (job.kind, job.detail) == ("certificate document", {"certificate": key})
        assert db.session.query(Completion).filter_by(step="certificate").count() == 1


def test_completed_on_is_the_day_of_the_last_step(world: World) -> None:
    with clock.frozen_at(NOON - timedelta(days=9)):
        world.enrol("learner", *world.steps_before("certificate"))
    with clock.frozen_at(NOON):
        review(world)
        record = held(world, issue(world)).public.record
    assert (record["completed_on"], record["issued_on"]) == ("2026-11-14", "2026-11-23")


# -- not yet ---------------------------------------------------------------------------------------------------------


def test_a_locked_last_step_says_why(client: PageClient, world: World) -> None:
    review(world)
    world.enrol("learner", *world.steps_before("evaluation"))
    world.sign_in(client, "learner")
    page = client.get(CONFIRM).get_data(as_text=True)
    assert "cannot start yet" in page
    assert "First finish" in page
    answer = send_confirmation(client, world)
    assert (answer.status_code, answer.headers["Location"]) == (303, CONFIRM)
    assert count(world.app, Certificate) == 0


def test_an_unstarted_module_has_no_last_step(client: PageClient, world: World) -> None:
    world.sign_in(client, "learner")
    for answer in (client.get(CONFIRM), send_confirmation(client, world)):
        assert (answer.status_code, answer.headers["Location"].partition("#")[0]) == (303, f"/modules/{MODULE}/")
    assert client.get("/modules/no-such/certificate/").status_code == 404


def test_a_draft_awards_none_and_says_so(client: PageClient, world: World) -> None:
    world.enrol("learner", *world.steps_before("certificate"))
    world.sign_in(client, "learner")
    page = client.get(CONFIRM).get_data(as_text=True)
    assert "draft for clinical review" in page
    assert "Confirm and get my certificate" not in page
    assert send_confirmation(client, world).headers["Location"] == CONFIRM
    assert count(world.app, Certificate) == 0


def test_a_draft_awards_in_the_demonstration_and_the_certificate_says_so(client: PageClient, world: World) -> None:
    world.enrol("learner", *world.steps_before("certificate"))
    world.sign_in(client, "learner")
    with changed_settings(world.app, demonstration=True):
        assert "Demonstration, not evidence of CPD" in client.get(CONFIRM).get_data(as_text=True)
        address = send_confirmation(client, world).headers["Location"]
    # Even where the application is no demonstration any more.
    assert "Demonstration, not evidence of CPD" in client.get(address).get_data(as_text=True)
    verification = address.replace("/certificates/", "/verify/")
    assert "Demonstration, not evidence of CPD" in client.get(verification).get_data(as_text=True)


def test_every_reason_is_told_at_once(client: PageClient, world: World) -> None:
    world.enrol("unconfirmed", *world.steps_before("certificate"))
    world.sign_in(client, "unconfirmed")
    page = client.get(CONFIRM).get_data(as_text=True)
    assert "draft for clinical review" in page
    assert "Confirm your e-mail address" in page
    assert "/account/" in page


Change = Callable[[World, pytest.MonkeyPatch], None]


def withdrawn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    module = dataclasses.replace(module_of(world), withdrawn=date(2026, 1, 1))
    monkeypatch.setitem(world.app.extensions["elearn.catalogue"], module.slug, module)


def out_of_service(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    module = module_of(world)
    first = dataclasses.replace(module.path[0], fault="being mended")
    monkeypatch.setitem(
        world.app.extensions["elearn.catalogue"],
        module.slug,
        dataclasses.replace(module, path=(first, *module.path[1:])),
    )


def newer_version(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    module = dataclasses.replace(module_of(world), version="9.9.9")
    monkeypatch.setitem(world.app.extensions["elearn.catalogue"], module.slug, module)


def unconfirm(world: World, _monkeypatch: pytest.MonkeyPatch) -> None:
    execute(world, "UPDATE people SET confirmed_at = NULL WHERE id = :id", id=world.people["learner"])


def undo_a_step(world: World, _monkeypatch: pytest.MonkeyPatch) -> None:
    execute(world, "DELETE FROM completions WHERE step = 'quiz:trial-phases'")


def forget_reviews(world: World, _monkeypatch: pytest.MonkeyPatch) -> None:
    execute(world, "DELETE FROM content_reviews")


@pytest.mark.parametrize("change", [withdrawn, out_of_service, newer_version, unconfirm, undo_a_step, forget_reviews])
def test_conditions_are_read_again_when_it_is_issued(
    client: PageClient, world: World, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    ready(world)
    world.sign_in(client, "learner")
    assert "Confirm and get my certificate" in client.get(CONFIRM).get_data(as_text=True)
    change(world, monkeypatch)
    answer = send_confirmation(client, world)
    assert (answer.status_code, answer.headers["Location"]) == (303, CONFIRM)
    page = client.get(CONFIRM).get_data(as_text=True)
    assert "Confirm and get my certificate" not in page
    assert count(world.app, Certificate) == count(world.app, CertificateHolder) == 0
    with pytest.raises(actions.MayNotAward):
        issue(world)


def test_a_person_who_is_suspended_meanwhile_gets_none(world: World) -> None:
    ready(world)
    execute(world, "UPDATE people SET active = :no WHERE id = :id", no=False, id=world.people["learner"])
    with pytest.raises(actions.MayNotAward, match="suspended"):
        issue(world)
    assert count(world.app, Certificate) == 0


def test_details_changed_meanwhile_are_shown_again_before_they_are_printed(client: PageClient, world: World) -> None:
    ready(world)
    world.sign_in(client, "learner")
    shown = holder_of(world).digest
    execute(world, "UPDATE people SET given_names = 'Aminah' WHERE id = :id", id=world.people["learner"])
    answer = client.send(CONFIRM, {"details": shown})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Your details have changed" in page
    assert "Aminah Canary-Khan" in page
    assert count(world.app, Certificate) == 0
    [shown_now] = re.findall(r'name="details"[^>]*value="([0-9a-f]+)"', page)
    assert client.send(CONFIRM, {"details": shown_now}).status_code == 303


def test_characters_that_the_document_lacks_are_told_before(client: PageClient, world: World) -> None:
    ready(world)
    world.sign_in(client, "learner")
    assert "lack these characters" not in client.get(CONFIRM).get_data(as_text=True)
    execute(world, "UPDATE people SET given_names = '伟' WHERE id = :id", id=world.people["learner"])
    page = client.get(CONFIRM).get_data(as_text=True)
    assert "lack these characters" in page


# -- once ------------------------------------------------------------------------------------------------------------

THREADS = 8
ROUNDS = 4


def test_many_tabs_get_one_certificate(app: Flask, world: World) -> None:
    review(world)
    personas = [f"racer{n}" for n in range(ROUNDS)]
    with app.app_context(), writing():
        for persona in personas:
            world.people[persona] = world.add_person(persona, "Race", f"Canary-{persona}").id
    for persona in personas:
        world.enrol(persona, *world.steps_before("certificate"))
        tabs = []
        for _ in range(THREADS):
            client = app.test_client()
            assert isinstance(client, PageClient)
            world.sign_in(client, persona)
            client.token()
            tabs.append(client)
        details = {"details": holder_of(world, persona).digest}
        answers = at_once([partial(tab.send, CONFIRM, details) for tab in tabs])
        assert {answer.status_code for answer in answers} == {303}
        assert len({answer.headers["Location"] for answer in answers}) == 1
    for table in (Certificate, CertificateHolder, CertificateEvent, Job):
        assert count(app, table) == ROUNDS
    with app.app_context():
        assert db.session.query(Completion).filter_by(step="certificate").count() == ROUNDS
        assert db.session.query(AuditEvent).filter_by(kind="certificate issued").count() == ROUNDS


def test_the_unique_index_decides_where_no_lock_does(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if another server had issued between the look and the insert."""
    ready(world)
    first = issue(world)
    looks = iter([None])
    monkeypatch.setattr("elearn.certificates.actions.queries.find_number", lambda _enrolment: next(looks, first))
    assert issue(world) == first
    assert (
        count(world.app, Certificate) == count(world.app, CertificateHolder) == count(world.app, CertificateEvent) == 1
    )


def test_nothing_is_kept_when_a_part_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ready(world)

    def fail(*_args: object, **_kwargs: object) -> None:
        raise OSError("disk")

    with monkeypatch.context() as broken:
        broken.setattr("elearn.certificates.actions.enqueue", fail)
        with pytest.raises(OSError, match="disk"):
            issue(world)
    for table in (Certificate, CertificateHolder, CertificateEvent):
        assert count(world.app, table) == 0
    assert issue(world)
