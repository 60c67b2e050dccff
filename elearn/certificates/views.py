"""The last step, the certificate and its document, and what anyone may check."""

from collections.abc import Sequence
from typing import TypeVar

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form

from elearn.accounts.viewer import get_viewer
from elearn.certificates import actions, document, queries
from elearn.certificates.forms import ConfirmForm, FamilyNameForm, HolderKeyForm, NumberForm
from elearn.certificates.holder import Holder, matches, proves
from elearn.certificates.numbers import NotANumber, grouped, parse
from elearn.certificates.rules import State, may_award, network_key
from elearn.certificates.verification import Finding, find_out, unknown
from elearn.config import Settings
from elearn.content.structure import Module
from elearn.modules.catalogue import catalogue, get_module
from elearn.modules.queries import get_progress, reviewed_versions
from elearn.modules.rules import standing
from elearn.quizzes.gains import list_gains
from elearn.quizzes.rules import Gain
from elearn.shared import clock
from elearn.shared.access import Access, allow
from elearn.shared.missing import NotFound
from elearn.shared.tokenless import needs_no_token
from elearn.shared.transactions import commits

blueprint = Blueprint("certificates", __name__, template_folder="templates")
AnyForm = TypeVar("AnyForm", bound=Form)


@blueprint.after_request
def hide_from_search(response: Response) -> Response:
    """No page about a certificate belongs in a search engine (C-6)."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _settings() -> Settings:
    settings: Settings = current_app.extensions["elearn.settings"]
    return settings


# -- the last step ---------------------------------------------------------------------------------------------------


@blueprint.get("/modules/<module>/certificate/")
@allow(Access.SIGNED_IN)
def confirm(module: str) -> ResponseReturnValue:
    """Show what will be printed, or each reason why it cannot be yet."""
    return _confirm_page(get_module(module))


@blueprint.post("/modules/<module>/certificate/")
@allow(Access.SIGNED_IN)
@commits
def issue(module: str) -> ResponseReturnValue:
    """Issue, once."""
    found, form = get_module(module), ConfirmForm()
    shown = form.details.data or "" if form.validate_on_submit() else ""
    try:
        number = actions.issue_certificate(get_viewer(), found, _settings(), shown)
    except actions.MayNotAward:
        return redirect(url_for("certificates.confirm", module=module), 303)
    except actions.DetailsChanged:
        return _confirm_page(found, changed=True)
    return redirect(url_for("certificates.certificate", number=grouped(number)), 303)


def _confirm_page(found: Module, *, changed: bool = False) -> ResponseReturnValue:
    viewer, settings = get_viewer(), _settings()
    progress = get_progress(viewer, found)
    path_step = progress.path.of(actions.certificate_step(progress.path))
    if number := queries.find_number(progress.enrolment_id):
        return redirect(url_for("certificates.certificate", number=grouped(number)), 303)
    if not path_step.is_open:
        return render_template("modules/locked.html", module=found, step=path_step)
    stands = standing(found, reviewed_versions(found), clock.today(settings.time_zone))
    holder = Holder(viewer.given_names, viewer.family_name, viewer.registration_number)
    page = render_template(
        "certificates/confirm.html",
        module=found,
        award=may_award(progress.path, stands, demonstration=settings.demonstration, confirmed=viewer.confirmed),
        holder=holder,
        unprintable=document.unprintable(holder.name + holder.registration_number),
        form=ConfirmForm(formdata=None, details=holder.digest),
        changed=changed,
    )
    return page, 422 if changed else 200


# -- the certificate -------------------------------------------------------------------------------------------------


@blueprint.get("/certificates/<number>/")
@allow(Access.SIGNED_IN)
def certificate(number: str) -> ResponseReturnValue:
    """The certificate as a page, which is its first form; the PDF says the same."""
    held = queries.get_certificate(get_viewer(), _get_number(number))
    finding, record = _finding(held.public), held.public.record
    return render_template(
        "certificates/certificate.html",
        held=held,
        record=record,
        finding=finding,
        rows=document.rows(record) if finding.known else [],
        qr=document.qr_svg(record["address"]) if finding.known else "",
        number=grouped(held.public.number),
        refusal=_refusal(held),
        gains=_own_gains(held) if finding.known else (),
    )


def _own_gains(held: queries.HeldCertificate) -> Sequence[Gain]:
    """What the viewer gained, beside their own certificate; nothing beside another's."""
    module = catalogue().get(held.public.record["module"]["slug"])
    if module is None or held.person_id != get_viewer().id:
        return ()
    return list_gains(module, [held.enrolment_id]).get(held.enrolment_id, ())


