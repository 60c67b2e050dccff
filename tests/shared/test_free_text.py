"""Every form with words asks once about what looks like an NHS number, and lets a false find through (trust.md D-2)."""

import importlib
import pkgutil
import random
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from wtforms import TextAreaField

import elearn
from elearn.extensions import db
from elearn.learning.models import Reflection
from elearn.shared.free_text import NOT_A_PATIENT, FreeTextForm
from elearn.shared.patients import find_nhs_number
from tests.page import PageClient
from tests.world import MODULE, World

NUMBER = "943 476 5919"
# Areas for lists of addresses, which are read line by line and refused where they hold anything else.
LISTS = {"CohortForm.educators", "EducatorsForm.educators", "RosterForm.people"}


def forms() -> Iterator[type[FlaskForm]]:
    """Every form of the application."""
    for module in pkgutil.walk_packages(elearn.__path__, "elearn."):
        if "form" in module.name.rpartition(".")[2] or module.name.endswith("entering"):
            importlib.import_module(module.name)
    waiting = [FlaskForm]
    while waiting:
        found = waiting.pop()
        waiting += found.__subclasses__()
        if found.__module__.startswith("elearn."):
            yield found


def areas(form: type[FlaskForm]) -> list[str]:
    names = [name for name in dir(form) if getattr(getattr(form, name), "field_class", None) is TextAreaField]
    return [f"{form.__name__}.{name}" for name in names]


def test_every_text_is_in_such_a_form() -> None:
    loose = {area for form in forms() if not issubclass(form, FreeTextForm) for area in areas(form)}
    assert loose == LISTS
    found = {area for form in forms() if issubclass(form, FreeTextForm) for area in areas(form)}
    assert len(found) >= 14


def test_every_text_warns_of_patients_beside_it(sqlite_app: Flask) -> None:
    """By its hint; the reflection and the evaluation, by a warning above all of their fields."""
    for form in forms():
        if issubclass(form, FreeTextForm) and form.__name__ not in ("ReflectionForm", "EvaluationForm", "FreeTextForm"):
            for area in areas(form):
                hint = getattr(form, area.partition(".")[2]).kwargs["description"]
                assert "patient" in hint, area


class Sample(FreeTextForm):
    """Two texts."""

    class Meta:
        csrf = False

    one = TextAreaField("One")
    two = TextAreaField("Two")


def sent(app: Flask, **data: str) -> Sample:
    with app.test_request_context(method="POST"):
        return Sample(formdata=MultiDict(data))


def test_it_asks_names_what_it_found_and_keeps_what_was_typed(sqlite_app: Flask) -> None:
    form = sent(sqlite_app, one=f"Seen with {NUMBER}", two="9434765919")
    assert not form.validate()
    assert form.asks_about_patients
    assert form.one.data == f"Seen with {NUMBER}"
    assert list(form.one.errors) == [
        "“943 476 5919” has the form of an NHS number. Take it out or, if it is something else, tick the box below"
    ]
    assert len(form.two.errors) == 1


def test_a_tick_lets_it_through(sqlite_app: Flask) -> None:
    form = sent(sqlite_app, one=f"Order {NUMBER}", not_a_patient="y")
    assert form.validate()


@pytest.mark.parametrize("words", ["", "Nothing of the kind", "020 7946 0958", "22 November 2026"])
def test_it_does_not_ask_without_need(sqlite_app: Flask, words: str) -> None:
    form = sent(sqlite_app, one=words)
    assert form.validate()
    assert not form.asks_about_patients


def test_of_texts_without_such_a_number_none_is_asked_about_and_of_chance_numbers_one_in_eleven() -> None:
    rng = random.Random(5)
    chance = sum(find_nhs_number(f"{rng.randrange(10**9, 10**10)}") is not None for _ in range(11_000))
    assert 800 < chance < 1200  # the arithmetic itself: why there is a box to tick
    for text in ("£1,234,567,890", "07700 900123", "2026-11-23 10:30", "ISBN 978-0-306-40615-7", "NCT01234567"):
        assert find_nhs_number(text) is None, text


def test_on_the_page_the_box_appears_with_the_message_and_works(client: PageClient, world: World, app: Flask) -> None:
    enrolment = world.enrol("learner", *world.steps_before("reflection"))
    world.sign_in(client, "learner")
    address = f"/modules/{MODULE}/reflection/"
    assert NOT_A_PATIENT not in client.get(address).get_data(as_text=True)
    texts = {"learned": f"A patient {NUMBER}", "will_change": "b", "effect_on_patients": "c", "next_step": ""}
    refused = client.send(address, texts)
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert NOT_A_PATIENT in page
    assert f"A patient {NUMBER}</textarea>" in page
    assert client.send(address, {**texts, "not_a_patient": "y"}).status_code == 303
    with app.app_context():
        assert (
            db.session.scalar(select(Reflection.learned).where(Reflection.enrolment_id == enrolment))
            == texts["learned"]
        )
