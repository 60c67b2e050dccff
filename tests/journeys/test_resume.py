"""Going on where one stopped; and leaving a shared computer."""

import re
from urllib.parse import parse_qs

from playwright.sync_api import expect

from tests.journeys.conftest import Arrive
from tests.journeys.people import Newcomer
from tests.journeys.site import Site
from tests.world import MODULE

LESSON = "how-trials-build-evidence"


def test_go_on_leads_to_the_heading_that_was_read_last(arrive: Arrive, site: Site) -> None:
    newcomer = Newcomer(site)
    newcomer.has_done_all_before(f"lesson:{LESSON}")
    heading = [anchor for anchor, _ in site.module.lessons[LESSON].anchors][2]
    reader = arrive()
    reader.signs_in(newcomer.email)
    reader.opens(f"/modules/{MODULE}/lessons/{LESSON}/")
    with reader.page.expect_response(re.compile("/place/$")) as noted:
        reader.page.locator(f"#{heading}").evaluate("heading => heading.scrollIntoView()")
    assert noted.value.status == 204
    (anchor,) = parse_qs(noted.value.request.post_data or "")["anchor"]
    expect(reader.page.locator(f"#{anchor}")).to_be_in_viewport()

    elsewhere = arrive(width=320)
    elsewhere.signs_in(newcomer.email)
    elsewhere.opens(f"/modules/{MODULE}/")
    elsewhere.follows(f"Go on: {site.module.lessons[LESSON].title}")
    assert elsewhere.page.url.endswith(f"/lessons/{LESSON}/#{anchor}")
    expect(elsewhere.page.locator(f"#{anchor}")).to_be_in_viewport()


def test_to_the_end_of_a_lesson_every_place_can_be_kept(arrive: Arrive, site: Site) -> None:
    newcomer = Newcomer(site)
    newcomer.has_done_all_before(f"lesson:{LESSON}")
    reader = arrive()
    reader.signs_in(newcomer.email)
    reader.opens(f"/modules/{MODULE}/lessons/{LESSON}/")
    with reader.page.expect_response(re.compile("/place/$")) as noted:
        reader.page.locator(".app-sources").evaluate("end => end.scrollIntoView(false)")
    assert noted.value.status == 204


def test_after_signing_in_a_person_is_where_they_wanted_to_go(arrive: Arrive, site: Site) -> None:
    newcomer = Newcomer(site)
    newcomer.has_done_all_before(f"lesson:{LESSON}")
    visitor = arrive()
    visitor.opens(f"/modules/{MODULE}/lessons/{LESSON}/")
    visitor.sees("Sign in")
    visitor.signs_in(newcomer.email, "wrong at the first try")
    visitor.signs_in(newcomer.email)
    visitor.sees(site.module.lessons[LESSON].title)


def test_signed_out_the_back_button_shows_nothing_of_the_person(arrive: Arrive, site: Site) -> None:
    newcomer = Newcomer(site, "Canary-Backward")
    visitor = arrive()
    visitor.signs_in(newcomer.email)
    visitor.opens("/account/")
    assert "Canary-Backward" in visitor.page.content()
    visitor.presses("Not you? Sign out", within="body")
    assert "Canary-Backward" not in visitor.page.content()
    for _ in range(2):
        visitor.page.go_back()
        assert "Canary-Backward" not in visitor.page.content()
        assert newcomer.email not in visitor.page.content()
