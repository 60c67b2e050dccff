"""Forms in which people write in their own words: they ask once before they keep what may be a patient's number.

The arithmetic of an NHS number also holds for one in eleven of all numbers of ten digits. So the form says what it has
found, keeps everything that was typed, and offers a box to tick for whoever knows that it is something else.
"""

from collections.abc import Iterator
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, TextAreaField

from elearn.shared.patients import find_nhs_number

LEAVE_PATIENTS_OUT = "Write nothing that could tell who a patient is."
NOT_A_PATIENT = "What looks like an NHS number is something else. Keep it as it is"


class FreeTextForm(FlaskForm):
    """A form with texts; its page shows `patient_check(form)` above the button."""

    not_a_patient = BooleanField(NOT_A_PATIENT)
    asks_about_patients = False

    def validate(self, extra_validators: Any = None) -> bool:
        """Find what has the form of an NHS number in any of the texts, unless the box is ticked."""
        valid: bool = super().validate(extra_validators)
        found = [(field, number) for field in self._texts() if (number := find_nhs_number(field.data or ""))]
        self.asks_about_patients = bool(found)
        if not found or self.not_a_patient.data:
            return valid
        for field, number in found:
            field.errors = [
                *field.errors,
                f"“{number}” has the form of an NHS number. Take it out or, if it is something else, tick the box below",
            ]
        return False

    def _texts(self) -> Iterator[Field]:
        return (field for field in self if isinstance(field, TextAreaField))
