"""The administrator's pages about people, reviews of the content, and the audit trail."""

from datetime import datetime
from urllib.parse import urlencode

import html5lib
import pytest
from flask import Flask
from sqlalchemy import select

from elearn.accounts import actions, queries
from elearn.accounts.models import Person, SignIn
from elearn.accounts.rules import why_not_suspend
from elearn.audit.models import AuditEvent
from elearn.certificates.export import JOB
from elearn.extensions import db
from elearn.jobs.models import Job, JobState
from elearn.modules.models import ContentReview
from elearn.shared.missing import NotFound
from elearn.shared.transactions import writing
from tests.conftest import StatementCount
from tests.page import PageClient, find_all, text_of
from tests.world import MODULE, World


@pytest.fixture
def admin(app: Flask, world: World, client: PageClient, noon: datetime) -> PageClient:
    world.sign_in(client, "administrator")
    return client


def words_of(client: PageClient, address: str, **asked: str) -> str:
    response = client.get(f"{address}?{urlencode(asked)}")
    return text_of(find_all(html5lib.parse(response.get_data(as_text=True)), "main")[0])


def kinds(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)))


# -- people ----------------------------------------------------------------------------------------------------------


def test_people_are_found_by_name_and_by_address(admin: PageClient, world: World) -> None:
    assert "7 people" in words_of(admin, "/admin/people/")
    for asked in ("amina", "KHAN", "amina canary", "learner@"):
        words = words_of(admin, "/admin/people/", q=asked)
        assert "Amina Canary-Khan" in words
    assert "1 person" in words_of(admin, "/admin/people/", q="amina canary")
    for asked in ("%", "_mina", "amina okafor"):
        assert "Nobody is like that" in words_of(admin, "/admin/people/", q=asked)
    assert admin.get("/admin/people/?q=" + "x" * 161).status_code == 422
    assert admin.get("/admin/people/?q=%00&page=abc").status_code == 200


def public_id(app: Flask, world: World, persona: str) -> str:
    with app.app_context():
        return queries.get_person(world.people[persona]).public_id


def test_a_suspended_person_is_out_at_once_and_a_restored_one_signs_in_anew(
    admin: PageClient, app: Flask, world: World
) -> None:
    learner, other = app.test_client(), app.test_client()
    assert isinstance(learner, PageClient)
    assert isinstance(other, PageClient)
    world.sign_in(learner, "learner")
    world.sign_in(other, "other_learner")
    assert learner.get("/account/").status_code == 200
    address = f"/admin/people/{public_id(app, world, 'learner')}/"
    response = admin.send(address + "suspend/")
    assert "Amina Canary-Khan is suspended" in admin.get(response.location).get_data(as_text=True)
    assert learner.get("/account/").status_code == 303
    assert other.get("/account/").status_code == 200
    admin.send(address + "suspend/")
    with app.app_context():
        ended = db.session.execute(select(SignIn.person_id, SignIn.ended_at.is_not(None)).order_by(SignIn.id)).all()
    assert dict(map(tuple, ended)) == {  # type: ignore[arg-type]
        world.people["administrator"]: False,
        world.people["learner"]: True,
        world.people["other_learner"]: False,
    }
    admin.send(address + "restore/")
    admin.send(address + "restore/")
    assert learner.get("/account/").status_code == 303, "the old cookie stays dead"
    world.sign_in(learner, "learner")
    assert learner.get("/account/").status_code == 200
    assert [kind for kind in kinds(app) if "person s" in kind or "person r" in kind] == [
        "person suspended",
        "person restored",
    ]


def test_nobody_suspends_themselves(admin: PageClient, app: Flask, world: World) -> None:
    response = admin.send(f"/admin/people/{public_id(app, world, 'administrator')}/suspend/")
    assert response.status_code == 422
    assert "You cannot suspend yourself" in response.get_data(as_text=True)
    assert admin.get("/admin/").status_code == 200


def test_an_administrator_who_was_suspended_meanwhile_cannot_suspend_the_last_one(app: Flask, world: World) -> None:
    with app.app_context(), writing():
        world.people["second"] = world.add_person("second", "Hana", "Sato", administrator=True).id
    first, second = world.viewer("administrator"), world.viewer("second")
    with app.app_context(), writing():
        actions.suspend(first, second.public_id)
    with app.app_context(), pytest.raises(NotFound), writing():
        actions.suspend(second, first.public_id)
    with app.app_context():
        active = db.session.scalars(select(Person.id).where(Person.administrator, Person.active)).all()
    assert active == [first.id]


@pytest.mark.parametrize(
    ("person", "actor", "administrators", "may"),
    [
        (1, 2, [2], True),
        (1, 2, [1, 2], True),
        (2, 2, [1, 2], False),
        (1, 2, [1], False),
        (3, 2, [1], True),
        (1, 2, [], True),
    ],
)
def test_who_may_be_suspended(person: int, actor: int, administrators: list[int], may: bool) -> None:
    assert (why_not_suspend(person, actor, administrators) == "") is may


@pytest.mark.parametrize("persona", ["learner", "educator"])
def test_only_administrators_read_and_change_people(app: Flask, world: World, persona: str) -> None:
    viewer, other = world.viewer(persona), public_id(app, world, "other_learner")
    with app.app_context():
        with pytest.raises(NotFound):
            queries.count_people(viewer)
        for action in (actions.suspend, actions.restore):
            with pytest.raises(NotFound), writing():
                action(viewer, other)
        assert queries.get_person(world.people["other_learner"]).active


