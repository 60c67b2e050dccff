"""A test client that checks every page it fetches, and sends forms with the token that the page would have."""

import re
from hashlib import sha256
from itertools import pairwise
from typing import Any
from urllib.parse import urljoin, urlsplit
from weakref import WeakKeyDictionary
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from elearn.shared.responses import HEADERS

XHTML = "{http://www.w3.org/1999/xhtml}"
RAW_TOKEN = "0" * 40


class BadPage(AssertionError):
    """A page breaks one of the promises that every page makes."""


class PageClient(FlaskClient):
    """Checks headers of every response and the whole of every page; adds the CSRF token to posts, which stays on."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Fetch, and check what came."""
        kwargs.setdefault("base_url", "https://localhost")
        response = super().open(*args, **kwargs)
        check_headers(response)
        has_page = response.request.method != "HEAD" and response.status_code not in (204, 301, 302, 303, 308)
        if response.mimetype == "text/html" and has_page:
            check_once(response.get_data(as_text=True), response.request.path, self.application)
        return response

    def send(self, address: str, data: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        """POST a form as its page would, token included."""
        return self.post(
            address,
            data={"csrf_token": self.token(), **(data or {})},
            headers={"Referer": "https://localhost/"},
            **kwargs,
        )

    def token(self) -> str:
        """A token that is right for this client's session."""
        with self.session_transaction(base_url="https://localhost") as session:
            raw = session.setdefault("csrf_token", RAW_TOKEN)
        signer = URLSafeTimedSerializer(str(self.application.secret_key), salt="wtf-csrf-token")
        return str(signer.dumps(raw))


def new_browser(app: Flask) -> PageClient:
    """One more browser, signed in as nobody."""
    found = app.test_client()
    if not isinstance(found, PageClient):
        raise TypeError("the application's test_client_class is not PageClient: take the fixture `app`")
    return found


def check_headers(response: TestResponse) -> None:
    """Every response carries the security headers, to the letter."""
    for name, value in HEADERS.items():
        if response.headers.get(name) != value:
            raise BadPage(f"{response.request.path}: {name} is {response.headers.get(name)!r}")


RANDOM = re.compile(r"(?=[\w.-]*[A-Z0-9])[\w.-]{16,}")  # ids in addresses, tokens, numbers of certificates
_found_good: WeakKeyDictionary[Flask, set[bytes]] = WeakKeyDictionary()


def check_once(html: str, path: str, app: Flask) -> None:
    """Check a page, unless one that differed from it only in random ids and tokens was found good.

    Parsing takes longer than answering, and tests fetch the same pages again and again.
    """
    names: dict[str, str] = {}
    alike = RANDOM.sub(lambda found: names.setdefault(found[0], f"#{len(names)}"), f"{path}\n{html}")
    digest = sha256(alike.encode()).digest()
    good = _found_good.setdefault(app, set())
    if digest not in good:
        check_page(html, path, app)
        good.add(digest)


def check_page(html: str, path: str, app: Any = None) -> Element:
    """Check one whole page, and give its tree."""
    parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=True)
    root: Element = parser.parse(html)
    faults = [f"parse error {error[1]} at {error[0]}" for error in parser.errors if error[1] not in TOLERATED]
    elements = list(root.iter())
    ids = [key for element in elements if (key := element.get("id"))]
    faults += [f"the id {key} stands twice" for key in {key for key in ids if ids.count(key) > 1}]
    faults += _outline(root)
    faults += _references(elements, set(ids))
    faults += _nothing_inline(elements)
    faults += _forms(elements, path, app)
    if re.search(r"\{\{|\}\}|\{%|None</|&amp;(amp|lt|gt|quot|#)", html):
        faults.append("template marks, None, or text escaped twice")
    if faults:
        raise BadPage(f"{path}: " + "; ".join(faults))
    return root


TOLERATED: set[str] = set()
# A question's form has a ticket in the place of the token (elearn/quizzes/held.py).
TOKENS = ("csrf_token", "ticket")


def text_of(element: Element) -> str:
    """The words of an element, with single spaces."""
    return " ".join("".join(element.itertext()).split())


