"""What a stranger is told of a certificate: a state in a word, and the named checks that it rests on. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from elearn.certificates.rules import Event, Happening, State, reason_words, revocation, state_of
from elearn.shared.clock import in_words


class Outcome(StrEnum):
    """How one check of a certificate ended."""

    PASSED = "Passed"
    FAILED = "Failed"
    NOT_CHECKED = "Not checked"


@dataclass(frozen=True)
class Check:
    """One thing that verification looked at."""

    name: str
    outcome: Outcome


WELL_FORMED = "The number is well formed"
ON_RECORD = "The number is on our record"
UNCHANGED = "The record is as it was issued"
NOT_REVOKED = "It has not been revoked"
NOT_REPLACED = "No newer edition replaces it"
NOT_EXPIRED = "It has not expired"


def _outcome(passed: bool) -> Outcome:
    return Outcome.PASSED if passed else Outcome.FAILED


def checks_of(events: Sequence[Event], expires_on: date | None, today: date, *, unchanged: bool) -> list[Check]:
    """The checks of a certificate that is on record."""
    replaced = Happening.SUPERSEDED in [event.happening for event in events]
    passed = {
        WELL_FORMED: True,
        ON_RECORD: True,
        UNCHANGED: unchanged,
        NOT_REVOKED: state_of(events, expires_on, today) is not State.REVOKED,
        NOT_REPLACED: not replaced,
        NOT_EXPIRED: expires_on is None or today <= expires_on,
    }
    return [Check(name, _outcome(is_so)) for name, is_so in passed.items()]


def checks_of_unknown(*, well_formed: bool) -> list[Check]:
    """The same checks, of a number that leads nowhere."""
    first = [Check(WELL_FORMED, _outcome(well_formed)), Check(ON_RECORD, Outcome.FAILED)]
    return first + [Check(name, Outcome.NOT_CHECKED) for name in (UNCHANGED, NOT_REVOKED, NOT_REPLACED, NOT_EXPIRED)]


@dataclass(frozen=True)
class Finding:
    """The state of a certificate as pages show it. `kind` is the last part of the class `app-state--...`."""

    title: str
    kind: str
    words: str
    checks: tuple[Check, ...]
    known: bool = True


NO_SUCH = "No certificate with this number is on our record. Compare each character with the document."
VALID = "We issued this certificate, and its record is as it was issued."
ERASED = "We issued this certificate, and its record is as it was issued. We no longer keep who holds it."
REPLACED = "A newer edition of this certificate exists. Ask its holder for it."
BROKEN = "The record behind this number is not as it was issued. Do not rely on it, and please write to us."


def unknown(problem: str = "") -> Finding:
    """Of a number that is not on record; `problem` says what is wrong with one that cannot be a number at all."""
    return Finding(
        "Not known", "unknown", problem or NO_SUCH, tuple(checks_of_unknown(well_formed=not problem)), known=False
    )


def find_out(
    events: Sequence[Event], expires_on: date | None, *, unchanged: bool, has_holder: bool, today: date, zone: str
) -> Finding:
    """Of a certificate that is on record."""
    checks = tuple(checks_of(events, expires_on, today, unchanged=unchanged))
    if not unchanged:
        return Finding("Cannot be confirmed", "unknown", BROKEN, checks, known=False)
    match state_of(events, expires_on, today):
        case State.REVOKED:
            revoked = revocation(events)
            when = in_words(revoked.at, zone) if revoked else ""
            words = f"It was revoked on {when}. {reason_words(revoked.reason) if revoked else ''}".strip()
            return Finding("Revoked", "revoked", words, checks)
        case State.SUPERSEDED:
            return Finding("Superseded", "superseded", REPLACED, checks)
        case State.EXPIRED:
            return Finding(
                "Expired", "expired", f"It was valid until {in_words(expires_on)}." if expires_on else "", checks
            )
        case State.VALID:
            title = "Valid" if has_holder else "Valid, holder’s details erased"
            return Finding(title, "valid", VALID if has_holder else ERASED, checks)
