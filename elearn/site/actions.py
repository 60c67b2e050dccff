"""Taking a complaint, acknowledging it at once, and closing it."""

from sqlalchemy import update

from elearn.accounts.guarding import may_write_to
from elearn.accounts.rules import Viewer
from elearn.audit import actions as audit
from elearn.config import Settings
from elearn.extensions import db
from elearn.mail import actions as mail
from elearn.shared import clock
from elearn.shared.once import one_at_a_time
from elearn.site import queries
from elearn.site.models import Complaint
from elearn.site.rules import COMPLAINTS_WINDOW, About, answer_due, wait_of_complaints

ACKNOWLEDGED = """Hello{name}

We have your complaint about {about}. Its number is {number}.

An administrator looks into it and answers you by {due}.

You can also complain to the Information Commissioner at any time, where it is about personal data:

https://ico.org.uk/make-a-complaint/

{provider}
"""


class TooManyComplaints(Exception):
    """A network has sent too many complaints; `seconds` says how long the next one waits."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} seconds")
        self.seconds = seconds


class AlreadyClosed(ValueError):
    """Somebody else has closed the complaint."""


def complain(
    viewer: Viewer | None, settings: Settings, network: str, about: About, words: str, name: str, email: str
) -> Complaint:
    """Keep a complaint, and acknowledge it by mail where there is an address. Raises TooManyComplaints."""
    one_at_a_time(network)
    now = clock.now()
    # What limits them is not kept for longer than it limits them.
    db.session.execute(
        update(Complaint)
        .where(Complaint.made_at <= now - COMPLAINTS_WINDOW, Complaint.network != "")
        .values(network="")
    )
    if seconds := wait_of_complaints(queries.list_made(network, now - COMPLAINTS_WINDOW), now):
        raise TooManyComplaints(seconds)
    complaint = Complaint(
        person_id=viewer.id if viewer else None,
        about=about,
        name="" if viewer else name,
        email="" if viewer else email,
        words=words,
        network=network,
        made_at=now,
    )
    db.session.add(complaint)
    db.session.flush()
    audit.record("complaint received", f"complaint:{complaint.id}", viewer.id if viewer else None)
    # A stranger may give anybody's address: no words of theirs go there, and not often.
    recipient, called = (viewer.email, f" {viewer.name}") if viewer else (email, "")
    if viewer or (recipient and may_write_to(recipient)):
        text = ACKNOWLEDGED.format(
            name=called,
            about=about.value,
            number=complaint.public_id,
            due=clock.in_words(answer_due(now), settings.time_zone),
            provider=settings.provider_name,
        )
        mail.send(recipient, "We have your complaint", text, person_id=viewer.id if viewer else None)
    return complaint


def close(administrator: Viewer, public_id: str, outcome: str) -> None:
    """Record what came of a complaint. Raises AlreadyClosed, NotFound."""
    complaint = queries.get_complaint_to_change(administrator, public_id)
    if complaint.closed_at is not None:
        raise AlreadyClosed
    complaint.outcome, complaint.closed_at, complaint.closed_by = outcome, clock.now(), administrator.id
    db.session.flush()
    audit.record("complaint closed", f"complaint:{complaint.id}", administrator.id)
