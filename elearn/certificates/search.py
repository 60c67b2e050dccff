"""Finding certificates, for administrators: by name, number, module, date and state, always in the same order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias, TypeVarTuple

from sqlalchemy import ColumnElement, Select, case, func, select

from elearn.accounts.rules import Viewer, full_name
from elearn.certificates.models import Certificate, CertificateEvent, CertificateHolder
from elearn.certificates.numbers import grouped
from elearn.certificates.rules import Happening, State
from elearn.extensions import db
from elearn.shared.matching import contain
from elearn.shared.missing import NotFound
from elearn.shared.pagination import Page

IDS_AT_A_TIME = 500
Ts = TypeVarTuple("Ts")
_Rows: TypeAlias = Select[int, str, int, str, date, str, str, str]


@dataclass(frozen=True)
class Selection:
    """What is asked for; an empty part asks for nothing. The days are those of issue, both included."""

    name: str = ""
    number: str = ""
    module: str = ""
    state: State | None = None
    issued_from: date | None = None
    issued_to: date | None = None


@dataclass(frozen=True)
class Found:
    """One certificate as the list, the export and the revocation page show it. An erased holder has no name any more."""

    id: int
    number: str
    edition: int
    module: str
    issued_on: date
    state: State
    given_names: str | None
    family_name: str | None

    @property
    def name(self) -> str:
        """The holder's name as printed, or nothing where the holder is erased."""
        return full_name(self.given_names or "", self.family_name or "")

    @property
    def shown_number(self) -> str:
        """The number in groups of four."""
        return grouped(self.number)

    @property
    def is_erased(self) -> bool:
        """Whether the holder's details are erased."""
        return self.family_name is None


def count(administrator: Viewer, selection: Selection, today: date) -> int:
    """How many certificates a selection has."""
    _only(administrator)
    counted = select(func.count(Certificate.id)).outerjoin(CertificateHolder).where(*_conditions(selection, today))
    return db.session.scalar(counted) or 0


def list_page(administrator: Viewer, selection: Selection, today: date, page: Page) -> list[Found]:
    """One page of a selection: the newest first, and of one day the last issued first."""
    _only(administrator)
    return _read(_ordered(_found(today), selection, today).limit(page.size).offset(page.offset))


def list_ids(administrator: Viewer, selection: Selection, today: date) -> list[int]:
    """The keys of a whole selection, in the order of the pages."""
    _only(administrator)
    return list(db.session.scalars(_ordered(select(Certificate.id).outerjoin(CertificateHolder), selection, today)))


def list_by_ids(ids: Sequence[int], today: date) -> list[Found]:
    """Certificates by key, in the order of the keys (for exports, whose selection an administrator has made)."""
    found: dict[int, Found] = {}
    for start in range(0, len(ids), IDS_AT_A_TIME):
        some = _read(_found(today).where(Certificate.id.in_(ids[start : start + IDS_AT_A_TIME])))
        found |= {certificate.id: certificate for certificate in some}
    return [found[key] for key in ids if key in found]


def get_found(administrator: Viewer, number: str, today: date) -> Found:
    """One certificate by its number, with or without hyphens. Raises NotFound."""
    _only(administrator)
    found = _read(_found(today).where(Certificate.number == number_part(number)))
    if not found:
        raise NotFound("certificate")
    return found[0]


def list_of_person(administrator: Viewer, person_id: int, today: date) -> list[Found]:
    """The certificates that a person holds, newest first."""
    _only(administrator)
    held = _found(today).where(CertificateHolder.person_id == person_id)
    return _read(held.order_by(Certificate.issued_on.desc(), Certificate.id.desc()))


def list_modules(administrator: Viewer) -> list[str]:
    """The modules that certificates have been issued for, whether or not they are still offered."""
    _only(administrator)
    return list(db.session.scalars(select(Certificate.module).distinct().order_by(Certificate.module)))


def number_part(typed: str) -> str:
    """A number or a part of one, as it is kept: an address's last part, without what people put between the groups."""
    last = typed.strip().rstrip("/").rpartition("/")[2]
    return "".join(character for character in last.upper() if character.isalnum()).translate(_READ_AS)


_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


def _only(administrator: Viewer) -> None:
    if not administrator.administrator:
        raise NotFound("certificates")


def _last(*happenings: Happening) -> ColumnElement[int]:
    return (
        select(func.coalesce(func.max(CertificateEvent.id), 0))
        .where(CertificateEvent.certificate_id == Certificate.id, CertificateEvent.happening.in_(happenings))
        .correlate(Certificate)
        .scalar_subquery()
    )


def _state(today: date) -> ColumnElement[str]:
    # The same decision as `rules.state_of`; tests/certificates/test_search.py holds them together.
    return case(
        (_last(Happening.REVOKED) > _last(Happening.RESTORED), State.REVOKED.value),
        (_last(Happening.SUPERSEDED) > 0, State.SUPERSEDED.value),
        (Certificate.expires_on < today, State.EXPIRED.value),
        else_=State.VALID.value,
    )


def _found(today: date) -> _Rows:
    return select(
        Certificate.id,
        Certificate.number,
        Certificate.edition,
        Certificate.module,
        Certificate.issued_on,
        _state(today).label("state"),
        CertificateHolder.given_names,
        CertificateHolder.family_name,
    ).outerjoin(CertificateHolder)


def _read(statement: _Rows) -> list[Found]:
    return [Found(**{**row, "state": State(row["state"])}) for row in db.session.execute(statement).mappings()]


def _ordered(statement: Select[*Ts], selection: Selection, today: date) -> Select[*Ts]:
    return statement.where(*_conditions(selection, today)).order_by(Certificate.issued_on.desc(), Certificate.id.desc())


def _conditions(selection: Selection, today: date) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if selection.name:
        wanted += contain((CertificateHolder.given_names, CertificateHolder.family_name), selection.name)
    if selection.number:
        wanted.append(Certificate.number.contains(number_part(selection.number), autoescape=True))
    if selection.module:
        wanted.append(Certificate.module == selection.module)
    if selection.state is not None:
        wanted.append(_state(today) == selection.state.value)
    if selection.issued_from is not None:
        wanted.append(Certificate.issued_on >= selection.issued_from)
    if selection.issued_to is not None:
        wanted.append(Certificate.issued_on <= selection.issued_to)
    return wanted
