"""Erasure: identity goes everywhere, what is nobody's stays, and whoever may not be erased is not (trust.md D-5, D-6)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from elearn.accounts import erasing
from elearn.accounts.erasing_rules import ERASED_NAME, Ground, WhyErased
from elearn.accounts.models import Merge, Person, SignIn
from elearn.accounts.queries import get_person, viewer_of
from elearn.accounts.rules import LAST_ADMINISTRATOR
from elearn.accounts.tasks import ERASURES, read_list
from elearn.audit.models import AuditEvent
from elearn.certificates import export
from elearn.extensions import Base, db
from elearn.jobs.actions import enqueue
from elearn.jobs.models import Job, JobState
from elearn.jobs.worker import run_now
from elearn.learning.actions import save_reflection
from elearn.learning.rules import ReflectionTexts
from elearn.mail import actions as mail
from elearn.schema import bring_up_to_date
from elearn.shared import clock
from elearn.shared.personal import Emptied, Register, Stays
from elearn.shared.transactions import writing
from tests.accounts.belongings import Belongings, give, module_of
from tests.certificates.awarding import awarded
from tests.fresh import fresh_app, only_sqlite
from tests.page import PageClient, new_browser
from tests.post import PostBox, mails
from tests.rows import everything_in
from tests.world import PASSWORD, World

ERASE = "/account/erase/"


def must_go(app: Flask, whose: Belongings) -> dict[str, str]:
    """The canaries that erasure takes away, by their columns."""
    register: Register = app.extensions["elearn.register"]
    gone = {}
    for place, canary in whose.canaries.items():
        table, _, column = place.partition(".")
        holding = register.by_table().get(table)
        if holding is None or isinstance(holding.erase, Stays):
            continue
        if not isinstance(holding.erase, Emptied) or column in holding.erase.values:
            gone[place] = canary
    return gone | {f"people.{name}": whose.canaries[f"people.{name}"] for name in NAMES}


NAMES = ("email", "given_names", "family_name", "registration_number", "password", "fs_uniquifier")


def cells(app: Flask) -> str:
    """Every value of every row."""
    with app.app_context(), db.engine.connect() as connection:
        return "\n".join(
            repr(tuple(row))
            for table in Base.metadata.sorted_tables
            for row in connection.execute(text(f"SELECT * FROM {table.name}"))
        )


def erase(app: Flask, whose: Belongings) -> None:
    with app.test_request_context(), writing():
        erasing.erase_own(viewer_of(get_person(whose.person_id)))


def test_the_five_that_the_law_would_look_for_are_among_what_goes(app: Flask) -> None:
    gone = must_go(app, give(app, "A"))
    assert gone.keys() >= {
        *("people.family_name", "people.email", "people.registration_number", "reflections.learned"),
        *("problem_reports.words", "certificate_holders.family_name", "certificate_notes.note", "letters.recipient"),
        *("sign_ins.device", "roster_entries.name", "complaints.words", "invitations.email", "passkeys.name"),
    }


def test_no_row_holds_the_person_any_more_and_everybody_elses_are_as_they_were(app: Flask) -> None:
    mine, other = give(app, "A"), give(app, "B")
    before = cells(app)
    assert all(canary in before for place, canary in must_go(app, mine).items() if place not in PUBLIC_ID)
    erase(app, mine)
    after = cells(app)
    assert {
        place for place, canary in must_go(app, mine).items() if canary in after and place not in PUBLIC_ID
    } == set()
    assert {place for place, canary in other.canaries.items() if canary in before and canary not in after} == set()
    with app.app_context():
        person = get_person(mine.person_id)
        assert (person.active, person.administrator, person.name, person.confirmed_at) == (
            False,
            False,
            ERASED_NAME,
            None,
        )


PUBLIC_ID = {"people.public_id"}  # the list of erasures holds it


def test_what_statistics_and_certificates_need_stays(app: Flask) -> None:
    mine = give(app, "A")
    erase(app, mine)
    with app.app_context(), db.engine.connect() as connection:
        for table in (
            "certificates",
            "certificate_events",
            "attempts",
            "answers",
            "response_events",
            "check_responses",
        ):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 1, table
        for table in (
            "certificate_holders",
            "certificate_documents",
            "reflections",
            "sign_ins",
            "letters",
            "memberships",
        ):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0, table


def test_a_second_erasure_changes_nothing(app: Flask, world: World) -> None:
    administrator, learner = world.viewer("administrator"), world.viewer("learner")
    with app.test_request_context(), writing():
        erasing.erase_other(administrator, learner.public_id, WhyErased.ASKED)
    run_now(app)
    before = everything_in(app)
    with app.test_request_context(), writing():
        erasing.erase_other(administrator, learner.public_id, WhyErased.LEFT)
    assert everything_in(app) == before


def test_a_fault_in_the_middle_leaves_everything(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = give(app, "A")
    before = everything_in(app)
    monkeypatch.setattr("elearn.accounts.erasing.audit.record", lambda *_args, **_more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        erase(app, mine)
    assert everything_in(app) == before


# -- files -----------------------------------------------------------------------------------------------------------


def hits(folder: Path, canaries: dict[str, str]) -> set[tuple[str, str]]:
    """Which file of a folder holds which canary, byte by byte."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found |= {(path.name, place) for place, canary in canaries.items() if canary.encode() in content}
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def own_app(folder: Path) -> Iterator[Flask]:
    """An application whose instance folder holds nothing of other tests."""
    with fresh_app(folder) as app:
        bring_up_to_date(app)
        yield app


