"""The public record of a certificate: all that it says but who holds it, in words that stay as they are. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from elearn.certificates.numbers import grouped
from elearn.config import Settings
from elearn.content.structure import (
    MINUTES_A_FIGURE,
    MINUTES_AN_ITEM,
    ROUNDED_DOWN_TO,
    WORDS_A_MINUTE,
    Module,
    StepKind,
)
from elearn.shared.canonical import digest

Record = Mapping[str, Any]
# The document's design that a record was made for: a record keeps its own, whatever later ones look like.
TEMPLATE = 1
DEMONSTRATION = "Demonstration, not evidence of CPD"
METHOD = (
    f"Counted as words read at {WORDS_A_MINUTE} a minute, {MINUTES_AN_ITEM:g} minutes a question and "
    f"{MINUTES_A_FIGURE:g} minutes a figure, the total rounded down to {ROUNDED_DOWN_TO} minutes. "
    "The learning is self-directed and non-participatory."
)
CONFIRMS = "This certificate confirms completion of {hours} hours of self-directed learning."
NOT_ENDORSED = "It is not endorsed by a Royal College unless stated."


@dataclass(frozen=True)
class Facts:
    """What a record is made of beside the module and the settings."""

    number: str
    edition: int
    completed_on: date
    issued_on: date
    expires_on: date | None
    pass_marks: Mapping[str, int]


def verification_address(settings: Settings, number: str) -> str:
    """Where anyone can check a certificate; it is printed, so it must never change its shape."""
    return f"{settings.base_url.rstrip('/')}/verify/{grouped(number)}/"


def statement(settings: Settings, hours: str) -> str:
    """What the certificate confirms (fact CP-17), with the approval in place of the disclaimer where there is one."""
    approval = f"Approval: {settings.approval_reference}."
    return f"{CONFIRMS.format(hours=hours)} {approval if settings.approval_reference else NOT_ENDORSED}"


def make_record(module: Module, settings: Settings, facts: Facts) -> dict[str, Any]:
    """The record of a certificate that is issued now."""
    quizzes = [module.quizzes[step.slug] for step in module.path if step.kind is StepKind.QUIZ]
    return {
        "template": TEMPLATE,
        "number": grouped(facts.number),
        "edition": facts.edition,
        "module": {"slug": module.slug, "title": module.title, "version": module.version, "digest": module.digest},
        "outcomes": [outcome.text for outcome in module.outcomes],
        "quizzes": [
            {"title": q.title, "pass_percent": facts.pass_marks.get(q.slug, q.rules.pass_percent)} for q in quizzes
        ],
        "completed_on": facts.completed_on.isoformat(),
        "issued_on": facts.issued_on.isoformat(),
        "expires_on": facts.expires_on.isoformat() if facts.expires_on else None,
        "minutes": module.minutes,
        "hours": module.hours,
        "method": METHOD,
        "issuer": settings.provider_name,
        "statement": statement(settings, module.hours),
        "approval": settings.approval_reference,
        "address": verification_address(settings, facts.number),
        "demonstration": settings.demonstration,
        "demonstration_note": DEMONSTRATION if settings.demonstration else "",
    }


def is_unchanged(record: Record, record_digest: str, number: str, expires_on: date | None) -> bool:
    """Whether a record is the one that was issued under this number: its digest, and what stands beside it to search by."""
    return (
        digest(record) == record_digest
        and record.get("number") == grouped(number)
        and record.get("expires_on") == (expires_on.isoformat() if expires_on else None)
    )
