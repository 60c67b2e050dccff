"""What this feature holds about people: who asked for which work."""

from sqlalchemy import Text, cast, or_

from elearn.jobs.models import Job, JobState
from elearn.shared.personal import Basis, Field, Goes, Holding, KeptFor

INNER = "A number of the database without meaning outside it."

HOLDINGS = (
    Holding(
        model=Job,
        title="Work you asked for",
        purpose="To do in the background what somebody asked for, and to show how far it is.",
        basis=Basis.CONTRACT,
        recipients="the person who asked",
        # No job should hold an address; one that an error message has brought in goes as well.
        whose=lambda whom: or_(
            Job.owner_id.in_(whom.ids),
            Job.last_error.contains(whom.email, autoescape=True),
            cast(Job.detail, Text).contains(whom.email, autoescape=True),
            cast(Job.result, Text).contains(whom.email, autoescape=True),
        ),
        fields={
            "id": Field("Number", withheld=INNER),
            "public_id": Field("Number in addresses"),
            "kind": Field("What"),
            "detail": Field("Of what", withheld="Numbers of records, other people’s among them."),
            "owner_id": Field("Number of the account", withheld=INNER),
            "state": Field("State"),
            "created_at": Field("Asked for"),
            "due_at": Field("Due"),
            "leased_until": Field("A worker has it until", withheld=INNER),
            "tries": Field("Tries"),
            "done": Field("Done"),
            "total": Field("Of so many"),
            "result": Field("Result"),
            "last_error": Field("What went wrong"),
        },
        erase=Goes(),
        retain=KeptFor("jobs_kept_days", "due_at", "they were due", only=lambda: Job.state != JobState.WAITING),
    ),
)
