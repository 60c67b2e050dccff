"""What administrators ask of people, and what somebody who is invited writes: shapes and words."""

from collections.abc import Collection
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import Field, HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from elearn.accounts.erasing_rules import BY_ADMINISTRATORS, Ground
from elearn.accounts.forms import PROFESSIONS, DetailsFields
from elearn.accounts.invitations import Invitee
from elearn.accounts.passwords import why_refused
from elearn.accounts.rules import SHORTEST_PASSWORD, EmailReason, Profession, tidy
from elearn.cohorts.rules import BadAddress, CohortView, read_address
from elearn.reports.forms import LONGEST_SEARCH
from elearn.reports.people_csv import FILE_NAMES, LARGEST_FILE, MOST_ROWS
from elearn.reports.person import Role, Standing, Wanted

LIKE_AN_ADDRESS = "Enter an e-mail address like name@example.org"


def _tidy(text: str | None) -> str:
    return tidy(text or "")


class PeopleForm(FlaskForm):
    """Looking for people."""

    class Meta:
        """It changes nothing, and so needs no token."""

        csrf = False

    q = StringField(
        "Name or e-mail address",
        filters=[_tidy],
        description="Any part of it.",
        validators=[
            Optional(),
            Length(max=LONGEST_SEARCH, message=f"Search must be {LONGEST_SEARCH} characters or fewer"),
        ],
    )
    role = SelectField(  # type: ignore[call-arg]  # newer than its stubs
        "Role",
        [Optional()],
        invalid_choice_message="Choose a role from the list",
        choices=[SelectChoice("", "Any role")] + [SelectChoice(role.value, role.value.capitalize()) for role in Role],
    )
    state = SelectField(  # type: ignore[call-arg]  # newer than its stubs
        "State",
        [Optional()],
        invalid_choice_message="Choose a state from the list",
        choices=[SelectChoice("", "Any state")] + [SelectChoice(s.value, s.value.capitalize()) for s in Standing],
    )

    @property
    def wanted(self) -> Wanted:
        """What a valid form asks for."""
        role = Role(self.role.data) if self.role.data else None
        return Wanted(self.q.data or "", role, Standing(self.state.data) if self.state.data else None)

    @property
    def filters(self) -> dict[str, str]:
        """The same as an address carries it."""
        return {
            name: field.data
            for name, field in (("q", self.q), ("role", self.role), ("state", self.state))
            if field.data
        }


class AddressField(StringField):
    """An e-mail address, kept as registration keeps it."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, filters=[_tidy], validators=[DataRequired(LIKE_AN_ADDRESS)], **kwargs)

    def pre_validate(self, form: object) -> None:  # noqa: ARG002 - WTForms gives it
        """Read it. Raises ValidationError in our words."""
        if not self.data:
            return
        try:
            self.data = read_address(self.data)
        except BadAddress:
            raise ValidationError(LIKE_AN_ADDRESS) from None


class InviteForm(DetailsFields, FlaskForm):
    """Somebody to invite."""

    email = AddressField("E-mail address", description="The invitation goes there.")
    role = RadioField(  # type: ignore[call-arg]  # newer than its stubs
        "Role",
        choices=[
            SelectChoice("learner", "Learner"),
            SelectChoice("educator", "Educator of the cohort chosen below"),
            SelectChoice("administrator", "Administrator, who sees and changes everybody’s account"),
        ],
        default="learner",
        invalid_choice_message="Choose a role",
        validators=[InputRequired("Choose a role")],
    )
    cohort = SelectField(  # type: ignore[call-arg]  # newer than its stubs
        "Cohort (optional)",
        description="A learner joins it by taking the invitation, whose page says what its educators will see.",
        invalid_choice_message="Choose a cohort from the list",
    )

    def __init__(self, cohorts: list[CohortView], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cohort.choices = [("", "No cohort"), *((cohort.public_id, cohort.name) for cohort in cohorts)]
        self.given_names.description = "The person can correct the names before the account is made."
        self.family_name.description = ""
        self.registration_number.description = ""
        for field in (self.given_names, self.family_name):
            field.render_kw = {"autocomplete": "off"}
        # It is about somebody else.
        self.family_name.validators = [DataRequired("Enter their family name"), *self.family_name.validators[1:]]
        self.profession.choices = [SelectChoice("", "Choose their profession"), *PROFESSIONS[1:]]
        self.profession.validators = [DataRequired("Choose their profession")]
        self.profession.invalid_choice_message = "Choose their profession"  # type: ignore[attr-defined]  # newer than its stubs

    def validate_cohort(self, field: Field) -> None:
        """An educator teaches something, and an administrator's reach comes from no cohort."""
        if self.role.data == "educator" and not field.data:
            raise ValidationError("Choose the cohort that the educator will teach")
        if self.role.data == "administrator" and field.data:
            raise ValidationError("Choose no cohort for an administrator. Appoint them as an educator afterwards")

    @property
    def invitee(self) -> Invitee:
        """Whom a valid form names."""
        return Invitee(
            self.email.data or "",
            self.given_names.data or "",
            self.family_name.data or "",
            Profession(self.profession.data),
            self.registration_number.data or "",
            administrator=self.role.data == "administrator",
            cohort=self.cohort.data or "",
            educates=self.role.data == "educator",
        )


