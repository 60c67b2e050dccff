"""One person on one page for administrators: what it shows, roles, addresses, and signing somebody out."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

import html5lib
import pytest
from flask import Flask
from sqlalchemy import select

from elearn.accounts import administering, erasing, queries
from elearn.accounts.actions import end_all_sign_ins, suspend
from elearn.accounts.erasing_rules import WhyErased
from elearn.accounts.models import Person, SignIn
from elearn.accounts.rules import EmailReason, Viewer, why_not_without
from elearn.accounts.stages import FRESH
from elearn.audit.models import AuditEvent
from elearn.cohorts.models import Membership, RosterEntry, Teaching
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.missing import NotFound
from elearn.shared.transactions import writing
from tests.conftest import StatementCount
from tests.page import PageClient, find_all, new_browser, text_of
from tests.post import PostBox, empty_post, link_in, mails
from tests.racing import at_once
from tests.rows import everything_in
from tests.world import World


@pytest.fixture
def admin(app: Flask, world: World, client: PageClient) -> PageClient:
    world.sign_in(client, "administrator")
    return client


@pytest.fixture
def post(app: Flask) -> PostBox:
    """The folder of mail, empty."""
    return empty_post(app)


def address(world: World, persona: str, rest: str = "") -> str:
    return f"/admin/people/{world.viewer(persona).public_id}/{rest}"


def words_of(client: PageClient, at: str, **asked: str) -> str:
    response = client.get(f"{at}?{urlencode(asked)}" if asked else at)
    assert response.status_code == 200
    return text_of(find_all(html5lib.parse(response.get_data(as_text=True)), "main")[0])


def person(app: Flask, world: World, persona: str) -> Person:
    with app.app_context():
        found = queries.get_person(world.people[persona])
        db.session.expunge(found)
        return found


def kinds(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)))


# -- the list and the page -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, 7),
        ({"role": "administrator"}, 1),
        ({"role": "educator"}, 2),
        ({"role": "learner"}, 4),
        ({"state": "suspended"}, 1),
        ({"state": "unconfirmed"}, 1),
        ({"state": "active"}, 5),
        ({"state": "merged"}, 0),
        ({"role": "learner", "state": "active"}, 2),
        ({"role": "educator", "q": "lloyd"}, 1),
        ({"role": "educator", "q": "khan"}, 0),
    ],
)
def test_people_are_filtered_by_role_and_state(admin: PageClient, asked: dict[str, str], found: int) -> None:
    words = words_of(admin, "/admin/people/", **asked)
    assert ("1 person" if found == 1 else f"{found} people") in words


@pytest.mark.parametrize("asked", [{"role": "king"}, {"state": "asleep"}])
def test_a_filter_that_is_none_is_refused_in_words(admin: PageClient, asked: dict[str, str]) -> None:
    response = admin.get(f"/admin/people/?{urlencode(asked)}")
    assert response.status_code == 422
    assert "from the list" in response.text


def test_the_page_shows_what_belongs_to_a_person_and_to_nobody_else(
    admin: PageClient, app: Flask, world: World
) -> None:
    world.enrol("learner", *world.steps_before("certificate")[:3])
    words = words_of(admin, address(world, "learner"))
    assert "learner@example.org" in words
    assert "Learns in Cohort one" in words
    assert "Cohort two" not in words
    assert "CANARY-LEARNER" in words
    assert "Canary-Okafor" not in words
    assert "Module started" in words
    assert "Steps done 3" in words
    assert "Teaches Cohort two" in words_of(admin, address(world, "other_educator"))


def test_the_trail_of_a_person_is_what_they_did_and_what_was_done_to_them_paged(
    admin: PageClient, app: Flask, world: World
) -> None:
    learner, other = world.people["learner"], world.people["other_learner"]
    with app.app_context(), writing():
        for n in range(30):
            at = datetime.fromisoformat("2026-11-23T12:00:00+00:00")
            db.session.add(AuditEvent(at=at, kind="counted", subject=f"thing:{n}", actor_id=learner, detail={"n": n}))
            db.session.add(
                AuditEvent(at=at, kind="strange", subject=f"thing:{n}", actor_id=other, detail={"person": "x"})
            )
        db.session.add(AuditEvent(at=at, kind="named", subject="cohort:x", detail={"person": learner}))
        db.session.add(AuditEvent(at=at, kind="named", subject="cohort:y", detail={"person": other}))
    first = words_of(admin, address(world, "learner"))
    assert "cohort:x" in first
    assert "cohort:y" not in first
    assert "Strange" not in first
    assert "thing:29" in first
    assert "thing:3Details" not in first
    assert "thing:3Details" in words_of(admin, address(world, "learner"), page="2")


def test_the_page_costs_the_same_for_a_short_and_a_long_story(
    admin: PageClient, app: Flask, world: World, statements: StatementCount
) -> None:
    counts = []
    for more in (0, 40):
        with app.app_context(), writing():
            for n in range(more):
                at = datetime.fromisoformat("2026-11-23T12:00:00+00:00")
                db.session.add(
                    AuditEvent(at=at, kind="x", subject=f"thing:{n}", actor_id=world.people["learner"], detail={})
                )
        statements.statements.clear()
        admin.get(address(world, "learner"))
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 14


def test_of_somebody_erased_only_that_and_the_trail_are_shown(app: Flask, admin: PageClient, world: World) -> None:
    at = address(world, "learner")
    with app.test_request_context(), writing():
        erasing.erase_other(world.viewer("administrator"), world.viewer("learner").public_id, WhyErased.ASKED)
    shown = words_of(admin, at)
    assert "This account is erased. What is left leads to nobody." in shown
    assert "Person erased" in shown
    for made_up in ("erased.invalid", "Registration number", "Profession", "Cohorts", "What you can do"):
        assert made_up not in shown


def test_a_person_who_is_not_there_has_no_page(admin: PageClient) -> None:
    for rest in ("", "role/", "email/", "merge/"):
        assert admin.get(f"/admin/people/nobody/{rest}").status_code == 404


# -- role ------------------------------------------------------------------------------------------------------------


def test_an_administrator_is_made_and_unmade_at_once(admin: PageClient, app: Flask, world: World) -> None:
    learner = new_browser(app)
    world.sign_in(learner, "learner")
    assert learner.get("/admin/").status_code == 404
    assert admin.send(address(world, "learner", "role/"), {"administrator": "yes"}).status_code == 303
    assert learner.get("/admin/").status_code == 200
    admin.send(address(world, "learner", "role/"), {"administrator": "yes"})
    admin.send(address(world, "learner", "role/"), {"administrator": "no"})
    assert learner.get("/admin/").status_code == 404
    assert [kind for kind in kinds(app) if "administrator" in kind] == [
        "administrator appointed",
        "administrator dismissed",
    ]


def test_the_last_administrator_stays_one(admin: PageClient, app: Flask, world: World) -> None:
    response = admin.send(address(world, "administrator", "role/"), {"administrator": "no"})
    assert response.status_code == 422
    assert "This is the last administrator" in response.text
    assert person(app, world, "administrator").administrator
    admin.send(address(world, "learner", "role/"), {"administrator": "yes"})
    response = admin.send(address(world, "administrator", "role/"), {"administrator": "no"})
    assert response.headers["Location"] == "/learning/"
    assert not person(app, world, "administrator").administrator


def test_nobody_is_made_an_administrator_whose_address_is_not_shown_to_be_theirs(
    admin: PageClient, app: Flask, world: World
) -> None:
    """Anybody can register with the address of somebody who is expected."""
    for persona in ("unconfirmed", "suspended"):
        answer = admin.send(address(world, persona, "role/"), {"administrator": "yes"})
        assert answer.status_code == 422
        assert "Only somebody who can sign in and has confirmed their address" in answer.text
        assert not person(app, world, persona).administrator


def test_ones_own_second_step_is_reset_by_another_administrator(admin: PageClient, app: Flask, world: World) -> None:
    answer = admin.send(address(world, "administrator", "second-step/"))
    assert answer.status_code == 422
    assert "ask another administrator to reset it" in answer.text
    assert "second factor reset" not in kinds(app)


def test_what_gives_somebody_else_a_way_in_asks_again_who_it_is(admin: PageClient, app: Flask, world: World) -> None:
    before = everything_in(app)
    with clock.frozen_at(clock.now() + FRESH + timedelta(minutes=1)):
        for at in (
            address(world, "learner", "role/"),
            address(world, "learner", "email/"),
            address(world, "learner", "second-step/"),
            address(world, "learner", "teaching/"),
            address(world, "learner", "merge/now/"),
            "/admin/people/invite/",
            "/admin/people/import/now/",
        ):
            answer = admin.send(at, {"administrator": "yes", "email": "new@example.org"})
            assert answer.status_code == 422, at
            assert "Enter your password again" in answer.text, at
            assert 'value="new@example.org"' in answer.text, "what was typed is kept"
    assert everything_in(app) == before


def test_an_erased_account_takes_no_address_and_no_role(admin: PageClient, app: Flask, world: World) -> None:
    with app.test_request_context(), writing():
        erasing.erase_other(world.viewer("administrator"), world.viewer("learner").public_id, WhyErased.ASKED)
    before = everything_in(app)
    new = {"email": "n@example.org", "reason": EmailReason.ASKED}
    assert admin.send(address(world, "learner", "email/"), new).status_code == 404
    assert admin.send(address(world, "learner", "role/"), {"administrator": "yes"}).status_code == 404
    assert admin.send(address(world, "learner", "restore/")).status_code == 422
    assert everything_in(app) == before


def test_a_suspended_administrator_does_not_count(admin: PageClient, app: Flask, world: World) -> None:
    with app.app_context(), writing():
        queries.get_person(world.people["suspended"]).administrator = True
    assert admin.send(address(world, "administrator", "role/"), {"administrator": "no"}).status_code == 422


def test_of_two_administrators_who_demote_each_other_one_remains(app: Flask, world: World) -> None:
    with app.app_context(), writing():
        world.people["second"] = world.add_person("second", "Hana", "Sato", administrator=True).id
    first, second = world.viewer("administrator"), world.viewer("second")

    def demote(actor: Viewer, whom: Viewer) -> Callable[[], str]:
        def work() -> str:
            with app.app_context():
                try:
                    with writing():
                        administering.change_role(actor, whom.public_id, to_administrator=False)
                except (administering.LastAdministrator, NotFound):
                    return "refused"
                return "done"

        return work

    results = at_once([demote(first, second), demote(second, first)])
    assert sorted(results) == ["done", "refused"]
    with app.app_context():
        assert len(db.session.scalars(select(Person.id).where(Person.administrator, Person.active)).all()) == 1


@pytest.mark.parametrize(
    ("who", "administrators", "may"),
    [(1, [1], False), (1, [1, 2], True), (3, [1], True), (3, [], True), (1, [], True)],
)
def test_whether_there_may_be_one_administrator_less(who: int, administrators: list[int], may: bool) -> None:
    assert (why_not_without(who, administrators) == "") is may


def test_an_educator_is_appointed_and_dismissed_from_the_page(admin: PageClient, app: Flask, world: World) -> None:
    at = address(world, "learner", "teaching/")
    assert "Choose a cohort" in admin.send(at, {"cohort": "none"}).text
    assert admin.send(at, {"cohort": world.cohorts["two"]}).status_code == 303
    assert "Educator" in words_of(admin, address(world, "learner"))
    assert admin.send(at + "end/", {"cohort": world.cohorts["two"]}).status_code == 303
    assert admin.send(at + "end/", {"cohort": world.cohorts["two"]}).status_code == 404
    refused = admin.send(address(world, "unconfirmed", "teaching/"), {"cohort": world.cohorts["two"]})
    assert refused.status_code == 422
    assert "confirmed their address" in refused.text
    with app.app_context():
        assert db.session.scalars(select(Teaching.person_id).order_by(Teaching.id)).all() == [
            world.people["educator"],
            world.people["other_educator"],
        ]


# -- address ---------------------------------------------------------------------------------------------------------

LOST = {"email": "amina@new.example", "reason": "mailbox lost"}


def test_a_new_address_is_told_to_both_signs_out_and_is_to_be_confirmed(
    admin: PageClient, app: Flask, world: World, post: PostBox
) -> None:
    learner = new_browser(app)
    world.sign_in(learner, "learner")
    before = person(app, world, "learner")
    assert admin.send(address(world, "learner", "email/"), LOST).status_code == 303
    after = person(app, world, "learner")
    assert (after.email, after.confirmed_at) == ("amina@new.example", None)
    assert after.fs_uniquifier != before.fs_uniquifier, "what the old mailbox was sent is worth nothing"
    assert learner.get("/account/").status_code == 303
    texts = mails(post)
    assert [recipient for recipient, _ in texts] == ["learner@example.org", "amina@new.example"]
    [link] = [link_in(text) for _, text in texts if "/confirm/" in text]
    assert learner.send(link).status_code == 303
    assert person(app, world, "learner").confirmed_at is not None
    with app.app_context():
        [event] = db.session.scalars(select(AuditEvent).where(AuditEvent.kind == "e-mail changed"))
    assert event.detail == {"reason": "mailbox lost", "sign_ins_ended": 1}
    assert event.actor_id == world.people["administrator"]


def test_the_rosters_of_ones_cohorts_follow_an_address_that_an_administrator_corrects(
    admin: PageClient, app: Flask, world: World
) -> None:
    """A line that kept the old address would keep it after an erasure, too."""
    with app.app_context(), writing():
        [cohort] = db.session.scalars(
            select(Membership.cohort_id).where(Membership.person_id == world.people["learner"])
        )
        db.session.add(RosterEntry(cohort_id=cohort, email="learner@example.org", name="Amina"))
    admin.send(address(world, "learner", "email/"), {"email": "new@example.org", "reason": EmailReason.ASKED})
    with app.app_context():
        assert db.session.scalars(select(RosterEntry.email)).all() == ["new@example.org"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": ""}, "Enter an e-mail address like"),
        ({"email": "nobody"}, "Enter an e-mail address like"),
        ({"email": "Other_Learner@example.org"}, "Another account has this address"),
        ({"email": "LEARNER@example.org"}, "This is the address already"),
        ({"reason": ""}, "Choose why the address changes"),
        ({"reason": "whim"}, "Choose why the address changes"),
    ],
)
def test_an_address_that_cannot_be_changes_nothing_and_tells_nobody(
    admin: PageClient, app: Flask, world: World, post: PostBox, change: dict[str, str], words: str
) -> None:
    response = admin.send(address(world, "learner", "email/"), LOST | change)
    assert response.status_code == 422
    assert words in text_of(html5lib.parse(response.text))
    found = person(app, world, "learner")
    assert (found.email, found.confirmed_at is None) == ("learner@example.org", False)
    assert mails(post) == []


def test_a_suspended_person_is_told_nothing(admin: PageClient, world: World, post: PostBox) -> None:
    assert admin.send(address(world, "suspended", "email/"), LOST).status_code == 303
    assert mails(post) == []


# -- sign-ins --------------------------------------------------------------------------------------------------------


def test_somebody_is_signed_out_everywhere_and_nobody_else(admin: PageClient, app: Flask, world: World) -> None:
    devices = [new_browser(app) for _ in range(3)]
    for device, persona in zip(devices, ("learner", "learner", "other_learner"), strict=True):
        world.sign_in(device, persona)
    assert admin.send(address(world, "learner", "sign-out/")).status_code == 303
    assert [device.get("/account/").status_code for device in devices] == [303, 303, 200]


def test_all_sign_ins_end_but_the_one_that_is_kept(app: Flask, world: World) -> None:
    for _ in range(3):
        world.sign_in(new_browser(app), "learner")
    mine = world.people["learner"]
    with app.app_context():
        keys = db.session.scalars(select(SignIn.id).where(SignIn.person_id == mine).order_by(SignIn.id)).all()
        with writing():
            assert end_all_sign_ins(mine, but=keys[1]) == 2
        with writing():
            assert end_all_sign_ins(mine, but=keys[1]) == 0
        live = db.session.scalars(select(SignIn.id).where(SignIn.person_id == mine, SignIn.ended_at.is_(None))).all()
    assert live == [keys[1]]


@pytest.mark.parametrize("persona", ["learner", "educator"])
def test_nobody_else_changes_people(app: Flask, world: World, persona: str) -> None:
    viewer, other = world.viewer(persona), world.viewer("other_learner").public_id
    works = (
        lambda: administering.change_role(viewer, other, to_administrator=True),
        lambda: administering.change_email(viewer, other, "x@example.org", EmailReason.LOST),
        lambda: administering.sign_out_everywhere(viewer, other),
        lambda: suspend(viewer, other),
    )
    for work in works:
        with app.app_context(), pytest.raises(NotFound), writing():
            work()
