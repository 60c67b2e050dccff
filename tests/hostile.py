"""Hostile words, and the columns that people's words come into (C-S4, C-S8)."""

from itertools import count
from typing import Any

from flask import Flask
from sqlalchemy import JSON, Column, Connection, Enum, String, Table, select, text, update

from elearn.extensions import Base, db
from elearn.schema import APPEND_ONLY, DOINGS, trigger_name
from elearn.shared.transactions import writing
from tests.rows import make_row
from tests.world import MODULE

# `trap` is a function that the browser test puts into every page; no page of ours calls it. Every one fits 80 characters.
PAYLOADS = (
    "<script>trap(1)</script>",
    '"><img src=x onerror=trap(2)>',
    "' autofocus onfocus=trap(3) x='",
    "javascript:trap(4)",
    "<svg/onload=trap(5)>",
    "</textarea><script>trap(6)</script>",
    "</title><img src=http://hostile.example/7 onerror=trap(7)>",
    "{{7*7}}{% print 7*7 %}${7*7}#{7*7}",
    "[x](javascript:trap(9))![y](http://hostile.example/9)",
    "\u202e\u2066\u200b\u200d\ufeff<b onclick=trap(10)>",
    '=HYPERLINK("http://hostile.example/11")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "x\r\nBcc: hostile@hostile.example\r\n\r\n<script>trap(17)</script>",
    "W" * 80,
    "<iframe srcdoc='<script>parent.trap(19)</script>'>",
    "</script><!--<a href=javascript:trap(20)>--><style>@import'//hostile.example'",
    "<math><mtext><style><img src=x onerror=trap(21)>",
)
# At the end of every cell: an element that is there wherever a page does not escape it, whichever payload stands before it.
MARK = "<i class=h>"
# Text columns into which nobody writes words, each with the reason why.
_MADE = "made by the program: a random id, a digest or a hash"
_CONTENT = "a name out of the content, looked up in the catalogue before it is kept"
_CHOSEN = "one of the choices that the form lists; anything else is refused"
_PROGRAM = "words of the program itself"
NOBODYS: dict[str, str] = {
    **dict.fromkeys(
        (
            *("audit_seals.hash", "cohorts.public_id", "cohorts.join_code", "content_reviews.content_digest"),
            *("erasures.person_public_id", "guesses.account", "guesses.device", "guesses.network", "jobs.public_id"),
            *("invitations.public_id", "invitations.token_hash", "item_versions.digest", "letters.public_id"),
            *(
                "letters.message_id",
                "letters.sealed_text",
                "people.public_id",
                "people.password",
                "people.fs_uniquifier",
            ),
            *("spent_challenges.challenge_hash", "verification_tries.network", "authenticator_apps.sealed_secret"),
            *("complaints.public_id", "complaints.network", "passkeys.public_id", "passkeys.credential_id"),
            *("passkeys.public_key", "recovery_codes.code_hash", "sign_ins.token_hash", "sign_ins.public_id"),
            *("attempts.public_id", "certificates.number", "certificates.record_digest", "certificate_holders.salt"),
            *(
                "certificates.holder_commitment",
                "certificate_documents.sha256",
                "audit_events.request_id",
                "rulings.key",
            ),
            *("problem_reports.public_id", "rulings.item_digest", "answers.item_digest", "response_events.item_digest"),
            *("check_responses.item_digest", "problem_reports.item_digest"),
        ),
        _MADE,
    ),
    **dict.fromkeys(
        (
            *("cohorts.module", "content_reviews.module", "content_reviews.version", "content_withdrawals.module"),
            *("content_withdrawals.module_version", "content_withdrawals.part", "evaluations.module"),
            *("evaluations.module_version", "item_versions.item_id", "item_versions.module", "item_versions.content"),
            *("enrolments.module", "enrolments.module_version", "problem_reports.module"),
            *("problem_reports.module_version", "problem_reports.item_id", "problem_reports.lesson", "attempts.quiz"),
            *("certificates.module", "check_responses.lesson", "check_responses.check_id", "completions.step"),
            *("attempts.rules", "certificates.record", "problem_reports.seen", "invitations.cohort"),
        ),
        _CONTENT,
    ),
    **dict.fromkeys(
        (
            *("evaluations.balanced", "evaluations.right_level", "rulings.alternative", "certificate_events.reason"),
            *("answers.item_order", "answers.response", "check_responses.response", "response_events.response"),
        ),
        _CHOSEN,
    ),
    **dict.fromkeys(
        (
            *("audit_events.kind", "audit_events.subject", "audit_events.detail", "epochs.name", "evaluations.month"),
            *("jobs.kind", "jobs.detail", "jobs.result"),
        ),
        _PROGRAM,
    ),
}


def text_columns() -> dict[str, "Column[Any]"]:
    """Every column of every table that can hold words."""
    return {
        f"{table.name}.{column.name}": column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, (String, JSON)) and not isinstance(column.type, Enum)
    }


def people_fill() -> dict[str, "Column[Any]"]:
    """Those that people's words come into."""
    return {place: column for place, column in text_columns().items() if place not in NOBODYS}


def fill_with_hostile_words(app: Flask, kept: frozenset[str], turn: int = 0) -> dict[str, int]:
    """Write hostile words into each such column of every row, past the triggers; gives how many cells by column.

    Each row and column gets another payload. `kept` are the e-mail addresses that stay, for people who sign in by them.
    """
    filled: dict[str, int] = {}
    with app.test_request_context(), writing():
        connection, numbers = db.session.connection(), count(turn)
        for name in APPEND_ONLY:
            for doing in DOINGS:
                connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger_name(name, doing)}"))
        for place, column in people_fill().items():
            assert isinstance(column.table, Table)
            table, key = column.table, next(iter(column.table.primary_key.columns))
            if connection.execute(select(key)).first() is None:
                make_row(connection, table.name, **_among_others(connection, table))
            for old, found in connection.execute(select(key, column)).all():
                if found in kept:
                    continue
                number = next(numbers)
                words = PAYLOADS[number % len(PAYLOADS)]
                if column.unique or "email" in column.name:
                    words += f" {turn}.{number}"
                connection.execute(update(table).where(key == old).values({column.name: cut(words, column)}))
                filled[place] = filled.get(place, 0) + 1
    return filled


def _among_others(connection: Connection, table: Table) -> dict[str, Any]:
    """What a new row points at: rows and content that are there."""
    found = {
        column.name: connection.scalar(select(key.column).order_by(key.column).limit(1))
        for column in table.columns
        for key in column.foreign_keys
    }
    known: dict[str, Any] = {"module": MODULE, "lesson": "how-trials-build-evidence", "seen": {"place": "A lesson"}}
    known |= {name: value for name, value in found.items() if value is not None}
    return {name: value for name, value in known.items() if name in table.c}


def cut(words: str, column: "Column[Any]") -> str:
    """As much as the column holds, and the mark."""
    length = getattr(column.type, "length", None) or len(words) + len(MARK)
    return words[: max(0, length - len(MARK))] + MARK[:length]
