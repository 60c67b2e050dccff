"""Merging two accounts of one person: what it would do, in words; then all of it in one transaction."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Column, Table, UniqueConstraint, delete, func, select, update

from elearn.accounts.actions import end_all_sign_ins
from elearn.accounts.erasing_rules import ERASED
from elearn.accounts.models import Merge, Person
from elearn.accounts.queries import get_person_by_public_id, get_person_to_change, list_active_administrators_to_change
from elearn.accounts.rules import Viewer
from elearn.audit import actions as audit
from elearn.certificates.models import Certificate
from elearn.cohorts.models import RosterEntry
from elearn.extensions import Base, db
from elearn.modules.models import Completion, Enrolment
from elearn.quizzes.actions import accommodate
from elearn.quizzes.models import Accommodation, Attempt
from elearn.quizzes.queries import more_time_of
from elearn.reports.one_person import RULES, Account, How, Passage, Rule, more_generous, renumbered, why_not_merge
from elearn.shared import clock
from elearn.shared.canonical import digest

NO_PASSWORD = "*"  # noqa: S105 - what no password hashes to


class MayNotMerge(ValueError):
    """The two cannot be merged; the message says why."""


class NoRule(RuntimeError):
    """A table with people in it has no rule: nothing was written."""


class NotAsSeen(Exception):
    """Something has changed since the dry run that was looked at: nothing was written."""


@dataclass(frozen=True)
class Move:
    """What happens to the rows of one kind."""

    key: str
    rule: Rule
    count: int

    @property
    def words(self) -> str:
        """How many of what."""
        return f"{self.count} {self.rule.one if self.count == 1 else self.rule.many}"


@dataclass(frozen=True)
class Round:
    """A module that both have started: which round each passage is afterwards."""

    module: str
    rounds: tuple[tuple[Passage, int], ...]


@dataclass(frozen=True)
class MergePlan:
    """What a merge would do now. The fingerprint is of all of it."""

    stays: Person
    emptied: Person
    moves: tuple[Move, ...]
    rounds: tuple[Round, ...]

    @property
    def fingerprint(self) -> str:
        """Equal for a merge that would do the same to the same."""
        rounds = [[passage.id, number] for found in self.rounds for passage, number in found.rounds]
        moves = [[move.key, move.count] for move in self.moves]
        return digest([self.stays.id, self.emptied.id, self.stays.email, self.emptied.email, moves, rounds])


def list_links() -> Iterator[tuple[str, Table, "Column[int]"]]:
    """Every foreign key to a person, by `table.column`, found by walking the tables."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if any(key.column.table.name == "people" for key in column.foreign_keys):
                yield f"{table.name}.{column.name}", table, column


def plan_merge(administrator: Viewer, stays: str, emptied: str) -> MergePlan:
    """What merging would do, by the two address ids. Raises NotFound, MayNotMerge, NoRule."""
    first = get_person_by_public_id(administrator, stays)
    second = get_person_by_public_id(administrator, emptied)
    active = list(db.session.scalars(select(Person.id).where(Person.administrator, Person.active)))
    return _plan(administrator, first, second, active)


def _plan(administrator: Viewer, stays: Person, emptied: Person, administrators: list[int]) -> MergePlan:
    if reason := why_not_merge(_account(stays), _account(emptied), administrator.id, administrators):
        raise MayNotMerge(reason)
    links = list(list_links())
    if unknown := {key for key, _, _ in links} - RULES.keys():
        raise NoRule(f"elearn/reports/one_person.py has no rule for {', '.join(sorted(unknown))}")
    moves = [Move(key, RULES[key], _count(column, emptied.id)) for key, _, column in links]
    passages = _passages(stays.id, emptied.id)
    rounds = renumbered(passages)
    both = sorted({p.module for p in passages if p.stays} & {p.module for p in passages if not p.stays})
    return MergePlan(
        stays,
        emptied,
        tuple(move for move in moves if move.count),
        tuple(Round(module, tuple((p, rounds[p.id]) for p in passages if p.module == module)) for module in both),
    )


def _account(person: Person) -> Account:
    merged = db.session.get(Merge, person.id) is not None
    return Account(person.id, person.administrator, merged, person.email.endswith(ERASED))


def _count(column: "Column[int]", person_id: int) -> int:
    return db.session.scalar(select(func.count()).select_from(column.table).where(column == person_id)) or 0


def _passages(stays_id: int, emptied_id: int) -> list[Passage]:
    def per_enrolment(counted: type[Base], link: object) -> object:
        return (
            select(func.count()).select_from(counted).where(link == Enrolment.id).correlate(Enrolment).scalar_subquery()
        )

    rows = db.session.execute(
        select(
            Enrolment.id,
            Enrolment.person_id,
            Enrolment.module,
            Enrolment.cycle,
            Enrolment.started_at,
            per_enrolment(Certificate, Certificate.enrolment_id),  # type: ignore[call-overload]
            per_enrolment(Completion, Completion.enrolment_id),
            per_enrolment(Attempt, Attempt.enrolment_id),
        )
        .where(Enrolment.person_id.in_([stays_id, emptied_id]))
        .order_by(Enrolment.module, Enrolment.person_id, Enrolment.cycle)
    ).all()
    return [
        Passage(key, person == stays_id, module, cycle, started_at, bool(certificates), steps, attempts)
        for key, person, module, cycle, started_at, certificates, steps, attempts in rows
    ]


