"""What stands behind a module: its glossary, its sources, what is known of its making; and all of it on one page."""

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from elearn.items import standard
from elearn.modules import queries
from elearn.modules.catalogue import get_module
from elearn.modules.fixed import fixed
from elearn.modules.rules import standing
from elearn.shared import clock
from elearn.shared.access import Access, allow

blueprint = Blueprint("reference", __name__, template_folder="templates", url_prefix="/modules/<module>")


@blueprint.get("/glossary/")
@allow(Access.PUBLIC)
def glossary(module: str) -> ResponseReturnValue:
    """Every term, with the lessons that use it."""
    found = get_module(module)
    terms = [
        (term, [lesson for lesson in found.lessons.values() if term.id in lesson.terms])
        for term in sorted(found.glossary, key=lambda term: term.term.lower())
    ]
    return render_template("modules/glossary.html", module=found, terms=terms)


@blueprint.get("/sources/")
@allow(Access.PUBLIC)
def sources(module: str) -> ResponseReturnValue:
    """Every source, with the lessons that rest on it."""
    found = get_module(module)
    return render_template("modules/sources.html", module=found, sources=found.lessons_by_source())


@blueprint.get("/about/")
@allow(Access.PUBLIC)
def about(module: str) -> ResponseReturnValue:
    """Who made the content and how, who reviewed it, and what each version changed."""
    found = get_module(module)
    reviews = queries.list_reviews(found)
    zone = current_app.extensions["elearn.settings"].time_zone
    return render_template(
        "modules/about.html",
        module=found,
        reviews=reviews,
        standing=standing(found, {r.version: r.reviewed_on for r in reviews}, clock.today(zone)),
        pass_marks=[
            (quiz, standard.cut(quiz, found.records), standard.passes_by_chance(quiz))
            for quiz in found.quizzes.values()
            if not quiz.fault
        ],
    )


@blueprint.get("/whole/")
@allow(Access.SIGNED_IN)
def whole(module: str) -> ResponseReturnValue:
    """All lessons on one page, to read, to search and to print. It marks nothing as done."""
    found = get_module(module)
    return render_template("modules/whole.html", module=found, lessons=fixed(found).whole)
