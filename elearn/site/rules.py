"""The dates of the accessibility statement; a test fails when its review is due (trust.md X-18)."""

from datetime import date

STATEMENT_PREPARED = date(2026, 11, 22)
STATEMENT_REVIEWED = date(2026, 11, 22)
LAST_TESTED = date(2026, 11, 22)
NEXT_REVIEW = date(2027, 5, 22)
