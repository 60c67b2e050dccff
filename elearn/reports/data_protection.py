"""The administrators' page about data protection: the last retention, the periods, and who was erased when."""

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from elearn.accounts import erasing, retaining
from elearn.config import Settings
from elearn.shared.access import Access, allow
from elearn.shared.personal import KeptWhile, register

blueprint = Blueprint("data_protection", __name__, template_folder="templates", url_prefix="/admin/data-protection")
SHOWN = 20


@blueprint.get("/")
@allow(Access.ADMINISTRATOR)
def page() -> ResponseReturnValue:
    """What was removed when, what is kept for how long, and how many were erased."""
    settings: Settings = current_app.extensions["elearn.settings"]
    known = register()
    erasures, last = erasing.list_erasures(), retaining.find_last_run()
    return render_template(
        "reports/admin_data_protection.html",
        last=last,
        removed={_in_words(table): count for table, count in last.counts.items()} if last else {},
        periods=[
            (_in_words(holding.table), holding.retain.words(settings))
            for holding in known.holdings
            if not isinstance(holding.retain, KeptWhile)
        ],
        erasures=erasures[: -SHOWN - 1 : -1],
        count=len(erasures),
    )


def _in_words(table: str) -> str:
    return table.replace("_", " ").replace("sign ins", "sign-ins").capitalize()
