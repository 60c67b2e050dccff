"""Taking lessons and items out of use from the site, at once, and finding who learned from them."""

from dataclasses import dataclass

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts.viewer import get_viewer
from elearn.audit import actions as audit
from elearn.content.checking import items_of
from elearn.content.structure import Module
from elearn.items.base import Item
from elearn.items.question import short
from elearn.modules.actions import restore_part, withdraw_part
from elearn.modules.catalogue import published
from elearn.modules.queries import list_withdrawals
from elearn.modules.withdrawing import PartKind, Withdrawal
from elearn.reports.forms import WithdrawForm
from elearn.reports.recall import list_learners
from elearn.reports.taking import refuse_too_many
from elearn.shared import clock
from elearn.shared.access import Access, allow
from elearn.shared.csv_export import MIMETYPE, csv_lines
from elearn.shared.missing import NotFound
from elearn.shared.transactions import commits

blueprint = Blueprint("withdrawals", __name__, template_folder="templates", url_prefix="/admin/content/<module>")


@dataclass(frozen=True)
class Part:
    """A lesson or an item as the list of parts shows it."""

    kind: PartKind
    id: str
    words: str
    withdrawn: Withdrawal | None


def _parts(module: Module) -> list[Part]:
    known = {(found.kind, found.part): found for found in list_withdrawals() if found.module == module.slug}
    lessons = [(PartKind.LESSON, x.slug, f"{x.number}. {x.title}") for x in module.lessons.values()]
    items = [
        (PartKind.ITEM, item.id, short(str(item.lead_in_html.striptags())))
        for item in items_of(module)
        if isinstance(item, Item)
    ]
    return [Part(kind, key, words, known.get((kind, key))) for kind, key, words in (*lessons, *items)]


def _find(module: str, kind: str, part: str) -> tuple[Module, Part]:
    found = published(module)
    for known in _parts(found):
        if (known.kind.value, known.id) == (kind, part):
            return found, known
    raise NotFound("part")


@blueprint.get("/")
@allow(Access.ADMINISTRATOR)
def parts(module: str) -> ResponseReturnValue:
    """Every lesson and item of a module, and what of it is withdrawn."""
    found = published(module)
    return render_template("reports/withdrawals.html", module=found, parts=_parts(found), kinds=list(PartKind))


@blueprint.get("/<kind>/<part>/")
@allow(Access.ADMINISTRATOR)
def part(module: str, kind: str, part: str) -> ResponseReturnValue:
    """One part: whether it is in use, and who learned from it."""
    found, known = _find(module, kind, part)
    return _page(found, known, WithdrawForm())


@blueprint.post("/<kind>/<part>/")
@allow(Access.ADMINISTRATOR)
@commits
def change(module: str, kind: str, part: str) -> ResponseReturnValue:
    """Withdraw it, or bring it back."""
    found, known = _find(module, kind, part)
    form = WithdrawForm()
    if not form.validate_on_submit():
        return _page(found, known, form), 422
    set_it = restore_part if known.withdrawn else withdraw_part
    if set_it(get_viewer(), found, known.kind, known.id, form.reason.data or ""):
        flash(
            f"“{known.words}” is {'in use again' if known.withdrawn else 'withdrawn, from the next page that anybody opens'}."
        )
    return redirect(url_for("withdrawals.part", module=module, kind=kind, part=part), 303)


@blueprint.post("/<kind>/<part>/csv/")
@allow(Access.ADMINISTRATOR)
@commits
def learners_as_csv(module: str, kind: str, part: str) -> ResponseReturnValue:
    """Who learned from it, as a file; the audit trail says who took it."""
    found, known = _find(module, kind, part)
    refuse_too_many(get_viewer())
    learners = list_learners(get_viewer(), found.slug, known.kind, known.id)
    audit.record("learners listed", f"module:{found.slug}", get_viewer().id, part=f"{kind}:{part}", rows=len(learners))
    rows = ((learned.name, learned.email, learned.last_at) for learned in learners)
    response = Response(b"".join(csv_lines(("Name", "E-mail address", "Last"), rows)), content_type=MIMETYPE)
    day = clock.today(current_app.extensions["elearn.settings"].time_zone)
    response.headers.set("Content-Disposition", "attachment", filename=f"learned-from-{part}-{day:%Y-%m-%d}.csv")
    return response


def _page(module: Module, part: Part, form: WithdrawForm) -> str:
    learners = list_learners(get_viewer(), module.slug, part.kind, part.id)
    return render_template("reports/withdrawal.html", module=module, part=part, form=form, learners=learners)
