"""What this feature holds about people: letters."""

from sqlalchemy import or_

from elearn.mail.models import Letter
from elearn.mail.rules import LetterState
from elearn.shared.personal import Basis, Field, Goes, Holding, KeptFor

INNER = "A number of the database without meaning outside it."

HOLDINGS = (
    Holding(
        model=Letter,
        title="Letters to you",
        purpose="To hand each letter over once, and to answer whether it went.",
        basis=Basis.CONTRACT,
        recipients="administrators (to whom and what about, never the words); the mail server",
        whose=lambda whom: or_(Letter.person_id.in_(whom.ids), Letter.recipient == whom.email),
        fields={
            "id": Field("Number", withheld=INNER),
            "public_id": Field("Number in addresses"),
            "message_id": Field("Message-ID"),
            "person_id": Field("Number of the account", withheld=INNER),
            "recipient": Field("To"),
            "subject": Field("About"),
            "sealed_text": Field(
                "Words, sealed", withheld="They may hold a link that signs in; the letter itself is in your mailbox."
            ),
            "state": Field("State"),
            "written_at": Field("Written"),
            "ended_at": Field("Handed over or given up"),
            "tries": Field("Tries"),
            "last_error": Field("What went wrong"),
        },
        erase=Goes("Deleted, with their files in instance/mail/."),
        retain=KeptFor("letters_kept_days", "ended_at", "they went", only=lambda: Letter.state != LetterState.WAITING),
    ),
)
