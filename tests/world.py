"""A small world for tests: two of everything, so that a leak shows."""

from dataclasses import dataclass, field
from datetime import timedelta

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from elearn.accounts.actions import create_person, start_sign_in
from elearn.accounts.models import Person
from elearn.accounts.queries import get_person, viewer_of
from elearn.accounts.rules import Profession, Viewer
from elearn.cohorts.models import Cohort, Membership, Teaching
from elearn.extensions import db
from elearn.modules.actions import complete_step, start_module
from elearn.modules.models import Enrolment
from elearn.shared import clock
from elearn.shared.transactions import writing

MODULE = "clinical-trials-rare-disease"
PASSWORD = "three random words"
# Weak on purpose: tests sign in often, and the strength of argon2 is not what they test.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
PEOPLE = {
    "learner": ("Amina", "Canary-Khan"),
    "other_learner": ("Bram", "Canary-Okafor"),
    "educator": ("Carys", "Canary-Lloyd"),
    "other_educator": ("Dev", "Canary-Patel"),
    "administrator": ("Efua", "Canary-Mensah"),
    "suspended": ("Finn", "Canary-Murphy"),
    "unconfirmed": ("Gita", "Canary-Rao"),
}


@dataclass
class World:
    """Everybody's key by persona, and both cohorts' address ids."""

    app: Flask
    people: dict[str, int] = field(default_factory=dict)
    cohorts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, app: Flask) -> "World":
        """Fill an empty database."""
        world = cls(app)
        with app.app_context(), writing():
            for persona, (given, family) in PEOPLE.items():
                world.people[persona] = world.add_person(persona, given, family).id
            get_person(world.people["suspended"]).active = False
            for name, learner, educator in (("one", "learner", "educator"), ("two", "other_learner", "other_educator")):
                cohort = Cohort(name=f"Cohort {name}", module=MODULE, join_code=f"JOIN{name.upper():>04}"[:8])
                db.session.add(cohort)
                db.session.flush()
                db.session.add(Membership(cohort_id=cohort.id, person_id=world.people[learner]))
                db.session.add(Teaching(cohort_id=cohort.id, person_id=world.people[educator]))
                world.cohorts[name] = cohort.public_id
        return world

    @staticmethod
    def add_person(persona: str, given: str, family: str, *, administrator: bool | None = None) -> Person:
        """One more person, inside a transaction that writes. Their e-mail is `<persona>@example.org`."""
        return create_person(
            email=f"{persona}@example.org",
            password_hash=PASSWORD_HASH,
            given_names=given,
            family_name=family,
            profession=Profession.DOCTOR,
            registration_number=f"CANARY-{persona.upper()}",
            administrator=persona == "administrator" if administrator is None else administrator,
            confirmed_at=None if persona == "unconfirmed" else clock.now() - timedelta(days=1),
        )

    def viewer(self, persona: str) -> Viewer:
        """The person as queries and actions take them."""
        with self.app.app_context():
            return viewer_of(get_person(self.people[persona]))

    def sign_in(self, client: FlaskClient, persona: str) -> None:
        """Sign a browser in as `persona`, without hashing a password."""
        with self.app.app_context(), writing():
            person = get_person(self.people[persona])
            token, uniquifier = start_sign_in(person), person.fs_uniquifier
        with client.session_transaction(base_url="https://localhost") as session:
            session.clear()
            session.update({"sid": token, "_user_id": uniquifier, "_fresh": True, "fs_cc": "set"})

    def enrol(self, persona: str, *steps: str) -> int:
        """Start the module for `persona` with these steps done; gives the enrolment's key."""
        viewer, module = self.viewer(persona), self.app.extensions["elearn.catalogue"][MODULE]
        with self.app.app_context(), writing():
            start_module(viewer, module)
            enrolment: Enrolment = db.session.scalars(
                db.select(Enrolment).where(Enrolment.person_id == viewer.id, Enrolment.module == MODULE)
            ).one()
            for step in steps:
                complete_step(enrolment.id, step)
            return enrolment.id

    def steps_before(self, step_id: str) -> list[str]:
        """The ids of the steps that come before one on the path."""
        ids = [step.id for step in self.app.extensions["elearn.catalogue"][MODULE].path]
        return ids[: ids.index(step_id)]