def live(app: Flask, whose: Belongings) -> str:
    """What happens to rows in a life: changes, moves in the file, letters, an export. Gives the export's job."""
    with app.test_request_context():
        for number in range(20):
            with writing():
                person = db.session.get_one(Person, whose.person_id)
                person.given_names = f"{whose.canaries['people.given_names']} {'x' * number}"
        with writing():
            mail.send(whose.email, "Hello", f"Hello {whose.canaries['people.family_name']}", person_id=whose.person_id)
        with writing():
            job = enqueue(export.JOB, {"certificates": [whose.rows["certificates"]["id"]]})
    run_now(app)
    with app.app_context(), writing():
        db.session.execute(db.update(Job).where(Job.public_id == job).values(state=JobState.DONE))
    names = " ".join(whose.canaries[f"certificate_holders.{name}"] for name in ("given_names", "family_name"))
    export.path_of(app.instance_path, job).write_text(names)
    return job


@pytest.mark.usefixtures("own_app")
@only_sqlite
def test_no_byte_of_the_person_is_left_in_the_instance_folder(own_app: Flask, folder: Path) -> None:
    """The database's file, its log, free pages, letters, exports and the queue are all in this folder."""
    mine = give(own_app, "A", certificate_documents__pdf=b"%PDF CnApdfZ")
    other = give(own_app, "B")
    live(own_app, mine)
    kept = live(own_app, other)
    gone = {p: c for p, c in must_go(own_app, mine).items() if p not in PUBLIC_ID} | {"document": "CnApdfZ"}
    before = {place for _, place in hits(folder, gone)}
    assert before == gone.keys(), "what is not found before proves nothing after"
    erase(own_app, mine)
    run_now(own_app)
    assert hits(folder, gone) == set()
    for canary in (other.email, other.canaries["certificate_holders.family_name"]):
        assert len({file for file, _ in hits(folder, {"other": canary})}) >= 2
    assert export.path_of(own_app.instance_path, kept).exists()
    assert [path.name for path in (folder / "mail").glob("*.eml")]


