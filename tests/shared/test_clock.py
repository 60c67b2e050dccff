"""Times in people's words."""

import pytest

from elearn.shared.clock import zone_in_words


@pytest.mark.parametrize(
    ("zone", "words"),
    [("Europe/London", "London time"), ("America/New_York", "New York time"), ("UTC", "UTC"), ("Etc/GMT", "GMT")],
)
def test_a_zone_is_named_as_people_name_it(zone: str, words: str) -> None:
    assert zone_in_words(zone) == words
