"""Data rights in a browser: a copy, an erasure, a complaint, and the administrators' pages about them."""

from zipfile import ZipFile

from elearn.site.rules import About
from tests.journeys.checks import width_faults
from tests.journeys.conftest import Arrive
from tests.journeys.people import Newcomer
from tests.journeys.site import Site
from tests.journeys.test_administrator import ADMINISTRATOR
from tests.journeys.widths import ONE_WIDTH


@ONE_WIDTH
def test_somebody_takes_a_copy_and_erases_themselves(arrive: Arrive, site: Site, width: int) -> None:
    newcomer, visitor = Newcomer(site, f"Leaving{width}"), arrive(width=width)
    number = newcomer.has_a_certificate()
    visitor.signs_in(newcomer.email)
    visitor.opens("/account/")
    with ZipFile(visitor.downloads("Take a copy of your data")) as archive:
        page = archive.read("your-data.html").decode()
    assert newcomer.family_name in page
    assert number.replace("-", "") in page
    visitor.follows("see what else you can do with your data")
    visitor.looks("your data")
    visitor.follows("See what would be erased and what would stay")
    visitor.sees("Erase your account")
    visitor.looks("erase")
    visitor.presses("Erase my account")
    visitor.is_told("Tick the box to say that you understand that this cannot be undone")
    visitor.looks("erase, error")
    visitor.chooses(visitor.main.get_by_label("I understand that this cannot be undone"))
    visitor.presses("Erase my account")
    visitor.sees("Your account is erased")
    visitor.looks("erased")
    visitor.opens(f"/verify/{number}/")
    visitor.reads("Valid, holder’s details erased")


@ONE_WIDTH
def test_the_copy_itself_is_a_page_that_can_be_read(arrive: Arrive, site: Site, width: int) -> None:
    newcomer, visitor = Newcomer(site, f"Copying{width}"), arrive(width=width)
    newcomer.has_a_certificate()
    visitor.signs_in(newcomer.email)
    visitor.opens("/account/data/")
    with ZipFile(visitor.downloads("Take a copy of your data")) as archive:
        page = archive.read("your-data.html").decode()
    visitor.page.goto("about:blank")  # it is read from a disk, without the site's headers
    visitor.page.set_content(page)
    visitor.looks("own copy")
    assert width_faults(visitor.page) == []


@ONE_WIDTH
def test_a_complaint_from_the_street_to_its_end(arrive: Arrive, width: int) -> None:
    visitor, administrator = arrive(width=width), arrive(width=width)
    visitor.opens("/")
    visitor.follows("Complaints", within="footer")
    visitor.looks("complaint")
    visitor.presses("Send the complaint")
    visitor.is_told("Choose what it is about", "Enter what went wrong")
    visitor.looks("complaint, errors")
    visitor.chooses(visitor.main.get_by_label(About.ACCESS.value.capitalize()))
    visitor.types("What went wrong?", "Order 943 476 5919 cannot be read out.")
    visitor.presses("Send the complaint")
    visitor.is_told(
        "“943 476 5919” has the form of an NHS number. Take it out or, if it is something else, tick the box below"
    )
    visitor.looks("complaint, number")
    visitor.chooses(visitor.main.get_by_label("What looks like an NHS number is something else"))
    visitor.presses("Send the complaint")
    visitor.sees("We have your complaint")
    visitor.looks("complaint, received")
    number = visitor.page.url.rstrip("/").rpartition("/")[2]
    administrator.signs_in(ADMINISTRATOR)
    administrator.opens("/admin/complaints/")
    administrator.looks("complaints")
    administrator.follows(number)
    administrator.looks("one complaint")
    administrator.presses("Close the complaint")
    administrator.is_told("Enter what came of it")
    administrator.looks("one complaint, error")
    administrator.types("What came of it", "The table is read out now.")
    administrator.presses("Close the complaint")
    administrator.is_answered("The complaint is closed.")
    administrator.follows(number)
    administrator.reads("The table is read out now.")
    administrator.looks("one complaint, closed")


@ONE_WIDTH
def test_an_administrator_refuses_and_then_erases(arrive: Arrive, site: Site, width: int) -> None:
    newcomer, administrator, visitor = Newcomer(site, f"Held{width}"), arrive(width=width), arrive(width=width)
    administrator.signs_in(ADMINISTRATOR)
    administrator.opens("/admin/people/")
    administrator.types("Name or e-mail address", newcomer.family_name)
    administrator.presses("Search")
    administrator.follows(f"Noor {newcomer.family_name}")
    administrator.follows("Erase this person’s details, or refuse to")
    administrator.looks("erase somebody")
    administrator.presses("Erase this account")
    administrator.is_told("Choose why")
    administrator.looks("erase somebody, error")
    administrator.follows("Refuse to erase it for now")
    administrator.looks("refuse")
    administrator.presses("Refuse, and tell the person")
    administrator.is_told("Choose the ground")
    administrator.looks("refuse, error")
    administrator.chooses(administrator.main.get_by_label("Legal claim"))
    administrator.presses("Refuse, and tell the person")
    administrator.is_answered("The refusal is recorded")
    visitor.signs_in(newcomer.email)
    visitor.opens("/account/data/")
    visitor.reads("your details are needed to make or answer a legal claim")
    visitor.looks("your data, refused")
    visitor.opens("/account/erase/")
    visitor.looks("erase, refused")
    administrator.follows("Erase this person’s details, or refuse to")
    administrator.looks("erase somebody, refused")
    administrator.presses("The ground is over: allow erasing again")
    administrator.chooses(administrator.main.get_by_label("The person has asked for it"))
    administrator.presses("Erase this account")
    administrator.is_answered("The account is erased.")
    administrator.opens("/admin/people/?state=erased")
    administrator.looks("people, erased")
    administrator.opens(f"/admin/people/{newcomer.world.viewer(newcomer.persona).public_id}/")
    administrator.looks("person, erased")
    administrator.opens("/admin/data-protection/")
    administrator.reads("Erasures")
    administrator.looks("data protection")
