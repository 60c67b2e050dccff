"""The reflection: four prompts, no patients, nothing lost, nobody else's business."""

import pytest
from flask import Flask
from sqlalchemy import select

from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.learning.models import Reflection
from elearn.learning.queries import find_reflection
from elearn.learning.rules import LONGEST_REFLECTION
from elearn.modules.models import Completion
from tests.page import PageClient, check_page, find_all, new_browser, text_of
from tests.world import MODULE, World

ADDRESS = f"/modules/{MODULE}/reflection/"
TEXTS = {
    "learned": "Canary-learned: small samples",
    "will_change": "Canary-change: ask earlier",
    "effect_on_patients": "Canary-effect: fewer wasted journeys",
    "next_step": "",
}


@pytest.fixture
def at_reflection(world: World, client: PageClient) -> World:
    """Two learners at the reflection, one of them signed in."""
    for persona in ("learner", "other_learner"):
        world.enrol(persona, *world.steps_before("reflection"))
    world.sign_in(client, "learner")
    return world


def reflections(app: Flask) -> list[Reflection]:
    with app.app_context():
        return list(db.session.scalars(select(Reflection)))


def done(app: Flask, step: str) -> int:
    with app.app_context():
        return len(db.session.scalars(select(Completion.id).where(Completion.step == step)).all())


def test_the_page_asks_four_things_and_warns(at_reflection: World, client: PageClient) -> None:
    page = client.get(ADDRESS).get_data(as_text=True)
    labels = [text_of(label) for label in find_all(check_page(page, ADDRESS), "label")]
    assert labels == [
        "What did you learn?",
        "What will you change in your work?",
        "What effect will it have on patients?",
        "What will you do or learn next? (optional)",
    ]
    assert "Important: </span>Leave patients out" in page
    assert page.index("Leave patients out") < page.index("<textarea")
    assert "maxlength" not in page


def test_saving_finishes_the_step_and_says_so_on_the_path(at_reflection: World, client: PageClient, app: Flask) -> None:
    response = client.send(ADDRESS, TEXTS)
    assert (response.status_code, response.location) == (303, f"/modules/{MODULE}/")
    page = client.get(response.location).get_data(as_text=True)
    assert "Your reflection is saved" in page
    assert 'class="nhsuk-notification-banner nhsuk-notification-banner--success" role="alert"' in page
    assert done(app, "reflection") == 1
    assert "Canary-learned: small samples</textarea>" in client.get(ADDRESS).get_data(as_text=True)


def test_it_may_be_changed_before_and_after_the_certificate(
    at_reflection: World, client: PageClient, app: Flask
) -> None:
    client.send(ADDRESS, TEXTS)
    at_reflection.enrol("learner", "evaluation", "certificate")
    assert client.send(ADDRESS, {**TEXTS, "learned": "Changed"}).status_code == 303
    [reflection] = reflections(app)
    assert (reflection.learned, reflection.will_change) == ("Changed", TEXTS["will_change"])
    assert done(app, "reflection") == 1


@pytest.mark.parametrize("field", ["learned", "will_change", "effect_on_patients", "next_step"])
def test_an_nhs_number_is_refused_and_nothing_is_lost(
    at_reflection: World, client: PageClient, app: Flask, field: str
) -> None:
    typed = {**TEXTS, "next_step": "Canary-next", field: "A boy, 943 476 5919, came to us"}
    response = client.send(ADDRESS, typed)
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert f'<a href="#{field}">“943 476 5919” has the form of an NHS number.' in page
    for text in typed.values():
        assert f"{text}</textarea>" in page
    assert reflections(app) == []
    assert done(app, "reflection") == 0


def test_empty_and_endless_texts_are_refused(at_reflection: World, client: PageClient, app: Flask) -> None:
    typed = {"learned": "  \r\n ", "will_change": "x" * (LONGEST_REFLECTION + 1), "effect_on_patients": "kept"}
    page = client.send(ADDRESS, typed).get_data(as_text=True)
    assert '<a href="#learned">Write what you learned</a>' in page
    assert '<a href="#will_change">What you will change must be 3,000 characters or fewer</a>' in page
    assert typed["will_change"] in page
    assert "kept</textarea>" in page
    assert reflections(app) == []


def test_the_limit_counts_a_line_end_once(at_reflection: World, client: PageClient, app: Flask) -> None:
    text = "x\r\n" * (LONGEST_REFLECTION // 2 - 1) + "xx"
    assert client.send(ADDRESS, {**TEXTS, "learned": text}).status_code == 303
    assert len(reflections(app)[0].learned) == LONGEST_REFLECTION


@pytest.mark.parametrize(
    "text", ["null \x00 byte", "<script>alert(1)</script>", "{{ 7 * 7 }}", "\n\nfirst line empty", "日本 🧬"]
)
def test_any_text_can_be_kept(at_reflection: World, client: PageClient, app: Flask, text: str) -> None:
    assert client.send(ADDRESS, {**TEXTS, "learned": text}).status_code == 303
    assert reflections(app)[0].learned == text.replace("\x00", "").strip()
    if "{{" not in text:
        assert client.get(ADDRESS).status_code == 200


def test_a_locked_step_says_why_and_takes_nothing(world: World, client: PageClient, app: Flask) -> None:
    world.enrol("learner")
    world.sign_in(client, "learner")
    assert "First finish “" in client.get(ADDRESS).get_data(as_text=True)
    assert client.send(ADDRESS, TEXTS).location == ADDRESS
    assert reflections(app) == []


def test_before_starting_there_is_no_reflection(world: World, client: PageClient, app: Flask) -> None:
    world.sign_in(client, "learner")
    for response in (client.get(ADDRESS), client.send(ADDRESS, TEXTS), client.send(ADDRESS, {})):
        assert (response.status_code, response.location) == (303, f"/modules/{MODULE}/")
    assert reflections(app) == []
    assert client.get("/modules/no-such-module/reflection/").status_code == 404


def test_only_the_learner_sees_it(at_reflection: World, client: PageClient, app: Flask) -> None:
    client.send(ADDRESS, TEXTS)
    enrolment = reflections(app)[0].enrolment_id
    for persona in at_reflection.people:
        with app.app_context():
            found = find_reflection(at_reflection.viewer(persona), enrolment)
            assert (found is not None) is (persona == "learner")
    other = new_browser(app)
    at_reflection.sign_in(other, "other_learner")
    page = other.get(ADDRESS).get_data(as_text=True)
    assert not [text for text in TEXTS.values() if text and text in page]


def test_the_audit_trail_holds_no_text(at_reflection: World, client: PageClient, app: Flask) -> None:
    client.send(ADDRESS, TEXTS)
    with app.app_context():
        events = db.session.execute(select(AuditEvent.kind, AuditEvent.subject, AuditEvent.detail)).all()
    assert "reflection saved" in [event.kind for event in events]
    assert "Canary" not in repr(events)