@blueprint.get("/certificates/<number>.pdf")
@allow(Access.SIGNED_IN)
def pdf(number: str) -> ResponseReturnValue:
    """The document as it was kept; where it is missing, made again, and the same."""
    held = queries.get_certificate(get_viewer(), _get_number(number))
    shown = grouped(held.public.number)
    refusal = _refusal(held)
    if held.printable is None or refusal:
        return render_template("certificates/refused.html", number=shown, refusal=refusal), 409
    data = queries.find_document(held.public.id) or document.render(held.printable)
    headers = {"Content-Disposition": f'attachment; filename="certificate-{shown}.pdf"'}
    return Response(data, mimetype="application/pdf", headers=headers)


def _refusal(held: queries.HeldCertificate) -> str:
    """Why no document is handed out, or nothing.

    A document cannot show that it is revoked or replaced: whoever is given a fresh one would take it for good. Documents
    that are out already say so when they are checked; the page, which shows the state, stays.
    """
    if held.holder is None:
        return "The holder’s details are erased, so that there is no name to print."
    if not held.public.unchanged:
        return "Its record is not as it was issued."
    match held.public.state(clock.today(_settings().time_zone)):
        case State.REVOKED:
            return "It is revoked, and a new copy would look like a good one."
        case State.SUPERSEDED:
            return "A newer edition replaces it, and a new copy would look like a good one."
        case _:
            return ""


# -- verification: for anyone, without a cookie ----------------------------------------------------------------------


@blueprint.get("/verify/")
@allow(Access.PUBLIC)
def verify() -> ResponseReturnValue:
    """Ask for a number, and go to its page."""
    if "number" not in request.args:
        return render_template("certificates/verify.html", form=NumberForm())
    form = NumberForm(request.args)
    if not form.validate():
        return render_template("certificates/verify.html", form=form), 422
    return redirect(url_for("certificates.verification", number=grouped(parse(form.number.data or ""))), 303)


@blueprint.get("/verify/<number>/")
@allow(Access.PUBLIC)
def verification(number: str) -> ResponseReturnValue:
    """What may be said of a certificate to anyone."""
    return _verification_page(_find_record(number))


@blueprint.post("/verify/<number>/")
@needs_no_token
@allow(Access.PUBLIC)
@commits
def match(number: str) -> ResponseReturnValue:
    """Whether a typed name is the holder's.

    Without a token: strangers have no cookie to tie one to, and the answer changes nothing for anyone. The page is the
    answer itself, not a redirect, because the name must not stand in an address.
    """
    found = _find_record(number)
    if not isinstance(found, queries.CertificateRecord) or not found.unchanged:
        return _verification_page(found)
    form = _name_form(found)(request.form)
    if not form.validate():
        return _verification_page(found, form=form, status=422)
    network = network_key(request.remote_addr or "", _settings().secret_key.get_secret_value())
    try:
        actions.count_try(network, clock.now())
    except actions.TooManyTries as wait:
        return _verification_page(found, form=form, wait=wait.seconds, status=429)
    return _verification_page(found, form=form, verdict=_is_holder(found, form))


def _verification_page(
    found: queries.CertificateRecord | str,
    *,
    form: FamilyNameForm | None = None,
    verdict: bool | None = None,
    wait: int = 0,
    status: int = 200,
) -> ResponseReturnValue:
    is_known = isinstance(found, queries.CertificateRecord)
    finding = _finding(found) if isinstance(found, queries.CertificateRecord) else unknown(found)
    page = render_template(
        "certificates/verification.html",
        finding=finding,
        certificate=found if is_known and finding.known else None,
        form=form or (_name_form(found)() if isinstance(found, queries.CertificateRecord) else None),
        verdict=verdict,
        wait=wait,
    )
    return page, status if is_known else 404, {"Retry-After": str(wait)} if wait else {}


def _find_record(typed: str) -> queries.CertificateRecord | str:
    """The record behind a number in an address, or what is wrong with the number (nothing, if it is only not known)."""
    try:
        return queries.find_certificate_record(parse(typed)) or ""
    except NotANumber as problem:
        return str(problem)


def _finding(found: queries.CertificateRecord) -> Finding:
    zone = _settings().time_zone
    return find_out(
        found.events,
        found.expires_on,
        unchanged=found.unchanged,
        has_holder=found.has_holder,
        today=clock.today(zone),
        zone=zone,
    )


def _name_form(found: queries.CertificateRecord) -> type[FamilyNameForm]:
    return FamilyNameForm if found.has_holder else HolderKeyForm


def _is_holder(found: queries.CertificateRecord, form: FamilyNameForm) -> bool:
    typed = form.family_name.data or ""
    if isinstance(form, HolderKeyForm):
        holder = Holder(form.given_names.data or "", typed, form.registration_number.data or "")
        return proves(holder, form.salt.data or "", found.holder_commitment)
    return matches(typed, queries.find_family_name(found.id) or "")


def _get_number(typed: str) -> str:
    try:
        return parse(typed)
    except NotANumber as problem:
        raise NotFound("certificate") from problem
