"""What this feature holds about people: complaints."""

from sqlalchemy import and_, or_

from elearn.shared.personal import Basis, Emptied, Field, Holding, KeptFor
from elearn.site.models import Complaint

INNER = "A number of the database without meaning outside it."

HOLDINGS = (
    Holding(
        model=Complaint,
        title="Your complaints",
        purpose="To look into a complaint, to answer it, and to show that this was done in time.",
        basis=Basis.DUTY,
        recipients="administrators",
        whose=lambda whom: or_(
            Complaint.person_id.in_(whom.ids), and_(Complaint.email == whom.email, Complaint.email != "")
        ),
        fields={
            "id": Field("Number", withheld=INNER),
            "public_id": Field("Number of the complaint"),
            "person_id": Field("Number of the account", withheld=INNER),
            "about": Field("About"),
            "name": Field("Name"),
            "email": Field("E-mail address"),
            "words": Field("What you wrote"),
            "network": Field(
                "Network, as a keyed hash", withheld="It limits how many come at once, and goes after a day."
            ),
            "made_at": Field("Sent"),
            "outcome": Field("What came of it"),
            "closed_at": Field("Closed"),
            "closed_by": Field("Who closed it", withheld="It is about an administrator."),
        },
        erase=Emptied(
            {"person_id": None, "name": "", "email": "", "words": "", "outcome": "", "network": ""},
            "Emptied: that there was a complaint and when it was closed stays.",
        ),
        retain=KeptFor("complaints_kept_days", "closed_at", "they were closed"),
    ),
)
