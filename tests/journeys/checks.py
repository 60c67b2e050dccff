"""What a page is measured by: axe, its width, the size of its targets, where the focus is."""

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# `target-size` is in wcag22aa, but axe leaves it out unless it is asked for.
OPTIONS: dict[str, Any] = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag21a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]},
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations", "incomplete"],
}


def axe_faults(page: Page, *, contrast: bool = True) -> Iterator[str]:
    """What axe finds, and what it cannot decide: nothing of either is expected.

    The contrast of colours takes three quarters of its time, so it is left out where the same page in the same width has
    been judged already.
    """
    page.evaluate(AXE_SCRIPT)
    options = OPTIONS if contrast else OPTIONS | {"rules": OPTIONS["rules"] | {"color-contrast": {"enabled": False}}}
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    for kind in ("violations", "incomplete"):
        for fault in found[kind]:
            for node in fault["nodes"]:
                if kind == "incomplete" and _is_explained(page, fault["id"], node):
                    continue
                why = [check["message"] for check in (*node["any"], *node["all"], *node["none"])]
                yield f"axe {kind}: {fault['id']}: {node['html'][:200]}: {'; '.join(why)}"


def _is_explained(page: Page, rule: str, node: dict[str, Any]) -> bool:
    """What axe leaves to a person, and a person has judged.

    Words on drawings; labels beside a drawn radio or box; black words of a dialog, which axe does not know to lie above the
    page; cells of a table that is scrolled inside of the page, which axe takes for covered.
    """
    if rule != "color-contrast":
        return False
    html: str = node["html"]
    inside: bool = page.locator(node["target"][0]).evaluate(
        "it => it.closest('dialog[open], .app-table-scroll') !== null"
    )
    return html.startswith(("<text", "<tspan", "<em>")) or "nhsuk-radios__label" in html or inside


def width_faults(page: Page) -> list[str]:
    """Whether the page scrolls sideways, and because of what."""
    found: list[str] = page.evaluate(
        """() => {
            const root = document.scrollingElement;
            if (root.scrollWidth <= root.clientWidth) return [];
            const wide = [...document.body.querySelectorAll("*")].filter(
                (element) => element.getBoundingClientRect().right > root.clientWidth + 0.5);
            return [`${root.scrollWidth} px wide in ${root.clientWidth}: ` +
                wide.slice(0, 5).map((element) => element.outerHTML.slice(0, 120)).join(" | ")];
        }"""
    )
    return found


def target_faults(page: Page) -> list[str]:
    """Targets under 24 by 24 CSS pixels that are neither spaced nor part of a line of text (WCAG 2.5.8)."""
    found: list[str] = page.evaluate(
        """() => {
            const shown = (element) => element.checkVisibility({ visibilityProperty: true });
            const targets = [...document.querySelectorAll(
                "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
            )].filter(shown).map((element) => ({ element, boxes: [...element.getClientRects()] }))
              .filter(({ boxes }) => boxes.length && boxes[0].bottom > 0 && boxes[0].width > 1);
            const box = (target) => target.boxes[0];
            const small = (target) => target.boxes.length === 1 && (box(target).width < 24 || box(target).height < 24);
            const inLine = ({ element }) => {
                let block = element.parentElement;
                while (getComputedStyle(block).display.startsWith("inline")) block = block.parentElement;
                const own = element.textContent.trim().length;
                return element.tagName === "A" && block.textContent.trim().length > own;
            };
            const middle = (target) => ({
                x: (box(target).left + box(target).right) / 2, y: (box(target).top + box(target).bottom) / 2 });
            const away = (point, rect) => Math.hypot(
                Math.max(rect.left - point.x, 0, point.x - rect.right),
                Math.max(rect.top - point.y, 0, point.y - rect.bottom));
            const crowded = (target) => targets.some((other) => {
                if (other === target || other.element.contains(target.element) || target.element.contains(other.element))
                    return false;
                const here = middle(target), there = middle(other);
                return small(other) ? Math.hypot(here.x - there.x, here.y - there.y) < 24 : away(here, box(other)) < 12;
            });
            return targets.filter((target) => small(target) && !inLine(target) && crowded(target)).map((target) =>
                `target of ${box(target).width.toFixed(0)} by ${box(target).height.toFixed(0)}: ` +
                target.element.outerHTML.slice(0, 160));
        }"""
    )
    return found


def clipped_text(page: Page) -> list[str]:
    """Boxes that hide a part of their words."""
    found: list[str] = page.evaluate(
        """() => [...document.body.querySelectorAll("*")].filter((element) => {
            if (!element.checkVisibility() || element.closest("svg, .nhsuk-u-visually-hidden, .nhsuk-skip-link")) return false;
            const style = getComputedStyle(element);
            if (style.display.startsWith("inline") && style.display !== "inline-block") return false;
            const hides = (way) => way === "hidden" || way === "clip";
            return (hides(style.overflowY) && element.scrollHeight > element.clientHeight + 1)
                || (hides(style.overflowX) && element.scrollWidth > element.clientWidth + 1);
        }).map((element) => element.outerHTML.slice(0, 160))"""
    )
    return found
