"""A GET or HEAD changes no row, whoever asks for whatever (C-S1)."""

from flask import Flask
from werkzeug.routing import Rule

from elearn.accounts.queries import get_person
from elearn.accounts.security import confirmation_address
from elearn.certificates import actions as certificates
from elearn.certificates import export
from elearn.certificates.holder import Holder
from elearn.certificates.numbers import grouped
from elearn.jobs.actions import enqueue
from elearn.learning.actions import report_problem
from elearn.learning.reported import get_question_subject
from elearn.quizzes.queries import get_attempt
from elearn.shared.transactions import writing
from tests.certificates.awarding import ready, settings_of
from tests.page import PageClient
from tests.quizzes.sitting import module_of, sit, start
from tests.rows import everything_in
from tests.world import MODULE, World


def fill(world: World) -> list[dict[str, str | int]]:
    """Give the learner a whole passage, and say what stands in which place of an address."""
    world.enrol("other_learner")
    ready(world)
    sit(world, right=8)
    open_attempt = start(world, quiz="adaptive-designs")
    done_attempt = sit(world, right=2, quiz="early-access-eligibility")
    viewer, app = world.viewer("learner"), world.app
    with app.test_request_context(base_url="https://localhost"):
        with writing():
            holder = Holder(viewer.given_names, viewer.family_name, viewer.registration_number)
            number = certificates.issue_certificate(viewer, module_of(world), settings_of(app), holder.digest)
            job = enqueue(export.JOB, {"certificates": []}, owner_id=world.people["administrator"])
        token = confirmation_address(get_person(world.people["unconfirmed"])).rstrip("/").rpartition("/")[2]
        digest = get_attempt(viewer, done_attempt).paper[0].item.digest
        with writing():
            report_problem(viewer, get_question_subject(viewer, done_attempt, 1), "The stem is cut off.", "a-problem")
    known: dict[str, str | int] = {
        "module": MODULE,
        "lesson": "how-trials-build-evidence",
        "check": "ch-hte-classify",
        "quiz": "trial-phases",
        "attempt": open_attempt,
        "question": 1,
        "number": grouped(number),
        "person": viewer.public_id,
        "cohort": world.cohorts["one"],
        "token": token,
        "filename": "css/main.css",
        "public_id": job,
        "digest": digest,
        "problem": "a-problem",
        "letter": "none",
        "complaint": "none",
        "invitation": "none",
        "kind": "lesson",
        "part": "how-trials-build-evidence",
    }
    other = known | {"attempt": done_attempt, "token": "forged"}
    return [known, other]


def address(app: Flask, rule: Rule, known: dict[str, str | int]) -> str:
    """The address of a rule in this world."""
    missing = rule.arguments - known.keys()
    assert not missing, f"{rule.endpoint} needs a value for {missing}: give it one in `fill`"
    values = {name: known[name] for name in rule.arguments}
    if "attempt" in values and "number" in values:
        values["number"] = known["question"]
    built: str = app.url_map.bind("localhost").build(rule.endpoint, values, method="GET")
    return built


def test_nothing_that_is_only_looked_at_changes(app: Flask, client: PageClient, world: World) -> None:
    places = fill(world)
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())]
    addresses = {address(app, rule, known): rule.endpoint for rule in rules for known in places}
    seen: dict[str | None, set[str]] = {}
    for persona in ("learner", "educator", "administrator", None):
        if persona:
            world.sign_in(client, persona)
        else:
            client.delete_cookie("__Host-elearn")
        before = everything_in(app)
        answers = [(endpoint, look(client, found)) for found, endpoint in addresses.items()]
        after = everything_in(app)
        assert {name for name in before if before[name] != after[name]} == set()
        assert [endpoint for endpoint, status in answers if status >= 500] == []
        seen[persona] = {endpoint for endpoint, status in answers if status == 200}
    assert seen["learner"] >= {
        *("modules.lesson", "modules.module", "quizzes.result", "questions.question", "learning.learning"),
        *("certificates.certificate", "certificates.pdf", "learning.reflection"),
    }
    assert seen["educator"] >= {
        "cohorts.cohort",
        "reports.cohort",
        "reported.problem",
        "reported.problems",
        "preview.preview",
    }
    assert seen["administrator"] >= {
        "admin.exported",
        "admin.certificates",
        "people.people",
        "people.person",
        "people.role",
        "inviting.ask",
        "merging.ask",
        "admin.audit",
        "more_time.ask",
    }
    assert seen[None] >= {"site.start", "certificates.verification"}


def look(client: PageClient, address: str) -> int:
    with client.get(address) as response:
        return response.status_code
