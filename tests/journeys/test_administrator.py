"""An administrator's way: certificates, reviews, people."""

import zipfile

import pytest

from elearn.certificates import export
from elearn.jobs.runner import run_due
from elearn.jobs.worker import EXTENSION
from tests.journeys.conftest import Arrive
from tests.journeys.people import Newcomer
from tests.journeys.site import Site
from tests.journeys.visitor import Visitor
from tests.journeys.widths import ONE_WIDTH

ADMINISTRATOR = "administrator@example.org"


def _searches(administrator: Visitor, number: str) -> None:
    administrator.follows("Administration", within="header")
    administrator.follows("Certificates")
    administrator.types("Certificate number", number)
    administrator.presses("Search")
    administrator.reads("1 certificate")


@ONE_WIDTH
def test_an_administrator_revokes_a_certificate_and_its_verification_says_so(
    arrive: Arrive, site: Site, width: int
) -> None:
    holder = Newcomer(site, f"Revoked-At{width}")
    number = holder.has_a_certificate()
    administrator, stranger = arrive(width=width), arrive(width=width)
    administrator.signs_in(ADMINISTRATOR)
    administrator.follows("Administration", within="header")
    administrator.looks("administration")
    administrator.follows("Certificates")
    administrator.looks("certificates")
    administrator.types("Issued from", "yesterday")
    administrator.presses("Search")
    administrator.is_told("Enter a day like 22/11/2026")
    administrator.looks("certificates, error")
    administrator.types("Issued from", "")
    administrator.types("Holder’s name", "nobody of this name")
    administrator.presses("Search")
    administrator.looks("certificates, none found")
    administrator.types("Holder’s name", holder.family_name)
    administrator.presses("Search")
    administrator.reads(number)

    administrator.follows(f"Revoke {number}")
    administrator.looks("revoke")
    administrator.presses("Revoke this certificate")
    administrator.is_told("Choose why it is revoked")
    administrator.looks("revoke, error")
    administrator.chooses(administrator.main.get_by_label("Wrong details"))
    administrator.presses("Revoke this certificate")
    administrator.reads(f"Certificate {number} is revoked.")

    stranger.opens(f"/verify/{number}/")
    stranger.reads("Revoked")
    stranger.reads("Details printed on it were wrong.")
    stranger.looks("verification, revoked")
    _holder_is_told(arrive(width=width), holder, number)

    administrator.follows(f"Restore {number}")
    administrator.looks("restore")
    administrator.presses("Restore this certificate")
    administrator.is_told("Enter why it is restored")
    administrator.types("Why is it restored?", "It was another certificate.")
    administrator.presses("Restore this certificate")
    administrator.reads(f"Certificate {number} is restored.")
    stranger.opens(f"/verify/{number}/")
    stranger.reads("Valid")


def _holder_is_told(visitor: Visitor, holder: Newcomer, number: str) -> None:
    visitor.signs_in(holder.email)
    visitor.looks("my learning, revoked")
    visitor.opens(f"/certificates/{number}/")
    visitor.reads("There is no PDF to download.")
    visitor.looks("certificate, revoked")
    visitor.opens(f"/certificates/{number}.pdf")
    visitor.looks("document refused")


def test_an_administrator_exports_a_selection(arrive: Arrive, site: Site) -> None:
    number = Newcomer(site).has_a_certificate()
    administrator = arrive()
    administrator.signs_in(ADMINISTRATOR)
    _searches(administrator, number)
    with zipfile.ZipFile(administrator.downloads("Export this certificate as ZIP")) as archive:
        names = archive.namelist()
        assert "manifest.csv" in names
        (document,) = (name for name in names if name.endswith(".pdf"))
        assert archive.read(document).startswith(b"%PDF-")
        assert number in archive.read("manifest.csv").decode("utf-8-sig")