def words_in(html: str) -> str:
    """The words of a whole page, with single spaces."""
    return text_of(html5lib.parse(html))


def find_all(root: Element, tag: str) -> list[Element]:
    """All elements of a tag, in order."""
    return list(root.iter(XHTML + tag))


def _outline(root: Element) -> list[str]:
    faults = []
    headings = find_all(root, "h1")
    title = text_of(find_all(root, "title")[0]) if find_all(root, "title") else ""
    if len(headings) != 1:
        faults.append(f"{len(headings)} h1")
    elif not text_of(headings[0]):
        faults.append("an empty h1")
    if not title or title.startswith(("–", "-")):
        faults.append(f"the title is {title!r}")
    if root.get("lang") != "en-GB":
        faults.append("no lang")
    if len(find_all(root, "main")) != 1:
        faults.append("not one main")
    summary = [e for e in root.iter() if "nhsuk-error-summary" in (e.get("class") or "").split()]
    if bool(summary) != title.startswith("Error: "):
        faults.append("the title and the error summary disagree")
    levels = [int(e.tag[-1]) for e in root.iter() if re.fullmatch(re.escape(XHTML) + r"h[1-6]", str(e.tag))]
    faults += [f"heading level {b} after {a}" for a, b in pairwise(levels) if b > a + 1]
    return faults


def _references(elements: list[Element], ids: set[str]) -> list[str]:
    faults = []
    for element in elements:
        for name in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
            faults += [
                f"{name} names {key}, which is not there" for key in (element.get(name) or "").split() if key not in ids
            ]
        href = element.get("href") or ""
        if href.startswith("#") and href != "#" and href[1:] not in ids:
            faults.append(f"a link leads to {href}, which is not there")
        if element.tag == XHTML + "a" and href and not text_of(element) and not element.get("aria-label"):
            faults.append(f"a link to {href} has no words")
    labelled = {element.get("for") for element in elements if element.tag == XHTML + "label"}
    for element in elements:
        is_control = element.tag in (XHTML + "select", XHTML + "textarea") or (
            element.tag == XHTML + "input" and element.get("type") not in ("hidden", "submit")
        )
        if is_control and element.get("id") not in labelled:
            faults.append(f"the control {element.get('name')} has no label")
    return faults


def _nothing_inline(elements: list[Element]) -> list[str]:
    faults = []
    for element in elements:
        if element.get("style") is not None or element.tag == XHTML + "style":
            faults.append("an inline style")
        if element.tag == XHTML + "script" and not element.get("src"):
            faults.append("an inline script")
        faults += [f"the attribute {name}" for name in element.attrib if name.lower().startswith("on")]
        address = element.get("src") or (element.get("href") if element.tag == XHTML + "link" else "") or ""
        if urlsplit(address).netloc:
            faults.append(f"a third-party address {address}")
    return faults


def _forms(elements: list[Element], path: str, app: Any) -> list[str]:
    faults = []
    for form in (element for element in elements if element.tag == XHTML + "form"):
        controls = list(form.iter())
        method = (form.get("method") or "get").lower()
        if method == "post" and form.get("data-no-token") is None:
            tokens = [c for c in controls if c.get("name") in TOKENS and c.get("value")]
            if len(tokens) != 1 and any(c.tag == XHTML + "button" for c in controls):
                faults.append(f"a form to {form.get('action')} has {len(tokens)} tokens")
        action = urljoin(f"https://localhost{path}", form.get("action") or path)
        if urlsplit(action).netloc != "localhost":
            faults.append(f"a form leaves the site: {action}")
        elif app is not None and not _leads_somewhere(app, urlsplit(action).path, method.upper()):
            faults.append(f"a form leads to {action}, which is no address")
    return faults


def _leads_somewhere(app: Any, path: str, method: str) -> bool:
    adapter = app.url_map.bind("localhost")
    try:
        adapter.match(path, method=method)
    except Exception:  # noqa: BLE001 - whatever routing says, the form leads nowhere
        return False
    return True
