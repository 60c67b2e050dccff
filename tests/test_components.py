"""Our plain macros give the markup of nhsuk-frontend 10.6, as nhsuk-frontend-jinja makes it.

Where ours differ on purpose, DIFFERENCES says how and why, and the comparison takes exactly that away.
"""

import re
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask import Flask, render_template_string
from jinja2 import ChainableUndefined, Environment, PackageLoader
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import Form, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired

THEIRS = Environment(loader=PackageLoader("nhsuk_frontend_jinja"), undefined=ChainableUndefined, autoescape=True)
DIFFERENCES = {
    "data-module": "our own script finds elements by class; nhsuk-frontend's script is not loaded",
    "password": "its value is never sent back (test_password_is_never_sent_back)",
    "textarea": "begins with a line end, which browsers drop, so that a text that begins with one keeps it",
    "warning callout": "its heading is an h2 in the size of theirs: it stands right under the h1",
}

Tree = tuple[str, tuple[tuple[str, str], ...], tuple[Any, ...]]


def tree(html: str) -> tuple[Any, ...]:
    """Markup without what does not matter: white space, the order of attributes and of classes, `data-module`."""
    root = html5lib.parseFragment(html, namespaceHTMLElements=False)
    return _children(root)


def _children(element: Element) -> tuple[Any, ...]:
    found: list[Any] = [_words(element.text)]
    for child in element:
        found += [_tree(child), _words(child.tail)]
    return tuple(part for part in found if part)


def _tree(element: Element) -> Tree:
    attributes = {name: value for name, value in element.attrib.items() if name != "data-module"}
    if "class" in attributes:
        attributes["class"] = " ".join(sorted(attributes["class"].split()))
    if element.tag == "textarea":
        return "textarea", tuple(sorted(attributes.items())), (element.text or "",)
    return str(element.tag), tuple(sorted(attributes.items())), _children(element)


