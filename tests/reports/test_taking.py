"""How many files with people's data one person may take in an hour (C-S9)."""

from datetime import timedelta

import pytest
from flask import Flask

from elearn.audit import actions as audit
from elearn.audit.kinds import EXPORTS
from elearn.audit.queries import MOST_EXPORTS
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests.page import PageClient
from tests.world import MODULE, World


def take(app: Flask, person_id: int, times: int) -> None:
    with app.app_context(), writing():
        for number in range(times):
            audit.record(sorted(EXPORTS)[number % len(EXPORTS)], "audit", person_id)


@pytest.mark.parametrize(
    ("persona", "address"),
    [
        ("administrator", "/admin/certificates/export/"),
        ("administrator", "/admin/audit/export/"),
        ("administrator", f"/admin/content/{MODULE}/lesson/how-trials-build-evidence/csv/"),
        ("educator", "/reports/cohorts/{cohort}/csv/"),
    ],
)
def test_who_has_taken_many_files_waits(
    app: Flask, client: PageClient, world: World, persona: str, address: str
) -> None:
    address = address.format(cohort=world.cohorts["one"])
    world.sign_in(client, persona)
    take(app, world.people[persona], MOST_EXPORTS - 1)
    take(app, world.people["other_educator"], MOST_EXPORTS)  # what others take is theirs
    assert client.send(address).status_code < 400
    take(app, world.people[persona], 1)
    refused = client.send(address)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "3600"
    assert "Too many tries" in refused.text
    with clock.frozen_at(clock.now() + timedelta(hours=1, minutes=1)):
        world.sign_in(client, persona)
        assert client.send(address).status_code < 400