@only_sqlite
def test_while_an_export_with_the_person_is_being_made_the_cleaning_waits(own_app: Flask, folder: Path) -> None:
    mine = give(own_app, "A")
    job = live(own_app, mine)
    with own_app.app_context(), writing():
        late = datetime(2099, 1, 1, tzinfo=UTC)
        db.session.execute(db.update(Job).where(Job.public_id == job).values(state=JobState.WAITING, due_at=late))
    erase(own_app, mine)
    run_now(own_app)
    with own_app.app_context(), writing():
        cleaning = db.session.scalars(db.select(Job).where(Job.kind == erasing.JOB)).one()
        assert (cleaning.state, cleaning.tries) == (JobState.WAITING, 1)
        db.session.execute(db.update(Job).where(Job.public_id == job).values(state=JobState.DONE))
        cleaning.due_at = cleaning.created_at
    run_now(own_app)
    assert not export.path_of(own_app.instance_path, job).exists()


def test_the_list_of_erasures_is_kept_beside_the_database_and_erases_again(app: Flask, world: World) -> None:
    """As after a restore of a backup that does not know of it."""
    learner = world.viewer("learner")
    path = Path(app.instance_path) / ERASURES
    path.write_text("another-one 2026-01-01\n")
    with app.test_request_context(), writing():
        erasing.erase_other(world.viewer("administrator"), learner.public_id, WhyErased.ASKED)
    run_now(app)
    kept = read_list(path)
    assert kept.keys() == {learner.public_id, "another-one"}
    other = world.viewer("other_learner")
    with app.test_request_context(), writing():
        assert erasing.erase_again({other.public_id: "2026-01-01", **kept}) == 1
    with app.test_request_context(), writing():
        assert erasing.erase_again({other.public_id: "2026-01-01", **kept}) == 0
    with app.app_context():
        assert get_person(other.id).family_name == ERASED_NAME


def test_a_backup_from_before_a_merge_brings_nobody_back(app: Flask, world: World) -> None:
    learner, other = world.viewer("learner"), world.viewer("other_learner")
    with app.test_request_context(), writing():
        db.session.add(Merge(person_id=other.id, into_id=learner.id, merged_by=learner.id, at=clock.now()))
    with app.test_request_context(), writing():
        erasing.erase_other(world.viewer("administrator"), learner.public_id, WhyErased.ASKED)
    run_now(app)
    assert read_list(Path(app.instance_path) / ERASURES).keys() >= {learner.public_id, other.public_id}


def test_what_a_request_under_way_writes_after_the_erasure_is_erased_by_the_cleaning(app: Flask, world: World) -> None:
    world.enrol("learner", *world.steps_before("reflection"))
    learner, module = world.viewer("learner"), module_of(app)
    with app.test_request_context(), writing():
        erasing.erase_own(learner)
    texts = ReflectionTexts("CnLate1", "CnLate2", "CnLate3")
    with app.test_request_context(), writing():
        save_reflection(learner, module, texts)  # its viewer was read before
    assert "CnLate1" in cells(app)
    run_now(app)
    assert "CnLate1" not in cells(app)


# -- pages -----------------------------------------------------------------------------------------------------------


def test_the_person_erases_themselves_and_is_signed_out(client: PageClient, app: Flask, world: World) -> None:
    number = awarded(world)
    world.sign_in(client, "learner")
    elsewhere = new_browser(app)
    world.sign_in(elsewhere, "learner")
    page = client.get(ERASE).get_data(as_text=True)
    for words in ("What goes", "What stays, and why", "Valid, holder’s details erased", "cannot be undone"):
        assert words in page
    refused = client.send(ERASE)
    assert refused.status_code == 422
    assert "Tick the box" in refused.get_data(as_text=True)
    answer = client.send(ERASE, {"sure": "y"})
    assert (answer.status_code, answer.location) == (303, "/account/erased/")
    assert client.get("/account/erased/").status_code == 200
    for browser in (client, elsewhere):
        assert browser.get("/learning/").status_code == 303
    verification = new_browser(app).get(f"/verify/{number}/").get_data(as_text=True)
    assert "Valid, holder’s details erased" in verification
    assert (
        new_browser(app).send("/account/sign-in/", {"email": "learner@example.org", "password": PASSWORD}).status_code
        == 422
    )
    with app.app_context():
        [event] = db.session.scalars(db.select(AuditEvent).where(AuditEvent.kind == "person erased"))
        assert event.detail["why"] == "by the person"
        assert "Canary" not in repr(event.detail)


