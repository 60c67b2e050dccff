"""Public pages."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from elearn.accounts.rules import LONGEST_SIGN_IN
from elearn.modules.catalogue import catalogue
from elearn.shared.access import Access, allow
from elearn.shared.personal import register
from elearn.site import rules

blueprint = Blueprint("site", __name__, template_folder="templates")


@blueprint.get("/")
@allow(Access.PUBLIC)
def start() -> ResponseReturnValue:
    """What this is, for whom, how long it takes, and what one gets."""
    return render_template("site/start.html", modules=list(catalogue().values()))


@blueprint.get("/about/")
@allow(Access.PUBLIC)
def about() -> ResponseReturnValue:
    """Who is behind it, how it is made, and what it is not."""
    return render_template("site/about.html", modules=list(catalogue().values()))


@blueprint.get("/accessibility/")
@allow(Access.PUBLIC)
def accessibility() -> ResponseReturnValue:
    """The accessibility statement, by the model of the UK regulations."""
    return render_template(
        "site/accessibility.html",
        prepared=rules.STATEMENT_PREPARED,
        reviewed=rules.STATEMENT_REVIEWED,
        tested=rules.LAST_TESTED,
        next_review=rules.NEXT_REVIEW,
    )


@blueprint.get("/privacy/")
@allow(Access.PUBLIC)
def privacy() -> ResponseReturnValue:
    """What is kept about people, why, how long, and their rights."""
    return render_template("site/privacy.html", holdings=register().holdings)


@blueprint.get("/cookies/")
@allow(Access.PUBLIC)
def cookies() -> ResponseReturnValue:
    """The cookies."""
    return render_template("site/cookies.html", hours=int(LONGEST_SIGN_IN.total_seconds() // 3600))


@blueprint.get("/terms/")
@allow(Access.PUBLIC)
def terms() -> ResponseReturnValue:
    """What a person agrees to by using the service."""
    return render_template("site/terms.html")


@blueprint.get("/healthz")
@allow(Access.PUBLIC)
def healthz() -> ResponseReturnValue:
    """Whether the process answers; it reads nothing."""
    return {"status": "ok"}
