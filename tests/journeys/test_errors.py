"""What people meet when something is wrong: each page says what, and how to go on."""

from tests.journeys.conftest import Arrive
from tests.journeys.people import Newcomer
from tests.journeys.site import Site
from tests.journeys.widths import BOTH_WIDTHS
from tests.world import MODULE, PASSWORD

FIRST_LESSON = "why-rare-disease-research-is-different"


@BOTH_WIDTHS
def test_an_address_that_is_not_there(arrive: Arrive, width: int) -> None:
    visitor = arrive(width=width)
    visitor.opens("/modules/no-such-module/")
    visitor.sees("Page not found")
    visitor.looks("not found")
    visitor.opens("/verify/not-a-number/")
    visitor.looks("verification, not a number")
    visitor.opens("/verify/AAAA-AAAA-AAAA-AAAA-A/")
    visitor.looks("verification, not known")


@BOTH_WIDTHS
def test_a_page_that_is_too_old_to_send(arrive: Arrive, site: Site, width: int) -> None:
    learner = arrive(width=width)
    learner.signs_in(Newcomer(site).email)
    learner.opens(f"/modules/{MODULE}/")
    learner.context.clear_cookies()
    learner.presses("Start the module")
    learner.sees("This page is too old to send")
    learner.reads("Go back, reload the page, and send it again.")
    learner.looks("too old to send")


@BOTH_WIDTHS
def test_a_check_without_an_answer(arrive: Arrive, site: Site, width: int) -> None:
    newcomer = Newcomer(site)
    newcomer.has_done_all_before(f"lesson:{FIRST_LESSON}")
    learner = arrive(width=width)
    learner.signs_in(newcomer.email)
    learner.opens(f"/modules/{MODULE}/lessons/{FIRST_LESSON}/")
    check = next(iter(site.module.lessons[FIRST_LESSON].checks))
    learner.presses("Check answer", within=f"#check-{check}")
    learner.is_told("Choose one answer")
    learner.looks("lesson, check without answer")
    learner.jumps("Choose one answer")
    assert learner.page.evaluate("document.activeElement.id") == f"check-{check}-1"


@BOTH_WIDTHS
def test_a_question_with_an_answer_that_cannot_be(arrive: Arrive, site: Site, width: int) -> None:
    newcomer, quiz = Newcomer(site), site.module.quizzes["trial-phases"]
    newcomer.has_done_all_before(f"quiz:{quiz.slug}")
    attempt = newcomer.is_sitting(quiz)
    learner = arrive(width=width)
    learner.signs_in(newcomer.email)
    learner.opens(f"/attempts/{attempt}/questions/2/")
    radio = learner.main.get_by_role("radio").first
    radio.evaluate("it => it.value = 99")
    learner.chooses(radio)
    learner.presses("Save and continue")
    learner.is_told("Choose one answer")
    learner.looks("question, error")
    learner.jumps("Choose one answer")
    assert learner.page.evaluate("document.activeElement.id") == "answer-1"


@BOTH_WIDTHS
def test_a_quiz_that_waits_and_a_quiz_without_attempts_left(arrive: Arrive, site: Site, width: int) -> None:
    newcomer, quiz = Newcomer(site), site.module.quizzes["trial-phases"]
    newcomer.has_done_all_before(f"quiz:{quiz.slug}")
    newcomer.has_failed(quiz, 2)
    learner = arrive(width=width)
    learner.signs_in(newcomer.email)
    learner.opens(f"/modules/{MODULE}/quizzes/{quiz.slug}/")
    learner.reads("Your next attempt opens on")
    learner.looks("quiz, waits")
    learner.page.locator("main ul a").last.click()
    learner.sees("Result")
    learner.looks("result, waits")
    newcomer.has_failed(quiz, 1)
    learner.opens(f"/modules/{MODULE}/quizzes/{quiz.slug}/")
    learner.reads("You have used all 3 attempts.")
    learner.looks("quiz, no attempt left")
    learner.page.locator("main ul a").last.click()
    learner.looks("result, no attempt left")


@BOTH_WIDTHS
def test_a_wrong_sign_in(arrive: Arrive, width: int) -> None:
    visitor = arrive(width=width)
    visitor.opens("/account/sign-in/")
    visitor.looks("sign in")
    visitor.presses("Sign in")
    visitor.is_told("Enter your e-mail address", "Enter your password")
    visitor.signs_in("learner@example.org", "not the password at all")
    visitor.is_told("The e-mail address or the password is not right. Check both and try again")
    visitor.looks("sign in, error")
    visitor.jumps("The e-mail address or the password is not right. Check both and try again")
    assert visitor.page.evaluate("document.activeElement.id") == "email"
    visitor.signs_in("learner@example.org", PASSWORD)
    visitor.sees("My learning")


@BOTH_WIDTHS
def test_a_registration_with_every_field_wrong(arrive: Arrive, width: int) -> None:
    visitor = arrive(width=width)
    visitor.opens("/account/register/")
    long = "x" * 200
    for label in ("Given names", "Family name", "Registration number (optional)"):
        visitor.types(label, long)
    visitor.types("E-mail address", "no address")
    visitor.types("Password", "short")
    visitor.presses("Register")
    errors = visitor.page.locator(".nhsuk-error-summary a").all_inner_texts()
    assert len(errors) == 6, errors
    visitor.is_told(*errors)
    visitor.looks("register, every field wrong")
    assert visitor.main.get_by_label("Family name").input_value() == long
    for error in errors:
        beside = visitor.page.locator(".nhsuk-error-message").filter(has_text=error)
        assert beside.count() == 1, f"{error!r} is not beside its field"
        visitor.jumps(error)
        focused = visitor.page.evaluate("document.activeElement.getAttribute('aria-describedby')")
        assert beside.get_attribute("id") in focused.split()
