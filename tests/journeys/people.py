"""People who are at a certain place on the way already when a journey begins."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count

from elearn.accounts.models import Person
from elearn.certificates.actions import issue_certificate
from elearn.certificates.holder import Holder
from elearn.certificates.numbers import grouped
from elearn.content.structure import Quiz
from elearn.extensions import db
from elearn.items.base import Item
from elearn.modules.actions import answer_check
from elearn.quizzes import actions, queries, saving
from elearn.quizzes.models import Attempt
from elearn.shared.transactions import writing
from tests.journeys.site import Site
from tests.world import PASSWORD, World

__all__ = ["PASSWORD", "Newcomer"]
_numbers = count(1)


class Newcomer:
    """Somebody new, made by the same actions that a person's own presses cause."""

    def __init__(self, site: Site, family_name: str = "Ferreira") -> None:
        self.site, self.world, self.family_name = site, World(site.app), family_name
        self.persona = f"newcomer{next(_numbers)}"
        self.email = f"{self.persona}@example.org"
        with self._writing():
            person: Person = self.world.add_person(self.persona, "Noor", family_name, administrator=False)
            self.world.people[self.persona] = person.id

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self.site.app.app_context(), writing():
            yield

    def has_done_all_before(self, step_id: str) -> None:
        """Start the module, with every step before this one done."""
        self.enrolment = self.world.enrol(self.persona, *self.world.steps_before(step_id))

    def has_answered_checks(self, lesson: str) -> None:
        """One try at each check of a lesson."""
        page = self.site.module.lessons[lesson]
        viewer = self.world.viewer(self.persona)
        with self._writing():
            for item in page.checks.values():
                if isinstance(item, Item):
                    [form] = item.forms_for(item.natural_order(), right=True)
                    answer_check(viewer, self.site.module, page, item, form)

    def has_failed(self, quiz: Quiz, times: int) -> None:
        """Submit so many empty attempts, each two days after the one before; the last is just over."""
        viewer = self.world.viewer(self.persona)
        for _ in range(times):
            with self._writing():
                for attempt in db.session.scalars(db.select(Attempt).where(Attempt.enrolment_id == self.enrolment)):
                    assert attempt.submitted_at is not None
                    attempt.submitted_at -= timedelta(days=2)
            with self._writing():
                actions.submit_attempt(viewer, actions.start_attempt(viewer, self.site.module, quiz))

    def is_sitting(self, quiz: Quiz) -> str:
        """Begin an attempt, with the first question answered."""
        viewer = self.world.viewer(self.persona)
        with self._writing():
            attempt = actions.start_attempt(viewer, self.site.module, quiz)
            saving.save_answer(viewer, attempt, 1, {"answer": ["1"]})
        return attempt

    def has_passed(self, quiz: Quiz) -> str:
        """Sit a quiz with every answer right."""
        viewer = self.world.viewer(self.persona)
        with self._writing():
            attempt = actions.start_attempt(viewer, self.site.module, quiz)
            for number, place in enumerate(queries.get_attempt(viewer, attempt).paper, start=1):
                for form in place.item.forms_for(place.order, right=True):
                    saving.save_answer(viewer, attempt, number, form)
            actions.submit_attempt(viewer, attempt)
        return attempt

    def has_a_certificate(self) -> str:
        """Do everything; gives the number."""
        self.has_done_all_before("certificate")
        viewer = self.world.viewer(self.persona)
        holder = Holder(viewer.given_names, viewer.family_name, viewer.registration_number)
        settings = self.site.app.extensions["elearn.settings"]
        with self._writing():
            return grouped(issue_certificate(viewer, self.site.module, settings, holder.digest))