def _words(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").strip()


def theirs(component: str, macro: str, **parameters: Any) -> tuple[Any, ...]:
    source = f"{{% from 'nhsuk/components/{component}/macro.jinja' import {macro} %}}{{{{ {macro}(p) }}}}"
    return tree(THEIRS.from_string(source).render(p=parameters))


def ours(app: Flask, macro: str, *arguments: Any, **named: Any) -> tuple[Any, ...]:
    source = f"{{% from 'components.html' import {macro} %}}{{{{ {macro}(*arguments, **named) }}}}"
    with app.test_request_context():
        return tree(render_template_string(source, arguments=arguments, named=named))


class Sample(Form):
    """One field of each kind, all required."""

    name = StringField("Family name", description="As printed", validators=[DataRequired("Enter your family name")])
    plain = StringField("Plain")
    secret = PasswordField("Password", validators=[DataRequired("Enter your password")])
    story = TextAreaField("What did you learn?", description="Briefly", validators=[DataRequired("Write something")])
    kind = SelectField(
        "Profession",
        choices=[SelectChoice("", "Choose"), SelectChoice("a", "A & B"), SelectChoice("c", "C")],
        validators=[DataRequired("Choose your profession")],
    )
    pick = RadioField(
        "How useful?",
        choices=[SelectChoice("1", "One"), SelectChoice("2", "Two"), SelectChoice("3", "Three")],
        description="Choose one",
        validators=[DataRequired("Choose how useful")],
    )


FULL = {
    "name": 'O\'Brien "<x>"',
    "plain": "x",
    "secret": "hidden",
    "story": "\nfirst line empty\n& <b>",
    "kind": "a",
    "pick": "2",
}
STATES = {"empty": None, "full": FULL, "wrong": {}}


@pytest.fixture(params=STATES)
def form(request: pytest.FixtureRequest) -> Sample:
    """A form untouched, filled in, and refused."""
    data = STATES[request.param]
    found = Sample(None if data is None else MultiDict({**data, "plain": "x"}))
    if request.param == "wrong":
        assert not found.validate()
    return found


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    """No database is asked here."""
    return sqlite_app


def shared(field: Any) -> dict[str, Any]:
    """The parameters that every field of theirs takes."""
    found: dict[str, Any] = {"id": field.id, "name": field.name, "label": {"text": field.label.text}}
    if field.description:
        found["hint"] = {"text": field.description}
    if field.errors:
        found["errorMessage"] = {"text": field.errors[0]}
    return found


@pytest.mark.parametrize("name", ["name", "plain"])
def test_input(app: Flask, form: Sample, name: str) -> None:
    field = form[name]
    assert ours(app, "text_input", field, type="email", width="20", autocomplete="email", spellcheck=False) == theirs(
        "input",
        "input",
        **shared(field),
        value=field.data,
        type="email",
        width="20",
        autocomplete="email",
        spellcheck=False,
        autocapitalize="none",
    )


def test_password_is_never_sent_back(app: Flask, form: Sample) -> None:
    assert ours(app, "text_input", form.secret, type="password", autocomplete="new-password") == theirs(
        "input", "input", **shared(form.secret), type="password", autocomplete="new-password"
    )


def test_textarea(app: Flask, form: Sample) -> None:
    """Ours begins the text with a line end, which browsers drop, so that a text that begins with one keeps it."""
    value = form.story.data or ""
    mine = ours(app, "text_area", form.story, rows=3, label_size="s")
    field = shared(form.story)
    field["label"]["size"] = "s"
    assert mine == theirs("textarea", "textarea", **field, rows=3, value=Markup("\n") + value)


def test_select(app: Flask, form: Sample) -> None:
    items = [{"value": v, "text": words, "selected": chosen} for v, words, chosen, _ in form.kind.iter_choices()]
    assert ours(app, "select", form.kind) == theirs("select", "select", **shared(form.kind), items=items)


@pytest.mark.parametrize("size", ["", "s", "m"])
def test_radios(app: Flask, form: Sample, size: str) -> None:
    field = shared(form.pick)
    del field["label"]
    items = [{"value": v, "text": words, "checked": chosen} for v, words, chosen, _ in form.pick.iter_choices()]
    legend = {"text": form.pick.label.text, **({"size": size} if size else {})}
    assert ours(app, "radios", form.pick, size) == theirs(
        "radios", "radios", idPrefix=field.pop("id"), **field, fieldset={"legend": legend}, items=items
    )


def test_error_summary(app: Flask) -> None:
    form = Sample(MultiDict())
    assert not form.validate()
    errors = [{"text": field.errors[0], "href": f"#{field.id}"} for field in form if field.errors]
    assert len(errors) == 5
    expected = theirs("error-summary", "errorSummary", titleText="There is a problem", errorList=errors)
    assert ours(app, "error_summary", form) == expected
    assert ours(app, "error_list", [(error["href"][1:], error["text"]) for error in errors]) == expected


def test_error_summary_in_the_order_of_the_page(app: Flask) -> None:
    form = Sample(MultiDict())
    assert not form.validate()
    errors = [{"text": field.errors[0], "href": f"#{field.id}"} for field in (form.pick, form.name)]
    expected = theirs("error-summary", "errorSummary", titleText="There is a problem", errorList=errors)
    assert ours(app, "error_summary", form, (form.pick, form.plain, form.name)) == expected


def test_no_errors_no_summary(app: Flask) -> None:
    assert ours(app, "error_summary", Sample()) == ()


@pytest.mark.parametrize("kind", ["", "secondary", "warning"])
def test_buttons(app: Flask, kind: str) -> None:
    variant = {"variant": kind} if kind else {}
    assert ours(app, "button", "Save & go on", kind) == theirs(
        "button", "button", text="Save & go on", type="submit", **variant
    )
    assert ours(app, "button_link", "Go on", "/x?a=1&b=2", kind) == theirs(
        "button", "button", text="Go on", href="/x?a=1&b=2", **variant
    )


def test_button_link_with_hidden_words(app: Flask) -> None:
    html = Markup('Go on<span class="nhsuk-u-visually-hidden">: Module</span>')
    assert ours(app, "button_link", "Go on", "/x", hidden=": Module") == theirs(
        "button", "button", html=html, href="/x"
    )


@pytest.mark.parametrize("colour", ["", "green", "yellow", "blue", "grey", "red"])
def test_tag(app: Flask, colour: str) -> None:
    assert ours(app, "tag", "Draft", colour) == theirs(
        "tag", "tag", text="Draft", **({"colour": colour} if colour else {})
    )


def test_back_link(app: Flask) -> None:
    assert ours(app, "back_link", "Your path", "/modules/x/") == theirs(
        "back-link", "backLink", text="Your path", href="/modules/x/"
    )


def test_summary_row(app: Flask) -> None:
    both = {
        "rows": [
            {
                "key": {"text": "Family name"},
                "value": {"text": "Khan"},
                "actions": {"items": [{"href": "/x", "text": "Change", "visuallyHiddenText": "family name"}]},
            },
            {"key": {"text": "Number"}, "value": {"text": "7"}},
        ]
    }
    [(_, _, rows)] = theirs("summary-list", "summaryList", **both)
    assert ours(app, "summary_row", "Family name", "Khan", "/x") == (rows[0],)
    assert ours(app, "summary_row", "Number", "7", "") == (rows[1],)


def test_summary_row_of_a_list_without_actions(app: Flask) -> None:
    [(_, _, rows)] = theirs("summary-list", "summaryList", rows=[{"key": {"text": "Number"}, "value": {"text": "7"}}])
    assert ours(app, "summary_row", "Number", "7") == rows


def calling(app: Flask, macro: str, *arguments: Any) -> tuple[Any, ...]:
    source = f"{{% from 'components.html' import {macro} %}}{{% call {macro}(*arguments) %}}<p>Text</p>{{% endcall %}}"
    with app.test_request_context():
        return tree(render_template_string(source, arguments=arguments))


def test_inset_text(app: Flask) -> None:
    assert calling(app, "inset") == theirs("inset-text", "insetText", html=Markup("<p>Text</p>"))


def test_warning_callout(app: Flask) -> None:
    """Ours has an h2 in the size that theirs has by default: our warnings stand right under the h1 (no level is jumped)."""
    html = THEIRS.from_string(
        "{% from 'nhsuk/components/warning-callout/macro.jinja' import warningCallout %}{{ warningCallout(p) }}"
    ).render(p={"heading": "Leave patients out", "headingLevel": 2, "html": Markup("<p>Text</p>")})
    expected = tree(html.replace('class="nhsuk-card__heading"', 'class="nhsuk-card__heading nhsuk-heading-m"'))
    assert calling(app, "warning", "Leave patients out") == expected


def test_the_comparison_sees_a_difference() -> None:
    assert tree('<p class="a b">x</p>') == tree("<p  class='b a'> x\n</p>")
    assert tree("<p>x</p>") != tree("<p>y</p>")
    assert tree('<p id="a">x</p>') != tree('<p id="b">x</p>')
    assert tree("<p>x</p>") != tree("<div>x</div>")
