"""From registration to a certificate that a stranger can verify: on a screen and on a phone, without script, by keyboard."""

import pytest

from tests.faults.doses import FULL
from tests.journeys.conftest import Arrive
from tests.journeys.visitor import DESK, PHONE
from tests.journeys.way import Learner, verifies

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize(
    "how",
    [
        *([pytest.param({"width": DESK}, id="screen")] if FULL else []),  # the keyboard's is as wide
        pytest.param({"width": PHONE}, id="phone"),
        pytest.param({"width": PHONE, "script": False}, id="without-script"),
        pytest.param({"width": DESK, "keyboard": True}, id="keyboard"),
    ],
)
def test_a_newcomer_earns_a_certificate_that_a_stranger_can_verify(arrive: Arrive, how: dict[str, object]) -> None:
    learner = Learner(arrive(**how))
    learner.registers()
    learner.starts()
    learner.walks()
    learner.confirms_the_address()
    number = learner.gets_the_certificate()
    learner.has_the_document(number)
    verifies(arrive(**how), number)
