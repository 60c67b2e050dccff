"""The letters about passwords and addresses. Each is written inside the write that causes it."""

from flask import current_app, url_for

from elearn.accounts.models import Person
from elearn.config import Settings
from elearn.mail import actions as mail
from elearn.shared import clock

RESET = """Hello {name}

Somebody, probably you, has asked to choose a new password for your account at
{provider}, {address}. To choose one, open this page:

{link}

The link works once, for one hour. If you ask again, only the newest link works.

If it was not you, ignore this message: your password stays as it is.
"""
WAS_CHANGED = """Hello {name}

The password of your account at {provider} has just been changed, on {when}. If it was you, there is nothing to do.

You were signed out everywhere else.

If it was not you, choose a new password at once:

{link}

and write to {contact}.
"""
ALREADY_REGISTERED = """Hello {name}

Somebody, probably you, has tried to register at {provider} with this e-mail address. You have an account already, so
nothing was changed.

To sign in:

{link}

If you have forgotten your password, choose a new one:

{reset}

If it was not you, ignore this message.
"""
CONFIRM_CHANGE = """Hello

Somebody, probably you, wants to use this e-mail address for their account at {provider}. To confirm that it is yours, open
this page and press the button:

{link}

The link works once, for one hour. If it was not you, ignore this message: nothing will happen.
"""
TAKEN = """Hello {name}

Somebody, probably you, wants to use this e-mail address for another account at {provider}. This address has an account
already, so nothing was changed.

If you have two accounts and want one, write to {contact}. If it was not you, there is nothing to do.
"""
CHANGE_ASKED = """Hello {name}

Somebody who is signed in as you, and knows your password, has asked to change the e-mail
address of your account at {provider}. If it was you, open the link that we have sent to the new address. It works for one
hour. Until then nothing changes.

If it was not you, choose a new password at once, which also ends that link:

{link}
"""
CHANGED = """Hello {name}

The e-mail address of your account at {provider} was changed on {when}. From now on, sign in with the new one; we write to
it only. If it was you, there is nothing to do.

If it was not you, write to {contact} at once.
"""


NEW_ADDRESS = "A new e-mail address"
"""The subject of both letters to an address that somebody wants to change to: it does not tell them apart."""


def send_reset(person: Person, path: str) -> None:
    """The link to choose a new password."""
    _send(person, person.email, "Choose a new password", RESET, name=person.name, address=person.email, link=_at(path))


def tell_password_changed(person: Person) -> None:
    """The password was changed."""
    _send(person, person.email, "Your password was changed", WAS_CHANGED, name=person.name, link=_forgotten())


def tell_registered_already(person: Person) -> None:
    """Somebody tried to register with the person's address."""
    path = _at(url_for("security.login"))
    _send(
        person,
        person.email,
        "You have an account already",
        ALREADY_REGISTERED,
        name=person.name,
        link=path,
        reset=_forgotten(),
    )


def send_email_link(person: Person, address: str, path: str) -> None:
    """The link by which the new address is confirmed, and a notice to the old one."""
    _send(person, address, NEW_ADDRESS, CONFIRM_CHANGE, link=_at(path))
    _send(person, person.email, "A change of your e-mail address", CHANGE_ASKED, name=person.name, link=_forgotten())


def tell_taken(person: Person, owner: Person) -> None:
    """The new address has an account already: both are told, and whoever asked sees no difference.

    Nor do they in a copy of their data: the letter stands there like the one that a new address gets.
    """
    _send(person, owner.email, NEW_ADDRESS, TAKEN, name=owner.name)
    _send(person, person.email, "A change of your e-mail address", CHANGE_ASKED, name=person.name, link=_forgotten())


def tell_email_changed(person: Person, old: str) -> None:
    """The address was changed: the old one is told."""
    _send(person, old, "Your e-mail address was changed", CHANGED, name=person.name)


def _send(about: Person, recipient: str, subject: str, text: str, **values: str) -> None:
    settings: Settings = current_app.extensions["elearn.settings"]
    everywhere = {
        "contact": settings.contact_email,
        "provider": settings.provider_name,
        "when": clock.time_in_words(clock.now(), settings.time_zone),
    }
    body = text.format(**everywhere, **values) + f"\n{settings.provider_name}\n"
    mail.send(recipient, subject, body, person_id=about.id)


def _at(path: str) -> str:
    settings: Settings = current_app.extensions["elearn.settings"]
    return settings.base_url.rstrip("/") + path


def _forgotten() -> str:
    return _at(url_for("passwords.forgotten"))
