"""Nobody of one world is shown, or changes, anything of the other (A-3 to A-6).

`ELEARN_EVERY_CROSSING=1` puts each id of A into each place; without it, each request is sent with the ids that belong
there, and with others by turns.
"""

import pytest
from flask import Flask

from tests import two_worlds
from tests.crossing import EVERY, TRAVELLERS, Crossing, tables_without_rows

pytestmark = pytest.mark.timeout(14_400 if EVERY else 900)
SHARES = 24 if EVERY else 2


@pytest.fixture
def crossing(app: Flask) -> Crossing:
    """Both worlds, and everybody signed in."""
    return Crossing(two_worlds.make(app))


@pytest.mark.parametrize("share", range(SHARES))
def test_no_rule_crosses(crossing: Crossing, share: int) -> None:
    crossing.replay_rules(share, SHARES)
    assert list(dict.fromkeys(crossing.found)) == []
    assert crossing.sent >= 4_000 / SHARES


@pytest.mark.parametrize("share", range(SHARES))
def test_no_form_crosses(crossing: Crossing, share: int) -> None:
    crossing.replay_forms(share, SHARES)
    assert list(dict.fromkeys(crossing.found)) == []
    assert crossing.sent >= 1_600 / SHARES


def test_both_worlds_are_whole_and_can_be_told_apart(crossing: Crossing) -> None:
    """Each world has a row in each table of people, marked, and its own people do see its word."""
    worlds = crossing.worlds
    for half in (worlds.a, worlds.b):
        assert tables_without_rows(half) == set()
        assert len(half.ids) >= 40
    shared = set(worlds.a.ids) & set(worlds.b.ids)
    assert [name for name in shared if not name.isdigit()] == []
    seen = dict.fromkeys(crossing.owners, 0)
    for name in crossing.owners:
        for request in crossing.requests_of_a():
            if request.method == "GET":
                answer = crossing.browsers[name].get(request.address).get_data(as_text=True).lower()
                seen[name] += worlds.a.secret.lower() in answer
    assert min(seen.values()) >= 3, seen
    assert len({request.endpoint for request in crossing.requests_of_a()}) == len(
        {rule.endpoint for rule in crossing.app.url_map.iter_rules()}
    )
    assert set(TRAVELLERS) <= set(crossing.browsers)
