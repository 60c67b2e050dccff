"""Administrators' pages: certificates with their export and revocation, reviews of the content, the audit trail."""

from datetime import date

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts import queries as people_queries
from elearn.accounts.viewer import get_viewer
from elearn.audit import actions as audit_actions
from elearn.audit import queries as audit_queries
from elearn.audit.queries import Selection
from elearn.audit.tasks import standing as standing_of_trail
from elearn.certificates import actions, export, search
from elearn.certificates.rules import Reason
from elearn.jobs import queries as jobs_queries
from elearn.modules import queries as modules_queries
from elearn.modules.actions import record_review
from elearn.modules.catalogue import catalogue, get_module
from elearn.modules.rules import due_reviews, standing
from elearn.reports.audit_csv import as_of_now, audit_csv
from elearn.reports.audit_form import AuditExportForm, AuditForm
from elearn.reports.forms import CertificatesForm, ExportForm, RestoreForm, ReviewForm, RevokeForm
from elearn.reports.taking import refuse_too_many
from elearn.shared import clock
from elearn.shared.access import Access, allow
from elearn.shared.csv_export import MIMETYPE
from elearn.shared.missing import NotFound
from elearn.shared.pagination import page_of
from elearn.shared.transactions import commits

blueprint = Blueprint("admin", __name__, template_folder="templates", url_prefix="/admin")
PAGE_SIZE = 50
EVENTS_PAGE_SIZE = 100
ZIP = "application/zip"


def _zone() -> str:
    zone: str = current_app.extensions["elearn.settings"].time_zone
    return zone


def _today() -> date:
    return clock.today(_zone())


