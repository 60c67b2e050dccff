"""The learner's way, in the order in which a person goes it."""

import re
from dataclasses import dataclass
from itertools import count

from playwright.sync_api import Locator

from elearn.content.structure import Lesson, Quiz, StepKind
from elearn.items.single_best_answer import SingleBestAnswer
from tests.journeys.answers import check_radio, right_radio, wrong_radio
from tests.journeys.visitor import Visitor
from tests.world import MODULE

PASSWORD = "purple teapot mountain"
FAMILY_NAME = "Ní Bhriain-Okonkwo"
_numbers = count(1)


@dataclass
class Learner:
    """Somebody on the way: their browser, and who they are."""

    visitor: Visitor
    email: str = ""
    given_names: str = "Siân"
    family_name: str = FAMILY_NAME

    def registers(self) -> None:
        """Come as a stranger, read what the module is, register, and be where one wanted to go."""
        visitor, self.email = self.visitor, f"walker{next(_numbers)}.{id(self)}@example.org"
        visitor.opens("/")
        visitor.looks("start page")
        visitor.follows("See the module")
        visitor.sees(self.visitor.site.module.title)
        visitor.looks("module, not signed in")
        visitor.follows("Register")
        visitor.looks("register")
        visitor.presses("Register")
        visitor.is_told(
            "Enter your family name", "Choose your profession", "Enter your e-mail address", "Enter your password"
        )
        visitor.looks("register, errors")
        visitor.types("Given names", self.given_names)
        visitor.types("Family name", self.family_name)
        visitor.picks("Profession", "Nurse")
        visitor.types("E-mail address", self.email)
        visitor.types("Password", PASSWORD)
        visitor.presses("Register")
        visitor.sees(visitor.site.module.title)
        visitor.looks("module, not started")

    def starts(self) -> None:
        """Start the module, and look at a step that cannot start yet."""
        visitor = self.visitor
        visitor.presses("Start the module")
        visitor.stands_at("path")
        visitor.looks("module, started")
        self.meets_a_locked_step()

    def meets_a_locked_step(self) -> None:
        """The address of a locked step answers with the reason."""
        visitor, (first, *_, last) = self.visitor, self.visitor.site.module.path
        assert not visitor.main.get_by_role("link", name=last.title, exact=True).count()
        visitor.opens(f"/modules/{MODULE}/certificate/")
        visitor.sees(f"{last.title}: cannot start yet")
        visitor.reads(f"First finish “{first.title}”.")
        visitor.looks("locked step")
        visitor.follows("Go to your path")

    def walks(self) -> None:
        """Every step up to the certificate, each from the path's "Go on"."""
        module = self.visitor.site.module
        sat = 0
        for step in module.path:
            if step.kind is StepKind.CERTIFICATE:
                return
            self.visitor.follows(f"Go on: {step.title}")
            match step.kind:
                case StepKind.LESSON:
                    self.reads(module.lessons[step.slug])
                case StepKind.QUIZ:
                    self.sits(module.quizzes[step.slug], fails_first=sat == 0)
                    sat += 1
                case StepKind.REFLECTION:
                    self.reflects()
                case StepKind.EVALUATION:
                    self.evaluates()

    # -- lessons -----------------------------------------------------------------------------------------------------

    def reads(self, lesson: Lesson) -> None:
        """Read one lesson: answer its checks, the first of them wrong at first, and call it done."""
        visitor = self.visitor
        visitor.sees(lesson.title)
        visitor.looks("lesson, not tried")
        if lesson.number == 1:
            visitor.presses("I have read this lesson")
            left = "question" if len(lesson.checks) == 1 else f"{len(lesson.checks)} questions"
            visitor.is_told(
                f"Try the {left} in this lesson first. You may get them wrong: they are there to learn from."
            )
            visitor.looks("lesson, done too early")
        for number, item in enumerate(lesson.checks.values(), start=1):
            assert isinstance(item, SingleBestAnswer)
            if number == 1:
                self.answers_check(item, right=False)
            self.answers_check(item, right=True)
        visitor.presses("I have read this lesson")
        visitor.stands_at(f"step-{lesson.slug}")
        visitor.looks("module, on the way")

    def answers_check(self, item: SingleBestAnswer, *, right: bool) -> None:
        """Answer one inline check, and come back to its feedback."""
        visitor, place = self.visitor, f"[id='check-{item.id}']"
        visitor.chooses(check_radio(visitor.page, item, right=right))
        visitor.presses(self._check_button(place), within=place)
        visitor.stands_at(f"check-{item.id}-feedback")
        verdict = visitor.page.locator(f"[id='check-{item.id}-feedback'] .app-check__verdict").inner_text()
        assert verdict == ("Right" if right else "Not right")
        visitor.looks(f"lesson, check {verdict.lower()}")

    def _check_button(self, place: str) -> str:
        return self.visitor.page.locator(f"{place} button").inner_text()

    # -- quizzes -----------------------------------------------------------------------------------------------------

    def sits(self, quiz: Quiz, *, fails_first: bool) -> None:
        """Sit a quiz until it is passed."""
        visitor = self.visitor
        visitor.sees(f"Quiz: {quiz.title}")
        visitor.looks("quiz, first attempt")
        if fails_first:
            self.fails(quiz)
        self.answers_all(quiz, attempt=2 if fails_first else 1, right=True)
        visitor.presses("Submit answers")
        visitor.sees(f"Result: {quiz.title}")
        visitor.reads(f"{quiz.length} of {quiz.length} right")
        visitor.looks("result, passed")
        visitor.follows("Go on along your path")
        visitor.stands_at(f"step-{quiz.slug}")

    def fails(self, quiz: Quiz) -> None:
        """Leave one question out, be told so, change an answer, and submit too little."""
        visitor = self.visitor
        self.answers_all(quiz, attempt=1, right=False, leaves_out=2)
        visitor.reads("1 question is not answered yet")
        visitor.looks("check your answers, one missing")
        visitor.follows("Answer question 2")
        visitor.looks("question, by itself")
        visitor.follows("Question 1", within="body > .nhsuk-width-container")
        visitor.sees("Question 1 of")
        assert visitor.main.locator("input:checked").count() == 1, "the saved answer is not shown"
        visitor.looks("question, saved")
        visitor.chooses(self._wrong())
        visitor.presses("Save and check your answers")
        visitor.presses("Submit answers")
        visitor.sees(f"Result: {quiz.title}")
        visitor.reads("Not passed yet")
        visitor.looks("result, not passed")
        visitor.follows("To the next attempt")
        visitor.looks("quiz, second attempt")

    def answers_all(self, quiz: Quiz, *, attempt: int, right: bool, leaves_out: int = 0) -> None:
        """One question a page, up to "check your answers"."""
        visitor = self.visitor
        visitor.presses(f"Start attempt {attempt}")
        for number in range(1, quiz.length + 1):
            visitor.sees(f"Question {number} of {quiz.length}")
            visitor.looks("question")
            if number != leaves_out:
                visitor.chooses(self._right() if right else self._wrong())
            visitor.presses("Save and continue")
        visitor.sees("Check your answers")
        visitor.looks("check your answers")

    def _right(self) -> Locator:
        return right_radio(self.visitor.page, self.visitor.site.module)

    def _wrong(self) -> Locator:
        return wrong_radio(self.visitor.page, self._right())

    # -- reflection, evaluation --------------------------------------------------------------------------------------

    def reflects(self) -> None:
        """Write the reflection; empty first."""
        visitor = self.visitor
        visitor.looks("reflection")
        visitor.presses("Save and continue")
        visitor.is_told(
            "Write what you learned",
            "Write what you will change in your work",
            "Write what effect it will have on patients",
        )
        visitor.looks("reflection, errors")
        visitor.types("What did you learn?", "How a basket trial differs from an umbrella trial.")
        visitor.types(
            "What will you change in your work?", "I will look in the register before I say that there is none."
        )
        visitor.types("What effect will it have on patients?", "Families will hear sooner what is open to them.")
        visitor.presses("Save and continue")
        visitor.is_answered("Your reflection is saved.")
        visitor.looks("module, message")

    def evaluates(self) -> None:
        """Send the evaluation; empty first."""
        visitor = self.visitor
        visitor.looks("evaluation")
        visitor.presses("Send evaluation")
        visitor.is_told(
            "Choose how useful this module was",
            "Choose whether it was at the right level for you",
            "Choose whether it was balanced and free of commercial bias",
        )
        visitor.looks("evaluation, errors")
        for group in ("How useful was this module", "Was it at the right level", "Was it balanced"):
            fieldset = visitor.main.get_by_role("group", name=re.compile("^" + group))
            visitor.chooses(fieldset.get_by_role("radio").nth(1))
        visitor.presses("Send evaluation")
        visitor.is_answered("Your evaluation is stored without your name.")

    # -- the certificate ---------------------------------------------------------------------------------------------

    def confirms_the_address(self) -> None:
        """The certificate says that it waits for the address; the demonstration shows the link that mail would bring."""
        visitor = self.visitor
        last = visitor.site.module.path[-1]
        visitor.follows(f"Go on: {last.title}")
        visitor.sees("Get your certificate")
        visitor.reads("Your certificate cannot be issued yet")
        visitor.looks("certificate, waits for the address")
        visitor.follows("My learning", within="header")
        visitor.sees("My learning")
        visitor.looks("my learning, address not confirmed")
        visitor.follows("confirm this address")
        visitor.looks("confirm address")
        visitor.presses("Confirm this address")
        visitor.sees("My learning")
        visitor.reads("Your e-mail address is confirmed.")
        visitor.looks("my learning, all but the certificate")

    def gets_the_certificate(self) -> str:
        """Check the name as it will be printed, correct it, confirm, and have the certificate; gives its number."""
        visitor = self.visitor
        visitor.follows(f"Go on with {visitor.site.module.title}")
        visitor.reads(f"{self.given_names} {self.family_name}")
        visitor.looks("certificate, confirm")
        visitor.follows("Change name")
        visitor.looks("change details")
        visitor.types("Family name", "")
        visitor.presses("Save changes")
        visitor.is_told("Enter your family name")
        visitor.looks("change details, error")
        visitor.types("Family name", FAMILY_NAME)
        visitor.types("Given names", "Siân Mair")
        visitor.presses("Save changes")
        visitor.sees("Get your certificate")
        visitor.reads(f"Siân Mair {FAMILY_NAME}")
        visitor.presses("Confirm and get my certificate")
        visitor.sees("Certificate")
        visitor.reads(f"Siân Mair {FAMILY_NAME}")
        visitor.reads("Demonstration, not evidence of CPD")
        visitor.looks("certificate")
        return visitor.page.locator("h1 .app-number").inner_text()

    def has_the_document(self, number: str) -> None:
        """The PDF comes as a file of its own name."""
        visitor = self.visitor
        file = visitor.downloads("Download as PDF")
        assert file.read_bytes().startswith(b"%PDF-")
        answer = visitor.context.request.get(f"/certificates/{number}.pdf")
        assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
        answer.dispose()
        visitor.follows("My learning", within="header")
        visitor.reads(number)
        visitor.reads("all 16 steps done")
        visitor.looks("my learning, done")


def verifies(stranger: Visitor, number: str) -> None:
    """Check a certificate as somebody who has nothing but the document."""
    stranger.opens("/verify/")
    stranger.looks("verify")
    stranger.types("Certificate number", "ABCD")
    stranger.presses("Check")
    assert stranger.page.title().startswith("Error: ")
    stranger.looks("verify, error")
    stranger.types("Certificate number", number.lower().replace("-", " "))
    stranger.presses("Check")
    stranger.sees("Check of a certificate")
    stranger.reads("Valid")
    stranger.looks("verification, valid")
    text = stranger.page.content()
    assert "Bhriain" not in text, "the page tells whose certificate it is"
    assert "@" not in text.replace("support@example.org", "")
    stranger.presses("Check the name")
    stranger.is_told("Enter the family name that is on the certificate")
    stranger.looks("verification, error")
    stranger.types("Family name on the certificate", "Jones")
    stranger.presses("Check the name")
    stranger.reads("Does not match.")
    stranger.looks("verification, does not match")
    stranger.types("Family name on the certificate", "ni bhriain okonkwo")
    stranger.presses("Check the name")
    stranger.reads("Matches.")
    stranger.looks("verification, matches")
    assert not stranger.context.cookies(), "a verification page set a cookie"
