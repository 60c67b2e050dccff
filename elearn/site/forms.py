"""The shape and words of a complaint."""

from typing import Any

from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from elearn.accounts.rules import Viewer, tidy
from elearn.shared.free_text import LEAVE_PATIENTS_OUT, FreeTextForm
from elearn.shared.patients import tidy_text
from elearn.site.rules import LONGEST_COMPLAINER, LONGEST_COMPLAINT, SHORTEST_COMPLAINT, About

LONGEST_EMAIL = 255
LIKE_AN_ADDRESS = r"^[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]+$"


class ComplaintForm(FreeTextForm):
    """What somebody complains of, and how to answer them. Who is signed in is not asked who they are (WCAG 3.3.7)."""

    about = RadioField(  # type: ignore[call-arg]  # newer than its stubs
        "What is it about?",
        choices=[SelectChoice(about.value, about.value.capitalize()) for about in About],
        validators=[InputRequired("Choose what it is about")],
        invalid_choice_message="Choose what it is about",
    )
    words = TextAreaField(
        "What went wrong?",
        filters=[lambda text: tidy_text(text or "")],
        description=f"And what should we do? {LEAVE_PATIENTS_OUT}",
        validators=[
            DataRequired("Enter what went wrong"),
            Length(
                SHORTEST_COMPLAINT,
                LONGEST_COMPLAINT,
                message=f"Complaint must be between {SHORTEST_COMPLAINT} and {LONGEST_COMPLAINT:,} characters",
            ),
        ],
    )
    name = StringField(
        "Your name (optional)",
        filters=[lambda text: tidy(text or "")],
        validators=[
            Optional(),
            Length(max=LONGEST_COMPLAINER, message=f"Name must be {LONGEST_COMPLAINER} characters or fewer"),
        ],
        render_kw={"autocomplete": "name"},
    )
    email = StringField(
        "E-mail address (optional)",
        filters=[lambda text: tidy(text or "").lower()],
        description="Without one we can look into it, but we cannot answer you.",
        validators=[
            Optional(),
            Length(max=LONGEST_EMAIL, message=f"E-mail address must be {LONGEST_EMAIL} characters or fewer"),
            Regexp(LIKE_AN_ADDRESS, message="Enter an e-mail address like name@example.org"),
        ],
        render_kw={"autocomplete": "email"},
    )

    def __init__(self, *args: Any, viewer: Viewer | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if viewer is not None:
            del self.name, self.email


class OutcomeForm(FreeTextForm):
    """What came of a complaint."""

    outcome = TextAreaField(
        "What came of it",
        filters=[lambda text: tidy_text(text or "")],
        description="What you found, what you did, and what you told the person. "
        f"They have it in a copy of their data. {LEAVE_PATIENTS_OUT}",
        validators=[
            DataRequired("Enter what came of it"),
            Length(
                SHORTEST_COMPLAINT,
                LONGEST_COMPLAINT,
                message=f"Outcome must be between {SHORTEST_COMPLAINT} and {LONGEST_COMPLAINT:,} characters",
            ),
        ],
    )
