"""The shape of what module pages send."""

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length, Optional


class EmptyForm(FlaskForm):
    """A button: nothing but the token against forged posts."""


class PlaceForm(FlaskForm):
    """Where the person reads."""

    step = StringField(validators=[DataRequired(), Length(max=120)])
    anchor = StringField(validators=[Optional(), Length(max=120)])