@ONE_WIDTH
def test_a_large_export_is_made_in_the_background(
    arrive: Arrive, site: Site, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = Newcomer(site).has_a_certificate()
    monkeypatch.setattr(export, "AT_ONCE", 0)
    administrator = arrive(width=width)
    administrator.signs_in(ADMINISTRATOR)
    _searches(administrator, number)
    administrator.presses("Export this certificate as ZIP")
    administrator.sees("Export of 1 certificate")
    administrator.looks("export, waiting")
    run_due(site.app, site.app.extensions[EXTENSION].handlers)
    administrator.follows("Reload to see progress")
    administrator.reads("The file is ready.")
    administrator.looks("export, ready")


@ONE_WIDTH
def test_an_administrator_records_a_review(arrive: Arrive, site: Site, width: int) -> None:
    administrator = arrive(width=width)
    administrator.signs_in(ADMINISTRATOR)
    administrator.follows("Administration", within="header")
    administrator.follows("Content reviews")
    administrator.looks("reviews")
    administrator.follows(f"Record a review of version {site.module.version}")
    administrator.looks("record a review")
    administrator.types("Day of the review", "1/1/2101")
    administrator.presses("Record the review")
    administrator.is_told(
        "Enter the reviewer’s name", "Enter the reviewer’s role", "Day of the review must be today or earlier"
    )
    administrator.looks("record a review, errors")
    administrator.types("Reviewer’s name", f"Dr Invented Reviewer, {width}")
    administrator.types("Reviewer’s role", "Consultant clinical geneticist (invented)")
    administrator.types("Day of the review", "22/11/2026")
    administrator.presses("Record the review")
    administrator.reads(f"A review of version {site.module.version}")
    administrator.looks("reviews, recorded")

    stranger = arrive(width=width)
    stranger.opens(f"/modules/{site.module.slug}/")
    stranger.reads(f"Dr Invented Reviewer, {width}")
    stranger.looks("module, reviewed")


@ONE_WIDTH
def test_an_administrator_suspends_and_restores_a_person(arrive: Arrive, site: Site, width: int) -> None:
    person = Newcomer(site, f"Suspended-At{width}")
    administrator, learner = arrive(width=width), arrive(width=width)
    learner.signs_in(person.email)
    administrator.signs_in(ADMINISTRATOR)
    administrator.follows("Administration", within="header")
    administrator.follows("People")
    administrator.looks("people")
    administrator.types("Name or e-mail address", person.family_name)
    administrator.presses("Search")
    administrator.presses(f"Suspend Noor {person.family_name}")
    administrator.reads("is suspended and signed out everywhere.")
    administrator.looks("people, suspended")

    learner.opens("/learning/")
    learner.sees("Sign in")
    learner.signs_in(person.email)
    learner.is_told("This account is suspended. Ask your administrator")
    learner.looks("sign in, suspended")

    administrator.presses(f"Restore Noor {person.family_name}")
    administrator.reads("can sign in again.")
    administrator.opens("/admin/audit/")
    administrator.looks("audit trail")
    administrator.types("From", "yesterday")
    administrator.presses("Search")
    administrator.is_told("Enter a day like 22/11/2026")
    administrator.looks("audit trail, error")
    administrator.types("From", "")
    administrator.types("Person", person.family_name)
    administrator.presses("Search")
    administrator.reads("Person suspended")
    administrator.looks("audit trail of one person")
    export = administrator.main.get_by_role("button", name="as CSV").inner_text()
    assert "person suspended" in administrator.downloads(export).read_text(encoding="utf-8-sig")


@ONE_WIDTH
def test_an_administrator_makes_a_cohort(arrive: Arrive, site: Site, width: int) -> None:
    administrator = arrive(width=width)
    administrator.signs_in(ADMINISTRATOR)
    administrator.follows("Cohorts", within="header")
    administrator.looks("cohorts, all")
    administrator.follows("Make a cohort")
    administrator.looks("make a cohort")
    administrator.presses("Make the cohort")
    assert administrator.page.title().startswith("Error: ")
    administrator.looks("make a cohort, errors")
    administrator.page.locator("main input[type=text]").fill(f"Cohort made at {width}")
    administrator.page.locator("textarea").fill("educator@example.org")
    administrator.presses("Make the cohort")
    administrator.sees(f"Educators of Cohort made at {width}")
    administrator.looks("educators")
    administrator.presses("Remove Edwin Example")
    administrator.reads("Nobody teaches this cohort yet.")
    administrator.page.locator("textarea").fill("nobody@example.org")
    administrator.presses("Appoint")
    assert administrator.page.title().startswith("Error: ")
    administrator.looks("educators, error")
