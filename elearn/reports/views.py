"""Educators' reports on their cohorts."""

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from elearn.accounts.viewer import get_viewer
from elearn.cohorts.actions import note_export
from elearn.reports import queries, rules
from elearn.reports.cohort_csv import cohort_csv
from elearn.reports.taking import refuse_too_many
from elearn.shared import clock
from elearn.shared.access import Access, allow
from elearn.shared.csv_export import MIMETYPE
from elearn.shared.transactions import commits

blueprint = Blueprint("reports", __name__, template_folder="templates", url_prefix="/reports")


@blueprint.get("/cohorts/<cohort>/")
@allow(Access.SIGNED_IN)
def cohort(cohort: str) -> ResponseReturnValue:
    """How the members of a cohort are doing, for its educators."""
    report = queries.get_cohort_report(get_viewer(), cohort)
    sort = rules.read_sort(request.args.get("sort"), request.args.get("direction"))
    return render_template(
        "reports/cohort.html",
        report=report,
        rows=rules.sort_rows(report.rows, sort),
        summary=rules.summary(report.rows),
        sort=sort,
        keys=list(rules.SortKey),
        Status=rules.Status,
    )


@blueprint.post("/cohorts/<cohort>/csv/")
@allow(Access.SIGNED_IN)
@commits
def cohort_as_csv(cohort: str) -> ResponseReturnValue:
    """The same table as a file; the audit trail says who took it."""
    viewer, zone = get_viewer(), current_app.extensions["elearn.settings"].time_zone
    report = queries.get_cohort_report(viewer, cohort)
    refuse_too_many(viewer)
    sort = rules.read_sort(request.form.get("sort"), request.form.get("direction"))
    rows = rules.sort_rows(report.rows, sort)
    note_export(viewer, report.cohort, len(rows))
    taken_at = clock.time_in_words(clock.now(), zone)
    response = Response(b"".join(cohort_csv(report, rows, viewer.name, taken_at)), content_type=MIMETYPE)
    response.headers.set(
        "Content-Disposition", "attachment", filename=rules.csv_name(report.cohort.name, clock.today(zone))
    )
    return response
