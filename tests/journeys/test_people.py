"""An administrator's way through people: one person, their role and address, invitations, a list, a merge."""

from playwright.sync_api import FilePayload

from tests.journeys.conftest import Arrive
from tests.journeys.people import Newcomer
from tests.journeys.site import Site
from tests.journeys.test_administrator import ADMINISTRATOR
from tests.journeys.visitor import Visitor
from tests.journeys.widths import ONE_WIDTH
from tests.post import PostBox, mails
from tests.world import PASSWORD

LIST = "e-mail;given names;family name;profession\nlist{n}@example.org;Lee;Listed;nurse\nnobody;X;;king\n"


def _opens_person(administrator: Visitor, family_name: str) -> None:
    administrator.opens("/admin/people/")
    administrator.types("Name or e-mail address", family_name)
    administrator.presses("Search")
    administrator.follows(f"Noor {family_name}")


def _link(site: Site, email: str) -> str:
    texts = [text for recipient, text in mails(PostBox(site.app)) if recipient == email]
    assert texts, f"no mail to {email}"
    return texts[-1].partition(site.url)[2].split()[0]


@ONE_WIDTH
def test_an_administrator_looks_after_a_person(arrive: Arrive, site: Site, width: int) -> None:
    person, administrator = Newcomer(site, f"Looked-At{width}"), arrive(width=width)
    person.has_a_certificate()
    administrator.signs_in(ADMINISTRATOR)
    _opens_person(administrator, person.family_name)
    administrator.reads("Audit trail")
    administrator.looks("person")
    administrator.follows("Change role")
    administrator.looks("person, role")
    administrator.picks("Cohort", administrator.main.get_by_label("Cohort").locator("option").nth(1).inner_text())
    administrator.presses("Appoint as educator")
    administrator.reads("now.")
    administrator.looks("person, teaches")
    _opens_person(administrator, person.family_name)
    administrator.follows("Change e-mail address")
    administrator.looks("person, address")
    administrator.presses("Change the address")
    administrator.is_told("Enter an e-mail address like name@example.org", "Choose why the address changes")
    administrator.looks("person, address, errors")
    administrator.types("New e-mail address", f"moved{width}@example.org")
    administrator.chooses(administrator.main.get_by_label("They have left the mailbox, as on a rotation"))
    administrator.presses("Change the address")
    administrator.reads(f"moved{width}@example.org")
    administrator.presses(f"Sign out everywhere Noor {person.family_name}")
    administrator.reads("is signed out everywhere")


@ONE_WIDTH
def test_somebody_is_invited_and_makes_their_account(arrive: Arrive, site: Site, width: int) -> None:
    administrator, guest, email = arrive(width=width), arrive(width=width), f"guest{width}@example.org"
    administrator.signs_in(ADMINISTRATOR)
    administrator.opens("/admin/people/invite/")
    administrator.looks("invite")
    administrator.presses("Send the invitation")
    administrator.is_told(
        "Enter an e-mail address like name@example.org", "Enter their family name", "Choose their profession"
    )
    administrator.looks("invite, errors")
    administrator.types("E-mail address", email)
    administrator.types("Family name", "Guest")
    administrator.picks("Profession", "Nurse")
    administrator.picks(
        "Cohort (optional)", administrator.main.get_by_label("Cohort (optional)").locator("option").nth(1).inner_text()
    )
    administrator.presses("Send the invitation")
    administrator.reads("Not taken yet")
    administrator.looks("invite, waiting")

    link = _link(site, email)
    guest.opens(link)
    guest.looks("invitation")
    guest.presses("Make my account")
    guest.is_told("Enter a password")
    guest.types("Password", PASSWORD)
    guest.presses("Make my account")
    guest.reads("Your account is ready")
    guest.signs_in(email)
    guest.opens(link)
    guest.reads("This link does not work")
    guest.looks("invitation, used")


@ONE_WIDTH
def test_a_list_is_looked_at_before_it_is_applied(arrive: Arrive, site: Site, width: int) -> None:
    administrator = arrive(width=width)
    administrator.signs_in(ADMINISTRATOR)
    administrator.opens("/admin/people/import/")
    administrator.looks("list")
    administrator.presses("Show what it would do")
    administrator.is_told("Choose a file")
    administrator.looks("list, error")
    listed = FilePayload(name="list.csv", mimeType="text/csv", buffer=LIST.format(n=width).encode("utf-16"))
    administrator.page.set_input_files("main input[type=file]", files=listed)
    administrator.presses("Show what it would do")
    administrator.reads("1 person is new")
    administrator.looks("list, dry run")
    administrator.presses("Invite 1 person")
    administrator.is_told("Choose what to do about the wrong rows")
    administrator.looks("list, dry run, error")
    administrator.chooses(administrator.main.get_by_label("Leave them out, and invite the others"))
    administrator.presses("Invite 1 person")
    administrator.reads("1 person is invited.")


@ONE_WIDTH
def test_two_accounts_become_one(arrive: Arrive, site: Site, width: int) -> None:
    one, two, administrator = Newcomer(site, f"One-At{width}"), Newcomer(site, f"Two-At{width}"), arrive(width=width)
    one.has_a_certificate()
    two.has_a_certificate()
    administrator.signs_in(ADMINISTRATOR)
    _opens_person(administrator, one.family_name)
    administrator.follows("Merge with another account of this person")
    administrator.looks("merge")
    administrator.presses("Show what would move")
    administrator.is_told("Enter an e-mail address like name@example.org", "Choose which account stays")
    administrator.looks("merge, errors")
    administrator.types("E-mail address of the other account", two.email)
    administrator.chooses(administrator.main.get_by_label("This one"))
    administrator.presses("Show what would move")
    administrator.reads("Before you merge")
    administrator.looks("merge, dry run")
    administrator.presses("Merge these accounts")
    administrator.reads("are one")
    administrator.looks("person, merged")
