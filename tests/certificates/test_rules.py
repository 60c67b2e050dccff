from datetime import UTC, date, datetime, timedelta

import pytest

from elearn.certificates.rules import (
    CONFIRM_FIRST,
    Event,
    Happening,
    Reason,
    State,
    may_award,
    network_key,
    reason_words,
    seconds_to_wait,
    state_of,
)
from elearn.certificates.verification import (
    NOT_EXPIRED,
    NOT_REPLACED,
    NOT_REVOKED,
    ON_RECORD,
    UNCHANGED,
    WELL_FORMED,
    Outcome,
    find_out,
    unknown,
)
from elearn.content.structure import Step, StepKind
from elearn.modules.rules import Path, PathStep, ReviewState, Standing, StepState
from elearn.shared.limits import network_of

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TODAY = NOON.date()
AWARDS = Standing(ReviewState.REVIEWED, True, "reviewed")
DRAFT = Standing(ReviewState.DRAFT, False, "draft words")
OVERDUE = Standing(ReviewState.OVERDUE, False, "overdue words")
WITHDRAWN = Standing(ReviewState.WITHDRAWN, False, "withdrawn words")


def path(*states: StepState, fault: str = "", last: StepState = StepState.OPEN) -> Path:
    steps = [
        PathStep(Step(f"lesson:{n}", StepKind.LESSON, str(n), f"Lesson {n}", 1, fault if n == 0 else ""), state)
        for n, state in enumerate(states)
    ]
    return Path((*steps, PathStep(Step("certificate", StepKind.CERTIFICATE, "certificate", "C", 0), last)))


DONE, OPEN, LOCKED = StepState.DONE, StepState.OPEN, StepState.LOCKED


@pytest.mark.parametrize("last", list(StepState))
def test_all_done_reviewed_and_confirmed_is_awarded(last: StepState) -> None:
    assert may_award(path(DONE, DONE, last=last), AWARDS, demonstration=False, confirmed=True).allowed


@pytest.mark.parametrize(
    ("states", "fault", "standing", "demonstration", "confirmed", "active", "reasons"),
    [
        ((DONE, OPEN), "", AWARDS, False, True, True, ["Finish “Lesson 1” first."]),
        ((OPEN, LOCKED), "", AWARDS, False, True, True, ["Finish “Lesson 0” first.", "Finish “Lesson 1” first."]),
        ((DONE, LOCKED), "", AWARDS, True, True, True, ["Finish “Lesson 1” first."]),
        (
            (OPEN, DONE),
            "bad",
            AWARDS,
            False,
            True,
            True,
            ["“Lesson 0” is out of service, and your certificate waits for it."],
        ),
        (
            (DONE, DONE),
            "bad",
            AWARDS,
            True,
            True,
            True,
            ["“Lesson 0” is out of service, and your certificate waits for it."],
        ),
        ((DONE, DONE), "", DRAFT, False, True, True, ["draft words"]),
        ((DONE, DONE), "", OVERDUE, False, True, True, ["overdue words"]),
        ((DONE, DONE), "", WITHDRAWN, False, True, True, ["withdrawn words"]),
        ((DONE, DONE), "", WITHDRAWN, True, True, True, ["withdrawn words"]),
        ((DONE, DONE), "", AWARDS, False, False, True, [CONFIRM_FIRST]),
        ((DONE, DONE), "", AWARDS, True, False, True, [CONFIRM_FIRST]),
        ((DONE, DONE), "", AWARDS, False, True, False, ["This account is suspended."]),
        ((DONE, OPEN), "", DRAFT, False, False, True, ["Finish “Lesson 1” first.", "draft words", CONFIRM_FIRST]),
        ((DONE, DONE), "", DRAFT, True, True, True, []),
        ((DONE, DONE), "", OVERDUE, True, True, True, []),
    ],
)
def test_every_reason_against_is_told(
    states: tuple[StepState, ...],
    fault: str,
    standing: Standing,
    demonstration: bool,
    confirmed: bool,
    active: bool,
    reasons: list[str],
) -> None:
    award = may_award(
        path(*states, fault=fault), standing, demonstration=demonstration, confirmed=confirmed, active=active
    )
    assert list(award.reasons) == reasons
    assert award.allowed is not bool(reasons)


ISS, SUP, REV, RES = Happening.ISSUED, Happening.SUPERSEDED, Happening.REVOKED, Happening.RESTORED