def test_a_person_who_is_not_there_is_not_found(admin: PageClient) -> None:
    assert admin.send("/admin/people/nobody/suspend/").status_code == 404
    assert admin.send("/admin/people/nobody/restore/").status_code == 404


def test_the_list_of_people_costs_the_same_for_few_and_for_many(
    admin: PageClient, app: Flask, world: World, statements: StatementCount
) -> None:
    counts = []
    for more in (0, 60):
        with app.app_context(), writing():
            for n in range(more):
                world.add_person(f"more{n}", "More", f"Person{n}")
        statements.statements.clear()
        assert admin.get("/admin/people/").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 3


# -- reviews ---------------------------------------------------------------------------------------------------------

REVIEW = {
    "reviewer": "Dr Ines Moreau",
    "role": "Clinical geneticist",
    "reviewed_on": "20/11/2026",
    "note": "Canary-note",
}


def test_a_recorded_review_lets_the_module_award_and_is_public_but_for_its_note(
    admin: PageClient, app: Flask, world: World
) -> None:
    stranger = app.test_client()
    assert "Draft for clinical review" in words_of(admin, "/admin/reviews/")
    assert admin.get(f"/admin/reviews/{MODULE}/").status_code == 200
    response = admin.send(f"/admin/reviews/{MODULE}/", REVIEW)
    assert response.status_code == 303
    words = words_of(admin, response.location)
    assert "Clinically reviewed" in words
    assert "Canary-note" in words
    page = stranger.get(f"/modules/{MODULE}/").get_data(as_text=True)
    assert "Dr Ines Moreau, Clinical geneticist" in page
    assert "20 November 2026" in page
    assert "Canary-note" not in page
    with app.app_context():
        review = db.session.scalars(select(ContentReview)).one()
        assert (review.recorded_by, review.reviewed_on.isoformat()) == (world.people["administrator"], "2026-11-20")
        assert review.content_digest == app.extensions["elearn.catalogue"][MODULE].digest


def test_the_same_reviewer_twice_is_one_review_and_the_page_says_so(admin: PageClient, app: Flask) -> None:
    admin.send(f"/admin/reviews/{MODULE}/", REVIEW)
    response = admin.send(f"/admin/reviews/{MODULE}/", {**REVIEW, "reviewed_on": "21/11/2026"})
    assert response.status_code == 422
    assert "by this person is recorded already" in response.get_data(as_text=True)
    with app.app_context():
        assert [r.reviewed_on.isoformat() for r in db.session.scalars(select(ContentReview))] == ["2026-11-20"]
    assert kinds(app).count("content review recorded") == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reviewer": ""}, "Enter the reviewer’s name"),
        ({"role": " "}, "Enter the reviewer’s role"),
        ({"reviewed_on": ""}, "Enter the day of the review"),
        ({"reviewed_on": "soon"}, "Enter a day like 22/11/2026"),
        ({"reviewed_on": "24/11/2026"}, "Day of the review must be today or earlier"),
        ({"reviewer": "x" * 161}, "must be 160 characters or fewer"),
        ({"note": "x" * 2001}, "Note must be 2000 characters or fewer"),
    ],
)
def test_a_review_that_cannot_be_is_not_recorded(
    admin: PageClient, app: Flask, change: dict[str, str], words: str
) -> None:
    response = admin.send(f"/admin/reviews/{MODULE}/", {**REVIEW, **change})
    assert response.status_code == 422
    assert words in text_of(html5lib.parse(response.get_data(as_text=True)))
    with app.app_context():
        assert db.session.scalars(select(ContentReview)).all() == []


def test_a_module_that_is_not_there_has_no_reviews(admin: PageClient) -> None:
    assert admin.get("/admin/reviews/no-such-module/").status_code == 404


# -- the audit trail and the first page ------------------------------------------------------------------------------


def test_the_audit_trail_is_newest_first_and_names_who_did_it(admin: PageClient, app: Flask, world: World) -> None:
    with app.app_context(), writing():
        for n in range(120):
            db.session.add(
                AuditEvent(
                    at=datetime.fromisoformat("2026-11-23T12:00:00+00:00"),
                    kind="counted",
                    subject=f"thing:{n}",
                    detail={"n": n},
                )
            )
    admin.send(f"/admin/people/{public_id(app, world, 'learner')}/suspend/")
    admin.get("/admin/")  # takes the banner, which names the person
    first, second = words_of(admin, "/admin/audit/"), words_of(admin, "/admin/audit/", page="2")
    assert "Person suspendedWho Efua Canary-Mensah" in first
    assert first.index("Person suspended") < first.index("thing:119") < first.index("thing:118")
    assert "n: 10 " not in first
    assert "n: 10 " in second
    assert f"Of what person:{world.people['learner']} Amina Canary-Khan" in first
    assert admin.get("/admin/audit/?page=zzz").status_code == 200


def test_the_first_page_counts_and_tells_of_work_that_was_given_up(admin: PageClient, app: Flask) -> None:
    with app.app_context(), writing():
        for state in (JobState.FAILED, JobState.FAILED, JobState.WAITING):
            db.session.add(Job(kind=JOB, detail={}, state=state))
    words = words_of(admin, "/admin/")
    assert "Given up after five tries2" in words
    assert "Waiting or running1" in words
