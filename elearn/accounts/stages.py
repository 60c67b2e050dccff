"""How much a sign-in proves, whom a second factor is demanded of, and what a browser is called. Pure."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from elearn.accounts.rules import Viewer

LONGEST_IDLE = timedelta(minutes=30)
"""How long staff may do nothing before staff pages ask for the password again (B-9)."""
FRESH = timedelta(minutes=15)
"""How long after the password, or a second factor, the ways to sign in may be changed without asking again (B-10)."""
NOTED_EVERY = timedelta(hours=1)
"""How exactly it is kept when a sign-in was last used."""
MOST_WRONG_CODES = 5
"""Wrong codes (or passwords asked again) after which a sign-in ends."""
MOST_WRONG_AN_HOUR = 20
"""Wrong codes of all sign-ins of a person in an hour after which no code of an app counts; recovery codes and passkeys do."""
_BROWSERS = (
    ("Edge", r"\bEdgA?/|\bEdgiOS/"),
    ("Opera", r"\bOPR/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\bFirefox/|\bFxiOS/"),
    ("Chrome", r"\bChrome/|\bCriOS/|\bHeadlessChrome/"),
    ("Safari", r"\bSafari/"),
)
_SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("Mac", r"\bMacintosh\b"),
    ("Chromebook", r"\bCrOS\b"),
    ("Linux", r"\bLinux\b"),
)


class Stage(StrEnum):
    """How far a sign-in is."""

    WHOLE = "signed in"
    PROVE = "must give the second factor"
    SET_UP = "must set up a second factor"


class Policy(StrEnum):
    """Of whom a second factor is demanded (`ELEARN_REQUIRE_SECOND_FACTOR`)."""

    STAFF = "staff"
    EVERYBODY = "everybody"
    NOBODY = "nobody"


def is_required(viewer: Viewer, policy: str) -> bool:
    """Whether this person must have a second factor."""
    return policy == Policy.EVERYBODY or (policy == Policy.STAFF and viewer.staff)


def stage_of(viewer: Viewer, policy: str) -> Stage:
    """How far a live sign-in is. Whoever has set up a second factor gives it, whether or not they had to."""
    if viewer.proven:
        return Stage.WHOLE
    if viewer.has_factor:
        return Stage.PROVE
    return Stage.SET_UP if is_required(viewer, policy) else Stage.WHOLE


def why_not_remove(required: bool, others: Collection[object]) -> str:
    """Why one of a person's factors must stay, or nothing where it may go."""
    if required and not others:
        return "You need a second step to sign in. Add another one first, then remove this one."
    return ""


def is_within(moment: datetime, length: timedelta, now: datetime) -> bool:
    """Whether a moment lies no longer ago than so much."""
    return now - moment <= length


def browser_in_words(user_agent: str) -> str:
    """What a person would call their browser, `Firefox on Windows`; versions are left out: nobody knows them by heart."""
    browser = next((name for name, pattern in _BROWSERS if re.search(pattern, user_agent)), "")
    system = next((name for name, pattern in _SYSTEMS if re.search(pattern, user_agent)), "")
    if not browser:
        return f"A browser on {system}" if system else "A browser"
    return f"{browser} on {system}" if system else browser
