"""Taking an invitation: the account, and with it what the administrator wanted for it."""

from elearn.accounts import invitations
from elearn.accounts.models import Person
from elearn.accounts.queries import get_person, viewer_of
from elearn.accounts.rules import Profession
from elearn.cohorts import actions as cohorts
from elearn.cohorts.queries import find_by_address
from elearn.cohorts.rules import CohortView
from elearn.mail import actions as mail


def accept(
    token: str,
    *,
    password_hash: str,
    given_names: str,
    family_name: str,
    profession: Profession,
    registration_number: str,
) -> Person | None:
    """Make the account and let it into its cohort; None where the link is no good. Raises EmailTaken."""
    accepted = invitations.redeem(
        token,
        password_hash=password_hash,
        given_names=given_names,
        family_name=family_name,
        profession=profession,
        registration_number=registration_number,
    )
    if accepted is None:
        return None
    mail.give_to(accepted.person.id, accepted.person.email)
    cohort = cohort_of(accepted.cohort)
    if cohort is not None and accepted.educates:
        inviter = viewer_of(get_person(accepted.invited_by))
        cohorts.appoint_educators(inviter, cohort, [accepted.person.email])
    elif cohort is not None:
        cohorts.join_cohort(viewer_of(accepted.person), cohort.join_code)
    return accepted.person


def cohort_of(address_id: str) -> CohortView | None:
    """The cohort of an invitation; None where it names none, or one that is no more."""
    return find_by_address(address_id) if address_id else None
