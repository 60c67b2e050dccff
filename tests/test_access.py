"""Who gets in: every rule of the application times every persona, asked over HTTP (A-1, A-2, A-4).

`MATRIX` says for each endpoint and method who gets in. A rule that is missing here, or stands here and is no more, fails.
The world gives each address a real object: the learner's own attempt, the educator's own cohort, a real certificate.
"""

from dataclasses import dataclass
from typing import Any, Literal

import pytest
from flask import Flask, Response
from werkzeug.test import TestResponse

from elearn.accounts.erasing import erase_own
from elearn.accounts.invitations import Invitee, invite, list_waiting
from elearn.accounts.queries import get_person
from elearn.accounts.rules import Profession
from elearn.accounts.security import ACCESS
from elearn.certificates.actions import issue_certificate
from elearn.certificates.holder import Holder
from elearn.cohorts.models import Cohort, RosterEntry
from elearn.extensions import db
from elearn.learning.actions import report_problem
from elearn.learning.reported import get_question_subject
from elearn.mail import actions as mail
from elearn.mail.models import Letter
from elearn.modules.actions import record_review
from elearn.modules.models import Completion
from elearn.quizzes.queries import get_attempt
from elearn.shared import clock
from elearn.shared.access import Access, access_of, allow
from elearn.shared.transactions import writing
from elearn.site.actions import complain
from elearn.site.rules import About
from tests.kept import Kept
from tests.page import PageClient
from tests.quizzes.sitting import module_of, sit, start
from tests.world import MODULE, World

SIGNED_IN = frozenset({"unconfirmed", "learner", "other_learner", "educator", "other_educator", "administrator"})
OUTSIDE = frozenset({"anonymous", "suspended", "erased"})
EVERYBODY = SIGNED_IN | OUTSIDE
NOBODY: frozenset[str] = frozenset()
LEARNER = frozenset({"learner"})
EDUCATOR = frozenset({"educator"})
ADMINISTRATOR = frozenset({"administrator"})
SHARES, COOKIE = 4, "__Host-elearn"
LESSON = "how-trials-build-evidence"

