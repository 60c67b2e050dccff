"""Links by which a person shows that they read the mail of an address. Nothing of them is kept.

A link is signed; it holds when it was made and a fingerprint of the person's password, address and count of links, so that
it dies with any of them: when it was used, when a newer one was asked for, when the address has changed. The clock is ours.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from elearn.accounts import queries
from elearn.accounts.models import Person
from elearn.shared import clock

RESET, EMAIL = "reset", "email"
LIFE = timedelta(hours=1)


@dataclass(frozen=True)
class Claim:
    """Whose link it is, and the address that it is about, where it is about one."""

    person: Person
    address: str


def make(person: Person, purpose: str, address: str = "") -> str:
    """The unguessable part of a link."""
    payload = [person.public_id, int(clock.now().timestamp()), address, _fingerprint(person)]
    token = _signer(purpose).dumps(payload)
    return token if isinstance(token, str) else token.decode()


def find(token: str, purpose: str, *, to_change: bool = False) -> Claim | None:
    """Who holds a link, or None where it is forged, too old, used, or older than the newest.

    `to_change` locks the person's row until the transaction ends, so that of many who use one link at once one succeeds.
    """
    try:
        public_id, made, address, fingerprint = _signer(purpose).loads(token)
    except (BadData, ValueError, TypeError):
        return None
    if clock.now() - datetime.fromtimestamp(made, UTC) > LIFE:
        return None
    person = queries.find_person_behind(public_id, to_change=to_change)
    if person is None or not hmac.compare_digest(fingerprint, _fingerprint(person)):
        return None
    return Claim(person, address)


def _signer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"account link: {purpose}")


def _fingerprint(person: Person) -> str:
    state = f"{person.password}\n{person.email}\n{person.links_asked}"
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"account link\n{state}".encode(), hashlib.sha256).hexdigest()
