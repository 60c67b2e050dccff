"""Whether a piece of HTML hangs together: no fault of a parser, ids once, and every reference leads somewhere."""

from collections import Counter
from typing import Any

from html5lib import HTMLParser


def elements(html: str) -> list[Any]:
    """Every element of it; a fault of the markup raises."""
    parser = HTMLParser(strict=True, namespaceHTMLElements=False)
    return [element for element in parser.parseFragment(html).iter() if isinstance(element.tag, str)]


def faults(html: str, prefix: str = "answer") -> list[str]:
    """What is wrong with a question's markup, in words."""
    found = elements(html)
    ids = [element.attrib["id"] for element in found if "id" in element.attrib]
    wrong = [f"{id_} stands twice" for id_, times in Counter(ids).items() if times > 1]
    wrong += [f"{id_} lacks the prefix" for id_ in ids if not id_.startswith(prefix + "-")]
    for element in found:
        for name in ("aria-describedby", "aria-labelledby", "for"):
            wrong += [f"{name} {id_} leads nowhere" for id_ in element.attrib.get(name, "").split() if id_ not in ids]
        if element.tag in ("input", "select") and not any(e.attrib.get("for") == element.attrib["id"] for e in found):
            wrong.append(f"{element.attrib['id']} has no label")
        wrong += [f"<{element.tag} {name}>" for name in element.attrib if name == "style" or name.startswith("on")]
    if found and f"{prefix}-1" not in ids:
        wrong.append("there is no first control")
    return wrong


def values(html: str, name: str) -> list[str]:
    """The values of the controls of a name, as a browser would send them."""
    sent: list[str] = []
    for element in elements(html):
        if element.attrib.get("name") != name:
            continue
        if element.tag == "select":
            options = [option for option in element.iter() if option.tag == "option"]
            chosen = [option for option in options if "selected" in option.attrib] or options[:1]
            sent += [option.attrib["value"] for option in chosen]
        elif element.attrib.get("type") not in ("radio", "checkbox") or "checked" in element.attrib:
            sent.append(element.attrib.get("value", ""))
    return sent
