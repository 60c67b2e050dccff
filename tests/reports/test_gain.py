"""What a cohort gained: means and intervals of those who sat both sides, and nothing of too few."""

import pytest

from elearn.cohorts.models import Cohort, Membership
from elearn.extensions import db
from elearn.shared.transactions import writing
from tests.page import PageClient, words_in
from tests.quizzes.sitting import module_of, sit
from tests.quizzes.test_pretest import sit_it
from tests.world import World

NAMES = ("Adams", "Baker", "Clark", "Davis", "Evans")


def add_members(world: World, count: int) -> list[str]:
    """So many more members of the first cohort."""
    with world.app.app_context(), writing():
        cohort = db.session.scalars(db.select(Cohort).where(Cohort.public_id == world.cohorts["one"])).one()
        for name in NAMES[:count]:
            person = world.add_person(name.lower(), "Ann", name)
            world.people[name.lower()] = person.id
            db.session.add(Membership(cohort_id=cohort.id, person_id=person.id))
    return [name.lower() for name in NAMES[:count]]


def gain_page(client: PageClient, world: World, persona: str = "educator") -> str:
    world.sign_in(client, persona)
    response = client.get(f"/reports/cohorts/{world.cohorts['one']}/gain/")
    assert response.status_code == 200
    return words_in(response.get_data(as_text=True))


def learn(world: World, persona: str, before: int, after: int) -> None:
    world.enrol(persona)
    sit_it(world, before, persona)
    world.enrol(persona, *world.steps_before("quiz:trial-phases"))
    sit(world, after, persona)


def test_a_cohort_s_gain(client: PageClient, world: World) -> None:
    """Nobody knew anything before, and all answered all right after: a gain of 100 points, without any spread."""
    for persona in add_members(world, 5):
        learn(world, persona, 0, 8)
    words = gain_page(client, world)
    sat = {item.outcome for item in module_of(world).quizzes["trial-phases"].items}
    assert words.count("+100 points (+100 to +100)") == len(sat)
    assert words.count("too few") == 3 * (len(module_of(world).outcomes) - len(sat))


def test_too_few_people_show_nothing(client: PageClient, world: World) -> None:
    for persona in add_members(world, 4):
        learn(world, persona, 0, 8)
    words = gain_page(client, world)
    assert "points (" not in words
    assert words.count("too few") == 3 * len(module_of(world).outcomes)


def test_another_s_cohort_is_not_found(client: PageClient, world: World) -> None:
    world.sign_in(client, "other_educator")
    assert client.get(f"/reports/cohorts/{world.cohorts['one']}/gain/").status_code == 404


def test_it_names_nobody(client: PageClient, world: World) -> None:
    for persona in add_members(world, 5):
        learn(world, persona, 5, 6)
    words = gain_page(client, world)
    assert not any(name in words for name in (*NAMES, "Canary-Khan"))


@pytest.mark.parametrize("count", [0, 5])
def test_statements_do_not_grow_with_members(client: PageClient, world: World, count: int, statements: object) -> None:
    for persona in add_members(world, count):
        learn(world, persona, 5, 6)
    world.sign_in(client, "educator")
    statements.statements.clear()  # type: ignore[attr-defined]
    assert client.get(f"/reports/cohorts/{world.cohorts['one']}/gain/").status_code == 200
    assert len(statements.statements) <= 7  # type: ignore[attr-defined]