def test_whoever_signed_in_long_ago_is_asked_for_the_password_and_what_they_ticked_is_kept(
    client: PageClient, world: World, app: Flask
) -> None:
    world.sign_in(client, "learner")
    with app.app_context(), writing():
        db.session.execute(db.update(SignIn).values(started_at=clock.now() - timedelta(hours=1)))
    asked = client.send(ERASE, {"sure": "y"})
    page = asked.get_data(as_text=True)
    assert asked.status_code == 422
    assert "Enter your password again" in page
    assert 'name="sure" value="y"' in page
    wrong = client.send(ERASE, {"sure": "y", "again_password": "not it"})
    assert wrong.status_code == 422
    assert client.send(ERASE, {"sure": "y", "again_password": PASSWORD}).location == "/account/erased/"


def test_the_last_administrator_cannot_be_erased_by_anybody(client: PageClient, world: World, app: Flask) -> None:
    administrator = world.viewer("administrator")
    world.sign_in(client, "administrator")
    before = everything_in(app)
    page = client.send(ERASE, {"sure": "y"}).get_data(as_text=True)
    assert LAST_ADMINISTRATOR in page
    answer = client.send(f"/admin/people/{administrator.public_id}/erase/", {"why": WhyErased.LEFT.value})
    assert answer.status_code == 422
    assert LAST_ADMINISTRATOR in answer.get_data(as_text=True)
    assert everything_in(app) == before


def test_an_erased_account_is_listed_where_it_is_asked_for_and_cannot_be_brought_back(
    client: PageClient, world: World, app: Flask
) -> None:
    learner = world.viewer("learner")
    world.sign_in(client, "administrator")
    at = f"/admin/people/{learner.public_id}"
    answer = client.send(f"{at}/erase/", {"why": WhyErased.ASKED.value})
    assert (answer.status_code, answer.location) == (303, "/admin/people/")
    assert ERASED_NAME not in client.get("/admin/people/").get_data(as_text=True)
    assert ERASED_NAME in client.get("/admin/people/?state=erased").get_data(as_text=True)
    page = client.get(f"{at}/").get_data(as_text=True)
    assert "This account is erased" in page
    assert "What you can do" not in page
    client.send(f"{at}/restore/")
    assert client.get(f"{at}/erase/").status_code == 404
    with app.app_context():
        assert not get_person(learner.id).active


# -- refusing --------------------------------------------------------------------------------------------------------


def test_a_refusal_is_recorded_told_and_binds_everybody_until_it_is_lifted(
    client: PageClient, world: World, app: Flask
) -> None:
    learner = world.viewer("learner")
    at = f"/admin/people/{learner.public_id}/erase/"
    world.sign_in(client, "administrator")
    assert "Choose the ground" in client.send(f"{at}refuse/").get_data(as_text=True)
    answer = client.send(f"{at}refuse/", {"ground": Ground.CLAIM.value})
    assert answer.status_code == 303
    [(recipient, letter)] = mails(PostBox(app))
    assert recipient == "learner@example.org"
    assert Ground.CLAIM.words in letter
    assert client.send(f"{at}refuse/", {"ground": Ground.DUTY.value}).status_code == 422
    assert client.send(at, {"why": WhyErased.ASKED.value}).status_code == 422
    own = new_browser(app)
    world.sign_in(own, "learner")
    for address in ("/account/data/", ERASE):
        assert Ground.CLAIM.words in own.get(address).get_data(as_text=True), address
    assert own.send(ERASE, {"sure": "y"}).status_code == 422
    with app.app_context():
        assert get_person(learner.id).family_name == "Canary-Khan"
        [event] = db.session.scalars(db.select(AuditEvent).where(AuditEvent.kind == "erasure refused"))
        assert event.detail == {"ground": "legal claim"}
    assert client.send(f"{at}lift/").status_code == 303
    assert client.send(f"{at}lift/").status_code == 404
    assert own.send(ERASE, {"sure": "y"}).location == "/account/erased/"
