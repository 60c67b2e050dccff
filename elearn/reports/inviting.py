"""Inviting people: one at a time, or a list from a spreadsheet with a dry run first."""

import unicodedata
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts import invitations
from elearn.accounts.again import fresh
from elearn.accounts.rules import Profession
from elearn.accounts.viewer import get_viewer
from elearn.cohorts import queries as cohorts
from elearn.reports import letters, people_csv
from elearn.reports.people_forms import ImportForm, ImportNowForm, InviteForm
from elearn.reports.people_import import NotAsSeen, Plan, Standing, WrongRows, apply_import, plan_import
from elearn.shared.access import Access, allow
from elearn.shared.transactions import commits
from elearn.shared.uploads import takes_file

blueprint = Blueprint("inviting", __name__, template_folder="templates", url_prefix="/admin/people")
SHOWN = 20


@blueprint.get("/invite/")
@allow(Access.ADMINISTRATOR)
def ask() -> ResponseReturnValue:
    """Ask whom to invite, and list who is invited already."""
    return _page(InviteForm(cohorts.list_all(get_viewer()), formdata=None))


def _page(form: InviteForm, known: invitations.HasAccount | None = None) -> str:
    waiting = invitations.list_waiting(get_viewer())
    return render_template("reports/admin_person_invite.html", form=form, waiting=waiting, known=known)


@blueprint.post("/invite/")
@allow(Access.ADMINISTRATOR)
@fresh
@commits
def invite() -> ResponseReturnValue:
    """Send an invitation."""
    form = InviteForm(cohorts.list_all(get_viewer()))
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        token = invitations.invite(get_viewer(), form.invitee)
    except invitations.HasAccount as known:
        form.email.errors = [f"{known.name} has an account with this address already"]
        return _page(form, known), 422
    letters.send_invitation(form.invitee, token, get_viewer().name)
    flash(f"{form.invitee.name} is invited. The link in the mail works for 48 hours.")
    return redirect(url_for("inviting.ask"), 303)


@blueprint.post("/invite/<invitation>/withdraw/")
@allow(Access.ADMINISTRATOR)
@commits
def withdraw(invitation: str) -> ResponseReturnValue:
    """Take an invitation back."""
    invitations.withdraw(get_viewer(), invitation)
    flash("The invitation is taken back. Its link does not work any more.")
    return redirect(url_for("inviting.ask"), 303)


# -- a list from a spreadsheet ---------------------------------------------------------------------------------------


@blueprint.get("/import/")
@allow(Access.ADMINISTRATOR)
def ask_for_file() -> ResponseReturnValue:
    """Ask for a file."""
    return _file_page(ImportForm(formdata=None))


def _file_page(form: ImportForm) -> str:
    return render_template("reports/admin_person_import.html", form=form, professions=_professions())


def _professions() -> list[str]:
    return [profession.value for profession in Profession]


@blueprint.post("/import/")
@allow(Access.ADMINISTRATOR)
@takes_file("file")
def check_file() -> ResponseReturnValue:
    """Show what the file would do. Nothing is written."""
    form = ImportForm()
    if not form.validate_on_submit():
        return _file_page(form), 422
    data = form.file.data.read(people_csv.LARGEST_FILE * 2 + 2)
    try:
        sheet = people_csv.read_people(data)
    except people_csv.Unreadable as reason:
        form.file.errors = [str(reason)]
        return _file_page(form), 422
    plan = plan_import(get_viewer(), sheet)
    form = ImportNowForm(formdata=None, text=_sendable(people_csv.decoded(data)), seen=plan.fingerprint)
    return _plan_page(form, plan, sheet.notes)


def _sendable(text: str) -> str:
    """The text as a form can carry it: without the characters that no page may hold, which are no part of a name."""
    return "".join(c for c in text if c in "\t\r\n" or unicodedata.category(c) not in ("Cc", "Cn", "Cs"))


def _plan_page(form: ImportNowForm, plan: Plan, notes: tuple[str, ...] = (), *, outdated: bool = False) -> str:
    groups = {standing: [row for row in plan.rows if row.standing is standing] for standing in Standing}
    wrong = [words for row in plan.rows for words in row.line.wrong]
    return render_template(
        "reports/admin_person_dry_run.html",
        form=form,
        new=groups[Standing.NEW],
        invited=groups[Standing.INVITED],
        there=groups[Standing.THERE],
        wrong=wrong,
        wrong_rows=len(groups[Standing.WRONG]),
        notes=notes,
        shown=SHOWN,
        professions=_professions() if any(row.line.profession is None for row in plan.rows) else [],
        outdated=outdated,
    )


@blueprint.post("/import/now/")
@allow(Access.ADMINISTRATOR)
@fresh
@commits
def apply() -> ResponseReturnValue:
    """Invite everybody on the list who is new, or nobody."""
    form = ImportNowForm()
    if not form.validate_on_submit():
        return redirect(url_for("inviting.ask_for_file"), 303)
    if form.wrong.data == "stop":
        flash("Nobody was invited. Correct the file, then choose it again.", "notice")
        return redirect(url_for("inviting.ask_for_file"), 303)
    try:
        sheet = people_csv.read_people((form.text.data or "").encode())
        made = apply_import(get_viewer(), sheet, form.seen.data or "", skip=form.wrong.data == "skip")
    except people_csv.Unreadable:
        return redirect(url_for("inviting.ask_for_file"), 303)
    except NotAsSeen as now:
        form.seen.data = now.plan.fingerprint
        return _plan_page(form, now.plan, outdated=True), HTTPStatus.CONFLICT
    except WrongRows as now:
        form.wrong.errors = ["Choose what to do about the wrong rows"]
        return _plan_page(form, now.plan), 422
    for invitee, token in made:
        letters.send_invitation(invitee, token, get_viewer().name)
    flash(f"{len(made)} {'person is' if len(made) == 1 else 'people are'} invited.")
    return redirect(url_for("inviting.ask"), 303)
