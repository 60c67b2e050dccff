"""Two accounts of one person become one: what happens to each thing that hangs on a person, and why. Pure decisions.

`RULES` names every foreign key to a person. One that is not here stops a merge before anything is written, and a test
walks the tables: nobody adds a table with people in it without deciding this.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from elearn.accounts.rules import why_not_without
from elearn.quizzes.rules import MoreTime


class How(StrEnum):
    """What a merge does with the rows of one foreign key."""

    MOVE = "move"
    UNITE = "unite"  # move, but where the other account has the same already, one of the two is enough
    PASSAGES = "passages"
    MORE_TIME = "more time"
    END = "end"
    STAY = "stay"
    REMOVE = "remove"


@dataclass(frozen=True)
class Rule:
    """What happens to the rows of one foreign key, what they are called, and why it is so."""

    how: How
    one: str
    many: str
    why: str


RULES: Mapping[str, Rule] = {
    "enrolments.person_id": Rule(
        How.PASSAGES,
        "start of a module",
        "starts of modules",
        "They move with their answers, marks, reflections and certificates. Where both accounts have started a module, "
        "the passage that is further on is the present one, and the other stays as an earlier round.",
    ),
    "certificate_holders.person_id": Rule(
        How.MOVE, "certificate", "certificates", "Each stays as it was issued, and its number verifies as before."
    ),
    "memberships.person_id": Rule(How.UNITE, "cohort learned in", "cohorts learned in", "Nobody is in a cohort twice."),
    "teachings.person_id": Rule(How.UNITE, "cohort taught", "cohorts taught", "Nobody teaches a cohort twice."),
    "problem_reports.person_id": Rule(
        How.MOVE, "reported problem", "reported problems", "The person reads the answer where they sign in."
    ),
    "complaints.person_id": Rule(
        How.MOVE, "complaint", "complaints", "It is answered where the person signs in from now on."
    ),
    "erasure_refusals.person_id": Rule(
        How.MOVE, "refused erasure", "refused erasures", "What must be kept for a while is in the account that stays."
    ),
    "accommodations.person_id": Rule(
        How.MORE_TIME,
        "setting of time in quizzes",
        "settings of time in quizzes",
        "Where both accounts have one, the more generous stays: a need does not end by a merge.",
    ),
    "sign_ins.person_id": Rule(How.END, "sign-in", "sign-ins", "They end: the emptied account signs nobody in."),
    **{
        f"{table}.person_id": Rule(How.REMOVE, one, many, "A way to sign in to the emptied account is worth nothing.")
        for table, one, many in (
            ("authenticator_apps", "authenticator app", "authenticator apps"),
            ("recovery_codes", "recovery code", "recovery codes"),
            ("passkeys", "passkey", "passkeys"),
        )
    },
    "merges.into_id": Rule(
        How.MOVE, "account merged earlier", "accounts merged earlier", "They point to the account that stays."
    ),
    "merges.person_id": Rule(How.STAY, "merge", "merges", "It is the mark of an account that was emptied before."),
}
# Columns that hold a person's key as history, without a foreign key: who did it then is who did it.
HISTORY = frozenset(
    {
        *("audit_events.actor_id", "jobs.owner_id", "certificate_events.actor_id", "problem_reports.changed_by"),
        *("accommodations.set_by", "rulings.ruled_by", "content_withdrawals.by", "content_reviews.recorded_by"),
        *("invitations.invited_by", "merges.merged_by", "erasure_refusals.refused_by", "complaints.closed_by"),
        "letters.person_id",
    }
)


@dataclass(frozen=True)
class Passage:
    """One enrolment, as far as the rule asks."""

    id: int
    stays: bool  # whether it is the staying account's
    module: str
    cycle: int
    started_at: datetime
    certified: bool
    steps: int
    attempts: int

    @property
    def reach(self) -> tuple[int, bool, int, int, bool]:
        """How far on it is: the round, then a certificate, steps, attempts; of equals the staying account's."""
        return (self.cycle, self.certified, self.steps, self.attempts, self.stays)


def renumbered(passages: Sequence[Passage]) -> dict[int, int]:
    """The round of each passage after a merge, by key: the newest round is the one that the person goes on with.

    Where one account alone has started a module, nothing changes. Else the rounds are counted anew: of the newest of
    each account the one further on comes last, and the others keep their order before it. No passage is lost.
    """
    by_module: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        by_module[passage.module].append(passage)
    rounds: dict[int, int] = {}
    for some in by_module.values():
        if len({passage.stays for passage in some}) == 1:
            rounds |= {passage.id: passage.cycle for passage in some}
            continue
        present = max(some, key=lambda passage: passage.reach)
        earlier = sorted(
            (passage for passage in some if passage is not present),
            key=lambda passage: (passage.cycle, passage.started_at, passage.id),
        )
        rounds |= {passage.id: number for number, passage in enumerate([*earlier, present], start=1)}
    return rounds


def more_generous(first: MoreTime, second: MoreTime) -> MoreTime:
    """What somebody may have who was given both: no limit before any limit, more time before less, breaks if either."""
    limits = [more.time_percent for more in (first, second) if more.time_percent is not None]
    unlimited = len(limits) < 2
    return MoreTime(None if unlimited else max(limits), first.rest_breaks or second.rest_breaks)


@dataclass(frozen=True)
class Account:
    """One of the two accounts, as far as the rule asks."""

    id: int
    administrator: bool
    merged: bool
    erased: bool = False


def why_not_merge(stays: Account, emptied: Account, actor_id: int, active_administrators: Collection[int]) -> str:
    """Why these two cannot be merged, or nothing where they can."""
    if stays.id == emptied.id:
        return "This is the same account. Enter the address of the other one."
    if stays.merged or emptied.merged:
        return "One of the two was merged already. Look for the account that it was merged into."
    if stays.erased or emptied.erased:
        return "One of the two is erased. What is left of it leads to nobody, and must not lead to anybody again."
    if emptied.id == actor_id:
        return "You are signed in with the account that would be emptied. Let it be the one that stays."
    return why_not_without(emptied.id, active_administrators)
