"""The certificate's page and its PDF, and who sees them."""

import dataclasses
import hashlib
import io
import json
from collections.abc import Callable
from datetime import date
from functools import partial

import pikepdf
import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError

from elearn.certificates import actions, queries, tasks
from elearn.certificates.models import CertificateDocument
from elearn.certificates.rules import Reason
from elearn.extensions import db
from elearn.jobs.runner import run_due
from elearn.shared.missing import NotFound
from elearn.shared.transactions import writing
from tests.certificates.awarding import awarded, changed_settings, execute, held, module_of, revoke
from tests.conftest import StatementCount
from tests.page import PageClient
from tests.racing import at_once
from tests.world import World


def supersede(world: World, number: str) -> None:
    """What a later edition will do."""
    key = held(world, number).public.id
    execute(
        world,
        "INSERT INTO certificate_events (certificate_id, happening, reason, note, at)"
        " VALUES (:key, 'superseded', '', '', CURRENT_TIMESTAMP)",
        key=key,
    )


def erase(world: World, number: str) -> None:
    """What erasure will do."""
    key = held(world, number, "administrator").public.id
    execute(world, "DELETE FROM certificate_holders WHERE certificate_id = :key", key=key)
    execute(world, "DELETE FROM certificate_documents WHERE certificate_id = :key", key=key)


def tamper(world: World, column: str, value: str) -> None:
    """What an insider with the database could do, triggers or not."""
    with world.app.app_context(), writing():
        if db.engine.dialect.name == "postgresql":
            db.session.execute(db.text("ALTER TABLE certificates DISABLE TRIGGER USER"))
        else:
            for doing in ("update", "delete"):
                db.session.execute(db.text(f"DROP TRIGGER refuse_{doing}_certificates"))
        db.session.execute(db.text(f"UPDATE certificates SET {column} = :value"), {"value": value})
        if db.engine.dialect.name == "postgresql":
            db.session.execute(db.text("ALTER TABLE certificates ENABLE TRIGGER USER"))


@pytest.fixture
def number(world: World, noon: object) -> str:
    return awarded(world)


def test_the_page_says_everything_that_the_pdf_says(client: PageClient, world: World, number: str) -> None:
    world.sign_in(client, "learner")
    page = client.get(f"/certificates/{number}/").get_data(as_text=True)
    certificate = held(world, number)
    record = certificate.public.record
    wanted = [
        *("Amina Canary-Khan", "CANARY-LEARNER", number, certificate.salt, certificate.public.record_digest),
        *(record["statement"], record["method"], record["address"], record["module"]["title"], record["issuer"]),
        *record["outcomes"],
        *(quiz["title"] for quiz in record["quizzes"]),
        *("23 November 2026", f"{record['hours']} hours", "app-state--valid", "app-certificate", "<svg"),
        *(f"/certificates/{number}.pdf", f"/verify/{number}/"),
    ]
    assert [words for words in wanted if words not in page] == []


@pytest.mark.parametrize("shape", [str.lower, lambda n: n.replace("-", ""), lambda n: n.replace("-", " ")])
def test_the_number_may_be_typed_any_way(
    client: PageClient, world: World, number: str, shape: Callable[[str], str]
) -> None:
    world.sign_in(client, "learner")
    assert client.get(f"/certificates/{shape(number)}/").status_code == 200
    assert client.get(f"/certificates/{shape(number)}.pdf").mimetype == "application/pdf"


@pytest.mark.parametrize(
    ("persona", "status"),
    [("learner", 200), ("administrator", 200), ("other_learner", 404), ("educator", 404), ("unconfirmed", 404)],
)
def test_only_the_holder_and_administrators_see_it(
    client: PageClient, world: World, number: str, persona: str, status: int
) -> None:
    world.sign_in(client, persona)
    for address in (f"/certificates/{number}/", f"/certificates/{number}.pdf"):
        answer = client.get(address)
        assert answer.status_code == status
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Cache-Control"] == "no-store"
        if status == 404:
            assert "Canary-Khan" not in answer.get_data(as_text=True)


def test_a_stranger_is_asked_to_sign_in(client: PageClient, number: str) -> None:
    assert "/account/sign-in/" in client.get(f"/certificates/{number}/").headers["Location"]
    assert "/account/sign-in/" in client.get(f"/certificates/{number}.pdf").headers["Location"]


@pytest.mark.parametrize("wrong", ["no-such-number", "0000-0000-0000-0000-0", "0000-0000-0000-0000-1"])
def test_a_number_that_is_none_is_not_found(client: PageClient, world: World, number: str, wrong: str) -> None:
    world.sign_in(client, "administrator")
    assert client.get(f"/certificates/{wrong}/").status_code == 404
    assert client.get(f"/certificates/{wrong}.pdf").status_code == 404