MATRIX: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            *("GET site.start", "GET site.about", "GET site.accessibility", "GET site.cookies", "GET site.healthz"),
            *("GET site.privacy", "GET site.terms", "GET modules.module", "GET modules.modules"),
            *("GET reference.about", "GET reference.glossary", "GET reference.sources"),
            *("GET certificates.verify", "GET certificates.verification", "POST certificates.match"),
            *("GET security.login", "POST security.login", "GET security.register", "POST security.register"),
            *("GET accounts.confirm", "POST accounts.confirm_now", "GET invited.ask", "POST invited.accept"),
            *("GET passwords.forgotten", "POST passwords.send_link", "GET passwords.look_at_mail"),
            *("GET passwords.reset", "POST passwords.reset_now", "GET emails.confirm", "POST emails.confirm_now"),
            *("GET factors.sign_in", "POST factors.sign_in_now"),
            *("GET data.erased", "GET complaints.ask", "POST complaints.send", "GET complaints.receipt"),
        ),
        EVERYBODY,
    ),
    **dict.fromkeys(
        (
            *(
                "GET accounts.account",
                "GET accounts.details",
                "POST accounts.change_details",
                "POST accounts.send_again",
            ),
            *("GET passwords.change", "POST passwords.change_now"),
            *("GET emails.change", "POST emails.ask"),
            *("GET cohorts.cohorts", "GET cohorts.join", "POST cohorts.check_code", "POST cohorts.confirm"),
            *("GET learning.learning", "POST modules.start", "POST security.logout", "GET problems.problems"),
            "GET reference.whole",
            *("GET factors.factors_page", "GET factors.app", "POST factors.add_app", "POST factors.remove_app"),
            *("GET factors.passkey", "POST factors.add_passkey", "POST factors.new_codes"),
            # Whoever is in already is led on; who is between the factors: tests/accounts/test_between.py
            *("GET factors.ask", "POST factors.prove", "GET factors.ask_recovery", "POST factors.recover"),
            *("POST factors.prove_by_passkey", "GET sign_ins.again", "POST sign_ins.again_now"),
            *("GET sign_ins.sign_ins_page", "POST sign_ins.end_all", "POST sign_ins.cancel"),
            *("GET data.data", "POST data.copy", "GET data.ask", "POST data.erase"),
        ),
        SIGNED_IN,
    ),
    # The learner of these tests is the only one who has started the module, sat its quizzes and holds a certificate.
    **dict.fromkeys(
        (
            *("GET modules.lesson", "POST modules.check", "POST modules.done", "POST modules.place"),
            *("GET quizzes.quiz", "POST quizzes.start", "GET questions.question", "POST questions.save"),
            *("POST quizzes.take_break", "POST quizzes.end_break"),
            *("GET quizzes.answers", "POST quizzes.submit", "GET quizzes.result"),
            *("GET learning.reflection", "POST learning.save_reflection"),
            *("GET learning.evaluation", "POST learning.send_evaluation"),
            *("GET pretest.before", "POST pretest.start"),
            *("GET problems.new", "POST problems.send"),
            *("GET certificates.confirm", "POST certificates.issue"),
            *("GET cohorts.leave", "POST cohorts.leave_now"),
        ),
        LEARNER,
    ),
    **dict.fromkeys(
        (
            *("GET items.items", "GET items.item", "POST items.check", "POST items.rule"),
            *("GET reported.problems", "GET reported.problem", "POST reported.answer"),
            *("GET preview.preview", "POST preview.mark"),
        ),
        EDUCATOR | {"other_educator"} | ADMINISTRATOR,
    ),
    **dict.fromkeys(("GET certificates.certificate", "GET certificates.pdf"), LEARNER | ADMINISTRATOR),
    **dict.fromkeys(
        (
            *("GET cohorts.cohort", "POST cohorts.add_to_roster", "POST cohorts.remove_from_roster"),
            *("GET reports.cohort", "POST reports.cohort_as_csv"),
            "GET gain.gain",
        ),
        EDUCATOR,
    ),
    **dict.fromkeys(
        (
            *("GET cohorts.new", "POST cohorts.create", "GET cohorts.educators", "POST cohorts.appoint"),
            *("POST cohorts.dismiss", "GET admin.index", "GET admin.audit", "GET people.people", "GET admin.reviews"),
            *("GET withdrawals.parts", "GET withdrawals.part", "POST withdrawals.change"),
            *("POST withdrawals.learners_as_csv", "POST admin.export_audit"),
            *("GET admin.certificates", "POST admin.export_certificates", "GET admin.review", "POST admin.review_now"),
            *("GET admin.revoke", "POST admin.revoke_now", "GET admin.restore", "POST admin.restore_now"),
            *(
                "GET admin.exported",
                "GET admin.exported_file",
                "GET people.person",
                "POST people.sign_out",
                "POST people.reset_second_step",
            ),
            *("POST people.suspend", "POST people.restore", "GET people.role", "POST people.change_role"),
            *("POST people.teach", "POST people.teach_no_more", "GET people.email", "POST people.change_email"),
            *("GET inviting.ask", "POST inviting.invite", "POST inviting.withdraw"),
            *("GET inviting.ask_for_file", "POST inviting.check_file", "POST inviting.apply"),
            *("GET merging.ask", "POST merging.check", "POST merging.merge"),
            *("GET erasing.ask", "POST erasing.erase", "GET erasing.ask_to_refuse", "POST erasing.refuse"),
            *("POST erasing.lift", "GET data_protection.page"),
            *("GET complaints.complaints", "GET complaints.complaint", "POST complaints.close"),
            *("GET more_time.ask", "POST more_time.apply", "GET outbox.letters", "POST outbox.send_again"),
        ),
        ADMINISTRATOR,
    ),
    **dict.fromkeys(
        (
            *(
                # They find nothing: the world's people have no passkey, and no sign-in is named.
                "POST factors.remove_passkey",
                "POST sign_ins.end",
                "GET security.confirm_email",
                "POST security.confirm_email",
                "GET security.verify",
                "POST security.verify",
            ),
            *("GET security.send_confirmation", "POST security.send_confirmation", "GET security.static"),
        ),
        NOBODY,
    ),
}
# What an administrator may enter but finds nothing behind: the export of these tests does not exist, and nobody’s erasure is refused.
EMPTY = frozenset({"GET admin.exported", "GET admin.exported_file", "POST erasing.lift"})


