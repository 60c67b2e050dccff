"""Two accounts of one person become one: nothing is lost, nothing doubled, and both certificates verify."""

from collections.abc import Callable
from datetime import UTC, datetime

import html5lib
import pytest
from flask import Flask
from sqlalchemy import BigInteger, Integer, func, select

from elearn.accounts.models import Merge, Person, SignIn
from elearn.accounts.queries import find_person_by_email, get_person
from elearn.audit.models import AuditEvent
from elearn.certificates.actions import issue_certificate
from elearn.certificates.holder import Holder
from elearn.certificates.models import CertificateHolder
from elearn.certificates.numbers import grouped
from elearn.cohorts.models import Membership, RosterEntry, Teaching
from elearn.extensions import Base, db
from elearn.learning.models import Reflection
from elearn.modules.models import Completion, Enrolment
from elearn.quizzes.actions import accommodate
from elearn.quizzes.models import Accommodation, Answer, Attempt, ResponseEvent
from elearn.quizzes.queries import more_time_of
from elearn.quizzes.rules import MoreTime
from elearn.reports import merge
from elearn.reports.one_person import (
    HISTORY,
    RULES,
    Account,
    Passage,
    more_generous,
    renumbered,
    why_not_merge,
)
from elearn.shared.missing import NotFound
from elearn.shared.transactions import writing
from tests.certificates.awarding import ready, settings_of
from tests.page import PageClient, new_browser, text_of
from tests.post import empty_post, mails
from tests.quizzes.sitting import module_of, sit, start
from tests.racing import at_once
from tests.rows import everything_in
from tests.world import MODULE, World

OTHER = {"email": "other_learner@example.org", "stays": "this"}
KEPT = (Completion, Attempt, Answer, ResponseEvent, Reflection, Enrolment, CertificateHolder)


@pytest.fixture
def admin(app: Flask, world: World, client: PageClient) -> PageClient:
    world.sign_in(client, "administrator")
    return client


def at(world: World, persona: str = "learner", rest: str = "") -> str:
    return f"/admin/people/{world.viewer(persona).public_id}/merge/{rest}"


def certificate(world: World, persona: str) -> str:
    """Somebody's certificate for the module, whose steps they have done; gives its number."""
    viewer = world.viewer(persona)
    with world.app.test_request_context(base_url="https://localhost"), writing():
        holder = Holder(viewer.given_names, viewer.family_name, viewer.registration_number)
        return grouped(issue_certificate(viewer, module_of(world), settings_of(world.app), holder.digest))


def seen(world: World, stays: str = "learner", emptied: str = "other_learner") -> str:
    with world.app.app_context():
        plan = merge.plan_merge(
            world.viewer("administrator"), world.viewer(stays).public_id, world.viewer(emptied).public_id
        )
        return plan.fingerprint


def counts(app: Flask) -> dict[str, int]:
    with app.app_context():
        return {table.__tablename__: db.session.scalar(select(func.count()).select_from(table)) or 0 for table in KEPT}


def rounds(app: Flask, person_id: int) -> dict[int, int]:
    with app.app_context():
        rows = db.session.execute(select(Enrolment.id, Enrolment.cycle).where(Enrolment.person_id == person_id))
        return {row.id: row.cycle for row in rows}


# -- every key has a rule --------------------------------------------------------------------------------------------


def test_every_foreign_key_to_a_person_has_a_rule_and_every_rule_a_key() -> None:
    assert {key for key, _, _ in merge.list_links()} == set(RULES)


def test_every_column_that_keeps_somebodys_key_as_history_is_known() -> None:
    """A number that names who did something, without a foreign key: it stays, and somebody has decided so."""
    named = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, (BigInteger, Integer))
        and not column.foreign_keys
        and (column.name in ("by", "actor_id", "owner_id", "person_id") or column.name.endswith("_by"))
    }
    assert named == HISTORY