@blueprint.get("/")
@allow(Access.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """Where an administrator begins."""
    return render_template(
        "reports/admin_index.html",
        certificates=search.count(get_viewer(), search.Selection(), _today()),
        people=people_queries.count_people(get_viewer()),
        events=audit_queries.count_events(),
        jobs=jobs_queries.count_by_state(),
        modules=list(_titles().items()),
        due=[(module, due) for module in catalogue().values() if (due := due_reviews(module, _today()))],
    )


# -- certificates ----------------------------------------------------------------------------------------------------


@blueprint.get("/certificates/")
@allow(Access.ADMINISTRATOR)
def certificates() -> ResponseReturnValue:
    """Search certificates, 50 a page."""
    form = CertificatesForm(request.args)
    form.offer(_modules())
    if not form.validate():
        return _problem(form)
    page = page_of(request.args.get("page"), PAGE_SIZE, search.count(get_viewer(), form.selection, _today()))
    found = search.list_page(get_viewer(), form.selection, _today(), page)
    return render_template(
        "reports/admin_certificates.html", form=form, page=page, found=found, titles=_titles(), at_once=export.AT_ONCE
    )


def _problem(form: CertificatesForm) -> ResponseReturnValue:
    return render_template("reports/admin_certificates.html", form=form, page=None, found=[], titles={}), 422


def _titles() -> dict[str, str]:
    return {slug: module.title for slug, module in catalogue().items()}


def _modules() -> list[tuple[str, str]]:
    titles = _titles()
    withdrawn = [slug for slug in search.list_modules(get_viewer()) if slug not in titles]
    return [*titles.items(), *zip(withdrawn, withdrawn, strict=True)]


@blueprint.post("/certificates/export/")
@allow(Access.ADMINISTRATOR)
@commits
def export_certificates() -> ResponseReturnValue:
    """Export a selection: at once as a stream, or by a job where it is large."""
    refuse_too_many(get_viewer())
    form = ExportForm()
    form.offer(_modules())
    if not form.validate():
        return _problem(form)
    ids = search.list_ids(get_viewer(), form.selection, _today())
    if not ids:
        return redirect(url_for("admin.certificates", **form.filters), 303)
    public_id = export.begin_export(get_viewer(), ids)
    if public_id is not None:
        return redirect(url_for("admin.exported", public_id=public_id), 303)
    pieces = export.zip_of(search.list_by_ids(ids, _today()), export.documents(current_app.app_context))
    return Response(
        pieces, mimetype=ZIP, headers={"Content-Disposition": f"attachment; filename={_zip_name(_today())}"}
    )


def _zip_name(day: date) -> str:
    return f"certificates-{day.isoformat()}.zip"


@blueprint.get("/exports/<public_id>/")
@allow(Access.ADMINISTRATOR)
def exported(public_id: str) -> ResponseReturnValue:
    """How far an export is, for the administrator who asked for it."""
    job = jobs_queries.get_job(get_viewer().id, export.JOB, public_id)
    file = export.find_file(current_app.instance_path, job)
    return render_template("reports/admin_exported.html", job=job, is_ready=file is not None)


@blueprint.get("/exports/<public_id>/file/")
@allow(Access.ADMINISTRATOR)
def exported_file(public_id: str) -> ResponseReturnValue:
    """The file of a finished export, for the administrator who asked for it."""
    job = jobs_queries.get_job(get_viewer().id, export.JOB, public_id)
    file = export.find_file(current_app.instance_path, job)
    if file is None:
        raise NotFound("export")
    response = send_file(file, mimetype=ZIP, as_attachment=True, download_name=_zip_name(job.created_at.date()))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/certificates/<number>/revoke/")
@allow(Access.ADMINISTRATOR)
def revoke(number: str) -> ResponseReturnValue:
    """Ask why a certificate is revoked."""
    found = search.get_found(get_viewer(), number, _today())
    return render_template("reports/admin_revoke.html", certificate=found, form=RevokeForm(), titles=_titles())


@blueprint.post("/certificates/<number>/revoke/")
@allow(Access.ADMINISTRATOR)
@commits
def revoke_now(number: str) -> ResponseReturnValue:
    """Revoke it: the verification page says so from now on."""
    found, form = search.get_found(get_viewer(), number, _today()), RevokeForm()
    if not form.validate():
        return render_template("reports/admin_revoke.html", certificate=found, form=form, titles=_titles()), 422
    try:
        actions.revoke(get_viewer(), found.number, Reason(form.reason.data), form.note.data or "")
    except actions.AlreadySo:
        return redirect(url_for("admin.revoke", number=number), 303)
    flash(f"Certificate {found.shown_number} is revoked. Its verification page says so.")
    return redirect(url_for("admin.certificates", number=found.shown_number), 303)


@blueprint.get("/certificates/<number>/restore/")
@allow(Access.ADMINISTRATOR)
def restore(number: str) -> ResponseReturnValue:
    """Ask why a revocation is taken back."""
    found = search.get_found(get_viewer(), number, _today())
    return render_template("reports/admin_restore.html", certificate=found, form=RestoreForm(), titles=_titles())


@blueprint.post("/certificates/<number>/restore/")
@allow(Access.ADMINISTRATOR)
@commits
def restore_now(number: str) -> ResponseReturnValue:
    """Take the revocation back."""
    found, form = search.get_found(get_viewer(), number, _today()), RestoreForm()
    if not form.validate():
        return render_template("reports/admin_restore.html", certificate=found, form=form, titles=_titles()), 422
    try:
        actions.restore(get_viewer(), found.number, form.note.data or "")
    except actions.AlreadySo:
        return redirect(url_for("admin.restore", number=number), 303)
    flash(f"Certificate {found.shown_number} is restored. Its verification page says so.")
    return redirect(url_for("admin.certificates", number=found.shown_number), 303)


# -- reviews of the content ------------------------------------------------------------------------------------------


@blueprint.get("/reviews/")
@allow(Access.ADMINISTRATOR)
def reviews() -> ResponseReturnValue:
    """How each module stands, and the reviews that are recorded of it."""
    modules = []
    for module in catalogue().values():
        recorded = modules_queries.list_reviews(module)
        stands = standing(module, {review.version: review.reviewed_on for review in recorded}, _today())
        modules.append((module, stands, recorded))
    return render_template("reports/admin_reviews.html", modules=modules)


@blueprint.get("/reviews/<module>/")
@allow(Access.ADMINISTRATOR)
def review(module: str) -> ResponseReturnValue:
    """Ask who reviewed the present version."""
    return render_template("reports/admin_review.html", module=get_module(module), form=ReviewForm(today=_today()))


@blueprint.post("/reviews/<module>/")
@allow(Access.ADMINISTRATOR)
@commits
def review_now(module: str) -> ResponseReturnValue:
    """Record a review of the present version."""
    found, form = get_module(module), ReviewForm(today=_today())
    if not form.validate() or not isinstance(form.reviewed_on.data, date):
        return render_template("reports/admin_review.html", module=found, form=form), 422
    added = record_review(
        get_viewer(),
        found,
        reviewer=form.reviewer.data or "",
        role=form.role.data or "",
        reviewed_on=form.reviewed_on.data,
        note=form.note.data or "",
    )
    if not added:
        form.reviewer.errors = ["A review of this version by this person is recorded already"]
        return render_template("reports/admin_review.html", module=found, form=form), 422
    flash(f"A review of version {found.version} of “{found.title}” is recorded.")
    return redirect(url_for("admin.reviews"), 303)


# -- the audit trail -------------------------------------------------------------------------------------------------


@blueprint.get("/audit/")
@allow(Access.ADMINISTRATOR)
def audit() -> ResponseReturnValue:
    """Who did what, newest first, 100 a page."""
    form = AuditForm(request.args)
    selection = form.select(get_viewer(), _zone()) if form.validate() else None
    return _audit_page(form, selection)


def _audit_page(form: AuditForm, selection: Selection | None) -> ResponseReturnValue:
    page, events = None, []
    if selection is not None:
        page = page_of(request.args.get("page"), EVENTS_PAGE_SIZE, audit_queries.count_events(selection))
        events = audit_queries.list_events_page(page, selection)
    names = people_queries.names_of(get_viewer(), {event.actor_id for event in events if event.actor_id is not None})
    shown = render_template(
        "reports/admin_audit.html",
        form=form,
        page=page,
        events=events,
        names=names,
        stands=standing_of_trail(),
        any_export=audit_queries.ANY_EXPORT,
    )
    return shown, 422 if selection is None else 200


@blueprint.post("/audit/export/")
@allow(Access.ADMINISTRATOR)
@commits
def export_audit() -> ResponseReturnValue:
    """A part of the trail as a file; the trail says who took it."""
    refuse_too_many(get_viewer())
    form = AuditExportForm()
    selection = form.select(get_viewer(), _zone()) if form.validate() else None
    if selection is None:
        return _audit_page(form, None)
    selection = as_of_now(selection)
    count = audit_queries.count_events(selection)
    audit_actions.record("audit exported", "audit", get_viewer().id, rows=count, filters=sorted(form.filters))
    lines = audit_csv(get_viewer(), selection, current_app.app_context)
    response = Response(lines, content_type=MIMETYPE)
    response.headers.set("Content-Disposition", "attachment", filename=f"audit-{_today().isoformat()}.csv")
    return response
