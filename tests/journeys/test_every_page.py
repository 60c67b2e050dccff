"""Every page that an address without arguments opens, for each kind of person, on a screen and on a phone.

Each is opened as each of them, and judged by its width, its outline and what the browser says. Axe looks at the public ones
as the learner only: they differ by the menu, which the other pages of the person show as well.
"""

import pytest
from flask import Flask

from elearn.shared.access import Access, access_of
from tests.journeys.conftest import Arrive
from tests.journeys.site import Site
from tests.journeys.widths import BOTH_WIDTHS

NO_PAGES = {"site.healthz"}
PEOPLE = ("learner", "educator", "administrator")


def _pages(app: Flask, person: str) -> list[tuple[str, str]]:
    entered = {Access.PUBLIC, Access.SIGNED_IN} | ({Access.ADMINISTRATOR} if person == "administrator" else set())
    return sorted(
        (rule.endpoint, rule.rule)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.arguments
        and rule.endpoint not in NO_PAGES
        and access_of(app, rule.endpoint) in entered
    )


@pytest.mark.timeout(600)
@BOTH_WIDTHS
@pytest.mark.parametrize("person", PEOPLE)
def test_every_page_is_accessible(arrive: Arrive, site: Site, person: str, width: int) -> None:
    visitor = arrive(width=width)
    visitor.signs_in(f"{person}@example.org")
    pages = _pages(site.app, person)
    assert len(pages) > 12
    for endpoint, address in pages:
        visitor.opens(address)
        if person == "learner" or access_of(site.app, endpoint) is not Access.PUBLIC:
            visitor.looks(f"{person}, {endpoint}")
