"""Why somebody is erased, and on which grounds that may be refused (trust.md D-6). Pure."""

from enum import StrEnum

ERASED = "@erased.invalid"
"""How the address of an erased account ends."""
ERASED_NAME = "Erased account"


class WhyErased(StrEnum):
    """Why an account was erased: a code, because no words about people are kept of it."""

    OWN = "by the person"
    ASKED = "asked for"
    LEFT = "has left"
    MISTAKE = "made by mistake"
    TIME = "kept long enough"
    AGAIN = "again after a restore"

    @property
    def words(self) -> str:
        """What an administrator chooses it by."""
        return {
            WhyErased.ASKED: "The person has asked for it, and has shown who they are",
            WhyErased.LEFT: "The person has left, and nothing obliges us to keep it",
            WhyErased.MISTAKE: "The account was made by mistake, or is somebody else’s",
        }.get(self, self.value)


BY_ADMINISTRATORS = (WhyErased.ASKED, WhyErased.LEFT, WhyErased.MISTAKE)


class Ground(StrEnum):
    """Why the law lets us refuse an erasure for now."""

    CLAIM = "legal claim"
    DUTY = "legal duty"
    TASK = "public task"
    IDENTITY = "identity not shown"

    @property
    def words(self) -> str:
        """The ground as the person is told it."""
        return {
            Ground.CLAIM: "your details are needed to make or answer a legal claim",
            Ground.DUTY: "a law obliges us to keep them, for example while a regulator looks into something",
            Ground.TASK: "they are needed for a task in the public interest",
            Ground.IDENTITY: "we could not make sure that it is you who asks",
        }[self]


def erased_address(person_id: int) -> str:
    """What stands in the place of an erased person's address: no mail can go there, and no two are the same."""
    return f"erased-{person_id}{ERASED}"
