"""How much each test of this folder does: a small dose with every change, the whole one by `make faults`."""

import os
from dataclasses import dataclass

FULL = os.environ.get("ELEARN_FAULTS") == "full"


@dataclass(frozen=True)
class Dose:
    """A number for the usual run, and one for the full run."""

    usual: int
    full: int

    @property
    def now(self) -> int:
        """The number of this run."""
        return self.full if FULL else self.usual


def tell(**figures: object) -> None:
    """Print what a test has counted; `make faults` shows it."""
    print("\nfaults:", ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items()))  # noqa: T201
