"""An answer that arrives while nobody is signed in is held, sealed, and saved when its person signs in again.

The **ticket** in a question's form shows that the page was made for one person and one attempt: nobody else can know it, so
it is what a save needs against forgery, and it stays right when the session ends and another begins. A **held** answer is
what was sent, sealed with our key together with the attempt, the position and the moment when the server had it first.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from elearn.items.base import Sent
from elearn.quizzes.rules import Claim
from elearn.shared import clock

KEPT_FOR = timedelta(hours=24)
LONGEST = 2_000  # letters: the seal travels in a cookie, of which browsers take 4,096
OURS = ("answer", "stage", "go-on", "sure")


@dataclass(frozen=True)
class Held:
    """An answer that waits for its person."""

    attempt: str
    position: int
    sent: Sent
    claim: Claim


def ticket_for(person_id: int, attempt: str) -> str:
    """What the forms of one person's attempt carry."""
    key = str(current_app.secret_key).encode()
    return hmac.digest(key, f"ticket:{person_id}:{attempt}".encode(), "sha256").hex()


def is_ticket(ticket: str, person_id: int, attempt: str) -> bool:
    """Whether this is the ticket of this person's attempt."""
    return ticket.isascii() and hmac.compare_digest(ticket, ticket_for(person_id, attempt))


def _seal() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="held answer")


def hold(attempt: str, position: int, sent: Sent, claim: Claim, received_at: datetime) -> str:
    """Seal an answer; empty where it is larger than any answer of ours."""
    content = {
        "attempt": attempt,
        "position": position,
        "sent": ours(sent),
        "claim": [claim.seen, claim.tab, claim.number],
        "at": received_at.isoformat(),
    }
    sealed = str(_seal().dumps(content))
    return sealed if len(sealed) <= LONGEST else ""


def ours(sent: Sent) -> Mapping[str, Sequence[str]]:
    """The fields of a form that say the answer, and how sure the person is."""
    return {name: list(values) for name, values in sent.items() if name.startswith(OURS)}


def open_held(sealed: object) -> Held | None:
    """The answer that was held, or None where it is not ours or too old."""
    if not isinstance(sealed, str) or not sealed:
        return None
    try:
        content = _seal().loads(sealed)
    except BadData:
        return None
    received_at = datetime.fromisoformat(content["at"])
    if clock.now() - received_at > KEPT_FOR:
        return None
    seen, tab, number = content["claim"]
    claim = Claim(seen, tab, number, received_at)
    return Held(content["attempt"], content["position"], content["sent"], claim)
