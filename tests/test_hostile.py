"""Which columns hostile text is tried in: every one that holds words, or a reason why nobody writes into it (C-S4)."""

from tests.hostile import NOBODYS, PAYLOADS, people_fill, text_columns


def test_every_column_is_filled_or_has_a_reason() -> None:
    assert set(NOBODYS) - set(text_columns()) == set()
    assert set(people_fill()) == {
        *("cohorts.name", "content_reviews.reviewer", "content_reviews.reviewer_role", "content_reviews.note"),
        *("content_withdrawals.reason", "evaluations.bias_seen", "evaluations.comment", "invitations.email"),
        *("invitations.given_names", "invitations.family_name", "invitations.registration_number", "jobs.last_error"),
        *("letters.recipient", "letters.subject", "letters.last_error", "people.email", "people.given_names"),
        *(
            "people.family_name",
            "people.registration_number",
            "complaints.name",
            "complaints.email",
            "complaints.words",
        ),
        *("complaints.outcome", "enrolments.last_step", "enrolments.last_anchor", "passkeys.name"),
        *("problem_reports.words", "problem_reports.answer", "roster_entries.email", "roster_entries.name"),
        *("rulings.reason", "sign_ins.device", "reflections.learned", "reflections.will_change"),
        *("reflections.effect_on_patients", "reflections.next_step", "answers.tab", "response_events.tab"),
        *("certificate_events.note", "certificate_holders.given_names", "certificate_holders.family_name"),
        *("certificate_holders.registration_number", "certificate_notes.note"),
    }


def test_every_payload_fits_a_short_column() -> None:
    assert [payload for payload in PAYLOADS if len(payload) > 80] == []