def test_a_table_without_a_rule_stops_a_merge(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything_in(app)
    monkeypatch.delitem(RULES, "problem_reports.person_id")
    with pytest.raises(merge.NoRule, match=r"problem_reports\.person_id"):
        seen(world)
    assert everything_in(app) == before


# -- pure decisions --------------------------------------------------------------------------------------------------


def passage(key: int, stays: bool, cycle: int = 1, module: str = "m", **reach: int) -> Passage:
    return Passage(
        key,
        stays,
        module,
        cycle,
        datetime(2026, 1, key, tzinfo=UTC),
        bool(reach.get("certified")),
        reach.get("steps", 0),
        reach.get("attempts", 0),
    )


@pytest.mark.parametrize(
    ("passages", "after"),
    [
        ([passage(1, True), passage(2, False, module="n")], {1: 1, 2: 1}),
        ([passage(1, True), passage(2, False)], {1: 2, 2: 1}),
        ([passage(1, True), passage(2, False, steps=1)], {1: 1, 2: 2}),
        ([passage(1, True, steps=9), passage(2, False, certified=1)], {1: 1, 2: 2}),
        ([passage(1, True, certified=1), passage(2, False, certified=1)], {1: 2, 2: 1}),
        ([passage(1, True, attempts=1), passage(2, False)], {1: 2, 2: 1}),
        ([passage(1, True), passage(2, True, 2), passage(3, False, certified=1)], {1: 1, 2: 3, 3: 2}),
        ([passage(1, True), passage(2, False), passage(3, False, 2, steps=1)], {1: 1, 2: 2, 3: 3}),
        ([passage(1, True, 3)], {1: 3}),
        ([], {}),
    ],
)
def test_the_passage_that_is_further_on_is_the_present_one(passages: list[Passage], after: dict[int, int]) -> None:
    assert renumbered(passages) == after


@pytest.mark.parametrize(
    ("one", "two", "more"),
    [
        (MoreTime(100), MoreTime(150), MoreTime(150)),
        (MoreTime(None), MoreTime(200), MoreTime(None)),
        (MoreTime(125, rest_breaks=True), MoreTime(100), MoreTime(125, rest_breaks=True)),
    ],
)
def test_the_more_generous_time_stays(one: MoreTime, two: MoreTime, more: MoreTime) -> None:
    assert more_generous(one, two) == more_generous(two, one) == more


@pytest.mark.parametrize(
    ("stays", "emptied", "actor", "administrators", "may"),
    [
        (Account(1, False, False), Account(2, False, False), 9, [9], True),
        (Account(1, False, False), Account(1, False, False), 9, [9], False),
        (Account(1, False, True), Account(2, False, False), 9, [9], False),
        (Account(1, False, False), Account(2, False, True), 9, [9], False),
        (Account(1, False, False), Account(2, False, False, erased=True), 9, [9], False),
        (Account(1, False, False, erased=True), Account(2, False, False), 9, [9], False),
        (Account(1, True, False), Account(9, True, False), 9, [1, 9], False),
        (Account(9, True, False), Account(2, True, False), 9, [2, 9], True),
        (Account(1, False, False), Account(2, True, False), 9, [2], False),
    ],
)
def test_who_may_be_merged(stays: Account, emptied: Account, actor: int, administrators: list[int], may: bool) -> None:
    assert (why_not_merge(stays, emptied, actor, administrators) == "") is may


# -- the merge -------------------------------------------------------------------------------------------------------


def two_lives(world: World) -> tuple[str, str]:
    """Both have gone the whole way, and each has a certificate; both have an attempt that is open."""
    numbers = []
    for persona in ("learner", "other_learner"):
        enrolment = ready(world, persona)
        sit(world, right=8, persona=persona)
        with world.app.app_context(), writing():
            db.session.add(Reflection(enrolment_id=enrolment, learned=persona, will_change="x", effect_on_patients="y"))
        numbers.append(certificate(world, persona))
        start(world, persona, "adaptive-designs")
    return numbers[0], numbers[1]


def test_nothing_is_lost_or_doubled_and_both_certificates_verify(admin: PageClient, app: Flask, world: World) -> None:
    post = empty_post(app)
    first, second = two_lives(world)
    mine, other = world.people["learner"], world.people["other_learner"]
    visitor = new_browser(app)
    verified = [visitor.get(f"/verify/{number}/").text.partition("<main")[2] for number in (first, second)]
    gone = new_browser(app)
    world.sign_in(gone, "other_learner")
    me = new_browser(app)
    world.sign_in(me, "learner")
    own = me.get("/learning/").text.count(f'href="/modules/{MODULE}/"')
    before, everything = counts(app), everything_in(app)

    dry = admin.send(at(world), OTHER)
    said = text_of(html5lib.parse(dry.text))
    for words in ("1 certificate.", "1 start of a module", "1 cohort learned in", "was started in both", "round 2"):
        assert words in said
    assert everything_in(app) == everything, "a dry run writes nothing"

    answer = admin.send(at(world, rest="now/"), OTHER | {"seen": seen(world)})
    assert answer.status_code == 303
    assert counts(app) == before
    assert sorted(rounds(app, mine).values()) == [1, 2]
    assert rounds(app, other) == {}
    with app.app_context():
        assert set(db.session.scalars(select(CertificateHolder.person_id))) == {mine}
        assert len(db.session.scalars(select(Membership.cohort_id).filter_by(person_id=mine)).all()) == 2
        assert db.session.scalars(select(Merge.into_id).filter_by(person_id=other)).all() == [mine]
    assert [visitor.get(f"/verify/{number}/").text.partition("<main")[2] for number in (first, second)] == verified
    assert gone.get("/account/").status_code == 303, "its sign-ins have ended"
    assert sorted(recipient for recipient, _ in mails(post)) == ["learner@example.org", "other_learner@example.org"]

    for number in (first, second):
        assert me.get(f"/certificates/{number}/").status_code == 200
    assert first in me.get("/learning/").text
    assert me.get("/learning/").text.count(f'href="/modules/{MODULE}/"') == own, "the module stands there once"
    assert second in me.get("/learning/").text


def test_the_emptied_account_is_a_mark_and_its_address_is_free(admin: PageClient, app: Flask, world: World) -> None:
    public_id = world.viewer("other_learner").public_id
    admin.send(at(world, rest="now/"), OTHER | {"seen": seen(world)})
    with app.app_context():
        emptied = get_person(world.people["other_learner"])
        assert (emptied.active, emptied.administrator, emptied.confirmed_at) == (False, False, None)
        kept = " ".join(str(value) for value in vars(emptied).values())
        assert not any(word in kept for word in ("Bram", "Okafor", "CANARY", "other_learner", "$argon2"))
        assert find_person_by_email("other_learner@example.org") is None
        [event] = db.session.scalars(select(AuditEvent).where(AuditEvent.kind == "accounts merged"))
        assert (event.subject, event.actor_id) == (
            f"person:{world.people['learner']}",
            world.people["administrator"],
        )
        assert event.detail["person"] == world.people["other_learner"]
    page = admin.get(f"/admin/people/{public_id}/")
    assert "This account was emptied into that of" in page.text
    assert admin.send(f"/admin/people/{public_id}/restore/").status_code == 422
    guest = new_browser(app)
    sign_in = {"email": f"merged-{world.people['other_learner']}@merged.invalid", "password": "*"}
    assert guest.send("/account/sign-in/", sign_in).status_code == 422
    assert admin.send(at(world), {"email": sign_in["email"], "stays": "this"}).status_code == 422


def test_what_both_have_is_there_once(admin: PageClient, app: Flask, world: World) -> None:
    mine, other = world.people["learner"], world.people["other_learner"]
    administrator = world.viewer("administrator")
    with app.app_context(), writing():
        cohorts = list(db.session.scalars(select(Membership.cohort_id).order_by(Membership.id)))
        db.session.add(Membership(cohort_id=cohorts[0], person_id=other))
        for person, cohort in ((mine, cohorts[0]), (other, cohorts[0]), (other, cohorts[1])):
            db.session.add(Teaching(cohort_id=cohort, person_id=person))
        for email in ("learner@example.org", "other_learner@example.org"):
            db.session.add(RosterEntry(cohort_id=cohorts[0], email=email))
        db.session.add(RosterEntry(cohort_id=cohorts[1], email="other_learner@example.org"))
        accommodate(administrator, mine, MoreTime(125))
        accommodate(administrator, other, MoreTime(100, rest_breaks=True))
    assert admin.send(at(world, rest="now/"), OTHER | {"seen": seen(world)}).status_code == 303
    with app.app_context():
        for table in (Membership, Teaching):
            assert sorted(db.session.scalars(select(table.cohort_id).filter_by(person_id=mine))) == sorted(cohorts)
            assert db.session.scalars(select(table.id).filter_by(person_id=other)).all() == []
        assert sorted(db.session.execute(select(RosterEntry.cohort_id, RosterEntry.email)).all()) == [
            (cohorts[0], "learner@example.org"),
            (cohorts[1], "learner@example.org"),
        ]
        assert more_time_of(mine) == MoreTime(125, rest_breaks=True)
        assert db.session.scalars(select(Accommodation.person_id)).all() == [mine]


def test_the_other_account_may_stay(admin: PageClient, app: Flask, world: World) -> None:
    answer = admin.send(
        at(world, rest="now/"), OTHER | {"stays": "other", "seen": seen(world, "other_learner", "learner")}
    )
    assert answer.status_code == 303
    with app.app_context():
        assert not get_person(world.people["learner"]).active
        assert get_person(world.people["other_learner"]).active


def test_a_third_account_takes_the_earlier_merge_along(admin: PageClient, app: Flask, world: World) -> None:
    admin.send(at(world, rest="now/"), OTHER | {"seen": seen(world)})
    into = {"email": "unconfirmed@example.org", "stays": "other", "seen": seen(world, "unconfirmed", "learner")}
    assert admin.send(at(world, rest="now/"), into).status_code == 303
    with app.app_context():
        assert set(db.session.scalars(select(Merge.into_id))) == {world.people["unconfirmed"]}


@pytest.mark.parametrize(
    ("persona", "change", "words"),
    [
        ("learner", {"email": "nobody@example.org"}, "Nobody has an account with this address"),
        ("learner", {"email": "LEARNER@example.org"}, "This is the same account"),
        ("learner", {"email": "no"}, "Enter an e-mail address like"),
        ("learner", {"stays": ""}, "Choose which account stays"),
        ("learner", {"email": "administrator@example.org"}, "You are signed in with the account"),
        ("administrator", {"stays": "other"}, "You are signed in with the account"),
    ],
)
def test_what_cannot_be_merged_is_said_and_nothing_changes(
    admin: PageClient, app: Flask, world: World, persona: str, change: dict[str, str], words: str
) -> None:
    before = everything_in(app)
    for rest in ("", "now/"):
        answer = admin.send(at(world, persona, rest), OTHER | change)
        assert answer.status_code == 422
        assert words in text_of(html5lib.parse(answer.text))
    assert everything_in(app) == before


def test_a_merge_that_would_do_something_else_by_now_is_shown_again(
    admin: PageClient, app: Flask, world: World
) -> None:
    old = seen(world)
    world.enrol("other_learner")
    answer = admin.send(at(world, rest="now/"), OTHER | {"seen": old})
    assert answer.status_code == 409
    assert "1 start of a module" in text_of(html5lib.parse(answer.text))
    with app.app_context():
        assert db.session.scalars(select(Merge.person_id)).all() == []


def test_a_merge_that_fails_half_way_leaves_everything_as_it_was(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_lives(world)
    fingerprint, before = seen(world), everything_in(app)

    def fail(*_args: object) -> None:
        raise RuntimeError("half way")

    monkeypatch.setattr(merge, "_close", fail)
    first, second = (world.viewer(persona).public_id for persona in ("learner", "other_learner"))
    with app.app_context(), pytest.raises(RuntimeError, match="half way"), writing():
        merge.apply_merge(world.viewer("administrator"), first, second, fingerprint)
    assert everything_in(app) == before


def test_two_who_merge_the_same_two_the_other_way_round_leave_one_account(app: Flask, world: World) -> None:
    viewer = world.viewer("administrator")
    world.enrol("learner")
    world.enrol("other_learner")
    one, two = world.viewer("learner").public_id, world.viewer("other_learner").public_id
    prints = {(one, two): seen(world), (two, one): seen(world, "other_learner", "learner")}

    def work(stays: str, emptied: str) -> Callable[[], bool]:
        def run() -> bool:
            with app.app_context():
                try:
                    with writing():
                        merge.apply_merge(viewer, stays, emptied, prints[stays, emptied])
                except (merge.MayNotMerge, merge.NotAsSeen):
                    return False
                return True

        return run

    assert sorted(at_once([work(one, two), work(two, one)])) == [False, True]
    with app.app_context():
        keys = [world.people["learner"], world.people["other_learner"]]
        assert len(db.session.scalars(select(Person.id).where(Person.id.in_(keys), Person.active)).all()) == 1
        assert len(set(db.session.scalars(select(Enrolment.person_id)))) == 1


@pytest.mark.parametrize("persona", ["learner", "educator"])
def test_nobody_else_merges(app: Flask, world: World, persona: str) -> None:
    viewer = world.viewer(persona)
    one, two = world.viewer("learner").public_id, world.viewer("other_learner").public_id
    with app.app_context():
        with pytest.raises(NotFound):
            merge.plan_merge(viewer, one, two)
        with pytest.raises(NotFound), writing():
            merge.apply_merge(viewer, one, two, "")
        assert db.session.scalars(select(SignIn.id)).all() == []
