"""When a certificate is awarded, what state it is in, and what a stranger is told. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from elearn.content.structure import StepKind
from elearn.modules.rules import Path, ReviewState, Standing, StepState
from elearn.shared import limits

FIRST_EDITION = 1
TRIES_A_MINUTE = 10
TRIES_WINDOW = timedelta(minutes=1)
TRIES_KEPT = timedelta(days=1)


class Happening(StrEnum):
    """What may happen to a certificate."""

    ISSUED = "issued"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    RESTORED = "restored"


class State(StrEnum):
    """What may be said of a certificate."""

    VALID = "valid"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


class Reason(StrEnum):
    """Why a certificate is revoked: a code that anyone may read, with no word about the holder."""

    ISSUED_IN_ERROR = "issued in error"
    WRONG_DETAILS = "wrong details"
    NOT_OWN_WORK = "conditions not met"
    HOLDER_ASKED = "holder's request"
    CONTENT_WITHDRAWN = "content withdrawn"

    @property
    def words(self) -> str:
        """The code as a sentence for the public."""
        return _REASONS[self]


_REASONS = {
    Reason.ISSUED_IN_ERROR: "It was issued in error.",
    Reason.WRONG_DETAILS: "Details printed on it were wrong.",
    Reason.NOT_OWN_WORK: "The conditions for it were not met.",
    Reason.HOLDER_ASKED: "Its holder asked for this.",
    Reason.CONTENT_WITHDRAWN: "The learning that it stands for was withdrawn.",
}


def reason_words(code: str) -> str:
    """The sentence for a stored code; a code of later days is shown as it is."""
    return _REASONS[Reason(code)] if code in set(Reason) else code


@dataclass(frozen=True)
class Event:
    """One thing that happened to a certificate."""

    happening: Happening
    reason: str
    at: datetime


@dataclass(frozen=True)
class Award:
    """Whether a certificate may be issued, and if not, every reason in the person's words."""

    reasons: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether nothing stands against it."""
        return not self.reasons


CONFIRM_FIRST = (
    "Confirm your e-mail address: open the link that we sent you, or ask for a new one on your account page."
)


def may_award(path: Path, standing: Standing, *, demonstration: bool, confirmed: bool, active: bool = True) -> Award:
    """Every other step is done, no part is out of service, the module awards, and the e-mail address is confirmed.

    A demonstration awards for content that is not reviewed, or overdue for review, but not for a withdrawn module.
    """
    others = [step for step in path.steps if step.step.kind is not StepKind.CERTIFICATE]
    reasons = [] if active else ["This account is suspended."]
    reasons += [f"Finish “{s.step.title}” first." for s in others if s.state is not StepState.DONE and not s.step.fault]
    reasons += [
        f"“{s.step.title}” is out of service, and your certificate waits for it." for s in path.steps if s.step.fault
    ]
    if not standing.awards and (standing.state is ReviewState.WITHDRAWN or not demonstration):
        reasons.append(standing.reason)
    if not confirmed:
        reasons.append(CONFIRM_FIRST)
    return Award(tuple(reasons))


def state_of(events: Sequence[Event], expires_on: date | None, today: date) -> State:
    """The state by what happened, in order, and by the date. It is good through the day that it expires on.

    Restoring takes back a revocation only: a newer edition stays newer.
    """
    happened = [event.happening for event in events]
    turns = [h for h in happened if h in (Happening.REVOKED, Happening.RESTORED)]
    if turns and turns[-1] is Happening.REVOKED:
        return State.REVOKED
    if Happening.SUPERSEDED in happened:
        return State.SUPERSEDED
    return State.EXPIRED if expires_on is not None and today > expires_on else State.VALID


def revocation(events: Sequence[Event]) -> Event | None:
    """The last time that it was revoked."""
    return next((event for event in reversed(events) if event.happening is Happening.REVOKED), None)


def network_key(address: str, secret: str) -> str:
    """What a visitor's tries of a family name are counted for."""
    return limits.key_of("verification tries", limits.network_of(address), secret)


def seconds_to_wait(tries: Sequence[datetime], now: datetime) -> int:
    """How long until another try of a family name is allowed; 0 when it is now. `tries` may hold older ones too."""
    return limits.seconds_to_wait(tries, now, TRIES_A_MINUTE, TRIES_WINDOW)
