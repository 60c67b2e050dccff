"""What this feature holds about people: who learns, teaches and is expected in which cohort."""

from collections.abc import Callable, Sequence

from sqlalchemy import select

from elearn.cohorts.models import Cohort, Membership, RosterEntry, Teaching
from elearn.extensions import Base, db
from elearn.shared.personal import WITH_ACCOUNT, Basis, Field, Goes, Holding, KeptFor, Record, Subject, rows_of

INNER = "A number of the database without meaning outside it."
COHORT = {"cohort": "Cohort"}


def _with_cohort(model: type[Base]) -> Callable[[Holding, Subject], Sequence[Record]]:
    """The rows of a table that hangs on cohorts, each with its cohort's name."""

    def records(holding: Holding, whom: Subject) -> Sequence[Record]:
        names = {
            row.id: row.name
            for row in db.session.execute(
                select(Cohort.id, Cohort.name).where(Cohort.id.in_(select(model.__table__.c.cohort_id)))
            )
        }
        return [{"cohort": names.get(row["cohort_id"], ""), **row} for row in rows_of(holding, whom)]

    return records


HOLDINGS = (
    Holding(
        model=Membership,
        title="Cohorts you learn in",
        purpose="To let educators help the people they teach.",
        basis=Basis.CONTRACT,
        recipients="the person, the cohort’s educators, administrators",
        whose=lambda whom: Membership.person_id.in_(whom.ids),
        records=_with_cohort(Membership),
        also=COHORT,
        fields={
            "id": Field("Number", withheld=INNER),
            "cohort_id": Field("Number of the cohort"),
            "person_id": Field("Number of the account", withheld=INNER),
            "joined_at": Field("Joined"),
        },
        erase=Goes(),
        retain=WITH_ACCOUNT,
    ),
    Holding(
        model=Teaching,
        title="Cohorts you teach",
        purpose="To let an educator see the cohorts that they teach, and no other.",
        basis=Basis.CONTRACT,
        recipients="the person, administrators",
        whose=lambda whom: Teaching.person_id.in_(whom.ids),
        records=_with_cohort(Teaching),
        also=COHORT,
        fields={
            "id": Field("Number", withheld=INNER),
            "cohort_id": Field("Number of the cohort"),
            "person_id": Field("Number of the account", withheld=INNER),
            "given_at": Field("Since"),
        },
        erase=Goes(),
        retain=WITH_ACCOUNT,
    ),
    Holding(
        model=RosterEntry,
        title="Cohorts that expect you",
        purpose="To show an educator who is expected and has not joined yet.",
        basis=Basis.LEGITIMATE,
        recipients="the cohort’s educators",
        whose=lambda whom: RosterEntry.email == whom.email,
        records=_with_cohort(RosterEntry),
        also=COHORT,
        fields={
            "id": Field("Number", withheld=INNER),
            "cohort_id": Field("Number of the cohort"),
            "email": Field("E-mail address"),
            "name": Field("Name"),
            "added_at": Field("Added"),
        },
        erase=Goes(),
        retain=KeptFor("roster_kept_days", "added_at", "they were added"),
    ),
)
WITHOUT_PEOPLE = {"cohorts": "A group’s name and its code."}
