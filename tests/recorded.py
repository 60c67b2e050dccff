"""What the people of a world can send: every rule with their things in it, and every form of their own pages."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, Rule
from werkzeug.test import TestResponse

from tests.page import PageClient
from tests.quizzes.sitting import module_of
from tests.two_worlds import Half
from tests.world import MODULE, World

LESSON = "how-trials-build-evidence"
ORIGIN = "https://localhost"
Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """What somebody can send: its method, its address, the fields of its form."""

    method: str
    address: str
    fields: Fields = ()
    endpoint: str = ""

    def with_field(self, name: str, value: str) -> "Request":
        """The same with another value in one field."""
        return replace(self, fields=(*((key, old) for key, old in self.fields if key != name), (name, value)))

    @property
    def shape(self) -> tuple[object, ...]:
        """What it is the same by as another, whatever was filled in."""
        address = urlsplit(self.address)
        names = tuple(name for name, _ in (*parse_qsl(address.query), *self.fields))
        return (self.method, address.path, names, self.fields[-1:] if self.method == "POST" else ())


class Recorder:
    """The requests of one world."""

    def __init__(self, app: Flask, half: Half) -> None:
        self.app, self.half = app, half
        self.check = next(iter(module_of(World(app)).lessons[LESSON].checks))
        self.rules = {rule.endpoint: rule for rule in app.url_map.iter_rules()}
        self.things = things_of(half)

    def entries(self) -> list[tuple[str, str]]:
        """Every method and endpoint of the application."""
        return sorted(
            (method, rule.endpoint)
            for rule in self.app.url_map.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        )

    def arguments(self, endpoint: str) -> list[str]:
        """The arguments of an address that name somebody's thing."""
        taken = {"number"} if "attempt" in self.rules[endpoint].arguments else set()
        return sorted(set(self.rules[endpoint].arguments) & set(self.things) - taken)

    def addresses(self, endpoint: str, argument: str = "", value: str = "") -> list[str]:
        """The addresses of an endpoint for each thing of this world; with `argument`, for one value of that."""
        rule = self.rules[endpoint]
        fixed = {"module": MODULE, "lesson": LESSON, "check": self.check, "quiz": "trial-phases", "kind": "lesson"}
        digest = next((str(row["item_digest"]) for row in self.half.rows.get("problem_reports", [])), "")
        fixed |= {"part": LESSON, "filename": "none.js", "digest": digest}
        if "attempt" in rule.arguments:
            fixed["number"] = "1"
        values = {name: [fixed[name]] if name in fixed else self.things[name] for name in rule.arguments}
        if argument:
            values[argument] = [value]
        longest = 0 if [] in values.values() else max((len(found) for found in values.values()), default=1)
        with self.app.test_request_context(base_url=ORIGIN):
            found = [
                self.app.url_for(
                    endpoint, **{key: _typed(rule, key, every[at % len(every)]) for key, every in values.items()}
                )
                for at in range(longest)
            ]
        return list(dict.fromkeys(found))

    def requests(self) -> list[Request]:
        """Each rule with the things of this world."""
        return [request for entry in self.entries() for request in self.requests_of(*entry)]

    def requests_of(self, method: str, endpoint: str) -> list[Request]:
        """One rule with the things of this world."""
        fields = FIELDS.get(endpoint, ()) if method == "POST" else ()
        return [Request(method, address, fields, endpoint) for address in self.addresses(endpoint)]

    def crawl(self, browsers: Iterable[PageClient]) -> list[Request]:
        """Each form on the pages that these browsers are shown, and each link with a query, with what it would send."""
        starts = [request.address for request in self.requests() if request.method == "GET"]
        found: dict[tuple[object, ...], Request] = {}
        for browser in browsers:
            waiting, seen = list(starts), set[tuple[object, ...]]()
            while waiting:
                address = waiting.pop(0)
                for request in sent_from(browser.get(address), address):
                    known = replace(request, endpoint=self.endpoint_of(request))
                    found.setdefault(known.shape, known)
                    asked = (known.endpoint, *sorted(name for name, _ in parse_qsl(urlsplit(known.address).query)))
                    if known.method == "GET" and not known.fields and asked not in seen:
                        seen.add(asked)
                        waiting.append(known.address)
        return [request for request in found.values() if request.endpoint]

    def endpoint_of(self, request: Request) -> str:
        """Which rule answers it."""
        try:
            rule, _ = self.app.url_map.bind("localhost").match(
                urlsplit(request.address).path, method=request.method, return_rule=True
            )
        except (HTTPException, RequestRedirect):
            return ""
        return str(rule.endpoint)


