"""Invitations: one link, once, 48 hours; and what comes of it."""

from datetime import timedelta

import html5lib
import pytest
from flask import Flask
from sqlalchemy import select

from elearn.accounts import invitations
from elearn.accounts.actions import suspend
from elearn.accounts.limits import Way
from elearn.accounts.models import Guess, Invitation, Person
from elearn.accounts.queries import find_person_by_email, get_person
from elearn.accounts.rules import Profession
from elearn.audit.models import AuditEvent
from elearn.cohorts.models import Membership, Teaching
from elearn.extensions import db
from elearn.mail.models import Letter
from elearn.reports.joining import accept
from elearn.shared import clock
from elearn.shared.missing import NotFound
from elearn.shared.transactions import writing
from tests.certificates.awarding import changed_settings
from tests.page import PageClient, new_browser, text_of
from tests.post import PostBox, empty_post, link_in, mails
from tests.racing import at_once
from tests.rows import everything_in
from tests.world import PASSWORD_HASH, World

ASKED = {
    "email": "Ida@Example.org",
    "given_names": "Ida",
    "family_name": "Invited",
    "profession": "nurse",
    "registration_number": "NMC 1",
    "role": "learner",
    "cohort": "",
}
TAKEN = {
    "given_names": "Ida Maria",
    "family_name": "Invited",
    "profession": "doctor",
    "registration_number": "",
    "password": "three random words",
}
NO_GOOD = "This link does not work"


@pytest.fixture
def admin(app: Flask, world: World, client: PageClient) -> PageClient:
    world.sign_in(client, "administrator")
    return client