@dataclass
class Things:
    """One real object for each argument that an address may have."""

    world: World
    open_attempt: str
    done_attempt: str
    number: str
    other_person: str
    educator: str
    token: str
    digest: str
    problem: str
    letter: str
    invitation: str
    complaint: str

    def address(self, app: Flask, endpoint: str) -> str:
        """An address of the endpoint with real objects in it."""
        check = next(iter(module_of(self.world).lessons[LESSON].checks))
        values: dict[str, Any] = {
            "module": MODULE,
            "lesson": LESSON,
            "check": check,
            "quiz": "trial-phases",
            "attempt": self.done_attempt if endpoint == "quizzes.result" else self.open_attempt,
            "cohort": self.world.cohorts["one"],
            "person": self.educator if endpoint == "people.teach_no_more" else self.other_person,
            "public_id": "none",
            "filename": "none.js",
            "number": 1 if endpoint.startswith("questions") else self.number,
            "token": self.token,
            "digest": self.digest,
            "problem": self.problem,
            "letter": self.letter,
            "kind": "lesson",
            "part": LESSON,
            "invitation": self.invitation,
            "complaint": self.complaint,
            "passkey": "none",
        }
        # What an address names after the question mark.
        asked: dict[str, Any] = (
            {"attempt": self.open_attempt, "number": 1} if endpoint in ("problems.new", "problems.send") else {}
        )
        rule = next(app.url_map.iter_rules(endpoint))
        with app.test_request_context(base_url="https://localhost"):
            return app.url_for(endpoint, **{key: values[key] for key in rule.arguments}, **asked)

    def data(self, endpoint: str) -> dict[str, str]:
        """What a form must hold for its view to look for something."""
        return {
            "modules.place": {"step": f"lesson:{LESSON}", "anchor": ""},
            "cohorts.dismiss": {"who": self.educator},
            "cohorts.remove_from_roster": {"who": "expected@example.org"},
            "people.teach_no_more": {"cohort": self.world.cohorts["one"]},
        }.get(endpoint, {})


@pytest.fixture
def things(app: Flask, world: World) -> Things:
    """A world in which the learner has done everything, and one attempt more is open."""
    world.enrol("learner", *world.steps_before("certificate"))
    done_attempt = sit(world, right=2, quiz="trial-phases")
    module, learner = module_of(world), world.viewer("learner")
    with app.app_context(), writing():
        record_review(None, module, reviewer="Dr X", role="consultant", reviewed_on=clock.today())
        holder = Holder(learner.given_names, learner.family_name, learner.registration_number)
        number = issue_certificate(learner, module, app.extensions["elearn.settings"], holder.digest)
        cohort = db.session.scalars(db.select(Cohort).filter_by(public_id=world.cohorts["one"])).one()
        db.session.add(RosterEntry(cohort_id=cohort.id, email="expected@example.org"))
    open_attempt = start(world, quiz="adaptive-designs")
    with app.app_context():
        digest = get_attempt(learner, done_attempt).paper[0].item.digest
        with writing():
            report_problem(learner, get_question_subject(learner, done_attempt, 1), "The stem is cut off.", "a-problem")
    administrator = world.viewer("administrator")
    with app.app_context(), writing():
        mail.send("learner@example.org", "Planted", "A letter.")
        letter = db.session.scalars(db.select(Letter.public_id)).one()
        invite(administrator, Invitee("invited@example.org", "Ida", "Invited", Profession.NURSE))
        invitation = list_waiting(administrator)[0].public_id
        complaint = complain(None, app.extensions["elearn.settings"], "", About.OTHER, "It is slow.", "", "").public_id
    other, educator = (world.viewer(persona).public_id for persona in ("other_learner", "educator"))
    things = (open_attempt, done_attempt, number, other, educator, "not-a-token", digest, "a-problem")
    return Things(world, *things, letter, invitation, complaint)


Outcome = Literal["in", "sign in", "not there", "start first"]


def outcome(response: TestResponse) -> Outcome:
    """What became of a request."""
    location = response.headers.get("Location", "")
    if response.status_code in (301, 302, 303):
        if location.startswith("/account/sign-in/"):
            return "sign in"
        if location == f"/modules/{MODULE}/":
            return "start first"
    return "not there" if response.status_code == 404 else "in"


def browser_of(world: World, persona: str) -> PageClient:
    """A browser in which this persona is signed in."""
    client = world.app.test_client()
    assert isinstance(client, PageClient)
    if persona == "erased":
        _sign_in_and_erase(world, client)
    elif persona != "anonymous":
        world.sign_in(client, persona)
    return client


