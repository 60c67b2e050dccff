"""Educators' pages about items: how each version was answered, and ruling on a key that was wrong."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts.viewer import get_viewer
from elearn.modules.catalogue import catalogue
from elearn.quizzes.regrading import Change, Changed, Plan, apply_ruling, plan_ruling
from elearn.quizzes.rulings import rulings_on
from elearn.reports import dry_run
from elearn.reports.ruling_form import RulingForm
from elearn.shared.access import Access, allow
from elearn.shared.transactions import commits

blueprint = Blueprint("items", __name__, template_folder="templates", url_prefix="/reports/items")


@blueprint.get("/")
@allow(Access.SIGNED_IN)
def items() -> ResponseReturnValue:
    """Every item version that was sat."""
    return render_template("reports/items.html", versions=dry_run.list_versions(get_viewer()))


@blueprint.get("/<digest>/")
@allow(Access.SIGNED_IN)
def item(digest: str) -> ResponseReturnValue:
    """One item version, and the form of a ruling."""
    found = dry_run.get_version(get_viewer(), digest)
    form = RulingForm()
    form.offer(found.item)
    return _item_page(digest, found, form)


def _words(found: dry_run.VersionPage) -> dict[str, str]:
    """The answers that a ruling can name by their id, in words."""
    return {alternative.id: alternative.words for alternative in found.item.alternatives()}


def _item_page(digest: str, found: dry_run.VersionPage, form: RulingForm) -> str:
    order = found.item.natural_order()
    return render_template(
        "reports/item.html",
        digest=digest,
        found=found,
        review=found.item.review(order, None, everything=True),
        rulings=rulings_on([digest]).get(digest, ()),
        words=_words(found),
        form=form,
    )


@blueprint.post("/<digest>/check/")
@allow(Access.SIGNED_IN)
def check(digest: str) -> ResponseReturnValue:
    """The dry run: whom the ruling would concern. Nothing is written."""
    viewer = get_viewer()
    found, form = dry_run.get_version(viewer, digest), RulingForm()
    form.offer(found.item)
    if not form.validate_on_submit():
        return _item_page(digest, found, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        plan = plan_ruling(viewer, digest, form.decision)
    except ValueError as fault:
        return _refused(digest, found, form, fault)
    return _dry_run_page(digest, found, form, plan)


def _refused(digest: str, found: dry_run.VersionPage, form: RulingForm, fault: ValueError) -> ResponseReturnValue:
    field = form.typed if form.is_typed else form.chosen
    field.errors = [str(fault)]
    return _item_page(digest, found, form), HTTPStatus.UNPROCESSABLE_ENTITY


def _quiz_title(change: Change) -> str:
    module = catalogue().get(change.module)
    return module.quiz(change.quiz).title if module and change.quiz in module.quizzes else change.quiz


def _dry_run_page(
    digest: str, found: dry_run.VersionPage, form: RulingForm, plan: Plan, *, outdated: bool = False
) -> str:
    form.seen.data = plan.fingerprint
    concerned = dry_run.list_concerned(get_viewer(), plan)
    return render_template(
        "reports/dry_run.html",
        digest=digest,
        found=found,
        form=form,
        words=_words(found),
        title=_quiz_title,
        concerned=concerned,
        passes=sum(change.passes_now for change in plan.changes),
        fails=sum(change.fails_now for change in plan.changes),
        certified=sum(bool(line.certificates) for line in concerned),
        outdated=outdated,
    )


@blueprint.post("/<digest>/rule/")
@allow(Access.SIGNED_IN)
@commits
def rule(digest: str) -> ResponseReturnValue:
    """Apply the ruling that was seen in the dry run; where it would do something else by now, show that first."""
    viewer = get_viewer()
    found, form = dry_run.get_version(viewer, digest), RulingForm()
    form.offer(found.item)
    if not form.validate_on_submit():
        return _item_page(digest, found, form), HTTPStatus.UNPROCESSABLE_ENTITY
    key, seen = form.key.data or "", form.seen.data or ""
    try:
        certified = dry_run.certified_enrolments(plan_ruling(viewer, digest, form.decision))
        changed = apply_ruling(viewer, digest, form.decision, key=key[:32], seen=seen, certified=certified)
    except Changed as other:
        return _dry_run_page(digest, found, form, other.plan, outdated=True), HTTPStatus.CONFLICT
    except ValueError as fault:
        return _refused(digest, found, form, fault)
    flash(f"The ruling is made. {changed} {'mark has' if changed == 1 else 'marks have'} changed.")
    return redirect(url_for("items.item", digest=digest), 303)
