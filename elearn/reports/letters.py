"""What people are told by mail when an administrator changes something of their account. Suspended people get nothing."""

from flask import current_app, url_for

from elearn.accounts.erasing_rules import Ground
from elearn.accounts.invitations import Invitee
from elearn.accounts.models import Person
from elearn.accounts.rules import INVITATION_LASTS
from elearn.accounts.security import confirmation_address
from elearn.config import Settings
from elearn.mail import actions as mail

INVITATION = """Hello {name}

{inviter} invites you to {provider}.

Open this page to check your name and set your password:

{link}

The link works once, for {hours} hours. If you do not know what this is about, ignore this message: nothing will happen.

{provider}
"""
MOVED_AWAY = """Hello {name}

An administrator has given your account at {provider} another e-mail address. From now on nothing is sent to this one, and you sign in with the other.

If you did not expect this, write to {contact} at once.

{provider}
"""
MOVED_HERE = """Hello {name}

An administrator has set this e-mail address for your account at {provider}. Sign in with it, and with the password that you have.

Please confirm that it is yours:

{link}

The link opens a page with one button. It works for five days. If you do not know what this is about, ignore this message.

{provider}
"""
MERGED = """Hello {name}

You had two accounts at {provider}. An administrator has put everything that you did into one of them. Your certificates stay as they are, with their numbers.

From now on sign in with {which} address. The other account is closed.

If you did not expect this, write to {contact}.

{provider}
"""
REFUSED = """Hello {name}

You asked us to erase your account, or somebody asked for you. We have decided not to do it for now, because {ground}.

The right to be erased has limits in law (UK GDPR, Article 17(3)). We erase your account when this ground is over and you ask again.

If you think that this is wrong, write to {contact}. You can also complain to the Information Commissioner, and ask a court:

https://ico.org.uk/make-a-complaint/

{provider}
"""


def _settings() -> Settings:
    found: Settings = current_app.extensions["elearn.settings"]
    return found


def _absolute(path: str) -> str:
    return _settings().base_url.rstrip("/") + path


def _write(recipient: str, subject: str, text: str, about: Person | None = None, **words: object) -> None:
    settings = _settings()
    everywhere = {"provider": settings.provider_name, "contact": settings.contact_email}
    mail.send(recipient, subject, text.format(**everywhere, **words), person_id=about.id if about else None)


def send_invitation(invitee: Invitee, token: str, inviter: str) -> None:
    """The link by which somebody makes their account."""
    hours = int(INVITATION_LASTS.total_seconds() // 3600)
    link = _absolute(url_for("invited.ask", token=token))
    subject = f"Your invitation to {_settings().provider_name}"
    _write(invitee.email, subject, INVITATION, name=invitee.name, inviter=inviter, link=link, hours=hours)


def tell_of_new_address(person: Person, old: str) -> None:
    """Tell both addresses of a change: the old one so that nobody is moved in silence, the new one to be confirmed."""
    if person.active:
        subject = "The e-mail address of your account has changed"
        _write(old, subject, MOVED_AWAY, person, name=person.name)
        _write(
            person.email, subject, MOVED_HERE, person, name=person.name, link=_absolute(confirmation_address(person))
        )


def tell_of_merge(person: Person, emptied: str) -> None:
    """Tell both addresses with which one the person signs in from now on."""
    if person.active:
        for recipient, which in ((emptied, "your other"), (person.email, "this")):
            _write(recipient, "Your two accounts are one", MERGED, person, name=person.name, which=which)


def tell_of_refused_erasure(person: Person, ground: Ground) -> None:
    """Tell the person that they are not erased, why, and what they can do (trust.md D-6)."""
    _write(person.email, "We have not erased your account", REFUSED, person, name=person.name, ground=ground.words)