def apply_merge(administrator: Viewer, stays: str, emptied: str, seen: str) -> tuple[Person, str]:
    """Merge, and give the account that stays and the address that the emptied one had.

    The administrators, both people and their enrolments are locked before anything is decided. Raises NotFound,
    MayNotMerge, NotAsSeen, NoRule.
    """
    administrators = list_active_administrators_to_change()
    keys = {public_id: get_person_by_public_id(administrator, public_id).id for public_id in (stays, emptied)}
    locked = {
        key: get_person_to_change(administrator, key, closed=True) for key in sorted(keys, key=lambda key: keys[key])
    }
    first, second = locked[stays], locked[emptied]
    db.session.execute(select(Enrolment.id).where(Enrolment.person_id.in_(keys.values())).with_for_update())
    plan = _plan(administrator, first, second, administrators)
    if administrator.id not in administrators or plan.fingerprint != seen:
        raise NotAsSeen
    end_all_sign_ins(second.id)
    for key, table, column in list_links():
        _move(RULES[key].how, table, column, second.id, first.id)
    _move_passages(first.id, second.id)
    _move_more_time(administrator, first.id, second.id)
    _unite(RosterEntry.metadata.tables["roster_entries"], "email", second.email, first.email)
    address = second.email
    _close(administrator, first, second)
    audit.record(
        "accounts merged",
        f"person:{first.id}",
        administrator.id,
        person=second.id,
        **{move.key.replace(".", "_"): move.count for move in plan.moves},
    )
    return first, address


def _move(how: How, table: Table, column: "Column[int]", old: int, new: int) -> None:
    match how:
        case How.MOVE:
            db.session.execute(update(table).where(column == old).values({column.name: new}))
        case How.UNITE:
            _unite(table, column.name, old, new)
        case How.REMOVE:
            db.session.execute(delete(table).where(column == old))
        case How.PASSAGES | How.MORE_TIME | How.END | How.STAY:
            pass  # by functions of their own, or not at all


def _unite(table: Table, name: str, old: object, new: object) -> None:
    """Move rows; what the unique index of the table would have twice is there already, and goes."""
    unique = next(c for c in table.constraints if isinstance(c, UniqueConstraint) and name in c.columns)
    there = table.alias("there")
    same = [there.c[column.name] == table.c[column.name] for column in unique.columns if column.name != name]
    doubled = select(there.c[name]).where(there.c[name] == new, *same).correlate(table).exists()
    db.session.execute(delete(table).where(table.c[name] == old, doubled))
    db.session.execute(update(table).where(table.c[name] == old).values({name: new}))


def _move_passages(stays_id: int, emptied_id: int) -> None:
    """Number the rounds anew by way of negative numbers, which no passage has: no two are ever the same."""
    rounds = renumbered(_passages(stays_id, emptied_id))
    table = Enrolment.__table__
    for key in rounds:
        db.session.execute(update(Enrolment).where(Enrolment.id == key).values(cycle=-table.c.id))
    for key, number in rounds.items():
        db.session.execute(update(Enrolment).where(Enrolment.id == key).values(person_id=stays_id, cycle=number))


def _move_more_time(administrator: Viewer, stays_id: int, emptied_id: int) -> None:
    """Give the more generous of both, also to attempts that are running and have just moved."""
    known = set(
        db.session.scalars(select(Accommodation.person_id).where(Accommodation.person_id.in_([stays_id, emptied_id])))
    )
    if known:
        more = [more_time_of(key) for key in (stays_id, emptied_id) if key in known]
        accommodate(administrator, stays_id, more_generous(more[0], more[-1]))
        db.session.execute(delete(Accommodation).where(Accommodation.person_id == emptied_id))


def _close(administrator: Viewer, stays: Person, emptied: Person) -> None:
    """Take what tells who somebody is out of the emptied account: it is a mark now, and its address is free."""
    if not stays.registration_number:
        stays.registration_number = emptied.registration_number
    emptied.active = emptied.administrator = False
    emptied.email = f"merged-{emptied.id}@merged.invalid"
    emptied.password, emptied.fs_uniquifier = NO_PASSWORD, secrets.token_hex(16)
    emptied.given_names, emptied.family_name, emptied.registration_number = "", "Merged account", ""
    emptied.confirmed_at = None
    db.session.add(Merge(person_id=emptied.id, into_id=stays.id, merged_by=administrator.id, at=clock.now()))
    db.session.flush()
