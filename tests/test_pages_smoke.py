import pytest

from tests.page import PageClient
from tests.world import MODULE, World


@pytest.mark.parametrize("address", ["/modules/", f"/modules/{MODULE}/", "/account/sign-in/", "/account/register/"])
def test_public_pages_are_whole(client: PageClient, address: str) -> None:
    assert client.get(address).status_code == 200


def test_a_learner_reads_a_lesson(client: PageClient, world: World) -> None:
    world.enrol("learner")
    world.sign_in(client, "learner")
    assert client.get(f"/modules/{MODULE}/lessons/why-rare-disease-research-is-different/").status_code == 200
