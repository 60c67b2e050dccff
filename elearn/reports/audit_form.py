"""Which part of the audit trail an administrator asks for: by the address of its page, or sent to be exported."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import Length, Optional, ValidationError

from elearn.accounts.queries import list_ids
from elearn.accounts.rules import Viewer
from elearn.audit.kinds import KINDS
from elearn.audit.queries import ANY_EXPORT, Selection
from elearn.reports.forms import LONGEST_SEARCH, DayField, _tidy

MOST_PEOPLE = 200
EARLIEST, LATEST = date(1900, 1, 1), date(9000, 1, 1)  # a midnight before or after these may not exist in UTC


class AuditForm(FlaskForm):
    """A part of the trail, by address: it changes nothing, and so needs no token."""

    class Meta:
        """No token."""

        csrf = False

    kind = SelectField(  # type: ignore[call-arg]  # newer than its stubs
        "What happened",
        [Optional()],
        invalid_choice_message="Choose what happened from the list",
        choices=[SelectChoice("", "Anything"), SelectChoice(ANY_EXPORT, "Any export: who took what away")]
        + [SelectChoice(kind, kind.capitalize()) for kind in sorted(KINDS)],
    )
    person = StringField(
        "Person",
        filters=[_tidy],
        description="Part of a name or e-mail address: what they did, and what was done about them.",
        validators=[
            Optional(),
            Length(max=LONGEST_SEARCH, message=f"Person must be {LONGEST_SEARCH} characters or fewer"),
        ],
    )
    since = DayField("From", validators=[Optional()])
    until = DayField("To", validators=[Optional()])
    object = StringField(
        "Object",
        filters=[_tidy],
        description="As the table names it, such as certificate:12.",
        validators=[Optional(), Length(max=120, message="Object must be 120 characters or fewer")],
    )

    def validate_until(self, field: DateField) -> None:
        """The days must be in order."""
        if field.data and isinstance(self.since.data, date) and field.data < self.since.data:
            raise ValidationError("To must be the same day as From, or later")

    def select(self, administrator: Viewer, zone: str) -> Selection | None:
        """What the form asks for; None, with an error in the form, where too many people are like that."""
        people = list_ids(administrator, self.person.data, MOST_PEOPLE + 1) if self.person.data else None
        if people is not None and len(people) > MOST_PEOPLE:
            self.person.errors = [f"More than {MOST_PEOPLE} people are like that: enter more of the name or address"]
            return None
        since, until = self.since.data, self.until.data
        return Selection(
            kind=self.kind.data or "",
            people=people,
            since=_midnight(max(since, EARLIEST), zone) if since else None,
            before=_midnight(min(until, LATEST) + timedelta(days=1), zone) if until else None,
            subject=self.object.data or "",
        )

    @property
    def filters(self) -> dict[str, Any]:
        """The parts that are filled in, as an address or hidden fields carry them."""
        fields = (self.kind, self.person, self.since, self.until, self.object)
        return {field.name: str(field.data) for field in fields if field.data}


class AuditExportForm(AuditForm):
    """The same part, sent to be exported: with a token."""

    class Meta:
        """With the token."""

        csrf = True


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