def _sign_in_and_erase(world: World, client: PageClient) -> None:
    """Sign in somebody whose account is then erased: their browser keeps its cookie."""
    if "erased" not in world.people:
        with world.app.app_context(), writing():
            world.people["erased"] = World.add_person("erased", "Hana", "Canary-Erased").id
    world.sign_in(client, "erased")
    viewer = world.viewer("erased")
    with world.app.app_context(), writing():
        erase_own(viewer)


def differences(things: Things, entry: str, browsers: dict[str, PageClient]) -> list[str]:
    """Where the answers to one rule differ from the matrix; those who may enter ask last, for they may change things."""
    method, _, endpoint = entry.partition(" ")
    allowed, address = MATRIX[entry], things.address(things.world.app, endpoint)
    behind = NOBODY if entry in EMPTY or "not-a-token" in address else allowed
    found = []
    for persona in sorted(EVERYBODY, key=lambda persona: (persona in allowed, persona)):
        browser = browsers[persona]
        response = browser.get(address) if method == "GET" else browser.send(address, things.data(endpoint))
        what = outcome(response)
        right = (what == "in") is (persona in behind) and response.status_code < 500
        if persona in OUTSIDE and allowed not in (EVERYBODY, NOBODY):
            right = right and what == "sign in"
        if not right:
            found.append(f"{entry} as {persona}: {response.status_code}, {what}")
    return found


def test_the_right_people_see_the_right_pages(things: Things) -> None:
    browsers = {persona: browser_of(things.world, persona) for persona in EVERYBODY}
    entries = sorted(entry for entry in MATRIX if entry.startswith("GET"))
    assert [found for entry in entries for found in differences(things, entry, browsers)] == []


@pytest.mark.parametrize("share", range(SHARES))
def test_the_right_people_may_post(things: Things, share: int) -> None:
    """Each rule is asked in the world as it was made, whatever the one before has changed."""
    browsers = {persona: browser_of(things.world, persona) for persona in EVERYBODY}
    cookies = {persona: browser.get_cookie(COOKIE) for persona, browser in browsers.items()}
    kept, found = Kept(things.world.app), []
    for entry in sorted(entry for entry in MATRIX if entry.startswith("POST"))[share::SHARES]:
        found += differences(things, entry, browsers)
        kept.put_back()
        for persona, cookie in cookies.items():
            if cookie is not None:
                browsers[persona].set_cookie(COOKIE, cookie.value, secure=True, httponly=True, samesite="Lax")
    assert found == []


def test_every_rule_is_in_the_matrix(app: Flask) -> None:
    rules = {
        f"{method} {rule.endpoint}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert rules == set(MATRIX)


def test_every_view_is_marked(app: Flask) -> None:
    unmarked = [rule.endpoint for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) is None]
    assert unmarked == []


def test_the_table_of_third_party_views_names_no_others(app: Flask) -> None:
    assert set(ACCESS) == {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("security.")}


@pytest.mark.parametrize(
    ("access", "who_gets_in"),
    [(None, NOBODY), (Access.NOBODY, NOBODY), (Access.ADMINISTRATOR, ADMINISTRATOR), (Access.SIGNED_IN, SIGNED_IN)],
)
def test_a_view_without_a_mark_is_refused(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, access: Access | None, who_gets_in: frozenset[str]
) -> None:
    def view() -> Response:
        return Response("ok", mimetype="text/plain")

    monkeypatch.setitem(app.view_functions, "site.healthz", allow(access)(view) if access else view)
    for persona in sorted(EVERYBODY):
        response = browser_of(world, persona).get("/healthz")
        assert (response.status_code == 200) is (persona in who_gets_in), persona


def test_somebody_suspended_in_the_middle_is_refused_at_once(app: Flask, client: PageClient, world: World) -> None:
    world.enrol("learner")
    world.sign_in(client, "learner")
    assert client.get("/learning/").status_code == 200
    with app.app_context(), writing():
        get_person(world.people["learner"]).active = False
    assert outcome(client.get("/learning/")) == "sign in"
    assert outcome(client.send(f"/modules/{MODULE}/lessons/{LESSON}/done/")) == "sign in"
    with app.app_context():
        assert db.session.query(Completion).count() == 0
