"""What a person is, what a name may be, and how long a sign-in lasts."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST_NAME = 80
LONGEST_REGISTRATION = 40
SHORTEST_PASSWORD = 15
LONGEST_PASSWORD = 1000
LONGEST_SIGN_IN = timedelta(hours=20)
INVITATION_LASTS = timedelta(hours=48)
INVITATION_KEPT = timedelta(days=30)
"""An invitation that nobody took is kept so long, that an administrator sees it, and then goes with its names."""
LAST_ADMINISTRATOR = "This is the last administrator who can sign in. Make another person an administrator first."


class Profession(StrEnum):
    """The professions that the module is for, as a person chooses them."""

    DOCTOR = "doctor"
    NURSE = "nurse"
    PHARMACIST = "pharmacist"
    GENETIC_COUNSELLOR = "genetic counsellor"
    ALLIED_HEALTH = "allied health professional"
    RESEARCH = "research or trials staff"
    OTHER = "other"


class EmailReason(StrEnum):
    """Why an administrator changes somebody's address: a code, because the audit trail holds no words about people."""

    LOST = "mailbox lost"
    MISTYPED = "mistyped"
    ASKED = "asked"


@dataclass(frozen=True)
class Viewer:
    """The signed-in person of a request."""

    id: int
    public_id: str
    email: str
    given_names: str
    family_name: str
    profession: Profession
    registration_number: str
    administrator: bool
    confirmed: bool
    sign_in_id: int
    content_epoch: int = 0
    # About this sign-in and how much it proves (stages.py); `staff` teaches or administers.
    staff: bool = False
    has_factor: bool = False
    proven: bool = False
    signed_in_at: datetime | None = None
    seen_at: datetime | None = None

    @property
    def name(self) -> str:
        """The name as it is shown and printed."""
        return full_name(self.given_names, self.family_name)


def full_name(given_names: str, family_name: str) -> str:
    """Given names, then family name; a person may have a family name only."""
    return f"{given_names} {family_name}".strip()


def tidy(text: str) -> str:
    """A typed name or number without stray spaces, in Unicode's composed form, and without control characters."""
    composed = unicodedata.normalize("NFC", text)
    visible = "".join(" " if unicodedata.category(c).startswith("Z") else c for c in composed if not _is_control(c))
    return " ".join(visible.split())


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} and character not in "\t\n\r"


def why_not_suspend(person_id: int, actor_id: int, active_administrators: Collection[int]) -> str:
    """Why a person may not be suspended, or nothing where they may."""
    if person_id == actor_id:
        return "You cannot suspend yourself. Ask another administrator."
    return why_not_without(person_id, active_administrators)


def why_not_without(person_id: int, active_administrators: Collection[int]) -> str:
    """Why there must not be one administrator less, or nothing where there may: whatever takes the reach away asks this.

    That is a change of role, a suspension, a merge and an erasure. Whoever is no administrator may always go.
    """
    return LAST_ADMINISTRATOR if set(active_administrators) == {person_id} else ""


def sign_in_is_live(started_at: datetime, ended_at: datetime | None, now: datetime) -> bool:
    """A sign-in lasts until the person signs out, and 20 hours at most, so that a ward PC forgets by morning."""
    return ended_at is None and now - started_at < LONGEST_SIGN_IN