@pytest.fixture
def post(app: Flask) -> PostBox:
    return empty_post(app)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash no password: its strength is not what these tests are about."""
    monkeypatch.setattr("elearn.accounts.guarding.hash_password", lambda _password: PASSWORD_HASH)


def invited(admin: PageClient, post: PostBox, **change: str) -> str:
    """Invite somebody, and give the link of the mail."""
    assert admin.send("/admin/people/invite/", ASKED | change).status_code == 303
    recipient, text = mails(post)[-1]
    assert recipient == (ASKED | change)["email"].lower()
    return link_in(text)


def found(app: Flask, email: str = "ida@example.org") -> Person | None:
    with app.app_context():
        person = find_person_by_email(email)
        if person is not None:
            db.session.expunge(person)
        return person


def words(text: str) -> str:
    return text_of(html5lib.parse(text))


def test_somebody_who_is_invited_makes_their_account_and_signs_in(
    admin: PageClient, app: Flask, world: World, post: PostBox
) -> None:
    link = invited(admin, post)
    guest = new_browser(app)
    before = everything_in(app)
    page = guest.get(link)
    assert page.status_code == 200
    assert "ida@example.org" in page.text
    assert 'value="Ida"' in page.text
    assert everything_in(app) == before, "mail scanners follow links"
    answer = guest.send(link, TAKEN)
    assert answer.status_code == 303
    assert "Your account is ready" in guest.get(answer.location).text
    person = found(app)
    assert person is not None
    assert (person.given_names, person.profession, person.administrator) == ("Ida Maria", Profession.DOCTOR, False)
    assert person.confirmed_at is not None
    with app.app_context():
        assert db.session.scalars(select(Invitation)).all() == [], "nothing is kept of an invitation that was taken"
        events = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    [sent] = [event for event in events if event.kind == "person invited"]
    assert sent.actor_id == world.people["administrator"]
    assert "ida" not in str((sent.detail, sent.subject)).lower()
    [taken] = [event for event in events if event.kind == "invitation accepted"]
    assert (taken.subject, taken.detail) == (f"person:{person.id}", {"invited_by": world.people["administrator"]})
    signed_in = guest.send("/account/sign-in/", {"email": "ida@example.org", "password": TAKEN["password"]})
    assert signed_in.status_code in (302, 303)


def test_the_token_is_not_in_the_database(admin: PageClient, app: Flask, post: PostBox) -> None:
    token = invited(admin, post).rstrip("/").rpartition("/")[2]
    with app.app_context():
        row = db.session.scalars(select(Invitation)).one()
        assert token not in str(vars(row))
        assert len(token) >= 43


def used(admin: PageClient, app: Flask, post: PostBox) -> str:
    link = invited(admin, post)
    new_browser(app).send(link, TAKEN)
    return link


def old(admin: PageClient, app: Flask, post: PostBox) -> str:
    link = invited(admin, post)
    with app.app_context(), writing():
        row = db.session.scalars(select(Invitation)).one()
        row.expires_at = clock.now() - timedelta(seconds=1)
    return link


def replaced(admin: PageClient, app: Flask, post: PostBox) -> str:
    link = invited(admin, post)
    assert invited(admin, post, family_name="Newer") != link
    return link


def withdrawn(admin: PageClient, app: Flask, post: PostBox) -> str:
    link = invited(admin, post)
    with app.app_context():
        public_id = db.session.scalars(select(Invitation.public_id)).one()
    assert admin.send(f"/admin/people/invite/{public_id}/withdraw/").status_code == 303
    return link


def from_nobody(admin: PageClient, app: Flask, post: PostBox) -> str:
    """Whoever invited is no administrator any more."""
    link = invited(admin, post)
    with app.app_context(), writing():
        db.session.scalars(select(Person).where(Person.administrator)).one().administrator = False
    return link


def wrong(_admin: PageClient, _app: Flask, _post: PostBox) -> str:
    return "/account/invitation/wrong/"


def test_a_link_that_is_no_good_gets_one_answer_whatever_is_the_matter(
    admin: PageClient, app: Flask, world: World, post: PostBox
) -> None:
    answers = set()
    for make in (wrong, old, withdrawn, replaced, used, from_nobody):
        with app.app_context(), writing():
            for row in db.session.scalars(select(Person).where(Person.email == "ida@example.org")):
                row.email = f"{make.__name__}@example.org"
        link, guest = make(admin, app, post), new_browser(app)
        before = everything_in(app) | {"guesses": ""}
        for answer in (guest.get(link), guest.send(link, TAKEN), guest.send(link, {})):
            assert answer.status_code == 404, make.__name__
            assert NO_GOOD in answer.text
            answers.add(words(answer.text))
        assert everything_in(app) | {"guesses": ""} == before, make.__name__
    assert len(answers) == 1
    with app.app_context():
        assert set(db.session.scalars(select(Guess.way))) == {Way.LINK}, (
            "each post is counted, so that nobody tries for ever"
        )


def test_words_of_the_provider_are_refused_here_as_well(admin: PageClient, app: Flask, post: PostBox) -> None:
    link = invited(admin, post)
    with changed_settings(app, provider_name="Southmead Hospital Trust"):
        answer = new_browser(app).send(link, {**TAKEN, "password": "SouthmeadHospital2026!"})
    assert answer.status_code == 422
    assert "built from your name, your e-mail address or words of this site" in answer.text


def test_the_letter_of_an_invitation_is_its_persons_from_then_on(admin: PageClient, app: Flask, post: PostBox) -> None:
    """It goes with them when they are erased, whatever their address is by then."""
    link = invited(admin, post)
    assert new_browser(app).send(link, TAKEN).status_code == 303
    with app.app_context():
        person = find_person_by_email("ida@example.org")
        assert person is not None
        assert person.id in set(
            db.session.scalars(select(Letter.person_id).where(Letter.recipient == "ida@example.org"))
        )
        assert None not in set(db.session.scalars(select(Letter.person_id)))


def test_a_newer_invitation_works_and_is_the_only_one(admin: PageClient, app: Flask, post: PostBox) -> None:
    invited(admin, post)
    link = invited(admin, post, email="IDA@example.org", profession="pharmacist")
    with app.app_context():
        assert [row.profession for row in db.session.scalars(select(Invitation))] == [Profession.PHARMACIST]
    assert new_browser(app).send(link, TAKEN).status_code == 303


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"password": "short"}, "Password must be between 15 and 1000 characters"),
        ({"password": ""}, "Enter a password"),
        ({"family_name": " "}, "Enter your family name"),
        ({"profession": "king"}, "Choose your profession"),
    ],
)
def test_what_is_wrong_is_said_and_the_link_stays_good(
    admin: PageClient, app: Flask, post: PostBox, change: dict[str, str], says: str
) -> None:
    link, guest = invited(admin, post), new_browser(app)
    answer = guest.send(link, TAKEN | change)
    assert answer.status_code == 422
    assert says in words(answer.text)
    assert "three random words" not in answer.text
    assert found(app) is None
    assert guest.send(link, TAKEN).status_code == 303


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"email": "nobody"}, "Enter an e-mail address like"),
        ({"email": "x" * 250 + "@example.org"}, "Enter an e-mail address like"),
        ({"family_name": ""}, "Enter their family name"),
        ({"profession": ""}, "Choose their profession"),
        ({"profession": "king"}, "Choose their profession"),
        ({"role": "king"}, "Choose a role"),
        ({"role": "educator"}, "Choose the cohort that the educator will teach"),
        ({"role": "administrator", "cohort": "one"}, "Choose no cohort for an administrator"),
        ({"cohort": "none"}, "Choose a cohort from the list"),
    ],
)
def test_an_invitation_that_cannot_be_is_not_sent(
    admin: PageClient, app: Flask, world: World, post: PostBox, change: dict[str, str], says: str
) -> None:
    if change.get("cohort") == "one":
        change = change | {"cohort": world.cohorts["one"]}
    answer = admin.send("/admin/people/invite/", ASKED | change)
    assert answer.status_code == 422
    assert says in words(answer.text)
    assert mails(post) == []
    with app.app_context():
        assert db.session.scalars(select(Invitation)).all() == []


def test_somebody_with_an_account_is_not_invited_but_shown(admin: PageClient, world: World, post: PostBox) -> None:
    answer = admin.send("/admin/people/invite/", ASKED | {"email": "LEARNER@example.org"})
    assert answer.status_code == 422
    assert "Amina Canary-Khan has an account with this address already" in words(answer.text)
    assert f"/admin/people/{world.viewer('learner').public_id}/role/" in answer.text
    assert mails(post) == []


@pytest.mark.parametrize("role", ["learner", "educator", "administrator"])
def test_an_invitation_gives_what_it_was_made_for(
    admin: PageClient, app: Flask, world: World, post: PostBox, role: str
) -> None:
    cohort = "" if role == "administrator" else world.cohorts["two"]
    link, guest = invited(admin, post, role=role, cohort=cohort), new_browser(app)
    assert ("educators will see" in guest.get(link).text) is (role == "learner")
    guest.send(link, TAKEN | {"administrator": "y", "role": "administrator"})
    person = found(app)
    assert person is not None
    assert person.administrator is (role == "administrator")
    with app.app_context():
        member = db.session.scalars(select(Membership).filter_by(person_id=person.id)).all()
        teaches = db.session.scalars(select(Teaching).filter_by(person_id=person.id)).all()
    assert (len(member), len(teaches)) == {"learner": (1, 0), "educator": (0, 1), "administrator": (0, 0)}[role]


def test_fifty_who_take_one_invitation_at_once_make_one_account(app: Flask, world: World) -> None:
    administrator = world.viewer("administrator")
    with app.app_context(), writing():
        token = invitations.invite(
            administrator, invitations.Invitee("ida@example.org", "Ida", "Invited", Profession.NURSE)
        )

    def take() -> bool:
        with app.app_context(), writing():
            return (
                accept(
                    token,
                    password_hash=PASSWORD_HASH,
                    given_names="Ida",
                    family_name="Invited",
                    profession=Profession.NURSE,
                    registration_number="",
                )
                is not None
            )

    assert at_once([take] * 50).count(True) == 1
    with app.app_context():
        assert len(db.session.scalars(select(Person).filter_by(email="ida@example.org")).all()) == 1


def test_somebody_who_registered_meanwhile_is_sent_to_sign_in(
    admin: PageClient, app: Flask, world: World, post: PostBox
) -> None:
    link = invited(admin, post)
    with app.app_context(), writing():
        get_person(world.people["learner"]).email = "ida@example.org"
    answer = new_browser(app).send(link, TAKEN)
    assert (answer.status_code, answer.location) == (303, "/account/sign-in/")


def test_old_invitations_go_with_their_names(admin: PageClient, app: Flask, world: World, post: PostBox) -> None:
    invited(admin, post)
    with app.app_context(), writing():
        db.session.scalars(select(Invitation)).one().expires_at = clock.now() - timedelta(days=31)
    invited(admin, post, email="new@example.org")
    with app.app_context():
        assert db.session.scalars(select(Invitation.email)).all() == ["new@example.org"]


@pytest.mark.parametrize("persona", ["learner", "educator"])
def test_nobody_else_invites(app: Flask, world: World, persona: str) -> None:
    viewer = world.viewer(persona)
    guest = invitations.Invitee("ida@example.org", "Ida", "Invited", Profession.NURSE)
    for work in (
        lambda: invitations.invite(viewer, guest),
        lambda: invitations.invite_new(viewer, guest),
        lambda: invitations.list_waiting(viewer),
        lambda: invitations.withdraw(viewer, "x"),
    ):
        with app.app_context(), pytest.raises(NotFound), writing():
            work()


def test_an_administrator_who_is_suspended_meanwhile_invites_nobody(app: Flask, world: World) -> None:
    with app.app_context(), writing():
        world.people["second"] = world.add_person("second", "Hana", "Sato", administrator=True).id
    first, second = world.viewer("administrator"), world.viewer("second")
    guest = invitations.Invitee("ida@example.org", "Ida", "Invited", Profession.NURSE, administrator=True)
    with app.app_context():
        with writing():
            token = invitations.invite(second, guest)
        assert invitations.find_invitee(token) is not None
        with writing():
            suspend(first, second.public_id)
        assert invitations.find_invitee(token) is None
