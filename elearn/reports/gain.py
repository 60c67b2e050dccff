"""What a cohort gained between the pre-test and the quizzes, outcome by outcome."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from elearn.accounts.viewer import get_viewer
from elearn.reports import queries
from elearn.reports.rules import FEWEST_FOR_GAINS
from elearn.shared.access import Access, allow

blueprint = Blueprint("gain", __name__, template_folder="templates", url_prefix="/reports/cohorts/<cohort>")


@blueprint.get("/gain/")
@allow(Access.SIGNED_IN)
def gain(cohort: str) -> ResponseReturnValue:
    """The cohort's mean gain for each outcome, with its interval."""
    found, module, gains = queries.get_cohort_gains(get_viewer(), cohort)
    return render_template("reports/gain.html", cohort=found, module=module, gains=gains, fewest=FEWEST_FOR_GAINS)
