"""What the tests of registering and signing in share."""

from flask import Flask
from sqlalchemy import func, select

from elearn.accounts.models import Person
from elearn.extensions import db
from tests import post
from tests.page import PageClient, check_page, find_all, text_of
from tests.post import PostBox, mails
from tests.world import PASSWORD

REGISTER = "/account/register/"
SIGN_IN = "/account/sign-in/"
SIGN_OUT = "/account/sign-out/"
NOBODY = "The e-mail address or the password is not right. Check both and try again"
AMINA = {
    "given_names": "Amina  ",
    "family_name": "Khan\u00a0Ali",
    "profession": "pharmacist",
    "registration_number": "2012345",
    "email": "Amina.Khan@Example.org",
    "password": PASSWORD,
}


def link_in(box: PostBox) -> str:
    [(_, text)] = mails(box)
    return post.link_in(text)


def is_signed_in(client: PageClient) -> bool:
    return client.get("/account/").status_code == 200


def people(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Person)) or 0


def check_errors(html: str, errors: dict[str, str]) -> None:
    """The summary names each field once, in order, in the words that stand beside the field."""
    root = check_page(html, SIGN_IN)
    assert text_of(find_all(root, "title")[0]).startswith("Error: ")
    [summary] = [e for e in root.iter() if e.get("class") == "nhsuk-error-summary"]
    links = [(link.get("href"), text_of(link)) for link in find_all(summary, "a")]
    assert links == [(f"#{field}", words) for field, words in errors.items()]
    for field, words in errors.items():
        [beside] = [e for e in root.iter() if e.get("id") == f"{field}-error"]
        assert text_of(beside) == f"Error: {words}"
        [control] = [e for e in root.iter() if e.get("id") == field]
        assert f"{field}-error" in (control.get("aria-describedby") or "")


def without_tokens(page: str) -> str:
    return "\n".join(line for line in page.splitlines() if "csrf_token" not in line)