# Rules that no page of these worlds has a form for: sent by a script, a step further on in something that A is not in the
# middle of, behind a letter's link, or closed for everybody. What is sent to them; a rule that is missing fails by name.
FIELDS: dict[str, Fields] = {
    "modules.place": (("step", f"lesson:{LESSON}"), ("anchor", "")),
    "accounts.confirm_now": (),
    "accounts.send_again": (),
    "admin.restore_now": (("note", "words"),),
    "certificates.issue": (("details", "words"),),
    "cohorts.confirm": (("code", "words"),),
    "emails.confirm_now": (),
    "erasing.lift": (),
    "factors.prove": (("code", "123456"),),
    "factors.prove_by_passkey": (("sealed", "words"), ("credential", "{}")),
    "factors.recover": (("code", "words"),),
    "inviting.apply": (("text", "words"), ("seen", "words"), ("wrong", "skip")),
    "items.rule": (("key", "words"), ("seen", "words")),
    "learning.send_evaluation": (("useful", "4"), ("bias_seen", "words"), ("comment", "words")),
    "merging.merge": (("email", "words"), ("stays", "this"), ("seen", "words")),
    "outbox.send_again": (),
    "passwords.reset_now": (("password", "four more random words"),),
    "pretest.start": (),
    "quizzes.end_break": (),
    "quizzes.take_break": (),
    "security.confirm_email": (),
    "security.send_confirmation": (("email", "new@example.org"),),
    "security.verify": (("password", "words"),),
    "sign_ins.cancel": (),
}


def things_of(half: Half) -> dict[str, list[str]]:
    """The things of a world that each argument of an address can name."""

    def public(table: str, column: str = "public_id") -> list[str]:
        return [str(row[column]) for row in half.rows.get(table, [])]

    return {
        "attempt": public("attempts"),
        "cohort": public("cohorts"),
        "person": public("people"),
        "problem": public("problem_reports"),
        "letter": public("letters"),
        "invitation": public("invitations"),
        "complaint": public("complaints"),
        "passkey": public("passkeys"),
        "public_id": public("jobs"),
        "number": public("certificates", "number"),
        "token": [*half.tokens, *public("invitations", "token_hash")],
    }


def _typed(rule: Rule, key: str, value: str) -> Any:
    """A value as the converter of its argument wants it; what is no number is nought there."""
    numeric = type(rule._converters[key]).__name__ == "IntegerConverter"
    return (int(value) if value.isdigit() else 0) if numeric else value


def sent_from(response: TestResponse, address: str) -> Iterator[Request]:
    """The forms of a page with the values that they hold, one for each button that says something, and links that ask."""
    if response.mimetype != "text/html" or response.status_code != 200:
        return
    page = Page()
    page.feed(response.get_data(as_text=True))
    for link in page.links:
        target = _target(address, link)
        if "?" in target:
            yield Request("GET", target)
    for form in page.forms:
        target = _target(address, form.action or address)
        for button in form.buttons or [()]:
            yield Request(form.method, target, (*form.fields, *button))


@dataclass
class Form:
    """A form as a page shows it."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[Fields] = field(default_factory=list)


class Page(HTMLParser):
    """The links and the forms of a page. That pages are well-formed is tested elsewhere; html5lib takes ten times as long."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.inside, self.chosen = False, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of links, forms and what is in them."""
        found = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(found.get("href", ""))
        elif tag == "form":
            self.inside = True
            self.forms.append(Form(found.get("action", ""), found.get("method", "get").upper()))
        elif tag == "option" and self.chosen:  # the last one stands
            self.forms[-1].fields[-1] = (self.chosen, found.get("value", ""))
        elif self.inside and found.get("name", "csrf_token") != "csrf_token":
            self._control(tag, found["name"], found)

    def _control(self, tag: str, name: str, found: dict[str, str]) -> None:
        form, value = self.forms[-1], found.get("value", "")
        if tag == "button" or found.get("type") == "submit":
            form.buttons.append(((name, value),))
        elif tag == "select":
            self.chosen = name
            form.fields.append((name, ""))
        elif found.get("type") not in {"radio", "checkbox"} or name not in dict(form.fields):
            form.fields.append((name, value or "words"))

    def handle_endtag(self, tag: str) -> None:
        """A form or a choice ends."""
        self.inside = self.inside and tag != "form"
        self.chosen = "" if tag in {"select", "form"} else self.chosen


def _target(address: str, found: str) -> str:
    there = urlsplit(urljoin(f"{ORIGIN}{address}", found))
    if f"{there.scheme}://{there.netloc}" != ORIGIN:
        return ""
    return there.path + (f"?{there.query}" if there.query else "")
