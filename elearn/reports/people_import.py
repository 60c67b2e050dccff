"""Inviting a whole list of people: first what it would do, then all of it in one transaction, or nothing."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import func, select

from elearn.accounts.invitations import Invitee, invite_new, list_invited
from elearn.accounts.models import Person
from elearn.accounts.rules import Viewer
from elearn.audit import actions as audit
from elearn.cohorts import queries as cohorts
from elearn.cohorts.rules import CohortView, read_code
from elearn.extensions import db
from elearn.reports.people_csv import Line, Sheet
from elearn.shared.canonical import digest
from elearn.shared.missing import NotFound

EMAILS_AT_A_TIME = 500


class Standing(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    INVITED = "invited already"
    THERE = "has an account"
    WRONG = "wrong"


@dataclass(frozen=True)
class Planned:
    """One row of the list, what becomes of it, and the cohort that it names."""

    line: Line
    standing: Standing
    cohort: CohortView | None = None


@dataclass(frozen=True)
class Plan:
    """What a list would do now. The fingerprint is of the list and of what is known of its people."""

    rows: tuple[Planned, ...]

    @property
    def fingerprint(self) -> str:
        """Equal for equal lists that would do the same."""
        return digest([[str(row.line), row.standing.value, row.cohort and row.cohort.public_id] for row in self.rows])

    def count(self, standing: str) -> int:
        """How many rows stand so."""
        return Counter(row.standing.value for row in self.rows)[standing]


class NotAsSeen(Exception):
    """Something has changed since the dry run that was looked at: nothing was written."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("not as seen")
        self.plan = plan


class WrongRows(Exception):
    """Some rows are wrong, and nobody said to leave them out: nothing was written."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("wrong rows")
        self.plan = plan


def plan_import(administrator: Viewer, sheet: Sheet) -> Plan:
    """What the list would do. Raises NotFound for whoever is no administrator."""
    if not administrator.administrator:
        raise NotFound("import")
    known = _cohorts(administrator)
    lines = [_with_cohort(line, known) for line in sheet.lines]
    emails = {line.email for line, _ in lines}
    there, invited = _with_accounts(emails), list_invited(administrator, emails)
    return Plan(tuple(Planned(line, _standing(line, there, invited), cohort) for line, cohort in lines))


def apply_import(administrator: Viewer, sheet: Sheet, seen: str, *, skip: bool) -> list[tuple[Invitee, str]]:
    """Invite everybody who is new, and give each with their token. Raises NotAsSeen, WrongRows."""
    plan = plan_import(administrator, sheet)
    if plan.fingerprint != seen:
        raise NotAsSeen(plan)
    if plan.count(Standing.WRONG) and not skip:
        raise WrongRows(plan)
    made = []
    for row in plan.rows:
        if row.standing is Standing.NEW and (invitee := _invitee(row)) is not None:
            token = invite_new(administrator, invitee)
            if token is None:  # somebody else was quicker, and that invitation waits
                continue
            made.append((invitee, token))
    counts = {standing.name.lower(): plan.count(standing) for standing in Standing}
    audit.record("people imported", "people", administrator.id, **(counts | {"new": len(made)}))
    return made


def _invitee(row: Planned) -> Invitee | None:
    line = row.line
    if line.profession is None:
        return None
    cohort = row.cohort.public_id if row.cohort else ""
    return Invitee(
        line.email, line.given_names, line.family_name, line.profession, line.registration_number, cohort=cohort
    )


def _cohorts(administrator: Viewer) -> Mapping[str, CohortView | None]:
    """Every cohort by its name in small letters and by its code; None where two have the name."""
    found: dict[str, CohortView | None] = {}
    for cohort in cohorts.list_all(administrator):
        name = cohort.name.casefold()
        found[name] = None if name in found else cohort
    return {**found, **{cohort.join_code: cohort for cohort in cohorts.list_all(administrator)}}


def _with_cohort(line: Line, known: Mapping[str, CohortView | None]) -> tuple[Line, CohortView | None]:
    if not line.cohort:
        return line, None
    for key in (line.cohort.casefold(), read_code(line.cohort)):
        if known.get(key) is not None:
            return line, known[key]
    shared = line.cohort.casefold() in known
    words = "more than one cohort has this name: write its join code" if shared else "there is no such cohort"
    return replace(line, wrong=(*line.wrong, f"Row {line.row} (cohort): {words}")), None


def _with_accounts(emails: Collection[str]) -> set[str]:
    found: set[str] = set()
    wanted = sorted(emails)
    for start in range(0, len(wanted), EMAILS_AT_A_TIME):
        some = wanted[start : start + EMAILS_AT_A_TIME]
        found |= set(db.session.scalars(select(func.lower(Person.email)).where(func.lower(Person.email).in_(some))))
    return found


def _standing(line: Line, there: Collection[str], invited: Collection[str]) -> Standing:
    if line.wrong:
        return Standing.WRONG
    if line.email in there:
        return Standing.THERE
    return Standing.INVITED if line.email in invited else Standing.NEW
