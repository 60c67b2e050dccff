"""At which widths a journey is made."""

import pytest

from tests.faults.doses import FULL
from tests.journeys.visitor import DESK, PHONE

_SCREEN, _PHONE = pytest.param(DESK, id="screen"), pytest.param(PHONE, id="phone")
BOTH_WIDTHS = pytest.mark.parametrize("width", [_SCREEN, _PHONE])
"""For a journey that is about how pages look and read."""
ONE_WIDTH = pytest.mark.parametrize("width", [_SCREEN, _PHONE] if FULL else [_PHONE])
"""For a journey that is about what happens: the narrow one, where less fits; both in the full run."""