class AcceptForm(DetailsFields, FlaskForm):
    """Taking an invitation: the names, and a password."""

    password = PasswordField(
        "Password",
        description=f"At least {SHORTEST_PASSWORD} characters. Three random words are a good choice.",
        validators=[InputRequired("Enter a password")],
        render_kw={"autocomplete": "new-password"},
    )

    def __init__(self, near: Collection[str], **kwargs: Any) -> None:
        """`near`: what a guesser would try first besides the names of the form: the address, and the provider's name."""
        super().__init__(**kwargs)
        self._near = near

    def validate_password(self, field: PasswordField) -> None:
        """Refuse one that is too easy to guess, and say why."""
        names = (self.given_names.data or "", self.family_name.data or "")
        if words := why_refused(field.data or "", [*names, *self._near]):
            raise ValidationError(words)


class RoleForm(FlaskForm):
    """Whether somebody is an administrator."""

    administrator = RadioField(  # type: ignore[call-arg]  # newer than its stubs
        "Is this person an administrator?",
        choices=[
            SelectChoice("yes", "Yes: they see and change everybody’s account"),
            SelectChoice("no", "No"),
        ],
        invalid_choice_message="Choose whether this person is an administrator",
        validators=[InputRequired("Choose whether this person is an administrator")],
    )


class TeachForm(FlaskForm):
    """A cohort to teach."""

    cohort = SelectField(  # type: ignore[call-arg]  # newer than its stubs
        "Cohort",
        validators=[DataRequired("Choose a cohort")],
        invalid_choice_message="Choose a cohort",
    )

    def __init__(self, cohorts: list[CohortView], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cohort.choices = [("", "Choose a cohort"), *((cohort.public_id, cohort.name) for cohort in cohorts)]


class CohortForm(FlaskForm):
    """A cohort that somebody teaches no more, by its address id."""

    cohort = HiddenField(validators=[DataRequired()])


REASONS = (
    (EmailReason.LOST, "They have left the mailbox, as on a rotation"),
    (EmailReason.MISTYPED, "The address was mistyped"),
    (EmailReason.ASKED, "They asked for it for another reason"),
)


class EmailForm(FlaskForm):
    """Another address for somebody."""

    email = AddressField("New e-mail address", render_kw={"autocomplete": "off"})
    reason = RadioField(  # type: ignore[call-arg]  # newer than its stubs
        "Why does it change?",
        choices=[SelectChoice(reason.value, words) for reason, words in REASONS],
        invalid_choice_message="Choose why the address changes",
        validators=[InputRequired("Choose why the address changes")],
    )


class MergeForm(FlaskForm):
    """The other account of one person, and which of the two stays."""

    email = AddressField("E-mail address of the other account", render_kw={"autocomplete": "off"})
    stays = RadioField(  # type: ignore[call-arg]  # newer than its stubs
        "Which account stays?",
        choices=[SelectChoice("this", "This one"), SelectChoice("other", "The other one")],
        invalid_choice_message="Choose which account stays",
        validators=[InputRequired("Choose which account stays")],
    )
    seen = HiddenField(validators=[Optional(), Length(max=64)])


class ImportForm(FlaskForm):
    """A file with people."""

    file = FileField(
        "CSV file",
        description=f"Saved from a spreadsheet: {LARGEST_FILE // 1000} KB and {MOST_ROWS:,} people at most.",
        validators=[InputRequired("Choose a file")],
    )

    def validate_file(self, field: FileField) -> None:
        """Refuse what does not call itself a list; what it holds is judged by `people_csv`, whatever it is called."""
        if not str(getattr(field.data, "filename", "") or "").lower().endswith(FILE_NAMES):
            raise ValidationError(f"The name of the file must end in {' or '.join(FILE_NAMES)}: save the list as CSV")


class ImportNowForm(FlaskForm):
    """A list that was looked at, to be applied as it was seen."""

    text = HiddenField(validators=[InputRequired()])
    seen = HiddenField(validators=[InputRequired()])
    wrong = RadioField(  # type: ignore[call-arg]  # newer than its stubs
        "What about the wrong rows?",
        choices=[
            SelectChoice("skip", "Leave them out, and invite the others"),
            SelectChoice("stop", "Invite nobody: I will correct the file"),
        ],
        invalid_choice_message="Choose what to do about the wrong rows",
        validators=[Optional()],
    )


class ErasePersonForm(FlaskForm):
    """Why somebody is erased."""

    why = RadioField(  # type: ignore[call-arg]  # newer than its stubs
        "Why?",
        choices=[SelectChoice(why.value, why.words) for why in BY_ADMINISTRATORS],
        invalid_choice_message="Choose why",
        validators=[InputRequired("Choose why")],
    )


class RefuseErasureForm(FlaskForm):
    """On which ground an erasure is refused."""

    ground = RadioField(  # type: ignore[call-arg]  # newer than its stubs
        "On which ground?",
        choices=[SelectChoice(ground.value, f"{ground.value.capitalize()}: {ground.words}") for ground in Ground],
        description="The person is told it in these words.",
        invalid_choice_message="Choose the ground",
        validators=[InputRequired("Choose the ground")],
    )