# -- the document ----------------------------------------------------------------------------------------------------


def test_the_pdf_is_made_when_asked_for_and_the_same_when_kept(
    client: PageClient, world: World, number: str, statements: StatementCount
) -> None:
    world.sign_in(client, "learner")
    made = client.get(f"/certificates/{number}.pdf")
    assert made.mimetype == "application/pdf"
    assert made.headers["Content-Disposition"] == f'attachment; filename="certificate-{number}.pdf"'
    with world.app.app_context():
        assert db.session.query(CertificateDocument).count() == 0, "a GET writes nothing"
    assert run_due(world.app, tasks.HANDLERS) == 1
    with world.app.app_context():
        kept = db.session.query(CertificateDocument).one()
        assert kept.pdf == made.data
        assert kept.sha256 == hashlib.sha256(made.data).hexdigest()
    execute(world, "UPDATE certificate_documents SET pdf = :pdf", pdf=b"%PDF kept")
    assert client.get(f"/certificates/{number}.pdf").data == b"%PDF kept"


def test_keeping_it_twice_or_at_once_keeps_the_first(world: World, number: str) -> None:
    key = held(world, number).public.id

    def keep(pdf: bytes | None) -> None:
        with world.app.app_context(), writing():
            actions.keep_document(key, pdf)

    at_once([partial(keep, b"%d" % n) for n in range(4)])
    keep(None)
    with world.app.app_context():
        assert len(db.session.query(CertificateDocument).one().pdf) == 1


def test_keeping_makes_it_where_it_is_not_given(world: World, number: str) -> None:
    with world.app.app_context(), writing():
        actions.keep_document(held(world, number).public.id)
    with world.app.app_context():
        pdf = queries.find_document(held(world, number).public.id)
    assert pdf is not None
    assert pdf.startswith(b"%PDF-1.7")
    with world.app.app_context(), writing(), pytest.raises(NotFound):
        actions.keep_document(10**6)


def test_the_job_is_content_where_the_holder_is_erased(world: World, number: str) -> None:
    erase(world, number)
    assert run_due(world.app, tasks.HANDLERS) == 1
    with world.app.app_context():
        assert db.session.query(CertificateDocument).count() == 0
        assert db.session.execute(db.text("SELECT state FROM jobs")).scalar_one() == "done"


# -- frozen ----------------------------------------------------------------------------------------------------------