@pytest.mark.parametrize(
    ("happened", "expires_on", "state"),
    [
        ((ISS,), None, State.VALID),
        ((ISS,), TODAY, State.VALID),
        ((ISS,), TODAY - timedelta(days=1), State.EXPIRED),
        ((ISS, SUP), None, State.SUPERSEDED),
        ((ISS, SUP), TODAY - timedelta(days=1), State.SUPERSEDED),
        ((ISS, REV), None, State.REVOKED),
        ((ISS, REV), TODAY - timedelta(days=1), State.REVOKED),
        ((ISS, REV, RES), None, State.VALID),
        ((ISS, REV, RES), TODAY - timedelta(days=1), State.EXPIRED),
        ((ISS, REV, RES, REV), None, State.REVOKED),
        ((ISS, SUP, REV), None, State.REVOKED),
        ((ISS, REV, SUP), None, State.REVOKED),
        ((ISS, SUP, REV, RES), None, State.SUPERSEDED),
        ((ISS, REV, RES, SUP), None, State.SUPERSEDED),
    ],
)
def test_state(happened: tuple[Happening, ...], expires_on: date | None, state: State) -> None:
    events = [Event(h, "", NOON) for h in happened]
    assert state_of(events, expires_on, TODAY) is state


@pytest.mark.parametrize(
    ("happened", "unchanged", "has_holder", "expires_on", "kind", "title", "failed"),
    [
        ((ISS,), True, True, None, "valid", "Valid", []),
        ((ISS,), True, False, None, "valid", "Valid, holder’s details erased", []),
        ((ISS, REV), True, True, None, "revoked", "Revoked", [NOT_REVOKED]),
        ((ISS, SUP), True, True, None, "superseded", "Superseded", [NOT_REPLACED]),
        ((ISS,), True, True, TODAY - timedelta(days=1), "expired", "Expired", [NOT_EXPIRED]),
        ((ISS,), False, True, None, "unknown", "Cannot be confirmed", [UNCHANGED]),
        ((ISS, REV), False, True, None, "unknown", "Cannot be confirmed", [UNCHANGED, NOT_REVOKED]),
    ],
)
def test_what_a_stranger_is_told(
    happened: tuple[Happening, ...],
    unchanged: bool,
    has_holder: bool,
    expires_on: date | None,
    kind: str,
    title: str,
    failed: list[str],
) -> None:
    events = [Event(h, "", NOON) for h in happened]
    finding = find_out(
        events, expires_on, unchanged=unchanged, has_holder=has_holder, today=TODAY, zone="Europe/London"
    )
    assert (finding.kind, finding.title, finding.known) == (kind, title, unchanged)
    assert [check.name for check in finding.checks if check.outcome is not Outcome.PASSED] == failed
    names = [check.name for check in finding.checks]
    assert names == [WELL_FORMED, ON_RECORD, UNCHANGED, NOT_REVOKED, NOT_REPLACED, NOT_EXPIRED]
    assert names == [check.name for check in unknown().checks] == [check.name for check in unknown("bad").checks]


def test_a_revocation_is_told_with_its_words_and_its_day() -> None:
    events = [Event(ISS, "", NOON), Event(REV, Reason.WRONG_DETAILS, NOON + timedelta(hours=11, minutes=59))]
    finding = find_out(events, None, unchanged=True, has_holder=True, today=TODAY, zone="Europe/London")
    assert finding.words == "It was revoked on 23 November 2026. Details printed on it were wrong."
    assert all(reason_words(reason.value) == reason.words for reason in Reason)
    assert reason_words("a code of later days") == "a code of later days"


@pytest.mark.parametrize(
    ("ages", "seconds"),
    [
        ([], 0),
        ([1] * 9, 0),
        ([1] * 10, 59),
        ([30] + [1] * 9, 30),
        ([60] + [1] * 9, 0),
        ([59.5] + [1] * 9, 1),
        ([50, 40] + [1] * 9, 20),
        ([3600] * 100, 0),
    ],
)
def test_ten_tries_a_minute(ages: list[float], seconds: int) -> None:
    assert seconds_to_wait([NOON - timedelta(seconds=age) for age in ages], NOON) == seconds


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_the_networks_key_tells_no_address_and_needs_the_secret() -> None:
    assert network_key("192.0.2.7", "a") == network_key("192.0.2.7", "a")
    assert len({network_key("192.0.2.7", "a"), network_key("192.0.2.8", "a"), network_key("192.0.2.7", "b")}) == 3
