"""The patterns of the NHS design system that people know: the task list of the path, and one question a page."""

from tests.journeys.conftest import Arrive
from tests.journeys.people import Newcomer
from tests.journeys.site import Site
from tests.journeys.widths import BOTH_WIDTHS
from tests.world import MODULE

QUIZ = "trial-phases"


def test_the_path_is_a_task_list_of_few_words(arrive: Arrive, site: Site) -> None:
    newcomer = Newcomer(site)
    newcomer.has_done_all_before(f"quiz:{QUIZ}")
    visitor = arrive()
    visitor.signs_in(newcomer.email)
    visitor.opens(f"/modules/{MODULE}/")
    done = len(newcomer.world.steps_before(f"quiz:{QUIZ}"))
    items = visitor.main.locator(".nhsuk-task-list__item")
    words = [text.strip() for text in items.locator(".nhsuk-task-list__status").all_inner_texts()]
    assert words == ["Completed"] * done + ["Incomplete"] + ["Cannot start yet"] * (len(site.module.path) - done - 1)
    for number, status in enumerate(words):
        links = items.nth(number).get_by_role("link")
        assert links.count() == (status != "Cannot start yet"), f"{status!r} with {links.count()} links"
        assert items.nth(number).locator(".nhsuk-task-list__hint a").count() == 0
    items.nth(done).scroll_into_view_if_needed()
    box = items.nth(done).bounding_box()
    assert box is not None
    visitor.page.mouse.click(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2)
    visitor.page.wait_for_url("**/quizzes/**")
    visitor.sees("Quiz: ")


def test_a_question_is_one_group_with_nothing_chosen_beforehand(arrive: Arrive, site: Site) -> None:
    newcomer, quiz = Newcomer(site), site.module.quizzes[QUIZ]
    newcomer.has_done_all_before(f"quiz:{QUIZ}")
    attempt = newcomer.is_sitting(quiz)
    visitor = arrive()
    visitor.signs_in(newcomer.email)
    visitor.opens(f"/attempts/{attempt}/questions/2/")
    group, sure = visitor.main.get_by_role("group").all()
    assert group.locator("legend").inner_text().strip()
    assert sure.locator("legend").inner_text() == "How sure are you? (optional, for yourself)"
    assert group.get_by_role("radio").count() == visitor.main.locator("input[name=answer]").count() >= 3
    assert visitor.main.locator("input:checked").count() == 0
    buttons = visitor.main.get_by_role("button").all_inner_texts()
    assert buttons[0] == "Save and continue"
    visitor.follows("Question 1", within="nav[aria-label=Back]")
    assert visitor.main.locator("input:checked").count() == 1


@BOTH_WIDTHS
def test_what_came_of_a_form_is_in_view_and_has_the_focus(arrive: Arrive, site: Site, width: int) -> None:
    newcomer, quiz = Newcomer(site), site.module.quizzes[QUIZ]
    newcomer.has_done_all_before(f"quiz:{QUIZ}")
    newcomer.has_failed(quiz, 1)
    visitor = arrive(width=width)
    visitor.signs_in(newcomer.email)
    visitor.opens(f"/modules/{MODULE}/quizzes/{QUIZ}/")
    visitor.page.locator("main ul a").last.click()
    visitor.follows("Report a problem with this question, number 6")
    visitor.types("What is wrong?", "The last option says the same as the first.")
    visitor.presses("Send report")
    visitor.sees("Result")
    visitor.is_answered("Your report is sent.")
    visitor.looks("result, report sent")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.get_by_role("alert").get_attribute("tabindex") is None, "it takes the focus once"