def test_later_changes_of_person_module_and_settings_change_nothing(
    client: PageClient, world: World, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sign_in(client, "learner")

    def everything() -> list[object]:
        page = client.get(f"/certificates/{number}/").get_data(as_text=True)
        certificate = held(world, number)
        return [
            page[page.index("<article") : page.index("</article>")],
            client.get(f"/certificates/{number}.pdf").data,
            client.get(f"/verify/{number}/").get_data(as_text=True).partition("<main")[2].partition("</main>")[0],
            certificate.public.record,
            certificate.holder,
            certificate.public.unchanged,
        ]

    before = everything()
    execute(
        world,
        "UPDATE people SET given_names = 'New', family_name = 'Name', registration_number = 'X' WHERE id = :id",
        id=world.people["learner"],
    )
    module = module_of(world)
    newer = dataclasses.replace(module, title="Another title", version="2.0.0", outcomes=(), withdrawn=date(2026, 1, 1))
    monkeypatch.setitem(world.app.extensions["elearn.catalogue"], module.slug, newer)
    with changed_settings(world.app, approval_reference="RCX", demonstration=True, base_url="https://other.example"):
        assert everything() == before


@pytest.mark.parametrize("table", ["certificates", "certificate_events"])
@pytest.mark.parametrize("doing", ["DELETE FROM {}", "UPDATE {} SET id = id"])
def test_the_database_refuses_to_change_what_was_issued(world: World, number: str, table: str, doing: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        execute(world, doing.format(table))


# -- states ----------------------------------------------------------------------------------------------------------


def test_a_revoked_certificate_says_so_and_hands_out_no_pdf(client: PageClient, world: World, number: str) -> None:
    run_due(world.app, tasks.HANDLERS)
    revoke(world, number, Reason.WRONG_DETAILS)
    for persona in ("learner", "administrator"):
        world.sign_in(client, persona)
        page = client.get(f"/certificates/{number}/").get_data(as_text=True)
        assert "app-state--revoked" in page
        assert "It was revoked on 23 November 2026. Details printed on it were wrong." in page
        assert "Canary-Note" not in page
        assert "Download as PDF" not in page
        refused = client.get(f"/certificates/{number}.pdf")
        assert refused.status_code == 409
        assert "would look like a good one" in refused.get_data(as_text=True)


def test_a_restored_certificate_is_as_before(client: PageClient, world: World, number: str) -> None:
    world.sign_in(client, "learner")
    before = client.get(f"/certificates/{number}.pdf").data
    revoke(world, number)
    with world.app.app_context(), writing():
        actions.restore(world.viewer("administrator"), number.replace("-", ""), "a mistake")
    assert "app-state--valid" in client.get(f"/certificates/{number}/").get_data(as_text=True)
    assert client.get(f"/certificates/{number}.pdf").data == before


def test_a_superseded_certificate_says_so_and_hands_out_no_pdf(client: PageClient, world: World, number: str) -> None:
    supersede(world, number)
    world.sign_in(client, "learner")
    page = client.get(f"/certificates/{number}/").get_data(as_text=True)
    assert "app-state--superseded" in page
    assert "A newer edition" in page
    assert client.get(f"/certificates/{number}.pdf").status_code == 409


def test_after_erasure_only_administrators_find_it_and_there_is_no_name(
    client: PageClient, world: World, number: str
) -> None:
    erase(world, number)
    world.sign_in(client, "learner")
    assert client.get(f"/certificates/{number}/").status_code == 404
    world.sign_in(client, "administrator")
    page = client.get(f"/certificates/{number}/").get_data(as_text=True)
    assert "Holder’s details erased" in page
    assert "Canary-Khan" not in page
    assert client.get(f"/certificates/{number}.pdf").status_code == 409


@pytest.mark.parametrize("garbage", [False, True])
def test_a_record_that_was_tampered_with_is_not_vouched_for(
    client: PageClient, world: World, number: str, garbage: bool
) -> None:
    record = {"x": 1} if garbage else {**held(world, number).public.record, "hours": "99"}
    tamper(world, "record", json.dumps(record))
    for persona in ("learner", "administrator"):
        world.sign_in(client, persona)
        page = client.get(f"/certificates/{number}/").get_data(as_text=True)
        assert "Cannot be confirmed" in page
        assert "app-certificate" not in page
        assert "99 hours" not in page
        assert client.get(f"/certificates/{number}.pdf").status_code == 409


def test_revoking_and_restoring_are_for_administrators_and_once(world: World, number: str) -> None:
    compact, administrator = number.replace("-", ""), world.viewer("administrator")
    with world.app.app_context(), writing():
        with pytest.raises(NotFound):
            actions.revoke(world.viewer("learner"), compact, Reason.HOLDER_ASKED, "")
        with pytest.raises(NotFound):
            actions.revoke(administrator, "0" * 17, Reason.HOLDER_ASKED, "")
        with pytest.raises(actions.AlreadySo):
            actions.restore(administrator, compact, "")
        actions.revoke(administrator, compact, Reason.HOLDER_ASKED, "")
        with pytest.raises(actions.AlreadySo):
            actions.revoke(administrator, compact, Reason.HOLDER_ASKED, "")
        actions.restore(administrator, compact, "")
        with pytest.raises(actions.AlreadySo):
            actions.restore(administrator, compact, "")


def test_two_administrators_revoke_at_once_and_one_does(app: Flask, world: World, number: str) -> None:
    administrator, compact = world.viewer("administrator"), number.replace("-", "")

    def work() -> str:
        with app.app_context(), writing():
            try:
                actions.revoke(administrator, compact, Reason.ISSUED_IN_ERROR, "")
            except actions.AlreadySo:
                return "already"
        return "revoked"

    assert sorted(at_once([work] * 4)) == ["already"] * 3 + ["revoked"]


def test_a_page_costs_few_statements(client: PageClient, world: World, number: str, statements: StatementCount) -> None:
    world.sign_in(client, "learner")
    statements.statements.clear()
    client.get(f"/certificates/{number}/")
    assert len(statements) == 3, "the viewer, the certificate, and what was answered first"


def test_the_pdf_over_http_is_tagged(client: PageClient, world: World, number: str) -> None:
    world.sign_in(client, "learner")
    with pikepdf.open(io.BytesIO(client.get(f"/certificates/{number}.pdf").data)) as file:
        assert str(file.docinfo["/Title"]).startswith(f"Certificate {number}: ")
        assert str(file.Root.Lang) == "en-GB"
        assert "/StructTreeRoot" in file.Root
