"""Somebody without a mouse."""

from typing import Any

from playwright.sync_api import Locator

from tests.journeys.visitor import Visitor

FARTHEST = 400  # presses of Tab on one page

# Whether the element that has the focus is the wanted one; where it lies; whether a part of it can be seen. A radio shows
# its focus on its label. `before` says whether the wanted element lies before the focus.
STOP = """wanted => {
    const here = document.activeElement;
    const order = here.compareDocumentPosition(wanted);
    const boxes = [...here.getClientRects()].filter((box) => box.width && box.height);
    const points = boxes.flatMap((box) => [[.5, .5], [.1, .1], [.9, .1], [.1, .9], [.9, .9]].map(
        ([x, y]) => [box.left + box.width * x, box.top + box.height * y]));
    const mine = (found) => found && (here.contains(found) || found.contains(here) && found.closest("label") ||
        [...(here.labels ?? [])].some((label) => label.contains(found)));
    return {
        reached: here === wanted,
        before: Boolean(order & Node.DOCUMENT_POSITION_PRECEDING) && !(order & Node.DOCUMENT_POSITION_CONTAINS),
        isPage: here === document.body || here === document.documentElement,
        seen: points.some(([x, y]) => mine(document.elementFromPoint(x, y))),
        kind: `${here.tagName} ${here.type ?? ""} ${here.className}`,
        what: here.outerHTML.slice(0, 160),
    };
}"""


class KeyboardVisitor(Visitor):
    """Does everything by Tab, Shift+Tab, arrows, Space and Enter, and sees at each stop where the focus is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stops = 0
        self._shown: dict[str, bool] = {}

    def types(self, label: str, text: str) -> None:
        self._reach(self.main.get_by_label(label, exact=True))
        self.page.keyboard.press("Control+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    def picks(self, label: str, option: str) -> None:
        field = self.main.get_by_label(label, exact=True)
        self._reach(field)
        for _ in range(field.locator("option").count()):
            if field.evaluate("list => list.selectedOptions[0].label") == option:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows do not reach {option!r}")

    def chooses(self, radio: Locator) -> None:
        """Tab to the group, then go along it with the arrows: they choose as they go."""
        group = radio.locator("xpath=ancestor::fieldset").get_by_role("radio")
        chosen = radio.locator("xpath=ancestor::fieldset").locator("input:checked")
        self._reach(chosen if chosen.count() else group.first)
        if not chosen.count():
            self.page.keyboard.press("Space")
        for _ in range(group.count()):
            if radio.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError("the arrows do not reach the option")

    def looks(self, kind: str, *, contrast: bool = True) -> None:
        """Nothing more: somebody with a mouse has the same pages at the same width judged by axe."""

    def _activate(self, target: Locator) -> None:
        self._reach(target)
        is_button = target.evaluate("it => it.tagName === 'BUTTON' || it.getAttribute('role') === 'button'")
        self.page.keyboard.press("Space" if is_button else "Enter")

    def _reach(self, target: Locator) -> None:
        """Tab forwards or back to the target, looking at each stop."""
        wanted = target.element_handle()
        assert wanted is not None
        stop = self.page.evaluate(STOP, wanted)
        backwards = stop["before"]
        for _ in range(FARTHEST):
            if stop["reached"]:
                return
            self.page.keyboard.press("Shift+Tab" if backwards else "Tab")
            stop = self.page.evaluate(STOP, wanted)
            self.stops += 1
            if not stop["isPage"]:
                self._judge(stop)
        raise AssertionError(f"{self.page.url}: Tab does not reach {wanted.evaluate('it => it.outerHTML')[:200]}")

    def _judge(self, stop: dict[str, Any]) -> None:
        if not stop["seen"]:
            self._complain(f"the focus is covered or out of sight: {stop['what']}")
        if stop["kind"] not in self._shown:
            self._shown[stop["kind"]] = self._changes_with_focus()
            if not self._shown[stop["kind"]]:
                self._complain(f"the focus does not show: {stop['what']}")

    def _changes_with_focus(self) -> bool:
        """Compare the pixels round the element with and without the focus."""
        focused = self.page.evaluate_handle("document.activeElement")
        element = focused.as_element()
        assert element is not None
        box = element.bounding_box()
        assert box is not None
        x, y = max(0, box["x"] - 8), max(0, box["y"] - 8)
        size = self.page.viewport_size
        assert size is not None
        clip = {
            "x": x,
            "y": y,
            "width": min(box["width"] + 16, size["width"] - x),
            "height": min(box["height"] + 16, size["height"] - y),
        }
        with_focus = self.page.screenshot(clip=clip)  # type: ignore[arg-type]
        element.evaluate("it => it.blur()")
        without = self.page.screenshot(clip=clip)  # type: ignore[arg-type]
        element.evaluate("it => it.focus({ preventScroll: true, focusVisible: true })")
        return with_focus != without
